"""What an operator changes and takes back at the command line: canaries that are ended or refused, plans that move a plugin,
paths of another one. Run by cli_test.py."""
import json
import subprocess
import time

from cli_kernel import OPTIONS, WITH_HELLO, OnKernel


class Changes(OnKernel):
    """Each test leaves the system as it found it."""

    def active(self, name):
        return [g for g in self.programs("plugin", "show", name)["generations"] if g["state"] == "active"][-1]

    def begin_canary(self, *terms):
        """`socle plugin swap hello plugins/hello-next` as a canary; the command waits, the canary serves."""
        swap = subprocess.Popen([OPTIONS.socle, "plugin", "swap", "hello", "plugins/hello-next", *terms, "--json"],
                                cwd=self.kernel.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(swap.stdout.close)
        self.addCleanup(swap.stderr.close)
        self.addCleanup(swap.wait)
        self.addCleanup(swap.kill)
        end = time.monotonic() + 60
        while not [g for g in self.programs("plugin", "show", "hello")["generations"] if g["state"] == "canary"]:
            self.assertIsNone(swap.poll())
            self.assertLess(time.monotonic(), end, "no canary")
        return swap

    def test_a_rollback_ends_a_running_canary_and_the_serving_generation_stays(self):
        self.with_hello()
        serving = self.active("hello")
        for terms in (["--canary", "50%", "--for", "1h"], ["--tenants", "acme", "--for", "1h"]):
            with self.subTest(terms):
                if "acme" in terms:
                    self.people("tenant", "create", "acme", "--no-admin")
                    self.addCleanup(self.kernel.socle, "tenant", "delete", "acme")
                swap = self.begin_canary(*terms)
                self.assertIn("has a canary running; wait for its verdict, or end it with `socle plugin rollback hello`",
                              self.people("plugin", "swap", "hello", "plugins/hello-next", code=1))
                text = self.people("plugin", "rollback", "hello")
                self.assertRegex(text, rf"^hello 1\.0\.0: generation \d+ → {serving['generation']}, canary ended\n")
                self.assertRegex(text, rf"(?m)^  canary generation +{OPTIONS.gone}")
                out, err = swap.communicate(timeout=60)
                report = json.loads(out)
                self.assertEqual((swap.returncode, report["outcome"], report["from"]),
                                 (1, "reverted: ended by `socle plugin rollback hello`", serving["generation"]))
                self.assertIn("was sent back: reverted: ended by `socle plugin rollback hello`", err)
                self.assertEqual(self.active("hello")["generation"], serving["generation"])
                tried = [g for g in self.programs("plugin", "show", "hello")["generations"]
                         if g["generation"] == report["to"]]
                self.assertEqual([g["verdict"] for g in tried], [report["outcome"]])
                self.assertRegex(tried[0]["state"], OPTIONS.gone)
        self.assertIn("AS A CANARY", self.people("plugin", "show", "hello"))
        self.assertEqual(self.greet(), "Hello, Ada!\n")
        self.assertIn("canary reverted: ended by `socle plugin rollback hello`", (self.kernel.folder / "log").read_text())
        told = [(e["entry"]["operation"], e["entry"]["status"], e["entry"]["detail"].get("outcome"))
                for e in self.programs("audit", "tail", "--tenant", "", "--target", "plugins/hello")["items"]]
        self.assertIn(("plugin.rollback", "ok", "canary ended"), told)
        self.assertIn(("plugin.swap", "refused", "reverted: ended by `socle plugin rollback hello`"), told)
        # No canary is left, and nothing was there before.
        self.assertIn("no earlier generation", self.people("plugin", "rollback", "hello", code=1))

    def test_a_canary_for_tenants_that_are_not_there_is_refused_with_the_nearest(self):
        self.with_hello()
        self.people("tenant", "create", "acme", "--no-admin")
        self.addCleanup(self.kernel.socle, "tenant", "delete", "acme")
        before = self.programs("plugin", "show", "hello")["generations"]
        words = ["plugin", "swap", "hello", "plugins/hello-next", "--canary", "5%", "--tenants", "acme,acmee,somebody-else"]
        text = self.people(*words, code=1)
        self.assertIn("no tenant 'acmee'; did you mean 'acme'?\n", text)
        self.assertIn("no tenant 'somebody-else'; `socle tenant list` names those there are", text)
        self.assertEqual(self.programs(*words, code=1)["error"]["code"], "not_found")
        self.assertEqual(before, self.programs("plugin", "show", "hello")["generations"])

    def test_a_file_whose_canary_is_for_tenants_that_are_not_there_is_taken_with_a_warning(self):
        for path in ("plugins/hello/", "plugins/hello"):
            (self.kernel.folder / "later.yaml").write_text(WITH_HELLO.replace(
                "plugins/hello,", f"{path}, canary: {{path: plugins/hello-next, tenants: [later]}},"))
            with self.subTest(path):
                self.assertRegex(self.people("plan", "later.yaml"),
                                 r"(?m)^! canary of hello: no tenant 'later'; until there is one")
        self.assertEqual(len(self.programs("plan", "later.yaml")["warnings"]), 1)
        self.assertEqual(self.programs("plan", "next.yaml")["warnings"], [])

    def test_a_swap_with_another_plugins_path_names_both(self):
        self.with_hello()
        for path in ("plugins/audit", "plugins/audit/libaudit.so", "plugins/audit/manifest.yaml"):
            text = self.people("plugin", "swap", "hello", path, code=1)
            self.assertIn(f"{path} holds plugin 'audit', and a version of 'hello' is wanted", text)
            self.assertIn("`socle plugin swap audit PATH`", text)
        self.assertRegex(self.people("plugin", "swap", "hello", "plugins/hello-next/libhello.so", code=1),
                         r"is a library, .* give \S+/plugins/hello-next, which holds plugin 'hello'")

    def test_a_plan_that_only_moves_a_plugin_says_from_where_to_where(self):
        self.people("apply", "next.yaml")
        self.addCleanup(self.kernel.socle, "apply", "system.yaml")
        moved = self.kernel.folder / "moved.yaml"
        moved.write_text(WITH_HELLO.replace("plugins/hello, home: kernel", "plugins/hello, home: cell, limits: {memory: 64MiB}"))
        text = self.people("plan", "moved.yaml")
        self.assertIn("~ plugin hello 1.0.0: move\n    home: kernel → cell\n    limits.memory: 512MiB → 64MiB\n", text)
        [hello] = self.programs("plan", "moved.yaml")["plugins"]
        self.assertEqual((hello["outcome"], hello["terms"]),
                         ("move", [{"key": "home", "before": "kernel", "after": "cell"},
                                   {"key": "limits.memory", "before": "512MiB", "after": "64MiB"}]))
        # Moved by hand: the file is the same, what runs is not.
        self.assertRegex(self.people("plugin", "move", "hello", "--home", "cell"), r"(?m)^  home +kernel → cell$")
        self.assertEqual(self.people("plan", "next.yaml"), "~ plugin hello 1.0.0: move\n    home: cell → kernel\n"
                         "1 plugin and 0 settings would change; `socle apply` makes it so\n")
        self.assertIn("~ plugin hello 1.0.0: active, ", self.people("apply", "next.yaml"))
        self.assertEqual(self.active("hello")["home"], "kernel")
