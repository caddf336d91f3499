"""tests/bench/auth/stored_sessions.py: what SESSIONS (1000000) stored sessions of USERS (10000) people in one tenant cost:
memory of the kernel, which remembers 16,384 a worker; its CPU while nobody asks, as there is no timer; a request whose
session the worker does not know, beside one that it knows; and a sign-in that removes 32 of those that have ended, beside
one where none have. The sessions are written past auth, as storage/1 keeps them. Kernel on core 0 with one worker, wrk on
core 1. Settings: SESSIONS, USERS, ROUNDS (5), SECONDS_EACH (2), CONNECTIONS (64), SOCLE_BUILD."""

import base64
import datetime
import hashlib
import http.client
import json
import os
import random
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../system"))
from auth import GRANTS, RESIDENT  # noqa: E402
from harness import Kernel, plugin  # noqa: E402
from run import HELLO, ROUNDS, cpu_seconds, measure  # noqa: E402
from services import caller_plugin  # noqa: E402

SESSIONS = int(os.environ.get("SESSIONS", "1000000"))
USERS = int(os.environ.get("USERS", "10000"))
ENDED = 50000  # of them
SIGN_INS = 1000
BATCH = 1000
MANIFEST = """socle: 1
data: data
workers: 1
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
tenants: {acme: {}, other: {}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {cold_burst: 1000000}, %s}
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, grants: ["call:storage/1", "subscribe:models.published"]}
"""
SHOWN = """local secrets, n = {}, 0
for line in io.lines("%s") do secrets[#secrets + 1] = line end
request = function() n = n %% #secrets + 1
  return wrk.format("GET", nil, {["Authorization"] = "Bearer " .. secrets[n]}) end"""


def moment(hours):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def secret_of(number):
    """Of no worth to anybody: the bench's own."""
    text = base64.urlsafe_b64encode(hashlib.sha256(b"session %d" % number).digest()).rstrip(b"=").decode()
    return "ss_acme_" + text


def digest_of(secret):
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()


def write(connection, token, operations):
    text = json.dumps({"operations": operations, "durability": "async"}, separators=(",", ":"))
    body = json.dumps({"service": "storage/1", "method": "write", "text": text, "meta": {}})
    connection.request("POST", "/v1/call", body, {"Content-Type": "application/json", "Authorization": "Bearer " + token})
    told = connection.getresponse().read().decode()
    if not told.startswith("code \n"):
        raise AssertionError(told[:400])


def fill(kernel, token):
    connection = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=120)
    now, over = moment(0), moment(-1)
    end, limit = moment(8), moment(10)
    person = lambda n: {"op": "put", "collection": "auth.users", "id": "user-%d" % n,
                        "doc": {"username": "user-%d" % n, "name": "", "state": "active", "roles": ["viewer"], "created_at": now}}
    session = lambda n: {"op": "put", "collection": "auth.sessions", "id": digest_of(secret_of(n)),
                         "doc": {"user": "user-%d" % (n % USERS), "began_at": over, "seen_at": over,
                                 "ends_at": over if n < ENDED else end, "limit_at": limit, "peer": "127.0.0.1",
                                 "agent": "Mozilla/5.0 (X11; Linux x86_64)", "means": ["pwd"]}}
    for count, make in ((USERS, person), (SESSIONS, session)):
        for first in range(0, count, BATCH):
            write(connection, token, [make(n) for n in range(first, min(first + BATCH, count))])
    connection.close()


def sign_ins(kernel, tenant):
    """Microseconds of CPU of one."""
    before = cpu_seconds(kernel.pid)
    for _ in range(SIGN_INS):
        kernel.command("tenant", "token", tenant)
    return (cpu_seconds(kernel.pid) - before) / SIGN_INS * 1e6


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder:
        caller = caller_plugin(folder, ["storage/1"])
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth")]
        resident = RESIDENT.replace("]", ", libargon2.so.1]")
        with Kernel(folder, manifest=MANIFEST % (resident, *paths, GRANTS, plugin("hello"), caller)) as kernel:
            os.sched_setaffinity(0, {1})
            for thread in os.listdir("/proc/%d/task" % kernel.pid):
                os.sched_setaffinity(int(thread), {0})
            token = kernel.command("tenant", "token", "acme")["token"]
            kernel.command("tenant", "token", "other")
            empty, begun = kernel.usage()["rss"], time.monotonic()
            fill(kernel, token)
            took = time.monotonic() - begun
            stored, cpu = kernel.usage()["rss"], cpu_seconds(kernel.pid)
            time.sleep(5)  # what is measured is that nothing happens
            idle = (cpu_seconds(kernel.pid) - cpu) / 5
            shown = os.path.join(folder, "secrets")
            numbers = random.Random(1).sample(range(ENDED, SESSIONS), min(200000, SESSIONS - ENDED))
            with open(shown, "w", encoding="ascii") as file:
                file.writelines(secret_of(n) + "\n" for n in numbers)
            script = os.path.join(folder, "shown.lua")
            with open(script, "w", encoding="ascii") as file:
                file.write(SHOWN % shown)
            known = ["-H", "Authorization: Bearer " + secret_of(numbers[0])]
            got = {"known": [], "cold": []}
            for round_ in range(ROUNDS + 1):  # the first warms up
                for name, arguments in (("known", known), ("cold", ["-s", script])):
                    rate, cost, refused = measure(kernel, HELLO, arguments)
                    if refused:
                        raise AssertionError(name + ": refused")
                    if round_:
                        got[name].append((rate, cost))
            asked = kernel.usage()["rss"]
            none, some = sign_ins(kernel, "other"), sign_ins(kernel, "acme")
    mib = lambda size: size / 2**20
    print("stored_sessions %d of %d people, written in %.0f s: RSS %.0f MiB before, %.0f after, %.0f when asked for; %.2f%% CPU idle" % (
        SESSIONS, USERS, took, mib(empty), mib(stored), mib(asked), idle * 100))
    for name, rows in got.items():
        rate, cost = (statistics.median(column) for column in zip(*rows))
        print("stored_sessions %-6s %8.0f requests/s (deviation %.0f), %.2f us CPU a request (%d rounds)" % (
            name, rate, statistics.pstdev(r for r, _ in rows), cost, ROUNDS))
    print("stored_sessions a session begun: %.0f us CPU, %.0f where it removes 32 that have ended (%d each)" % (none, some, SIGN_INS))


if __name__ == "__main__":
    main()
