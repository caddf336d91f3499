"""tests/bench/auth/members_list.py: what a member's list costs beside an administrator's: a form of RECORDS records that 20
people made, with the index (created_by, created_at) declared; one page of 50, newest first, for an administrator who sees
all, and for somebody whose role grants his own (the residual becomes the index's predicate). The cases alternate; the
ratio is of medians of the server's CPU time a request, wanted at most 1.5. Kernel on core 0 with one worker, wrk on core
1. Settings: RECORDS (100000), ROUNDS (5), SECONDS_EACH (2), CONNECTIONS (8), SOCLE_BUILD."""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../system"))
from auth import GRANTS, RESIDENT  # noqa: E402
from harness import Kernel, plugin  # noqa: E402
from run import cpu_seconds  # noqa: E402

RECORDS = int(os.environ.get("RECORDS", "100000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_EACH", "2"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "8"))
PEOPLE = 20
PASSWORD = "tr0ub4dor&3"
LIST = "/v1/forms/note/records?limit=50&order=-created_at"
FORM = {"form": "note", "title": "Note", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "index": [["created_by", "created_at"], "created_at"]}
ROLE = {"role": "own", "grants": [{"permissions": ["records:*", "forms:read"], "scope": "own"}]}
MANIFEST = """socle: 1
data: data
workers: 1
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
tenants: {acme: {}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {password_memory: 8MiB, password_passes: 1, login_attempts: 1000}, %s}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1", "act-as:tenants"]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:blob/1", "call:auth/1"]}
"""


class Client:
    def __init__(self, kernel):
        self.connection = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=120)

    def ask(self, method, path, body=None, token=None, media="application/json"):
        fields = {"Content-Type": media}
        if token:
            fields["Authorization"] = "Bearer " + token
        text = body if isinstance(body, (str, type(None))) else json.dumps(body)
        self.connection.request(method, path, text, fields)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            raise AssertionError("%s %s: %d %s" % (method, path, answer.status, text[:400]))
        return json.loads(text) if text else None


def measure(kernel, token):
    before = cpu_seconds(kernel.pid)
    done = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "-c%d" % CONNECTIONS, "-d%ds" % SECONDS, "-H",
                           "Authorization: Bearer " + token, "http://127.0.0.1:%d%s" % (kernel.port, LIST)],
                          capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done:
        raise AssertionError(done)
    return (cpu_seconds(kernel.pid) - before) / int(re.search(r"(\d+) requests in", done)[1]) * 1e6


def filled(kernel, client):
    """(administrator's session, a member's) of a tenant whose form has RECORDS records."""
    admin = kernel.command("tenant", "token", "acme")["token"]
    client.ask("PUT", "/v1/models/forms/note", FORM, admin)
    client.ask("POST", "/v1/models/forms/note/publish", {}, admin)
    client.ask("PUT", "/v1/auth/roles/own", ROLE, admin)
    for n in range(PEOPLE):
        made = client.ask("POST", "/v1/auth/users", {"username": "p%d" % n, "roles": ["own"]}, admin)
        client.ask("POST", re.sub(r"^https?://[^/]+", "", made["password_link"]), {"password": PASSWORD})
        came = client.ask("POST", "/v1/auth/login", {"tenant": "acme", "username": "p%d" % n, "password": PASSWORD})
        member = came["access_token"]
        for first in range(0, RECORDS // PEOPLE, 500):
            lines = "".join('{"a":%d}\n' % a for a in range(first, min(first + 500, RECORDS // PEOPLE)))
            client.ask("POST", "/v1/forms/note/records:import", lines, member, "application/x-ndjson")
    return admin, member


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder:
        resident = RESIDENT.replace("]", ", libargon2.so.1, libpcre2-8.so.0, libyaml-cpp.so.0.7]")
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth", "models", "forms")]
        with Kernel(folder, manifest=MANIFEST % (resident, *paths[:3], GRANTS, *paths[3:])) as kernel:
            client = Client(kernel)
            admin, member = filled(kernel, client)
            found = [len(client.ask("GET", LIST, None, who)["items"]) for who in (admin, member)]
            os.sched_setaffinity(0, {1})
            for thread in os.listdir("/proc/%d/task" % kernel.pid):
                os.sched_setaffinity(int(thread), {0})
            got = {"administrator": [], "member": []}
            for round_ in range(ROUNDS + 1):  # the first warms up
                for name, token in (("administrator", admin), ("member", member)):
                    cost = measure(kernel, token)
                    if round_:
                        got[name].append(cost)
    if found != [50, 50]:
        raise AssertionError("pages of %s records" % found)
    all_, own = (statistics.median(got[name]) for name in ("administrator", "member"))
    print("members_list %d records of %d people, a page of 50: administrator %.1f us CPU (deviation %.1f), member %.1f (%.1f): "
          "ratio %.2f, wanted at most 1.5 (%d rounds of %d s, %d connections)" % (
              RECORDS, PEOPLE, all_, statistics.pstdev(got["administrator"]), own, statistics.pstdev(got["member"]), own / all_,
              ROUNDS, SECONDS, CONNECTIONS))


if __name__ == "__main__":
    main()
