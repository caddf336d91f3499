"""system.hostile: whatever markup, code or control characters models, records, files and addresses hold, on pages, in answers
and in the log they stay the texts that they are; in a real browser nothing of them runs."""

import csv
import html.parser
import io
import json
import re
import urllib.parse

import pages
from harness import SystemTest, main

HOSTILE = ['"><script>window.evil=1</script>', "javascript:window.evil=1", "' onfocus='window.evil=1' autofocus='", "</textarea><img src=x onerror=window.evil=1>",
           "</title><base href=//evil.example>", "a\r\nX-Evil: 1\r\n\r\n<b>split", "%0d%0aX-Evil:%201", "nul \0 in it", "\u202egpj.exe\u2066", "{{csrf}}{{#rows}}{{>edit}}",
           "=1+1", "@SUM(A1)", "${7*7}", '{"level":"error","msg":"forged"}\n{"level":"error","msg":"forged"}']


class Markup(html.parser.HTMLParser):
    """What a browser would make of a page: all its texts, and whatever could run or lead away."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.bad = [], []
        self.feed(page)
        self.close()

    def handle_data(self, data):
        self.texts.append(data)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        own = given.get("src", "").startswith("/assets/")
        if tag in ("base", "iframe", "object", "embed", "style", "svg", "b") or (tag in ("script", "img") and not own):
            self.bad.append((tag, given))
        for name, value in attributes:
            self.texts.append(value or "")
            leads = name in ("href", "src", "action", "formaction") and not re.match(r"/(?!/)|#|$", value or "")
            if leads or name.startswith("on") or name in ("style", "srcdoc", "autofocus"):
                self.bad.append((tag, name, value))


class Hostile(SystemTest):
    kernel, socle, ask, browser, release = (pages.Pages.kernel, pages.Pages.socle, pages.Pages.ask, pages.Pages.browser,
                                            pages.Pages.release)

    def hostile(self, number, evil):
        plain = evil.replace("{", "").replace("}", "").replace("\0", "")[:40]
        words = {"en": evil, "zh": evil}
        return json.dumps({
            "form": "hostile%d" % number, "title": words, "describe": words,
            "schema": {"type": "object", "properties": {
                "t": {"type": "string", "title": words, "description": words}, "k": {"enum": [evil, "b"], "title": evil, "labels": {"b": words}},
                "no": {"type": "string"}, "l": {"type": "array", "title": evil, "items": {"type": "object", "properties": {"c": {"type": "string", "title": words}}}}}},
            "logic": {"no": {"sequence": plain + "-{0000}"}},
            "checks": [{"id": "c", "when": "t == 'wrong'", "message": words, "at": "/t"}],
            "ui": {"type": "VerticalLayout", "elements": [{"type": "Group", "label": evil, "elements": [
                {"type": "Control", "scope": "#/properties/" + name} for name in ("t", "k", "no", "l")]}]}})

    def harmless(self, evil, method, path, body=None, allowed=(200,), told=True, **headers):
        """Nothing of the answer runs, leads away or splits it; `told`: a page says the text as a text."""
        status, found, text = self.ask(method, path, body, **headers)
        self.assertIn(status, allowed, (path, text[:300]))
        self.assertNotIn("x-evil", found)
        if found.get("content-type", "").startswith("text/html"):
            page = Markup(text)
            self.assertEqual([], page.bad, path)
            self.assertIn("default-src 'none'", found["content-security-policy"])
            if told and evil.isprintable():
                self.assertTrue(any(evil in one for one in page.texts), (path, evil))
        return status, found, text

    def test_hostile_texts_of_models_records_and_files_stay_texts(self):
        kernel = self.kernel()
        shown = []
        for number, evil in enumerate(HOSTILE):
            with self.subTest(evil):
                # A control character may be refused in a model; then nothing has to be shown.
                if not self.release("hostile%d" % number, self.hostile(number, evil), (200,) if evil.isprintable() else (200, 400, 422)):
                    continue
                api, form = "/v1/forms/hostile%d/records" % number, "/forms/hostile%d" % number
                doc = {"t": evil, "k": evil, "l": [{"c": evil}]}
                made = json.loads(self.harmless(evil, "POST", api, json.dumps(doc), (201,), Content_Type="application/json")[2])
                self.assertEqual(doc, {key: made["doc"][key] for key in doc})
                self.harmless(evil, "GET", "/")
                page = self.harmless(evil, "GET", form + "/new")[2]
                for path in ("", "/" + made["id"], "/%s/edit" % made["id"], "/%s/delete" % made["id"]):
                    self.harmless(evil, "GET", form + path)
                self.harmless(evil, "GET", form + "?filter=" + urllib.parse.quote(evil, safe=""), None, (200, 400), told=False)
                csrf = re.search(r'name="csrf" value="([^"]*)"', page)[1]
                entered = {"csrf": csrf, "step": "0", "key": "k", "go": "save", "/t": "wrong", "/k": evil, "#rows/l": "1", "/l/0/c": evil}
                self.harmless(evil, "POST", form + "/new", entered, (422,))
                self.harmless(evil, "POST", form + "/new", dict(entered, **{"csrf": evil, "step": evil, "version": evil, "go": evil}), (403,))
                judged = self.harmless(evil, "POST", form + "/evaluate", entered)[2]
                self.assertIn(evil, [e["message"] for e in json.loads(judged)["errors"]])
                self.harmless(evil, "POST", form + "/new", dict(entered, go="keep", **{"/t": evil}), (303,))
                self.harmless(evil, "GET", form)
                # CSV keeps the text as it is, in one cell.
                _, headers, text = self.harmless(evil, "GET", api + ":export?format=csv")
                self.assertEqual('attachment; filename="hostile%d.csv"' % number, headers["content-disposition"])
                if "\0" not in evil:
                    head, row = csv.reader(io.StringIO(text, newline=""))
                    self.assertEqual((evil, evil, [{"c": evil}]), (row[head.index("t")], row[head.index("k")], json.loads(row[head.index("l")])))
                # Elsewhere: a file's name, a name of a form that there is not, a parameter that is echoed.
                quoted = urllib.parse.quote(evil, safe="")
                status, headers, _ = self.harmless(evil, "POST", "/v1/files?name=" + quoted, "x", (201, 400, 422), Content_Type="text/plain")
                if status == 201:
                    found = self.harmless(evil, "GET", headers["location"])[1]["content-disposition"]
                    self.assertRegex(found, r"""^attachment; filename="[^"\\/<>\x00-\x1f\x7f]+"(; filename\*=UTF-8''[A-Za-z0-9._%-]+)?$""")
                for path in ("/v1/forms/" + quoted, "/forms/" + quoted, api + "?order=" + quoted, api + "?expand=" + quoted, api + "/" + quoted):
                    self.harmless(evil, "GET", path, None, (400, 404, 422), told=False)
                self.harmless(evil, "PUT", "/v1/models/forms/" + quoted, "form: x\n", (400, 404, 422), told=False, Content_Type="application/yaml")
                shown += [form, "%s/%s/edit" % (form, made["id"])]
        self.assertGreaterEqual(len(shown), 2 * sum(evil.isprintable() for evil in HOSTILE))
        for line in kernel.log_text().splitlines():
            self.assertNotEqual("forged", json.loads(line)["msg"])
        tab = self.browser()
        tab.size(1280, 900)
        for path in shown:
            tab.open(self.base + path)
            self.assertEqual("undefined", tab.run("typeof window.evil"), path)
        self.assertEqual([], tab.complaints())


if __name__ == "__main__":
    main()
