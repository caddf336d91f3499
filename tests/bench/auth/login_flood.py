"""tests/bench/auth/login_flood.py: sign-ins a second, and what a flood of them at one tenant does to the requests of
another: p50 and p99 of hello with a session of `quiet`, ten a second and more, first alone, then while FLOODERS clients
sign in at `loud` without pause. A hash is argon2id as configured by default (19 MiB, t=2, p=1). Open loop at RATE (200)
requests a second. Settings: SECONDS_EACH (10), FLOODERS (16), RATE, SOCLE_BUILD."""

import http.client
import json
import os
import re
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../system"))
from auth import GRANTS, RESIDENT  # noqa: E402
from harness import Kernel, plugin  # noqa: E402

SECONDS = int(os.environ.get("SECONDS_EACH", "10"))
FLOODERS = int(os.environ.get("FLOODERS", "16"))
RATE = int(os.environ.get("RATE", "200"))
PASSWORD = "tr0ub4dor&3"
MANIFEST = """socle: 1
data: data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
tenants: {quiet: {}, loud: {}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {login_attempts: 1000, hashes_per_address: 1000, hashes_per_tenant: 1000}, %s}
  - {path: %s, home: kernel}
"""


def ask(port, method, path, body=None, token=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    fields = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
    connection.request(method, path, None if body is None else json.dumps(body), fields)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text)


def latencies(port, token):
    """Of an open loop: from when a request was due, so that one that is held up counts for those behind it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    out, begun = [], time.perf_counter()
    for n in range(RATE * SECONDS):
        due = begun + n / RATE
        time.sleep(max(0, due - time.perf_counter()))
        connection.request("GET", "/v1/hello/Ada", headers={"Authorization": "Bearer " + token})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise AssertionError(answer.status)
        out.append(time.perf_counter() - due)
    return sorted(out)


def told(name, found, more=""):
    at = lambda share: found[min(len(found) - 1, int(len(found) * share))] * 1e3
    print("login_flood %-14s p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms of another tenant's requests (%d a second for %d s)%s" % (
        name, at(.5), at(.99), at(.999), RATE, SECONDS, more))


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder:
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth")]
        resident = RESIDENT.replace("]", ", libargon2.so.1]")
        with Kernel(folder, manifest=MANIFEST % (resident, *paths, GRANTS, plugin("hello"))) as kernel:
            quiet, admin = (kernel.command("tenant", "token", t)["token"] for t in ("quiet", "loud"))
            _, made = ask(kernel.port, "POST", "/v1/auth/users", {"username": "ada", "roles": ["viewer"]}, admin)
            ask(kernel.port, "POST", re.sub(r"^https?://[^/]+", "", made["password_link"]), {"password": PASSWORD})
            told("alone", latencies(kernel.port, quiet))
            stop, counts = threading.Event(), [0] * FLOODERS

            def flood(number):
                while not stop.is_set():
                    status, _ = ask(kernel.port, "POST", "/v1/auth/login", {"tenant": "loud", "username": "ada", "password": PASSWORD})
                    counts[number] += status == 200
            threads = [threading.Thread(target=flood, args=(n,)) for n in range(FLOODERS)]
            for thread in threads:
                thread.start()
            begun = time.perf_counter()
            found = latencies(kernel.port, quiet)
            rate = sum(counts) / (time.perf_counter() - begun)
            stop.set()
            for thread in threads:
                thread.join()
            told("in a flood", found, "; %.0f sign-ins a second of %d clients" % (rate, FLOODERS))


if __name__ == "__main__":
    main()
