"""life.py: what a kernel with the demo's plugins costs before anybody asks for anything: from exec to the first answer,
memory when idle, and the times of a plugin's swap. The system is manifests/demo.yaml on free ports. Settings: STARTS (21),
SWAPS (40). One line a figure."""

import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))
from harness import BUILD, Kernel, copy_plugin, plugin, wait_for  # noqa: E402

STARTS = int(os.environ.get("STARTS", "21"))
SWAPS = int(os.environ.get("SWAPS", "40"))
SWAPPED = ("storage-rocksdb", "gateway", "hello", "notes")
MANIFEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../manifests/demo.yaml")


def demo(folder):
    with open(MANIFEST, encoding="utf-8") as file:
        text = file.read().replace("../build/release", BUILD).replace("../build/demo", "data")
    return Kernel(folder, manifest=text.replace("127.0.0.1:8080", "127.0.0.1:0").replace("127.0.0.1:9090", "127.0.0.1:0"))


def spread(values, unit="ms"):
    return "median %.1f %s, min %.1f, max %.1f" % (statistics.median(values), unit, min(values), max(values))


def pss(pid):
    """Kilobytes of the process and all its children, shared pages counted by their share."""
    total = 0
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
        total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        return total + sum(pss(int(child)) for child in file.read().split())


def first_answer(folder):
    begun = time.monotonic()
    with demo(folder) as kernel:
        ready = time.monotonic()
        status, _, body = kernel.request("GET", "/v1/hello/Ada")
        answered = time.monotonic()
        if status != 200 or "Ada" not in body:
            raise SystemExit("the first answer was %s %r" % (status, body))
        plugins = kernel.ready["plugins"]
        kernel.terminate()
    return plugins, (ready - begun) * 1e3, (answered - begun) * 1e3


def start_up():
    times = []
    for turn in range(STARTS + 1):
        with tempfile.TemporaryDirectory() as folder:
            times.append(first_answer(folder))
    plugins, ready, answered = zip(*times[1:])  # the first one warms the page cache
    print("start to first answer: %s (ready line: median %.1f); %d starts, %s plugins, empty store, warm page cache" % (
        spread(answered), statistics.median(ready), STARTS, plugins[0]))


def idle_memory():
    for workers in (1, os.cpu_count()):
        with tempfile.TemporaryDirectory() as folder:
            kernel = demo(folder).start("--workers", str(workers))
            try:
                kernel.request("GET", "/v1/hello/Ada")
                kernel.request("GET", "/v1/notes")
                samples = []
                wait_for("memory stands still", 10, lambda: samples.append(pss(kernel.process.pid)) or (
                    len(samples) > 20 and len(set(samples[-10:])) == 1), pause=0.1)
                print("idle memory: %.1f MB Pss of the process and its children (RSS of the first %.1f MB); %s plugins, %d worker(s), "
                      "empty store, after one answer of hello and notes" % (
                          samples[-1] / 1024, kernel.usage()["rss"] / 1048576, kernel.ready["plugins"], workers))
            finally:
                kernel.__exit__()


def swaps():
    with tempfile.TemporaryDirectory() as folder, demo(folder) as kernel:
        for name in SWAPPED:
            versions = (copy_plugin(folder, name), plugin(name))
            reports = [kernel.command("plugin", "swap", name, versions[turn % 2]) for turn in range(SWAPS + 2)][2:]
            print("swap of an idle %s: load %s; flip %s; drain %s; %d swaps" % (
                name, spread([r["load_ms"] for r in reports]), spread([r["flip_ms"] for r in reports]),
                spread([r["drain_ms"] for r in reports]), SWAPS))


if __name__ == "__main__":
    start_up()
    idle_memory()
    swaps()
