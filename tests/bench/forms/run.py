"""The POST path of the 42-field form: HTTP, JSON, logic, schema, a synced write, 201. Closed loop by wrk, one connection count
a line, CPU of the kernel a request. run.py VALID.jsonl"""

import json
import os
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


def measure(kernel, folder, records, connections, first, note):
    script = os.path.join(folder, "post.lua")
    with open(script, "w", encoding="utf-8") as file:
        file.write(SCRIPT % (first, os.path.abspath(records)))
    before = cpu_seconds(kernel.pid)
    out = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % SECONDS, "-s", script, "http://127.0.0.1:%d" % kernel.port],
                         capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(kernel.pid) - before
    requests, micros, errors, p50, p99 = (int(x) for x in next(l for l in out.splitlines() if l.startswith("RESULT")).split()[1:])
    print("forms POST 42 fields%s, %d connections: %.0f/s, %.1f us CPU a request, p50 %.2f ms, p99 %.2f ms, %d not 2xx; synced "
          "writes, 4 indexes, kernel and client on %d cores" % (
              note, connections, requests / (micros / 1e6), 1e6 * used / max(1, requests), p50 / 1e3, p99 / 1e3, errors, os.cpu_count()))


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder, Kernel(folder, manifest=forms.manifest()) as kernel:
        environment = dict(os.environ, SOCLE_CONTROL=kernel.control_path)
        subprocess.run([SOCLE, "model", "apply", forms.LOAN, "--tenant", "demo"], env=environment, check=True, capture_output=True)
        status, _, text = kernel.request("POST", "/v1/forms/loan/records", forms.loan(99_999_999))
        assert status == 201, text
        assert "loan-credit" in json.loads(text)["rules"]
        measure(kernel, folder, sys.argv[1], 64, 0, " with its ruleset")
        # The same form without the ruleset: what other systems were measured on.
        with open(os.path.join(forms.LOAN, "loan.yaml"), encoding="utf-8") as file:
            model = file.read().replace("rules: [loan-credit]\n", "")
        forms.Tenant(kernel.port).release(model, "loan")
        for connections, first in ((1, 20_000_000), (64, 40_000_000)):
            measure(kernel, folder, sys.argv[1], connections, first, "")


if __name__ == "__main__":
    main()
