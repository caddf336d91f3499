"""system.openapi: /v1/openapi.json of a running kernel: what is published is in it at once, every example that it shows works
when it is sent, and the linters that people use find nothing (npm at test time; skipped with a reason without a registry)."""

import json
import os
import shutil
import subprocess

from harness import SOCLE, Kernel, SystemTest, main, plugin

LOAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/loan")
RESIDENT = ("[libsimdjson.so.14, libssl.so.3, libcrypto.so.3, librocksdb.so.7.8, libyaml-cpp.so.0.7, libre2.so.9, "
            "libpcre2-8.so.0, libargon2.so.1]")
STORE, MODELS = '"call:storage/1"', '"call:models/1"'
ENTRIES = {
    "storage-rocksdb": "home: kernel",
    "gateway": "home: kernel, listen: [http, other, ops], grants: [ingress, catalog]",
    "auth": 'home: kernel, grants: [%s, "call:auth/1", %s, "call:tenants/1", "act-as:tenants", "subscribe:models.published"]' % (STORE, MODELS),
    "models": 'home: kernel, grants: [%s, %s, "call:rules/1", "call:forms/1", "call:auth/1", "act-as:tenants"]' % (STORE, MODELS),
    "rules": "home: kernel, grants: [%s]" % MODELS,
    "blob": 'home: kernel, grants: [%s, "act-as:tenants"]' % STORE,
    "forms": 'home: kernel, grants: [%s, %s, "call:rules/1", "call:blob/1", "call:auth/1"]' % (STORE, MODELS),
    "openapi": 'home: kernel, grants: [%s, "call:forms/1", catalog]' % MODELS}
SMALL = """form: visit
schema:
  type: object
  required: [who, day]
  additionalProperties: false
  properties: {who: {type: string, minLength: 2}, day: {type: string, format: date}, count: {type: integer}, photo: {type: string}}
logic:
  count: {compute: "1 + 1"}
  photo: {attachment: true}
"""


class OpenApi(SystemTest):
    def setUp(self):
        super().setUp()
        lines = ["socle: 1", "data: data", "listeners:", '  http: {address: "127.0.0.1:0", tenant: demo, principal: tester}',
                 '  other: {address: "127.0.0.1:0", tenant: other, principal: tester}', '  ops: {address: "127.0.0.1:0"}',
                 "resident: " + RESIDENT, "tenants: {demo: {}, other: {}}", "plugins:"]
        lines += ["  - {path: %s, %s}" % (plugin(name), entry) for name, entry in ENTRIES.items()]
        self.kernel_ = Kernel(self.folder, manifest="\n".join(lines) + "\n")
        self.addCleanup(self.kernel_.__exit__)
        self.kernel_.start()
        applied = subprocess.run([SOCLE, "model", "apply", LOAN, "--tenant", "demo"], capture_output=True, text=True, timeout=60,
                                 env=dict(os.environ, SOCLE_CONTROL=self.kernel_.control_path))
        self.assertEqual(applied.returncode, 0, applied.stdout + applied.stderr)
        self.publish()

    def publish(self, text=SMALL):
        status, _, answer = self.kernel_.request("PUT", "/v1/models/forms/visit", text.encode(), {"Content-Type": "application/yaml"})
        self.assertEqual(status // 100, 2, answer)
        status, _, answer = self.kernel_.request("POST", "/v1/models/forms/visit/publish")
        self.assertEqual(status, 200, answer)

    def document(self, query="", port=None):
        status, headers, text = self.kernel_.request("GET", "/v1/openapi.json" + query, port=port)
        self.assertEqual(status, 200, text)
        return json.loads(text), headers["etag"]

    def test_what_is_published_is_in_it_at_once_and_only_for_its_tenant(self):
        before, etag = self.document()
        self.assertIn("count", before["components"]["schemas"]["form.visit"]["properties"])
        self.assertEqual(self.kernel_.request("GET", "/v1/openapi.json", headers={"If-None-Match": etag})[0], 304)
        self.publish(SMALL.replace("count: {type: integer}", "count: {type: integer}, remark: {type: string}"))
        after, changed = self.document()
        self.assertIn("remark", after["components"]["schemas"]["form.visit"]["properties"])
        self.assertNotEqual(etag, changed)
        for path in ("/v1/forms/loan/records", "/v1/forms/loan/records/{id}", "/v1/forms/visit/records:batch", "/v1/files",
                     "/v1/rules/loan-credit/evaluate", "/v1/auth/login", "/v1/openapi.json"):
            self.assertIn(path, after["paths"])
        self.assertEqual(after["paths"]["/v1/auth/login"]["post"]["security"], [])
        self.assertEqual([{"$ref": "#/components/parameters/Idempotency-Key"}],
                         [p for p in after["paths"]["/v1/forms/visit/records"]["post"]["parameters"] if "$ref" in p])
        self.assertEqual({"ETag", "Location"}, set(after["paths"]["/v1/forms/visit/records"]["post"]["responses"]["201"]["headers"]))
        self.assertIn({"$ref": "#/components/parameters/Range"}, after["paths"]["/v1/files/{id}"]["get"]["parameters"])
        self.assertLessEqual({"If-Match", "Idempotency-Key", "Range"}, set(after["components"]["parameters"]))
        self.assertNotIn("form.loan", self.document("?forms=visit")[0]["components"]["schemas"])
        other = int(self.kernel_.command("status")["listeners"]["other"].rsplit(":", 1)[1])
        self.assertEqual([p for p in self.document(port=other)[0]["paths"] if "loan" in p or "visit" in p], [])

    def test_every_example_works(self):
        document, _ = self.document()
        sent = []
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                for media, body in operation.get("requestBody", {}).get("content", {}).items():
                    if "example" not in body or "{" in path:
                        continue
                    example = body["example"]
                    text = example if media.startswith("text/") else json.dumps(example)
                    status, _, answer = self.kernel_.request(method.upper(), path, text.encode(), {"Content-Type": media})
                    self.assertEqual(status // 100, 2, (method, path, text, answer))
                    sent.append(operation["operationId"])
        for wanted in ("forms.loan.create", "forms.visit.create", "forms.loan.validate", "rules.loan-credit.evaluate", "blob.upload"):
            self.assertIn(wanted, sent)
        # Those with an id are tried on a record that is there.
        made = json.loads(self.kernel_.request("GET", "/v1/forms/loan/records")[2])["items"][0]
        for method in ("put", "patch"):
            operation = document["paths"]["/v1/forms/loan/records/{id}"][method]
            for media, body in operation["requestBody"]["content"].items():
                status, _, answer = self.kernel_.request(method.upper(), "/v1/forms/loan/records/" + made["id"],
                                                         json.dumps(body["example"]).encode(), {"Content-Type": media})
                self.assertEqual(status, 200, answer)
        print("\nopenapi: %d operations on %d paths, %d examples sent, all 2xx" % (
            sum(len(o) for o in document["paths"].values()), len(document["paths"]), len(sent) + 3))

    def test_it_lints_clean(self):
        if shutil.which("npm") is None:
            self.skipTest("npm is not installed")
        with open(os.path.join(self.folder, "openapi.json"), "w", encoding="utf-8") as file:
            json.dump(self.document()[0], file)
        with open(os.path.join(self.folder, ".spectral.yaml"), "w", encoding="utf-8") as file:
            file.write('extends: ["spectral:oas"]\n')
        words = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "@redocly/cli@1.34.5", "@stoplight/spectral-cli@6"]
        try:
            installed = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=400)
        except subprocess.TimeoutExpired:
            self.skipTest("npm did not install the linters within 400 s")
        if installed.returncode != 0:
            self.skipTest("npm cannot install the linters: " + installed.stderr.strip()[-200:])
        for words in (["redocly", "lint", "openapi.json", "--extends=recommended"],
                      ["spectral", "lint", "openapi.json", "--fail-severity=warn"]):
            judged = subprocess.run([os.path.join(self.folder, "node_modules/.bin", words[0]), *words[1:]], cwd=self.folder,
                                    capture_output=True, text=True, timeout=200, env=dict(os.environ, REDOCLY_TELEMETRY="off"))
            self.assertEqual(judged.returncode, 0, (judged.stdout + judged.stderr)[-6000:])
            self.assertNotIn("warning", (judged.stdout + judged.stderr).lower().replace("no warning", ""), words[0])


if __name__ == "__main__":
    main()
