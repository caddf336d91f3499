"""system.swap_under_load: plugins are swapped, all four mixed and both ways, while keep-alive, pipelining, slow-upload,
writing and event-stream clients in processes of their own check every answer. Nothing may fail, be wrong, be lost, or
be left behind: two moments without clients are compared, after a warm-up under the same load and after the swaps.
At least 1,000 swaps; with SOCLE_FULL=1 at least 1,000,000 requests beside them."""

import collections
import os
import re
import shutil
import struct
import tempfile
import threading
import time

from harness import FULL, Refused, SystemTest, copy_plugin, gave_up, main, plugin, sync_time, wait_for

SWAPS = 1000
REQUESTS = 1_000_000 if FULL else 0
LIMIT = 900 if FULL else 400  # seconds for all swaps, and what their syncs take
SYNCS = 4  # of a swap at most: the library's copy when it is new, and the last good set
SHARE = {"hello": 0.4, "gateway": 0.25, "notes": 0.25, "storage-rocksdb": 0.1}
WARM_UP = 200
# What the process may grow by in each swap, in bytes: the allocator's wandering, shared among the swaps of a run. A generation
# that stayed would cost its library's pages and tables, hundreds of KiB.
GROWTH = 16 << 10


class Swapper:
    """Swaps one plugin to and fro, `at_once` at a time: more than swap.max_draining lets drain, so that the kernel paces them."""

    def __init__(self, kernel, name, folders, count, at_once, limit):
        self.kernel, self.name, self.folders, self.count, self.limit = kernel, name, folders, count, limit
        self.lock = threading.Lock()
        self.next, self.aborted = 0, 0
        self.reports, self.problems, self.flips = [], [], []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(at_once)]
        self.end = time.monotonic() + limit

    def run(self):
        while True:
            with self.lock:
                if len(self.reports) >= self.count or self.problems:
                    return
                turn, self.next = self.next, self.next + 1
            if time.monotonic() > self.end:
                self.problems.append("%d of %d swaps after %d s" % (len(self.reports), self.count, self.limit))
                return
            begun = time.monotonic_ns()
            try:
                report = self.kernel.command("plugin", "swap", self.name, self.folders[turn % 2])
            except Refused as refused:
                if gave_up(refused):
                    self.aborted += 1
                else:
                    self.problems.append(str(refused))
                continue
            except Exception as error:  # a thread's end must be seen by the test
                self.problems.append(repr(error))
                return
            with self.lock:
                self.reports.append(report)
                self.flips.append(begun + int(report["load_ms"] * 1e6))

def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def stalls(paths, flips):
    """Latencies in microseconds of requests that ended within 50 ms after a flip, and of all others."""
    flips = sorted(flips)
    near, far = [], []
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        at = 0
        for end, took in sorted(struct.iter_unpack("=QI", data[:len(data) // 12 * 12])):
            while at + 1 < len(flips) and flips[at + 1] <= end:
                at += 1
            inside = bool(flips) and 0 <= end - flips[at] <= 50_000_000
            (near if inside else far).append(took)
    return sorted(near), sorted(far)


def read_log(clients):
    events, acknowledged = {}, []
    for client in clients:
        with open(client.log, encoding="ascii") as file:
            for line in file:
                words = line.split()
                if words[0] == "E":
                    events.setdefault((client.log, words[1]), []).append(tuple(words[2:]))
                elif words[0] == "A":
                    acknowledged.append((words[2], words[3], words[4]))
    return events, acknowledged


class SwapUnderLoad(SystemTest):
    def start(self):
        # In memory where there is such a place: a disk that stalls for seconds fails writes, swaps or not; kill9 has the disk.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.folder
        self.store = tempfile.mkdtemp(prefix="socle-swap-", dir=memory)
        self.addCleanup(shutil.rmtree, self.store, True)
        kernel = self.kernel(store=os.path.join(self.store, "db"), extra="swap: {max_draining: 2}").start()
        other = {"hello": copy_plugin(self.folder, "hello", [("default: Hello", "default: Bonjour")]),
                 "gateway": copy_plugin(self.folder, "gateway"), "notes": copy_plugin(self.folder, "notes"),
                 "storage-rocksdb": copy_plugin(self.folder, "storage-rocksdb")}
        self.sockets = self.descriptors(kernel)["socket"]
        return kernel, other

    @staticmethod
    def clients(kernel, name, samples):
        """Those that are answered by hello, and those that write notes."""
        both = ("Hello", "Bonjour")
        fast = [kernel.client("keepalive", 8, "%sk%d" % (name, i), allow=both, samples=samples) for i in range(2)]
        fast.append(kernel.client("pipeline", 4, name + "p", allow=both))
        writers = [kernel.client("notes", 4, name + "n", log=True), kernel.client("slow", 8, name + "s", log=True)]
        return fast, writers

    def test_no_request_is_lost_to_a_swap(self):
        kernel, other = self.start()
        self.warm_up(kernel, other)
        before = self.at_rest(kernel)
        streams = kernel.client("sse", 4, "events", log=True)
        for _ in range(4):
            self.assertTrue(streams.line().startswith("open "))
        first = self.note(kernel, "first")
        fast, writers = self.clients(kernel, "", True)

        begun = time.monotonic()
        swappers = self.swap(kernel, other, SWAPS)
        took = time.monotonic() - begun
        reports = [r for s in swappers for r in s.reports]
        self.assertGreaterEqual(len(reports), SWAPS)
        self.assertEqual({"unmapped"}, {r["old_state"] for r in reports})
        self.assertEqual(0, sum(r["failed"] for r in reports), [r for r in reports if r["failed"]][:3])
        paced = kernel.log_text().count("a change waits for generations that drain (swap.max_draining)")
        self.assertGreater(paced, 0, "no swap had to wait for a drain")
        if REQUESTS:
            wait_for("%d requests" % REQUESTS, LIMIT, lambda: self.served(kernel) >= REQUESTS, 0.5)

        results = [c.report() for c in fast + writers]
        last = self.note(kernel, "last")
        streams.until(last)
        results.append(streams.report())
        for result in results:
            self.assertEqual((0, 0), (result["failed"], result["wrong"]), result)
        for result in results[:3]:
            self.assertGreater(min(result["seen"]), 0, "both versions of hello must have answered: %s" % result)
        requests = sum(r["requests"] for r in results)
        self.assertGreaterEqual(requests, REQUESTS)
        self.check_events(streams, writers, first, last)
        self.check_nothing_is_left(kernel, before, len(reports))

        near, far = stalls([c.samples for c in fast if c.samples], [f for s in swappers for f in s.flips])
        print("\nswap_under_load: %d swaps (%s), %d waited for drains with those of the warm-up; %d requests, 0 failed, 0 wrong, %d event streams "
              "resumed, in %.1f s" % (
            len(reports), ", ".join("%s %d%s" % (s.name, len(s.reports), " and %d aborted" % s.aborted if s.aborted else "")
                                    for s in swappers), paced, requests, results[-1]["resumed"], took))
        print("swap_under_load: latency of hello in the 50 ms after flips p50 %d p99 %d max %d us (%d), otherwise p50 %d p99 %d max "
              "%d us (%d); closed loop" % (percentile(near, .5), percentile(near, .99), near[-1] if near else 0, len(near),
                                           percentile(far, .5), percentile(far, .99), far[-1] if far else 0, len(far)))

    def note(self, kernel, title):
        status, _, text = kernel.request("POST", "/v1/notes", {"title": title})
        self.assertEqual(201, status, text)
        return text.split('"id":"', 1)[1].split('"', 1)[0]

    @staticmethod
    def served(kernel):
        plugins = kernel.command("top")["plugins"]
        return sum(p["calls"] for p in plugins if p["plugin"] in ("hello", "notes"))

    def test_a_swap_leaves_nothing_behind(self):
        """Without clients, so that what a single swap keeps shows."""
        kernel, other = self.start()
        self.swap(kernel, other, WARM_UP)
        before = self.at_rest(kernel)
        reports = [r for s in self.swap(kernel, other, SWAPS) for r in s.reports]
        self.check_nothing_is_left(kernel, before, len(reports))

    def warm_up(self, kernel, other):
        """Swaps under load as they come later, so that pools, tables and the allocator's arenas are as large as they will be."""
        streams = kernel.client("sse", 4, "wevents", log=True)
        for _ in range(4):
            self.assertTrue(streams.line().startswith("open "))
        fast, writers = self.clients(kernel, "w", False)
        self.swap(kernel, other, WARM_UP)
        results = [c.report() for c in fast + writers]
        streams.until(self.note(kernel, "warm"))
        for result in results + [streams.report()]:
            self.assertEqual((0, 0), (result["failed"], result["wrong"]), result)

    def swap(self, kernel, other, count):
        limit = LIMIT + SYNCS * count * sync_time(self.folder)
        swappers = [Swapper(kernel, name, (other[name], plugin(name)), max(4, int(count * share)),
                            1 if name == "storage-rocksdb" else 4, limit) for name, share in SHARE.items()]
        threads = [t for s in swappers for t in s.threads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(limit + 60)
        self.assertEqual([], ["%s: %s" % (s.name, p) for s in swappers for p in s.problems], kernel.log_text()[-3000:])
        return swappers

    @staticmethod
    def settle(kernel):
        wait_for("the end of all drains", 60, lambda: all(
            p["state"] in ("active", "retained") for p in kernel.command("plugin", "list")["plugins"]))

    @staticmethod
    def idle(kernel):
        plugins = kernel.command("plugin", "list")["plugins"]
        return plugins if all(p["in_flight"] == 0 for p in plugins) else None

    def check_events(self, streams, writers, first, last):
        events, acknowledged = read_log([streams] + writers)
        lists = list(events.values())
        self.assertEqual(4, len(lists))
        for one in lists:
            self.assertEqual((first, last), (one[0][2], one[-1][2]))
            self.assertEqual(len(one), len(set(one)), "an event came twice")
            self.assertEqual(lists[0], one, "two streams saw different events or another order")
        puts = {(e[2], e[3]) for e in lists[0] if e[1] == "put"}
        removed = {e[2] for e in lists[0] if e[1] == "delete"}
        self.assertEqual({"put", "delete"}, {e[1] for e in lists[0]})
        wanted = {(a[1], a[2]) for a in acknowledged if a[0] in ("create", "finish")}
        self.assertEqual(wanted, puts - {(first, "1"), (last, "1")})
        self.assertEqual({a[1] for a in acknowledged if a[0] == "remove"}, removed)
        self.assertGreater(len(wanted), 50)

    @staticmethod
    def descriptors(kernel):
        """How many of each kind are open; the database's own files come and go with its tables."""
        base = "/proc/%d/fd" % kernel.pid
        kinds = collections.Counter()
        for number in os.listdir(base):
            try:
                target = os.readlink(os.path.join(base, number))
            except FileNotFoundError:
                continue
            if target.endswith((".sst", ".log", "/LOG")) or "/MANIFEST-" in target:
                continue
            kinds["file" if target.startswith("/") else target.split(":")[0]] += 1
        return kinds

    def without_connections(self, kernel):
        kinds = self.descriptors(kernel)
        return kinds if kinds["socket"] <= self.sockets else None

    @staticmethod
    def metric(kernel, name):
        _, _, text = kernel.request("GET", "/metrics", port=kernel.ops)
        return sum(float(line.split()[-1]) for line in text.splitlines() if re.match(name + r"[ {]", line))

    def at_rest(self, kernel):
        """What the process holds with no client connected, nothing in flight and the database's memtable empty."""
        self.settle(kernel)
        # A stream's long poll outlives its client by one heartbeat (15 s); storage's housekeeping is a frame for good.
        plugins = wait_for("calls in flight end", 60, lambda: self.idle(kernel))
        for p in plugins:
            self.assertEqual("active", p["state"], "retained: %s" % p)
            self.assertLessEqual(p["frames"], 1 if p["plugin"] == "storage-rocksdb" else 0, p)
        kinds = wait_for("closed connections are forgotten", 60, lambda: self.without_connections(kernel))
        kernel.command("storage", "backup", tempfile.mkdtemp(dir=self.store))  # flushes
        wait_for("the memtable is flushed", 60, lambda: self.metric(kernel, "storage_memtable_bytes") < 2 << 20)
        usage = kernel.usage()
        database = self.metric(kernel, "storage_memtable_bytes") + self.metric(kernel, "storage_block_cache_bytes")
        return {**usage, "own": usage["rss"] - int(database), "kinds": kinds,
                "payloads": kernel.command("status")["payloads"]}

    def check_nothing_is_left(self, kernel, before, swaps):
        after = self.at_rest(kernel)
        self.assertEqual(4, after["generations"], "one mapped library a plugin")
        self.assertEqual(before["kinds"], after["kinds"], "descriptors")
        wait_for("threads of control requests and drains end", 60,
                 lambda: kernel.usage()["threads"] <= before["threads"])
        self.assertLessEqual(after["maps"], before["maps"] + 16)
        self.assertLessEqual(after["payloads"], max(before["payloads"], 64))
        grown = (after["own"] - before["own"]) / swaps
        show = ", ".join("%s %d to %d" % (k, before[k], after[k]) for k in ("rss", "own", "threads", "maps", "payloads"))
        print("\nswap_under_load: at rest before and after %d swaps: %s (own: without the database's caches), %d bytes a "
              "swap; descriptors %s" % (swaps, show, grown, dict(after["kinds"])))
        self.assertLess(grown, GROWTH, "resident bytes a swap: %s, %s" % (before, after))


if __name__ == "__main__":
    main()
