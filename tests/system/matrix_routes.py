"""What system.matrix and system.matrix_ids share: a kernel with every plugin that has routes, its live route table, what
each route declares in its plugin's manifest, and asking a route with a credential as its bearer would."""

import http.client
import json
import os
import re
import urllib.parse

import auth
from auth import AUTH, GRANTS, PASSWORD
from harness import BUILD, RESIDENT, Kernel, SystemTest, plugin

PLUGINS = ("auth", "models", "forms", "rules", "notes", "hello", "blob", "pages", "openapi", "audit")
LEFT_OUT = {"drill": "breaks things on command, for the tests of crashes", "models-driver": "drives the tests of models",
            "models-kind": "stands for rules in the tests of models"}
KERNELS_OWN = {"GET /v1/usage": "authenticated"}
MANIFEST = """socle: 1
data: data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
plans: {free: {sessions.ttl: 15min}, short: {sessions.ttl: 6s}}
tenants: {acme: {plan: free}, other: {plan: free}, brief: {plan: short}, asleep: {plan: free}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {%s, oidc_reach: local%s}, %s}
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
FORM = "application/x-www-form-urlencoded"
KINDS = ("cookie", "session", "key", "token", "client")
"""How somebody shows who he is: a session's secret in a browser's cookie and as Bearer, an API key, the access token of a
sign-in, and the access token that a client got for an API key."""


def declared(name):
    """{"GET /path": {"access", "body", "query"}} of a built plugin's manifest; all have an access, or the build had failed."""
    with open(os.path.join(plugin(name), "manifest.yaml"), encoding="utf-8") as file:
        text = file.read().split("\nroutes:", 1)[1]
    text = re.split(r"\n[a-z]", text, maxsplit=1)[0]
    out = {}
    for route in re.split(r"(?:^|\n) *- |\[(?=\{)", text):
        found = re.search(r'\b(GET|POST|PUT|PATCH|DELETE): *(?:"([^"]+)"|([^",\s}]+))', route)
        if found:
            out["%s %s" % (found[1], found[2] or found[3])] = {
                "access": re.search(r'access: *"?([a-z:_-]+)"?', route)[1], "body": found[1] != "DELETE" or "body_limit" in route,
                "query": set(re.findall(r"(\w+): *\{in: query", route))}
    return out


def named(path):
    """The parameters in a route's path."""
    return re.findall(r"\{([a-z_]+)\}", path)


class MatrixTest(SystemTest):
    maxDiff = None
    ask, outcome, login = auth.Auth.ask, auth.Auth.outcome, auth.Auth.login
    come_in, invited, hire = auth.Auth.come_in, auth.Auth.invited, auth.Auth.hire

    def boot(self, config=", cold_burst: 100000"):
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth")]
        libraries = RESIDENT.replace("]", ", libargon2.so.1, libpcre2-8.so.0, libyaml-cpp.so.0.7]")
        text = MANIFEST % (libraries, *paths, AUTH, config, GRANTS, *[plugin(p) for p in PLUGINS[1:]])
        self.k = Kernel(self.folder, manifest=text)
        self.addCleanup(self.k.__exit__)
        self.k.start("--workers", "2")
        self.admin = self.come_in(self.k)
        self.about = {route: {"access": access, "body": False, "query": set()} for route, access in KERNELS_OWN.items()}
        for name in PLUGINS:
            told, said = self.k.command("explain", "plugin", name), declared(name)
            gone = {name} | {b["plugin"] for b in told["breaks"] if not b["optional"]}  # whose routes go with it
            live, all_said = set(told["routes"]), set().union(*[declared(p) for p in gone])
            self.assertEqual(live, all_said, "the live table and the manifest of " + name)
            self.about.update(said)
        self.assertGreater(len(self.about), 120)
        self.routes = {route: about["access"] for route, about in self.about.items()}
        self.page_tokens = {}

    def with_routes(self):
        """Built plugins that have routes."""
        found = set()
        for name in os.listdir(os.path.join(BUILD, "plugins")):
            path = os.path.join(plugin(name), "manifest.yaml")
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    if re.search(r"^routes:", file.read(), re.M):
                        found.add(name)
        return found

    # -- credentials -----------------------------------------------------------------------------------------------------
    def key(self, session, scopes=("*",), **more):
        """(id, secret) of an API key."""
        status, _, made = self.ask(self.k, "POST", "/v1/auth/keys", {"name": "k", "scopes": list(scopes), **more}, token=session)
        self.assertEqual(201, status, made)
        return made["key"]["id"], made["secret"]

    def grant(self, **form):
        """(status, answer) of POST /v1/auth/token."""
        status, _, answer = self.ask(self.k, "POST", "/v1/auth/token", urllib.parse.urlencode(form), Content_Type=FORM)
        return status, answer

    def granted(self, **form):
        status, answer = self.grant(**form)
        self.assertEqual(200, status, answer)
        return answer

    def client_token(self, key):
        return self.granted(grant_type="client_credentials", client_id=key[0], client_secret=key[1])["access_token"]

    def sign_in(self, tenant, name):
        """(secret of a new session, what signing in answered)."""
        status, fields, answer = self.ask(self.k, "POST", "/v1/auth/login", {"tenant": tenant, "username": name, "password": PASSWORD})
        self.assertEqual(200, status, answer)
        return fields["set-cookie"].split(";")[0].split("=", 1)[1], answer

    def shown(self, session=None, key=None, token=None, client=None):
        """{kind: the fields that show it}, for those that are given."""
        out = {"cookie": {"cookie": session, "Sec_Fetch_Site": "same-origin"}, "session": {"token": session},
               "key": {"token": key}, "token": {"token": token}, "client": {"token": client}}
        return {kind: fields for kind, fields in out.items() if (fields.get("token") or fields.get("cookie"))}

    def credentials(self, tenant="acme", name="admin", scopes=("*",)):
        """({kind: fields}, of all KINDS; the parts that they are made of)."""
        session, answer = self.sign_in(tenant, name)
        key = self.key(session, scopes)
        parts = {"session": session, "key": key, "refresh": answer["refresh_token"], "token": answer["access_token"], "client": self.client_token(key)}
        return self.shown(session, key[1], answer["access_token"], parts["client"]), parts

    # -- asking ----------------------------------------------------------------------------------------------------------
    def page_token(self, credential):
        """What the pages' forms hold for this credential; none when it opens no page."""
        name = json.dumps(credential, sort_keys=True)
        if name not in self.page_tokens:
            text = self.ask(self.k, "GET", "/login", **credential)[2]
            found = re.search(r'name="csrf" value="([^"]+)"', text) if isinstance(text, str) else None
            self.page_tokens[name] = found[1] if found else ""
        return self.page_tokens[name]

    def asked(self, route, ids=None, body=None, query="", **credential):
        """(status, code, whole text) of a request that the route takes."""
        method, path = route.split(" ", 1)
        path = re.sub(r"\{([a-z_]+)\}", lambda m: (ids or {}).get(m[1], "x"), path)
        fields = dict(credential)
        page = method == "POST" and not path.startswith("/v1/")
        if page:
            body = urllib.parse.urlencode({"csrf": self.page_token(credential), **(body or {})})
            fields["Content_Type"] = FORM
        elif re.search(r"/v1/auth/(token|introspect|revoke)$", path):
            body = urllib.parse.urlencode(body or {"token": "x", "grant_type": "x"})
            fields["Content_Type"] = FORM
        elif body is None and method != "GET" and self.about[route]["body"]:
            body = {}
        if route.startswith("PATCH /v1/files/"):
            fields["Content_Type"] = "application/octet-stream"
        if path.endswith(":import"):
            fields["Content_Type"] = "application/x-ndjson"
        if path.endswith("/events"):  # an answer without an end: its head says whether it is one
            return self.opened(path, **fields)
        status, _, answer = self.ask(self.k, method, path + query, body, **fields)
        if isinstance(answer, dict):
            return status, answer.get("code") or answer.get("error") or "", json.dumps(answer)
        shown = re.search(r'<p class="dim">([a-z_]+)</p>', answer) if status >= 400 and isinstance(answer, str) else None
        return status, shown[1] if shown else "", answer if isinstance(answer, str) else json.dumps(answer)

    def opened(self, path, token=None, cookie=None, **fields):
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        if token is not None:
            fields["Authorization"] = "Bearer " + token
        if cookie is not None:
            fields["Cookie"] = "socle_session=" + cookie
        connection = http.client.HTTPConnection("127.0.0.1", self.k.port, timeout=60)
        try:
            connection.request("GET", path, None, fields)
            answer = connection.getresponse()
            text = answer.read().decode() if answer.status != 200 else "{}"
        finally:
            connection.close()
        return answer.status, json.loads(text).get("code", ""), text
