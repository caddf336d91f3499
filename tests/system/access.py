"""system.access: roles and policies decide about the records of forms: one by one, in lists, in exports, in patches and
expansions; what is withheld is neither shown nor found out nor overwritten; and a change of a role counts at once."""

import http.client
import json
import os
import re
import urllib.parse

import auth
from auth import AUTH, GRANTS
from harness import RESIDENT, Kernel, Refused, SystemTest, main, plugin

MANIFEST = """socle: 1
data: data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: %s
plans: {free: {sessions.ttl: 15min}}
tenants: {acme: {plan: free}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops]}
  - {path: %s, home: kernel, config: {%s}, %s}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1", "act-as:tenants"]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:auth/1"]}
  - {path: %s, home: kernel, grants: ["call:forms/1", "call:models/1", "call:auth/1"]}
"""
FORM = {"form": "leave", "schema": {"type": "object", "required": ["kind"], "additionalProperties": False, "properties": {
    "kind": {"enum": ["annual", "sick"]}, "org": {"type": "string"}, "from": {"type": "string", "format": "date"},
    "salary": {"type": "integer"}, "approved_by": {"type": "string"}, "note": {"type": "string"}, "boss": {"type": "string"}}},
    "logic": {"boss": {"reference": "leave"}}, "index": ["org", "created_by"]}
PAY = {"form": "pay", "schema": {"type": "object", "required": ["salary", "org"], "properties": {
    "org": {"type": "string"}, "salary": {"type": "integer"}, "approved_by": {"type": "string"}, "friends": {"type": "array", "items": {"type": "string"}}}},
    "logic": {"friends": {"reference": "pay"}}, "checks": [{"id": "low", "when": "salary < 1", "message": "too low", "at": "/salary"}]}
POLICY = {"policy": "leave", "rules": [
    {"id": "kept", "effect": "deny", "actions": ["delete"], "when": "has(record.kind) && record.kind == 'sick'",
     "reason": {"en": "Sick notes are kept", "zh": "病假单须保留"}},
    {"id": "past", "effect": "deny", "actions": ["update"],
     "when": "old != null && has(old.from) && old.from < date('2020-01-01')"}]}
# A field of every kind that a policy may be told the type of, and some of which it is told none.
VISIT = {"form": "visit", "schema": {"type": "object", "properties": {
    "t": {"type": "string", "format": "date-time"}, "due": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"},
    "sum": {"type": "string", "format": "decimal"}, "time": {"type": "string", "format": "time"}, "span": {"type": "string", "format": "duration"},
    "raw": {"type": "string", "contentEncoding": "base64"}, "other": {"type": "string"}, "no": {"type": "string"},
    "place": {"type": "object", "properties": {"since": {"type": "string", "format": "date-time"}}},
    "lines": {"type": "array", "items": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}}}}},
    "logic": {"other": {"reference": "visit"}, "no": {"sequence": "V-{0000}"}}, "index": ["due"]}
VISITS = {"policy": "visit", "rules": [
    {"id": "over", "effect": "deny", "actions": ["read", "update"], "when": "has(record.t) && record.t < now"},
    {"id": "overdue", "effect": "deny", "actions": ["read"], "when": "has(record.due) && record.due < timestamp('2020-01-01T00:00:00Z')"},
    {"id": "dear", "effect": "deny", "actions": ["read"], "when": "has(record.sum) && record.sum > decimal('1000.00')"}]}
CLERK = {"role": "clerk", "permissions": ["forms:read"], "grants": [
    {"permissions": ["records:read", "records:write"], "resources": ["forms/leave", "forms/pay"], "scope": "department_and_below",
     "hidden": ["/salary"], "read_only": ["/approved_by"]}]}
UNITS = {"units": [{"unit": "hq"}, {"unit": "sales", "parent": "hq"}, {"unit": "east", "parent": "sales"}, {"unit": "legal", "parent": "hq"}]}
RECORDS = "/v1/forms/leave/records"


class Access(SystemTest):
    ask, outcome, login = auth.Auth.ask, auth.Auth.outcome, auth.Auth.login
    come_in, invited, hire = auth.Auth.come_in, auth.Auth.invited, auth.Auth.hire

    def setUp(self):
        super().setUp()
        resident = RESIDENT.replace("]", ", libargon2.so.1, libpcre2-8.so.0, libyaml-cpp.so.0.7]")
        names = [plugin(p) for p in ("storage-rocksdb", "gateway", "auth", "models", "forms", "pages")]
        self.k = Kernel(self.folder, manifest=MANIFEST % (resident, names[0], names[1], names[2], AUTH, GRANTS, *names[3:]))
        self.addCleanup(self.k.__exit__)
        self.k.start("--workers", "2")
        self.admin = self.come_in(self.k)
        self.does("PUT", "/v1/auth/units", UNITS)
        self.does("PUT", "/v1/auth/roles/clerk", CLERK)
        for kind, model in (("forms", FORM), ("policies", POLICY)):
            self.does("PUT", "/v1/models/%s/leave" % kind, model)
            self.does("POST", "/v1/models/%s/leave/publish" % kind, {})
        self.does("PUT", "/v1/models/forms/pay", PAY)
        self.does("POST", "/v1/models/forms/pay/publish", {})
        user, self.clerk = self.hire(self.k, self.admin, "cleo", "clerk")
        self.does("PATCH", "/v1/auth/users/" + user, {"org": "sales"})
        self.clerk = self.login(self.k, name="cleo")
        self.made = {}
        for org in ("sales", "east", "legal"):
            doc = {"kind": "sick" if org == "east" else "annual", "org": org, "salary": 91827364, "note": "n", "approved_by": "ada", "from": "2026-05-01"}
            self.made[org] = self.does("POST", RECORDS, doc)["id"]

    def does(self, method, path, body=None, token=None, **more):
        status, _, answer = self.ask(self.k, method, path, body, token=token or self.admin, **more)
        self.assertIn(status, (200, 201, 204), answer)
        return answer

    def of(self, org):
        return RECORDS + "/" + self.made[org]

    def test_an_operator_is_told_why(self):
        said = self.k.command("explain", "access", "acme", "cleo", "read", "forms/leave")
        self.assertIn(said["effect"], ("allow", "deny"))
        self.assertEqual(said["subject"]["roles"], ["clerk"])
        record = os.path.join(self.folder, "record.json")
        for org, effect in (("sales", "allow"), ("legal", "deny")):
            with open(record, "w", encoding="utf-8") as file:
                json.dump({"doc": {"kind": "annual", "org": org}}, file)
            said = self.k.command("explain", "access", "acme", "cleo", "read", "forms/leave", "--record", record)
            self.assertEqual(said["effect"], effect, said)
        with self.assertRaises(Refused):
            self.k.command("explain", "access", "acme", "nobody", "read", "forms/leave")

    def test_forms_and_policies_of_the_gallery_can_be_published(self):
        gallery = [item for item in self.does("GET", "/v1/templates")["items"] if item["kind"] != "rules"]  # those: system.rules
        self.assertEqual({"forms", "policies"}, {item["kind"] for item in gallery})
        connection = http.client.HTTPConnection("127.0.0.1", self.k.port, timeout=60)
        self.addCleanup(connection.close)
        for item in gallery:
            kind, key, name = item["kind"], {"forms": "form", "policies": "policy"}[item["kind"]], "gallery-" + item["name"]
            text = self.does("GET", "/v1/templates/%(kind)s/%(name)s" % item, Accept="application/yaml")
            renamed = text.replace("%s: %s\n" % (key, item["name"]), "%s: %s\n" % (key, name), 1)
            self.assertNotEqual(text, renamed)
            connection.request("PUT", "/v1/models/%s/%s" % (kind, name), renamed.encode(),
                               {"Authorization": "Bearer " + self.admin, "Content-Type": "application/yaml"})
            answer = connection.getresponse()
            self.assertEqual((200, b"[]"), (answer.status, json.dumps(json.loads(answer.read())["diagnostics"]).encode()), item)
            self.does("POST", "/v1/models/%s/%s/publish" % (kind, name), {})
            if kind == "forms":
                self.assertIn("en", self.does("GET", "/v1/forms/" + name)["title"])

    def test_one_record(self):
        shown = self.does("GET", self.of("sales"), token=self.clerk)
        self.assertNotIn("salary", shown["doc"])
        self.assertEqual("ada", shown["doc"]["approved_by"])
        self.assertEqual(91827364, self.does("GET", self.of("sales"))["doc"]["salary"])
        for method, body in (("GET", None), ("PUT", {"kind": "annual", "org": "sales"}), ("PATCH", {"note": "x"}), ("DELETE", None)):
            self.assertEqual((403, "forbidden"), self.outcome(self.k, method, self.of("legal"), body, token=self.clerk), method)
        # Out of one's reach, and into it.
        self.assertEqual((403, "forbidden"), self.outcome(self.k, "PATCH", self.of("sales"), {"org": "legal"}, token=self.clerk))
        self.assertEqual((403, "forbidden"), self.outcome(self.k, "POST", RECORDS, {"kind": "annual", "org": "legal"}, token=self.clerk))
        status, _, why = self.ask(self.k, "DELETE", self.of("east"), token=self.clerk, Accept_Language="zh")
        self.assertEqual((403, "病假单须保留"), (status, why["detail"]))
        old = self.does("POST", RECORDS, {"kind": "annual", "org": "sales", "from": "2019-05-01"})["id"]
        status, _, why = self.ask(self.k, "PATCH", RECORDS + "/" + old, {"from": "2026-01-01"}, token=self.admin)
        self.assertEqual((403, "rule 'past' of policy 'leave' does not let you update this record of form 'leave'"), (status, why["detail"]))

    def test_what_is_withheld_is_kept(self):
        changed = self.does("PUT", self.of("sales"), {"kind": "annual", "org": "sales", "salary": 1, "approved_by": "cleo", "note": "new"}, token=self.clerk)
        self.assertEqual({"kind": "annual", "org": "sales", "approved_by": "ada", "note": "new"}, changed["doc"])
        self.assertEqual((91827364, "ada"), tuple(self.does("GET", self.of("sales"))["doc"][k] for k in ("salary", "approved_by")))
        copy = [{"op": "copy", "from": "/salary", "path": "/note"}]
        kind = "application/json-patch+json"
        self.assertEqual((422, "patch_conflict"), self.outcome(self.k, "PATCH", self.of("sales"), copy, token=self.clerk, Content_Type=kind))
        self.assertEqual((422, "patch_conflict"), self.outcome(self.k, "PATCH", self.of("sales"), [{"op": "test", "path": "/salary", "value": 91827364}],
                                                               token=self.clerk, Content_Type=kind))
        made = self.does("POST", RECORDS, {"kind": "annual", "org": "east", "approved_by": "cleo", "salary": 5}, token=self.clerk)
        self.assertEqual({"kind": "annual", "org": "east"}, made["doc"])
        batch = self.does("POST", RECORDS + ":batch", [{"op": "patch", "id": made["id"], "doc": {"note": "b", "approved_by": "x"}}], token=self.clerk)
        self.assertEqual({"kind": "annual", "org": "east", "note": "b"}, batch["results"][0]["doc"])
        refused = self.outcome(self.k, "POST", RECORDS + ":batch", [{"op": "delete", "id": self.made["legal"]}], token=self.clerk)
        self.assertEqual((403, "forbidden"), refused)

    def test_lists(self):
        listed = self.does("GET", RECORDS + "?count=exact", token=self.clerk)
        self.assertEqual({"sales", "east"}, {i["doc"]["org"] for i in listed["items"]})
        self.assertEqual(2, listed["count"])
        self.assertNotIn("salary", str(listed["items"]))
        self.assertEqual(3, self.does("GET", RECORDS + "?count=exact")["count"])
        both = self.does("GET", RECORDS + "?filter=kind%20%3D%3D%20%27sick%27%20%26%26%20from%20%3E%3D%20%272026-01-01%27&explain=true", token=self.clerk)
        self.assertEqual(["east"], [i["doc"]["org"] for i in both["items"]])
        for parameter in ("filter=salary%20%3E%201", "filter=record.salary%20%3E%201", "order=-salary"):
            status, _, answer = self.ask(self.k, "GET", RECORDS + "?" + parameter, token=self.clerk)
            self.assertEqual((400, "withheld"), (status, answer["errors"][0]["code"]), answer)
        self.assertNotIn("salary", str(self.does("GET", RECORDS + "?fields=salary,kind", token=self.clerk)["items"]))
        for kind in ("csv", "jsonl"):
            lines = self.does("GET", RECORDS + ":export?format=" + kind, token=self.clerk)
            self.assertNotIn("91827364", str(lines))
            self.assertNotIn("legal", str(lines))
        self.does("PATCH", self.of("sales"), {"boss": self.made["legal"]})
        self.does("PATCH", self.of("east"), {"boss": self.made["sales"]})
        by_org = {i["doc"]["org"]: i["expand"]["boss"] for i in self.does("GET", RECORDS + "?expand=boss", token=self.clerk)["items"]}
        self.assertIsNone(by_org["sales"])
        self.assertNotIn("salary", by_org["east"]["doc"])

    def test_policies_read_fields_by_their_types(self):
        self.does("PUT", "/v1/models/forms/visit", VISIT)
        self.does("POST", "/v1/models/forms/visit/publish", {})
        self.does("PUT", "/v1/models/policies/visit", VISITS)
        self.does("POST", "/v1/models/policies/visit/publish", {})
        visits, late, early = "/v1/forms/visit/records", "2199-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
        whole = {"t": late, "due": late, "day": "2026-01-01", "sum": "9.50", "time": "10:00:00Z", "span": "PT1H", "raw": "AAAA",
                 "place": {"since": early}, "lines": [{"at": early}]}
        made = {name: self.does("POST", visits, doc)["id"] for name, doc in {
            "whole": whole, "empty": {}, "over": {"t": early}, "overdue": {"due": early}, "dear": {"sum": "1000.01"}}.items()}
        shown = {made["whole"], made["empty"]}
        self.assertEqual(shown, {i["id"] for i in self.does("GET", visits)["items"]})
        mine = self.does("GET", visits + "?filter=" + urllib.parse.quote("has(record.t) && t > now"))["items"]
        self.assertEqual([made["whole"]], [i["id"] for i in mine])
        for name, one in made.items():
            status, _, answer = self.ask(self.k, "GET", visits + "/" + one, token=self.admin)
            self.assertEqual(200 if one in shown else 403, status, (name, answer))
        self.assertEqual((403, "forbidden"), self.outcome(self.k, "PATCH", visits + "/" + made["over"], {"day": "2026-01-02"}, token=self.admin))
        self.assertEqual("2026-01-02", self.does("PATCH", visits + "/" + made["whole"], {"day": "2026-01-02"})["doc"]["day"])

    def test_pages_judge_as_the_server_does(self):
        def page(method, path, fields=None, token=self.clerk):
            text = urllib.parse.urlencode(fields) if fields else None
            return self.ask(self.k, method, path, text, token=token, Content_Type="application/x-www-form-urlencoded", Accept="text/html")
        friend = self.does("POST", "/v1/forms/pay/records", {"org": "sales", "salary": 1})["id"]
        own = self.does("POST", "/v1/forms/pay/records", {"org": "sales", "salary": 91827364, "approved_by": "ada"})["id"]
        status, _, text = page("GET", "/forms/pay/%s/edit" % own)
        self.assertEqual(200, status, text)
        self.assertRegex(text, r'data-field="/salary"[^>]* hidden')
        self.assertRegex(text, r'name="/approved_by"[^>]* readonly')
        self.assertRegex(text, r'type="checkbox"[^>]*value="%s"' % friend)  # several references are chosen, not typed
        self.assertNotIn("91827364", text)
        fields = {"csrf": re.search(r'name="csrf" value="([^"]*)"', text)[1], "version": "1", "step": "0", "/org": "sales", "/friends": friend}
        status, _, judged = page("POST", "/forms/pay/%s/evaluate" % own, fields)
        self.assertEqual((200, []), (status, judged["errors"]))
        status, headers, text = page("POST", "/forms/pay/%s/edit" % own, dict(fields, go="save"))
        self.assertEqual(303, status, text)
        self.assertNotIn("91827364", page("GET", headers["location"])[2])
        self.assertEqual({"org": "sales", "salary": 91827364, "approved_by": "ada", "friends": [friend]}, self.does("GET", "/v1/forms/pay/records/" + own)["doc"])

    def test_a_change_of_a_role_counts_at_once(self):
        self.does("PUT", "/v1/auth/roles/clerk", dict(CLERK, grants=[dict(CLERK["grants"][0], scope="own", hidden=[])]))
        self.assertEqual([], self.does("GET", RECORDS, token=self.clerk)["items"])
        self.assertEqual((403, "forbidden"), self.outcome(self.k, "GET", self.of("sales"), token=self.clerk))
        mine = self.does("POST", RECORDS, {"kind": "annual", "org": "hq"}, token=self.clerk)["id"]
        self.assertEqual([mine], [i["id"] for i in self.does("GET", RECORDS, token=self.clerk)["items"]])
        self.does("PUT", "/v1/auth/roles/clerk", {"role": "clerk", "grants": [{"permissions": ["records:read"], "resources": ["forms/other"]}]})
        self.assertEqual((403, "forbidden"), self.outcome(self.k, "GET", RECORDS, token=self.clerk))

    def test_without_an_answer_of_auth_nobody_is_let_in(self):
        with open(self.k.file, encoding="utf-8") as file:
            text = file.read()
        bare = text.replace('"call:models/1", "call:auth/1"]}\n', '"call:models/1"]}\n')
        self.assertNotEqual(text, bare)
        with open(self.k.file, "w", encoding="utf-8") as file:
            file.write(bare)
        self.k.command("apply", self.k.file)
        status, _, answer = self.ask(self.k, "GET", self.of("sales"), token=self.admin)
        self.assertEqual((503, "auth_unavailable"), (status, answer["code"]))
        self.assertIn('grant forms "call:auth/1"', answer["detail"])


if __name__ == "__main__":
    main()
