"""A form with many records: import, lists by an index and without, counts, pages deep in the list, and an export, with the
memory of the server beside it. Settings: RECORDS (1000000)."""

import http.client
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../system"))
sys.dont_write_bytecode = True
import forms  # noqa: E402
from harness import Kernel  # noqa: E402

RECORDS, BLOCK = int(os.environ.get("RECORDS", "1000000")), 20_000
FORM = """form: many
schema:
  type: object
  properties: {n: {type: integer}, group: {type: string}, day: {type: string, format: date}, amount: {type: string, format: decimal}, text: {type: string}}
index: [group, {field: day, order: ordered}]
"""


def rss(kernel):
    return kernel.usage()["rss"] / 2**20


def timed(name, tenant, query, rounds=50):
    took = []
    for _ in range(rounds):
        begun = time.monotonic()
        status, answer = tenant.ask("GET", "/v1/forms/many/records?" + query)
        took.append(time.monotonic() - begun)
    shown = len(answer["items"]) if status == 200 else answer["code"]
    print("list of %d records, %s: p50 %.2f ms, p99 %.2f ms (%s)" % (RECORDS, name, 1e3 * sorted(took)[rounds // 2], 1e3 * max(took), shown))
    return answer


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder, Kernel(folder, manifest=forms.manifest()) as kernel:
        tenant = forms.Tenant(kernel.port)
        tenant.connection.timeout = 120
        tenant.release(FORM, "many")
        begun = time.monotonic()
        for first in range(0, RECORDS, BLOCK):
            rows = "".join('{"n":%d,"group":"g%d","day":"2026-%02d-%02d","amount":"%d.50","text":"Record number %d of many"}\n' % (
                n, n % 1000, n % 12 + 1, n % 28 + 1, n, n) for n in range(first, min(first + BLOCK, RECORDS)))
            done = tenant.good("POST", "/v1/forms/many/records:import", rows, {"Content-Type": "application/x-ndjson"})
            assert done["failed"] == 0, done
        print("import of %d records: %.0f/s, server %.0f MiB" % (RECORDS, RECORDS / (time.monotonic() - begun), rss(kernel)))
        timed("first 50", tenant, "limit=50")
        timed("50 by an index", tenant, "filter=group%20%3D%3D%20%27g7%27&limit=50")
        timed("50 by an index and a condition", tenant, "filter=group%20%3D%3D%20%27g7%27%20%26%26%20n%20%3E%20500000&limit=50")
        timed("50 newest by an ordered index", tenant, "order=-day&limit=50")
        timed("count by an index", tenant, "filter=group%20%3D%3D%20%27g7%27&count=exact&limit=1", 5)
        timed("without an index", tenant, "filter=text%20%3D%3D%20%27none%27&limit=50", 3)
        before = rss(kernel)
        connection = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=600)
        begun, lines, most = time.monotonic(), 0, before
        connection.request("GET", "/v1/forms/many/records:export?format=jsonl")
        answer = connection.getresponse()
        while piece := answer.read(1 << 20):
            lines += piece.count(b"\n")
            most = max(most, rss(kernel))
        print("export of %d records: %.0f/s, server %.0f MiB before, %.0f MiB at most" % (lines, lines / (time.monotonic() - begun), before, most))
        assert lines == RECORDS
        assert most - before < 64, "the export took %.0f MiB more" % (most - before)


if __name__ == "__main__":
    main()
