"""system.auth: users, sessions and keys of a whole kernel over HTTP, with several workers and a real store: what an
operator invites signs in, what is revoked is refused on every worker at once, what a browser is made to send is not
believed, who guesses is held back, and swaps, suspensions and kills change none of it."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import struct
import threading
import time

from harness import BUILD, RESIDENT, Kernel, Refused, SystemTest, copy_plugin, main, plugin, wait_for
from page_examples import blocks, like, run, text_of

AUTH = "password_memory: 8MiB, password_passes: 1, login_attempts: 5, public_url: \"http://socle.test\""
PASSWORD = "tr0ub4dor&3"
FORM = "application/x-www-form-urlencoded"
GRANTS = 'grants: ["call:storage/1", "call:auth/1", "call:models/1", "call:tenants/1", "call:audit/1", "act-as:tenants", "subscribe:models.published"]'


def manifest(config=AUTH, http='address: "127.0.0.1:0"', more=""):
    return """socle: 1
data: data
listeners:
  http: {%s}
  ops: {address: "127.0.0.1:0"}
resident: %s
plans: {free: {sessions.ttl: 15min}, short: {sessions.ttl: 6s}}
tenants: {acme: {plan: free}, other: {plan: free}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {%s}, %s}
  - {path: %s, home: kernel, grants: ["call:storage/1"]}
  - {path: %s, home: kernel}
%s""" % (http, RESIDENT.replace("]", ", libargon2.so.1]"), plugin("storage-rocksdb"), plugin("gateway"), plugin("auth"), config,
         GRANTS, plugin("notes"), plugin("hello"), more)


def totp(secret, at):
    mac = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


class Auth(SystemTest):
    def kernel(self, **options):
        kernel = Kernel(self.folder, manifest=manifest(**options))
        self.addCleanup(kernel.__exit__)
        kernel.start("--workers", "3")
        return kernel

    def ask(self, kernel, method, path, body=None, token=None, cookie=None, connection=None, **headers):
        """(status, headers, JSON or text); `token` as bearer, `cookie` as a browser would."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            fields["Authorization"] = "Bearer " + token
        if cookie is not None:
            fields["Cookie"] = "socle_session=" + cookie
        text = None
        if body is not None:
            text = body if isinstance(body, str) else json.dumps(body)
            fields.setdefault("Content-Type", "application/json")
        own = connection or http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60)
        try:
            own.request(method, path, text, fields)
            answer = own.getresponse()
            content = answer.read().decode()
            found = {k.lower(): v for k, v in answer.getheaders()}
        finally:
            if connection is None:
                own.close()
        try:
            return answer.status, found, json.loads(content)
        except ValueError:
            return answer.status, found, content

    def outcome(self, kernel, method, path, *rest, **options):
        status, _, answer = self.ask(kernel, method, path, *rest, **options)
        return status, answer.get("code", "") if isinstance(answer, dict) else ""

    def come_in(self, kernel, tenant="acme", name="admin", link=None, password=PASSWORD):
        """The secret of a session of somebody who has just used an invitation."""
        if link is None:
            link = self.invited(kernel, tenant)
        path = link[len("http://socle.test"):]
        self.assertEqual(200, self.ask(kernel, "POST", path, {"password": password})[0])
        return self.login(kernel, tenant, name, password)

    def invited(self, kernel, tenant):
        """Tenants of the system file have no administrator yet: one made by the operator's own user."""
        operator = kernel.token(tenant)
        status, _, made = self.ask(kernel, "POST", "/v1/auth/users", {"username": "admin", "roles": ["admin"]}, token=operator)
        self.assertEqual(201, status, made)
        return made["password_link"]

    def login(self, kernel, tenant="acme", name="admin", password=PASSWORD, **options):
        """The secret of a new session. The first of a tenant makes collections and keys, for which a slow disk may need longer
        than a request has: then again."""
        def outcome():
            found = self.ask(kernel, "POST", "/v1/auth/login", {"tenant": tenant, "username": name, "password": password}, **options)
            return found if found[0] != 504 else None
        status, headers, answer = wait_for("an answer to the sign-in", 60, outcome)
        self.assertEqual(200, status, answer)
        cookie = headers["set-cookie"]
        self.assertTrue(cookie.startswith("socle_session=ss_%s_" % tenant), cookie)
        return cookie.split(";")[0].split("=", 1)[1]

    def hire(self, kernel, admin, name, role="member"):
        status, _, made = self.ask(kernel, "POST", "/v1/auth/users", {"username": name, "roles": [role]}, token=admin)
        self.assertEqual(201, status, made)
        return made["user"]["id"], self.come_in(kernel, "acme", name, made["password_link"])

    def connections(self, kernel, count=12):
        """Kept open, so that all workers have some."""
        out = [http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60) for _ in range(count)]
        for c in out:
            self.addCleanup(c.close)
        return out

    def test_a_created_tenants_administrator_comes_in_by_the_link_and_does_the_tenants_work(self):
        kernel = self.kernel()
        made = kernel.command("tenant", "create", "fresh", "--plan", "free")
        self.assertEqual(("fresh", "admin"), (made["tenant"], made["username"]))
        path = made["password_link"][len("http://socle.test"):]
        self.assertEqual({"tenant": "fresh", "username": "admin", "purpose": "invitation"}, self.ask(kernel, "GET", path)[2])
        self.assertEqual((422, "invalid_request"), self.outcome(kernel, "POST", path, {"password": "password1"}))
        self.assertEqual(200, self.ask(kernel, "POST", path, {"password": PASSWORD})[0])
        self.assertEqual((404, "link_over"), self.outcome(kernel, "POST", path, {"password": PASSWORD}))
        status, headers, answer = self.ask(kernel, "POST", "/v1/auth/login",
                                           {"tenant": "fresh", "username": "admin", "password": PASSWORD})
        self.assertEqual((200, "admin", ["admin"]), (status, answer["user"]["username"], answer["roles"]))
        self.assertIn("; HttpOnly; SameSite=Lax", headers["set-cookie"])
        self.assertEqual("no-store", headers["cache-control"])
        session = headers["set-cookie"].split(";")[0].split("=", 1)[1]
        status, _, told = self.ask(kernel, "GET", "/v1/auth/session", cookie=session)
        self.assertEqual((200, "fresh", "admin"), (status, told["tenant"], told["user"]["username"]))
        status, headers, _ = self.ask(kernel, "POST", "/v1/notes", {"title": "mine", "text": "t"}, cookie=session)
        self.assertEqual(201, status)
        self.assertEqual(1, len(self.ask(kernel, "GET", "/v1/notes", cookie=session)[2]["items"]))
        admin = self.come_in(kernel)
        self.assertEqual([], self.ask(kernel, "GET", "/v1/notes", cookie=admin)[2]["items"])
        self.assertEqual(404, self.ask(kernel, "GET", headers["location"], cookie=admin)[0])
        self.assertEqual((403, "tenant_mismatch"),
                         self.outcome(kernel, "GET", "/v1/notes", cookie=admin, X_Tenant_ID="fresh"))
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/notes", cookie=admin, X_Tenant_ID="acme")[0])

    def test_every_declared_route_refuses_who_shows_nothing_or_nonsense(self):
        kernel = self.kernel()
        stale = "ss_acme_" + "A" * 43
        routes = [("GET", "/v1/usage"), ("GET", "/v1/auth/session"), ("POST", "/v1/auth/logout"), ("GET", "/v1/auth/sessions"),
                  ("DELETE", "/v1/auth/sessions"), ("DELETE", "/v1/auth/sessions/x"), ("POST", "/v1/auth/password"),
                  ("POST", "/v1/auth/totp"), ("GET", "/v1/auth/users"), ("POST", "/v1/auth/users"), ("GET", "/v1/auth/users/x"),
                  ("PATCH", "/v1/auth/users/x"), ("DELETE", "/v1/auth/users/x"), ("GET", "/v1/auth/keys"),
                  ("POST", "/v1/auth/keys"), ("DELETE", "/v1/auth/keys/x")]
        for method, path in routes:
            with self.subTest(method + " " + path):
                status, headers, problem = self.ask(kernel, method, path)
                self.assertEqual((401, "unauthenticated", "Bearer"),
                                 (status, problem["code"], headers["www-authenticate"]))
                status, headers, problem = self.ask(kernel, method, path, token=stale)
                self.assertEqual((401, "bad_credential", 'Bearer error="invalid_token"'),
                                 (status, problem["code"], headers["www-authenticate"]))
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/hello/Ada")[0])
        self.assertEqual((401, "bad_credential"), self.outcome(kernel, "GET", "/v1/hello/Ada", token=stale))

    def test_what_is_revoked_is_refused_by_every_worker_when_the_answer_comes(self):
        kernel = self.kernel()
        admin = self.come_in(kernel)
        connections = self.connections(kernel)
        user, _ = self.hire(kernel, admin, "ann")

        def everywhere(token):
            return {self.outcome(kernel, "GET", "/v1/auth/session", token=token, connection=c) for c in connections}

        def with_session(revoke, code="session_revoked"):
            session = self.login(kernel, name="ann")
            self.assertEqual({(200, "")}, everywhere(session))
            revoke(session)
            self.assertEqual({(401, code)}, everywhere(session))

        def sign_out(session):
            status, headers, _ = self.ask(kernel, "POST", "/v1/auth/logout", cookie=session)
            self.assertEqual(204, status)
            self.assertIn("Max-Age=0", headers["set-cookie"])

        def end_by_id(session):
            listed = self.ask(kernel, "GET", "/v1/auth/sessions", token=session)[2]["items"]
            own = [s["id"] for s in listed if s["current"]]
            self.assertEqual(204, self.ask(kernel, "DELETE", "/v1/auth/sessions/" + own[0], token=session)[0])

        def by(method, path, body=None):
            return lambda session: self.assertLess(self.ask(kernel, method, path, body, token=admin)[0], 300)

        with_session(sign_out)
        with_session(end_by_id)
        with_session(by("DELETE", "/v1/auth/users/%s/sessions" % user))
        with_session(by("PATCH", "/v1/auth/users/" + user, {"roles": ["viewer"]}))
        with_session(by("PATCH", "/v1/auth/users/" + user, {"state": "suspended"}))
        self.assertEqual((403, "user_suspended"), self.outcome(
            kernel, "POST", "/v1/auth/login", {"tenant": "acme", "username": "ann", "password": PASSWORD}))
        by("PATCH", "/v1/auth/users/" + user, {"state": "active"})(None)
        with_session(by("DELETE", "/v1/auth/users/" + user))
        self.assertEqual({(200, "")}, everywhere(admin))

    def test_nothing_revoked_is_served_while_the_plugin_is_swapped(self):
        kernel = self.kernel()
        admin = self.come_in(kernel)
        user, _ = self.hire(kernel, admin, "ann")
        versions = [plugin("auth"), copy_plugin(self.folder, "auth")]
        stop, wrong = threading.Event(), []

        def use():
            own = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60)
            while not stop.is_set():
                got = self.outcome(kernel, "GET", "/v1/auth/session", token=admin, connection=own)
                if got != (200, ""):
                    wrong.append(got)
            own.close()

        threads = [threading.Thread(target=use) for _ in range(4)]
        for t in threads:
            t.start()
        try:
            for i in range(6):
                session = self.login(kernel, name="ann")
                connections = self.connections(kernel, 6)
                swap = threading.Thread(target=kernel.swap, args=("auth", versions[(i + 1) % 2]))
                swap.start()
                for c in connections:
                    self.assertEqual((200, ""), self.outcome(kernel, "GET", "/v1/auth/session", token=session, connection=c))
                self.assertEqual(200, self.ask(kernel, "DELETE", "/v1/auth/users/%s/sessions" % user, token=admin)[0])
                for c in connections:
                    self.assertEqual((401, "session_revoked"),
                                     self.outcome(kernel, "GET", "/v1/auth/session", token=session, connection=c))
                swap.join()
                for c in connections:
                    self.assertEqual((401, "session_revoked"),
                                     self.outcome(kernel, "GET", "/v1/auth/session", token=session, connection=c))
        finally:
            stop.set()
            for t in threads:
                t.join()
        self.assertEqual([], wrong)

    def test_a_browser_made_to_send_its_cookie_by_another_page_changes_nothing(self):
        kernel = self.kernel()
        session = self.come_in(kernel)
        here = "http://127.0.0.1:%d" % kernel.port
        note = {"title": "forged", "text": "t"}
        for forged in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil.test"},
                       {"Origin": "null"}, {"Origin": here + ".evil.test"}):
            with self.subTest(forged):
                self.assertEqual((403, "cross_site_request"),
                                 self.outcome(kernel, "POST", "/v1/notes", note, cookie=session, **forged))
        form = {"Content_Type": "text/plain"}
        self.assertEqual((403, "cross_site_request"),
                         self.outcome(kernel, "POST", "/v1/auth/logout", "x", cookie=session, **form))
        self.assertEqual([], self.ask(kernel, "GET", "/v1/notes", cookie=session)[2]["items"])
        for own in ({"Sec_Fetch_Site": "same-origin"}, {"Origin": here}, {}):
            self.assertEqual(201, self.ask(kernel, "POST", "/v1/notes", note, cookie=session, **own)[0])
        token = self.ask(kernel, "GET", "/v1/auth/session", cookie=session)[2]["csrf_token"]
        self.assertEqual((403, "cross_site_request"),
                         self.outcome(kernel, "POST", "/v1/auth/logout", "x", cookie=session, X_CSRF_Token="guess", **form))
        self.assertEqual(204, self.ask(kernel, "POST", "/v1/auth/logout", cookie=session, X_CSRF_Token=token)[0])
        self.assertEqual((403, "cross_site_request"), self.outcome(
            kernel, "POST", "/v1/auth/login", {"tenant": "acme", "username": "admin", "password": PASSWORD}, Origin="https://evil.test"))

    def test_a_planted_session_is_not_the_one_that_signs_in(self):
        kernel = self.kernel()
        self.come_in(kernel)
        attacker = self.login(kernel)
        for planted in (attacker, "ss_acme_" + "A" * 43, "anything; HttpOnly", "x" * 5000):
            session = self.login(kernel, cookie=planted)
            self.assertNotEqual(planted, session)
            self.assertEqual(401, self.ask(kernel, "GET", "/v1/auth/session", cookie=planted)[0])
            self.assertEqual(200, self.ask(kernel, "GET", "/v1/auth/session", cookie=session)[0])

    def test_guessing_is_held_back_and_costs_others_nothing(self):
        kernel = self.kernel()
        self.come_in(kernel)
        other = self.come_in(kernel, "other")
        body = {"tenant": "acme", "username": "admin", "password": "wrong password"}
        for _ in range(5):
            status, headers, problem = self.ask(kernel, "POST", "/v1/auth/login", body)
            self.assertEqual((401, "bad_login", "Bearer"), (status, problem["code"], headers["www-authenticate"]))
        body["password"] = PASSWORD
        status, headers, problem = self.ask(kernel, "POST", "/v1/auth/login", body)
        self.assertEqual((429, "too_many_attempts"), (status, problem["code"]))
        self.assertGreater(int(headers["retry-after"]), 0)
        unknown = [self.outcome(kernel, "POST", "/v1/auth/login", dict(body, username="nobody")) for _ in range(6)]
        self.assertEqual([(401, "bad_login")] * 5 + [(429, "too_many_attempts")], unknown)
        self.assertEqual((401, "bad_login"), self.outcome(kernel, "POST", "/v1/auth/login", dict(body, tenant="nowhere")))
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/auth/session", token=other)[0])
        self.login(kernel, "other")

    def flood(self, kernel, address, count):
        """So many sign-ins of invented users from another address, pipelined."""
        head = "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        with socket.create_connection(("127.0.0.1", kernel.port), 60, (address, 0)) as sender, sender.makefile("rb") as answers:
            for first in range(0, count, 100):
                texts = [json.dumps({"tenant": "acme", "username": "u%d" % i, "password": "x"}) for i in range(first, first + 100)]
                sender.sendall("".join(head % (len(text), text) for text in texts).encode())
                for _ in texts:
                    self.assertIn(answers.readline().split()[1], (b"401", b"429"))
                    fields = dict(line.lower().split(b": ", 1) for line in iter(answers.readline, b"\r\n"))
                    answers.read(int(fields[b"content-length"]))

    def test_a_flood_of_invented_users_from_elsewhere_gives_a_guesser_nothing_back(self):
        kernel = self.kernel(config=AUTH + ", login_refill: 24h")
        self.come_in(kernel)
        body = {"tenant": "acme", "username": "admin", "password": "wrong password"}
        guesses = [self.outcome(kernel, "POST", "/v1/auth/login", body) for _ in range(6)]
        self.assertEqual([(401, "bad_login")] * 5 + [(429, "too_many_attempts")], guesses)
        self.flood(kernel, "127.0.0.2", 33_500)  # twice that is more than are remembered
        self.assertEqual((429, "too_many_attempts"), self.outcome(kernel, "POST", "/v1/auth/login", body))

    def test_bogus_tokens_have_the_same_budget_wherever_they_are_shown(self):
        kernel = self.kernel(config=AUTH + ", cold_burst: 30, cold_refill: 1h")
        self.come_in(kernel)
        status, _, got = self.ask(kernel, "POST", "/v1/auth/login", {"tenant": "acme", "username": "admin", "password": PASSWORD})
        self.assertEqual(200, status, got)
        signed = got["access_token"].rpartition(".")[0]
        forged = lambda i: "%s.%085dA" % (signed, i)
        unknown = lambda i: "sr_acme_%s_%043d" % ("A" * 22, i)
        key = lambda i: "sk_acme_%s_%043d" % ("a" * 12, i)
        post = lambda path, text, c: self.outcome(kernel, "POST", path, text, connection=c, Content_Type=FORM)
        shown = {"bearer": lambda i, c: self.outcome(kernel, "GET", "/v1/usage", token=forged(i), connection=c),
                 "revoked": lambda i, c: post("/v1/auth/revoke", "token=" + forged(i), c),
                 "revoked refresh token": lambda i, c: post("/v1/auth/revoke", "token=" + unknown(i), c),
                 "refresh": lambda i, c: post("/v1/auth/token", "grant_type=refresh_token&refresh_token=" + unknown(i), c),
                 "client": lambda i, c: post("/v1/auth/token", "grant_type=client_credentials&client_id=%s&client_secret=%s"
                                             % ("a" * 12, key(i)), c),
                 "no client": lambda i, c: post("/v1/auth/token", "grant_type=client_credentials&client_id=x&client_secret=y", c)}
        for number, (name, show) in enumerate(shown.items()):
            with self.subTest(name):
                c = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60, source_address=("127.0.0.%d" % (2 + number), 0))
                self.addCleanup(c.close)
                answers = [show(i, c) for i in range(40)]
                self.assertEqual([(429, "too_many_credentials")] * 10, answers[30:])
                self.assertNotIn(429, [status for status, _ in answers[:30]])
                held = self.outcome(kernel, "GET", "/v1/usage", token=forged(99), connection=c)
                self.assertEqual((429, "too_many_credentials"), held)
        spent = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60, source_address=("127.0.0.2", 0))
        self.addCleanup(spent.close)
        good = "grant_type=refresh_token&refresh_token=" + got["refresh_token"]
        self.assertEqual((200, ""), post("/v1/auth/token", good, spent), "what is good costs nothing")

    def test_bogus_credentials_of_one_address_are_not_looked_up_without_end(self):
        kernel = self.kernel(config=AUTH + ", cold_burst: 30, cold_refill: 1h")
        admin = self.come_in(kernel)
        [known] = self.connections(kernel, 1)
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage", token=admin, connection=known)[0])
        answers = [self.outcome(kernel, "GET", "/v1/usage", token="ss_acme_" + "A" * 39 + "%04d" % i) for i in range(60)]
        self.assertEqual((401, "bad_credential"), answers[0])
        self.assertEqual((429, "too_many_credentials"), answers[-1])
        self.assertLessEqual(answers.count((401, "bad_credential")), 30)
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage", token=admin, connection=known)[0])

    def test_a_second_factor_is_asked_for_and_each_code_counts_once(self):
        kernel = self.kernel()
        session = self.come_in(kernel)
        secret = self.ask(kernel, "POST", "/v1/auth/totp", {"password": PASSWORD}, token=session)[2]["secret"]
        code = totp(secret, time.time())
        status, headers, confirmed = self.ask(kernel, "POST", "/v1/auth/totp/confirm", {"password": PASSWORD, "code": code},
                                              token=session)
        self.assertEqual((200, 10), (status, len(confirmed["recovery_codes"])))
        self.assertEqual((401, "session_revoked"), self.outcome(kernel, "GET", "/v1/usage", token=session))
        fresh = headers["set-cookie"].split(";")[0].split("=", 1)[1]
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage", token=fresh)[0])
        body = {"tenant": "acme", "username": "admin", "password": PASSWORD}
        self.assertEqual((401, "second_factor_required"), self.outcome(kernel, "POST", "/v1/auth/login", body))
        self.assertEqual((401, "bad_code"), self.outcome(kernel, "POST", "/v1/auth/login", dict(body, code=code)))
        spare = dict(body, code=confirmed["recovery_codes"][0])
        self.assertEqual(200, self.ask(kernel, "POST", "/v1/auth/login", spare)[0])
        self.assertEqual((401, "bad_code"), self.outcome(kernel, "POST", "/v1/auth/login", spare))

    def test_keys_open_what_they_name_and_end_at_once(self):
        kernel = self.kernel()
        admin = self.come_in(kernel)
        status, headers, made = self.ask(kernel, "POST", "/v1/auth/keys", {"name": "ci", "scopes": ["users:read"]}, token=admin)
        self.assertEqual(201, status, made)
        secret = made["secret"]
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/auth/users", token=secret)[0])
        self.assertEqual((403, "insufficient_scope"), self.outcome(kernel, "POST", "/v1/auth/users", {}, token=secret))
        self.assertEqual((403, "session_required"), self.outcome(kernel, "POST", "/v1/auth/keys", {}, token=secret))
        rotated = self.ask(kernel, "POST", headers["location"] + "/rotate", {}, token=admin)[2]["secret"]
        for c in self.connections(kernel):
            self.assertEqual((401, "bad_credential"), self.outcome(kernel, "GET", "/v1/auth/users", token=secret, connection=c))
            self.assertEqual(200, self.ask(kernel, "GET", "/v1/auth/users", token=rotated, connection=c)[0])
        self.assertEqual(204, self.ask(kernel, "DELETE", headers["location"], token=admin)[0])
        self.assertEqual((401, "bad_credential"), self.outcome(kernel, "GET", "/v1/auth/users", token=rotated))

    def test_ids_of_another_tenant_are_not_found(self):
        kernel = self.kernel()
        admin, other = self.come_in(kernel), self.come_in(kernel, "other")
        theirs = self.ask(kernel, "GET", "/v1/auth/users", token=other)[2]["items"][0]["id"]
        session = self.ask(kernel, "GET", "/v1/auth/sessions", token=other)[2]["items"][0]["id"]
        key = self.ask(kernel, "POST", "/v1/auth/keys", {"name": "k", "scopes": ["users:read"]}, token=other)[2]["key"]["id"]
        for method, path in (("GET", "/v1/auth/users/" + theirs), ("PATCH", "/v1/auth/users/" + theirs),
                             ("DELETE", "/v1/auth/users/" + theirs), ("POST", "/v1/auth/users/%s/password-link" % theirs),
                             ("GET", "/v1/auth/users/%s/sessions" % theirs), ("DELETE", "/v1/auth/users/%s/sessions" % theirs),
                             ("DELETE", "/v1/auth/sessions/" + session), ("DELETE", "/v1/auth/keys/" + key),
                             ("POST", "/v1/auth/keys/%s/rotate" % key)):
            with self.subTest(method + " " + path):
                self.assertEqual((404, "not_found"),
                                 self.outcome(kernel, method, path, {} if method in ("POST", "PATCH") else None, token=admin))
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/auth/session", token=other)[0])
        self.assertEqual(401, self.ask(kernel, "GET", "/v1/auth/session", token="ss_acme_" + other[9:])[0])

    def test_a_suspended_or_deleted_tenant_is_served_nothing(self):
        kernel = self.kernel()
        admin = self.come_in(kernel)
        body = {"tenant": "acme", "username": "admin", "password": PASSWORD}
        refresh = "grant_type=refresh_token&refresh_token=" + self.ask(kernel, "POST", "/v1/auth/login", body)[2]["refresh_token"]
        made = self.ask(kernel, "POST", "/v1/auth/keys", {"name": "ci", "scopes": ["users:read"]}, token=admin)[2]
        client = "grant_type=client_credentials&client_id=%s&client_secret=%s" % (made["key"]["id"], made["secret"])
        kernel.command("tenant", "suspend", "acme")
        self.assertEqual((403, "tenant_suspended"), self.outcome(kernel, "GET", "/v1/usage", token=admin))
        self.assertEqual((403, "tenant_suspended"), self.outcome(kernel, "POST", "/v1/auth/login", body))
        for form in (refresh, client):
            answer = self.outcome(kernel, "POST", "/v1/auth/token", form, Content_Type=FORM)
            self.assertEqual((403, "tenant_suspended"), answer, form[:30])
        kernel.command("tenant", "resume", "acme")
        for form in (refresh, client):  # nothing was spent
            self.assertEqual(200, self.ask(kernel, "POST", "/v1/auth/token", form, Content_Type=FORM)[0])
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage", token=admin)[0])
        made = kernel.command("tenant", "create", "brief")
        session = self.come_in(kernel, "brief", "admin", made["password_link"])
        connections = self.connections(kernel)
        for c in connections:
            self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage", token=session, connection=c)[0])
        kernel.command("tenant", "delete", "brief")
        self.assertIn(self.ask(kernel, "GET", "/v1/usage", token=session)[0], (401, 403))
        body["tenant"] = "brief"
        self.assertEqual((401, "bad_login"), self.outcome(kernel, "POST", "/v1/auth/login", body))
        kernel.command("tenant", "create", "brief", "--no-admin", "")
        for c in connections:
            self.assertEqual((401, "bad_credential"),
                             self.outcome(kernel, "GET", "/v1/usage", token=session, connection=c))

    def test_a_role_that_demands_a_second_factor_opens_nothing_else_until_it_is_set_up(self):
        kernel = self.kernel(config=AUTH + ", second_factor_roles: [admin]")
        narrow = self.come_in(kernel)
        for path in ("/v1/usage", "/v1/auth/users", "/v1/auth/sessions"):
            self.assertEqual((403, "second_factor_setup_required"), self.outcome(kernel, "GET", path, cookie=narrow))
        self.assertTrue(self.ask(kernel, "GET", "/v1/auth/session", cookie=narrow)[2]["second_factor_due"])
        proof = {"password": PASSWORD}
        status, _, begun = self.ask(kernel, "POST", "/v1/auth/totp", proof, cookie=narrow)
        self.assertEqual(200, status, begun)
        proof["code"] = totp(begun["secret"], time.time())
        status, headers, confirmed = self.ask(kernel, "POST", "/v1/auth/totp/confirm", proof, cookie=narrow)
        self.assertEqual(200, status, confirmed)
        self.assertEqual((401, "session_revoked"), self.outcome(kernel, "GET", "/v1/usage", cookie=narrow))
        full = headers["set-cookie"].split(";")[0].split("=", 1)[1]
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage", cookie=full)[0])
        self.assertEqual((401, "second_factor_required"), self.outcome(
            kernel, "POST", "/v1/auth/login", {"tenant": "acme", "username": "admin", "password": PASSWORD}))

    def test_a_password_of_the_operators_list_is_refused_and_a_list_out_of_order_keeps_the_plugin_out(self):
        path = self.folder + "/breached"
        hashes = sorted(hashlib.sha1(b"%d" % n).hexdigest().upper() for n in range(1000))
        hashes = sorted([*hashes, hashlib.sha1(b"whistling kettle").hexdigest().upper()])
        with open(path, "w", encoding="ascii") as file:
            file.writelines("%s:%d\r\n" % (digits, len(digits)) for digits in hashes)
        kernel = self.kernel(config=AUTH + ", refused_passwords: " + path)
        link = self.invited(kernel, "acme")
        status, _, answer = self.ask(kernel, "POST", link[len("http://socle.test"):], {"password": "whistling kettle"})
        self.assertEqual((422, "refused_password"), (status, answer["errors"][0]["code"]), answer)
        self.come_in(kernel, link=link)
        with open(path, "w", encoding="ascii") as file:
            file.writelines("%s\n" % digits for digits in reversed(hashes))
        with self.assertRaises(Refused) as caught:
            kernel.command("plugin", "swap", "auth", copy_plugin(self.folder, "auth"))
        self.assertIn("refused_passwords '%s': found hash " % path, json.dumps(caught.exception.answer))

    def test_sessions_end_with_the_plans_time_and_outlive_a_kill(self):
        kernel = self.kernel()
        admin = self.come_in(kernel)
        revoked = self.login(kernel)
        self.assertEqual(204, self.ask(kernel, "POST", "/v1/auth/logout", token=revoked)[0])
        kernel.kill()
        kernel = self.kernel()
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage", token=admin)[0])
        self.assertEqual((401, "session_revoked"), self.outcome(kernel, "GET", "/v1/usage", token=revoked))
        kernel.command("tenant", "set", "acme", "plan=short")
        session = self.login(kernel)
        wait_for("the session's end", 60, lambda: hashed(session) not in [
            s["id"] for s in self.ask(kernel, "GET", "/v1/auth/sessions", token=admin)[2]["items"]], pause=0.1)
        self.assertEqual((401, "session_expired"), self.outcome(kernel, "GET", "/v1/usage", token=session))

    def test_names_and_addresses_that_a_client_chooses_reach_no_header_and_no_link(self):
        kernel = self.kernel()
        admin = self.come_in(kernel)
        body = {"tenant": "acme\r\nSet-Cookie: x=y", "username": "admin\r\nX: y", "password": PASSWORD}
        status, headers, _ = self.ask(kernel, "POST", "/v1/auth/login", body)
        self.assertEqual((401, None, None), (status, headers.get("set-cookie"), headers.get("x")))
        self.assertEqual(422, self.ask(kernel, "POST", "/v1/auth/users", {"username": "a\r\nX: y", "roles": []}, token=admin)[0])
        status, _, made = self.ask(kernel, "POST", "/v1/auth/users", {"username": "bob", "roles": ["viewer"]}, token=admin,
                                   Host="evil.test", X_Forwarded_Host="evil.test", Origin="https://evil.test")
        self.assertEqual((201, True), (status, made["password_link"].startswith("http://socle.test/v1/auth/links/sl_acme_")))

    def test_a_listener_that_names_its_tenant_keeps_it_for_who_shows_nothing(self):
        kernel = self.kernel(http='address: "127.0.0.1:0", tenant: acme, principal: tester')
        self.assertEqual(200, self.ask(kernel, "GET", "/v1/usage")[0])
        self.assertEqual((401, "bad_credential"), self.outcome(kernel, "GET", "/v1/usage", token="x"))
        other = kernel.command("tenant", "token", "other")["token"]
        self.assertEqual("other", self.ask(kernel, "GET", "/v1/usage", token=other)[2]["tenant"])
        with self.assertRaises(Refused) as caught:
            kernel.command("tenant", "token", "other", "--user", "nobody")
        self.assertIn("there is no user 'nobody'", caught.exception.answer["error"]["message"])


class Page(SystemTest):
    """docs/auth.md: what it says to load is loaded, and its commands are run, at this kernel's address."""

    def test_its_first_user_comes_in_as_it_says(self):
        text = """socle: 1
data: data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
%s  - {path: plugins/storage-rocksdb, home: kernel}
  - {path: plugins/gateway, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
""" % blocks("auth.md", "yaml")[0]
        kernel = Kernel(self.folder, manifest=text.replace("path: plugins/", "path: %s/plugins/" % BUILD))
        self.addCleanup(kernel.__exit__)
        kernel.start("--workers", "2")
        here = "http://127.0.0.1:%d" % kernel.port
        made, link, login = (script.replace("https://app.example.com", here) for script in blocks("auth.md", "sh")[:3])
        create, token = made.splitlines()
        told = json.loads(run(kernel, create))
        shown = re.findall(r'"(\w+)": "([^"]*)"', create.partition("  # ")[2])
        self.assertEqual(["tenant", "username", "password_link"], [name for name, _ in shown])
        for name, value in shown:
            self.assertRegex(told[name], like(value))
        self.assertIn("ss_acme_", run(kernel, token))
        used = json.loads(run(kernel, link, password_link=told["password_link"].replace("https://app.example.com", here)))
        self.assertEqual({"tenant": "acme", "username": "admin", "purpose": "invitation"}, used)
        head, _, body = run(kernel, login).replace("\r\n", "\n").partition("\n\n")
        self.assertTrue(head.startswith("HTTP/1.1 200 "), head)
        named = re.search(r"The answer holds (.*?), and sets the cookie `(__Host-(\w+))`", text_of("auth.md"), re.S)
        self.assertEqual(set(re.findall(r"`(\w+)`", named[1])), set(json.loads(body)))
        self.assertIn("set-cookie: %s=ss_acme_" % named[3], head.lower())


def hashed(secret):
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
