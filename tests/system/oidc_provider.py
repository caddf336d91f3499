"""system.oidc_provider: signing in by the provider that npm's oidc-provider is, through its own pages. The package is
fetched into a temporary folder; where npm cannot reach its registry the test is skipped and says so."""

import html.parser
import http.client
import os
import shutil
import subprocess
import sys
import unittest
import urllib.parse

from harness import die_with_parent, main
from oidc import SECRET, OidcTest

HERE = os.path.dirname(os.path.abspath(__file__))


def skip(reason):
    print("skipped: " + reason, file=sys.stderr, flush=True)
    raise unittest.SkipTest(reason)


class Form(html.parser.HTMLParser):
    """The first form of a page: where it goes and what it holds."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = values["action"]
        if tag == "input" and "name" in values:
            self.fields[values["name"]] = values.get("value") or ""


class Browser:
    """Follows a provider's redirects and fills its forms, with its cookies, until it is sent elsewhere."""

    def __init__(self, origin, account):
        self.origin, self.account, self.cookies = origin, account, {}

    def request(self, method, url, body=None):
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(self.origin, url))
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        fields = {"Cookie": "; ".join("%s=%s" % c for c in self.cookies.items())}
        if body is not None:
            fields["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, fields)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return answer.status, answer.headers.get("Location"), text

    def sign_in(self, url):
        status, location, text = self.request("GET", url)
        for _ in range(20):
            if location is not None:
                if not urllib.parse.urljoin(self.origin, location).startswith(self.origin + "/"):
                    return location
                status, location, text = self.request("GET", location)
                continue
            form = Form(text)
            if form.action is None:
                raise AssertionError("the provider answered %d: %s" % (status, text[:2000]))
            fields = {k: self.account if k == "login" else "any" if k == "password" else v for k, v in form.fields.items()}
            status, location, text = self.request("POST", form.action, urllib.parse.urlencode(fields))
        raise AssertionError("the provider has no end")


class RealProvider(OidcTest):
    def package(self):
        if shutil.which("npm") is None or shutil.which("node") is None:
            skip("node and npm are not installed")
        folder = os.path.join(self.folder, "npm")
        os.makedirs(folder)
        with open(os.path.join(folder, "package.json"), "w", encoding="ascii") as file:
            file.write('{"private": true, "type": "module"}')
        try:
            done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "oidc-provider@9"], cwd=folder,
                                  capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            skip("npm did not answer within two minutes")
        if done.returncode != 0:
            skip("npm cannot fetch oidc-provider: " + done.stderr.strip()[-300:])
        shutil.copy(os.path.join(HERE, "real_provider.mjs"), folder)
        return folder

    def test_somebody_comes_in_by_oidc_provider_and_again_without_being_asked(self):
        folder = self.package()
        self.boot()
        redirect = "http://127.0.0.1:%d/v1/auth/oidc/callback/acme/real" % self.k.port
        process = subprocess.Popen(["node", "real_provider.mjs"], cwd=folder, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent,
                                   env=dict(os.environ, REDIRECT_URI=redirect, CLIENT_SECRET=SECRET), stderr=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        issuer = process.stdout.readline().strip()
        self.assertTrue(issuer.startswith("http://127.0.0.1:"), issuer)
        status, answer = self.configure(issuer, "real", scopes=["profile"])
        self.assertEqual(201, status, answer)
        status, _, answer = self.ask(self.k, "POST", "/v1/auth/oidc/providers/real/check", {}, token=self.admin)
        self.assertEqual(200, status, answer)
        browser = Browser(issuer, "grace")
        for _ in range(2):
            location, cookie = self.begin("real", query="&return_to=/account")
            back = browser.sign_in(location)
            self.assertTrue(back.startswith(redirect + "?"), back)
            self.assertIn("iss=", back)  # RFC 9207
            status, session, to = self.back(back[len("http://127.0.0.1:%d" % self.k.port):], cookie)
            self.assertEqual((303, "/account"), (status, to))
            user = self.ask(self.k, "GET", "/v1/auth/session", cookie=session)[2]["user"]
            self.assertEqual(("grace", "Name of grace", ["viewer", "member"]), (user["username"], user["name"], user["roles"]))
        without_iss = urllib.parse.urlsplit(browser.sign_in(self.begin("real")[0]))
        location, cookie = self.begin("real")
        back = urllib.parse.urlsplit(browser.sign_in(location))
        query = [(k, v) for k, v in urllib.parse.parse_qsl(back.query) if k != "iss"]
        self.assertEqual((401, "oidc_refused"), self.back(back.path + "?" + urllib.parse.urlencode(query), cookie)[:2])
        self.assertEqual((401, "state_unknown"), self.back(without_iss.path + "?" + without_iss.query, cookie)[:2])


if __name__ == "__main__":
    main()
