"""system.matrix_ids: every id that a route takes, asked for by somebody whose it is not: an administrator of another tenant,
a colleague, an administrator of the same tenant. ROWS says for each route with a parameter what is made, whose it is and
what each of them must be told; a route or a parameter without a row fails with what to add. Whoever is refused is refused
with each kind of credential, learns nothing of what is kept there, and its owner has it afterwards as before."""

import itertools
import json
import time

from auth import PASSWORD, totp
from fake_provider import FakeProvider
from harness import main
from matrix import SELF
from matrix_routes import MatrixTest, named

SECRET, PRIVATE = "only-acme-knows-this", "only-ann-knows-this"
OPEN = "allowed"
NONE, DENIED, FORBIDDEN = (404, "not_found"), (403, "permission_denied"), dict.fromkeys(("colleague", "boss"), (403, "forbidden"))
FORM, MODEL = (404, "unknown_form"), (404, "unknown_model")


def row(make, owner, tenant=NONE, colleague=OPEN, boss=OPEN, **how):
    """`make`: the method that makes it (make_...) and gives its parameters; `owner`: the status that its owner gets."""
    return {"make": make, "owner": owner, "tenant": tenant, "colleague": colleague, "boss": boss, **how}


def own(make, owner, **how):
    """A person's own: nobody else's, not even an administrator's."""
    return row(make, owner, **{"colleague": NONE, "boss": NONE, **how})


def kept(make, owner, tenant=NONE, **how):
    """The tenant's, for administrators."""
    return row(make, owner, tenant, **{"colleague": DENIED, **how})


NOTE = {"title": SECRET, "text": SECRET}
ROLE = {"role": "tester", "grants": [{"permissions": ["x:read"]}]}
RULE = "record.created_by == user.id"


def form_model(ids):
    return {"form": ids["form"], "title": SECRET, "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
            "access": {"create": "true", "read": RULE, "update": RULE, "delete": RULE}}


def provider_body(ids):
    return {"issuer": ids["issuer"], "client_id": "socle", "client_secret": SECRET, "register": True, "roles": ["member"]}


ROWS = {
    "DELETE /v1/auth/sessions/{id}": own("session", 204),
    "POST /account/sessions/{id}/end": own("session", 303),
    "POST /v1/auth/keys/{id}/rotate": own("key", 200),
    "DELETE /v1/auth/keys/{id}": own("key", 204, boss=OPEN),
    "POST /account/keys/{id}/remove": own("key", 303, boss=OPEN),
    "DELETE /v1/auth/oidc/links/{id}": own("account", 409, body={"password": PASSWORD}),  # there, and the last way in
    "POST /v1/auth/oidc/links/{id}": row("provider", 200, body={"password": PASSWORD}),
    "GET /v1/auth/roles/{role}": kept("role", 200),
    "PUT /v1/auth/roles/{role}": kept("role", 200, OPEN, body=lambda ids: dict(ROLE, role=ids["role"])),
    "DELETE /v1/auth/roles/{role}": kept("role", 204),
    "POST /roles/{role}/delete": kept("role", 303),
    "GET /roles/{role}": kept("role", 200),
    "POST /roles/{role}": kept("role", 409, boss=(409, "")),  # without the version that it changes
    "POST /account/links/{id}/remove": own("account", 409, body={"password": PASSWORD}),
    "POST /account/links/{provider}": row("provider", 200, body={"password": PASSWORD}),
    "GET /v1/auth/users/{id}": kept("user", 200),
    "PATCH /v1/auth/users/{id}": kept("user", 200, body={"name": "other"}),
    "DELETE /v1/auth/users/{id}": kept("user", 204),
    "POST /v1/auth/users/{id}/password-link": kept("user", 201),
    "GET /v1/auth/users/{id}/sessions": kept("user", 200),
    "DELETE /v1/auth/users/{id}/sessions": kept("user", 200),
    "DELETE /v1/auth/users/{id}/totp": kept("factor", 204),
    "GET /users/{id}": kept("user", 200),
    "GET /users/{id}/delete": kept("user", 200),
    "POST /users/{id}/{what}": kept("user", 303),
    "GET /v1/auth/oidc/providers/{provider}": kept("provider", 200),
    "PUT /v1/auth/oidc/providers/{provider}": kept("provider", 200, OPEN, body=provider_body),
    "DELETE /v1/auth/oidc/providers/{provider}": kept("provider", 204),
    "POST /v1/auth/oidc/providers/{provider}/check": kept("provider", 200),
    "GET /v1/models/{kind}": row("form", 200, OPEN),
    "GET /v1/models/{kind}/{name}": row("form", 200, MODEL),
    "PUT /v1/models/{kind}/{name}": kept("form", 200, OPEN, body=form_model),
    "DELETE /v1/models/{kind}/{name}": kept("draft_of_form", 204, (404, "no_draft")),
    "POST /v1/models/{kind}/{name}/publish": kept("draft_of_form", 200, (409, "no_draft")),
    "POST /v1/models/{kind}/{name}/rollback": kept("second_version", 200, MODEL, body={"version": "1.0.0"}),
    "POST /v1/models/{kind}/{name}/retire": kept("form", 200, MODEL),
    "GET /v1/models/{kind}/{name}/versions": row("form", 200, MODEL),
    "GET /v1/models/{kind}/{name}/history": row("form", 200, MODEL),
    "GET /v1/models/{kind}/{name}/diff": row("form", 200, MODEL, query="?from=1.0.0&to=1.0.0"),
    "GET /v1/forms/{form}": row("form", 200, FORM),
    "GET /v1/forms/{form}/schema": row("form", 200, FORM),
    "GET /v1/forms/{form}/ui": row("form", 200, FORM),
    "POST /v1/forms/{form}/records": row("form", 201, FORM, body={"a": "1"}),
    "GET /v1/forms/{form}/records": row("record", 200, OPEN),
    "GET /v1/forms/{form}/records/{id}": row("record", 200, **FORBIDDEN),
    "PUT /v1/forms/{form}/records/{id}": row("record", 200, **FORBIDDEN, body={"a": "1"}),
    "PATCH /v1/forms/{form}/records/{id}": row("record", 200, **FORBIDDEN, body={"a": "1"}),
    "DELETE /v1/forms/{form}/records/{id}": row("record", 204, **FORBIDDEN),
    "POST /v1/forms/{form}/records:batch": row("record", 200, **FORBIDDEN, body=lambda ids: [{"op": "delete", "id": ids["id"]}]),
    "POST /v1/forms/{form}/records:validate": row("form", 200, FORM),
    "POST /v1/forms/{form}/records:import": row("form", 200, FORM, body='{"a": "1"}\n'),
    "GET /v1/forms/{form}/records:export": row("record", 200, OPEN, query="?format=jsonl"),
    "GET /v1/forms/{form}/drafts": row("draft", 200, OPEN),
    "POST /v1/forms/{form}/drafts": row("form", 201, FORM, body={"a": "1"}),
    "GET /v1/forms/{form}/drafts/{id}": own("draft", 200),
    "PUT /v1/forms/{form}/drafts/{id}": own("draft", 200, body={"a": "1"}),
    "DELETE /v1/forms/{form}/drafts/{id}": own("draft", 204),
    "POST /v1/rules/{ruleset}/evaluate": row("ruleset", 200, MODEL, body={"input": {}}),
    "POST /v1/rules/{ruleset}:test": row("ruleset", 200, MODEL),
    "GET /v1/notes/{id}": row("note", 200),
    "PUT /v1/notes/{id}": row("note", 200, body=NOTE),
    "PATCH /v1/notes/{id}": row("note", 200, body=NOTE),
    "DELETE /v1/notes/{id}": row("note", 204),
    "PATCH /v1/files/{id}": own("upload", 200, body="x" * 5, fields={"Upload_Offset": "5", "Upload_Complete": "?1"}),
    "GET /v1/files/{id}": row("file", 200),
    "GET /v1/files/{id}:about": row("file", 200),
    "DELETE /v1/files/{id}": row("file", 204),
    "GET /forms/{form}": row("record", 200, OPEN),
    "GET /forms/{form}/new": row("form", 200, FORM),
    "GET /v1/forms/{form}/page": row("form", 200, FORM),
    "POST /forms/{form}/new": row("form", 303, FORM),
    "POST /forms/{form}/evaluate": row("form", 200, FORM),
    "GET /forms/{form}/{id}": row("record", 200, **FORBIDDEN),
    "GET /forms/{form}/{id}/edit": row("record", 200, **FORBIDDEN),
    "POST /forms/{form}/{id}/edit": row("record", 303, **FORBIDDEN, body={"version": "1"}),
    "POST /forms/{form}/{id}/evaluate": row("record", 200, **FORBIDDEN, body={"version": "1"}),
    "GET /forms/{form}/{id}/delete": row("record", 200, **FORBIDDEN),
    "POST /forms/{form}/{id}/delete": row("record", 303, **FORBIDDEN),
    "POST /forms/{form}/drafts/{id}/delete": own("draft", 303),
    # Ids in the query.
    "POST /v1/forms/{form}/records?draft": row("draft", 201, OPEN, body={"a": "1"}, look="GET /v1/forms/{form}/drafts/{id}"),
    "GET /forms/{form}/new?draft": own("draft", 200),
}
NO_IDS = {
    "GET /v1/auth/links/{link}": "whoever has the link is whom it is for", "POST /v1/auth/links/{link}": "the same",
    "GET /join/{link}": "the same", "POST /join/{link}": "the same",
    "GET /v1/auth/oidc/login/{provider}": "for everybody, of the tenant that the query names", "POST /account/{what}": "what is to be done",
    "GET /v1/auth/oidc/callback/{tenant}/{provider}": "the state is what is shown: system.oidc",
    "GET /v1/templates/{kind}/{name}": "come with the product", "GET /v1/hello/{name}": "said back", "GET /assets/{file}": "of the product"}
NO_IDS_IN_QUERIES = {
    "tenant", "limit", "cursor", "filter", "order", "fields", "expand", "count", "explain", "format", "mapping", "preview", "version", "from", "to",
    "formId", "mode", "name", "inline", "all", "done", "why", "next", "return_to", "state", "code", "iss", "error",
    "title", "forms", "target", "since", "trace", "until", "operation"}
KEYS_WRITE = {"DELETE /v1/auth/keys/{id}", "POST /account/keys/{id}/remove"}  # a key for keys:write may, unlike other keys


MEMBERS = ["records:*", "files:*", "forms:read", "models:read", "rules:evaluate"]


class Ids(MatrixTest):
    def setUp(self):
        super().setUp()
        self.boot()
        self.numbers = itertools.count(1)
        self.provider = FakeProvider(self.folder)
        self.addCleanup(self.provider.close)
        _, self.ann = self.hire(self.k, self.admin, "ann", "member")
        self.hire(self.k, self.admin, "bob", "member")
        self.other = self.come_in(self.k, "other")
        self.others = {"tenant": self.credentials("other")[0], "colleague": self.credentials(name="bob", scopes=MEMBERS)[0],
                       "boss": self.credentials()[0]}

    # -- what there is to be asked for: (parameters, whose it is) ----------------------------------------------------------
    def good(self, method, path, body=None, token=None, **fields):
        status, _, answer = self.ask(self.k, method, path, body, token=token or self.admin, **fields)
        self.assertLess(status, 300, (method, path, answer))
        return answer

    def fresh(self, kind):
        return "%s-%d" % (kind, next(self.numbers))

    def make_session(self):
        session, _ = self.sign_in("acme", "ann")
        [found] = [one["id"] for one in self.good("GET", "/v1/auth/sessions", token=session)["items"] if one["current"]]
        return {"id": found}, self.ann

    def make_key(self):
        made = self.good("POST", "/v1/auth/keys", {"name": PRIVATE, "scopes": ["records:read"]}, self.ann)
        return {"id": made["key"]["id"]}, self.ann

    def make_account(self):
        """An account of a provider: linked to somebody who came by it."""
        ids, _ = self.make_provider()
        status, fields, _ = self.ask(self.k, "GET", "/v1/auth/oidc/login/%s?tenant=acme" % ids["provider"])
        self.assertEqual(302, status)
        name = self.fresh("guest")
        back = self.provider.consent(fields["location"], sub=name, preferred_username=name)
        status, fields, answer = self.ask(self.k, "GET", back, Cookie=fields["set-cookie"].split(";")[0])
        self.assertEqual(303, status, answer)
        session = fields["set-cookie"].split(";")[0].split("=", 1)[1]
        return {"id": self.good("GET", "/v1/auth/oidc/links", token=session)["items"][0]["id"]}, session

    def make_provider(self):
        ids = {"provider": self.fresh("idp"), "issuer": self.provider.issuer}
        self.good("PUT", "/v1/auth/oidc/providers/" + ids["provider"], provider_body(ids))
        return dict(ids, id=ids["provider"]), self.admin

    def make_role(self):
        name = self.fresh("tester")
        self.good("PUT", "/v1/auth/roles/" + name, dict(ROLE, role=name))
        return {"role": name}, self.admin

    def make_user(self):
        made = self.good("POST", "/v1/auth/users", {"username": self.fresh("user"), "name": SECRET, "roles": ["member"]})
        return {"id": made["user"]["id"], "what": "sign-out"}, self.admin

    def make_factor(self):
        user, session = self.hire(self.k, self.admin, self.fresh("user"))
        secret = self.good("POST", "/v1/auth/totp", {"password": PASSWORD}, session)["secret"]
        self.good("POST", "/v1/auth/totp/confirm", {"password": PASSWORD, "code": totp(secret, time.time())}, session)
        return {"id": user}, self.admin

    def publish(self, kind, model, name, token=None):
        self.good("PUT", "/v1/models/%s/%s" % (kind, name), model, token)
        self.good("POST", "/v1/models/%s/%s/publish" % (kind, name), {}, token)

    def make_form(self):
        ids = {"kind": "forms", "form": self.fresh("secrets")}
        self.publish("forms", form_model(ids), ids["form"])
        return dict(ids, name=ids["form"]), self.admin

    def make_draft_of_form(self):
        ids = {"kind": "forms", "form": self.fresh("secrets")}
        self.good("PUT", "/v1/models/forms/" + ids["form"], form_model(ids))
        return dict(ids, name=ids["form"]), self.admin

    def make_second_version(self):
        ids, owner = self.make_form()
        self.publish("forms", dict(form_model(ids), title="another"), ids["form"])
        return ids, owner

    def make_form_of_both(self):
        """The other tenant has a form of this name, too: what is refused is the id."""
        ids, _ = self.make_form()
        self.publish("forms", dict(form_model(ids), title="ours"), ids["form"], self.other)
        return ids

    def make_record(self):
        ids = self.make_form_of_both()
        made = self.good("POST", "/v1/forms/%s/records" % ids["form"], {"a": PRIVATE}, self.ann)
        return dict(ids, id=made["id"]), self.ann

    def make_draft(self):
        ids = self.make_form_of_both()
        made = self.good("POST", "/v1/forms/%s/drafts" % ids["form"], {"a": PRIVATE}, self.ann)
        return dict(ids, id=made["id"]), self.ann

    def make_ruleset(self):
        name = self.fresh("secrets")
        self.publish("rules", {"rules": name, "input": {"type": "object"}, "steps": [{"set": "a", "expr": "'%s'" % SECRET}], "output": {"a": "a"}}, name)
        return {"ruleset": name}, self.admin

    def make_note(self):
        return {"id": self.good("POST", "/v1/notes", NOTE, self.ann)["id"]}, self.ann

    def make_file(self):
        return {"id": self.good("POST", "/v1/files?name=a.txt", SECRET, self.ann, Content_Type="text/plain")["id"]}, self.ann

    def make_upload(self):
        made = self.good("POST", "/v1/files?name=a.txt", "first", self.ann, Content_Type="text/plain", Upload_Complete="?0")
        return {"id": made["id"]}, self.ann

    # -- asking -----------------------------------------------------------------------------------------------------------
    def asked_for(self, route, how, ids, **credential):
        body = how.get("body")
        route, _, asks = route.partition("?")
        query = "?%s=%s" % (asks, ids["id"]) if asks else how.get("query", "")
        return self.asked(route, ids, body(ids) if callable(body) else body, query, **credential, **how.get("fields", {}))

    def wanted(self, route, who, kind, expected):
        if kind not in ("key", "client"):
            return expected
        if route in SELF and not (route in KEYS_WRITE and who != "colleague"):
            return 403, "session_required"
        return (403, "insufficient_scope") if expected == DENIED else expected  # a key names no more than its owner may

    def look(self, route, how, ids, owner):
        """What the owner reads there; nothing when the route changes what no route shows."""
        shows = how.get("look") or "GET " + route.split(" ")[1]
        if shows not in self.routes or "/v1/" not in shows:
            return None
        status, code, text = self.asked(shows, ids, token=owner)
        return status, code, text if status == 200 and not text.startswith("<") else ""  # a page holds numbers used once

    def faults(self, route, how):
        """What is wrong with the answers of a route, in words."""
        for who, shown in self.others.items():
            expected = how[who]
            ids, owner = getattr(self, "make_" + how["make"])()
            body = how.get("body", "")
            said = json.dumps(body(ids) if callable(body) else body)
            theirs = expected != OPEN or who == "tenant" or "look" in how
            before = self.look(route, how, ids, owner) if theirs else None
            for kind, fields in shown.items() if expected != OPEN else [("session", shown["session"])]:
                status, code, text = self.asked_for(route, how, ids, **fields)
                wanted = expected if expected == OPEN else self.wanted(route, who, kind, expected)
                if (status >= 400) if expected == OPEN else (status, code) != wanted:
                    yield "%s (%s) gets %d %s, not %s" % (who, kind, status, code, wanted)
                if PRIVATE in text or (who == "tenant" and SECRET in text and SECRET not in said):
                    yield "%s (%s) is told what is kept there" % (who, kind)
            if theirs:
                if before != self.look(route, how, ids, owner):
                    yield "%s changed it" % who
                status, code, _ = self.asked_for(route, how, ids, token=owner)
                if status != how["owner"]:
                    yield "afterwards its owner gets %d %s, not %d" % (status, code, how["owner"])

    def test_every_route_with_a_parameter_has_a_row(self):
        with_id = {route for route in self.routes if named(route)}
        for route, about in self.about.items():
            with_id |= {"%s?%s" % (route, name) for name in about["query"] - NO_IDS_IN_QUERIES}
        self.assertEqual(with_id, set(ROWS) | set(NO_IDS), "a route with a parameter: add what is told to whom to ROWS, or to NO_IDS with "
                         "the reason; a parameter of a query that is no id: to NO_IDS_IN_QUERIES")

    def test_ids_that_are_others_are_refused_as_documented(self):
        wrong = {}
        for route, how in ROWS.items():
            found = list(self.faults(route, how))
            if found:
                wrong[route] = found
        self.assertFalse(wrong, "\n".join("%s: %s" % (route, "; ".join(found)) for route, found in wrong.items()))

    def test_a_token_of_another_tenant_is_no_token_here(self):
        _, parts = self.credentials()
        for name, token in (("access", parts["token"]), ("refresh", parts["refresh"]), ("client", parts["client"])):
            with self.subTest(name):
                asked = lambda credential: json.loads(self.asked("POST /v1/auth/introspect", body={"token": token}, **credential)[2])
                self.assertEqual({"active": False}, asked(self.others["tenant"]["session"]))
                self.assertTrue(asked({"token": self.admin})["active"])

    def test_only_who_may_read_keys_lists_others(self):
        self.make_key()
        route = "GET /v1/auth/keys"
        for kind, fields in self.others["colleague"].items():
            self.assertEqual(DENIED, self.asked(route, query="?all=true", **fields)[:2], kind)
        self.assertNotIn(PRIVATE, self.asked(route, query="?all=true", **self.others["tenant"]["session"])[2])
        self.assertIn(PRIVATE, self.asked(route, query="?all=true", token=self.admin)[2])


if __name__ == "__main__":
    main()
