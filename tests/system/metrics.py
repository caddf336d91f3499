"""system.metrics: docs/operations.md lists every metric that a running system shows, and shows every metric it lists for
the kernel and the demo's plugins; the numbers follow what clients do."""

import os
import re
import signal

from harness import SystemTest, main, plugin, wait_for

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/operations.md")
RUNNING = {"kernel", "gateway", "storage-rocksdb"}


def listed():
    """The table's rows: name, kind, whose."""
    with open(DOCS, encoding="utf-8") as file:
        rows = re.findall(r"^\| `([a-z_]+)`[^|]*\| (counter|gauge|histogram) \| ([a-z-]+) \|", file.read(), re.M)
    return {name: (kind, owner) for name, kind, owner in rows}


class Metrics(SystemTest):
    def scrape(self, kernel):
        status, _, text = kernel.request("GET", "/metrics", port=kernel.ops)
        self.assertEqual(200, status)
        return text

    @staticmethod
    def value(text, series):
        found = re.search("^" + re.escape(series) + " (.*)$", text, re.M)
        return float(found.group(1)) if found else 0.0

    def test_the_documented_metrics_are_those_that_are_shown(self):
        kernel = self.kernel().start()
        self.assertEqual(201, kernel.request("POST", "/v1/notes", {"title": "one"})[0])
        documented = listed()
        shown = dict(re.findall(r"^# TYPE (\S+) (\S+)$", self.scrape(kernel), re.M))
        self.assertEqual({}, {name: kind for name, kind in shown.items() if name not in documented}, "not in the docs")
        for name, (kind, owner) in documented.items():
            if owner in RUNNING:
                self.assertEqual(kind, shown.get(name), name)

    def test_the_numbers_follow_what_clients_do(self):
        kernel = self.kernel().start()
        created = 'socle_calls_total{service="notes/1",method="create",status="ok"}'
        refused = 'socle_calls_total{service="notes/1",method="create",status="invalid"}'
        for _ in range(20):
            self.assertEqual(201, kernel.request("POST", "/v1/notes", {"title": "one"})[0])
        self.assertLess(kernel.request("POST", "/v1/notes", {"title": 1})[0], 500)
        text = self.scrape(kernel)
        self.assertEqual(20, self.value(text, created))
        self.assertEqual(1, self.value(text, refused))
        timed = 'socle_call_seconds_count{service="notes/1",method="create"}'
        self.assertGreaterEqual(self.value(text, timed), 1)
        self.assertGreaterEqual(self.value(text, "storage_writes_total"), 20)
        self.assertGreaterEqual(self.value(text, 'storage_commit_seconds_count{durability="sync"}'), 1)
        kernel.request("GET", "/v1/notes")
        wait_for("the list is counted", 60,
                 lambda: self.value(self.scrape(kernel), 'storage_reads_total{method="query"}') >= 1)
        wait_for("the log has a size", 60, lambda: self.value(self.scrape(kernel), "storage_wal_bytes") > 0)

    def test_the_death_of_a_cell_is_counted_and_stays_so_after_a_swap(self):
        kernel = self.kernel(entries={"hello": "home: cell"}).start()
        series = 'socle_plugin_crashes_total{plugin="%s"}'
        self.assertIn((series % "hello") + " 0\n", self.scrape(kernel))
        self.assertIn((series % "notes") + " 0\n", self.scrape(kernel))
        for death in (1, 2):
            active = {g["plugin"]: g for g in kernel.command("plugin", "list")["plugins"] if g["state"] == "active"}
            os.kill(active["hello"]["cells"][0]["pid"], signal.SIGKILL)
            wait_for("the death is counted", 60, lambda: self.value(self.scrape(kernel), series % "hello") == death)
            self.assertEqual(200, kernel.request("GET", "/v1/hello/Ada")[0])
            kernel.swap("hello", plugin("hello"))
            self.assertEqual(death, self.value(self.scrape(kernel), series % "hello"))
        self.assertEqual(0, self.value(self.scrape(kernel), series % "notes"))

    def test_counters_never_fall_when_a_plugin_is_swapped(self):
        kernel = self.kernel().start()
        series = 'socle_calls_total{service="hello/1",method="greet",status="ok"}'
        for turn in range(1, 4):
            self.assertEqual(200, kernel.request("GET", "/v1/hello/Ada")[0])
            self.assertEqual(turn, self.value(self.scrape(kernel), series))
            kernel.swap("hello", plugin("hello"))
        self.assertEqual(3, self.value(self.scrape(kernel), series))


if __name__ == "__main__":
    main()
