"""system.pages: pages of a whole kernel in a real browser: the loan application is filled in step by step, a field
appears, is computed, is complained about and saved; the same without a script; somebody is invited, signs in, takes a
second factor; what may not be seen leads to the door; no page breaks its own policy or, when axe-core can be fetched,
the rules of accessibility."""

import base64
import hashlib
import hmac
import html
import http.client
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
import urllib.parse

import browser
from fake_provider import FakeProvider
from harness import RESIDENT, SOCLE, Kernel, SystemTest, main, plugin

LOAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/loan")
PASSWORD = "tr0ub4dor&3"
MANIFEST = """socle: 1
data: data
listeners:
  http: {address: "127.0.0.1:0"%s}
  ops: {address: "127.0.0.1:0"}
resident: %s
plans: {free: {sessions.ttl: 15min}}
tenants: {demo: {plan: free}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, ops], config: {sign_in: /login}, grants: [ingress, catalog]}
  - {path: %s, home: kernel, config: {password_memory: 8MiB, password_passes: 1, link_page: /join/, oidc_reach: local}, grants: ["call:storage/1", "call:audit/1", "call:auth/1", "call:models/1", "call:tenants/1", "act-as:tenants", "subscribe:models.published"]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1", "act-as:tenants"]}
  - {path: %s, home: kernel, grants: ["call:models/1"]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:blob/1", "call:auth/1"]}
  - {path: %s, home: kernel, config: {zone: ZONE}, grants: ["call:forms/1", "call:models/1", "call:auth/1"]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "act-as:tenants"]}
"""
VISIT = """form: visit
schema: {type: object, required: [photo], properties: {who: {type: string}, photo: {type: string}, papers: {type: array, items: {type: string}}}}
logic: {photo: {attachment: {types: [image/png]}}, papers: {attachment: true}}
"""
ORDER = """form: order
schema:
  type: object
  properties:
    at: {type: string, format: date-time, zone: Asia/Shanghai}
    lines: {type: array, items: {type: object, properties: {product: {type: string}, qty: {type: integer}}}}
logic: {"lines[].product": {reference: product}}
"""
def totp(secret, at):
    mac = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


def fields_of(page, action):
    """What a browser would post of the form that goes to `action`, without a button's part."""
    form = re.search(r'<form method="post" action="%s".*?</form>' % re.escape(action), page, re.S)[0]
    fields = {}
    for one, several, body in re.findall(r"(<input[^>]*>)|(<(?:select|textarea)[^>]*>)(.*?)</(?:select|textarea)>", form, re.S):
        tag = one or several
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if not name or ("checkbox" in tag and " checked" not in tag):
            continue
        if tag.startswith("<select"):
            value = re.search(r'value="([^"]*)" selected', body)
        text = body.removeprefix("\n") if tag.startswith("<textarea") else value[1] if value else ""
        fields[html.unescape(name[1])] = html.unescape(text)
    return fields


class Pages(SystemTest):
    def kernel(self, listener=", tenant: demo, principal: tester", zone="UTC"):
        resident = RESIDENT.replace("]", ", libargon2.so.1, libyaml-cpp.so.0.7, libpcre2-8.so.0]")
        names = ("storage-rocksdb", "gateway", "auth", "models", "rules", "forms", "pages", "blob")
        kernel = Kernel(self.folder, manifest=MANIFEST.replace("ZONE", zone) % ((listener, resident) + tuple(plugin(n) for n in names)))
        self.addCleanup(kernel.__exit__)
        kernel.start("--workers", "2")
        self.base = "http://127.0.0.1:%d" % kernel.port
        self.port = kernel.port
        self.socle(kernel, "model", "apply", LOAN, "--tenant", "demo")
        return kernel

    def socle(self, kernel, *arguments):
        done = subprocess.run([SOCLE, *arguments], env=dict(os.environ, SOCLE_CONTROL=kernel.control_path), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def ask(self, method, path, body=None, **headers):
        own = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
            fields.setdefault("Content-Type", "application/x-www-form-urlencoded")
        own.request(method, path, body, fields)
        answer = own.getresponse()
        text = answer.read().decode()
        own.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text

    def browser(self):
        if browser.find() is None:
            self.skipTest("no chromium here: apt-get install chromium, or name one in SOCLE_CHROMIUM")
        one = browser.Browser()
        self.addCleanup(one.close)
        return one

    def record(self):
        with open(os.path.join(LOAN, "records.jsonl"), encoding="utf-8") as file:
            return json.loads(file.readline())

    def fill(self, tab, record, step):
        """Types what this step's page has inputs for."""
        names = tab.run("[...document.querySelectorAll('#record input:not([type=hidden]):not([readonly]), #record select, #record textarea')].filter(i => !i.closest('[hidden]')).map(i => i.name)")
        for name in names:
            value = record
            for token in name[1:].split("/"):
                value = value[int(token)] if isinstance(value, list) else value.get(token)
                if value is None:
                    break
            if value is not None:
                tab.type(name, value if isinstance(value, bool) else str(value))
        self.assertGreater(len(names), 2, step)

    def axe(self, tab, where):
        """Serious faults of accessibility, when axe-core can be fetched."""
        if not hasattr(Pages, "axe_source"):
            Pages.axe_source = None
            if shutil.which("npm") is None:
                print("npm is not installed, so no page is judged by axe-core")
                return
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "node_modules/axe-core/axe.min.js")
                try:
                    got = subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", folder, "axe-core@4"],
                                         capture_output=True, text=True, timeout=120)
                    why = got.stderr.strip()[-200:] if got.returncode != 0 else ""
                except subprocess.TimeoutExpired:
                    why = "npm did not answer within two minutes"
                if why == "" and os.path.exists(path):
                    with open(path, encoding="utf-8") as file:
                        Pages.axe_source = file.read()
                else:
                    print("axe-core cannot be fetched, so no page is judged by it: " + why)
        if Pages.axe_source is None:
            return
        tab.run(Pages.axe_source + "; 0")
        found = tab.run("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join(' | ')))")
        self.assertEqual(found, [], where)

    def picture(self, tab, name):
        """For people to look at: SOCLE_PICTURES names a folder."""
        if os.environ.get("SOCLE_PICTURES"):
            tab.picture(os.path.join(os.environ["SOCLE_PICTURES"], re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "record", name) + ".png"))

    def test_a_loan_is_applied_for_in_a_browser(self):
        self.kernel()
        tab = self.browser()
        record = self.record()
        tab.size(1280, 900)
        tab.open(self.base + "/forms/loan/new")
        self.axe(tab, "first step")
        self.picture(tab, "first-step")
        # Continue without an entry: a summary with the focus on it, faults at their fields.
        tab.click("button[value=next].main")
        self.assertTrue(tab.run("document.activeElement.id === 'faults'"))
        self.assertEqual(tab.run("document.querySelector('[name=\"/amount\"]').getAttribute('aria-invalid')"), "true")
        self.assertTrue(tab.run("document.getElementById(document.querySelector('[name=\"/amount\"]').getAttribute('aria-describedby').split(' ')[1]).textContent.length > 3"))
        self.axe(tab, "faults")
        self.picture(tab, "faults")
        tab.run("document.querySelector('#faults a[href=\"#f/amount\"]').click()")
        self.assertEqual(tab.run("document.activeElement.name"), "/amount")
        self.fill(tab, record, "loan")
        # Computed by the server while it is filled in.
        tab.until("document.getElementById('f/monthlyPayment').value === '1060.00'")
        # A fault at once, and gone again.
        tab.type("/firstPaymentDate", "2020-01-01")
        tab.until("document.getElementById('e/firstPaymentDate').textContent.includes('after the application')")
        tab.type("/firstPaymentDate", record["firstPaymentDate"])
        tab.until("document.getElementById('e/firstPaymentDate').hidden")
        tab.click("button[value=next].main")
        self.fill(tab, record, "applicant")
        tab.click("button[value=next].main")
        # A field that depends on another one goes and comes, and is announced.
        tab.type("/employmentStatus", "unemployed")
        tab.until("document.querySelector('[data-field=\"/employerName\"]').hidden")
        tab.type("/employmentStatus", "employed")
        tab.until("!document.querySelector('[data-field=\"/employerName\"]').hidden")
        self.assertIn("Employer", tab.run("document.getElementById('live').textContent"))
        self.fill(tab, record, "income")
        tab.click("button[value=next].main")
        for row in range(3):
            tab.click("button[value='add:/guarantors']")
        self.axe(tab, "guarantors")
        self.picture(tab, "guarantors")
        self.fill(tab, record, "guarantors")
        tab.click("button[value=save].main")
        self.assertRegex(tab.run("location.pathname"), r"^/forms/loan/[0-9a-f-]{36}$")
        self.assertIn("Saved", tab.run("document.querySelector('.note.good').textContent"))
        self.axe(tab, "record")
        self.picture(tab, "record")
        stored = json.loads(self.ask("GET", "/v1/forms/loan/records")[2])["items"][0]
        self.assertEqual({k: v for k, v in stored["doc"].items() if k in record}, record)
        self.assertEqual(stored["doc"]["monthlyPayment"], "1060.00")
        for path in ("/", "/forms/loan", tab.run("location.pathname") + "/edit", tab.run("location.pathname") + "/delete"):
            for dark in (False, True):
                tab.size(390, 844, dark)
                tab.open(self.base + path)
                self.axe(tab, path)
                self.picture(tab, "%s-%s-phone" % (path.strip("/").replace("/", "-") or "home", "dark" if dark else "light"))
                self.assertLessEqual(tab.run("document.documentElement.scrollWidth"), 390, path)
        self.assertEqual([c for c in tab.complaints() if "status of 422" not in c], [])
        tab.language("zh-CN")
        for width, height in ((1280, 900), (390, 844)):
            tab.size(width, height)
            tab.open(self.base + "/forms/loan/new")
            self.assertEqual(("zh-Hans", "贷款申请"), (tab.run("document.documentElement.lang"), tab.run("document.querySelector('h1').textContent")))
            self.axe(tab, "first step in Chinese, %d wide" % width)
            self.picture(tab, "first-step-zh-%d" % width)
            self.assertLessEqual(tab.run("document.documentElement.scrollWidth"), width)

    def test_a_step_is_filled_in_with_the_keyboard_alone(self):
        self.kernel()
        tab = self.browser()
        record = self.record()
        tab.size(1280, 900)
        tab.open(self.base + "/forms/loan/new")
        tab.press("Tab")
        self.assertTrue(tab.run("document.activeElement.matches('a.skip')"))
        tab.press("Enter")
        tab.until("document.activeElement.id === 'main'")
        filled = []
        for _ in range(100):
            tab.press("Tab")
            name, kind, value = tab.run("(() => { const i = document.activeElement; return [i.name || '', i.readOnly ? '' : i.type || '', i.value || '']; })()")
            if (name, value) == ("go", "next"):
                break
            if not kind or name in filled or record.get(name[1:]) is None:
                continue
            filled.append(name)
            wanted = str(record[name[1:]])
            if kind == "select-one":
                steps = tab.run("(i => [...i.options].findIndex(o => o.value === %s) - i.selectedIndex)(document.activeElement)" % json.dumps(wanted))
                for _ in range(abs(steps)):
                    tab.press("ArrowDown" if steps > 0 else "ArrowUp")
                self.assertEqual(wanted, tab.run("document.activeElement.value"))
            elif kind == "date":
                tab.type(name, wanted)  # in what order its parts are typed is the browser's and its language's affair
            else:
                tab.send("Input.insertText", text=wanted)
        self.assertTrue(tab.run("document.activeElement.matches('button[value=next].main')"), filled)
        self.assertGreater(len(filled), 10)
        tab.press("Enter", leaves=True)
        self.assertIn("Applicant", tab.run("document.querySelector('.steps [aria-current] .what').textContent"))
        self.assertEqual(record["amount"], tab.run("document.querySelector('input[type=hidden][name=\"/amount\"]').value"))
        self.assertEqual([], tab.complaints())

    def test_a_half_filled_form_is_kept_for_later(self):
        self.kernel()
        blank = self.ask("GET", "/forms/loan/new")[2]
        csrf = re.search(r'name="csrf" value="([^"]*)"', blank)[1]
        entered = {"csrf": csrf, "step": "0", "key": "k1", "go": "keep", "/amount": "no number", "/purpose": "medical"}
        status, headers, _ = self.ask("POST", "/forms/loan/new", entered)
        self.assertEqual((status, headers["location"]), (303, "/forms/loan?done=kept"))
        page = self.ask("GET", "/forms/loan?done=kept")[2]
        self.assertIn("Your drafts", page)
        draft = re.search(r'/forms/loan/new\?draft=([0-9a-f-]{36})', page)[1]
        again = self.ask("GET", "/forms/loan/new?draft=" + draft)[2]
        self.assertIn('value="no number"', again)
        self.assertIn('name="draft" value="%s"' % draft, again)
        self.assertEqual(303, self.ask("POST", "/forms/loan/new", dict(entered, draft=draft, **{"/amount": "1.00"}))[0])
        self.assertEqual({"amount": "1.00", "purpose": "medical"}, {k: v for k, v in json.loads(
            self.ask("GET", "/v1/forms/loan/drafts/" + draft)[2])["doc"].items() if k in ("amount", "purpose")})
        tab = self.browser()
        tab.size(390, 844)
        tab.open(self.base + "/forms/loan")
        self.axe(tab, "drafts")
        self.picture(tab, "drafts")
        self.assertLessEqual(tab.run("document.documentElement.scrollWidth"), 390)
        self.assertEqual(403, self.ask("POST", "/forms/loan/drafts/%s/delete" % draft, {"csrf": "x"})[0])
        self.assertEqual(303, self.ask("POST", "/forms/loan/drafts/%s/delete" % draft, {"csrf": csrf})[0])
        self.assertNotIn("Your drafts", self.ask("GET", "/forms/loan")[2])

    def test_files_are_chosen_and_uploaded(self):
        kernel = self.kernel()
        self.ask("PUT", "/v1/models/forms/visit", VISIT, Content_Type="application/yaml")
        self.assertEqual(200, self.ask("POST", "/v1/models/forms/visit/publish", "{}", Content_Type="application/json")[0])
        tab = self.browser()
        tab.size(1280, 900)
        tab.open(self.base + "/forms/visit/new")
        self.axe(tab, "upload")
        give = "(() => { const t = new DataTransfer(); for (const f of [%s]) t.items.add(f); const c = document.getElementById('u%s'); c.files = t.files; c.dispatchEvent(new Event('change')); })()"
        tab.run(give % ("new File(['no picture'], 'a.png', {type: 'image/png'})", "/photo"))
        tab.until("document.querySelector('.upload [role=status]').textContent.includes('image/png')")  # why it is refused
        self.assertEqual("", tab.run("document.getElementById('f/photo').value"))
        png = base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")).decode()
        tab.run(give % ("new File([Uint8Array.from(atob('%s'), c => c.charCodeAt(0))], 'a.png', {type: 'image/png'})" % png, "/photo"))
        tab.until("document.getElementById('f/photo').value.length > 20")
        big = "new File([new Uint8Array(9 << 20).fill(65)], 'b.txt', {type: 'text/plain'})"
        tab.run(give % (big + ", new File(['c'], 'c.txt', {type: 'text/plain'})", "/papers"))
        tab.until("document.getElementById('f/papers').value.split('\\n').length === 2")
        tab.click("button[value=save].main")
        self.assertIn("Saved", tab.run("document.querySelector('.note.good').textContent"))
        links = tab.run("[...document.querySelectorAll('dd a')].map(a => a.getAttribute('href'))")
        self.assertEqual(3, len(links))
        self.assertEqual([200, 200, 200], [self.ask("HEAD", link)[0] for link in links])
        self.assertEqual(9 << 20, json.loads(self.ask("GET", links[1].split("?")[0] + ":about")[2])["size"])
        self.assertEqual([c for c in tab.complaints() if "status of 415" not in c], [])

    def release(self, name, text, status=(200,)):
        """Publishes a form; False when it is refused with another of these statuses."""
        for method, path, body in (("PUT", "", text), ("POST", "/publish", "{}")):
            kind = "application/json" if body.startswith("{") else "application/yaml"
            found, _, answer = self.ask(method, "/v1/models/forms/" + name + path, body, Content_Type=kind)
            self.assertIn(found, status + (201,), answer)
            if found // 100 != 2:
                return False
        return True

    def test_lines_name_products_and_moments_have_their_zone(self):
        self.kernel(zone="Europe/Berlin")
        self.release("product", "form: product\nschema: {type: object, properties: {name: {type: string}}}\n")
        self.release("order", ORDER)
        made = [json.loads(self.ask("POST", "/v1/forms/product/records", json.dumps({"name": name}), Content_Type="application/json")[2])
                for name in ("Apple", "Pear <i>")]
        apple, pear = (one["id"] for one in made)
        # By the kernel's zone, with its offset.
        self.assertRegex(self.ask("GET", "/forms/product")[2], r'<time datetime="[^"]+Z">[-0-9]{10} [0-9:]{5} \+0[12]:00</time>')
        path = "/forms/order/new"
        page = self.ask("GET", path)[2]
        self.assertIn('Asia/Shanghai</span>', page)
        fields = {"csrf": re.search(r'name="csrf" value="([^"]*)"', page)[1], "step": "0", "#rows/lines": "0", "/at": "2026-11-21T18:40"}
        status, _, page = self.ask("POST", path, dict(fields, key="k0", go="add:/lines"))
        self.assertEqual(200, status)
        self.assertIn('<select id="f/lines/0/product" name="/lines/0/product"', page)
        self.assertIn('<option value="%s">Pear &lt;i&gt;</option>' % pear, page)
        fields.update({"#rows/lines": "2", "/lines/0/product": apple, "/lines/0/qty": "2", "/lines/1/product": "0199e0f1-8c6e-7abc-8def-0123456789ab"})
        status, _, page = self.ask("POST", path, dict(fields, key="k1", go="save"))
        self.assertEqual(422, status)
        self.assertIn('href="#f/lines/1/product"', page)
        self.assertIn('id="e/lines/1/product">there is no such record in product</p>', page)
        fields["/lines/1/product"] = pear
        status, headers, _ = self.ask("POST", path, dict(fields, key="k2", go="save"))
        self.assertEqual(303, status)
        own = headers["location"].split("?")[0]
        doc = json.loads(self.ask("GET", "/v1" + own.replace("/order/", "/order/records/"))[2])["doc"]
        self.assertEqual({"at": "2026-11-21T10:40:00Z", "lines": [{"product": apple, "qty": 2}, {"product": pear}]}, doc)
        page = self.ask("GET", own)[2]
        self.assertIn('<a href="/forms/product/%s">Apple</a>' % apple, page)
        self.assertIn('<time datetime="2026-11-21T10:40:00Z">2026-11-21 18:40 +08:00</time>', page)
        self.assertIn('value="2026-11-21T18:40:00"', self.ask("GET", own + "/edit")[2])
        tab = self.browser()
        tab.size(1280, 900)
        tab.open(self.base + path)
        tab.type("/at", "2026-11-21T18:40")
        tab.click("button[value='add:/lines']")
        self.axe(tab, "lines")
        tab.type("/lines/0/product", pear)
        tab.click("button[value=save].main")
        self.assertEqual("Pear <i>", tab.run("document.querySelector('td a').textContent"))
        self.assertRegex(tab.run("document.querySelector('dd time').title"), "2026")  # by the browser's own clock
        self.axe(tab, "lines to read")
        self.assertEqual([], tab.complaints())

    def test_a_page_opens_with_ids_where_the_names_are_more_than_one_answer_holds(self):
        self.kernel()
        self.release("product", "form: product\nschema: {type: object, properties: {name: {type: string}}}\n")
        self.release("order", ORDER)

        def create(form, doc):
            status, _, text = self.ask("POST", "/v1/forms/%s/records" % form, json.dumps(doc), Content_Type="application/json")
            self.assertEqual(201, status, text[:200])
            return json.loads(text)["id"]

        large = create("product", {"name": "x" * 1000000})
        one, nine = (create("order", {"lines": [{"product": large}] * rows}) for rows in (1, 9))
        self.assertIn('<a href="/forms/product/%s">%s</a>' % (large, large[-12:]), self.ask("GET", "/forms/order/" + one)[2])
        status, _, text = self.ask("GET", "/v1/forms/order/records/%s?expand=lines.product" % nine)
        self.assertEqual((400, [("expand", "too_long")]), (status, [(e["pointer"], e["code"]) for e in json.loads(text)["errors"]]))
        status, _, page = self.ask("GET", "/forms/order/" + nine)
        self.assertEqual((200, 9), (status, page.count(large)))
        self.assertNotIn("/forms/product/", page)
        self.assertEqual(200, self.ask("GET", "/forms/order/%s/edit" % nine)[0])

    def test_a_record_is_changed_without_a_script(self):
        kernel = self.kernel()
        record = self.record()
        self.ask("POST", "/v1/forms/loan/records", json.dumps(record), Content_Type="application/json")
        stored = json.loads(self.ask("GET", "/v1/forms/loan/records")[2])["items"][0]
        page = self.ask("GET", "/forms/loan/%s/edit" % stored["id"])[2]
        fields = {}
        for tag in re.findall(r"<input[^>]*>", page):
            name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
            if name and not ("checkbox" in tag and " checked" not in tag):
                fields[name[1]] = value[1] if value else ""
        for select in re.findall(r"<select.*?</select>", page, re.S):
            chosen = re.search(r'value="([^"]*)" selected', select)
            fields[re.search(r' name="([^"]*)"', select)[1]] = chosen[1] if chosen else ""
        fields = {k: v.replace("&#39;", "'").replace("&amp;", "&") for k, v in fields.items()}
        path = "/forms/loan/%s/edit" % stored["id"]
        status, _, text = self.ask("POST", path, dict(fields, **{"/amount": "x", "go": "save"}))
        self.assertEqual(status, 422)
        self.assertIn('href="#f/amount"', text)
        self.assertIn('value="x"', text)  # what was entered is still there
        status, headers, _ = self.ask("POST", path, dict(fields, **{"/amount": "24000.00", "go": "save"}))
        self.assertEqual((status, headers["location"]), (303, "/forms/loan/%s?done=updated" % stored["id"]))
        self.assertEqual(json.loads(self.ask("GET", "/v1/forms/loan/records/" + stored["id"])[2])["doc"], dict(stored["doc"], amount="24000.00", monthlyPayment="2120.00"))
        # An old version is not written over unseen.
        status, _, text = self.ask("POST", path, dict(fields, go="save"))
        self.assertEqual(status, 409)
        self.assertIn("Somebody has changed this record meanwhile", text)
        # A form without the token changes nothing and loses nothing.
        status, _, text = self.ask("POST", path, dict(fields, csrf="nonsense", **{"/amount": "1.00"}))
        self.assertEqual(status, 403)
        self.assertIn('value="1.00"', text)
        status, headers, _ = self.ask("GET", "/forms/loan/new", Accept_Language="zh-CN")
        self.assertIn("default-src 'none'", headers["content-security-policy"])
        self.assertEqual(headers["cache-control"], "no-store")
        self.assertIn("贷款申请", self.ask("GET", "/v1/forms/loan/page", Accept_Language="zh-CN")[2])
        style = re.search(r'href="(/assets/app\.[0-9a-f]{16}\.css)"', page)[1]
        status, headers, _ = self.ask("GET", style)
        self.assertEqual((status, headers["cache-control"]), (200, "public, max-age=31536000, immutable"))
        self.socle(kernel, "plugin", "swap", "pages", plugin("pages"))
        status, headers, _ = self.ask("POST", path, dict(fields, version="2", go="save"))
        self.assertEqual(status, 303, "a form that was opened before a swap can still be sent")
        tab = self.browser()
        tab.size(1280, 900, script=False)
        tab.open(self.base + path)
        tab.type("/amount", "36000.00")
        tab.click("button[value=save].main")
        self.assertEqual("/forms/loan/" + stored["id"], tab.run("location.pathname"))
        self.assertIn("Saved", tab.run("document.querySelector('.note.good').textContent"))
        self.assertEqual(json.loads(self.ask("GET", "/v1/forms/loan/records/" + stored["id"])[2])["doc"], dict(stored["doc"], amount="36000.00", monthlyPayment="3180.00"))

    def test_people_are_invited_sign_in_and_are_let_go(self):
        kernel = self.kernel(listener="")
        tab = self.browser()
        tab.size(1280, 900)
        made = json.loads(self.socle(kernel, "tenant", "create", "acme", "--plan", "free", "--json"))
        link = made["password_link"][made["password_link"].index("/v1/auth/links/"):]
        tab.open(self.base + link)
        self.assertTrue(tab.run("location.pathname").startswith("/join/"))
        self.axe(tab, "join")
        tab.type("password", "short")
        tab.click("form button.main")
        self.assertIn("another password", tab.run("document.querySelector('.error').textContent"))
        tab.type("password", PASSWORD)
        tab.click("form button.main")
        self.assertEqual(tab.run("location.pathname"), "/login")
        # What may not be seen leads here and back.
        tab.open(self.base + "/users?cursor=")
        self.assertEqual(tab.run("location.pathname"), "/login")
        self.axe(tab, "login")
        self.sign_in(tab, "acme", "admin", PASSWORD + "x")
        self.assertIn("wrong", tab.run("document.getElementById('faults').textContent"))
        self.sign_in(tab, "acme", "admin", PASSWORD)
        self.assertEqual(tab.run("location.pathname"), "/users")
        self.axe(tab, "users")
        tab.type("username", "ann")
        tab.click("form[action='/users'] button")
        invited = tab.run("document.querySelector('.secrets code').textContent")
        self.assertIn("/v1/auth/links/", invited)
        # A role of the tenant's own is made and given to her.
        tab.open(self.base + "/roles")
        self.axe(tab, "roles")
        tab.type("role", "clerk")
        tab.type("permissions", "forms:read records:read account:read")
        tab.click("form[action='/roles'] button")
        self.assertEqual("/roles/clerk", tab.run("location.pathname"))
        tab.open(self.base + "/roles")
        self.assertIn("records:read", tab.run("[...document.querySelectorAll('tr')].find(r => r.textContent.includes('clerk')).textContent"))
        self.user_page(tab, "ann")
        self.axe(tab, "user")
        tab.type("roles", "clerk")
        tab.click("form[action$='/save'] button")
        self.assertEqual("clerk", tab.run("document.querySelector('[name=roles]').value"))
        self.assertEqual(200, self.ask("POST", invited[invited.index("/v1/auth/links/"):], json.dumps({"password": PASSWORD}), Content_Type="application/json")[0])
        status, headers, told = self.ask("POST", "/v1/auth/login", json.dumps({"tenant": "acme", "username": "ann", "password": PASSWORD}),
                                         Content_Type="application/json")
        self.assertEqual((200, ["clerk"]), (status, json.loads(told)["roles"]))
        session = {"Cookie": headers["set-cookie"].split(";")[0]}
        self.assertEqual(200, self.ask("GET", "/v1/auth/session", **session)[0])
        # She is suspended, which ends her session, and removed.
        self.user_page(tab, "ann")
        tab.click("form[action$='/suspend'] button")
        self.assertIn("suspended", tab.run("document.querySelector('h1').textContent"))
        self.assertEqual(401, self.ask("GET", "/v1/auth/session", **session)[0])
        tab.click("a[href$='/delete']")
        self.axe(tab, "remove a user")
        tab.click("form[action$='/delete'] button")
        self.assertEqual("/users", tab.run("location.pathname"))
        self.assertNotIn("ann", tab.run("[...document.querySelectorAll('tbody th')].map(h => h.textContent)"))
        tab.open(self.base + "/roles")
        tab.click("form[action='/roles/clerk/delete'] button")
        self.assertNotIn("clerk", tab.run("document.querySelector('tbody').textContent"))
        tab.open(self.base + "/account")
        self.axe(tab, "account")
        # A second factor.
        tab.run("document.querySelector('form[action=\"/account/factor\"]').closest('details').open = true")
        tab.run("document.querySelector('form[action=\"/account/factor\"] [name=password]').value = %s" % json.dumps(PASSWORD))
        tab.click("form[action='/account/factor'] button")
        secret = tab.run("document.querySelector('.secrets code').textContent")
        tab.type("code", totp(secret, time.time()))
        tab.click("form[action='/account/confirm'] button")
        codes = tab.run("[...document.querySelectorAll('.secrets code')].map(c => c.textContent)")
        self.assertGreaterEqual(len(codes), 8)
        self.axe(tab, "codes")
        tab.open(self.base + "/account")
        tab.click("form[action='/logout'] button")
        self.assertEqual(tab.run("location.pathname"), "/login")
        self.sign_in(tab, "acme", "admin", PASSWORD)
        self.assertTrue(tab.run("document.activeElement.name === 'code'"))
        self.axe(tab, "second factor")
        tab.type("code", codes[0])
        tab.click("form button.main")
        self.assertEqual(tab.run("location.pathname"), "/")
        self.assertEqual([c for c in tab.complaints() if "status of 4" not in c], [])

    def test_who_owes_a_second_factor_is_shown_how_to_set_it_up_and_nothing_else(self):
        kernel = self.kernel(listener="")
        operator = {"Authorization": "Bearer " + json.loads(self.socle(kernel, "tenant", "token", "demo", "--json"))["token"]}

        def asked(method, path, body, status, **headers):
            found, headers, text = self.ask(method, path, json.dumps(body), Content_Type="application/json", **headers)
            self.assertEqual(status, found, text)
            return headers, json.loads(text)

        def signed_in():
            headers, _ = asked("POST", "/v1/auth/login", {"tenant": "demo", "username": "bo", "password": PASSWORD}, 200)
            return {"Cookie": headers["set-cookie"].split(";")[0], "Sec_Fetch_Site": "same-origin"}

        def forms(text):
            return re.findall(r'<form method="post" action="([^"]*)"', text)
        boss = {"role": "boss", "permissions": ["records:*"]}
        asked("PUT", "/v1/auth/roles/boss", boss, 200, **operator)
        made = asked("POST", "/v1/auth/users", {"username": "bo", "roles": ["boss"]}, 201, **operator)[1]["password_link"]
        joined = self.ask("POST", made[made.index("/v1/auth/links/"):], json.dumps({"password": PASSWORD}), Content_Type="application/json")
        self.assertEqual(200, joined[0], joined[2])
        full = signed_in()
        asked("POST", "/v1/auth/keys", {"name": "nightly-report", "scopes": ["records:read"]}, 201, **full)
        page = self.ask("GET", "/account", **full)[2]
        self.assertIn("nightly-report", page)
        self.assertIn("/account/password", forms(page))
        asked("PUT", "/v1/auth/roles/boss", dict(boss, second_factor=True), 200, **operator)
        narrow = signed_in()
        status, _, page = self.ask("GET", "/account", **narrow)
        csrf = re.search(r'name="csrf" value="([^"]*)"', page)[1]
        tried = self.ask("POST", "/account/factor", {"csrf": csrf, "password": "wrong"}, **narrow)
        self.assertEqual((200, 422), (status, tried[0]))
        for text in (page, tried[2]):
            self.assertNotIn("nightly-report", text)
            self.assertNotIn("127.0.0.1", text)
            self.assertEqual(["/logout", "/account/factor"], forms(text))

    def signed_in(self, tenant, username):
        """A session as a browser of one's own pages shows it."""
        status, headers, text = self.ask("POST", "/v1/auth/login", json.dumps({"tenant": tenant, "username": username, "password": PASSWORD}),
                                         Content_Type="application/json")
        self.assertEqual(200, status, text)
        return {"Cookie": headers["set-cookie"].split(";")[0], "Sec_Fetch_Site": "same-origin"}

    def administrator(self, kernel, tenant):
        made = json.loads(self.socle(kernel, "tenant", "create", tenant, "--plan", "free", "--json"))["password_link"]
        link = made[made.index("/v1/auth/links/"):]
        self.assertEqual(200, self.ask("POST", link, json.dumps({"password": PASSWORD}), Content_Type="application/json")[0])
        return self.signed_in(tenant, "admin")

    def api(self, method, path, body=None, **who):
        status, headers, text = self.ask(method, path, None if body is None else json.dumps(body), Content_Type="application/json", **who)
        self.assertEqual(2, status // 100, text)
        return json.loads(text or "{}")

    def post(self, page, action, who, status=303, **entered):
        """The page's form, with what was entered, as a browser without a script sends it; the answer's page or its next address."""
        found, headers, text = self.ask("POST", action, dict(fields_of(page, action), **entered), **who)
        self.assertEqual(status, found, text)
        return headers["location"] if status == 303 else text

    def test_a_role_is_changed_on_its_page_and_nobody_elses_change_is_lost(self):
        kernel = self.kernel(listener="")
        who = self.administrator(kernel, "acme")
        self.api("PUT", "/v1/auth/roles/reader", {"role": "reader", "permissions": ["records:read"]}, **who)
        page = self.ask("GET", "/roles", **who)[2]
        self.assertEqual("/roles/clerk?done=updated", self.post(page, "/roles", who, role="clerk"))
        self.post(page, "/roles", who, 409, role="clerk", permissions="records:read")  # one that is there is not made again
        role = "/roles/clerk"
        page = self.ask("GET", role, **who)[2]
        page = self.post(page, role, who, 200, go="add", **{"title/en": "Clerk <1>", "title/zh": "文员", "permissions": "rules:evaluate"})
        page = self.post(page, role, who, 200, go="add", **{"grants/0/permissions": "records:read"})
        page = self.post(page, role, who, 200, go="add", **{"grants/1/permissions": "records:update"})
        page = self.post(page, role, who, 200, go="remove/1")
        self.assertNotIn("records:update", page)
        grant = {"permissions": "records:read  records:write", "resources": "forms/leave forms/expense", "scope": "department_and_below",
                 "unit": "org", "when": "record.state != 'archived' &&\n  true", "hidden": "/salary\r\n/a b \r\n", "read_only": "/approved_by"}
        entered = {"grants/0/" + key: value for key, value in grant.items()}
        # What is not understood is told at its place, and nothing is lost.
        page = self.post(page, role, who, 422, go="save", inherits="reader", second_factor="true", **dict(entered, **{"grants/0/when": "record.("}))
        self.assertRegex(page, r'name="grants/0/when"[^>]* aria-invalid="true"')
        self.assertEqual("forms/leave forms/expense", fields_of(page, role)["grants/0/resources"])
        self.assertEqual(role + "?done=updated", self.post(page, role, who, go="save", **entered))
        wanted = {"role": "clerk", "title": {"en": "Clerk <1>", "zh": "文员"}, "inherits": ["reader"], "permissions": ["rules:evaluate"],
                  "second_factor": True, "grants": [
                      {"permissions": ["records:read", "records:write"], "resources": ["forms/leave", "forms/expense"], "scope": "department_and_below",
                       "unit": "org", "when": "record.state != 'archived' &&\n  true", "hidden": ["/salary", "/a b"], "read_only": ["/approved_by"]}]}
        self.assertEqual(wanted, self.api("GET", "/v1/auth" + role, **who))
        # What is looked at and saved stays as it is, also what the page has no words for.
        for stored in (wanted, {"role": "clerk", "title": "One for all", "permissions": ["*"]},
                       {"role": "clerk", "title": {"de": "Sachbearbeiter", "en": "Clerk"}, "grants": [{"permissions": ["*"], "scope": "own"}]}):
            self.api("PUT", "/v1/auth" + role, stored, **who)
            page = self.ask("GET", role, **who)[2]
            self.post(page, role, who, go="save")
            self.assertEqual(stored, self.api("GET", "/v1/auth" + role, **who))
        self.api("PUT", "/v1/auth" + role, wanted, **who)
        page = self.ask("GET", role, **who)[2]
        # Somebody was faster: that is told, and only who has read it may save over it.
        self.api("PUT", "/v1/auth" + role, dict(wanted, inherits=[]), **who)
        page = self.post(page, role, who, 409, go="save", permissions="rules:read")
        self.assertIn("Somebody has changed the roles meanwhile", page)
        self.assertEqual(dict(wanted, inherits=[]), self.api("GET", "/v1/auth" + role, **who))
        self.assertEqual("rules:read", fields_of(page, role)["permissions"])
        self.post(page, role, who, go="save")
        self.assertEqual(["rules:read"], self.api("GET", "/v1/auth" + role, **who)["permissions"])
        self.post(self.ask("GET", role, **who)[2], role, who, 409, go="save", version="")
        self.assertEqual(303, self.ask("GET", "/roles/owner", **who)[0])  # built in: nothing to change
        self.assertEqual(404, self.ask("GET", "/roles/none", **who)[0])
        self.assertEqual(403, self.ask("POST", role, dict(fields_of(page, role), csrf="x"), **who)[0])
        self.assertIn("条件", self.ask("GET", role, Accept_Language="zh", **who)[2])
        # As a person sees it, with and without a script.
        tab = self.browser()
        tab.open(self.base + "/login")
        self.sign_in(tab, "acme", "admin", PASSWORD)
        for script in (True, False):
            tab.size(1280, 900, script=script)
            tab.open(self.base + role)
            if script:
                self.axe(tab, "role")
                self.picture(tab, "role")
            tab.type("grants/0/unit", "team")
            tab.click("button[value=save].main")
            self.assertIn("Saved", tab.run("document.querySelector('.note.good').textContent"))
            tab.click("button[value=add]")
            tab.click("button[value='remove/0']")
            self.assertEqual("", tab.run("document.querySelector('[name=\"grants/0/unit\"]').value"))
        tab.size(390, 844)
        tab.open(self.base + role)
        self.assertLessEqual(tab.run("document.documentElement.scrollWidth"), 390)

    def test_an_invited_person_joins_with_the_account_of_another_tenant(self):
        kernel = self.kernel(listener="")
        host, guest = self.administrator(kernel, "acme"), self.administrator(kernel, "other")

        def invited(name):
            made = self.api("POST", "/v1/auth/users", {"username": name, "roles": ["member"]}, **host)["password_link"]
            return "/join/" + made.rsplit("/", 1)[1]
        link = invited("visitor")
        button = '<input type="hidden" name="join" value="true">'
        # Who has not signed in, or has at the inviting tenant, is asked for a password alone.
        for who in ({}, host):
            self.assertNotIn(button, self.ask("GET", link, **who)[2])
        page = self.ask("GET", link, **guest)[2]
        self.assertIn(button, page)
        self.assertIn("admin of other", page)
        self.assertIn("以当前登录的账户加入", self.ask("GET", link, Accept_Language="zh", **guest)[2])
        csrf = re.search(r'name="csrf" value="([^"]*)"', page)[1]
        self.assertEqual(403, self.ask("POST", link, {"csrf": "x", "join": "true"}, **guest)[0])
        status, _, text = self.ask("POST", link, {"csrf": re.search(r'name="csrf" value="([^"]*)"', self.ask("GET", link, **host)[2])[1], "join": "true"}, **host)
        self.assertEqual(422, status)
        self.assertIn("another tenant than the inviting one", self.ask("POST", "/v1/auth/links/" + link[6:], json.dumps({"join": True}),
                                                                       Content_Type="application/json", **host)[2])
        status, headers, text = self.ask("POST", link, {"csrf": csrf, "join": "true"}, **guest)
        self.assertEqual((303, "/login?done=joined"), (status, headers.get("location")), text)
        self.assertEqual(404, self.ask("GET", link, **guest)[0])  # good once
        session = self.signed_in("acme", "visitor")  # the password of home
        self.assertEqual("visitor", self.api("GET", "/v1/auth/session", **session)["user"]["username"])
        tab = self.browser()
        tab.size(1280, 900)
        tab.open(self.base + "/login")
        self.sign_in(tab, "other", "admin", PASSWORD)
        tab.open(self.base + invited("again"))
        self.axe(tab, "join with an account")
        tab.leave_by("document.querySelector('[name=join]').form.querySelector('button').click()")
        self.assertIn("You have joined", tab.run("document.querySelector('.note.good').textContent"))

    def test_of_two_administrators_one_is_told_and_a_users_sessions_are_shown_and_ended(self):
        kernel = self.kernel(listener="")
        who = self.administrator(kernel, "acme")
        made = self.api("POST", "/v1/auth/users", {"username": "ann", "roles": ["viewer"]}, **who)
        link = made["password_link"]
        self.api("POST", link[link.index("/v1/auth/links/"):], {"password": PASSWORD})
        own = "/users/" + made["user"]["id"]
        self.assertIn("Nobody is signed in", self.ask("GET", own, **who)[2])
        page = self.ask("GET", own, **who)[2]
        self.api("PATCH", "/v1/auth" + own, {"roles": ["member"]}, **who)
        page = self.post(page, own + "/save", who, 409, name="Ann <b>")
        self.assertIn("Somebody has changed this user meanwhile", page)
        self.assertEqual(["member"], self.api("GET", "/v1/auth" + own, **who)["roles"])
        self.assertEqual(("Ann <b>", "viewer"), tuple(fields_of(page, own + "/save")[k] for k in ("name", "roles")))  # as entered
        self.post(page, own + "/save", who, roles="member viewer")
        self.assertEqual(("Ann <b>", ["member", "viewer"]), tuple(self.api("GET", "/v1/auth" + own, **who)[k] for k in ("name", "roles")))
        page = self.post(self.ask("GET", own, **who)[2], own + "/save", who, 422, roles="nothing-such")
        self.assertEqual("nothing-such", fields_of(page, own + "/save")["roles"])
        self.post(page, own + "/save", who, 409, roles="viewer", etag="")
        session = dict(self.signed_in("acme", "ann"), User_Agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0 <i>")
        self.assertEqual(200, self.ask("GET", "/account", **session)[0])
        page = self.ask("GET", own, **who)[2]
        self.assertIn("127.0.0.1", page)
        self.assertEqual(own + "?done=ended", self.post(page, own + "/sign-out", who))
        self.assertEqual(401, self.ask("GET", "/v1/auth/session", **session)[0])
        self.assertIn("Nobody is signed in", self.ask("GET", own, **who)[2])

    def test_accounts_of_providers_are_linked_and_unlinked_with_the_password(self):
        kernel = self.kernel(listener="")
        provider = FakeProvider(self.folder)
        self.addCleanup(provider.close)
        who = self.administrator(kernel, "acme")
        self.assertNotIn("Accounts of providers", self.ask("GET", "/account", **who)[2])
        self.api("PUT", "/v1/auth/oidc/providers/house", {"issuer": provider.issuer, "client_id": "socle", "client_secret": "s", "title": "Our <house>"}, **who)
        page = self.ask("GET", "/account", **who)[2]
        self.assertIn("Link an account of Our &lt;house&gt;", page)
        link = "/account/links/house"
        refused = self.post(page, link, who, 403, password="not it")
        self.assertRegex(refused, r'<details open><summary>Link an account')
        status, headers, leave = self.ask("POST", link, dict(fields_of(page, link), password=PASSWORD), **who)
        self.assertEqual(200, status)  # a link, because a form may lead to this site alone
        there = html.unescape(re.search(r'<a class="button main" href="([^"]*)" rel="noreferrer">', leave)[1])
        self.assertTrue(there.startswith(provider.issuer), there)
        cookies = dict(who, Cookie=who["Cookie"] + "; " + headers["set-cookie"].split(";")[0])
        status, headers, _ = self.ask("GET", provider.consent(there, sub="<u>1"), **cookies)
        self.assertEqual((303, "/account?done=linked"), (status, headers["location"]))
        page = self.ask("GET", "/account?done=linked", **who)[2]
        self.assertIn("The account is linked.", page)
        self.assertIn("&lt;u&gt;1", page)
        unlink = re.search(r'action="(/account/links/[^"]*/remove)"', page)[1]
        self.post(page, unlink, who, 403, password="not it")
        self.assertEqual(1, len(self.api("GET", "/v1/auth/oidc/links", **who)["items"]))
        self.assertEqual("/account?done=removed", self.post(page, unlink, who, password=PASSWORD))
        self.assertEqual([], self.api("GET", "/v1/auth/oidc/links", **who)["items"])
        self.assertEqual(404, self.ask("POST", unlink, dict(fields_of(page, unlink), password=PASSWORD), **who)[0])
        tab = self.browser()
        tab.size(1280, 900)
        tab.open(self.base + "/login?next=/account")
        self.sign_in(tab, "acme", "admin", PASSWORD)
        self.axe(tab, "account with a provider")

    def user_page(self, tab, username):
        tab.open(self.base + "/users")
        tab.leave_by("[...document.querySelectorAll('tbody th a')].find(a => a.textContent === %s).click()" % json.dumps(username))

    def sign_in(self, tab, tenant, username, password):
        for name, value in (("tenant", tenant), ("username", username), ("password", password)):
            tab.type(name, value)
        tab.click("form[action='/login'] button")

    def test_the_door_shows_where_else_one_may_sign_in(self):
        kernel = self.kernel()
        token = json.loads(self.socle(kernel, "tenant", "token", "demo", "--json"))["token"]
        provider = {"issuer": "https://idp.example", "client_id": "socle", "client_secret": "s", "title": "Our <house>"}
        status, _, answer = self.ask("PUT", "/v1/auth/oidc/providers/house", json.dumps(provider),
                                     Authorization="Bearer " + token, Content_Type="application/json")
        self.assertEqual(201, status, answer)
        page = self.ask("GET", "/login?next=/forms/loan", Accept="text/html")[2]
        self.assertIn("Our &lt;house&gt;", page)
        self.assertIn('href="/v1/auth/oidc/login/house?tenant=demo&amp;return_to=%2Fforms%2Floan"', page)

    def test_a_link_leads_nowhere_else(self):
        self.kernel(listener="")
        for bad in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
            page = self.ask("GET", "/login?next=" + urllib.parse.quote(bad, safe=""))[2]
            self.assertIn('name="next" value="/"', page)
        status, headers, _ = self.ask("GET", "/forms/loan", Accept="text/html")
        self.assertEqual((status, headers["location"]), (303, "/login?why=unauthenticated&next=/forms/loan"))
        self.assertEqual(self.ask("GET", "/forms/loan", Accept="application/json")[0], 401)
        self.assertEqual(self.ask("GET", "/login", Cookie="socle_session=ss_demo_nonsense", Accept="text/html")[0], 200)


if __name__ == "__main__":
    main()
