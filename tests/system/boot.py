"""system.boot: how a kernel starts, refuses to start, takes changes of its manifest, and ends."""

import os
import shutil
import subprocess

from harness import SOCLE, Refused, SystemTest, copy_plugin, main, plugin, wait_for

CONTRACT = """socle: 1
data: ./data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: [librocksdb.so.7.8, libssl.so.3, libcrypto.so.3]
plans: {free: {weight: 1, rate: 100, burst: 200, in_flight: 64, sessions.ttl: 15min}, demo: {weight: 10}}
tenants: {demo: {plan: demo}}
plugins:
  - {path: %(gateway)s, home: kernel, listen: [http, ops]}
  - {path: %(storage-rocksdb)s, home: kernel, config: {durability: sync}}
  - {path: %(forms)s, home: kernel, grants: ["call:storage/1", "call:models/1"]}
trust: []
"""


class Boot(SystemTest):
    def hello(self, kernel, name="Ada"):
        return kernel.request("GET", "/v1/hello/" + name)[2]

    def run_to_end(self, file, *arguments):
        done = subprocess.run([SOCLE, "run", file, *arguments], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def edit(self, kernel, old, new):
        """As editors do: the new text beside the old one, then renamed over it."""
        with open(kernel.file, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(kernel.file + ".new", "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        os.rename(kernel.file + ".new", kernel.file)

    def test_the_ready_line_tells_what_serves(self):
        kernel = self.kernel().start("--workers", "2", "--control", os.path.join(self.folder, "c.sock"))
        self.assertEqual(os.path.join(self.folder, "c.sock"), kernel.control_path)
        self.assertEqual(kernel.command("status")["pid"], int(kernel.ready["pid"]))
        self.assertEqual(("4", "1"), (kernel.ready["plugins"], kernel.ready["tenants"]))
        self.assertEqual("Hello, Ada!\n", self.hello(kernel))
        self.assertEqual(200, kernel.request("GET", "/readyz", port=kernel.ops)[0])
        usage = kernel.usage()["rss"]
        self.assertLess(usage, 64 << 20)
        print("\nboot: 4 plugins, 2 workers: started_in %s ms, rss at ready %.1f MiB, idle %.1f MiB" % (
            kernel.ready["started_in"], int(kernel.ready["rss"]) / 2**20, usage / 2**20))

    def test_the_example_of_a_system_boots_as_it_stands(self):
        """`listen` grants what answering needs; optional services that are not granted are absent."""
        folders = {name: plugin(name) for name in ("gateway", "storage-rocksdb", "forms")}
        kernel = self.kernel(manifest=CONTRACT % folders).start()
        self.assertEqual(200, kernel.request("GET", "/readyz", port=kernel.ops)[0])
        self.assertEqual(401, kernel.request("GET", "/v1/forms/leave")[0])  # nobody says whose requests these are
        why = kernel.command("explain", "call", "forms", "blob/1.stat")["why"]
        self.assertIn("may do without blob/1, and is not granted it", why)

    def test_the_last_good_set_is_used_when_a_plugin_is_broken(self):
        own = os.path.join(self.folder, "own-hello")
        shutil.copytree(plugin("hello"), own)
        kernel = self.kernel(plugins=("gateway", "hello"), paths={"hello": own}).start()
        self.assertEqual(0, kernel.terminate())
        with open(os.path.join(own, "libhello.so"), "r+b") as file:
            file.truncate(1000)
        kernel.process.stdout.close()
        kernel.start()
        self.assertEqual("Hello, Ada!\n", self.hello(kernel))
        self.assertIn("last good", kernel.log_text())

    def test_without_a_last_good_set_a_broken_plugin_refuses_the_start(self):
        own = os.path.join(self.folder, "own-hello")
        shutil.copytree(plugin("hello"), own)
        with open(os.path.join(own, "libhello.so"), "r+b") as file:
            file.truncate(1000)
        kernel = self.kernel(plugins=("gateway", "hello"), paths={"hello": own})
        code, out, err = self.run_to_end(kernel.file)
        self.assertEqual((1, ""), (code, out))
        self.assertIn("socle: verify plugin 'hello': 1 finding: [elf] found not a loadable library: cut off", err)

    def test_sigterm_ends_a_request_that_is_being_sent_and_exits_0(self):
        kernel = self.kernel().start()
        with kernel.connect() as s:
            body = b'{"title": "slow"}'
            s.sendall(b"POST /v1/notes HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                      b"Content-Length: %d\r\n\r\n%s" % (len(body), body[:5]))
            # The kernel has this connection and its head once a later connection is answered.
            self.hello(kernel)
            kernel.process.terminate()
            wait_for("the listener is closed", 60, lambda: self.refused(kernel))
            s.sendall(body[5:])
            self.assertIn(b"HTTP/1.1 201 ", s.recv(65536))
        self.assertEqual(0, kernel.process.wait(60))

    @staticmethod
    def refused(kernel):
        try:
            kernel.connect().close()
            return False
        except ConnectionRefusedError:
            return True

    def test_a_second_kernel_on_the_same_data_is_refused(self):
        kernel = self.kernel(plugins=("gateway", "hello")).start()
        code, out, err = self.run_to_end(kernel.file)
        self.assertEqual((1, ""), (code, out))
        self.assertEqual("socle: another kernel uses the data folder %s; stop it, or give another one with --data\n" %
                         kernel.data, err)
        self.assertEqual("Hello, Ada!\n", self.hello(kernel))

    def test_a_second_kernel_waits_for_the_first_to_end(self):
        kernel = self.kernel(plugins=("gateway", "hello")).start()
        first = kernel.process
        self.addCleanup(first.stdout.close)
        kernel.spawn()
        first.terminate()
        self.assertEqual(0, first.wait(60))
        kernel.await_ready()
        self.assertEqual("Hello, Ada!\n", self.hello(kernel))

    def test_a_changed_manifest_is_applied(self):
        kernel = self.kernel(plugins=("gateway", "hello")).start()
        self.edit(kernel, "hello, home: kernel", "hello, home: kernel, config: {greeting: Salut}")
        wait_for("the new greeting", 60, lambda: self.hello(kernel) == "Salut, Ada!\n")

    def test_a_half_written_manifest_is_not_taken(self):
        kernel = self.kernel(plugins=("gateway", "hello")).start()
        with open(kernel.file, encoding="utf-8") as file:
            text = file.read()
        with open(kernel.file, "w", encoding="utf-8") as file:
            file.write(text[:text.index("  - {path") + 20])
        wait_for("the refusal", 60, lambda: "the changed system manifest is not taken" in kernel.log_text())
        self.assertEqual("Hello, Ada!\n", self.hello(kernel))
        with open(kernel.file, "w", encoding="utf-8") as file:
            file.write(text.replace("hello, home: kernel", "hello, home: kernel, config: {greeting: Salut}"))
        wait_for("the new greeting", 60, lambda: self.hello(kernel) == "Salut, Ada!\n")

    def test_a_package_in_a_watched_folder_is_loaded_when_whole_swapped_and_unloaded(self):
        drop = os.path.join(self.folder, "drop")
        os.mkdir(drop)
        kernel = self.kernel(plugins=("gateway",), extra="watch: [%s]" % drop).start()
        own = os.path.join(drop, "hello")
        os.mkdir(own)
        with open(os.path.join(plugin("hello"), "manifest.yaml"), encoding="utf-8") as file:
            manifest = file.read()
        with open(os.path.join(plugin("hello"), "libhello.so"), "rb") as file:
            library = file.read()
        with open(os.path.join(own, "libhello.so"), "wb") as file:
            file.write(library)
            file.flush()
            with open(os.path.join(own, "manifest.yaml"), "w", encoding="utf-8") as second:  # last: nobody looks before
                second.write(manifest + "home: kernel\n")
            # Whole as bytes, but still open: two more looks come and go.
            other = os.path.join(drop, "other")
            os.mkdir(other)
            with open(os.path.join(other, "manifest.yaml"), "w", encoding="utf-8") as second:
                second.write("plugin: [\n")
            wait_for("the look at the other package", 60, lambda: "watched directory: refused" in kernel.log_text())
            self.assertNotIn("watched directory: loaded", kernel.log_text())
        wait_for("hello", 60, lambda: self.hello(kernel) == "Hello, Ada!\n")
        copy_plugin(self.folder, "hello", [("default: Hello", "default: Servus"),
                                           ("plugin: hello", "plugin: hello\nhome: kernel")])
        os.rename(own, os.path.join(drop, ".old"))
        os.rename(os.path.join(self.folder, "hello"), own)
        wait_for("the new greeting", 60, lambda: self.hello(kernel) == "Servus, Ada!\n")
        shutil.rmtree(own)
        wait_for("hello to be unloaded", 60, lambda: "watched directory: unloaded" in kernel.log_text())
        self.assertEqual(404, kernel.request("GET", "/v1/hello/Ada")[0])
        lines = [line for line in kernel.log_text().splitlines() if "watched directory: " in line]
        self.assertEqual(["refused", "loaded", "swapped", "unloaded"],
                         [line.split("watched directory: ")[1].split('"')[0].split(":")[0] for line in lines])

    def test_a_changed_manifest_with_a_broken_plugin_changes_nothing(self):
        kernel = self.kernel(plugins=("gateway", "hello")).start()
        bad = copy_plugin(self.folder, "hello", [("default: Hello", "default: Bad")])
        with open(os.path.join(bad, "libhello.so"), "r+b") as file:
            file.truncate(1000)
        self.edit(kernel, plugin("hello"), bad)
        wait_for("the refusal", 60, lambda: "change set refused: apply" in kernel.log_text())
        self.assertEqual("Hello, Ada!\n", self.hello(kernel))

    def test_what_needs_a_restart_is_planned_as_such_and_refused_by_apply(self):
        kernel = self.kernel(plugins=("gateway", "hello")).start("--workers", "1")
        next_file = os.path.join(self.folder, "next.yaml")
        with open(kernel.file, encoding="utf-8") as file:
            text = file.read()
        with open(next_file, "w", encoding="utf-8") as file:
            file.write(text.replace("socle: 1", "socle: 1\nworkers: 7\noffload: {threads: 9}"))
        plan = kernel.command("plan", next_file)["changes"]
        self.assertEqual([("offload.threads", True)], [(c["key"], c["restart"]) for c in plan])
        with self.assertRaises(Refused) as refused:
            kernel.command("apply", next_file)
        self.assertIn("a running kernel cannot change offload.threads: (default) → 9; nothing was applied", str(refused.exception))
        self.assertEqual("Hello, Ada!\n", self.hello(kernel))
        # --workers goes before the file, so the same key there changes nothing.
        with open(next_file, "w", encoding="utf-8") as file:
            file.write(text.replace("socle: 1", "socle: 1\nworkers: 7"))
        self.assertEqual([], kernel.command("apply", next_file)["changes"])

    def test_bad_manifests_are_refused_with_their_place(self):
        for text, wanted in (
                ("socle: 1\nlisteners:\n  http: {adress: \"127.0.0.1:0\"}\n", ":3:10: "),
                ("socle: 1\nworkers: many\n", ":2:10: "),
                ("socle: 1\nplugins: [\n", ":3:1: "),
                ("socle: 2\n", ":1:8: ")):
            kernel = self.kernel(manifest=text)
            code, out, err = self.run_to_end(kernel.file)
            self.assertEqual((1, ""), (code, out), text)
            self.assertIn(kernel.file + wanted, err, text)
        kernel = self.kernel(manifest="socle: 1\nlisteners:\n  http: {adress: \"127.0.0.1:0\"}\n")
        self.assertIn("'address'", self.run_to_end(kernel.file)[2])

    def test_wrong_arguments_are_usage_errors(self):
        kernel = self.kernel()
        self.assertEqual(2, self.run_to_end(kernel.file, "--wrokers", "1")[0])
        self.assertEqual(2, self.run_to_end(kernel.file, "--workers", "0")[0])
        code, _, err = self.run_to_end(os.path.join(self.folder, "absent.yaml"))
        self.assertEqual(1, code)
        self.assertIn("absent.yaml", err)


if __name__ == "__main__":
    main()
