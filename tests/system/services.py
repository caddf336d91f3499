"""system.services: what a plugin reaches of another one where no route stands before it. Every method of every service,
as the built manifests list them, is called by a plugin of the test (caller/) in the name of nobody, of another tenant's
administrator, who has models of the same names, and of a suspended tenant; the methods behind `records:` routes also in
the name of a key for something else. Whatever it answers, it shows nothing of this tenant and changes nothing of it.
auth/1 has a matrix of its own (tests/contract/auth/service_matrix_test.cpp). And what is announced stays in its tenant:
streams of events, and messages of a channel."""

import json
import os
import re
import shutil

import auth
import matrix_routes as matrix
from events import Stream
from harness import BUILD, RESIDENT, Kernel, SystemTest, main, plugin, wait_for

SECRET = "only-acme-knows-this"         # in records
MODEL_SECRET = "only-acme-models-this"  # in models
LEFT_OUT = {**matrix.LEFT_OUT, "fake-auth": "stands for auth in the tests of `socle tenant`",
            "auth": "tests/contract/auth/service_matrix_test.cpp"}
# What acme's own administrator is shown by them: else the calls below would prove nothing.
SHOWN = {"storage/1.get": SECRET, "storage/1.query": SECRET, "notes/1.read": SECRET, "notes/1.list": SECRET,
         "forms/1.read": SECRET, "forms/1.list": SECRET, "models/1.get": MODEL_SECRET}
RECORDS = re.compile(r"to: [a-z-]+/1\.([a-z_]+).*?access: \"?([a-z:_-]+)", re.S)


def manifest_of(name):
    with open(os.path.join(plugin(name), "manifest.yaml"), encoding="utf-8") as file:
        return file.read()


def services():
    """{service: (plugin, [method])} of all built plugins."""
    out = {}
    for name in sorted(os.listdir(os.path.join(BUILD, "plugins"))):
        if name in LEFT_OUT or not os.path.exists(os.path.join(plugin(name), "manifest.yaml")):
            continue
        text = re.split(r"\n[a-z]", manifest_of(name).split("\nprovides:", 1)[1], maxsplit=1)[0]
        for part in text.split("service: ")[1:]:
            service, rest = re.match(r"([a-z-]+/\d+)(.*)", part, re.S).groups()
            out[service] = (name, [m for m in re.findall(r"(?<=[{ ])([a-z_]+): \{", rest) if m != "methods"])
    return out


def of_records(name):
    """The methods that only routes with a permission for records lead to."""
    access = RECORDS.findall(manifest_of(name).partition("\nroutes:")[2])
    others = {method for method, wanted in access if not wanted.startswith("records:")}
    return {method for method, wanted in access if wanted.startswith("records:")} - others


def caller_plugin(folder, names):
    """The plugin that calls for a test, which may call these services."""
    out = os.path.join(folder, "caller")
    shutil.copytree(os.path.join(BUILD, "tests/plugins/caller"), out)
    path = os.path.join(out, "manifest.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if "requires: []" not in text:
        raise AssertionError(path)
    wanted = ", ".join("{service: %s, optional: true}" % name for name in names)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("requires: []", "requires: [%s]" % wanted))
    return out


class Services(SystemTest):
    ask, outcome, login = auth.Auth.ask, auth.Auth.outcome, auth.Auth.login
    come_in, invited = auth.Auth.come_in, auth.Auth.invited

    def setUp(self):
        super().setUp()
        self.services = services()
        caller = caller_plugin(self.folder, self.services)
        paths = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth")]
        resident = RESIDENT.replace("]", ", libargon2.so.1, libpcre2-8.so.0, libyaml-cpp.so.0.7]")
        text = matrix.MANIFEST % (resident, *paths, auth.AUTH, ", cold_burst: 100000", auth.GRANTS, *[plugin(p) for p in matrix.PLUGINS[1:]])
        grants = ['"call:%s"' % service for service in self.services] + ['"subscribe:models.published"']
        text += "  - {path: %s, home: kernel, grants: [%s]}\n" % (caller, ", ".join(grants))
        self.k = Kernel(self.folder, manifest=text)
        self.addCleanup(self.k.__exit__)
        self.k.start("--workers", "2")
        self.admin, self.other = self.come_in(self.k), self.come_in(self.k, "other")

    def good(self, method, path, body=None, token=None, status=200):
        found, _, answer = self.ask(self.k, method, path, body, token=token or self.admin)
        self.assertEqual(status, found, (method, path, answer))
        return answer

    def published(self, kind, name, model, token=None):
        self.good("PUT", "/v1/models/%s/%s" % (kind, name), model, token)
        self.good("POST", "/v1/models/%s/%s/publish" % (kind, name), {}, token)

    def note(self, title, token):
        return self.good("POST", "/v1/notes", {"title": title}, token, 201)["id"]

    def fill(self):
        """What acme has, and the calls that mean it; `other` has a form and a ruleset of the same names."""
        form = {"form": "secrets", "title": MODEL_SECRET, "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
        rules = {"rules": "secrets", "input": {"type": "object"}, "steps": [{"set": "a", "expr": "'%s'" % MODEL_SECRET}],
                 "output": {"a": "a"}}
        self.published("forms", "secrets", form)
        self.published("rules", "secrets", rules)
        self.published("forms", "secrets", dict(form, title="what other has"), self.other)
        self.published("rules", "secrets", dict(rules, steps=[{"set": "a", "expr": "'what other has'"}]), self.other)
        record = self.good("POST", "/v1/forms/secrets/records", {"a": SECRET}, status=201)["id"]
        note = self.note(SECRET, self.admin)
        of_notes = {"get": {"collection": "notes", "id": note}, "query": {"collection": "notes"},
                    "plan": {"collection": "notes", "indexes": []}, "declare": {"collection": "notes", "indexes": []},
                    "migrate": {"collection": "notes", "steps": [{"op": "drop_collection"}]},
                    "write": {"operations": [{"op": "delete", "collection": "notes", "id": note}]},
                    "outbox_read": {"topic": "audit"}, "outbox_remove": {"topic": "audit", "through": "zzzz"},
                    "backup": {"directory": self.folder + "/stolen"}, "restore": {"directory": self.folder + "/stolen"}}
        change = {"notes/1": {"title": "stolen"}, "forms/1": {"a": "stolen"}}

        def question(service, method):
            meta = {"form": "secrets", "kind": "forms", "name": "secrets", "ruleset": "secrets", "all": "true",
                    "id": {"notes/1": note}.get(service, record)}
            body = of_notes.get(method, {}) if service == "storage/1" else change.get(service, {})
            return {"service": service, "method": method, "text": json.dumps(body), "meta": meta}
        return question

    def called(self, question, **credential):
        """(status, stable code, everything that was told)"""
        status, _, told = self.ask(self.k, "POST", "/v1/call", question, **credential)
        if isinstance(told, dict):  # the gateway's own refusal
            return status, told.get("code", ""), json.dumps(told)
        return status, told.split("\n", 1)[0].removeprefix("code "), told

    def feed(self, since=None):
        """What has changed in acme's store since a position, but for use of sessions and keys; and where that ends."""
        body = {"position": since} if since else {"from": "now"}
        told = self.called({"service": "storage/1", "method": "changes", "text": json.dumps(body), "meta": {}}, token=self.admin)[2]
        answer = json.loads(told.partition("\ntext\n")[2])
        return [item for item in answer["items"] if item["collection"] not in ("auth.sessions", "auth.keys")], answer["position"]

    def methods(self):
        """All of them; the one that erases its tenant's own store comes last."""
        found = [(service, method) for service, (_, names) in self.services.items() for method in names]
        self.assertGreater(len(found), 100)
        return sorted(found, key=lambda each: (each[1] == "erase", each))

    def test_no_method_shows_or_changes_anything_of_another_tenant(self):
        question = self.fill()
        for name, secret in SHOWN.items():
            self.assertIn(secret, self.called(question(*name.split(".")), token=self.admin)[2], name)
        self.assertEqual((200, "not_found"), self.called(question("forms/1", "read"), token=self.other)[:2])
        self.assertIn("what other has", self.called(question("models/1", "get"), token=self.other)[2])
        _, position = self.feed()
        wrong = []
        for who, credential in (("nobody", {}), ("other", {"token": self.other})):
            for service, method in self.methods():
                status, _, told = self.called(question(service, method), **credential)
                if status != 200:
                    wrong.append((who, service, method, status, told[:200]))
                if any(word in told for word in (SECRET, MODEL_SECRET, '"tenant":"acme"')):
                    wrong.append((who, service, method, "a leak"))
        self.assertEqual([], wrong)
        self.assertEqual([], self.feed(position)[0])
        self.assertFalse(os.path.exists(self.folder + "/stolen"))
        for name, secret in SHOWN.items():
            self.assertIn(secret, self.called(question(*name.split(".")), token=self.admin)[2], name)

    def test_storage_of_all_tenants_is_for_operators(self):
        question = self.fill()
        for method in ("backup", "restore", "verify"):
            for credential in ({"token": self.admin}, {"token": self.other}, {}):
                self.assertEqual((200, "operator_only"), self.called(question("storage/1", method), **credential)[:2], method)

    def test_a_key_for_something_else_is_shown_no_record_by_any_service(self):
        question = self.fill()
        made = self.good("POST", "/v1/auth/keys", {"name": "k", "scopes": ["nothing:read"]}, status=201)
        before = self.called(question("forms/1", "list"), token=self.admin)[2]
        asked = [(service, method) for service, (name, _) in self.services.items() for method in of_records(name)]
        self.assertGreater(len(asked), 20)
        leaks = []
        for service, method in sorted(asked):
            status, code, told = self.called(question(service, method), token=made["secret"])
            if SECRET in told or status != 200:
                leaks.append((service, method, status, code))
        self.assertEqual([], leaks)
        self.assertIn(self.called(question("forms/1", "read"), token=made["secret"])[1], ("forbidden", "not_found"))
        self.assertEqual(before, self.called(question("forms/1", "list"), token=self.admin)[2])

    def test_nothing_is_called_for_a_suspended_tenant_or_one_that_a_header_names(self):
        question = self.fill()
        asleep = self.come_in(self.k, "asleep")
        self.k.command("tenant", "suspend", "asleep")
        for service, method in self.methods():
            asked = question(service, method)
            self.assertEqual((403, "tenant_suspended"), self.called(asked, token=asleep)[:2], (service, method))
            self.assertEqual((403, "tenant_mismatch"), self.called(asked, X_Tenant_ID="acme")[:2], (service, method))

    def test_a_stream_of_one_tenant_hears_nothing_of_another(self):
        def stream(token, last=""):
            out = Stream(self.k, last, token)
            self.addCleanup(out.close)
            while not last and not out.opened:
                self.assertTrue(out.read(), out.text)
            return out
        acme, other = stream(self.admin), stream(self.other)
        hidden = [self.note("others %d" % n, self.other) for n in range(5)]
        seen = [self.note("ours", self.admin)]
        acme.until(seen[-1])
        self.assertEqual(seen, acme.ids())
        hidden.append(self.note("others again", self.other))
        other.until(hidden[-1])
        self.assertEqual(hidden, other.ids())
        # A position of the other tenant's, shown here.
        late = stream(self.admin, other.last)
        for n in range(20):
            self.note("later %d" % n, self.admin)
        while not late.events:
            self.assertTrue(late.read(), late.text)
        self.assertEqual([], [data for _, data in late.events if data.get("id") in hidden])

    def test_a_message_of_a_channel_says_whose_it_is(self):
        rules = {"input": {"type": "object"}, "steps": [{"set": "a", "expr": "1"}], "output": {"a": "a"}}
        for name, token in (("quince", self.admin), ("medlar", self.other)):
            self.published("rules", name, {"rules": name, **rules}, token)

        def heard():
            told = self.ask(self.k, "GET", "/v1/heard")[2]
            told = told.splitlines() if isinstance(told, str) else []  # else it was too slow
            return told if all(any(name in line for line in told) for name in ("quince", "medlar")) else None
        for line in wait_for("both messages", 60, heard):
            tenant, message = line.split(" ", 1)
            self.assertEqual({"quince": "acme", "medlar": "other"}[json.loads(message)["name"]], tenant)


if __name__ == "__main__":
    main()
