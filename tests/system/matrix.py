"""system.matrix: every endpoint of the live route table against everybody who must not have it: without a credential,
with a made-up, an expired, a revoked one, with a key for something else, with a role that is too small, of another
tenant, of a suspended user and of a suspended tenant. The table is asked of the running kernel, what a route declares is
read in its plugin's manifest, and what must be refused follows from that alone: a new route of these plugins is in here
by itself, and a new plugin with routes fails until it is in PLUGINS or has a reason in LEFT_OUT."""

import datetime
import http.client
import json
import os
import re

import auth
from auth import AUTH, GRANTS
from harness import BUILD, RESIDENT, Kernel, SystemTest, main, plugin, wait_for

PLUGINS = ("auth", "models", "forms", "rules", "notes", "hello", "blob", "pages", "openapi", "audit")
LEFT_OUT = {"drill": "breaks things on command, for the tests of crashes", "models-driver": "drives the tests of models",
            "models-kind": "stands for rules in the tests of models"}
KERNELS_OWN = {"GET /v1/usage": "authenticated"}
MANIFEST = """socle: 1
data: data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
plans: {free: {sessions.ttl: 15min}, short: {sessions.ttl: 2s}}
tenants: {acme: {plan: free}, other: {plan: free}, brief: {plan: short}, asleep: {plan: free}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {%s, cold_burst: 100000}, %s}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1", "act-as:tenants"]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:blob/1", "call:auth/1"]}
  - {path: %s, home: kernel, grants: ["call:models/1"]}
  - {path: %s, home: kernel, grants: ["call:storage/1"]}
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, grants: ["call:storage/1", "act-as:tenants"]}
  - {path: %s, home: kernel, grants: ["call:models/1", "call:forms/1", "call:auth/1"]}
  - {path: %s, home: kernel, grants: ["call:models/1", "call:forms/1", catalog]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "act-as:tenants"]}
"""
VIEWER = {"records:read", "forms:read", "models:read", "files:read"}
# Whoever has lost his session must get there; and pages, which lead to a new one.
ON_THE_WAY_IN = re.compile(r"/v1/auth/(login|token|revoke|links/[^/]+|oidc/(choices|login/.+|callback/.+))$|/(?!v1/)")
SECRET = "only-acme-knows-this"


def declared(name):
    """{"GET /path": access} of a built plugin's manifest; every route has one, or the build had failed."""
    with open(os.path.join(plugin(name), "manifest.yaml"), encoding="utf-8") as file:
        text = file.read().split("\nroutes:", 1)[1]
    text = re.split(r"\n[a-z]", text, 1)[0]
    out = {}
    for route in re.split(r"(?:^|\n) *- |\[(?=\{)", text):
        found = re.search(r'\b(GET|POST|PUT|PATCH|DELETE): *"?([^",\s]+(?:\{[^"]*)?)"?', route)
        if found:
            access = re.search(r'access: *"?([a-z:_-]+)"?', route)
            out["%s %s" % (found[1], found[2].rstrip("},"))if "{" not in found[2] else "%s %s" % (found[1], found[2])] = access and access[1]
    return out


class Matrix(SystemTest):
    ask, outcome, login = auth.Auth.ask, auth.Auth.outcome, auth.Auth.login
    come_in, invited, hire = auth.Auth.come_in, auth.Auth.invited, auth.Auth.hire

    def setUp(self):
        super().setUp()
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth")]
        text = MANIFEST % (RESIDENT.replace("]", ", libargon2.so.1, libpcre2-8.so.0, libyaml-cpp.so.0.7]"), *paths, AUTH, GRANTS, *[plugin(p) for p in PLUGINS[1:]])
        self.k = Kernel(self.folder, manifest=text)
        self.addCleanup(self.k.__exit__)
        self.k.start("--workers", "2")
        self.admin = self.come_in(self.k)
        self.routes = dict(KERNELS_OWN)
        for name in PLUGINS:
            live = set(self.k.command("explain", "plugin", name)["routes"])
            said = declared(name)
            self.assertEqual(live, set(said), "the live table and the manifest of " + name)
            self.routes.update(said)
        self.assertGreater(len(self.routes), 120)

    def key(self, token, scopes):
        status, _, made = self.ask(self.k, "POST", "/v1/auth/keys", {"name": "k", "scopes": scopes}, token=token)
        self.assertEqual(201, status, made)
        return made["secret"]

    def asked(self, route, ids=None, **credential):
        """(status, code, whole text) of a request that the route takes."""
        method, path = route.split(" ", 1)
        path = re.sub(r"\{([a-z_]+)\}", lambda m: (ids or {}).get(m[1], "x"), path)
        body = None if method in ("GET", "DELETE") else "{}"
        if "revoke" in path or path.endswith(("/token", "/introspect")):
            body = "token=x&grant_type=x"
            credential["Content_Type"] = "application/x-www-form-urlencoded"
        if method == "POST" and not path.startswith("/v1/"):  # a page's
            body, credential["Content_Type"] = "a=b", "application/x-www-form-urlencoded"
        if route.startswith("PATCH /v1/files/"):
            credential["Content_Type"] = "application/octet-stream"
        if path.endswith(":import"):
            credential["Content_Type"] = "application/x-ndjson"
        if path.endswith("/events"):  # an answer without an end: its head says whether it is one
            return self.opened(path, **credential)
        status, _, answer = self.ask(self.k, method, path, body, **credential)
        code = answer.get("code", "") if isinstance(answer, dict) else ""
        return status, code, json.dumps(answer)

    def opened(self, path, token=None, **fields):
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        if token is not None:
            fields["Authorization"] = "Bearer " + token
        connection = http.client.HTTPConnection("127.0.0.1", self.k.port, timeout=30)
        try:
            connection.request("GET", path, None, fields)
            answer = connection.getresponse()
            text = answer.read().decode() if answer.status != 200 else "{}"
        finally:
            connection.close()
        return answer.status, json.loads(text).get("code", ""), text

    def all_refuse(self, wanted, **credential):
        """`wanted(access, path)` gives (status, code), or None where this is no refusal of authentication."""
        wrong = []
        for route, access in sorted(self.routes.items()):
            expected = wanted(access, route.split(" ", 1)[1])
            status, code, _ = self.asked(route, **credential)
            if expected is None:
                if code in ("unauthenticated", "bad_credential", "session_revoked", "session_expired", "permission_denied",
                            "insufficient_scope", "tenant_suspended", "user_suspended", "tenant_mismatch") or status >= 500:
                    wrong.append((route, "let through", status, code))
            elif (status, code) != expected:
                wrong.append((route, expected, status, code))
        self.assertEqual([], wrong)

    def bad(self, code):
        def wanted(access, path):
            way_in = ON_THE_WAY_IN.match(re.sub(r"\{[a-z_]+\}", "x", path))
            return None if access == "public" and way_in else (401, code)
        return wanted

    def test_each_plugin_with_routes_is_asked_or_left_out_for_a_reason(self):
        with_routes = set()
        for name in os.listdir(os.path.join(BUILD, "plugins")):
            path = os.path.join(plugin(name), "manifest.yaml")
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    if re.search(r"^routes:", file.read(), re.M):
                        with_routes.add(name)
        self.assertEqual(with_routes - set(LEFT_OUT), set(PLUGINS))

    def test_without_a_credential_only_public_routes_answer(self):
        self.all_refuse(lambda access, path: None if access == "public" else (401, "unauthenticated"))

    def test_made_up_revoked_and_expired_credentials_open_nothing(self):
        self.all_refuse(self.bad("bad_credential"), token="ss_acme_" + "A" * 43)
        self.all_refuse(self.bad("bad_token"), token="eyJub25l.e30.")
        self.all_refuse(self.bad("bad_credential"), token="ss_other_" + self.admin.split("_", 2)[2])
        revoked = self.login(self.k)
        self.assertEqual(204, self.ask(self.k, "POST", "/v1/auth/logout", token=revoked)[0])
        self.all_refuse(self.bad("session_revoked"), token=revoked)
        brief = self.come_in(self.k, "brief")
        wait_for("the session's end", 20, lambda: self.outcome(self.k, "GET", "/v1/auth/session", token=brief)[0] == 401, pause=2.2)
        self.all_refuse(self.bad("session_expired"), token=brief)

    def test_expired_and_deleted_keys_and_tokens_of_ended_sessions_open_nothing(self):
        def made(**more):
            status, _, answer = self.ask(self.k, "POST", "/v1/auth/keys", {"name": "k", "scopes": ["*"], **more}, token=self.admin)
            self.assertEqual(201, status, answer)
            return answer["key"]["id"], answer["secret"]
        gone, deleted = made()
        self.assertEqual(204, self.ask(self.k, "DELETE", "/v1/auth/keys/" + gone, token=self.admin)[0])
        self.all_refuse(self.bad("bad_credential"), token=deleted)
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        _, brief = made(expires_at=until.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (until.microsecond // 1000))
        wait_for("the key's end", 20, lambda: self.outcome(self.k, "GET", "/v1/auth/session", token=brief)[0] == 401, pause=0.2)
        self.all_refuse(self.bad("key_expired"), token=brief)
        status, fields, answer = self.ask(self.k, "POST", "/v1/auth/login",
                                          {"tenant": "acme", "username": "admin", "password": auth.PASSWORD})
        self.assertEqual(200, status, answer)
        session = fields["set-cookie"].split(";")[0].split("=", 1)[1]
        self.assertEqual(200, self.ask(self.k, "GET", "/v1/auth/session", token=answer["access_token"])[0])
        self.assertEqual(204, self.ask(self.k, "POST", "/v1/auth/logout", token=session)[0])
        self.all_refuse(self.bad("session_revoked"), token=answer["access_token"])

    def test_a_key_opens_what_it_names_and_a_role_what_it_grants(self):
        self.all_refuse(lambda access, path: (403, "insufficient_scope") if ":" in access else None,
                        token=self.key(self.admin, ["nothing:read"]))
        _, viewer = self.hire(self.k, self.admin, "vic", "viewer")
        self.routes.pop("POST /v1/auth/logout")
        self.routes.pop("DELETE /v1/auth/sessions")
        self.routes.pop("POST /logout")
        self.routes.pop("POST /account/sessions/end")
        self.all_refuse(lambda access, path: (403, "permission_denied") if ":" in access and access not in VIEWER else None,
                        token=viewer)

    def test_another_tenants_credential_does_not_open_this_one(self):
        other = self.come_in(self.k, "other")
        self.all_refuse(lambda access, path: (403, "tenant_mismatch"), token=other, X_Tenant_ID="acme")

    def test_a_suspended_user_and_a_suspended_tenant_have_nothing(self):
        user, session = self.hire(self.k, self.admin, "sue", "admin")
        key = self.key(session, ["*"])
        self.assertEqual(200, self.ask(self.k, "PATCH", "/v1/auth/users/" + user, {"state": "suspended"}, token=self.admin)[0])
        self.all_refuse(self.bad("session_revoked"), token=session)
        way_in = lambda path: ON_THE_WAY_IN.match(re.sub(r"\{[a-z_]+\}", "x", path))
        self.all_refuse(lambda access, path: None if access == "public" and way_in(path) else (403, "user_suspended"), token=key)
        asleep = self.come_in(self.k, "asleep")
        self.k.command("tenant", "suspend", "asleep")
        self.all_refuse(lambda access, path: (403, "tenant_suspended"), token=asleep)

    def test_ids_of_one_tenant_are_nothing_to_another_and_to_another_user(self):
        ask = lambda method, path, body, token: self.ask(self.k, method, path, body, token=token)
        user, bob = self.hire(self.k, self.admin, "bob", "member")
        key = ask("POST", "/v1/auth/keys", {"name": SECRET, "scopes": ["records:read"]}, bob)[2]["key"]["id"]
        session = ask("GET", "/v1/auth/sessions", None, bob)[2]["items"][0]["id"]
        self.assertEqual(200, ask("PUT", "/v1/auth/roles/tester", {"role": "tester", "grants": [{"permissions": ["x:read"]}]}, self.admin)[0])
        form = {"form": "secrets", "title": SECRET, "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
        rules = {"rules": "secrets", "input": {"type": "object"}, "steps": [{"set": "a", "expr": "'%s'" % SECRET}], "output": {"a": "a"}}
        for kind, model in (("forms", form), ("rules", rules)):
            self.assertEqual(200, ask("PUT", "/v1/models/%s/secrets" % kind, model, self.admin)[0])
            status, _, answer = ask("POST", "/v1/models/%s/secrets/publish" % kind, {}, self.admin)
            self.assertEqual(200, status, answer)
        status, _, record = ask("POST", "/v1/forms/secrets/records", {"a": SECRET}, self.admin)
        self.assertEqual(201, status, record)
        note = ask("POST", "/v1/notes", {"title": SECRET, "text": SECRET}, self.admin)[2]["id"]
        ids = {"id": user, "role": "tester", "form": "secrets", "ruleset": "secrets", "kind": "forms", "name": "secrets", "provider": "idp"}
        special = {"/v1/auth/sessions/{id}": session, "/v1/auth/keys/{id}": key, "/v1/auth/keys/{id}/rotate": key, "/v1/notes/{id}": note,
                   "/v1/forms/{form}/records/{id}": record["id"]}
        other = self.come_in(self.k, "other")
        _, viewer = self.hire(self.k, self.admin, "vic", "viewer")
        own_state = ("logout", "/account", "/v1/auth/sessions", "PUT /v1/auth/", "password", "totp")
        leaks, found = [], []
        for route in sorted(self.routes):
            method, path = route.split(" ", 1)
            if any(route.endswith(s) or s in route for s in own_state) and "{id}" not in path:
                continue
            own = dict(ids, id=special.get(path, user))
            status, code, text = self.asked(route, ids=own, token=other)
            if SECRET in text or record["id"] in text:
                leaks.append((route, "other tenant", status))
            if status < 300 and "{id}" in path:
                found.append((route, status))
            if path in ("/v1/auth/sessions/{id}", "/v1/auth/keys/{id}/rotate"):
                self.assertEqual((404, "not_found"), self.asked(route, ids=own, token=viewer)[:2], route)
        self.assertEqual(([], []), (leaks, found))
        self.assertEqual(200, ask("GET", "/v1/forms/secrets/records/" + record["id"], None, self.admin)[0])
        self.assertEqual(200, ask("GET", "/v1/auth/users/" + user, None, self.admin)[0])


if __name__ == "__main__":
    main()
