"""tests/bench/models/run.py: 100,000 tenants with a model each on one kernel: memory, restart, first and repeated touch in
random order, inside the kernel and over HTTP; then what a publish costs the one who publishes and the others, by
system.models. Settings: TENANTS (100000), HTTP_RATE (2000), SOCLE_BUILD (build/release).

Filling is not what is measured, so the store answers before its disk does; then the kernel is started afresh, and every
tenant's model is resolved once (first touch: read from storage) and once more (from the worker's table). Over HTTP a
listener stands for one tenant, so there the driver takes the tenant from the path and acts as it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../system"))
from harness import BUILD, Kernel, die_with_parent, plugin  # noqa: E402
from models import RESIDENT  # noqa: E402

TENANTS = int(os.environ.get("TENANTS", "100000"))
HTTP_RATE = int(os.environ.get("HTTP_RATE", "2000"))
LOAD = os.path.join(BUILD, "tests/system/socle_load")
MANIFEST = """\
socle: 1
data: data
workers: 1
listeners: {http: {address: "127.0.0.1:0", tenant: demo, principal: tester}, ops: {address: "127.0.0.1:0"}}
resident: %s
tenants: {demo: {}}
plugins:
  - {path: %s, home: kernel, config: {durability: async}}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1",
      "act-as:tenants"], config: {cache: %s}}
  - {path: %s, home: kernel, grants: ["call:models/1"]}
  - {path: %s, home: kernel, grants: ["call:models/1", "act-as:tenants"]}
"""


def driver(kernel, method, count=TENANTS):
    return kernel.command("call", "models-driver/1." + method, '{"count": %d}' % count, "--tenant", "demo", seconds=3000)


def over_http(kernel):
    """Each tenant touched once, open loop; what the load client says."""
    words = [LOAD, "0", str(TENANTS * 1000 // HTTP_RATE + 500), "http,%d,32,/v1/touch/{%d},open,%d" % (
        kernel.port, TENANTS, HTTP_RATE)]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, timeout=600, preexec_fn=die_with_parent)
    report = json.loads(done.stdout)
    assert report["other"] == 0, report
    assert report["completed"] >= TENANTS, "not all were touched: this machine cannot keep up now, lower HTTP_RATE: %s" % report
    return report


def run(folder, cache, fill, http=False):
    names = ("storage-rocksdb", "gateway", "models")
    paths = [plugin(n) for n in names] + [cache, plugin("models-kind"), plugin("models-driver")]
    kernel = Kernel(folder, manifest=MANIFEST % (RESIDENT, *paths))
    with kernel:
        if fill:
            ids = os.path.join(folder, "tenants.txt")
            with open(ids, "w", encoding="ascii") as file:
                file.writelines("t%d\n" % i for i in range(TENANTS))
            empty, begun = kernel.usage()["rss"], time.monotonic()
            kernel.command("tenant", "create", "--from", ids, seconds=600)
            print("models_bench create  %d tenants in one batch: %.0f ms, %.0f bytes resident a tenant" % (
                TENANTS, (time.monotonic() - begun) * 1e3, (kernel.usage()["rss"] - empty) / TENANTS), flush=True)
            begun = time.monotonic()
            filled = driver(kernel, "fill")
            assert filled["published"] == TENANTS, filled
            print("models_bench fill    %d tenants published in %.0f s, one worker, store async" % (
                TENANTS, time.monotonic() - begun))
            kernel.terminate()
            return
        print("models_bench restart %d tenants with a model each: serving after %s ms, %.0f MB resident" % (
            TENANTS, kernel.ready["started_in"], kernel.usage()["rss"] / 1e6), flush=True)
        driver(kernel, "touch", 1)
        before = kernel.usage()["rss"]
        if http:
            first, after, second = over_http(kernel), kernel.usage()["rss"], over_http(kernel)
            print("models_bench http    %d tenants in random order at %d/s, open loop, cache %s: %.0f bytes resident a tenant; first "
                  "touch p50 %.0f us, p99 %.0f us; again p50 %.0f us, p99 %.0f us" % (
                      TENANTS, HTTP_RATE, cache, (after - before) / TENANTS, first["p50"], first["p99"], second["p50"],
                      second["p99"]), flush=True)
            kernel.terminate()
            return
        first = driver(kernel, "touch")
        after = kernel.usage()["rss"]
        second = driver(kernel, "touch")
        assert first["failed"] == second["failed"] == 0, (first, second)
        print("models_bench touch   %d tenants, cache %s: %.0f bytes resident a tenant (storage's caches included); first "
              "touch p50 %.1f us, p99 %.1f us; again p50 %.2f us, p99 %.2f us" % (
                  TENANTS, cache, (after - before) / TENANTS, first["p50"], first["p99"], second["p50"], second["p99"]))
        kernel.terminate()


def main():
    folder = tempfile.mkdtemp(prefix="socle-bench-models-")
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
        print("machine: %d cores, %s; load %s" % (os.cpu_count(), model, os.getloadavg()[0]))
        run(folder, "128MiB", True)
        run(folder, "128MiB", False, http=True)
        run(folder, "128MiB", False)
        run(folder, "8MiB", False)
    finally:
        shutil.rmtree(folder)
    test = os.path.join(HERE, "../../system/models.py")
    name = "Models.test_publishing_under_load_serves_nothing_stale_and_fails_nobody"
    out = subprocess.run([sys.executable, "-B", "-W", "ignore", test, name], capture_output=True, text=True, timeout=600)
    lines = [line for line in out.stdout.splitlines() if line.startswith("models: ")]
    print("models_bench publish " + lines[0][len("models: "):] if lines and out.returncode == 0 else out.stdout + out.stderr)
    sys.exit(out.returncode)


if __name__ == "__main__":
    main()
