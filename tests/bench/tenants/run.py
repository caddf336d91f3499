"""tests/bench/tenants/run.py: TENANTS (100000) tenants on one whole kernel, each with a document: created from one file;
then, after a restart, all of them touched once in random order over HTTP, and once more in another order, one at a time on
one connection. Memory a tenant, time of first and repeated touch, restart.

Kernel on one core with one worker, the client on another. Who asks is told by the tests' auth/1, which believes a bearer
that is a tenant's name: users and sessions are tests/bench/auth's. Filling is not what is measured, so the store answers
before its disk does. Settings: TENANTS, SOCLE_BUILD."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../system"))
from harness import BUILD, RESIDENT, Kernel, die_with_parent, plugin  # noqa: E402

TENANTS = int(os.environ.get("TENANTS", "100000"))
CORES = sorted(os.sched_getaffinity(0))
TOUCH = os.path.join(BUILD, "tests/system/socle_touch")
MANIFEST = """\
socle: 1
data: data
workers: 1
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
plans: {free: {weight: 1, rate: 100, burst: 200, storage.bytes: 1MiB}}
plugins:
  - {path: %s, home: kernel, config: {durability: async}}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, grants: ["call:storage/1"]}
"""


def heap(kernel):
    """Bytes of anonymous memory: caches of files, which the system takes back when it likes, are none."""
    with open("/proc/%d/status" % kernel.pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) * 1024


def on_other_core():
    die_with_parent()
    os.sched_setaffinity(0, {CORES[-1]})


def touch(kernel, lines, connections):
    done = subprocess.run([TOUCH, str(kernel.port), str(connections)], input="\n".join(lines) + "\n", text=True,
                          stdout=subprocess.PIPE, check=True, timeout=1200, preexec_fn=on_other_core)
    report = json.loads(done.stdout)
    assert report["other"] == 0 and report["completed"] == len(lines), report
    return report


class Running(Kernel):
    """On its core, as long as the block lasts."""

    def __init__(self, folder):
        super().__init__(folder, manifest=MANIFEST % (RESIDENT, *(plugin(p) for p in (
            "storage-rocksdb", "gateway", "fake-auth", "notes"))))

    def __enter__(self):
        self.start(seconds=120)
        for task in os.listdir("/proc/%d/task" % self.pid):
            os.sched_setaffinity(int(task), {CORES[0]})
        return self


def fill(kernel, folder):
    path = os.path.join(folder, "tenants.txt")
    with open(path, "w", encoding="ascii") as file:
        file.writelines("t%d plan=free\n" % i for i in range(TENANTS))
    empty, begun = heap(kernel), time.monotonic()
    kernel.command("tenant", "create", "--from", path, seconds=600)
    print("tenants.http create: %d tenants from one file in %.0f ms, %.0f bytes a tenant" % (
        TENANTS, (time.monotonic() - begun) * 1e3, (heap(kernel) - empty) / TENANTS), flush=True)
    made = touch(kernel, ['POST /v1/notes t%d {"title": "a note", "text": "of the tenant"}' % i for i in range(TENANTS)], 32)
    print("tenants.http fill: a document each over HTTP at %.0f/s (32 connections, durability async)" % (
        TENANTS / made["ms"] * 1e3), flush=True)


def touch_all(kernel, seed):
    order = list(range(TENANTS))
    random.Random(seed).shuffle(order)
    return touch(kernel, ["GET /v1/notes?limit=1 t%d" % i for i in order], 1)


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-tenants-") as folder:
        with Running(folder) as kernel:
            fill(kernel, folder)
            kernel.terminate()
        with Running(folder) as kernel:
            print("tenants.http restart with %d tenants: serving after %s ms, %.0f MB resident" % (
                TENANTS, kernel.ready["started_in"], int(kernel.ready["rss"]) / 1e6), flush=True)
            before = heap(kernel)
            first, after, again = touch_all(kernel, 1), heap(kernel), touch_all(kernel, 2)
            print("tenants.http touch of each in random order: first p50 %.0f us, p99 %.0f us; again p50 %.0f us, p99 %.0f us; "
                  "%.0f bytes a touched tenant, the store's caches included" % (
                      first["p50"], first["p99"], again["p50"], again["p99"], (after - before) / TENANTS), flush=True)
            kernel.terminate()


if __name__ == "__main__":
    main()
