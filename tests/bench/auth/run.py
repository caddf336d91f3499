"""tests/bench/auth/run.py: what knowing who asks costs a request: hello through the gateway with no credential, with a
session as bearer, as cookie, with an API key and with an access token (JWT), all known to the worker; then bogus credentials, each a look-up within
their address's budget or a refusal: sessions that are none, and access tokens with a forged signature, as bearer and to be revoked. Two ask
GET /v1/auth/roles, a route with a permission, which a built-in role grants and one of the tenant's own: to be compared with each other. Kernel on core 0 with one worker, wrk on core 1; the cases alternate, ratios are of
medians of CPU time a request. Settings: ROUNDS (5), SECONDS_EACH (2), CONNECTIONS (64), SOCLE_BUILD."""

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

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_EACH", "2"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "64"))
MANIFEST = """socle: 1
data: data
workers: 1
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
tenants: {acme: {}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, %s}
  - {path: %s, home: kernel}
"""
HELLO, ROLES, REVOKE = "/v1/hello/Ada", "/v1/auth/roles", "/v1/auth/revoke"
PASSWORD = "tr0ub4dor&3"
BOGUS = """local n = 0
request = function() n = n + 1
  return wrk.format("GET", nil, {["Authorization"] = string.format("Bearer SHOWN", n)}) end"""
REVOKED = """local n = 0
request = function() n = n + 1
  return wrk.format("POST", nil, {["Content-Type"] = "application/x-www-form-urlencoded"}, string.format("token=SHOWN", n)) end"""


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(kernel, path, arguments):
    before = cpu_seconds(kernel.pid)
    done = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "-c%d" % CONNECTIONS, "-d%ds" % SECONDS, *arguments,
                           "http://127.0.0.1:%d%s" % (kernel.port, path)], capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(kernel.pid) - before
    requests = int(re.search(r"(\d+) requests in", done)[1])
    return requests / SECONDS, used / requests * 1e6, "Non-2xx" in done


def ask(connection, method, path, body, token=None):
    fields = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
    connection.request(method, path, json.dumps(body), fields)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    if answer.status >= 300:
        raise AssertionError("%s %s: %d %s" % (method, path, answer.status, content))
    return content, answer.headers.get("Set-Cookie", "")


def enter(connection, operator, name, role):
    """Access token and session of somebody new, who has signed in."""
    made, _ = ask(connection, "POST", "/v1/auth/users", {"username": name, "roles": [role]}, operator)
    ask(connection, "POST", re.sub(r"^https?://[^/]+", "", made["password_link"]), {"password": PASSWORD})
    got, cookie = ask(connection, "POST", "/v1/auth/login", {"tenant": "acme", "username": name, "password": PASSWORD})
    return got["access_token"], cookie.split(";")[0].split("=", 1)[1]


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder:
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth")]
        resident = RESIDENT.replace("]", ", libargon2.so.1]")
        with Kernel(folder, manifest=MANIFEST % (resident, *paths, GRANTS, plugin("hello"))) as kernel:
            os.sched_setaffinity(0, {1})
            for thread in os.listdir("/proc/%d/task" % kernel.pid):
                os.sched_setaffinity(int(thread), {0})
            session = kernel.command("tenant", "token", "acme")["token"]
            connection = http.client.HTTPConnection("127.0.0.1", kernel.port)
            key = ask(connection, "POST", "/v1/auth/keys", {"name": "bench", "scopes": ["records:read"]}, session)[0]["secret"]
            token, _ = enter(connection, session, "ada", "viewer")
            ask(connection, "PUT", "/v1/auth/roles/reader", {"role": "reader", "permissions": ["roles:read"]}, session)
            _, built_in = enter(connection, session, "bob", "admin")
            _, own = enter(connection, session, "cleo", "reader")
            forged = token.rpartition(".")[0].replace("%", "%%") + ".%085dA"
            bogus = {"bogus": (HELLO, BOGUS, "ss_acme_%043d"), "bogus JWT": (HELLO, BOGUS, forged), "bogus revoked": (REVOKE, REVOKED, forged)}
            for name, (path, script, shown) in bogus.items():
                file_name = os.path.join(folder, name.replace(" ", "-") + ".lua")
                with open(file_name, "w", encoding="ascii") as file:
                    file.write(script.replace("SHOWN", shown))
                bogus[name] = (path, ["-s", file_name])
            bearer = lambda secret: ["-H", "Authorization: Bearer " + secret]
            cases = {"anonymous": (HELLO, []), "bearer": (HELLO, bearer(session)),
                     "cookie": (HELLO, ["-H", "Cookie: socle_session=" + session]), "API key": (HELLO, bearer(key)),
                     "JWT": (HELLO, bearer(token)), "built-in role": (ROLES, bearer(built_in)), "own role": (ROLES, bearer(own)),
                     **bogus}  # last: they use up what their address may present anew
            got = {name: [] for name in cases}
            for round_ in range(ROUNDS + 1):  # the first warms up
                for name, case in cases.items():
                    rate, cpu, refused = measure(kernel, *case)
                    if refused != (name in bogus):
                        raise AssertionError("%s: %s" % (name, "refused" if refused else "not refused"))
                    if round_:
                        got[name].append((rate, cpu))
    base = statistics.median(cpu for _, cpu in got["anonymous"])
    for name, rows in got.items():
        rate, cpu = (statistics.median(column) for column in zip(*rows))
        print("auth_bench %-13s %8.0f requests/s (deviation %.0f), %.2f us CPU a request, %.2f of anonymous (%d rounds of %d s, "
              "%d connections)" % (name, rate, statistics.pstdev(r for r, _ in rows), cpu, cpu / base, ROUNDS, SECONDS, CONNECTIONS))


if __name__ == "__main__":
    main()
