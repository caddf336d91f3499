"""tests/bench/tenants/run.py: TENANTS (100000) tenants on one whole kernel, each with an operator, a session and a document:
created from one file; then, after a restart, all of them touched once in random order over HTTP, and once more in another
order, each with its own token and one at a time. Memory a tenant, time of first and repeated touch, restart.

Kernel on one core with one worker, the client on another. Filling is not what is measured, so the store answers before
its disk does, and one address may bring as many unknown credentials as there are. Settings: TENANTS, CACHES
(credentials that the worker remembers, a restart each: the default, and all), SOCLE_BUILD."""

import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../system"))
from auth import GRANTS  # noqa: E402
from harness import BUILD, RESIDENT, Kernel, die_with_parent, plugin  # noqa: E402

TENANTS = int(os.environ.get("TENANTS", "100000"))
CACHES = [int(n) for n in os.environ.get("CACHES", "16384 %d" % (2 * TENANTS)).split()]
CORES = sorted(os.sched_getaffinity(0))
TOUCH = os.path.join(BUILD, "tests/system/socle_touch")
MANIFEST = """\
socle: 1
data: data
workers: 1
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
plans: {free: {weight: 1, rate: 100, burst: 200, storage.bytes: 1MiB, sessions.ttl: 2h}}
plugins:
  - {path: %s, home: kernel, config: {durability: async}}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {cache: %d, cold_burst: 1000000, cold_refill: 1ms}, %s}
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

    def __init__(self, folder, cache):
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth")]
        resident = RESIDENT.replace("]", ", libargon2.so.1]")
        super().__init__(folder, manifest=MANIFEST % (resident, *paths, cache, GRANTS, plugin("notes")))

    def __enter__(self):
        self.start(seconds=120)
        for task in os.listdir("/proc/%d/task" % self.pid):
            os.sched_setaffinity(int(task), {CORES[0]})
        return self


def fill(kernel, folder):
    """Token and document's id of each tenant."""
    path = os.path.join(folder, "tenants.txt")
    with open(path, "w", encoding="ascii") as file:
        file.writelines("t%d plan=free\n" % i for i in range(TENANTS))
    empty, begun = heap(kernel), time.monotonic()
    kernel.command("tenant", "create", "--from", path, seconds=600)
    print("tenants.http create: %d tenants from one file in %.0f ms, %.0f bytes a tenant" % (
        TENANTS, (time.monotonic() - begun) * 1e3, (heap(kernel) - empty) / TENANTS), flush=True)
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as many:
        tokens = list(many.map(lambda i: kernel.command("tenant", "token", "t%d" % i)["token"], range(TENANTS)))
    tokens_s = time.monotonic() - begun
    made = touch(kernel, ['POST /v1/notes %s {"title": "a note", "text": "of the tenant"}' % t for t in tokens], 32)
    print("tenants.http fill: an operator and a session each in %.0f s by the control socket; a document each over HTTP at "
          "%.0f/s (32 connections, durability async)" % (tokens_s, TENANTS / made["ms"] * 1e3), flush=True)
    return tokens


def touch_all(kernel, tokens, seed):
    order = list(tokens)
    random.Random(seed).shuffle(order)
    return touch(kernel, ["GET /v1/notes?limit=1 %s" % t for t in order], 1)


def run(folder, tokens, cache):
    with Running(folder, cache) as kernel:
        started, before = kernel.ready["started_in"], heap(kernel)
        first, after, again = touch_all(kernel, tokens, 1), heap(kernel), touch_all(kernel, tokens, 2)
        print("tenants.http restart with %d tenants: serving after %s ms, %.0f MB resident" % (
            TENANTS, started, int(kernel.ready["rss"]) / 1e6), flush=True)
        print("tenants.http touch, one at a time in random order, credentials remembered %d: first p50 %.0f us, p99 %.0f us; "
              "again p50 %.0f us, p99 %.0f us; %.0f bytes a touched tenant, the store's caches included" % (
                  cache, first["p50"], first["p99"], again["p50"], again["p99"], (after - before) / TENANTS), flush=True)
        kernel.terminate()


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-tenants-") as folder:
        with Running(folder, 16384) as kernel:
            tokens = fill(kernel, folder)
            kernel.terminate()
        for cache in CACHES:
            run(folder, tokens, cache)


if __name__ == "__main__":
    main()
