"""system.sandbox: a plugin in a cell tries, one by one, what it was not allowed: each is refused, and the kernel's log
names what and whose it was. What its manifest asks for and the operator grants works."""

import json
import os

from harness import SystemTest, copy_plugin, main, wait_for


class Sandbox(SystemTest):
    def kernel_with_drill(self, permissions=(), grants=None, limits=""):
        asked = json.dumps(list(permissions))
        granted = json.dumps(list(permissions if grants is None else grants))
        path = copy_plugin(self.folder, "drill", [("state: none", "permissions: %s\nstate: none" % asked)])
        return self.kernel(plugins=("gateway", "hello", "drill"), paths={"drill": path},
                           entries={"drill": "home: cell, grants: %s%s" % (granted, limits)}).start()

    def drill(self, kernel, what, path=""):
        status, _, text = kernel.request("POST", "/v1/drill/" + what, path.encode(), {"Content-Type": "application/json"})
        self.assertEqual(200, status, text)
        return text

    def told(self, kernel, call, name=None):
        def lines():
            for line in kernel.log_text().splitlines():
                entry = json.loads(line)
                if entry["msg"].startswith("the sandbox refused") and entry["call"] == call:
                    if name is None or entry["name"] == name:
                        return entry
            return None
        entry = wait_for("the log tells of %s %s" % (call, name), 60, lines)
        self.assertEqual(("warn", "drill"), (entry["level"], entry["plugin"]))
        self.assertGreater(int(entry["generation"]), 0)

    def write(self, name, text=""):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_files_that_are_not_declared_are_refused_by_name(self):
        secret = self.write("secret", "42")
        kernel = self.kernel_with_drill()
        for path in (secret, "/etc/passwd", os.path.join(kernel.data, "last-good"), "/proc/self/environ"):
            self.assertEqual("EACCES", self.drill(kernel, "read", path))
            self.told(kernel, "openat", path)
        new = os.path.join(self.folder, "new")
        self.assertEqual("EACCES", self.drill(kernel, "write", new))
        self.told(kernel, "openat", new)
        self.assertFalse(os.path.exists(new))
        for what, call in (("unlink", "unlink"), ("mkdir", "mkdir")):
            self.assertEqual("EPERM", self.drill(kernel, what, secret))
            self.told(kernel, call, secret)

    def test_declared_and_granted_files_are_there_and_no_others(self):
        inside = self.write("inside", "42")
        outside = self.write("outside", "42")
        own = os.path.join(self.folder, "own")
        os.mkdir(own)
        kernel = self.kernel_with_drill(["read:" + inside, "write:" + own])
        self.assertEqual("done", self.drill(kernel, "read", inside))
        self.assertEqual("EACCES", self.drill(kernel, "write", inside))
        self.assertEqual("done", self.drill(kernel, "write", os.path.join(own, "new")))
        self.assertTrue(os.path.exists(os.path.join(own, "new")))
        self.assertEqual("EACCES", self.drill(kernel, "read", outside))
        self.assertEqual("EACCES", self.drill(kernel, "write", os.path.join(own, "../outside")))

    def test_a_permission_that_is_not_granted_refuses_the_start_by_name(self):
        path = copy_plugin(self.folder, "drill", [("state: none", "permissions: [network]\nstate: none")])
        kernel = self.kernel(plugins=("gateway", "drill"), paths={"drill": path}, entries={"drill": "home: cell"}).spawn()
        self.assertEqual(1, kernel.process.wait(60))
        self.assertIn("plugin 'drill' asks for permission \"network\", which the system manifest does not grant",
                      kernel.log_text())

    def test_sockets_need_the_permission(self):
        kernel = self.kernel_with_drill()
        for what in ("inet", "unix", "connect"):
            self.assertEqual("EPERM", self.drill(kernel, what))
        self.told(kernel, "socket")

    def test_sockets_with_the_permission(self):
        kernel = self.kernel_with_drill(["network"])
        self.assertEqual("done", self.drill(kernel, "inet"))
        self.assertEqual("ECONNREFUSED", self.drill(kernel, "connect"))

    def test_other_processes_are_out_of_reach(self):
        kernel = self.kernel_with_drill()
        for what, call in (("fork", "fork"), ("exec", "execve"), ("ptrace", "ptrace"), ("kill-parent", "kill")):
            self.assertEqual("EPERM", self.drill(kernel, what), what)
            self.told(kernel, call)
        self.told(kernel, "execve", "/bin/true")

    def test_the_rarer_doors_are_shut(self):
        kernel = self.kernel_with_drill()
        for what in ("unshare", "mount", "bpf"):
            self.assertEqual("EPERM", self.drill(kernel, what))
            self.told(kernel, what)

    def test_the_doctor_says_how_cells_are_confined(self):
        kernel = self.kernel_with_drill()
        check = [c for c in kernel.command("doctor")["checks"] if c["check"] == "cells"][0]
        self.assertTrue(check["ok"], check)
        self.assertTrue(check["found"].startswith("confined"), check)
        print("\nsandbox: doctor: cells: " + check["found"])

    def test_a_cell_has_nothing_of_the_kernel(self):
        """Neither another plugin's settings nor an open descriptor of the kernel's."""
        kernel = self.kernel(plugins=("gateway", "hello", "drill"),
                             entries={"drill": "home: cell",
                                      "hello": "home: kernel, config: {greeting: a-secret-word-of-hello}"}).start()
        cell = kernel.command("plugin", "show", "drill")["generations"][-1]["cells"][0]["pid"]
        for number in os.listdir("/proc/%d/fd" % cell):
            target = os.readlink("/proc/%d/fd/%s" % (cell, number))
            self.assertFalse(target.startswith("socket:") or self.folder in target, target)
        self.assertIn(b"a-secret-word-of-hello", self.memory_of(kernel.pid))
        self.assertNotIn(b"a-secret-word-of-hello", self.memory_of(cell))

    @staticmethod
    def memory_of(pid):
        found = b""
        with open("/proc/%d/maps" % pid, encoding="utf-8") as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
            for line in maps:
                words = line.split()
                if not words[1].startswith("rw") or (len(words) > 5 and not words[5].startswith("[heap")):
                    continue
                begin, end = (int(x, 16) for x in words[0].split("-"))
                if end - begin > 256 << 20:
                    continue
                try:
                    memory.seek(begin)
                    found += memory.read(end - begin)
                except OSError:
                    continue
        return found


if __name__ == "__main__":
    main()
