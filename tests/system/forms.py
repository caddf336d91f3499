"""system.forms: records over HTTP on a running kernel: the loan example from its files, publishes on the tenant under load,
kills in the middle of writes. Each record names the version it met (a computed field), so an answer older than a publish that
was acknowledged before it is seen."""

import http.client
import json
import multiprocessing
import os
import subprocess
import threading
import time
import urllib.parse

from harness import FULL, SOCLE, SystemTest, main, plugin, sync_time, wait_for

RESIDENT = ("[libsimdjson.so.14, libssl.so.3, libcrypto.so.3, librocksdb.so.7.8, libyaml-cpp.so.0.7, libre2.so.9, "
            "libpcre2-8.so.0]")
ENTRIES = {
    "storage-rocksdb": "home: kernel",
    "gateway": "home: kernel, listen: [http, quiet, ops], grants: [ingress, catalog]",
    "models": 'home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1", '
              '"act-as:tenants"]',
    "rules": 'home: kernel, grants: ["call:models/1"]',
    "forms": 'home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:blob/1", "call:auth/1"]'}
SECONDS = 20 if FULL else 4
KILLS = 50 if FULL else 5
YAML = {"Content-Type": "application/yaml"}
LOAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/loan")


def manifest():
    lines = ["socle: 1", "data: data", "listeners:", '  http: {address: "127.0.0.1:0", tenant: demo, principal: tester}',
             '  quiet: {address: "127.0.0.1:0", tenant: quiet, principal: tester}', '  ops: {address: "127.0.0.1:0"}',
             "resident: " + RESIDENT, "tenants: {demo: {}, quiet: {}}", "plugins:"]
    lines += ["  - {path: %s, %s}" % (plugin(name), entry) for name, entry in ENTRIES.items()]
    return "\n".join(lines) + "\n"


def marked(value):
    """A form whose records say which version wrote them."""
    return """form: marked
schema:
  type: object
  required: [n]
  properties: {n: {type: integer}, group: {type: integer}, mark: {type: integer}}
  additionalProperties: false
logic:
  mark: {compute: "%d"}
  group: {compute: "n %% 7"}
index: [group]
unique: [[n]]
""" % value


def loan(number):
    money = "1200.00"
    guarantor = {"fullName": "G", "relationship": "friend", "idNumber": "ABCD1234", "phone": "+4912345678", "monthlyIncome": money,
                 "guaranteeAmount": money, "consent": True}
    return {
        "applicationNo": "LA-2026-%08d" % number, "applicationDate": "2026-11-21", "channel": "web", "branchCode": "AB1234",
        "productCode": "PL01", "purpose": "medical", "amount": "12000.00", "currency": "EUR", "termMonths": 12,
        "annualRatePct": 6, "rateType": "fixed", "repaymentMethod": "annuity", "firstPaymentDate": "2027-01-01",
        "collateralType": "none", "collateralValue": "0.00", "applicantId": "0654d83f-f48d-4ea9-b47c-8a88ffc4aad6",
        "firstName": "Zoë", "lastName": "欧阳", "birthDate": "1990-02-28", "gender": "other", "nationality": "DE",
        "idType": "passport", "idNumber": "P59YG9MSRQ", "idExpiryDate": "2030-01-01", "email": "z@example.net",
        "phone": "+4912345678", "maritalStatus": "single", "dependents": 0, "educationLevel": "master",
        "address": {"line1": "Weg 1", "line2": "", "city": "Bonn", "region": "NRW", "postalCode": "53111", "country": "DE",
                    "residenceSince": "2013-01-23", "ownership": "tenant"},
        "employmentStatus": "employed", "employerName": "X", "jobTitle": "Y", "employmentStartDate": "2015-01-01",
        "monthlyIncome": "6000.00", "otherIncome": "0.00", "monthlyExpenses": "2000.00", "existingLoanCount": 1,
        "existingDebt": "7200.00", "creditConsent": True, "politicallyExposed": False, "guarantors": [guarantor] * 3}


class Tenant:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method, path, body=None, headers=None):
        fields = dict(headers or {})
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
            fields.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, body.encode() if isinstance(body, str) else body, fields)
        response = self.connection.getresponse()
        text = response.read().decode()
        kind = response.getheader("Content-Type", "")
        return response.status, json.loads(text) if text and kind.endswith("json") and not kind.endswith("ndjson") else text

    def good(self, method, path, body=None, headers=None, status=200):
        found, answer = self.ask(method, path, body, headers)
        assert found == status, (method, path, found, answer)
        return answer

    def release(self, text, name="marked"):
        """Until it is served: a slow disk may keep the indexes for longer than the answer waits for them."""
        self.good("PUT", "/v1/models/forms/" + name, text, YAML)
        answer = self.good("POST", "/v1/models/forms/%s/publish" % name)
        wait_for("version %(version)s of %(name)s to be served" % answer, 60, lambda: answer["version"] == self.versions(name)["active"])
        return dict(answer, state="active")

    def versions(self, name="marked"):
        return self.good("GET", "/v1/models/forms/%s/versions" % name)


def write_until(port, first, stop, out, count):
    """A client process: creates records without a pause; (begin, end, status, mark, n) of each. `count`: of all clients."""
    tenant, seen, n = Tenant(port), [], first
    while not stop.is_set():
        begin = time.monotonic_ns()
        try:
            status, answer = tenant.ask("POST", "/v1/forms/marked/records", {"n": n})
        except (OSError, http.client.HTTPException) as error:
            status, answer = 0, str(error)
            tenant.connection.close()
            tenant = Tenant(port)
        seen.append((begin, time.monotonic_ns(), status, answer["doc"]["mark"] if status == 201 else str(answer), n))
        n += 1
        if status == 201:
            with count.get_lock():
                count.value += 1
        if status == 0:
            time.sleep(0.01)
    tenant.connection.close()
    out.put(seen)
    out.close()


class Load:
    """Client processes on one port, for the length of a `with`."""

    def __init__(self, port, clients=2, first=0):
        self.stop, self.out, self.seen = multiprocessing.Event(), multiprocessing.Queue(), []
        self.count = multiprocessing.Value("L")  # of records so far
        self.clients = [multiprocessing.Process(target=write_until, args=(port, first + i * 10_000_000, self.stop, self.out, self.count),
                                                daemon=True) for i in range(clients)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *unused):
        self.stop.set()
        for _ in self.clients:
            self.seen += self.out.get(timeout=60)
        for client in self.clients:
            client.join(60)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


class Forms(SystemTest):
    def system(self):
        kernel = self.kernel(manifest=manifest()).start()
        self.quiet = int(kernel.command("status")["listeners"]["quiet"].rsplit(":", 1)[1])
        return kernel

    def tenant(self, port):
        tenant = Tenant(port)
        self.addCleanup(tenant.connection.close)
        return tenant

    def test_the_loan_example_from_its_files(self):
        kernel = self.system()
        environment = dict(os.environ, SOCLE_CONTROL=kernel.control_path)
        applied = subprocess.run([SOCLE, "model", "apply", LOAN, "--tenant", "demo"], env=environment, capture_output=True,
                                 text=True, timeout=60)
        self.assertEqual(applied.returncode, 0, applied.stdout + applied.stderr)
        demo = self.tenant(kernel.port)
        made = demo.good("POST", "/v1/forms/loan/records", loan(1), status=201)
        self.assertEqual(made["doc"]["monthlyPayment"], "1060.00")
        self.assertEqual(made["doc"]["debtYears"], 0.1)
        self.assertEqual(made["rules"]["loan-credit"]["grade"], "A")
        self.assertEqual(demo.good("GET", "/v1/forms/loan/records/" + made["id"]), made)
        wrong = dict(loan(2), email="x", birthDate="2027-01-01", amount=5)
        status, answer = demo.ask("POST", "/v1/forms/loan/records", wrong, {"Accept-Language": "zh-CN"})
        self.assertEqual(status, 422)
        self.assertEqual({e["pointer"] for e in answer["errors"]}, {"/email", "/birthDate", "/amount"})
        self.assertIn("出生日期不能晚于申请日期", [e["message"] for e in answer["errors"]])
        status, answer = demo.ask("POST", "/v1/forms/loan/records", loan(1))
        self.assertEqual((status, answer["code"], answer["errors"][0]["pointer"]), (409, "unique_conflict", "/applicationNo"))
        found = demo.good("GET", "/v1/forms/loan/records?filter=channel%20%3D%3D%20'web'%20%26%26%20applicationDate%20%3E%3D%20'2026-01-01'"
                                 "&order=-applicationDate&explain=true")
        self.assertEqual([i["id"] for i in found["items"]], [made["id"]])
        self.assertEqual(found["remainder"], "")
        some = demo.good("GET", "/v1/forms/loan/records?fields=channel,address.city")["items"][0]
        self.assertEqual(some["doc"], {"channel": "web", "address": {"city": "Bonn"}})
        self.assertEqual(demo.good("GET", "/v1/forms/loan")["title"]["zh"], "贷款申请")
        self.assertEqual(len(demo.good("GET", "/v1/forms/loan/schema")["properties"]), 44)
        # Somebody else's tenant has neither the form nor the record.
        self.assertEqual(self.tenant(self.quiet).ask("GET", "/v1/forms/loan/records/" + made["id"])[0], 404)

    def test_drafts_are_their_owners_and_become_records_in_one_write(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release(marked(1))
        path, key = "/v1/forms/marked/drafts", {"Idempotency-Key": "k"}
        draft = demo.good("POST", path, {"n": "not yet"}, status=201)
        self.assertEqual({"n": "not yet"}, demo.good("GET", path + "/" + draft["id"])["doc"])
        self.assertEqual(412, demo.ask("PUT", path + "/" + draft["id"], {}, {"If-Match": '"7"'})[0])
        demo.good("PUT", path + "/" + draft["id"], {"n": 5}, {"If-Match": '"1"'})
        self.assertEqual([{"n": 5}], [d["doc"] for d in demo.good("GET", path)["items"]])
        self.assertEqual((400, "bad_draft"), (lambda s, a: (s, a["code"]))(*demo.ask("POST", path, "[1]", {"Content-Type": "application/json"})))
        # What cannot be saved stays a draft; what is saved is none any more, however often it is sent.
        records = "/v1/forms/marked/records?draft=" + draft["id"]
        self.assertEqual(422, demo.ask("POST", records, {"n": "x"})[0])
        self.assertEqual(1, len(demo.good("GET", path)["items"]))
        made = demo.good("POST", records, {"n": 5}, key, status=201)
        self.assertEqual([], demo.good("GET", path)["items"])
        self.assertEqual(made["id"], demo.good("POST", records, {"n": 5}, key, status=201)["id"])
        self.assertEqual(404, demo.ask("GET", path + "/" + draft["id"])[0])
        # Another tenant's, and another form's.
        draft = demo.good("POST", path, {"n": 6}, status=201)["id"]
        quiet = self.tenant(self.quiet)
        quiet.release(marked(1))
        self.assertEqual(404, quiet.ask("GET", path + "/" + draft)[0])
        quiet.good("POST", "/v1/forms/marked/records?draft=" + draft, {"n": 6}, status=201)
        self.assertEqual({"n": 6}, demo.good("GET", path + "/" + draft)["doc"])
        self.assertEqual(204, demo.ask("DELETE", path + "/" + draft)[0])
        for n in range(100):
            demo.good("POST", path, {"n": n}, status=201)
        self.assertEqual("too_many_drafts", demo.ask("POST", path, {"n": 1})[1]["code"])

    def test_a_repeated_change_answers_as_the_first_one_did(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release(marked(1))
        records = "/v1/forms/marked/records"
        first = demo.good("POST", records, {"n": 1}, status=201)
        path = records + "/" + first["id"]
        key = {"Idempotency-Key": "put", "If-Match": '"1"'}
        put = demo.good("PUT", path, {"n": 2}, key)
        self.assertEqual(put, demo.good("PUT", path, {"n": 2}, key))  # though the record has another version by now
        patch = [{"op": "test", "path": "/n", "value": 2}, {"op": "replace", "path": "/n", "value": 3}]
        key = {"Idempotency-Key": "patch", "Content-Type": "application/json-patch+json"}
        self.assertEqual(3, demo.good("PATCH", path, json.dumps(patch), key)["version"])
        self.assertEqual(3, demo.good("PATCH", path, json.dumps(patch), key)["version"])
        self.assertEqual("idempotency_key_reused", demo.ask("PATCH", path, "[]", key)[1]["code"])
        batch = [{"op": "create", "doc": {"n": 10}}, {"op": "patch", "id": first["id"], "if_match": '"3"', "doc": {"n": 11}}]
        key = {"Idempotency-Key": "batch"}
        done = demo.good("POST", records + ":batch", batch, key)
        self.assertEqual(done, demo.good("POST", records + ":batch", batch, key))
        gone = [{"op": "delete", "id": done["results"][0]["id"]}]
        key = {"Idempotency-Key": "gone"}
        self.assertEqual(demo.good("POST", records + ":batch", gone, key), demo.good("POST", records + ":batch", gone, key))
        key = {"Idempotency-Key": "delete"}
        self.assertEqual([204, 204, 404], [demo.ask("DELETE", path, None, k)[0] for k in (key, key, {})])

    def test_an_import_that_is_sent_again_makes_nothing_twice_and_its_mended_file_is_taken(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release(marked(1))
        records = "/v1/forms/marked/records"
        key = {"Idempotency-Key": "i", "Content-Type": "text/csv"}
        lines = "n\n" + "".join("%d\n" % n for n in range(1, 251)) + "7\nx\n"
        done = demo.good("POST", records + ":import", lines, key)
        self.assertEqual((252, 250, 2), (done["rows"], done["created"], done["failed"]))
        self.assertEqual(250, demo.good("POST", records + ":import", lines, key)["created"])
        self.assertEqual(250, demo.good("GET", records + "?count=exact&limit=1")["count"])
        mended = done["error_file"].replace("7,", "1007,").replace("x,", "1008,")
        again = demo.good("POST", records + ":import", mended, {"Content-Type": "text/csv"})
        self.assertEqual((2, 2, 0), (again["rows"], again["created"], again["failed"]))
        self.assertEqual("bad_mapping", demo.ask("POST", records + ":import?mapping=%7B%7D", "{}", {"Content-Type": "application/x-ndjson"})[1]["code"])

    def test_an_export_keeps_its_columns_through_a_publish_and_a_cursor_ages(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release(marked(1))
        records = "/v1/forms/marked/records"
        rows = "".join(json.dumps({"n": n, "group": 0}) + "\n" for n in range(10500))
        self.assertEqual(10500, demo.good("POST", records + ":import", rows, {"Content-Type": "application/x-ndjson"})["created"])
        export = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60)
        self.addCleanup(export.close)
        export.request("GET", records + ":export?format=csv")
        answer = export.getresponse()
        text = answer.read(2000)
        demo.release(marked(2).replace("n: {type: integer}, group", "a: {type: string}, n: {type: integer}, group"))
        text += answer.read()
        lines = text.decode().strip().split("\r\n")
        self.assertEqual(10501, len(lines))
        self.assertEqual({lines[0].count(",")}, {line.count(",") for line in lines})
        self.assertTrue(lines[0].endswith(",n,group,mark"), lines[0])
        # More records that no index can pass over than one query looks at.
        last = "filter=" + urllib.parse.quote("n % 10500 == 10499")
        self.assertEqual("filter_too_broad", demo.ask("GET", "%s?%s" % (records, last))[1]["code"])
        found = demo.good("GET", "%s:export?format=jsonl&%s" % (records, last)).splitlines()
        self.assertEqual([10499], [json.loads(line)["doc"]["n"] for line in found])
        listed = demo.good("GET", records + "?limit=1")["next"]
        seconds, rest = listed.split(".", 1)
        demo.good("GET", records + "?limit=1&cursor=" + listed)
        for moved in (int(seconds) - 4000, int(seconds) + 4000):
            self.assertEqual("bad_cursor", demo.ask("GET", "%s?limit=1&cursor=%d.%s" % (records, moved, rest))[1]["code"])

    def test_many_at_once_get_numbers_without_gaps(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release("form: numbered\nschema: {type: object, properties: {no: {type: string}}}\nlogic: {no: {sequence: \"N-{000}\"}}\n", "numbered")
        # Each number is a write of its own, and who waits for all others' must not miss his deadline on a slow disk.
        count = max(4, min(48, int(2.5 / sync_time(self.folder))))
        begun, found = time.monotonic(), []

        def send():
            tenant = Tenant(kernel.port)
            for _ in range(5):
                found.append(tenant.good("POST", "/v1/forms/numbered/records", {}, status=201)["doc"]["no"])
            tenant.connection.close()
        clients = [threading.Thread(target=send) for _ in range(count)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(120)
        self.assertEqual(["N-%03d" % n for n in range(1, 5 * count + 1)], sorted(found))
        print("\nforms: %d numbers for %d clients at once in %.1f s" % (5 * count, count, time.monotonic() - begun))

    def test_rows_name_records_of_another_form(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release("form: product\nschema: {type: object, properties: {name: {type: string}}}\n", "product")
        demo.release("""form: order
schema:
  type: object
  properties: {no: {type: string}, lines: {type: array, items: {type: object, properties: {product: {type: string}, qty: {type: integer}}}}}
logic: {"lines[].product": {reference: product}}
""", "order")
        records, product = "/v1/forms/order/records", "/v1/forms/product/records"
        apple, pear = (demo.good("POST", product, {"name": name}, status=201)["id"] for name in ("Apple", "Pear"))
        rows = [{"product": p, "qty": n} for n, p in enumerate((apple, pear, apple))]
        made = demo.good("POST", records, {"no": "1", "lines": rows}, status=201)
        gone = "0199e0f1-8c6e-7abc-8def-0123456789ab"
        status, answer = demo.ask("POST", records, {"lines": rows + [{"product": gone}]})
        self.assertEqual((422, [("/lines/3/product", "reference", "there is no such record in product")]),
                         (status, [(e["pointer"], e["code"], e["message"]) for e in answer["errors"]]))
        for name in ("lines.product", "lines%5B%5D.product"):
            shown = demo.good("GET", "%s/%s?expand=%s" % (records, made["id"], name))["expand"]
            self.assertEqual(["Apple", "Pear", "Apple"], [one["doc"]["name"] for one in shown[urllib.parse.unquote(name)]])
        # A record that others name can be deleted; then the row leads nowhere.
        self.assertEqual(204, demo.ask("DELETE", product + "/" + pear)[0])
        listed = demo.good("GET", records + "?expand=lines.product")["items"][0]["expand"]["lines.product"]
        self.assertEqual(["Apple", None, "Apple"], [one and one["doc"]["name"] for one in listed])
        # Rows are one cell of an export, and of the import of it.
        csv = demo.good("GET", records + ":export?format=csv&filter=no%20%3D%3D%20'1'")
        self.assertIn('"[{""product"":""%s"",""qty"":0}' % apple, csv)
        done = demo.good("POST", records + ":import", csv, {"Content-Type": "text/csv"})
        self.assertEqual((1, 0, [("/lines/1/product", "reference")]),
                         (done["rows"], done["created"], [(e["pointer"], e["code"]) for e in done["errors"]]))
        done = demo.good("POST", records + ":import", csv.replace(pear, apple), {"Content-Type": "text/csv"})
        self.assertEqual((1, 1), (done["rows"], done["created"]))

    def test_validate_and_save_tell_the_same_faults_all_of_them_in_words_of_the_form(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release("form: customer\nschema: {type: object, properties: {name: {type: string}}}\n", "customer")
        demo.release("""form: order
schema:
  type: object
  properties:
    count: {type: integer}
    at: {type: string, format: date-time}
    text: {type: string}
    customer: {type: string}
    others: {type: array, items: {type: string}}
    lines: {type: array, items: {type: object, properties: {customer: {type: string}}}}
logic: {customer: {reference: customer}, others: {reference: customer}, "lines[].customer": {reference: customer}}
index: [count, at, text]
""", "order")
        records, gone = "/v1/forms/order/records", "0199e0f1-8c6e-7abc-8def-0123456789ab"
        ada = demo.good("POST", "/v1/forms/customer/records", {"name": "Ada"}, status=201)["id"]
        named = {"customer": "nope", "others": ["x", ada, gone], "lines": [{"customer": ada}, {"customer": gone}]}
        wanted = [("/customer", "reference"), ("/lines/1/customer", "reference"), ("/others/0", "reference"), ("/others/2", "reference")]

        def faults(answer):
            return [(e["pointer"], e["code"]) for e in answer["errors"]]
        for more, first in (({}, []), ({"count": "x"}, [("/count", "type")])):
            status, answer = demo.ask("POST", records, {**named, **more})
            self.assertEqual((422, sorted(first + wanted)), (status, faults(answer)))
            told = demo.good("POST", records + ":validate", {**named, **more})
            self.assertEqual((False, answer["errors"]), (told["valid"], told["errors"]))
            line = json.dumps({**named, **more}) + "\n"
            for preview in ("?preview=true", ""):
                told = demo.good("POST", records + ":import" + preview, line, {"Content-Type": "application/x-ndjson"})
                self.assertEqual((1, faults(answer)), (told["failed"], faults(told)))
        # What no index can hold is the field's fault, and no word of it is the store's.
        for field, value in (("count", 10 ** 29), ("at", "0000-01-01T00:00:00Z"), ("at", "9999-12-31T23:59:59-12:00"), ("text", "a" * 1025)):
            for language in ("en", "zh"):
                with self.subTest(field=field, language=language):
                    status, answer = demo.ask("POST", records, {field: value, "customer": "nope"}, {"Accept-Language": language})
                    self.assertEqual((422, "invalid_record"), (status, answer["code"]))
                    self.assertEqual({"/" + field, "/customer"}, {e["pointer"] for e in answer["errors"]})
                    for storage in ("/doc", "i:", "index_"):
                        self.assertNotIn(storage, json.dumps(answer["errors"]))

    def test_a_unique_conflict_does_not_tell_whose_record_it_is(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release("""form: coded
schema: {type: object, properties: {code: {type: string}, owner: {type: string}}}
unique: [[code, owner]]
access: {create: "true", read: "record.owner == user.id"}
""", "coded")
        records, hers = "/v1/forms/coded/records", {"code": "a", "owner": "ada"}
        made = demo.good("POST", records, hers, status=201)
        batch = [{"op": "create", "doc": {"code": "b"}}, {"op": "create", "doc": hers}]
        for path, body, at in ((records, hers, "/code"), (records + ":batch", batch, "/1/doc/code")):
            status, answer = demo.ask("POST", path, body)
            self.assertEqual((409, "unique_conflict"), (status, answer["code"]))
            self.assertEqual([(at, "unique", {"fields": ["/code", "/owner"]})],
                             [(e["pointer"], e["code"], e["params"]) for e in answer["errors"]])
            self.assertNotIn(made["id"], json.dumps(answer))

    def test_parameters_that_there_are_not_are_refused(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release(marked(1))
        records = "/v1/forms/marked/records"
        for asked, status in ((":export?format=xls", 400), ("?limit=abc", 400), ("?limit=500", 422), ("?limit=0", 422)):
            found, answer = demo.ask("GET", records + asked)
            self.assertEqual((status, "invalid_parameter"), (found, answer["code"]), asked)

    def test_requests_with_one_key_at_once_make_one_record(self):
        kernel = self.system()
        self.tenant(kernel.port).release(marked(1))
        found, together = [], threading.Barrier(8)

        def send():
            tenant = Tenant(kernel.port)
            tenant.connection.connect()
            together.wait(60)
            found.append(tenant.ask("POST", "/v1/forms/marked/records", {"n": 1}, {"Idempotency-Key": "one"}))
            tenant.connection.close()
        clients = [threading.Thread(target=send) for _ in range(8)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(60)
        self.assertEqual([201] * 8, [status for status, _ in found])
        self.assertEqual(1, len({answer["id"] for _, answer in found}))

    def test_what_a_deletion_does_to_those_who_refer(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)

        def publish(on_delete):
            return demo.release("""form: order
schema: {type: object, properties: {customer: {type: string}, no: {type: integer}}}
logic: {customer: {reference: customer%s}}
""" % on_delete, "order")

        demo.release("form: customer\nschema: {type: object, properties: {name: {type: string}}}\n", "customer")
        publish("")
        customers, orders = "/v1/forms/customer/records", "/v1/forms/order/records"
        ada, bob = (demo.good("POST", customers, {"name": name}, status=201)["id"] for name in ("Ada", "Bob"))
        made = [demo.good("POST", orders, {"customer": who, "no": n}, status=201)["id"] for n, who in enumerate((ada, ada, bob))]
        # Records of before count too, since the index is filled before the version is served.
        self.assertEqual("active", publish(", on_delete: restrict")["state"])
        status, answer = demo.ask("DELETE", customers + "/" + ada)
        self.assertEqual((409, "referenced", [("", "referenced", {"form": "order", "field": "customer", "count": 2})]),
                         (status, answer["code"], [(e["pointer"], e["code"], e["params"]) for e in answer["errors"]]))
        self.assertEqual("active", publish(", on_delete: clear")["state"])
        self.assertEqual(204, demo.ask("DELETE", customers + "/" + ada)[0])
        cleared = [demo.good("GET", orders + "/" + one) for one in made]
        self.assertEqual([(2, {"no": 0}), (2, {"no": 1}), (1, {"no": 2, "customer": bob})], [(one["version"], one["doc"]) for one in cleared])
        self.assertEqual("active", publish(", on_delete: cascade")["state"])
        # By now bob has a guard: his next order puts it.
        demo.good("POST", orders, {"customer": bob, "no": 3}, status=201)
        self.assertEqual(204, demo.ask("DELETE", customers + "/" + bob)[0])
        self.assertEqual([0, 1], sorted(one["doc"]["no"] for one in demo.good("GET", orders)["items"]))

    def test_nobody_refers_to_what_was_deleted_meanwhile(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release("form: customer\nschema: {type: object, properties: {name: {type: string}}}\n", "customer")
        demo.release("""form: order
schema: {type: object, properties: {customer: {type: string}}}
logic: {customer: {reference: customer, on_delete: restrict}}
""", "order")
        customers, orders = "/v1/forms/customer/records", "/v1/forms/order/records"
        for _ in range(40):
            who = demo.good("POST", customers, {}, status=201)["id"]
            found = {}

            def refer():
                found["order"] = self.tenant(kernel.port).ask("POST", orders, {"customer": who})[0]

            client = threading.Thread(target=refer)
            client.start()
            gone = demo.ask("DELETE", customers + "/" + who)[0]
            client.join(60)
            # Either the order is there and so is its customer, or neither was made nor kept.
            self.assertIn((gone, found["order"]), ((204, 422), (409, 201)))
            self.assertEqual(404 if gone == 204 else 200, demo.ask("GET", customers + "/" + who)[0])

    def test_hostile_texts_stay_texts(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release("form: texts\nschema: {type: object, properties: {t: {type: string}, p: {type: string, pattern: '^a$'}}}\nindex: [t]\n", "texts")
        records = "/v1/forms/texts/records"
        evils = ["\r\nX-Evil: 1\r\n\r\n", "' || true || t == '", '" } ] } <script>alert(1)</script>', "\u202e\u0000\u001b[31m", "=cmd|' /C calc'!A0",
                 '{"level":"error","msg":"forged"}\n{"level":"error","msg":"forged"}', "%0d%0aX-Evil:%201", "${jndi:x}", "\U0001f600" * 20]
        for evil in evils:
            with self.subTest(evil[:20]):
                made = demo.good("POST", records, {"t": evil}, status=201)
                self.assertEqual(evil, demo.good("GET", records + "/" + made["id"])["doc"]["t"])
                asked = urllib.parse.quote("t == %s" % json.dumps(evil, ensure_ascii=False))
                found = demo.good("GET", "%s?filter=%s" % (records, asked))
                self.assertEqual([made["id"]], [i["id"] for i in found["items"]])
                connection = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60)
                self.addCleanup(connection.close)
                for method, path, body in (("POST", records, json.dumps({"p": evil})), ("GET", records + "?order=" + urllib.parse.quote(evil), None),
                                           ("GET", "/v1/forms/" + urllib.parse.quote(evil[:40], safe=""), None),
                                           ("GET", records + ":export?format=csv&filter=" + asked, None)):
                    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
                    answer = connection.getresponse()
                    answer.read()
                    self.assertNotIn("x-evil", {k.lower() for k, _ in answer.getheaders()}, path)
                    self.assertIn(answer.status, (200, 400, 404, 422), path)
        for line in kernel.log_text().splitlines():
            self.assertNotEqual("forged", json.loads(line)["msg"])

    def test_diagnostics_name_line_and_column(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        status, answer = demo.ask("POST", "/v1/forms/compile?formId=marked", marked(1).replace("n % 7", "m % 7"), YAML)
        self.assertEqual(status, 422)
        self.assertEqual([(e["line"], e["column"], e["code"]) for e in answer["errors"]], [(9, 21, "expression")], answer)
        for mode in ("fast", "full"):
            answer = demo.good("POST", "/v1/forms/compile?formId=marked&mode=" + mode, marked(1), YAML)
            self.assertGreater(answer["timings"]["total_us"], 0, mode)

    def test_publishing_under_load_serves_nothing_stale_and_fails_nobody(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release(marked(0))
        self.tenant(self.quiet).release(marked(0))
        published = []
        begun = time.monotonic()
        with Load(kernel.port) as busy, Load(self.quiet, 1) as other:
            value = 0
            # A slow disk takes longer for so many.
            while time.monotonic() < begun + SECONDS or (busy.count.value <= 100 and time.monotonic() < begun + 120):
                value += 1
                begin = time.monotonic_ns()
                demo.release(marked(value))
                published.append((begin, time.monotonic_ns(), value))
                time.sleep(0.01)
        seconds = time.monotonic() - begun
        self.assertEqual([s for s in busy.seen + other.seen if s[2] != 201][:3], [])
        self.assertGreater(len(busy.seen), 100)
        for begin, end, _, mark, _ in busy.seen:
            acknowledged = max((v for _, done, v in published if done < begin), default=0)
            self.assertGreaterEqual(mark, acknowledged)
            self.assertLessEqual(mark, max((v for asked, _, v in published if asked < end), default=0))
        took = [(end - begin) / 1e6 for begin, end, _ in published]
        wrote = [(end - begin) / 1e6 for begin, end, *_ in busy.seen]
        print("\nforms: %d publishes on the tenant under load (draft and publish p50 %.1f ms, p99 %.1f ms) beside %d records written "
              "(%.0f/s, p50 %.2f ms, p99 %.2f ms), 0 failed, 0 stale; clients and kernel on %d shared cores" % (
                  len(took), quantile(took, 0.5), quantile(took, 0.99), len(wrote), len(wrote) / seconds,
                  quantile(wrote, 0.5), quantile(wrote, 0.99), os.cpu_count()))

    def test_a_kill_loses_no_record_and_leaves_indexes_that_agree(self):
        kernel = self.system()
        demo = self.tenant(kernel.port)
        demo.release(marked(0))
        written, published = set(), {"tried": 0, "acknowledged": 0, "open": set(), "wrong": []}
        for kill in range(KILLS):
            with Load(kernel.port, 2, first=kill * 100_000) as load:
                publishing = threading.Thread(target=self.publish_quietly, args=(kernel.port, published))
                before = published["acknowledged"]
                publishing.start()
                time.sleep(0.3)
                wait_for("records and a publish", 60, lambda: load.count.value > 10 and (
                    published["acknowledged"] > before or not publishing.is_alive()))
                kernel.kill_kernel()
                kernel.await_restart()
                publishing.join()
            written |= {n for _, _, status, _, n in load.seen if status == 201}
            self.assertEqual([s for s in load.seen if s[2] not in (0, 201, 409, 503)][:3], [])
            self.assertEqual([], published["wrong"])
            # What is served is what was acknowledged last, or what was being published when it was killed: all of it.
            demo = self.tenant(kernel.port)
            status, answer = wait_for("the form after the restart", 60, lambda: self.unless_503(demo))
            self.assertEqual(200, status, answer)
            wait_for("what was building to be served", 60, lambda: all(v["state"] != "building" for v in demo.versions()["items"]))
            mark = self.unless_503(demo)[1]["doc"]["mark"]
            self.assertIn(mark, published["open"] | {published["acknowledged"]})
            served = demo.good("GET", "/v1/forms/marked")
            self.assertEqual(served["version"], demo.versions()["active"])
            self.assertEqual((str(mark), mark % 2), (served["logic"]["mark"]["compute"], served["index"].count("mark")))
            published["acknowledged"] = mark
        self.assertGreater(published["acknowledged"], 0)
        rows = [json.loads(line) for line in demo.good("GET", "/v1/forms/marked/records:export?format=jsonl").splitlines()]
        kept = [row["doc"]["n"] for row in rows]
        self.assertGreater(len(written), 50)
        self.assertEqual(len(kept), len(set(kept)))
        self.assertEqual(written - set(kept), set())
        for group in range(7):
            lines = demo.good("GET", "/v1/forms/marked/records:export?format=jsonl&filter=group%%20%%3D%%3D%%20%d" % group)
            self.assertEqual(len(lines.splitlines()), sum(n % 7 == group for n in kept))
        # The form is one that was published whole, and still takes records.
        self.assertEqual(demo.good("POST", "/v1/forms/marked/records", {"n": -1}, status=201)["doc"]["group"], -1)

    @staticmethod
    def unless_503(tenant):
        status, answer = tenant.ask("POST", "/v1/forms/marked/records:validate", {"n": 1})
        return None if status == 503 else (status, answer)

    @staticmethod
    def publish_quietly(port, published):
        """Until the kill cuts it off; every other version has an index more. `open`: tried, and perhaps not in vain."""
        tenant = Tenant(port)
        try:
            for _ in range(1000):
                value = published["tried"] = published["tried"] + 1
                model = marked(value)
                if value % 2:
                    model = model.replace("index: [group]", "index: [group, mark]")
                status, answer = tenant.ask("PUT", "/v1/models/forms/marked", model, YAML)
                if status == 200:
                    published["open"].add(value)
                    status, answer = tenant.ask("POST", "/v1/models/forms/marked/publish")
                # A version whose index takes long is served later, and until then none is published after it.
                if status == 503 or (status == 409 and answer["code"] == "building"):
                    return
                if status != 200:
                    published["wrong"].append((value, status, answer))
                    return
                if answer["state"] == "building":
                    return
                published["acknowledged"] = value
                published["open"].clear()
        except (OSError, http.client.HTTPException):
            pass  # the kill
        finally:
            tenant.connection.close()


if __name__ == "__main__":
    main()
