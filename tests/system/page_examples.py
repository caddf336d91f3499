"""system.page_examples: the examples of the pages in docs/, taken from the pages and run in a shell as they are written,
against a kernel. Also what the tests of single pages take examples with."""

import base64
import hashlib
import hmac
import json
import os
import re
import struct
import subprocess
import time

from fake_provider import FakeProvider
from harness import BUILD, SOCLE, Kernel, SystemTest, main

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs")
SYSTEM = """socle: 1
data: data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
%s  - {path: plugins/storage-rocksdb, home: kernel}
  - {path: plugins/gateway, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
"""


def text_of(page):
    with open(os.path.join(DOCS, page), encoding="utf-8") as file:
        return file.read()


def blocks(page, language):
    return blocks_of(text_of(page), language)


def blocks_of(text, language):
    return re.findall(r"^```%s\n(.*?)^```" % language, text, re.S | re.M)


def run(kernel, script, **names):
    """What the commands print; `socle` finds this kernel, `names` are variables. A command that fails is a failure."""
    environment = {**os.environ, "PATH": os.path.dirname(SOCLE) + ":" + os.environ["PATH"], "SOCLE_CONTROL": kernel.control_path,
                   "no_proxy": "*", **names}
    done = subprocess.run(["bash", "-euc", script], cwd=kernel.folder, env=environment, capture_output=True, text=True, timeout=60,
                          check=False)
    if done.returncode != 0:
        raise AssertionError("%s\nended with %d: %s%s" % (script, done.returncode, done.stdout, done.stderr))
    return done.stdout


def like(shown):
    """A pattern of what a page shows with … for what differs."""
    return "^" + ".*".join(re.escape(part) for part in shown.split("…")) + "$"


def steps(script):
    """(command, what the comment below it says that it answers) of each command."""
    out, lines = [], []
    for line in script.replace("\\\n", "").splitlines():
        if line.startswith("# "):
            out[-1][1] = line[2:]
        else:
            out.append([line, ""])
    return out


def same(shown, found, names):
    """Whether an answer is as a page shows it; what the page gives a name enters `names`, and is there from then on."""
    if isinstance(shown, dict):
        wanted = {k: v for k, v in shown.items() if k != "…"}
        alike = isinstance(found, dict) and (wanted.keys() <= found.keys() if "…" in shown else wanted.keys() == found.keys())
        return alike and all(same(v, found[k], names) for k, v in wanted.items())
    if isinstance(shown, list):
        more = shown[-1:] == ["…"]
        wanted = shown[:-1] if more else shown
        alike = isinstance(found, list) and (len(found) >= len(wanted) if more else len(found) == len(wanted))
        return alike and all(same(v, f, names) for v, f in zip(wanted, found))
    if isinstance(shown, str) and isinstance(found, str) and shown.startswith("$"):
        names[shown[1:]] = found
        return found != ""
    if isinstance(shown, str):
        return shown == "…" or (isinstance(found, str) and re.search(like(shown), found, re.S) is not None)
    return shown == found


def reads(shown, found, names):
    """The same of texts: a comment with JSON, a name, a text or nothing, and what a command printed."""
    if not shown.startswith("{"):
        return same(shown, found, names)
    outside = r'"[^"]*"|…'  # a … outside of a text stands for more members, more elements or any value
    text = re.sub(outside, lambda m: m[0] if m[0] != "…" else '"…"', shown)
    text = re.sub(r'([{,]\s*)"…"(?=\s*})', r'\1"…": 0', text)
    try:
        answer = json.loads(found)
    except ValueError:
        return False
    return same(json.loads(text), answer, names)


def totp(secret):
    mac = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


class Auth(SystemTest):
    """docs/auth.md, Examples: each command answers what the page shows below it."""

    def test_each_command_answers_what_is_shown_below_it(self):
        provider = FakeProvider(self.folder)
        self.addCleanup(provider.close)
        loaded = blocks("auth.md", "yaml")[0].replace("config: {", "config: {oidc_reach: local, ", 1)
        kernel = Kernel(self.folder, manifest=(SYSTEM % loaded).replace("path: plugins/", "path: %s/plugins/" % BUILD))
        self.addCleanup(kernel.__exit__)
        kernel.start("--workers", "2")
        here = "http://127.0.0.1:%d" % kernel.port

        def at_home(text):
            return text.replace("https://app.example.com", here).replace("https://idp.example.com", provider.issuer)
        made, link = blocks("auth.md", "sh")[:2]
        told = json.loads(run(kernel, made.splitlines()[0]))
        run(kernel, link, password_link=at_home(told["password_link"]))
        names = {"S": here}
        examples = blocks_of(text_of("auth.md").split("\n## Examples\n")[1], "sh")
        self.assertGreater(len(examples), 7)
        for command, shown in (step for block in examples for step in steps(block)):
            with self.subTest(command):
                found = run(kernel, at_home(command), **names).strip()
                self.assertTrue(reads(at_home(shown), found, names), "%s\nshown: %s\nfound: %s" % (command, shown, found))
                names.update({name: at_home(value) for name, value in names.items()})
                if "$SECRET" in shown:
                    names["SHOWN"] = totp(names["SECRET"])
                if "$AT" in shown:
                    names["BACK"] = provider.consent(names["AT"], sub=command, preferred_username="Eve")  # another account each time

    def test_each_route_has_an_example(self):
        with open(os.path.join(DOCS, "../plugins/auth/manifest.yaml"), encoding="utf-8") as file:
            routes = re.findall(r'(GET|POST|PUT|PATCH|DELETE): "?(/[^",\s]*)', file.read())
        self.assertGreater(len(routes), 50)
        text = text_of("auth.md").split("\n## Examples\n")[1]
        used = set()
        for command, _ in (step for block in blocks_of(text, "sh") for step in steps(block)):
            path = re.search(r"\$(?:S(/[^\s\"?]*)|S\$(BACK)|(LINK|BETA))", command)
            if path is None:
                continue
            body = "--json" in command or " -d " in command
            method = re.search(r"-X (\w+)", command)
            where = path[1] or ("/v1/auth/oidc/callback/acme/corp" if path[2] else "/v1/auth/links/x")
            used.add((method[1] if method else "POST" if body else "GET", where))
        for method, route in routes:
            pattern = "^" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route)) + "$"
            with self.subTest(method + " " + route):
                self.assertTrue(any(m == method and re.match(pattern, path) for m, path in used))


if __name__ == "__main__":
    main()
