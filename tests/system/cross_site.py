"""system.cross_site: what any page of the web can make a browser send to a listener that stands for a user: a body whose type
needs no preflight, one for whom the browser says that another site sends it, or one under a name of another site that leads
to this machine. Nothing of it is written."""

import json

import forms
from harness import SystemTest, main

RECORDS = "/v1/forms/marked/records"
DRAFTS = "/v1/forms/marked/drafts"
# What a page may send anywhere without being asked, what is no JSON either, and a body that says nothing of itself.
NOT_JSON = ("text/plain", "text/plain; charset=application/json", "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x", "application/xml", "text/csv", None)
FORGED = ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"},
          {"Origin": "https://evil.example"}, {"Origin": "null"})


class CrossSite(SystemTest):
    def setUp(self):
        super().setUp()
        self.k = self.kernel(manifest=forms.manifest()).start()
        self.demo = forms.Tenant(self.k.port)
        self.addCleanup(self.demo.connection.close)
        self.demo.release(forms.marked(1))
        self.record = self.demo.good("POST", RECORDS, {"n": 1}, status=201)["id"]
        self.draft = self.demo.good("POST", DRAFTS, {"n": 2}, status=201)["id"]
        one, draft = RECORDS + "/" + self.record, DRAFTS + "/" + self.draft
        self.writes = (("POST", RECORDS, {"n": 3}), ("PUT", one, {"n": 3}), ("PATCH", one, {"n": 3}),
                       ("POST", RECORDS + ":batch", [{"op": "create", "doc": {"n": 3}}]), ("POST", RECORDS + ":validate", {"n": 3}),
                       ("POST", DRAFTS, {"n": 3}), ("PUT", draft, {"n": 3}),
                       ("POST", "/v1/models/forms/marked/publish", {}), ("POST", "/v1/rules/x/evaluate", {"input": {}}))

    def outcome(self, method, path, body, headers):
        status, _, text = self.k.request(method, path, json.dumps(body).encode(), headers)
        return status, json.loads(text)["code"] if text.startswith("{") and status >= 400 else text

    def assert_as_before(self):
        self.assertEqual([({"n": 1}, 1)], [({"n": r["doc"]["n"]}, r["version"]) for r in self.demo.good("GET", RECORDS)["items"]])
        self.assertEqual([{"n": 2}], [d["doc"] for d in self.demo.good("GET", DRAFTS)["items"]])

    def test_a_body_of_another_type_than_the_route_takes_is_415(self):
        for method, path, body in self.writes:
            for media in NOT_JSON:
                with self.subTest(method=method, path=path, media=media):
                    fields = {"Content-Type": media} if media else {}
                    self.assertEqual((415, "unsupported_media_type"), self.outcome(method, path, body, fields))
        self.assertEqual((415, "unsupported_media_type"),
                         self.outcome("POST", RECORDS + ":import", {"n": 3}, {"Content-Type": "application/json"}))
        self.assertEqual((415, "unsupported_media_type"),
                         self.outcome("PUT", "/v1/models/forms/marked", {"form": "marked"}, {"Content-Type": "text/plain"}))
        self.assertEqual((415, "unsupported_media_type"),
                         self.outcome("POST", RECORDS, {"n": 3}, {"Content-Type": "application/json; charset=latin1"}))
        self.assert_as_before()
        for number, media in enumerate(("application/json; charset=utf-8", "Application/JSON", "application/vnd.leave+json")):
            self.assertEqual(201, self.outcome("POST", RECORDS, {"n": 10 + number}, {"Content-Type": media})[0], media)

    def test_a_page_of_another_site_writes_nothing_in_the_name_of_the_listener(self):
        here = "http://127.0.0.1:%d" % self.k.port
        erase = (("DELETE", RECORDS + "/" + self.record, None), ("DELETE", DRAFTS + "/" + self.draft, None))
        for method, path, body in self.writes + erase:
            for forged in FORGED + ({"Origin": here + ".evil.example"},):
                for media in ("application/json", "text/plain"):
                    with self.subTest(method=method, path=path, forged=forged, media=media):
                        self.assertEqual((403, "cross_site_request"), self.outcome(method, path, body, dict(forged, **{"Content-Type": media})))
        self.assert_as_before()
        for number, own in enumerate(({"Sec-Fetch-Site": "same-origin", "Origin": here}, {"Sec-Fetch-Site": "none"}, {"Origin": here}, {})):
            fields = dict(own, **{"Content-Type": "application/json"})
            self.assertEqual(201, self.outcome("POST", RECORDS, {"n": 20 + number}, fields)[0], own)
        self.assertEqual(200, self.k.request("GET", RECORDS, headers=FORGED[0])[0])

    def test_a_name_that_was_rebound_to_this_machine_neither_writes_nor_reads(self):
        name = "evil.example:%d" % self.k.port
        page = ({"Origin": "http://" + name}, {"Referer": "http://" + name + "/"}, {"Accept-Language": "en"}, {"Sec-Fetch-Site": "same-origin"})
        for method, path, body in self.writes + (("GET", RECORDS, None), ("GET", RECORDS + "/" + self.record, None)):
            for fields in page:
                with self.subTest(method=method, path=path, fields=fields):
                    sent = dict(fields, Host=name, **{"Content-Type": "application/json"})
                    self.assertEqual((403, "unknown_host"), self.outcome(method, path, body, sent))
        self.assert_as_before()
        for own in ("localhost:%d", "app.localhost:%d", "127.0.0.2:%d", "[::1]:%d"):
            own = own % self.k.port
            fields = {"Host": own, "Origin": "http://" + own, "Accept-Language": "en", "Content-Type": "application/json"}
            self.assertEqual(200, self.k.request("GET", RECORDS, headers=fields)[0], own)
            self.assertEqual(200, self.outcome("POST", RECORDS + ":validate", {"n": 3}, fields)[0], own)
        self.assertEqual(200, self.k.request("GET", RECORDS, headers={"Host": "t"})[0])


if __name__ == "__main__":
    main()
