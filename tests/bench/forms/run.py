"""The 42-field form over HTTP: POST (JSON, logic, schema, a synced write, 201), read of one record, list of 50 with a filter.
Servers on core 0, clients on core 1. Closed loop by wrk, one connection count a line, CPU of the server a request; POST in
open loop, too, at 70 % of what the closed loop reached; the same of a hand-written fastify + ajv + better-sqlite3 server (npm
at run time); raw RocksDB writing the same keys in synced groups of 64, and a bare Beast server, in the same run. Then the
form's pages over HTTP. run.py VALID.jsonl"""

import json
import os
import http.client
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))
sys.dont_write_bytecode = True
import forms  # noqa: E402
from harness import BUILD, SOCLE, PinnedKernel, die_with_parent, plugin  # noqa: E402

SECONDS = 5
PAGES = '  - {path: %s, home: kernel, grants: ["call:forms/1", "call:models/1", "call:auth/1"]}\n'
ON_SERVERS_CORE = ["taskset", "-c", "0"]
RECORDS = "/v1/forms/loan/records"
DONE = """
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, summary.errors.status,
           latency:percentile(50), latency:percentile(99)))
end
"""
POST = """
local bodies, n = {}, FIRST
for line in io.lines("FILE") do bodies[#bodies + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  n = n + 1
  local body = bodies[n % #bodies + 1]:gsub('LA%-%d%d%d%d%-%d+', string.format("LA-2026-%08d", n), 1)
  return wrk.format(nil, "/v1/forms/loan/records", nil, body)
end
"""
GET = """
local paths, n = {PATHS}, 0
request = function()
  n = n + 1
  return wrk.format("GET", paths[n % #paths + 1])
end
"""


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def closed_loop(what, pid, port, folder, script, connections):
    """Requests a second by wrk, printed with all that belongs to them."""
    file = os.path.join(folder, "wrk.lua")
    with open(file, "w", encoding="utf-8") as text:
        text.write(script + DONE)
    before = cpu_seconds(pid)
    out = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % SECONDS, "-s", file, "http://127.0.0.1:%d" % port],
                         capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(pid) - before
    requests, micros, errors, p50, p99 = (int(x) for x in next(l for l in out.splitlines() if l.startswith("RESULT")).split()[1:])
    reached = requests / (micros / 1e6)
    print("%s, %d connections: %.0f/s, %.1f us CPU a request, p50 %.2f ms, p99 %.2f ms, %d not 2xx" % (
        what, connections, reached, 1e6 * used / max(1, requests), p50 / 1e3, p99 / 1e3, errors))
    return reached


def posts(who, pid, port, folder, records, connections, first):
    script = POST.replace("FIRST", str(first)).replace("FILE", os.path.abspath(records))
    return closed_loop("POST 42 fields, %s" % who, pid, port, folder, script, connections)


def reads(who, pid, port, folder, filtered):
    """Of single records, those of one page in turn, and of that page: 50 records of a channel. `filtered`: the page's path."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", filtered)
    items = json.loads(connection.getresponse().read())["items"]
    connection.close()
    assert len(items) == 50, len(items)
    paths = ", ".join('"%s/%s"' % (RECORDS, item["id"]) for item in items)
    one = closed_loop("read one record, %s" % who, pid, port, folder, GET.replace("PATHS", paths), 64)
    many = closed_loop("list 50 with a filter, %s" % who, pid, port, folder, GET.replace("PATHS", '"%s"' % filtered), 64)
    return one, many


def open_loop(port, path, rate, seconds, folder, *bodies):
    """p50 and p99 in ms of requests sent at a constant rate, from when each was due. bodies: (BODIES, FIRST), and with a third,
    MEMBER, `numbers` of the report holds (when it was due in ns, the number in its answer) of each."""
    with tempfile.NamedTemporaryFile(dir=folder) as samples:
        done = subprocess.run([os.path.join(BUILD, "tests/bench/system/open_loop"), str(port), path, str(rate), str(seconds), "64", samples.name, *bodies],
                              capture_output=True, text=True, check=True, preexec_fn=die_with_parent)
        rows = list(struct.iter_unpack("=QQQ" if len(bodies) == 3 else "=QQ", samples.read()))
    report = json.loads(done.stdout)
    report["numbers"] = [(row[0], row[2]) for row in rows if len(row) == 3]
    took = sorted(row[1] for row in rows)
    return took[len(took) // 2] / 1e6, took[int(len(took) * 0.99)] / 1e6, report


def open_loop_posts(port, reached, folder, records, note):
    """70 % of what the closed loop reached, whoever serves."""
    p50, p99, report = open_loop(port, RECORDS, round(reached * 0.7), SECONDS, folder, records, "60000000")
    print("POST 42 fields, %s, open loop at %.0f/s (70 %% of the closed loop): p50 %.2f ms, p99 %.2f ms, %d of %d failed" % (
        note, reached * 0.7, p50, p99, report["failed"], report["sent"]))


def floors(records, folder, reached):
    """What the same machine does now without us: the disk's part and HTTP's part."""
    out = subprocess.run([*ON_SERVERS_CORE, os.path.join(BUILD, "tests/bench/storage/storage_bench"), records, os.path.join(folder, "raw")],
                         capture_output=True, text=True, check=True).stdout
    raw = next(float(re.search(r"raw +([0-9.]+) us", line)[1]) for line in out.splitlines() if line.startswith("write fsync group 64 ") and "lane" not in line)
    print("raw RocksDB, the same records and index keys in synced groups of 64: %.0f/s; POST over HTTP reaches %.2f of it (aim 0.7)" % (1e6 / raw, reached * raw / 1e6))
    with subprocess.Popen([*ON_SERVERS_CORE, os.path.join(BUILD, "tests/bench/gateway/bare_beast")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent) as beast:
        port = int(beast.stdout.readline().split("=")[1])
        out = subprocess.run(["wrk", "-t1", "-c64", "-d%ds" % SECONDS, "http://127.0.0.1:%d/" % port], capture_output=True, text=True, check=True).stdout
        bare = float(re.search(r"Requests/sec: +([0-9.]+)", out)[1])
        beast.stdin.close()
    print("bare Beast answering GET with a constant: %.0f/s; a POST of 42 fields with its synced write reaches %.2f of it" % (bare, reached / bare))


def pages(kernel, record):
    """The form's pages, one request at a time: until the first byte and until the whole page has come."""
    for what, path in (("new", "/forms/loan/new"), ("record", "/forms/loan/" + record), ("list", "/forms/loan")):
        connection = http.client.HTTPConnection("127.0.0.1", kernel.port)
        first, whole, size = [], [], 0
        for _ in range(200):
            begun = time.monotonic()
            connection.request("GET", path, headers={"Accept": "text/html"})
            answer = connection.getresponse()
            first.append(time.monotonic() - begun)
            size = len(answer.read())
            whole.append(time.monotonic() - begun)
            assert answer.status == 200, path
        connection.close()
        print("page %s, %.0f KiB: first byte p50 %.2f ms, whole p50 %.2f ms, p99 %.2f ms over HTTP (a precompiled template elsewhere: 8 ms)" % (
            what, size / 1024, 1e3 * sorted(first)[100], 1e3 * sorted(whole)[100], 1e3 * sorted(whole)[198]))


def peers(records):
    """What it reaches with batched commits, by what was asked of it; {} without npm."""
    with tempfile.TemporaryDirectory(prefix="socle-peer-") as folder:
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.mjs"), folder)
        if shutil.which("npm") is None:
            print("SKIP fastify + ajv + better-sqlite3: npm is not installed")
            return {}
        installed = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "fastify@5", "ajv@8", "ajv-formats@3",
                                    "better-sqlite3@12"], cwd=folder, capture_output=True, text=True, timeout=400)
        if installed.returncode != 0:
            print("SKIP fastify + ajv + better-sqlite3: npm cannot install them: " + installed.stderr.strip()[-200:])
            return {}
        schema = os.path.join(os.path.dirname(os.path.abspath(records)), "schema.json")
        found = {}
        for mode in ("single", "batched"):
            with subprocess.Popen([*ON_SERVERS_CORE, "node", "peer.mjs", schema, os.path.join(folder, mode + ".db"), mode], cwd=folder,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent) as server:
                port = int(server.stdout.readline())
                who = "fastify + ajv + better-sqlite3, %s commits" % mode
                found["POST"] = posts(who, server.pid, port, folder, records, 64, 0)
                open_loop_posts(port, found["POST"], folder, records, who)
                if mode == "batched":
                    found["read"], found["list"] = reads(who, server.pid, port, folder, RECORDS + "?channel=mobile")
                server.stdin.close()
        return found


def main():
    records = sys.argv[1]
    os.sched_setaffinity(0, {1})  # and all clients
    beside = peers(records)
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder, PinnedKernel(folder, manifest=forms.manifest() + PAGES % plugin("pages")) as kernel:
        environment = dict(os.environ, SOCLE_CONTROL=kernel.control_path)
        subprocess.run([SOCLE, "model", "apply", forms.LOAN, "--tenant", "demo"], env=environment, check=True, capture_output=True)
        status, _, text = kernel.request("POST", RECORDS, forms.loan(99_999_999))
        assert status == 201, text
        assert "loan-credit" in json.loads(text)["rules"]
        posts("forms with its ruleset", kernel.pid, kernel.port, folder, records, 64, 0)
        # The same form without the ruleset: what other systems were measured on.
        with open(os.path.join(forms.LOAN, "loan.yaml"), encoding="utf-8") as file:
            model = file.read().replace("rules: [loan-credit]\n", "")
        forms.Tenant(kernel.port).release(model, "loan")
        for connections, first in ((1, 20_000_000), (64, 40_000_000)):
            reached = posts("forms", kernel.pid, kernel.port, folder, records, connections, first)
        open_loop_posts(kernel.port, reached, folder, records, "forms (aim: p99 10 ms)")
        one, many = reads("forms", kernel.pid, kernel.port, folder, RECORDS + "?limit=50&filter=channel%20%3D%3D%20%27mobile%27")
        for what, ours, aim in (("POST", reached, 2), ("read", one, 3), ("list", many, 3)):
            if what in beside:
                print("%s: %.2f x fastify + ajv + better-sqlite3 with batched commits (aim %d)" % (what, ours / beside[what], aim))
        pages(kernel, json.loads(kernel.request("GET", RECORDS + "?limit=1")[2])["items"][0]["id"])
        floors(records, folder, reached)


if __name__ == "__main__":
    main()
