"""The POST path of the 42-field form: HTTP, JSON, logic, schema, a synced write, 201. Closed loop by wrk, one connection count
a line, CPU of the server a request; the same from a hand-written fastify + ajv + better-sqlite3 server (npm at run time).
run.py VALID.jsonl"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))
sys.dont_write_bytecode = True
import forms  # noqa: E402
from harness import SOCLE, Kernel  # noqa: E402

SECONDS = 5
SCRIPT = """
local bodies, n = {}, %d
for line in io.lines("%s") do bodies[#bodies + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  n = n + 1
  local body = bodies[n %% #bodies + 1]:gsub('LA%%-%%d%%d%%d%%d%%-%%d+', string.format("LA-2026-%%08d", n), 1)
  return wrk.format(nil, "/v1/forms/loan/records", nil, body)
end
done = function(summary, latency)
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration, summary.errors.status,
           latency:percentile(50), latency:percentile(99)))
end
"""


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(pid, port, folder, records, connections, first, note):
    script = os.path.join(folder, "post.lua")
    with open(script, "w", encoding="utf-8") as file:
        file.write(SCRIPT % (first, os.path.abspath(records)))
    before = cpu_seconds(pid)
    out = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % SECONDS, "-s", script, "http://127.0.0.1:%d" % port],
                         capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(pid) - before
    requests, micros, errors, p50, p99 = (int(x) for x in next(l for l in out.splitlines() if l.startswith("RESULT")).split()[1:])
    print("POST 42 fields, %s, %d connections: %.0f/s, %.1f us CPU a request, p50 %.2f ms, p99 %.2f ms, %d not 2xx; synced "
          "writes, server and client on %d cores" % (
              note, connections, requests / (micros / 1e6), 1e6 * used / max(1, requests), p50 / 1e3, p99 / 1e3, errors, os.cpu_count()))


def peers(records):
    with tempfile.TemporaryDirectory(prefix="socle-peer-") as folder:
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.mjs"), folder)
        if shutil.which("npm") is None:
            print("SKIP fastify + ajv + better-sqlite3: npm is not installed")
            return
        installed = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "fastify@5", "ajv@8", "ajv-formats@3",
                                    "better-sqlite3@12"], cwd=folder, capture_output=True, text=True, timeout=400)
        if installed.returncode != 0:
            print("SKIP fastify + ajv + better-sqlite3: npm cannot install them: " + installed.stderr.strip()[-200:])
            return
        schema = os.path.join(os.path.dirname(os.path.abspath(records)), "schema.json")
        for mode in ("single", "batched"):
            with subprocess.Popen(["node", "peer.mjs", schema, os.path.join(folder, mode + ".db"), mode], cwd=folder, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True) as server:
                port = int(server.stdout.readline())
                measure(server.pid, port, folder, records, 64, 0, "fastify + ajv + better-sqlite3, %s commits" % mode)
                server.stdin.close()


def main():
    peers(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder, Kernel(folder, manifest=forms.manifest()) as kernel:
        environment = dict(os.environ, SOCLE_CONTROL=kernel.control_path)
        subprocess.run([SOCLE, "model", "apply", forms.LOAN, "--tenant", "demo"], env=environment, check=True, capture_output=True)
        status, _, text = kernel.request("POST", "/v1/forms/loan/records", forms.loan(99_999_999))
        assert status == 201, text
        assert "loan-credit" in json.loads(text)["rules"]
        measure(kernel.pid, kernel.port, folder, sys.argv[1], 64, 0, "forms with its ruleset")
        # The same form without the ruleset: what other systems were measured on.
        with open(os.path.join(forms.LOAN, "loan.yaml"), encoding="utf-8") as file:
            model = file.read().replace("rules: [loan-credit]\n", "")
        forms.Tenant(kernel.port).release(model, "loan")
        for connections, first in ((1, 20_000_000), (64, 40_000_000)):
            measure(kernel.pid, kernel.port, folder, sys.argv[1], connections, first, "forms")


if __name__ == "__main__":
    main()
