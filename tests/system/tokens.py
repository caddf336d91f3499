"""system.tokens: access and refresh tokens, roles and policies over HTTP on a running kernel: rotation, reuse, revocation,
what forged, oversized and foreign tokens get, and that a change of roles or policies counts from its answer on."""

import base64
import hashlib
import hmac
import json
import re
import subprocess
import tempfile
import time
import urllib.parse

from harness import SOCLE, SystemTest, main, plugin, wait_for
from page_examples import blocks, run

RESIDENT = ("[libsimdjson.so.14, libssl.so.3, libcrypto.so.3, librocksdb.so.7.8, libyaml-cpp.so.0.7, libre2.so.9, "
            "libpcre2-8.so.0, libargon2.so.1]")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "a long and quiet sentence"


def manifest(config=""):
    entries = {"storage-rocksdb": "home: kernel",
               "gateway": "home: kernel, listen: [http, ops], grants: [ingress, catalog]",
               "models": 'home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", '
                         '"call:auth/1", "act-as:tenants"]',
               "auth": 'home: kernel, grants: ["call:storage/1", "call:auth/1", "call:models/1", "call:tenants/1", '
                       '"act-as:tenants", "subscribe:models.published"], config: {password_memory: 8MiB%s}' % config}
    lines = ["socle: 1", "data: data", "listeners:",
             '  http: {address: "127.0.0.1:0", tenant: demo, principal: nobody}', '  ops: {address: "127.0.0.1:0"}',
             "resident: " + RESIDENT, "tenants: {demo: {}, other: {}}", "plugins:"]
    lines += ["  - {path: %s, %s}" % (plugin(name), entry) for name, entry in entries.items()]
    return "\n".join(lines) + "\n"


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(token):
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def bearer(token):
    return {"Authorization": "Bearer " + token}


class Tokens(SystemTest):
    CONFIG = ""

    def setUp(self):
        super().setUp()
        self.node = self.kernel(manifest=manifest(self.CONFIG)).start()

    # -- people ----------------------------------------------------------------------------------------------------------
    def ask(self, method, path, body=None, headers=None):
        status, fields, text = self.node.request(method, path, body, headers)
        try:
            return status, json.loads(text) if text else None, fields
        except ValueError:
            return status, text, fields

    def good(self, method, path, body=None, headers=None, status=200):
        found, answer, _ = self.ask(method, path, body, headers)
        self.assertEqual(found, status, (method, path, answer))
        return answer

    def operator(self, tenant="demo"):
        return self.node.token(tenant)

    def person(self, name, roles, tenant="demo"):
        """A new user who has set a password; what signing in answers."""
        admin = bearer(self.operator(tenant))
        made = self.good("POST", "/v1/auth/users", {"username": name, "roles": roles}, admin, 201)
        link = re.search(r"[^/]*$", made["password_link"]).group(0)
        self.good("POST", "/v1/auth/links/" + link, {"password": PASSWORD})
        return self.login(name, tenant)

    def login(self, name, tenant="demo"):
        """Again when it misses its deadline, as auth.login()."""
        body = {"username": name, "password": PASSWORD, "tenant": tenant}
        found = wait_for("an answer to the sign-in", 60, lambda: (
            lambda answer: answer if answer[0] != 504 else None)(self.ask("POST", "/v1/auth/login", body)))
        self.assertEqual(200, found[0], found[1])
        return found[1]

    def token(self, headers=None, **form):
        fields = dict(FORM, **(headers or {}))
        return self.ask("POST", "/v1/auth/token", urllib.parse.urlencode(form), fields)

    def refused(self, token, code="bad_token", status=401):
        found, answer, fields = self.ask("GET", "/v1/auth/session", headers=bearer(token))
        self.assertEqual((found, answer["code"]), (status, code), answer)
        self.assertIn("Bearer", fields["www-authenticate"])
        return answer["detail"]


class Login(Tokens):
    def test_a_login_gives_tokens_that_anybody_can_verify(self):
        got = self.person("ada", ["member"])
        self.assertEqual(got["token_type"], "Bearer")
        claims = claims_of(got["access_token"])
        self.assertEqual((claims["tenant"], claims["name"], claims["roles"]), ("demo", "ada", ["member"]))
        self.assertEqual(claims["exp"] - claims["iat"], got["expires_in"])
        self.good("GET", "/v1/auth/session", headers=bearer(got["access_token"]))
        status, keys, fields = self.ask("GET", "/.well-known/jwks.json")
        self.assertEqual(status, 200)
        self.assertEqual(len(keys["keys"]), 2)
        self.assertTrue(all(key["alg"] == "EdDSA" and "d" not in key for key in keys["keys"]))
        self.assertIn("max-age", fields["cache-control"])
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".json") as file:
            json.dump(keys, file)
            file.flush()
            seen = subprocess.run([SOCLE, "token", "inspect", "--jwks", file.name, "--json", got["access_token"]],
                                  capture_output=True, timeout=60, check=False)
        self.assertEqual(seen.returncode, 0, seen.stdout + seen.stderr)
        about = self.good("GET", "/.well-known/openid-configuration")
        self.assertEqual(about["issuer"], claims["iss"])
        self.assertIn("refresh_token", about["grant_types_supported"])
        # Another tenant's keys are others.
        self.person("eve", ["member"], "other")
        other = self.good("GET", "/.well-known/jwks.json?tenant=other")
        self.assertFalse({k["kid"] for k in keys["keys"]} & {k["kid"] for k in other["keys"]})
        self.assertEqual(self.good("GET", "/.well-known/jwks.json?tenant=nobody"), {"keys": []})

    def test_refreshing_rotates_and_a_spent_token_ends_everything(self):
        got = self.person("ada", ["member"])
        status, second, fields = self.token(grant_type="refresh_token", refresh_token=got["refresh_token"])
        self.assertEqual(status, 200, second)
        self.assertEqual(fields["cache-control"], "no-store")
        self.assertNotEqual(second["refresh_token"], got["refresh_token"])
        self.good("GET", "/v1/auth/session", headers=bearer(second["access_token"]))
        status, third, _ = self.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
        self.assertEqual(status, 200)
        # The first one again: somebody has copied it.
        status, answer, _ = self.token(grant_type="refresh_token", refresh_token=got["refresh_token"])
        self.assertEqual((status, answer["error"]), (400, "invalid_grant"))
        status, answer, _ = self.token(grant_type="refresh_token", refresh_token=third["refresh_token"])
        self.assertEqual((status, answer["error"]), (400, "invalid_grant"))
        for token in (got, second, third):
            self.refused(token["access_token"], "session_revoked")

    def test_a_refresh_token_can_ask_for_less_and_not_for_more(self):
        got = self.person("ada", ["member"])
        status, less, _ = self.token(grant_type="refresh_token", refresh_token=got["refresh_token"], scope="records:read")
        self.assertEqual((status, less["scope"]), (200, "records:read"))
        status, answer, _ = self.ask("GET", "/v1/auth/roles", headers=bearer(less["access_token"]))
        self.assertEqual((status, answer["code"]), (403, "insufficient_scope"))
        explained = self.good("POST", "/v1/auth/explain", {"resource": "forms/x", "action": "delete"},
                              bearer(less["access_token"]))
        self.assertEqual(explained["by"]["kind"], "scopes")

    def test_ending_the_session_ends_its_tokens(self):
        for how in ("logout", "revoke refresh", "revoke access", "suspend"):
            with self.subTest(how):
                got = self.person(how.replace(" ", "-"), ["member"])
                token = bearer(got["access_token"])
                self.good("GET", "/v1/auth/session", headers=token)
                if how == "logout":
                    self.ask("POST", "/v1/auth/logout", headers=token)
                elif how == "revoke refresh":
                    self.good("POST", "/v1/auth/revoke", "token=" + got["refresh_token"], FORM)
                elif how == "revoke access":
                    self.good("POST", "/v1/auth/revoke", "token=" + got["access_token"], FORM)
                else:
                    self.good("PATCH", "/v1/auth/users/" + got["user"]["id"], {"state": "suspended"},
                              bearer(self.operator()))
                status, answer, _ = self.ask("GET", "/v1/auth/session", headers=token)
                self.assertIn(status, (401, 403), answer)
                status, answer, _ = self.token(grant_type="refresh_token", refresh_token=got["refresh_token"])
                self.assertEqual((status, answer["error"]), (400, "invalid_grant"))

    def test_introspection_tells_what_is_good_and_nothing_of_others(self):
        got = self.person("ada", ["member"])
        admin = dict(FORM, **bearer(self.operator()))
        seen = self.good("POST", "/v1/auth/introspect", "token=" + got["access_token"], admin)
        self.assertEqual((seen["active"], seen["username"], seen["tenant"]), (True, "ada", "demo"))
        self.assertTrue(self.good("POST", "/v1/auth/introspect", "token=" + got["refresh_token"], admin)["active"])
        stranger = dict(FORM, **bearer(self.operator("other")))
        inactive = {"active": False}
        for token, who in ((got["access_token"], stranger), (got["refresh_token"], stranger), ("nonsense", admin)):
            self.assertEqual(self.good("POST", "/v1/auth/introspect", "token=" + token, who), inactive)
        self.good("POST", "/v1/auth/revoke", "token=" + got["refresh_token"], FORM)
        for token in (got["access_token"], got["refresh_token"]):
            self.assertEqual(self.good("POST", "/v1/auth/introspect", "token=" + token, admin), inactive)
        status, answer, _ = self.ask("POST", "/v1/auth/introspect", "token=x", dict(FORM, **bearer(self.login("ada")["access_token"])))
        self.assertEqual((status, answer["code"]), (403, "permission_denied"))

    def test_keys_rotate_and_tokens_of_the_key_before_go_on(self):
        got = self.person("ada", ["member"])
        before = self.good("GET", "/.well-known/jwks.json")["keys"]
        admin = bearer(self.operator())
        after = self.good("POST", "/v1/auth/token-keys/rotate", {}, admin)["keys"]
        self.assertEqual(len(after), 3)
        self.assertTrue({k["kid"] for k in before} < {k["kid"] for k in after})
        self.good("GET", "/v1/auth/session", headers=bearer(got["access_token"]))


class Attacks(Tokens):
    def test_forged_tokens_are_refused(self):
        got = self.person("ada", ["member"])
        head, payload, signature = got["access_token"].split(".")
        kid = json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]
        keys = self.good("GET", "/.well-known/jwks.json")
        claims = claims_of(got["access_token"])

        def signed_with_hmac(secret):
            text = part({"alg": "HS256", "typ": "at+jwt", "kid": kid}) + "." + payload
            return text + "." + part(hmac.new(secret, text.encode(), hashlib.sha256).digest())

        public = next(k for k in keys["keys"] if k["kid"] == kid)
        x = base64.urlsafe_b64decode(public["x"] + "=")
        forged = {
            "no algorithm": part({"alg": "none", "typ": "at+jwt"}) + "." + payload + ".",
            "none in other letters": part({"alg": "nOnE", "typ": "at+jwt"}) + "." + payload + ".",
            "hmac with the public key": signed_with_hmac(x),
            "hmac with the key's text": signed_with_hmac(json.dumps(public).encode()),
            "another algorithm's name": part({"alg": "RS256", "typ": "at+jwt", "kid": kid}) + "." + payload + "." + signature,
            "more roles": head + "." + part(dict(claims, roles=["owner"])) + "." + signature,
            "another tenant": head + "." + part(dict(claims, tenant="other")) + "." + signature,
            "no tenant": head + "." + part(dict(claims, tenant="nobody")) + "." + signature,
            "no signature": head + "." + payload + ".",
            "a key of its own": part({"alg": "EdDSA", "typ": "at+jwt", "jwk": public}) + "." + payload + "." + part(b"\0" * 64),
            "a key elsewhere": part({"alg": "EdDSA", "typ": "at+jwt", "jku": "http://127.0.0.1:1/keys"}) + "." + payload + "." + signature,
            "a member twice": part(b'{"alg":"EdDSA","alg":"none","typ":"at+jwt"}') + "." + payload + "." + signature,
            "critical": part({"alg": "EdDSA", "typ": "at+jwt", "crit": ["exp"], "exp": 1}) + "." + payload + "." + signature,
            "deeply nested": head + "." + part(b'{"tenant":"demo","a":' + b"[" * 1500 + b"]" * 1500 + b"}") + "." + signature,
            "a token in a token": head + "." + part(got["access_token"].encode()) + "." + signature,
            "only dots": "eyJ..",
        }
        for name, token in forged.items():
            with self.subTest(name):
                self.refused(token)
        self.refused("eyJ" + "A" * 9000, "bad_credential")
        # The good one still is, and none of it was believed for a moment.
        self.good("GET", "/v1/auth/session", headers=bearer(got["access_token"]))

    def test_the_token_endpoint_refuses_what_is_no_request(self):
        cases = [({}, 400, "invalid_request"), ({"grant_type": "password"}, 400, "unsupported_grant_type"),
                 ({"grant_type": "refresh_token"}, 400, "invalid_request"),
                 ({"grant_type": "refresh_token", "refresh_token": "sr_demo_x_y"}, 400, "invalid_grant"),
                 ({"grant_type": "refresh_token", "refresh_token": "sr_demo_%s_%s" % ("A" * 22, "A" * 43)}, 400, "invalid_grant"),
                 ({"grant_type": "refresh_token", "refresh_token": "sr_nobody_%s_%s" % ("A" * 22, "A" * 43)}, 400, "invalid_grant"),
                 ({"grant_type": "client_credentials"}, 401, "invalid_client"),
                 ({"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}, 401, "invalid_client")]
        for form, status, error in cases:
            with self.subTest(form):
                found, answer, fields = self.token(**form)
                self.assertEqual((found, answer["error"]), (status, error))
                self.assertEqual(fields["cache-control"], "no-store")
        status, answer, _ = self.ask("POST", "/v1/auth/token", "grant_type=a&grant_type=b", FORM)
        self.assertEqual((status, answer["error"]), (400, "invalid_request"))
        status, _, _ = self.ask("POST", "/v1/auth/token", {"grant_type": "refresh_token"})
        self.assertEqual(status, 415)

    def test_clients_are_api_keys_and_their_tokens_end_with_them(self):
        got = self.person("ada", ["member"])
        user = bearer(got["access_token"])
        made = self.good("POST", "/v1/auth/keys", {"name": "robot", "scopes": ["records:read", "rules:evaluate"]},
                         bearer(self.operator()), 201)
        secret = made["secret"]
        kid = made["key"]["id"]
        basic = {"Authorization": "Basic " + base64.b64encode(("%s:%s" % (kid, secret)).encode()).decode()}
        status, answer, _ = self.token(basic, grant_type="client_credentials", scope="records:read")
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["scope"], "records:read")
        self.assertNotIn("refresh_token", answer)
        client = bearer(answer["access_token"])
        explained = self.good("POST", "/v1/auth/explain", {"resource": "forms/x", "action": "delete"}, client)
        self.assertEqual(explained["by"]["kind"], "scopes")
        status, wider, _ = self.token(basic, grant_type="client_credentials", scope="users:write")
        self.assertEqual((status, wider["error"]), (400, "invalid_scope"))
        status, wrong, _ = self.token(grant_type="client_credentials", client_id="another", client_secret=secret)
        self.assertEqual((status, wrong["error"]), (401, "invalid_client"))
        status, answer, _ = self.ask("POST", "/v1/auth/revoke", "token=" + answer["access_token"], FORM)
        self.assertEqual((status, answer["error"]), (400, "unsupported_token_type"))
        self.good("DELETE", "/v1/auth/keys/" + kid, headers=bearer(self.operator()), status=204)
        status, _, _ = self.ask("POST", "/v1/auth/explain", {"resource": "forms/x", "action": "read"}, client)
        self.assertEqual(status, 401)
        self.good("GET", "/v1/auth/session", headers=user)

    def test_a_clients_token_is_good_no_longer_than_its_key_and_the_secret_it_was_got_with(self):
        admin = bearer(self.operator())
        ends = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 120))
        wanted = {"name": "robot", "scopes": ["users:read"], "expires_at": ends}
        made = self.good("POST", "/v1/auth/keys", wanted, admin, 201)
        kid = made["key"]["id"]

        def client(secret):
            status, answer, _ = self.token(grant_type="client_credentials", client_id=kid, client_secret=secret)
            self.assertEqual(status, 200, answer)
            return answer

        first = client(made["secret"])
        self.assertLessEqual(first["expires_in"], 120)
        self.good("GET", "/v1/auth/users", headers=bearer(first["access_token"]))
        rotated = self.good("POST", "/v1/auth/keys/%s/rotate" % kid, {"overlap_seconds": 3600}, admin)
        second = client(rotated["secret"])
        for got in (first, client(made["secret"]), second):  # both secrets are good
            self.good("GET", "/v1/auth/users", headers=bearer(got["access_token"]))
        last = self.good("POST", "/v1/auth/keys/%s/rotate" % kid, {}, admin)
        for got in (first, second):  # on whichever worker
            for _ in range(8):
                self.refused(got["access_token"])
        self.good("GET", "/v1/auth/users", headers=bearer(client(last["secret"])["access_token"]))


class Access(Tokens):
    def explained(self, who, action, record=None, resource="forms/leave"):
        question = {"resource": resource, "action": action}
        if record is not None:
            question["record"] = {"created_by": "x", "doc": record}
        return self.good("POST", "/v1/auth/explain", question, bearer(who["access_token"]))

    def publish(self, text, name="leave"):
        admin = bearer(self.operator())
        self.good("PUT", "/v1/models/policies/" + name, text.encode(), dict(admin, **{"Content-Type": "application/yaml"}))
        return self.good("POST", "/v1/models/policies/%s/publish" % name, headers=admin)

    def test_a_policy_counts_from_the_answer_to_its_publish_on(self):
        ada = self.person("ada", ["member"])
        self.assertEqual(self.explained(ada, "delete", {"kind": "sick"})["effect"], "allow")
        self.publish("policy: leave\nrules: [{effect: deny, actions: [delete], when: \"record.kind == 'sick'\", "
                     "reason: {en: Sick notes are kept, zh: 病假单须保留}}]\n")
        denied = self.explained(ada, "delete", {"kind": "sick"})
        self.assertEqual(denied["effect"], "deny")
        self.assertEqual(denied["by"]["policy"], "leave")
        self.assertIn("病假单须保留", denied["text"]["zh"])
        self.assertEqual(self.explained(ada, "delete", {"kind": "annual"})["effect"], "allow")
        for turn in range(5):
            kind = "k%d" % turn
            self.publish("policy: leave\nrules: [{effect: deny, actions: [delete], when: \"record.kind == '%s'\"}]\n" % kind)
            self.assertEqual(self.explained(ada, "delete", {"kind": kind})["effect"], "deny")
            self.assertEqual(self.explained(ada, "delete", {"kind": "sick"})["effect"], "allow")
        listed = self.good("GET", "/v1/auth/policies", headers=bearer(self.operator()))["items"]
        self.assertEqual([(p["policy"], p["resources"]) for p in listed], [("leave", ["forms/leave"])])

    def test_a_faulty_policy_is_refused_at_its_place(self):
        admin = dict(bearer(self.operator()), **{"Content-Type": "application/yaml"})
        text = "policy: leave\nrules:\n  - effect: deny\n    actions: [delete]\n    when: record.kind == usr.id\n"
        status, answer, _ = self.ask("PUT", "/v1/models/policies/leave", text, admin)
        self.assertEqual(status, 422)
        first = answer.get("diagnostics", answer.get("errors"))[0]
        self.assertEqual((first["pointer"], first["code"]), ("/rules/0/when", "expression"))
        self.assertEqual((first["line"], first["column"]), (5, 26))

    def test_roles_of_the_tenant_open_routes_and_records(self):
        admin = bearer(self.operator())
        role = {"role": "clerk", "permissions": ["roles:read"],
                "grants": [{"permissions": ["records:read"], "scope": "own"}]}
        self.good("PUT", "/v1/auth/roles/clerk", role, admin)
        ada = self.person("ada", ["clerk"])
        who = bearer(ada["access_token"])
        self.assertEqual([r["role"] for r in self.good("GET", "/v1/auth/roles", headers=who)["items"]][-1], "clerk")
        status, answer, _ = self.ask("PUT", "/v1/auth/roles/clerk", role, who)
        self.assertEqual((status, answer["code"]), (403, "permission_denied"))
        mine = {"resource": "forms/x", "action": "read", "record": {"created_by": ada["user"]["id"], "doc": {}}}
        self.assertEqual(self.good("POST", "/v1/auth/explain", mine, who)["effect"], "allow")
        mine["record"]["created_by"] = "bob"
        self.assertEqual(self.good("POST", "/v1/auth/explain", mine, who)["effect"], "deny")
        role["grants"][0]["scope"] = "all"
        self.good("PUT", "/v1/auth/roles/clerk", role, admin)
        self.assertEqual(self.good("POST", "/v1/auth/explain", mine, who)["effect"], "allow")
        status, answer, _ = self.ask("PUT", "/v1/auth/roles/bad", {"role": "bad", "permissions": ["all"]}, admin)
        self.assertEqual((status, answer["code"]), (422, "invalid_roles"))
        status, answer, _ = self.ask("DELETE", "/v1/auth/roles/clerk", headers=admin)
        self.assertEqual((status, answer["code"]), (409, "in_use"))
        self.good("PUT", "/v1/auth/roles/clerk", {"role": "clerk"}, admin)
        self.assertEqual(self.good("POST", "/v1/auth/explain", mine, who)["effect"], "deny")
        self.good("PATCH", "/v1/auth/users/" + ada["user"]["id"], {"roles": []}, admin)
        self.good("DELETE", "/v1/auth/roles/clerk", headers=admin, status=204)

    def test_nobody_makes_a_role_that_opens_more_than_his_own(self):
        admin = bearer(self.operator())
        keeper = {"role": "keeper", "permissions": ["roles:*", "records:read"]}
        self.good("PUT", "/v1/auth/roles/keeper", keeper, admin)
        eve = bearer(self.person("eve", ["keeper"])["access_token"])
        self.good("PUT", "/v1/auth/roles/reader", {"role": "reader", "permissions": ["records:read"]}, eve)
        for wanted in ({"permissions": ["*"]}, {"permissions": ["records:*"]}, {"inherits": ["admin"]},
                       {"grants": [{"permissions": ["users:write"], "scope": "own"}]}):
            with self.subTest(wanted):
                status, answer, _ = self.ask("PUT", "/v1/auth/roles/mine", dict(wanted, role="mine"), eve)
                self.assertEqual((status, answer["code"]), (403, "forbidden"))
        status, _, _ = self.ask("PUT", "/v1/auth/roles/admin", {"role": "admin", "permissions": ["*"]}, admin)
        self.assertEqual(status, 422)

    def test_limited_grants_units_and_rules_open_no_administration(self):
        admin = bearer(self.operator())
        self.good("PUT", "/v1/auth/units", {"units": [{"unit": "hq"}]}, admin)
        self.good("PUT", "/v1/auth/roles/own", {"role": "own", "grants": [
            {"permissions": ["*"], "scope": "own"}, {"permissions": ["roles:*"], "when": "true"}]}, admin)
        self.good("PUT", "/v1/auth/roles/full", {"role": "full", "permissions": ["*"]}, admin)
        self.publish("policy: all\nresources: ['*']\nrules: [{effect: allow, actions: ['*']}]\n", "all")
        for name, roles in (("own", ["own"]), ("unit", ["full@hq"]), ("admin-unit", ["admin@hq"]), ("rule", ["viewer"])):
            with self.subTest(name):
                who = bearer(self.person(name, roles)["access_token"])
                for path in ("/v1/auth/users", "/v1/auth/roles"):
                    status, answer, _ = self.ask("GET", path, headers=who)
                    self.assertEqual((status, answer["code"]), (403, "permission_denied"))
        who = bearer(self.person("full", ["full"])["access_token"])
        self.good("GET", "/v1/auth/users", headers=who)

    def test_asking_about_somebody_else_wants_a_permission(self):
        ada = self.person("ada", ["member"])
        question = {"resource": "forms/x", "action": "delete", "subject": {"id": "bob", "roles": ["viewer"]}}
        self.assertEqual(self.good("POST", "/v1/auth/explain", question, bearer(self.operator()))["effect"], "deny")
        status, answer, _ = self.ask("POST", "/v1/auth/explain", question, bearer(ada["access_token"]))
        self.assertEqual((status, answer["code"]), (403, "forbidden"))


class Page(Tokens):
    def test_the_commands_of_the_page_get_tokens(self):
        got = self.person("ada", ["member"])
        made = self.good("POST", "/v1/auth/keys", {"name": "robot", "scopes": ["records:read", "rules:evaluate"]},
                         bearer(self.operator()), 201)
        [script] = blocks("design/tokens.md", "sh")
        names = {"S": "http://127.0.0.1:%d" % self.node.port, "REFRESH": got["refresh_token"], "KEY_ID": made["key"]["id"],
                 "KEY": made["secret"]}
        refreshed, client = (json.loads(run(self.node, line, **names)) for line in script.splitlines())
        self.assertNotEqual(got["refresh_token"], refreshed["refresh_token"])
        self.good("GET", "/v1/auth/session", headers=bearer(refreshed["access_token"]))
        self.assertEqual(("Bearer", "records:read"), (client["token_type"], client["scope"]))
        self.good("GET", "/v1/auth/session", headers=bearer(client["access_token"]))


class Sealed(Tokens):
    def setUp(self):
        SystemTest.setUp(self)
        with open(self.folder + "/token.key", "w", encoding="ascii") as file:
            file.write("0123456789abcdef" * 4)
        self.node = self.kernel(manifest=manifest(", token_key_file: %s/token.key" % self.folder)).start()

    def test_sealed_keys_survive_a_restart_with_their_file_and_not_without(self):
        got = self.person("ada", ["member"])
        keys = self.good("GET", "/.well-known/jwks.json")
        self.node.terminate()
        self.node.start()
        self.assertEqual(self.good("GET", "/.well-known/jwks.json"), keys)
        self.good("GET", "/v1/auth/session", headers=bearer(got["access_token"]))
        self.node.terminate()
        with open(self.folder + "/token.key", "w", encoding="ascii") as file:
            file.write("another file of at least thirty-two bytes")
        self.node.start()
        status, _, _ = self.ask("GET", "/v1/auth/session", headers=bearer(got["access_token"]))
        self.assertNotEqual(status, 200)


if __name__ == "__main__":
    main()
