"""tests/bench/models/run.py: 100,000 tenants with a model each on one kernel: memory, restart, first and repeated touch in
random order, inside the kernel and, a part of them, over HTTP; then what a publish costs the one who publishes and the
others, by system.models. These are models of a kind made for tests, which keeps nothing of them; then the same with
rulesets of the rules plugin, which compiles each when it is met: memory of both together, first and repeated evaluation,
and from a publish to the first evaluation by it. Settings: TENANTS (100000), HTTP_TENANTS (20000), HTTP_RATE (2000),
RULESETS (5000), PUBLISHES (100), SOCLE_BUILD (build/release). All together takes less than three minutes.

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
from models import RESIDENT, Load, Tenant, YAML, quantile  # noqa: E402

TENANTS = int(os.environ.get("TENANTS", "100000"))
HTTP_TENANTS = min(TENANTS, int(os.environ.get("HTTP_TENANTS", "20000")))
RULESETS = int(os.environ.get("RULESETS", "5000"))
PUBLISHES = int(os.environ.get("PUBLISHES", "100"))
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
  - {%s}
  - {path: %s, home: kernel, grants: ["call:models/1", "call:rules/1", "act-as:tenants"]}
"""
RULESET = """\
rules: loan
input: {type: object, required: [income], properties: {income: {type: number}}}
steps: [{table: band, hit: F, inputs: [{expr: input.income, type: number}], outputs: [{type: integer}],
  rows: [['< 1000', '0'], ['[1000..5000)', '1'], ['-', '2']]}]
output: {value: '%d + band'}
"""


def kernel_in(folder, cache, kind="models-kind", config=""):
    """The registry with a kind of models, which lives in the kernel's process, so that its memory is seen."""
    names = ("storage-rocksdb", "gateway", "models")
    entry = 'path: %s, home: kernel, grants: ["call:models/1"]%s' % (plugin(kind), config)
    return Kernel(folder, manifest=MANIFEST % (RESIDENT, *[plugin(n) for n in names], cache, entry, plugin("models-driver")))


def driver(kernel, method, count=TENANTS, rulesets=False):
    order = json.dumps({"count": count, "rulesets": rulesets})
    return kernel.command("call", "models-driver/1." + method, order, "--tenant", "demo", seconds=3000)


def create(kernel, folder, count):
    """Tenants t0, t1, … in one batch."""
    ids = os.path.join(folder, "tenants.txt")
    with open(ids, "w", encoding="ascii") as file:
        file.writelines("t%d\n" % i for i in range(count))
    kernel.command("tenant", "create", "--from", ids, seconds=600)


def over_http(kernel):
    """Each of HTTP_TENANTS touched once, open loop; what the load client says."""
    words = [LOAD, "0", str(HTTP_TENANTS * 1000 // HTTP_RATE + 500), "http,%d,32,/v1/touch/{%d},open,%d" % (
        kernel.port, HTTP_TENANTS, HTTP_RATE)]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, timeout=600, preexec_fn=die_with_parent)
    report = json.loads(done.stdout)
    assert report["other"] == 0, report
    assert report["completed"] >= HTTP_TENANTS, "not all were touched: this machine cannot keep up now, lower HTTP_RATE: %s" % report
    return report


def run(folder, cache, fill, http=False):
    kernel = kernel_in(folder, cache)
    with kernel:
        if fill:
            empty, begun = kernel.usage()["rss"], time.monotonic()
            create(kernel, folder, TENANTS)
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
                      HTTP_TENANTS, HTTP_RATE, cache, (after - before) / HTTP_TENANTS, first["p50"], first["p99"], second["p50"],
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


def rulesets(folder):
    """Memory and times of rulesets, which stay compiled: the cache is larger than all of them."""
    os.mkdir(folder)
    settings = ("128MiB", "rules", ", config: {cache: 512MiB}")
    with kernel_in(folder, *settings) as kernel:
        create(kernel, folder, RULESETS)
        begun = time.monotonic()
        filled = driver(kernel, "fill", RULESETS, True)
        assert filled["published"] == RULESETS, filled
        print("models_bench rulefill %d tenants published a ruleset in %.0f s, one worker, store async" % (
            RULESETS, time.monotonic() - begun), flush=True)
        kernel.terminate()
    with kernel_in(folder, *settings) as kernel:
        driver(kernel, "touch", 1, True)
        before = kernel.usage()["rss"]
        first = driver(kernel, "touch", RULESETS, True)
        after = kernel.usage()["rss"]
        second = driver(kernel, "touch", RULESETS, True)
        assert first["failed"] == second["failed"] == 0, (first, second)
        print("models_bench rulesets %d tenants with a ruleset of a table each, compiled and kept: %.0f bytes resident a tenant "
              "(registry, storage's caches and rules together); first evaluation p50 %.1f us, p99 %.1f us; again p50 %.2f us, "
              "p99 %.2f us" % (RULESETS, (after - before) / RULESETS, first["p50"], first["p99"], second["p50"], second["p99"]),
              flush=True)
        effect(kernel)
        kernel.terminate()


def effect(kernel):
    """One ruleset published again and again while somebody evaluates it without a pause."""
    tenant, published = Tenant(kernel.port), []
    tenant.release(RULESET % 0)
    with Load(kernel.port, question={"input": {"income": 7}}) as load:
        time.sleep(0.5)
        for i in range(1, PUBLISHES + 1):
            tenant.good("PUT", "/v1/models/rules/loan", RULESET % i, YAML)
            begin = time.monotonic_ns()
            tenant.good("POST", "/v1/models/rules/loan/publish")
            published.append((begin, time.monotonic_ns(), i))
            time.sleep(0.05)
    tenant.close()
    failed = [seen for seen in load.seen if seen[2] != 200]
    assert not failed, failed[:3]
    first = {}
    for begin, end, _, value in load.seen:
        first.setdefault(value, end)
        assert not any(done < begin and value < i for _, done, i in published), "stale: %d" % value
    took = [(done - begin) / 1e6 for begin, done, _ in published]
    effects = [(first[i] - begin) / 1e6 for begin, _, i in published if i in first]
    print("models_bench effect  %d publishes of a ruleset beside %d evaluations, 0 failed, 0 stale, store async: publish p50 "
          "%.1f ms, p99 %.1f ms; publish begun to first new answer p50 %.1f ms, p99 %.1f ms" % (
              len(took), len(load.seen), quantile(took, 0.5), quantile(took, 0.99), quantile(effects, 0.5),
              quantile(effects, 0.99)), flush=True)


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
        rulesets(os.path.join(folder, "rulesets"))
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
