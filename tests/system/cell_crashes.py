"""system.cell_crashes: a plugin in a cell crashes, hangs, floods and is killed. Its caller gets a retryable error, the
next call a good answer soon; other plugins, in the kernel and in cells, answer all the while; nothing is left behind.
SOCLE_FULL=1: 1,000 crashes; else 30."""

import glob
import hashlib
import json
import os
import re
import signal
import statistics
import subprocess
import time

from harness import FULL, SOCLE, SystemTest, crowded, main, sync_time, wait_for
from supervisor import Prober, alive, children

CRASHES = 1000 if FULL else 30
AGAIN = 0.05  # seconds from the crash to the next good answer, on a machine that has a core and a disk to spare
SYNCS = 4     # that may come before it: of the report, its folder, and what the one before still had to write


class CellCrashes(SystemTest):
    def setUp(self):
        super().setUp()
        self.running = self.kernel(plugins=("storage-rocksdb", "gateway", "hello", "notes", "drill"),
                                   entries={"drill": "home: cell, limits: {memory: 64MiB, files: 96}",
                                            "notes": 'home: cell, grants: ["call:storage/1"]'}).start()

    def run_drill(self, what):
        return self.running.request("POST", "/v1/drill/" + what, b"{}", {"Content-Type": "application/json"})

    def crash(self, what):
        status, _, text = self.run_drill(what)
        self.assertEqual(503, status, text)
        self.assertEqual("cell_died", json.loads(text)["code"], text)

    def again(self):
        """Seconds until the cell answers; a call that would have to wait for longer than its deadline is told so."""
        begin = time.monotonic()

        def well():
            status, _, text = self.running.request("GET", "/v1/drill")
            self.assertIn(status, (200, 504), text)
            return text == "well"
        wait_for("the cell to answer", 60, well)
        return time.monotonic() - begin

    def generation(self):
        return self.running.command("plugin", "show", "drill")["generations"][-1]

    def cell(self):
        return wait_for("a cell", 60, lambda: self.generation()["cells"][0]["pid"])

    def others_during(self, work):
        """Runs it while other plugins are asked; none of them may notice."""
        probers = [Prober(self.running), Prober(self.running, "GET", "/v1/notes")]
        wait_for("answers before", 60, lambda: all(len(p.asked) > 5 for p in probers))
        work()
        for prober in probers:
            outcomes = {str(outcome) for _, _, outcome in prober.stop()}
            self.assertEqual({"200"}, outcomes)

    def test_a_crash_costs_its_own_call_and_50_ms(self):
        for what, name in (("segv", "SIGSEGV"), ("abort", "SIGABRT"), ("overflow", "SIGSEGV"), ("exit", ""),
                           ("kill", "SIGKILL")):
            with self.subTest(what):
                delays = []

                def drill():
                    for _ in range(5):
                        self.crash(what)
                        delays.append(self.again())

                self.others_during(drill)
                self.assertLess(statistics.median(delays), AGAIN * crowded() + SYNCS * sync_time(self.folder), delays)
                print("\ncell_crashes: %s: next good answer after %s ms" % (
                    what, " ".join("%.0f" % (d * 1000) for d in delays)))
                self.told("drill", name)

    def told(self, plugin, name):
        crash = wait_for("the report", 60, lambda: self.running.command("plugin", "show", plugin).get("last_crash"))
        wait_for("the report of " + name, 60,
                 lambda: self.running.command("plugin", "show", plugin)["last_crash"].get("signal", "") == name)
        crash = self.running.command("plugin", "show", plugin)["last_crash"]
        self.assertEqual(("cell", "drill", "call of run", "demo"),
                         tuple(crash[k] for k in ("process", "plugin", "method", "tenant")))
        # The call's body: what the kernel had sent.
        self.assertEqual((2, hashlib.sha256(b"{}").hexdigest()), (crash["input_size"], crash["input_sha256"]))
        if name in ("SIGSEGV", "SIGABRT"):
            self.assertTrue(crash["stack"], crash)

    def test_an_endless_loop_is_ended(self):
        self.others_during(lambda: self.crash("loop"))
        self.again()
        wait_for("the log tells", 60, lambda: "it hangs" in self.running.log_text())

    def test_a_stopped_cell_is_ended(self):
        def stop():
            os.kill(self.cell(), signal.SIGSTOP)
            self.assertIn(self.running.request("GET", "/v1/drill")[0], (200, 503))
        self.others_during(stop)
        self.again()

    def test_a_cell_killed_from_outside_is_followed_by_another(self):
        def kill():
            os.kill(self.cell(), signal.SIGKILL)
            self.again()
        self.others_during(kill)

    def test_a_flood_of_memory_ends_at_its_limit(self):
        def flood():
            status, _, text = self.run_drill("memory")
            self.assertTrue((status, text) == (200, "ENOMEM") or status == 503, text)
        self.others_during(flood)
        self.again()

    def test_a_flood_of_descriptors_ends_at_its_limit(self):
        self.others_during(lambda: self.assertEqual("EMFILE", self.run_drill("descriptors")[2]))
        self.again()

    def test_a_refused_fork_is_an_error_of_the_call(self):
        self.others_during(lambda: self.assertEqual("EPERM", self.run_drill("fork")[2]))
        self.again()

    def shared_memories(self):
        """Mappings in the kernel of what it shares with cells."""
        with open("/proc/%d/maps" % self.running.pid, encoding="utf-8") as file:
            return [line for line in file if "/memfd:socle-" in line]

    def test_many_crashes_leave_nothing(self):
        for _ in range(5):
            self.crash("segv")
            self.again()
        groups = set(glob.glob("/sys/fs/cgroup/**/socle-%d-*" % self.running.pid, recursive=True))
        before, family = self.running.usage(), len(children(self.running.process.pid))
        shared = len(self.shared_memories())
        for _ in range(CRASHES):
            self.crash("segv")
            self.again()
        after = wait_for("descriptors as before", 60, lambda: (
            lambda u: u if u["fds"] <= before["fds"] and u["threads"] <= before["threads"] else None)(
                self.running.usage()))
        self.assertLessEqual(len(children(self.running.process.pid)), family)
        self.assertLessEqual(len(glob.glob("/sys/fs/cgroup/**/socle-%d-*" % self.running.pid, recursive=True)), len(groups))
        wait_for("shared memories as before", 60, lambda: len(self.shared_memories()) <= shared)
        self.assertLess(after["maps"] - before["maps"], 16)
        self.assertLess(after["rss"] - before["rss"], 8 << 20)
        self.assertLessEqual(len(os.listdir(os.path.join(self.running.data, "crashes"))), 100)
        wait_for("all of them are counted", 60, lambda: self.generation()["crashes"] >= CRASHES + 5)
        self.assertEqual(CRASHES + 5, self.generation()["crashes"])
        print("\ncell_crashes: %d crashes: %d descriptors, %d threads, %d shared memories, maps %+d, rss %+d KiB" % (
            CRASHES, after["fds"], after["threads"], shared, after["maps"] - before["maps"], (after["rss"] - before["rss"]) >> 10))

    def test_nothing_outlives_the_kernel(self):
        family = children(self.running.process.pid)
        self.assertIn(self.cell(), family)
        self.running.kill_kernel()
        self.running.await_restart()
        left = {p for p in family if os.path.exists("/proc/%d" % p)} - {self.running.process.pid}
        wait_for("the end of %s" % left, 60, lambda: not [p for p in left if alive(p)])
        self.again()
        family = children(self.running.process.pid)
        self.running.kill()
        wait_for("the end of %s" % family, 60, lambda: not [p for p in family if alive(p)])

    def sizes(self):
        """Of the cell's process in KiB, as the machine counts them."""
        with open("/proc/%d/smaps_rollup" % self.cell(), encoding="ascii") as file:
            return {l.split(":")[0]: int(l.split()[1]) for l in file.read().splitlines()[1:]}

    def test_the_memory_of_a_cell_is_told(self):
        self.again()
        own, told = self.sizes(), self.generation()
        cell = told["cells"][0]
        for key, name in (("resident_bytes", "Rss"), ("pss_bytes", "Pss")):
            self.assertAlmostEqual(own[name] << 10, cell[key], delta=1 << 20)
            self.assertEqual(cell[key], told[key])  # the only one
        self.assertGreater(told["memory_bytes"], told["resident_bytes"])
        shown = subprocess.run([SOCLE, "plugin", "show", "drill", "--control", self.running.control_path],
                               capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertRegex(shown, r"memory +[0-9.]+ MiB with its part of what it shares; [0-9.]+ MiB resident of [0-9.]+ [MG]iB mapped")
        self.assertEqual(2, len(re.findall(r"[0-9.]+ MiB  ", shown)), shown)  # of the generation, and of its cell

    def test_an_idle_cell_is_small(self):
        self.again()
        sizes = self.sizes()
        private = sizes["Private_Clean"] + sizes["Private_Dirty"]
        print("\ncell_crashes: an idle cell: %.1f MiB private, %.1f MiB Pss" % (private / 1024, sizes["Pss"] / 1024))
        self.assertLess(private, 5 * 1024)
        self.assertLess(sizes["Pss"], 5 * 1024)  # with its part of the libraries it shares


if __name__ == "__main__":
    main()
