"""system.oidc: signing in at a tenant's OpenID provider, of a whole kernel with three workers: the way there and back,
roles by claims, linked accounts; and a provider, a browser and a tenant's administrator that lie. A few lines beyond 400,
because all of them are told to one kernel and one fake provider."""

import json
import threading
import time
import urllib.parse

import auth
from auth import manifest
from fake_provider import FakeProvider, Key, unsigned, with_broken_signature, with_public_key_as_secret
from harness import Kernel, SystemTest, at_best, main, plugin, wait_for

CONFIG = 'password_memory: 8MiB, password_passes: 1, public_url: "http://socle.test", oidc_reach: local, oidc_time: %s, oidc_retry: %s'
# How long a provider is waited for: for one that answers, and where there is none.
LONG, SHORT = "8s", "2s"
SECRET = "s3cret of the client"
PROOF = {"password": auth.PASSWORD}


class OidcTest(SystemTest):
    ask, outcome, login = auth.Auth.ask, auth.Auth.outcome, auth.Auth.login
    come_in, invited, hire = auth.Auth.come_in, auth.Auth.invited, auth.Auth.hire

    def boot(self, patience=LONG, **options):
        kernel = Kernel(self.folder, manifest=manifest(config=options.pop("config", CONFIG % (patience, "1ms")), **options))
        self.addCleanup(kernel.__exit__)
        kernel.start("--workers", "3")
        self.k = kernel
        self.admin = self.come_in(kernel)
        return kernel

    def fake(self):
        provider = FakeProvider(self.folder)
        self.addCleanup(provider.close)
        return provider

    def configure(self, issuer, name="idp", token=None, **more):
        body = {"issuer": issuer, "client_id": "socle", "client_secret": SECRET, "register": True,
                "roles": ["viewer"], "claim_roles": [{"claim": "groups", "value": "staff", "roles": ["member"]}], **more}
        status, headers, answer = self.ask(self.k, "PUT", "/v1/auth/oidc/providers/" + name,
                                           {k: v for k, v in body.items() if v is not None}, token=token or self.admin)
        return status, answer

    def begin(self, name="idp", tenant="acme", query="", cookie=None):
        """(status, where the browser is sent, its cookie)."""
        status, headers, answer = self.ask(self.k, "GET", "/v1/auth/oidc/login/%s?tenant=%s%s" % (name, tenant, query),
                                           **({"Cookie": cookie} if cookie else {}))
        self.assertEqual(302, status, answer)
        field = headers["set-cookie"]
        self.assertTrue(field.startswith("socle_oidc=") and "; HttpOnly; SameSite=Lax" in field, field)
        return headers["location"], field.split(";")[0]

    def back(self, path, cookie):
        """(status, session or code, where to)."""
        status, headers, answer = self.ask(self.k, "GET", path, **({"Cookie": cookie} if cookie else {}))
        if status == 303:
            return status, headers["set-cookie"].split(";")[0].split("=", 1)[1], headers["location"]
        self.assertNotIn("set-cookie", headers)
        return status, answer["code"], None

    def come_by(self, provider, name="idp", **claims):
        claims.setdefault("preferred_username", "Ada")
        location, cookie = self.begin(name)
        return self.back(provider.consent(location, **claims), cookie)

    def roles(self, session):
        return self.ask(self.k, "GET", "/v1/auth/session", cookie=session)[2]["user"]["roles"]


class Audited(OidcTest):
    def test_sign_ins_and_refused_ones_are_in_the_audit_trail(self):
        self.boot(more='  - {path: %s, home: kernel, grants: ["call:storage/1", "act-as:tenants"]}\n' % plugin("audit"))
        provider = self.fake()
        self.assertEqual(201, self.configure(provider.issuer)[0])
        status, session, _ = self.come_by(provider)
        self.assertEqual(303, status)
        user = self.ask(self.k, "GET", "/v1/auth/session", cookie=session)[2]["user"]["id"]
        self.assertEqual((401, "oidc_refused"), self.come_by(provider, nonce="of somebody else")[:2])
        self.assertEqual((401, "state_unknown"), self.back("/v1/auth/oidc/callback/acme/idp?state=x&code=y", "socle_oidc=z")[:2])
        trail = self.ask(self.k, "GET", "/v1/audit?operation=auth.login", token=self.admin)[2]["items"]
        self.assertEqual([("users/unknown", "state_unknown"), ("users/unknown", "oidc_refused"), ("users/" + user, "ok")],
                         [(e["target"], e["status"]) for e in trail][:3])


class WithFake(OidcTest):
    def setUp(self):
        super().setUp()
        self.provider = self.fake()
        self.boot()
        status, answer = self.configure(self.provider.issuer)
        self.assertEqual(201, status, answer)

    def refuses(self, code, status=401, **claims):
        claims.setdefault("preferred_username", "Ada")
        self.assertEqual((status, code), self.come_by(self.provider, **claims)[:2])

    def test_somebody_comes_in_by_the_provider_and_his_claims_say_his_roles(self):
        status, _, listed = self.ask(self.k, "GET", "/v1/auth/oidc/choices?tenant=acme")
        self.assertEqual([{"provider": "idp", "title": "idp", "login": "/v1/auth/oidc/login/idp?tenant=acme"}], listed["items"])
        location, cookie = self.begin(query="&return_to=/forms/leave")
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        self.assertEqual(("code", "S256", "socle", "openid"), tuple(asked[k] for k in (
            "response_type", "code_challenge_method", "client_id", "scope")))
        self.assertEqual("http://127.0.0.1:%d/v1/auth/oidc/callback/acme/idp" % self.k.port, asked["redirect_uri"])
        path = self.provider.consent(location, preferred_username="Ada", name="Ada L.", groups=["x", "staff"])
        status, session, to = self.back(path, cookie)
        self.assertEqual((303, "/forms/leave"), (status, to))
        told = self.ask(self.k, "GET", "/v1/auth/session", cookie=session)[2]
        self.assertEqual(("ada", "Ada L.", ["viewer", "member"], ["oidc"]),
                         (told["user"]["username"], told["user"]["name"], told["user"]["roles"], told["session"]["means"]))
        self.assertTrue(self.provider.headers[self.provider.asked.index("/token")]["Authorization"].startswith("Basic "))
        self.assertEqual((401, "state_unknown"), self.back(path, cookie)[:2])
        status, again, _ = self.come_by(self.provider, groups="nothing")
        self.assertEqual((303, ["viewer"]), (status, self.roles(again)))
        self.assertEqual((401, "session_revoked"), self.outcome(self.k, "GET", "/v1/auth/session", cookie=session))

    def test_who_signed_in_there_with_less_than_is_demanded_or_too_long_ago_does_not_come_in(self):
        now = int(time.time())
        demands = {"acr_values": ["urn:strong"], "amr": ["otp"], "max_age": 60}
        self.assertEqual(200, self.configure(self.provider.issuer, **demands)[0])
        shown = self.ask(self.k, "GET", "/v1/auth/oidc/providers/idp", token=self.admin)[2]
        self.assertEqual(demands, {k: shown[k] for k in demands})
        location, _ = self.begin()
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        self.assertEqual(("urn:strong", "60"), (asked["acr_values"], asked["max_age"]))
        strong = {"acr": "urn:strong", "amr": ["pwd", "otp"], "auth_time": now}
        self.assertEqual(303, self.come_by(self.provider, **strong)[0])
        for less in ({"acr": "urn:weak"}, {"acr": None}, {"amr": ["pwd"]}, {"amr": None}, {"auth_time": now - 600}, {"auth_time": None}):
            with self.subTest(less):
                self.refuses("oidc_too_weak", **{**strong, **less})
        wait_for("the log says so", 60, lambda: "weaker than is demanded" in self.k.log_text())
        self.assertNotIn("is not believed", self.k.log_text())  # it was

    def test_a_state_is_of_one_browser_once_and_for_one_provider(self):
        self.configure(self.provider.issuer, "other")
        location, cookie = self.begin()
        path = self.provider.consent(location, preferred_username="Ada")
        _, thief = self.begin()
        self.assertEqual((401, "state_unknown"), self.back(path, None)[:2])
        self.assertEqual((401, "state_unknown"), self.back(path, thief)[:2])
        self.assertEqual((401, "state_unknown"), self.back(path.replace("/idp?", "/other?"), cookie)[:2])
        self.assertEqual((404, "not_found"), self.back(path.replace("/acme/", "/other/"), cookie)[:2])
        self.assertEqual((401, "state_unknown"), self.back(path.split("&state=")[0] + "&state=made-up", cookie)[:2])
        self.assertEqual(303, self.back(path, cookie)[0])
        results = []
        location, cookie = self.begin()
        path = self.provider.consent(location)
        threads = [threading.Thread(target=lambda: results.append(self.back(path, cookie)[0])) for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual([303] + [401] * 5, sorted(results))

    def test_an_id_token_that_is_not_for_this_sign_in_is_not_believed(self):
        now = int(time.time())
        for claims in ({"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.test"}, {"aud": "somebody"},
                       {"aud": ["socle", "somebody"]}, {"azp": "somebody"}, {"exp": now - 300}, {"exp": None},
                       {"iat": now - 3600}, {"iat": None}, {"nbf": now + 600}, {"sub": None}, {"sub": ""}, {"sub": "x" * 300}):
            with self.subTest(claims):
                self.refuses("oidc_refused", **claims)
        for forge in (unsigned, with_public_key_as_secret(self.provider.key), with_broken_signature, lambda h, c, t: "x",
                      lambda h, c, t: "", lambda h, c, t: "A" * 40000, lambda h, c, t: t + "." + t):
            with self.subTest(forge):
                self.provider.forge = forge
                self.refuses("oidc_refused")
        self.provider.forge = None
        users = self.ask(self.k, "GET", "/v1/auth/users", token=self.admin)[2]["items"]
        self.assertNotIn("ada", [u["username"] for u in users])
        self.assertEqual(303, self.come_by(self.provider, aud=["socle", "somebody"], azp="socle")[0])

    def test_the_answer_of_another_provider_and_an_error_are_not_followed(self):
        for more in ("&iss=https%3A%2F%2Fevil.test", "&error=access_denied%0d%0aX:y"):
            location, cookie = self.begin()
            self.assertEqual((401, "oidc_refused"), self.back(self.provider.consent(location) + more, cookie)[:2])
        location, cookie = self.begin()
        self.assertEqual(303, self.back(self.provider.consent(location, preferred_username="a") + "&iss=" + self.provider.issuer, cookie)[0])
        self.assertNotIn("X:y", self.k.log_text())

    def test_keys_rotate_at_the_provider_and_strange_ones_are_not_fetched_without_end(self):
        self.assertEqual(303, self.come_by(self.provider)[0])
        self.provider.key = Key(self.folder, "two")
        self.provider.keys.append(self.provider.key)
        self.assertEqual(303, self.come_by(self.provider)[0])
        self.provider.keys = [self.provider.key]
        self.provider.key.kid = "three"  # the same key under another name
        self.provider.keys[0].jwk["kid"] = "three"
        self.assertEqual(303, self.come_by(self.provider)[0])

    def test_nobody_is_sent_elsewhere_after_signing_in(self):
        for bad in ("//evil.test", "https://evil.test/", "/\\evil.test", "/%09/evil.test", "/a%0d%0aSet-Cookie:x=y", "javascript:alert(1)", "\\\\evil.test"):
            with self.subTest(bad):
                location, cookie = self.begin(query="&return_to=" + urllib.parse.quote(bad, safe="%"))
                status, session, to = self.back(self.provider.consent(location, preferred_username="Ada"), cookie)
                self.assertEqual((303, "/"), (status, to))

    def test_a_planted_session_is_over_when_somebody_comes_by_the_provider(self):
        planted = self.login(self.k)
        location, cookie = self.begin()
        status, session, _ = self.back(self.provider.consent(location, preferred_username="Ada"), cookie + "; socle_session=" + planted)
        self.assertEqual(303, status)
        self.assertNotEqual(planted, session)
        self.assertEqual((401, "session_revoked"), self.outcome(self.k, "GET", "/v1/auth/session", cookie=planted))

    def test_no_account_is_taken_over_by_a_name(self):
        self.refuses("user_exists", 409, preferred_username="admin")
        self.refuses("no_username", 403, preferred_username="a\r\nX: y")
        self.assertEqual(200, self.configure(self.provider.issuer, register=False, client_secret=None)[0])
        self.refuses("no_account", 403, preferred_username="bob")

    def test_a_user_links_his_account_and_another_cannot(self):
        _, bob = self.hire(self.k, self.admin, "bob")
        _, ann = self.hire(self.k, self.admin, "ann")

        def link(session):
            status, headers, answer = self.ask(self.k, "POST", "/v1/auth/oidc/links/idp", PROOF, cookie=session)
            self.assertEqual(200, status, answer)
            return self.back(self.provider.consent(answer["location"], sub="bobs"), headers["set-cookie"].split(";")[0])

        status, _, _ = self.ask(self.k, "POST", "/v1/auth/oidc/links/idp", {}, cookie=bob, Origin="https://evil.test")
        self.assertEqual(403, status)
        for less in ({}, {"password": "a guess"}):
            self.assertEqual((403, "bad_password"), self.outcome(self.k, "POST", "/v1/auth/oidc/links/idp", less, cookie=bob))
        location = self.ask(self.k, "POST", "/v1/auth/oidc/links/idp", PROOF, cookie=bob)
        status, headers, answer = location
        done = self.ask(self.k, "GET", self.provider.consent(answer["location"], sub="bobs"), Cookie=headers["set-cookie"].split(";")[0])
        self.assertEqual((303, "/"), (done[0], done[1]["location"]))
        self.assertEqual((409, "identity_taken"), link(ann)[:2])
        status, session, _ = self.come_by(self.provider, sub="bobs")
        self.assertEqual("bob", self.ask(self.k, "GET", "/v1/auth/session", cookie=session)[2]["user"]["username"])
        self.assertEqual(["member"], self.roles(session))
        [own] = self.ask(self.k, "GET", "/v1/auth/oidc/links", cookie=session)[2]["items"]
        self.assertEqual(404, self.ask(self.k, "DELETE", "/v1/auth/oidc/links/" + own["id"], token=ann)[0])
        self.assertEqual((403, "bad_password"), self.outcome(self.k, "DELETE", "/v1/auth/oidc/links/" + own["id"], cookie=session))
        self.assertEqual(204, self.ask(self.k, "DELETE", "/v1/auth/oidc/links/" + own["id"], PROOF, cookie=session)[0])
        self.assertEqual("ada", self.ask(self.k, "GET", "/v1/auth/session", cookie=self.come_by(
            self.provider, sub="bobs")[1])[2]["user"]["username"])

    def test_a_link_that_is_under_way_ends_with_the_session_it_was_begun_in(self):
        _, bob = self.hire(self.k, self.admin, "bob")

        def begun(session, password):
            status, headers, answer = self.ask(self.k, "POST", "/v1/auth/oidc/links/idp", {"password": password}, cookie=session)
            self.assertEqual(200, status, answer)
            return self.provider.consent(answer["location"], sub="of whoever knew it"), headers["set-cookie"].split(";")[0]

        way = begun(bob, auth.PASSWORD)
        new = {**PROOF, "new_password": "loud herons at noon"}
        status, headers, answer = self.ask(self.k, "POST", "/v1/auth/password", new, cookie=bob)
        self.assertEqual(200, status, answer)
        fresh = headers["set-cookie"].split(";")[0].split("=", 1)[1]
        self.assertEqual((401, "session_over"), self.back(*way)[:2])
        self.assertEqual([], self.ask(self.k, "GET", "/v1/auth/oidc/links", cookie=fresh)[2]["items"])
        path, cookie = begun(fresh, new["new_password"])
        self.assertEqual(303, self.ask(self.k, "GET", path, Cookie=cookie)[0])
        self.assertEqual(1, len(self.ask(self.k, "GET", "/v1/auth/oidc/links", cookie=fresh)[2]["items"]))

    def test_who_has_no_password_links_without_one_and_keeps_the_last_way_in(self):
        session = self.come_by(self.provider)[1]
        status, headers, answer = self.ask(self.k, "POST", "/v1/auth/oidc/links/idp", {}, cookie=session)
        self.assertEqual(200, status, answer)
        done = self.ask(self.k, "GET", self.provider.consent(answer["location"], sub="another of hers"),
                        Cookie=headers["set-cookie"].split(";")[0])
        self.assertEqual(303, done[0], done[2])
        links = self.ask(self.k, "GET", "/v1/auth/oidc/links", cookie=session)[2]["items"]
        self.assertEqual(2, len(links))
        first, last = ["/v1/auth/oidc/links/" + one["id"] for one in links]
        self.assertEqual(204, self.ask(self.k, "DELETE", first, cookie=session)[0])
        self.assertEqual((409, "last_way_in"), self.outcome(self.k, "DELETE", last, cookie=session))

    def test_who_was_suspended_or_removed_does_not_come_in_by_the_provider(self):
        session = self.come_by(self.provider)[1]
        user = self.ask(self.k, "GET", "/v1/auth/session", cookie=session)[2]["user"]["id"]
        self.assertEqual((409, "last_way_in"), self.outcome(self.k, "DELETE", "/v1/auth/oidc/links/" + self.ask(
            self.k, "GET", "/v1/auth/oidc/links", cookie=session)[2]["items"][0]["id"], cookie=session))
        change = lambda state: self.ask(self.k, "PATCH", "/v1/auth/users/" + user, {"state": state}, token=self.admin)
        self.assertEqual("suspended", change("suspended")[2]["state"])
        self.refuses("user_suspended", 403)
        self.assertEqual("active", change("active")[2]["state"])
        self.assertEqual(303, self.come_by(self.provider)[0])
        self.k.command("tenant", "suspend", "acme")
        self.refuses("tenant_suspended", 403)
        self.k.command("tenant", "resume", "acme")
        self.assertEqual(204, self.ask(self.k, "DELETE", "/v1/auth/users/" + user, token=self.admin)[0])
        status, again, _ = self.come_by(self.provider)
        self.assertNotEqual(user, self.ask(self.k, "GET", "/v1/auth/session", cookie=again)[2]["user"]["id"])

    def test_a_providers_secret_is_written_and_never_read(self):
        status, _, shown = self.ask(self.k, "GET", "/v1/auth/oidc/providers/idp", token=self.admin)
        self.assertEqual((200, True), (status, shown["client_secret_set"]))
        self.assertNotIn(SECRET, json.dumps(shown))
        self.assertNotIn(SECRET, json.dumps(self.ask(self.k, "GET", "/v1/auth/oidc/providers", token=self.admin)[2]))
        self.assertEqual(200, self.configure(self.provider.issuer, client_secret=None, title="New")[0])
        self.assertEqual(303, self.come_by(self.provider)[0])
        for moved in ({"issuer": "http://127.0.0.1:1"}, {"origins": ["https://evil.test"]}, {"client_id": "x"}):
            body = {"issuer": self.provider.issuer, "client_secret": None, **moved}
            self.assertEqual(422, self.configure(body.pop("issuer"), **body)[0], moved)
        self.assertNotIn(SECRET, self.k.log_text())

    def test_only_administrators_set_providers_and_give_what_they_have(self):
        _, member = self.hire(self.k, self.admin, "bob")
        for method, path in (("GET", ""), ("GET", "/idp"), ("PUT", "/idp"), ("DELETE", "/idp"), ("POST", "/idp/check")):
            self.assertEqual((403, "permission_denied"), self.outcome(
                self.k, method, "/v1/auth/oidc/providers" + path, {} if method in ("PUT", "POST") else None, token=member))
        role = {"role": "keeper", "grants": [{"permissions": ["providers:write", "providers:read"]}]}
        self.assertEqual(200, self.ask(self.k, "PUT", "/v1/auth/roles/keeper", role, token=self.admin)[0])
        _, keeper = self.hire(self.k, self.admin, "cleo", "keeper")
        self.assertEqual(403, self.configure(self.provider.issuer, token=keeper, roles=["admin"])[0])
        other = self.come_in(self.k, "other")
        self.assertEqual(404, self.ask(self.k, "GET", "/v1/auth/oidc/providers/idp", token=other)[0])
        self.assertEqual(404, self.ask(self.k, "GET", "/v1/auth/oidc/login/idp?tenant=other")[0])
        self.assertEqual(404, self.ask(self.k, "GET", "/v1/auth/oidc/login/idp?tenant=nowhere")[0])
        self.assertEqual(204, self.ask(self.k, "DELETE", "/v1/auth/oidc/providers/idp", token=self.admin)[0])
        self.assertEqual(404, self.ask(self.k, "GET", "/v1/auth/oidc/login/idp?tenant=acme")[0])

    def test_faults_of_a_provider_are_told_each_at_its_place(self):
        status, answer = self.configure("ftp://x", client_id="", algorithms=["HS256", "none"], roles=["nobody"], scopes=["a b"],
                                        origins=["https://x/path"], claim_roles=[{"claim": "x"}], client_auth="magic", extra=1)
        self.assertEqual(422, status)
        self.assertEqual({"/issuer", "/client_id", "/algorithms/0", "/algorithms/1", "/roles", "/scopes/0", "/origins/0",
                          "/claim_roles/0", "/client_auth", "/extra"}, {e["pointer"] for e in answer["errors"]})


class HostileProvider(OidcTest):
    """Each is answered 502 within the time it has, and others are served meanwhile."""

    def setUp(self):
        super().setUp()
        self.provider = self.fake()
        self.boot(SHORT)
        self.assertEqual(201, self.configure(self.provider.issuer)[0])

    def check(self):
        status, _, answer = self.ask(self.k, "POST", "/v1/auth/oidc/providers/idp/check", {}, token=self.admin)
        return status, answer.get("code"), answer.get("detail", "")

    def test_an_honest_one_is_found_good(self):
        def check():
            status, _, answer = self.ask(self.k, "POST", "/v1/auth/oidc/providers/idp/check", {}, token=self.admin)
            self.assertEqual((200, {"keys": 1}), (status, answer))
        at_best(check)

    def test_garbage_floods_redirects_and_silence(self):
        good = self.provider.configuration()
        evil = "http://127.0.0.2:%d" % self.provider.port

        def says(where, status=200, body=b"", **fields):
            return lambda path, value: (status, fields, body if isinstance(body, bytes) else json.dumps(body).encode()) if path == where else None

        conf, keys = "/.well-known/openid-configuration", "/keys"
        cases = {
            "not JSON": says(conf, body=b"\x00<html>"), "a list": says(conf, body=[]), "twice": says(conf, body=b'{"issuer":"a","issuer":"b"}'),
            "another issuer": says(conf, body={**good, "issuer": "https://evil.test"}),
            "keys elsewhere": says(conf, body={**good, "jwks_uri": evil + "/keys"}),
            "tokens elsewhere": says(conf, body={**good, "token_endpoint": "http://169.254.169.254/latest"}),
            "authorization elsewhere": says(conf, body={**good, "authorization_endpoint": "https://evil.test/"}),
            "no code": says(conf, body={**good, "response_types_supported": ["id_token"]}),
            "no S256": says(conf, body={**good, "code_challenge_methods_supported": ["plain"]}),
            "deep": says(conf, body=b'{"issuer":' + b"[" * 30000 + b"]" * 30000 + b"}"),
            "huge": says(conf, body=b" " * 200_000 + b"{}"), "huge keys": says(keys, body=b" " * 400_000 + b"{}"),
            "huge head": says(conf, body=good, **{"X-Long": "x" * 40_000}),
            "redirect": says(conf, status=302, Location=self.provider.issuer + "/keys"), "error": says(conf, status=500, body=good),
            "no keys": says(keys, body={"keys": []}), "keys no JSON": says(keys, body=b"{"),
            "weak key": says(keys, body={"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
            "secret key": says(keys, body={"keys": [{"kty": "oct", "k": "A" * 64}]}),
            "no HTTP": lambda path, value: (None, {}, b"SSH-2.0-OpenSSH\r\n\r\n"),
            "half": lambda path, value: (None, {}, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        }
        for name, lie in cases.items():
            with self.subTest(name):
                self.provider.lie = lie
                before = time.monotonic()
                status, code, detail = self.check()
                self.assertEqual((502, "provider_unreachable"), (status, code), detail)
                self.assertLess(time.monotonic() - before, 20)
                self.assertNotEqual("", detail)
        self.provider.lie = None
        wait_for("the honest answer", 60, lambda: self.check()[0] == 200)

    def test_a_provider_that_hangs_holds_up_nobody_else(self):
        release = threading.Event()
        self.addCleanup(release.set)
        self.provider.lie = lambda path, value: (release.wait(60), (200, {}, b"{}"))[1]
        at_best(self.check_others)

    def check_others(self):
        results = []
        threads = [threading.Thread(target=lambda: results.append(
            self.outcome(self.k, "GET", "/v1/auth/oidc/login/idp?tenant=acme"))) for _ in range(24)]
        for t in threads:
            t.start()
        slowest = 0
        while any(t.is_alive() for t in threads):
            before = time.monotonic()
            self.assertEqual(200, self.ask(self.k, "GET", "/v1/auth/session", token=self.admin)[0])
            slowest = max(slowest, time.monotonic() - before)
        self.assertEqual({(502, "provider_unreachable")}, set(results))
        self.assertLess(slowest, 1)

    def test_a_provider_that_failed_is_not_asked_again_at_once(self):
        self.k.__exit__()
        self.k = Kernel(self.folder, manifest=manifest(config=CONFIG % (LONG, "1h")))
        self.addCleanup(self.k.__exit__)
        self.k.start("--workers", "1")
        self.provider.lie = lambda path, value: (500, {}, b"")
        self.provider.asked.clear()
        for _ in range(8):
            self.assertEqual(502, self.ask(self.k, "GET", "/v1/auth/oidc/login/idp?tenant=acme")[0])
        self.assertEqual(1, len(self.provider.asked))

    def test_strange_keys_are_looked_for_once_in_a_while(self):
        self.k.__exit__()
        self.k = Kernel(self.folder, manifest=manifest(config=CONFIG % (LONG, "1h")))
        self.addCleanup(self.k.__exit__)
        self.k.start("--workers", "1")
        self.assertEqual(303, self.come_by(self.provider)[0])
        self.provider.asked.clear()
        self.provider.forge = with_broken_signature
        for _ in range(5):
            self.assertEqual((401, "oidc_refused"), self.come_by(self.provider)[:2])
        self.assertEqual(0, self.provider.asked.count("/keys"))


class Reach(OidcTest):
    def test_addresses_of_this_machine_and_private_networks_are_not_reached_unless_allowed(self):
        self.boot(config='password_memory: 8MiB, password_passes: 1, public_url: "http://socle.test", oidc_time: 2s')
        self.assertEqual(422, self.configure("http://127.0.0.1:1")[0])
        for issuer in ("https://127.0.0.1:1", "https://[::1]:1", "https://10.0.0.1", "https://169.254.169.254", "https://localhost:1",
                       "https://[::ffff:127.0.0.1]:1", "https://0.0.0.0:1"):
            with self.subTest(issuer):
                self.assertIn(self.configure(issuer)[0], (200, 201))
                status, _, answer = self.ask(self.k, "POST", "/v1/auth/oidc/providers/idp/check", {}, token=self.admin)
                self.assertEqual(502, status)
                self.assertIn("none that may be reached", answer["detail"])


if __name__ == "__main__":
    main()
