"""system.matrix: every endpoint of the live route table against everybody who must not have it: nobody, and whoever shows
what is made up, expired, revoked, another tenant's, for something else, of a suspended user or of a suspended tenant; each
in a cookie, as a session's secret, an API key, an access token and a client's token. The table is asked of the running
kernel, what a route declares is read in its plugin's manifest, and what must be refused follows from that and from REFUSED:
a new route of these plugins is in here by itself, a new plugin with routes fails until it is in PLUGINS or has a reason in
LEFT_OUT (matrix_routes.py). Ids that are others' are asked for in matrix_ids.py, a token's own time is waited for in matrix_time.py."""

import datetime
import http.client
import json
import re

from auth import PASSWORD
from harness import main, wait_for
from matrix_routes import FORM, KINDS, LEFT_OUT, PLUGINS, MatrixTest

# {what is shown: {how: what every route answers that is not public}}; so do public ones, but for the way in.
REFUSED = {
    "made up": {"cookie": (401, "bad_credential"), "session": (401, "bad_credential"), "key": (401, "bad_credential"),
                "token": (401, "bad_token"), "client": (401, "bad_token")},
    "expired": {"cookie": (401, "session_expired"), "session": (401, "session_expired"), "key": (401, "key_expired"),
                "token": (401, "session_expired"), "client": (401, "bad_token")},
    "revoked": {"cookie": (401, "session_revoked"), "session": (401, "session_revoked"), "key": (401, "bad_credential"),
                "token": (401, "session_revoked"), "client": (401, "bad_token")},
    "rotated away": {"key": (401, "bad_credential"), "client": (401, "bad_token")},
    "over by its own time": {"token": (401, "bad_token"), "client": (401, "bad_token")},
    "another tenant's": dict.fromkeys(KINDS, (403, "tenant_mismatch")),
    "a small role's": dict.fromkeys(KINDS, (403, "permission_denied")),
    # What is in a cookie, and a session's secret, is never for a part only.
    "for something else": {"key": (403, "insufficient_scope"), "token": (403, "insufficient_scope"), "client": (403, "insufficient_scope")},
    "a suspended user's": {"cookie": (401, "session_revoked"), "session": (401, "session_revoked"), "key": (403, "user_suspended"),
                           "token": (401, "session_revoked"), "client": (403, "user_suspended")},
    "a suspended tenant's": dict.fromkeys(KINDS, (403, "tenant_suspended")),
}
REFUSALS = {code for row in REFUSED.values() for _, code in row.values()} | {"unauthenticated"}
# Whoever has lost his session must get there; and pages, which lead to a new one.
ON_THE_WAY_IN = re.compile(r"/v1/auth/(login|token|revoke|links/[^/]+|oidc/(choices|login/.+|callback/.+))$|/(?!v1/)")
VIEWER = {"records:read", "forms:read", "models:read", "files:read"}
# What these want is somebody who has signed in, and no key or narrowed token (docs/auth.md, *self*); of the other routes
# without a permission this says why a key may have them.
SELF = {"POST /v1/auth/logout", "GET /v1/auth/sessions", "DELETE /v1/auth/sessions", "DELETE /v1/auth/sessions/{id}",
        "POST /v1/auth/password", "POST /v1/auth/totp", "POST /v1/auth/totp/confirm", "DELETE /v1/auth/totp",
        "POST /v1/auth/recovery-codes", "GET /v1/auth/oidc/links", "POST /v1/auth/oidc/links/{id}", "DELETE /v1/auth/oidc/links/{id}",
        "GET /v1/auth/keys", "POST /v1/auth/keys", "POST /v1/auth/keys/{id}/rotate", "DELETE /v1/auth/keys/{id}",
        "POST /logout", "GET /account", "POST /account/{what}", "POST /account/sessions/{id}/end", "POST /account/sessions/end",
        "POST /account/keys/{id}/remove", "POST /account/links/{provider}", "POST /account/links/{id}/remove"}
NOT_SELF = {"GET /v1/auth/session": "a key sees what it is", "POST /v1/auth/explain": "decides nothing and shows what the key may",
            "GET /v1/openapi.json": "the interface", "GET /": "the forms, as far as the key may read them",
            "GET /v1/usage": "what the tenant used"}
# Each of these begins with no credential and could let a suspended tenant's people in.
SUSPENDED_WAYS_IN = {"POST /v1/auth/login", "POST /v1/auth/token"}
# These give nothing to anybody of a tenant: what else is on the way in.
OTHER_WAYS_IN = {"POST /v1/auth/revoke": "takes away only", "GET /v1/auth/links/{link}": "shows whom the link is for",
                 "POST /v1/auth/links/{link}": "sets a password that is of no use until the tenant is resumed",
                 "GET /v1/auth/oidc/choices": "names providers, as the page for signing in does",
                 "GET /v1/auth/oidc/login/{provider}": "leads to the provider", "GET /v1/auth/oidc/callback/{tenant}/{provider}": "system.oidc"}


def way_in(path):
    return ON_THE_WAY_IN.match(re.sub(r"\{[a-z_]+\}", "x", path))


class Refusals(MatrixTest):
    def all_refuse(self, wanted, routes=None, **credential):
        """(route, wanted, status, code) of what answers otherwise: `wanted(access, path)` gives (status, code), or None where
        this is no refusal of authentication."""
        wrong = []
        for route in sorted(self.routes if routes is None else routes):
            expected = wanted(self.routes[route], route.split(" ", 1)[1])
            status, code, _ = self.asked(route, {"what": "keys"}, **credential)
            if expected is None:
                if code in REFUSALS or status >= 500:
                    wrong.append((route, "let through", status, code))
            elif (status, code) != expected:
                wrong.append((route, expected, status, code))
        return wrong

    def refused(self, what, shown, everywhere=False, only=None):
        """Each kind of credential that can be so, at every route; `only`: at what asks for a permission, which it names."""
        self.assertEqual(set(REFUSED[what]), set(shown), "REFUSED names how something can be shown that is " + what)
        wrong = {}
        for kind, fields in sorted(shown.items()):
            def wanted(access, path, answer=REFUSED[what][kind]):
                if only is not None:
                    return answer if only(access) else None
                through = answer[1] != "tenant_suspended" and access == "public" and way_in(path)
                return answer if everywhere or not through else None
            found = self.all_refuse(wanted, **fields)
            if found:
                wrong[kind] = found[:5]
        self.assertEqual({}, wrong, "what is %s: (route, wanted, status, code)" % what)

    def spoilt(self, shown):
        """The same with another end: a secret that nobody has, a signature that is wrong."""
        return {kind: {name: re.sub(r".{8}$", "AAAAAAAA", value) if name in ("token", "cookie") else value for name, value in fields.items()}
                for kind, fields in shown.items()}


class Matrix(Refusals):
    def setUp(self):
        super().setUp()
        self.boot()

    def test_each_plugin_with_routes_is_asked_or_left_out_for_a_reason(self):
        self.assertEqual(self.with_routes() - set(LEFT_OUT), set(PLUGINS),
                         "add a new plugin with routes to PLUGINS and MANIFEST, or to LEFT_OUT with the reason (matrix_routes.py)")

    def test_without_a_credential_only_public_routes_answer(self):
        self.assertEqual([], self.all_refuse(lambda access, path: None if access == "public" else (401, "unauthenticated")))

    def test_what_is_made_up_opens_nothing(self):
        shown, parts = self.credentials()
        self.refused("made up", self.spoilt(shown))
        foreign = parts["session"].replace("ss_acme_", "ss_other_"), parts["key"][1].replace("sk_acme_", "sk_other_")
        self.refused("made up", {**self.spoilt(shown), **self.shown(session=foreign[0], key=foreign[1])})
        self.assertEqual([], self.all_refuse(lambda access, path: None if access == "public" and way_in(path) else (401, "bad_credential"),
                                             cookie=parts["key"][1], Sec_Fetch_Site="same-origin"))

    def test_what_was_revoked_opens_nothing(self):
        shown, parts = self.credentials()
        for kind, fields in shown.items():
            self.assertEqual(200, self.ask(self.k, "GET", "/v1/auth/session", **fields)[0], kind)
        self.assertEqual(204, self.ask(self.k, "DELETE", "/v1/auth/keys/" + parts["key"][0], token=parts["session"])[0])
        self.assertEqual(204, self.ask(self.k, "POST", "/v1/auth/logout", token=parts["session"])[0])
        self.refused("revoked", shown)
        self.assertEqual("invalid_grant", self.grant(grant_type="refresh_token", refresh_token=parts["refresh"])[1]["error"])
        self.assertEqual("invalid_client", self.grant(grant_type="client_credentials", client_id=parts["key"][0],
                                                      client_secret=parts["key"][1])[1]["error"])

    def test_the_old_secret_of_a_key_and_its_tokens_end_with_a_new_one(self):
        key = self.key(self.admin)
        token = self.client_token(key)
        status, _, made = self.ask(self.k, "POST", "/v1/auth/keys/%s/rotate" % key[0], {}, token=self.admin)
        self.assertEqual(200, status, made)
        self.assertEqual(200, self.ask(self.k, "GET", "/v1/auth/session", token=made["secret"])[0])
        self.refused("rotated away", self.shown(key=key[1], client=token))

    def test_what_has_expired_opens_nothing(self):
        self.come_in(self.k, "brief")
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=15)
        key = self.key(self.admin, expires_at=until.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (until.microsecond // 1000))
        client = self.client_token(key)
        session, answer = self.sign_in("brief", "admin")
        over = lambda token: self.outcome(self.k, "GET", "/v1/auth/session", token=token)[0] == 401
        wait_for("the key's end", 60, lambda: over(key[1]), pause=0.2)
        wait_for("the session's end", 60, lambda: over(session), pause=6.2)  # less would keep it alive
        self.refused("expired", self.shown(session, key[1], answer["access_token"], client))
        self.assertEqual("invalid_client", self.grant(grant_type="client_credentials", client_id=key[0], client_secret=key[1])[1]["error"])
        self.assertEqual("invalid_grant", self.grant(grant_type="refresh_token", refresh_token=answer["refresh_token"])[1]["error"])

    def test_a_role_opens_what_it_grants_however_it_is_shown(self):
        user, session = self.hire(self.k, self.admin, "vic", "admin")
        key = self.key(session)
        client = self.client_token(key)
        self.assertEqual(200, self.ask(self.k, "PATCH", "/v1/auth/users/" + user, {"roles": ["viewer"]}, token=self.admin)[0])
        session, answer = self.sign_in("acme", "vic")
        for route in ("POST /v1/auth/logout", "DELETE /v1/auth/sessions", "POST /logout", "POST /account/sessions/end"):
            self.routes.pop(route)  # would end what is shown
        self.refused("a small role's", self.shown(session, key[1], answer["access_token"], client),
                     only=lambda access: ":" in access and access not in VIEWER)

    def test_what_is_for_something_else_opens_only_that(self):
        session, answer = self.sign_in("acme", "admin")
        key = self.key(session, ["nothing:read"])
        narrow = self.granted(grant_type="refresh_token", refresh_token=answer["refresh_token"], scope="nothing:read")
        shown = self.shown(key=key[1], token=narrow["access_token"], client=self.client_token(key))
        self.refused("for something else", shown, only=lambda access: ":" in access)

    def test_a_key_and_a_narrowed_token_are_nobody_who_has_signed_in(self):
        bare = {route for route, access in self.routes.items() if access == "authenticated"}
        self.assertEqual(bare, SELF | set(NOT_SELF), "a route for whoever is signed in: add it to SELF, or to NOT_SELF with the reason")
        session, answer = self.sign_in("acme", "admin")
        key = self.key(session, ["nothing:read"])
        narrow = self.granted(grant_type="refresh_token", refresh_token=answer["refresh_token"], scope="nothing:read")
        for kind, fields in self.shown(key=key[1], token=narrow["access_token"], client=self.client_token(key)).items():
            with self.subTest(kind):
                self.assertEqual([], self.all_refuse(lambda access, path: (403, "session_required"), SELF, **fields))
                self.assertEqual([], self.all_refuse(lambda access, path: None, NOT_SELF, **fields))

    def test_another_tenants_credential_does_not_open_this_one(self):
        self.come_in(self.k, "other")
        shown, _ = self.credentials("other")
        self.refused("another tenant's", {kind: dict(fields, X_Tenant_ID="acme") for kind, fields in shown.items()}, everywhere=True)

    def test_a_cookie_that_another_sites_page_makes_a_browser_send_changes_nothing(self):
        changing = [route for route in self.routes if not route.startswith("GET ")]
        self.assertEqual([], self.all_refuse(lambda access, path: (403, "cross_site_request"), changing,
                                             cookie=self.admin, Sec_Fetch_Site="cross-site"))

    def test_a_suspended_user_has_nothing(self):
        user, _ = self.hire(self.k, self.admin, "sue", "admin")
        shown, parts = self.credentials(name="sue")
        self.assertEqual(200, self.ask(self.k, "PATCH", "/v1/auth/users/" + user, {"state": "suspended"}, token=self.admin)[0])
        self.refused("a suspended user's", shown)
        login = {"tenant": "acme", "username": "sue", "password": PASSWORD}
        self.assertEqual((403, "user_suspended"), self.outcome(self.k, "POST", "/v1/auth/login", login))
        self.assertEqual("invalid_grant", self.grant(grant_type="refresh_token", refresh_token=parts["refresh"])[1]["error"])
        self.assertEqual("invalid_client", self.grant(grant_type="client_credentials", client_id=parts["key"][0],
                                                      client_secret=parts["key"][1])[1]["error"])

    def test_a_suspended_tenant_has_nothing(self):
        self.come_in(self.k, "asleep")
        shown, parts = self.credentials("asleep")
        self.k.command("tenant", "suspend", "asleep")
        self.refused("a suspended tenant's", shown, everywhere=True)
        public = {route for route, access in self.routes.items() if access == "public" and "/v1/" in route and way_in(route.split(" ")[1])}
        self.assertEqual(public, SUSPENDED_WAYS_IN | set(OTHER_WAYS_IN), "a new way in: add it to SUSPENDED_WAYS_IN and show here "
                         "that it is closed to a suspended tenant, or to OTHER_WAYS_IN with the reason")
        refusal = (403, "tenant_suspended")
        with self.subTest("login"):
            self.assertEqual(refusal, self.outcome(self.k, "POST", "/v1/auth/login", {"tenant": "asleep", "username": "admin", "password": PASSWORD}))
        code = lambda answer: (answer[0], answer[1].get("code") or answer[1].get("error"))
        with self.subTest("refresh_token"):
            self.assertEqual(refusal, code(self.grant(grant_type="refresh_token", refresh_token=parts["refresh"])))
        with self.subTest("client_credentials"):
            self.assertEqual(refusal, code(self.grant(grant_type="client_credentials", client_id=parts["key"][0], client_secret=parts["key"][1])))
        self.k.command("tenant", "resume", "asleep")
        for kind, fields in shown.items():  # nothing was taken away but the service
            self.assertEqual(200, self.ask(self.k, "GET", "/v1/auth/session", **fields)[0], kind)


class HeldBack(Refusals):
    def from_address(self, last, method, path, body=None, **fields):
        """Answers, one after the other, to a client of its own address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.k.port, timeout=60, source_address=("127.0.0.%d" % last, 0))
        self.addCleanup(connection.close)
        while True:
            yield self.ask(self.k, method, path, body, connection=connection, **fields)

    def test_bogus_credentials_are_held_back_wherever_they_are_shown(self):
        self.boot(", cold_burst: 20, cold_refill: 1h")
        bogus = self.spoilt(self.credentials()[0])
        doors = {kind: ("GET", "/v1/usage", None, fields) for kind, fields in bogus.items()}
        grant = "grant_type=client_credentials&client_id=x&client_secret="
        doors["revoke"] = ("POST", "/v1/auth/revoke", "token=" + bogus["token"]["token"], {"Content_Type": FORM})
        refresh = "sr_acme_%s_%s" % ("A" * 22, "A" * 43)
        doors["revoke, a refresh token"] = ("POST", "/v1/auth/revoke", "token=" + refresh, {"Content_Type": FORM})
        doors["refresh"] = ("POST", "/v1/auth/token", "grant_type=refresh_token&refresh_token=" + refresh, {"Content_Type": FORM})
        doors["a client's grant"] = ("POST", "/v1/auth/token", grant + bogus["key"]["token"], {"Content_Type": FORM})
        for last, (door, (method, path, body, fields)) in enumerate(doors.items(), 11):
            with self.subTest(door):
                answers = self.from_address(last, method, path, body, **fields)
                told = [next(answers) for _ in range(40)]
                self.assertNotEqual(429, told[0][0], "the first is judged")
                status, headers, problem = told[-1]
                self.assertEqual((429, "too_many_credentials"), (status, problem.get("code") if problem else ""))
                self.assertGreater(int(headers["retry-after"]), 0)
                self.assertEqual(200, self.ask(self.k, "GET", "/v1/usage", token=self.admin)[0], "another address has its own budget")


if __name__ == "__main__":
    main()
