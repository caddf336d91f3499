"""system.audit: the audit trail of a running kernel: what people and operators do is in it, each tenant sees its own,
kill -9 at random moments loses no acknowledged event, a flipped byte anywhere is found and located, an erased tenant's
content is gone and the chain holds. SOCLE_FULL=1: 100 kills; else 8. A few lines beyond 400, because all of them read one trail."""

import collections
import glob
import json
import os
import random
import re
import subprocess
import threading
import time

from auth import totp
from harness import FULL, SOCLE, Refused, SystemTest, main, plugin, wait_for
from page_examples import blocks, run, text_of

RESIDENT = ("[libsimdjson.so.14, libssl.so.3, libcrypto.so.3, librocksdb.so.7.8, libyaml-cpp.so.0.7, libre2.so.9, "
            "libpcre2-8.so.0, libargon2.so.1]")
PASSWORD = "a long and quiet sentence"
KILLS = 100 if FULL else 8
FLIPS = 400 if FULL else 60


def manifest(config="", more=""):
    entries = {"storage-rocksdb": "home: kernel, config: {audit: true}",
               "audit": 'home: kernel, grants: ["call:storage/1", "act-as:tenants"], config: {%s}' % config,
               "gateway": 'home: kernel, listen: [http, ops], grants: [ingress, catalog, "call:audit/1"]',
               "models": 'home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", '
                         '"call:auth/1", "act-as:tenants"]',
               "rules": 'home: kernel, grants: ["call:models/1"]',
               "notes": 'home: kernel, grants: ["call:storage/1"]',
               "auth": 'home: kernel, grants: ["call:storage/1", "call:auth/1", "call:models/1", "call:tenants/1", '
                       '"call:audit/1", "act-as:tenants", "subscribe:models.published"], config: {password_memory: 8MiB}'}
    lines = ["socle: 1", "data: data", "listeners:",
             '  http: {address: "127.0.0.1:0", tenant: demo, principal: nobody}', '  ops: {address: "127.0.0.1:0"}',
             "resident: " + RESIDENT, "tenants: {demo: {}, other: {}}", more, "plugins:"]
    lines += ["  - {path: %s, %s}" % (plugin(name), entry) for name, entry in entries.items()]
    return "\n".join(lines) + "\n"


def verify(folder, *flags):
    done = subprocess.run([SOCLE, "audit", "verify", folder, "--json", *flags], capture_output=True, timeout=60,
                          check=False)
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


class AuditTest(SystemTest):
    def start(self, config="", more=""):
        self.node = self.kernel(manifest=manifest(config, more)).start()
        self.trail = os.path.join(self.node.data, "audit")
        return self.node

    def ask(self, method, path, body=None, headers=None, status=None):
        found, fields, text = self.node.request(method, path, body, headers)
        if status is not None:
            self.assertEqual(found, status, (method, path, text))
        return found, (json.loads(text) if text else None), fields

    def operator(self, tenant="demo"):
        return {"Authorization": "Bearer " + self.node.token(tenant)}

    def entries(self, tenant="demo", **question):
        """All pages of a tenant's trail, newest first."""
        out, cursor, admin = [], "", self.operator(tenant)
        query = "".join("&%s=%s" % pair for pair in question.items())
        while True:
            _, page, _ = self.ask("GET", "/v1/audit?limit=50" + query + cursor, headers=admin, status=200)
            out += page["items"]
            if page["next"] is None:
                return out
            cursor = "&cursor=" + page["next"]

    def good(self):
        code, report, error = verify(self.trail)
        self.assertEqual((code, report["ok"]), (0, True), (report, error))
        return report


class Events(AuditTest):
    def test_a_write_is_in_the_trail_with_who_what_and_when(self):
        self.start()
        _, note, fields = self.ask("POST", "/v1/notes", {"title": "First", "text": "very secret words"}, status=201)
        trace = fields["traceparent"].split("-")[1]
        [created] = self.entries(trace=trace, operation="storage.create")
        self.assertEqual((created["tenant"], created["principal"], created["operation"], created["change"],
                          created["version"], created["status"]), ("demo", "nobody", "storage.create", "create", 1, "ok"))
        self.assertTrue(created["target"].endswith("/" + note["id"]), created)
        self.assertRegex(created["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.ask("DELETE", "/v1/notes/" + note["id"], status=204)
        gone, again = self.entries(target=created["target"])
        self.assertEqual(again, created)
        self.assertEqual((gone["operation"], gone["before"]), ("storage.delete", created["after"]))
        self.assertNotIn("after", gone)
        self.good()
        for name in os.listdir(os.path.join(self.trail, "segments")):
            with open(os.path.join(self.trail, "segments", name), "rb") as file:
                self.assertNotIn(b"very secret words", file.read())

    def test_what_failed_leaves_no_entry_of_a_write(self):
        self.start()
        found, problem, _ = self.ask("POST", "/v1/notes", {"title": 1})
        self.assertGreaterEqual(found, 400, problem)
        self.assertEqual([each for each in self.entries() if each["target"].startswith("notes")], [])

    def test_sign_ins_refused_ones_and_denials_are_entries(self):
        self.start()
        admin = self.operator()
        _, made, _ = self.ask("POST", "/v1/auth/users", {"username": "ada", "roles": ["viewer"]}, admin, 201)
        link = re.search(r"[^/]*$", made["password_link"]).group(0)
        elsewhere = {"Cookie": "socle_session=" + admin["Authorization"].split()[1], "Sec-Fetch-Site": "cross-site"}
        for fields in ({}, elsewhere):  # the link stays good
            self.ask("POST", "/v1/auth/links/" + link, {"join": True}, fields, 403)
        self.ask("POST", "/v1/auth/links/" + link, {"password": PASSWORD}, status=200)
        self.ask("POST", "/v1/auth/login", {"username": "ada", "password": "wrong horse"}, status=401)
        self.ask("POST", "/v1/auth/login", {"username": "my-own-Passw0rd", "password": "oops"}, status=401)
        _, got, fields = self.ask("POST", "/v1/auth/login", {"username": "ada", "password": PASSWORD}, status=200)
        logins = self.entries(operation="auth.login")
        self.assertEqual([each["status"] for each in logins], ["ok", "bad_login", "bad_login"])
        user = got["user"]["id"]
        self.assertEqual([each["target"] for each in logins], ["users/" + user, "users/unknown", "users/" + user])
        self.assertEqual(logins[0]["trace"], fields["traceparent"].split("-")[1])
        ada = {"Authorization": "Bearer " + got["access_token"]}
        _, problem, fields = self.ask("GET", "/v1/audit", headers=ada, status=403)
        denied, *of_link = self.entries(operation="access.denied")
        self.assertEqual([(each["target"], each["status"]) for each in of_link],
                         [("POST /v1/auth/links/{link}", "cross_site_request"),
                          ("POST /v1/auth/links/{link}", "session_required")])
        self.assertEqual((denied["principal"], denied["target"], denied["status"]),
                         (user, "GET /v1/audit", problem["code"]))
        self.assertEqual(denied["trace"], fields["traceparent"].split("-")[1])
        everything = json.dumps(self.entries())
        for secret in (PASSWORD, "wrong horse", "my-own-Passw0rd", "oops", got["access_token"], link):
            self.assertNotIn(secret, everything)

    def test_wrong_second_factors_and_refresh_tokens_are_entries(self):
        self.start()
        _, made, _ = self.ask("POST", "/v1/auth/users", {"username": "ada", "roles": ["viewer"]}, self.operator(), 201)
        link = re.search(r"[^/]*$", made["password_link"]).group(0)
        self.ask("POST", "/v1/auth/links/" + link, {"password": PASSWORD}, status=200)
        login = {"username": "ada", "password": PASSWORD}
        _, got, _ = self.ask("POST", "/v1/auth/login", login, status=200)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        use = lambda: self.node.request("POST", "/v1/auth/token", "grant_type=refresh_token&refresh_token=" + got["refresh_token"], form)
        self.assertEqual([use()[0], use()[0], use()[0]], [200, 400, 400])
        _, got, _ = self.ask("POST", "/v1/auth/login", login, status=200)
        ada = {"Authorization": "Bearer " + got["access_token"]}
        _, begun, _ = self.ask("POST", "/v1/auth/totp", {"password": PASSWORD}, ada, 200)
        code = totp(begun["secret"], time.time())
        self.ask("POST", "/v1/auth/totp/confirm", {"password": PASSWORD, "code": code}, ada, 200)
        self.ask("POST", "/v1/auth/login", login, status=401)
        self.ask("POST", "/v1/auth/login", dict(login, code=code), status=401)  # counts once
        user = "users/" + got["user"]["id"]
        found = [(e["operation"], e["status"]) for e in self.entries(target=user) if e["operation"].startswith("auth.")]
        self.assertEqual(found, [("auth.login", "bad_code"), ("auth.login", "second_factor_required"), ("auth.login", "ok"),
                                 ("auth.refresh", "invalid_grant"), ("auth.refresh", "refresh_token_reused"),
                                 ("auth.login", "ok")])

    def test_clients_and_a_suspended_users_key_are_entries(self):
        self.start()
        admin = self.operator()
        _, made, _ = self.ask("POST", "/v1/auth/users", {"username": "ada", "roles": ["admin"]}, admin, 201)
        link = re.search(r"[^/]*$", made["password_link"]).group(0)
        self.ask("POST", "/v1/auth/links/" + link, {"password": PASSWORD}, status=200)
        _, got, _ = self.ask("POST", "/v1/auth/login", {"username": "ada", "password": PASSWORD}, status=200)
        ada = {"Authorization": "Bearer " + got["access_token"]}
        _, made, _ = self.ask("POST", "/v1/auth/keys", {"name": "robot", "scopes": ["users:read"]}, ada, 201)
        kid, secret, user = made["key"]["id"], made["secret"], got["user"]["id"]
        key = {"Authorization": "Bearer " + secret}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        wrong = secret[:-9] + ("A" if secret[-9] != "A" else "B") + secret[-8:]

        def client(shown):
            status, fields, _ = self.node.request(
                "POST", "/v1/auth/token", "grant_type=client_credentials&client_id=%s&client_secret=%s" % (kid, shown), form)
            return status, fields["traceparent"].split("-")[1]

        asked = [client(secret), client(wrong)]
        self.ask("GET", "/v1/auth/users", headers=key, status=200)
        self.ask("PATCH", "/v1/auth/users/" + user, {"state": "suspended"}, admin, 200)
        _, problem, fields = self.ask("GET", "/v1/auth/users", headers=key, status=403)
        self.assertEqual(problem["code"], "user_suspended")
        asked.append(client(secret))
        self.assertEqual([status for status, _ in asked], [200, 401, 401])
        told = [(each["target"], each["status"], each["trace"]) for each in reversed(self.entries(operation="auth.token"))]
        wanted = [("keys/" + kid, "ok", asked[0][1]), ("keys/" + kid, "user_suspended", asked[2][1])]  # a wrong one is counted only
        self.assertEqual(told, wanted)
        [denied] = self.entries(operation="access.denied", target="GET%20/v1/auth/users")
        self.assertEqual((denied["principal"], denied["status"], denied["trace"]),
                         (user, "user_suspended", fields["traceparent"].split("-")[1]))
        everything = json.dumps(self.entries())
        for word in (secret, wrong):
            self.assertNotIn(word, everything)

    def test_what_the_gateway_and_a_service_deny_is_an_entry_before_the_answer(self):
        self.start()
        self.ask("POST", "/v1/auth/users", {"username": "eve", "roles": ["owner"]}, status=403)
        self.ask("GET", "/v1/notes", headers={"X-Tenant-ID": "other", **self.operator()}, status=403)
        found = [(each["principal"] == "nobody", each["target"], each["status"])
                 for each in self.entries(operation="access.denied")]
        self.assertEqual(found, [(False, "GET /v1/notes", "tenant_mismatch"),
                                 (True, "POST /v1/auth/users", "role_above_own")])
        self.assertEqual(self.entries("other", operation="access.denied"), [])

    def test_operators_work_and_model_publishes_are_entries(self):
        self.start()
        self.node.swap("notes", plugin("notes"))
        self.node.command("tenant", "set", "demo", "rate=1000")
        with self.assertRaises(Refused):
            self.node.command("plugin", "unload", "storage-rocksdb")
        ruleset = {"rules": "limit", "input": {"type": "object"}, "output": {"limit": "1"}}
        admin = self.operator()
        self.ask("PUT", "/v1/models/rules/limit", ruleset, admin, 200)
        self.ask("POST", "/v1/models/rules/limit/publish", {}, admin, 200)
        [published] = [each for each in self.entries() if each["operation"] == "models.publish"][:1]
        self.assertEqual(published["target"], "models/rules/limit")
        [changed] = self.entries(operation="tenant.set")
        self.assertEqual((changed["principal"], changed["target"], changed["status"]), ("operator", "tenants/demo", "ok"))
        self.assertEqual(self.entries("other", operation="tenant.set"), [])
        own = subprocess.run([SOCLE, "audit", "tail", self.trail, "--tenant", "", "--json"], capture_output=True,
                             check=True, timeout=60)
        own = [(e["entry"]["operation"], e["entry"]["target"], e["entry"]["status"])
               for e in json.loads(own.stdout)["items"]]
        self.assertEqual(own, [("plugin.swap", "plugins/notes", "ok"), ("plugin.unload", "plugins/storage-rocksdb", "begun"),
                               ("plugin.unload", "plugins/storage-rocksdb", "refused")])

    def test_a_tenant_sees_its_own_entries_only(self):
        self.start()
        self.ask("POST", "/v1/notes", {"title": "Mine", "text": "x"}, status=201)
        self.ask("POST", "/v1/notes", {"title": "Theirs", "text": "x"}, self.operator("other"), status=201)
        for tenant in ("demo", "other"):
            found = self.entries(tenant)
            self.assertEqual({each["tenant"] for each in found}, {tenant})
            self.assertEqual(len([each for each in found if each["target"].startswith("notes")
                                  and each["operation"] == "storage.create"]), 1)

    def test_an_erased_tenant_is_gone_from_the_trail_and_the_chain_holds(self):
        self.start()
        self.ask("POST", "/v1/notes", {"title": "Theirs", "text": "x"}, self.operator("other"), status=201)
        self.assertTrue(self.entries("other"))
        before = self.good()["last"]
        self.node.command("tenant", "create", "third")
        self.ask("POST", "/v1/notes", {"title": "Third", "text": "x"}, self.operator("third"), status=201)
        self.assertGreater(len(self.entries("third")), 1)
        self.node.command("tenant", "delete", "third")
        report = self.good()
        self.assertGreater(report["erased"], 1)
        self.assertGreater(report["last"], before)
        tail = subprocess.run([SOCLE, "audit", "tail", self.trail, "--tenant", "third", "--json"], capture_output=True,
                              check=True, timeout=60)
        self.assertEqual([e["entry"]["operation"] for e in json.loads(tail.stdout)["items"]], ["audit.erase"])
        self.assertTrue(self.entries("other"))


class Page(AuditTest):
    def test_the_commands_of_the_page_read_and_verify(self):
        self.start()
        self.ask("POST", "/v1/notes", {"title": "First"}, status=201)
        read, commands = blocks("audit.md", "sh")
        names = {"S": "http://127.0.0.1:%d" % self.node.port, "TOKEN": self.operator()["Authorization"].split()[1]}
        page = json.loads(run(self.node, read, **names))
        self.assertEqual({"items", "next"}, set(page))
        named = re.sub(r"\(.*?\)", "", re.search(r"\nAn entry: (.*?); a write adds", text_of("audit.md"), re.S)[1], flags=re.S)
        self.assertGreaterEqual(set(page["items"][0]), set(re.findall(r"`(\w+)`", named)))
        lines = commands.splitlines()
        self.assertEqual(4, len(lines))
        said = [run(self.node, line) for line in lines]
        self.assertIn("storage.create", said[0])
        self.assertTrue(said[3].startswith("✓"), said[3])


class Trail(AuditTest):
    def write(self, stop, done, number, others=None):
        """Notes until told to stop; what was acknowledged, and `others`: the statuses of what was not."""
        count = 0
        while not stop.is_set():
            count += 1
            try:
                status, _, text = self.node.request("POST", "/v1/notes", {"title": "n%d-%d" % (number, count), "text": "x"})
            except (OSError, ValueError, Exception):  # the kernel was killed under it
                return
            if status == 201:
                done.append(json.loads(text)["id"])
            elif others is not None:
                others.append(status)

    def guess(self, stop, done):
        """Bad sign-ins until told to stop; the trace of each that was answered."""
        count = 0
        while not stop.is_set():
            count += 1
            try:
                status, fields, _ = self.node.request("POST", "/v1/auth/login",
                                                      {"username": "guess%d" % count, "password": "wrong horse"})
            except (OSError, ValueError, Exception):  # the kernel was killed under it
                return
            if status == 401:
                done.append(fields["traceparent"].split("-")[1])
            else:  # held back, which is no entry
                stop.wait(0.05)

    def test_kill_9_loses_no_acknowledged_event(self):
        self.start('segment: 64KiB')
        done, guessed = [], []
        for round_number in range(KILLS):
            stop = threading.Event()
            writers = [threading.Thread(target=self.write, args=(stop, done, i)) for i in range(4)]
            writers.append(threading.Thread(target=self.guess, args=(stop, guessed)))
            for writer in writers:
                writer.start()
            wait_for("writes", 60, lambda count=len(done), tried=len(guessed): len(done) > count + 20 and len(guessed) > tried)
            time.sleep(random.uniform(0, 0.3))
            self.node.kill()
            stop.set()
            for writer in writers:
                writer.join()
            code, report, error = verify(self.trail)
            self.assertEqual((code, report["ok"]), (0, True), (round_number, report, error))
            self.node.process.stdout.close()
            self.node.start()
        found = [each["target"].rsplit("/", 1)[1] for each in self.entries(operation="storage.create")
                 if each["target"].startswith("notes")]
        self.assertEqual(len(found), len(set(found)), "an event is there twice")
        self.assertEqual(set(done) - set(found), set(), "acknowledged, and not in the trail")
        refused = collections.Counter(each["trace"] for each in self.entries(operation="auth.login"))
        self.assertEqual({trace: refused[trace] for trace in guessed if refused[trace] != 1}, {},
                         "answered sign-ins without an entry, or with several")
        report = self.good()
        print("\naudit: %d kills, %d acknowledged notes, %d refused sign-ins, %d entries in %d segments" % (
            KILLS, len(done), len(guessed), report["last"], report["segments"]))

    def test_one_flipped_byte_anywhere_is_found_and_located(self):
        self.start('segment: 64KiB')
        stop, done = threading.Event(), []
        # So many that a slow disk, which takes what came meanwhile with one sync, has them written soon.
        writers = [threading.Thread(target=self.write, args=(stop, done, i)) for i in range(16)]
        for writer in writers:
            writer.start()
        wait_for("segments", 300, lambda: len(glob.glob(os.path.join(self.trail, "segments", "*"))) >= 6)  # the folder comes with the first
        stop.set()
        for writer in writers:
            writer.join()
        self.entries()
        self.node.terminate()
        self.good()
        tried = 0
        for folder, _, names in os.walk(self.trail):
            for name in names:
                path = os.path.join(folder, name)
                size = os.path.getsize(path)
                if size == 0:
                    continue
                random_places = [random.randrange(size) for _ in range(FLIPS // 6)]
                for at in set(list(range(0, min(size, 300), 17)) + [size - 1] + random_places):
                    with open(path, "r+b") as file:
                        file.seek(at)
                        byte = file.read(1)[0]
                        file.seek(at)
                        file.write(bytes([byte ^ 1 << random.randrange(8)]))
                    code, report, error = verify(self.trail)
                    with open(path, "r+b") as file:
                        file.seek(at)
                        file.write(bytes([byte]))
                    tried += 1
                    self.assertEqual((code, report["ok"]), (1, False), (path, at))
                    finding = report["finding"]
                    self.assertIn(finding["file"], error)
                    if not name.startswith("key"):
                        self.assertEqual(os.path.join(self.trail, finding["file"]), path, finding)
                    if name.endswith(".log"):
                        self.assertTrue(finding["offset"] <= at, (finding, at))
                        self.assertGreater(finding["sequence"], 0)
        self.good()
        print("\naudit: %d bytes flipped, each found in its file" % tried)

    def test_swaps_and_restarts_lose_nothing(self):
        self.start(more="swap: {pause: 5s}")  # else a store whose disk is slow is swapped in none of its writes
        stop, done, others = threading.Event(), [], []
        writers = [threading.Thread(target=self.write, args=(stop, done, i, others)) for i in range(2)]
        for writer in writers:
            writer.start()
        for name in ("audit", "storage-rocksdb", "audit"):
            wait_for("writes before the swap", 60, lambda wanted=len(done) + 4: len(done) >= wanted)
            self.node.swap(name, plugin(name))
        stop.set()
        for writer in writers:
            writer.join()
        self.assertEqual(self.node.terminate(), 0)
        self.node.process.stdout.close()
        self.node.start()
        found = [each["target"].rsplit("/", 1)[1] for each in self.entries(operation="storage.create")
                 if each["target"].startswith("notes")]
        # A write that the disk kept past its deadline is answered 504, and may have been done.
        self.assertEqual(set(others) - {504}, set())
        self.assertEqual(set(done) - set(found), set(), "acknowledged, and not in the trail")
        self.assertLessEqual(len(found), len(done) + len(others), "more events than writes")
        self.good()


if __name__ == "__main__":
    main()
