#!/usr/bin/env python3
"""The command line against a real kernel, in a folder of its own, on free loopback ports.

Starts `socle run` on a temporary system manifest with the gateway and the embedded store, runs every example of
docs/cli.md in the page's order, then every command in its table and its --json form, and what must be refused. Ends the
kernel by its pid with SIGTERM and wants exit 0.
"""
import argparse
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import unittest

from cli_changes import Changes  # its tests are run here
from cli_kernel import LOAN, OPTIONS, SYSTEM, WITH_HELLO, Kernel, OnKernel, run_socle


def examples():
    """(words, exit code) of every example line of the page, in its order."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", pathlib.Path(OPTIONS.page).read_text(), re.S):
        for line in block.splitlines():
            command, _, comment = line.partition("#")
            exit_code = re.match(r" exit (\d+):", comment)
            words = command.split()
            assert words[0] == "socle", line
            found.append((words[1:], int(exit_code.group(1)) if exit_code else 0))
    return found


class Examples(unittest.TestCase):
    def test_every_example_of_the_page_does_what_it_says(self):
        lines = examples()
        self.assertGreaterEqual(len(lines), 20)
        starting = [words for words, _ in lines if words[0] == "run"]
        self.assertEqual(len(starting), 1)
        kernel = Kernel(starting[0])
        try:
            for words, wanted in lines:
                if words[0] == "run":
                    continue
                done = kernel.socle(*words)
                with self.subTest(" ".join(words)):
                    self.assertEqual(done.returncode, wanted, done.stdout + done.stderr)
                    self.assertNotEqual(done.stdout + done.stderr, "")
                    self.assertEqual(done.stderr == "", wanted == 0, done.stderr)
        finally:
            code = kernel.stop()
        self.assertEqual(code, 0, kernel.text)


class TenantsPage(unittest.TestCase):
    """The section "Tenants and plans" of docs/operations.md, its file and its commands, in its order."""

    def test_the_section_does_what_it_says(self):
        text = (pathlib.Path(OPTIONS.page).parent / "operations.md").read_text()
        section = re.search(r"\n## Tenants and plans\n(.*?)\n## ", text, re.S).group(1)
        plans = re.search(r"```yaml\n(.*?)```", section, re.S).group(1)
        lines = [line for block in re.findall(r"```sh\n(.*?)```", section, re.S) for line in block.splitlines()]
        self.assertGreaterEqual(len(lines), 10)
        kernel = Kernel()
        try:
            system = "".join(line for line in SYSTEM.splitlines(True) if not line.startswith("plans:"))
            (kernel.folder / "tenants.yaml").write_text(system.replace("plugins:\n", plans + "plugins:\n", 1))
            for words in (["apply", "tenants.yaml"], *(line.split()[1:] for line in lines)):
                done = kernel.socle(*words)
                with self.subTest(" ".join(words)):
                    self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            names = [t["tenant"] for t in json.loads(kernel.socle("tenant", "list", "--json").stdout)["tenants"]]
            self.assertEqual(names, ["demo"])
        finally:
            code = kernel.stop()
        self.assertEqual(code, 0, kernel.text)


class Commands(OnKernel):
    """Each test leaves the system as it found it."""

    def test_status(self):
        self.assertRegex(self.people("status"), r"(?m)^status +ok$")
        answer = self.programs("status")
        self.assertEqual((answer["status"], answer["pid"]), ("ok", int(self.kernel.ready["pid"])))
        self.assertEqual(answer["listeners"]["http"], self.kernel.ready["http"])

    def test_control_by_flag_and_environment(self):
        socket = self.kernel.ready["control"]
        elsewhere = tempfile.mkdtemp(prefix="socle-cli-")
        self.addCleanup(os.rmdir, elsewhere)
        self.assertEqual(run_socle(elsewhere, ["status"]).returncode, 1)
        self.assertEqual(run_socle(elsewhere, ["status", "--control", socket]).returncode, 0)
        self.assertEqual(run_socle(elsewhere, ["status"], {"SOCLE_CONTROL": socket}).returncode, 0)

    def test_top(self):
        for words in (["top"], ["top", "--once"]):
            self.assertRegex(self.people(*words), r"(?m)^gateway +\d+ +active")
        self.assertEqual({p["plugin"] for p in self.programs("top")["plugins"]} >= {"gateway", "storage-rocksdb"}, True)

    def test_doctor(self):
        done = self.kernel.socle("doctor")
        answer = json.loads(self.kernel.socle("doctor", "--json").stdout)
        self.assertEqual(done.returncode, 0 if answer["ok"] else 1)
        for check in answer["checks"]:
            mark = "! " if check["warning"] else "✓ " if check["ok"] else "✗ "
            self.assertIn(mark + check["check"], done.stdout)

    def test_plugin_list_and_show(self):
        self.assertRegex(self.people("plugin", "list"), r"(?m)^PLUGIN +VERSION +GENERATION +STATE")
        self.assertRegex(self.people("plugin", "show", "storage-rocksdb"), r"(?m)^provides +storage/1$")
        rows = self.programs("plugin", "list")["plugins"]
        self.assertEqual({row["state"] for row in rows}, {"active"})
        self.assertEqual(self.programs("plugin", "show", "gateway")["plugin"], "gateway")
        self.assertIn("no plugin 'nobody'", self.people("plugin", "show", "nobody", code=1))
        self.assertEqual(self.programs("plugin", "show", "nobody", code=1)["error"]["code"], "not_found")

    def test_load_swap_rollback_and_unload_while_it_serves(self):
        self.with_hello()
        self.assertEqual(self.greet(), "Hello, Ada!\n")
        text = self.people("plugin", "swap", "hello", "plugins/hello-next")
        self.assertRegex(text, r"^hello 1\.1\.0: generation \d+ → \d+, active\n")
        self.assertRegex(text, r"(?m)^  failed requests +0$")
        self.assertRegex(text, rf"(?m)^  old generation +{OPTIONS.gone}")
        self.assertEqual(self.greet(), "Hello, Ada!\n")
        self.assertRegex(self.people("plugin", "rollback", "hello"), r"^hello 1\.0\.0: generation \d+ → \d+, ")
        report = self.programs("plugin", "swap", "hello", str(self.kernel.folder / "plugins/hello-next"))
        self.assertEqual((report["outcome"], report["failed"]), ("active", 0))
        self.assertEqual(self.programs("plugin", "rollback", "hello")["version"], "1.0.0")
        self.assertEqual(self.programs("plugin", "unload", "hello")["outcome"], "unloaded")
        self.assertIn("no plugin 'hello' is loaded", self.people("plugin", "swap", "hello", "plugins/hello", code=1))
        self.assertEqual(self.programs("plugin", "load", "plugins/hello", "--home", "kernel")["to"] > 0, True)

    def test_a_canary_without_calls_is_sent_back(self):
        self.with_hello()
        words = ["plugin", "swap", "hello", "plugins/hello-next", "--canary", "50%", "--for", "100ms"]
        self.assertIn("too few calls", self.people(*words, code=1))
        done = self.kernel.socle(*words, "--json")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(json.loads(done.stdout)["outcome"].startswith("reverted: "))
        self.assertRegex(self.programs("plugin", "show", "hello")["generations"][-1]["state"], OPTIONS.gone)

    def test_a_canary_that_is_half_said_is_no_swap_for_everybody(self):
        self.with_hello()
        before = self.programs("plugin", "show", "hello")["generations"]
        for words, told in ((["--tenants", "", "--for", "1s"], "found ''"), (["--tenants", "acme,"], "found 'acme,'"),
                            (["--tenants", ","], "found ','"), (["--for", "1s"], "give --canary 5% or --tenants A,B, too"),
                            (["--canary", "5%", "--for", "0s"], "found '0s'"), (["--canary", ""], "found ''")):
            with self.subTest(words):
                self.assertIn(told, self.people("plugin", "swap", "hello", "plugins/hello-next", *words, code=2))
        self.assertEqual(before, self.programs("plugin", "show", "hello")["generations"])

    def test_a_refused_load_changes_nothing(self):
        broken = self.kernel.folder / "plugins/broken"
        shutil.copytree(self.kernel.folder / "plugins/hello", broken)
        self.addCleanup(shutil.rmtree, broken)
        library = broken / "libhello.so"
        library.write_bytes(library.read_bytes()[:4096])
        before = self.programs("plugin", "list")
        for form in (["plugin", "load", "plugins/broken", "--home", "kernel"], ["plugin", "verify", "plugins/broken"]):
            text = self.people(*form, code=1)
            self.assertRegex(text, r"(?s)^socle: .*found .*wanted .*do: ")
            self.assertEqual(self.programs(*form, code=1)["error"]["code"], "invalid")
        self.assertEqual(len(self.programs("plugin", "list")["plugins"]), len(before["plugins"]))

    def test_a_half_written_plugin_manifest_is_refused_with_its_place(self):
        half = self.kernel.folder / "plugins/half"
        shutil.copytree(self.kernel.folder / "plugins/hello", half)
        self.addCleanup(shutil.rmtree, half)
        text = (half / "manifest.yaml").read_text()
        (half / "manifest.yaml").write_text(text[:text.index("greet") + 3])
        for form in (["plugin", "load", "plugins/half"], ["plugin", "verify", "plugins/half"]):
            self.assertRegex(self.people(*form, code=1), r"half/manifest\.yaml:\d+:\d+: ")

    def test_verify(self):
        self.assertIn("✓ plugin 'hello' 1.0.0: sha256 ", self.people("plugin", "verify", "plugins/hello"))
        self.assertTrue(self.programs("plugin", "verify", "plugins/hello/")["verified"])
        self.people("plugin", "verify", "plugins/hello", "--system", "system.yaml")
        self.people("plugin", "verify", "plugins/hello", "--control", "nowhere.sock")
        (self.kernel.folder / "bare.yaml").write_text("socle: 1\nplugins: []\n")
        refused = self.programs("plugin", "verify", "plugins/storage-rocksdb", "--system", "bare.yaml", code=1)
        self.assertIn("librocksdb.so.7.8", refused["findings"][0]["found"])

    def test_a_manifest_that_its_library_contradicts_is_refused_with_what_both_say(self):
        wrong = self.kernel.folder / "plugins/wrong"
        shutil.copytree(self.kernel.folder / "plugins/hello", wrong)
        self.addCleanup(shutil.rmtree, wrong)
        manifest = wrong / "manifest.yaml"
        good = manifest.read_text()
        load = ["plugin", "load", "plugins/wrong", "--home", "kernel"]
        verify = ["plugin", "verify", "plugins/wrong"]
        for found, instead, by_verify, by_load in (
                ("{greet: {", "{gone: {}, greet: {", "found no hello/1.gone in the descriptor, which lists hello/1.greet; wanted ",
                 "its manifest names hello/1.gone, which its library's descriptor does not list"),
                ("plugin: hello\n", "plugin: hullo\n", "found the name 'hello'; wanted 'hullo', as its manifest says",
                 "found the name 'hello'; wanted 'hullo', as its manifest says")):
            with self.subTest(instead):
                self.assertIn(found, good)
                manifest.write_text(good.replace(found, instead))
                self.assertIn(by_load, self.people(*load, code=1))
                # A sanitizer's entry is not the plain one that can be read without running it.
                if OPTIONS.gone == "unmapped":
                    for asked in (verify, verify + ["--control", "nowhere.sock"], verify + ["--system", "system.yaml"]):
                        self.assertIn(by_verify, self.people(*asked, code=1))
                        self.assertEqual(self.programs(*asked, code=1)["error"]["code"], "invalid")

    def test_move(self):
        text = self.people("plugin", "move", "gateway", "--home", "kernel", code=1)
        self.assertIn("gateway", text)
        self.programs("plugin", "move", "gateway", "--home", "kernel", code=1)

    def test_new(self):
        done = self.people("plugin", "new", "stock-keeper")
        self.assertEqual(len(re.findall(r"(?m)^  (cmake|ctest|socle) ", done)), 3)
        self.addCleanup(shutil.rmtree, self.kernel.folder / "stock-keeper")
        self.assertIn("found files in it", self.people("plugin", "new", "stock-keeper", code=1))
        made = self.programs("plugin", "new", "other", "--dir", "made/here")
        self.addCleanup(shutil.rmtree, self.kernel.folder / "made")
        self.assertEqual(sorted(os.listdir(made["dir"])), made["files"])
        self.assertIn("found 'Bad'", self.people("plugin", "new", "Bad", code=2))

    def test_new_makes_what_the_sdk_makes(self):
        self.people("plugin", "new", "two-words", "--dir", "ours")
        self.addCleanup(shutil.rmtree, self.kernel.folder / "ours")
        theirs = self.kernel.folder / "theirs"
        subprocess.run([OPTIONS.cmake, "-DNAME=two-words", f"-DDIR={theirs}", "-P", OPTIONS.sdk_new], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        self.addCleanup(shutil.rmtree, theirs)
        texts = [{f.name: f.read_text() for f in folder.iterdir()} for folder in (self.kernel.folder / "ours", theirs)]
        self.assertEqual(texts[0], texts[1])

    def test_plan_and_apply(self):
        self.assertEqual(self.people("plan", "system.yaml"), "no difference: the system runs as this file says\n")
        text = self.people("plan", "next.yaml")
        self.assertRegex(text, r"(?m)^\+ plugin hello 1\.0\.0: load$")
        self.assertEqual([p["outcome"] for p in self.programs("plan", "next.yaml")["plugins"]], ["load"])
        self.assertRegex(self.people("apply", "next.yaml"), r"(?m)^\+ plugin hello 1\.0\.0: ")
        self.assertEqual(self.greet(), "Moin, Ada!\n")
        self.assertRegex(self.people("plan", "system.yaml"), r"(?m)^- plugin hello 1\.0\.0: unload$")
        self.assertEqual([p["outcome"] for p in self.programs("apply", "system.yaml")["plugins"]], ["unloaded"])

    def test_a_half_written_system_manifest_is_refused_and_changes_nothing(self):
        half = self.kernel.folder / "half.yaml"
        half.write_text(WITH_HELLO[:-20])
        for command in ("plan", "apply"):
            self.assertRegex(self.people(command, "half.yaml", code=1), r"half\.yaml:\d+:\d+: ")
            self.assertEqual(self.programs(command, "half.yaml", code=1)["error"]["code"], "invalid")
        self.assertEqual(self.people("plan", "system.yaml"), "no difference: the system runs as this file says\n")

    def test_plan_without_a_kernel(self):
        text = self.people("plan", "next.yaml", "--control", "nowhere.sock", code=1)
        self.assertIn("is a valid system manifest (6 plugins), but no kernel answers at nowhere.sock", text)
        (self.kernel.folder / "wrong.yaml").write_text("socle: 1\npluigns: []\n")
        self.assertIn("'plugins'", self.people("plan", "wrong.yaml", "--control", "nowhere.sock", code=1))

    def test_storage(self):
        self.people("storage", "backup", "kept")
        self.assertTrue((self.kernel.folder / "kept").is_dir())
        self.assertRegex(self.people("storage", "verify", "kept"), r"(?m)^ok +yes$")
        self.assertTrue(self.programs("storage", "verify", "kept")["ok"])
        self.programs("storage", "backup", "kept-too")
        self.people("storage", "restore", "kept")
        self.assertIn("keys", self.programs("storage", "restore", "kept"))
        for word in ("verify", "restore"):
            self.assertIn("storage/1." + word, self.people("storage", word, "nothing-there", code=1))
            self.programs("storage", word, "nothing-there", code=1)

    def test_tenants_come_change_and_go(self):
        made = self.programs("tenant", "create", "acme", "--plan", "free")
        self.assertEqual(made, {"tenant": "acme", "plan": "free", "state": "active",
                                "note": "no plugin provides auth/1, so no administrator was invited"})
        self.assertIn("exists", self.people("tenant", "create", "acme", code=1))
        self.assertNotIn("note", self.programs("tenant", "create", "quiet", "--no-admin"))
        self.assertRegex(self.people("tenant", "list"), r"(?m)^acme +free +active +socle tenant +0$")
        text = self.people("tenant", "set", "acme", "rate=50", "storage.bytes=10MiB")
        self.assertRegex(text, r"(?m)^limit rate +50 \(its own\)$")
        self.assertRegex(text, r"(?m)^limit storage.bytes +10 MiB \(its own\)$")
        self.assertRegex(text, r"(?m)^limit burst +200$")
        self.assertEqual(self.programs("tenant", "show", "acme")["limits"],
                         {"burst": 200, "rate": 50, "storage.bytes": 10 << 20})
        self.assertRegex(self.people("tenant", "suspend", "acme"), r"(?m)^state +suspended$")
        self.assertEqual(self.programs("tenant", "resume", "acme")["state"], "active")
        self.assertRegex(self.people("status"), r"(?m)^tenants +2$")
        self.assertIn("did you mean 'paid'?", self.people("tenant", "set", "acme", "plan=pad", code=1))
        self.assertIn("no plugin provides auth/1", self.people("tenant", "token", "acme", code=1))
        for name in ("acme", "quiet"):
            self.assertEqual(self.programs("tenant", "delete", name), {"tenant": name, "state": "deleted"})
        self.assertIn("no tenant 'acme'", self.people("tenant", "show", "acme", code=1))
        self.assertIn("no tenants", self.people("tenant", "list"))

    def test_tenants_from_a_file_all_or_none(self):
        self.assertEqual(self.programs("tenant", "create", "--from", "tenants.txt", "--plan", "free")["created"], 2)
        for name in ("beta", "gamma"):
            self.addCleanup(self.kernel.socle, "tenant", "delete", name)
        self.assertEqual(self.programs("tenant", "create", "--from", "tenants.txt", "--plan", "free")["unchanged"], 2)
        (self.kernel.folder / "wrong.txt").write_text("delta\nEpsilon\n")
        text = self.people("tenant", "create", "--from", "wrong.txt", code=1)
        self.assertRegex(text, r"wrong\.txt line 2: expected a tenant id .*, found 'Epsilon'\nno tenant was created\n$")
        self.assertEqual(self.programs("tenant", "list")["count"], 2)

    def test_explain(self):
        self.assertIn("✓ allowed: gateway → storage/1.get", self.people("explain", "call", "gateway", "storage/1.get"))
        self.assertIn("✗ refused", self.people("explain", "call", "storage-rocksdb", "storage/1.get"))
        self.assertFalse(self.programs("explain", "call", "gateway", "nobody/1.get")["allowed"])
        self.assertIn("is no method", self.people("explain", "call", "gateway", "nonsense", code=1))
        self.assertIn("listener http", self.people("explain", "plugin", "gateway"))
        self.assertEqual(self.programs("explain", "plugin", "gateway")["listeners"], ["http", "ops"])

    def test_wrong_usage_is_exit_2_and_asks_nobody(self):
        for words, said in (
            ([], "no command given"),
            (["stauts"], "did you mean 'status'?"),
            (["plugin", "swpa", "a", "b"], "did you mean 'swap'?"),
            (["status", "--jsno"], "did you mean '--json'?"),
            (["plugin", "show"], "usage: socle plugin show NAME"),
            (["plugin", "move", "gateway"], "wants --home kernel|cell"),
            (["tenant", "create"], "takes either ID or --from FILE, found neither"),
            (["tenant", "set", "acme"], "wants ID NAME=VALUE..., found only 'acme'"),
            (["tenant", "create", "a", "b"], "wants [ID], found 'b' besides"),
            (["run"], "wants SYSTEM.yaml"),
            (["run", "system.yaml", "--worker", "2"], "did you mean '--workers'?"),
            *(([word, "list"], f"unknown command '{word}'") for word in ("chaos", "bench", "upgrade")),
        ):
            with self.subTest(words=words):
                text = self.people(*words, "--control=nowhere" if words[:1] == ["status"] else "--", code=2)
                self.assertTrue(text.startswith("socle: "), text)
                self.assertIn(said, text)

    def test_help_and_version(self):
        self.assertIn("plugin swap", self.people("--help"))
        self.assertIn("usage: socle plugin swap", self.people("plugin", "swap", "--help"))
        self.assertIn("usage: socle run", self.people("run", "--help"))
        self.assertRegex(self.people("--version"), r"^socle \d+\.\d+\.\d+ \(ABI \d+\.\d+\)\n$")

    def test_colours_only_on_a_terminal_and_not_with_no_color(self):
        for environment, coloured in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
            primary, secondary = os.openpty()
            clean = {k: v for k, v in os.environ.items() if k not in ("SOCLE_CONTROL", "NO_COLOR")}
            done = subprocess.run([OPTIONS.socle, "status"], cwd=self.kernel.folder, env={**clean, **environment},
                                  stdout=secondary, stderr=subprocess.PIPE, timeout=60)
            os.close(secondary)
            text = os.read(primary, 65536).decode()
            os.close(primary)
            self.assertEqual(done.returncode, 0)
            self.assertEqual("\x1b[32mok\x1b[0m" in text, coloured, text)

    def test_top_on_a_terminal_is_redrawn_with_a_rate_until_interrupted(self):
        primary, secondary = os.openpty()
        top = subprocess.Popen([OPTIONS.socle, "top"], cwd=self.kernel.folder, stdout=secondary)
        os.close(secondary)
        shown = ""
        try:
            while shown.count("CALLS/S") < 2 and select.select([primary], [], [], 60)[0]:
                shown += os.read(primary, 65536).decode()
            self.assertIsNone(top.poll())
        finally:
            top.send_signal(signal.SIGINT)
            self.assertEqual(top.wait(60), -signal.SIGINT)
            os.close(primary)
        self.assertGreaterEqual(shown.count("\x1b[H\x1b[J"), 3)
        self.assertNotIn("CALLS/S", shown.split("\x1b[H\x1b[J")[1], "a rate without an earlier look")


class Models(OnKernel):
    """A tenant's models as files."""

    def test_models_as_files(self):
        def model(*words, **more):
            return self.programs("model", *words, "--tenant", "alpha", **more)
        self.people("tenant", "create", "alpha", "--no-admin")
        folder = self.kernel.folder / "files"
        (folder / "deep").mkdir(parents=True)
        loan = folder / "deep/credit.yaml"
        loan.write_text(LOAN % 1)
        (folder / "fees.json").write_text('{"rules": "fees", "output": 3}')
        planned = model("plan", "files")
        self.assertEqual([(m["name"], m["action"], m["version"]) for m in planned["models"]],
                         [("loan", "create", "1.0.0"), ("fees", "create", "1.0.0")])
        self.assertEqual(model("apply", "files")["applied"], 2)
        self.assertEqual(model("apply", "files")["applied"], 0)
        loan.write_text(LOAN % 2)
        self.assertIn("change", self.people("model", "plan", "files", "--tenant", "alpha"))
        self.assertEqual(model("apply", "files")["applied"], 1)
        exported = model("export", "out")
        self.assertEqual((self.kernel.folder / "out/rules/loan.yaml").read_text(), LOAN % 2)
        self.people("tenant", "create", "empty", "--no-admin")
        self.programs("model", "apply", "out", "--tenant", "empty")
        again = self.programs("model", "export", "again", "--tenant", "empty")
        self.assertEqual([(m["name"], m["hash"]) for m in again["models"]],
                         [(m["name"], m["hash"]) for m in exported["models"]])
        self.assertEqual(model("rollback", "rules/loan")["version"], "1.0.0")
        self.assertEqual([e["action"] for e in model("history", "rules/loan")["items"]],
                         ["rollback", "publish", "publish"])
        self.assertEqual(model("history", "rules/loan")["items"][0]["by"], "operator")
        os.unlink(folder / "fees.json")
        self.assertEqual(model("plan", "files")["only_on_server"], ["rules/fees"])

    def test_models_that_are_refused_name_file_line_and_column_and_nothing_is_applied(self):
        self.people("tenant", "create", "strict", "--no-admin")
        folder = self.kernel.folder / "bad"
        folder.mkdir()
        (folder / "a.yaml").write_text("rules: fine\n")
        (folder / "b.yaml").write_text("rules: b\n\nouptut: 1\n")
        text = self.people("model", "apply", "bad", "--tenant", "strict", code=1)
        self.assertIn("nothing was applied", text)
        answer = self.kernel.socle("model", "plan", "bad", "--tenant", "strict")
        self.assertIn("b.yaml:3:1: a model of kind rules has no key 'ouptut'; did you mean 'output'?", answer.stdout)
        self.assertEqual(self.programs("model", "export", "none", "--tenant", "strict")["models"], [])
        self.assertIn("nobody", self.people("model", "plan", "bad", "--tenant", "nobody", code=1))
        self.assertIn("wanted KIND/NAME", self.people("model", "history", "loan", "--tenant", "strict", code=2))
        (folder / "c.yaml").write_text("title: x\n")
        self.assertIn("c.yaml: no top-level key says which model it is",
                      self.people("model", "plan", "bad", "--tenant", "strict", code=1))

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socle", required=True, type=os.path.abspath)
    parser.add_argument("--plugins", required=True, type=os.path.abspath)
    parser.add_argument("--page", required=True, type=os.path.abspath)
    parser.add_argument("--cmake", required=True)
    parser.add_argument("--sdk-new", required=True, type=os.path.abspath)
    # Sanitizers keep every library mapped.
    parser.add_argument("--sanitized", dest="gone", action="store_const", const="retained", default="unmapped")
    _, rest = parser.parse_known_args(namespace=OPTIONS)
    unittest.main(argv=[__file__, *rest])
