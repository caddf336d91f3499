"""An OpenID provider in the test's own process that can be told to lie: wrong names, other keys, slowness, floods,
redirects. RS256 with a key of openssl(1), so that nothing but the standard library is needed."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import subprocess
import threading
import time
import urllib.parse


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class Key:
    """An RSA key in a file, with its public JWK."""

    def __init__(self, folder, kid):
        self.kid = kid
        self.path = os.path.join(folder, "key-%s.pem" % kid)
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.path],
                       check=True, capture_output=True)
        self.public = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout"], check=True, capture_output=True).stdout
        modulus = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True, capture_output=True).stdout
        self.jwk = {"kty": "RSA", "use": "sig", "kid": kid, "e": "AQAB",
                    "n": part(bytes.fromhex(modulus.decode().strip().split("=")[1]))}

    def sign(self, text):
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text, check=True, capture_output=True).stdout


class FakeProvider:
    """`lie` changes the next answers: a function of (what, honest answer) that gives (status, headers, body)."""

    def __init__(self, folder):
        self.folder = folder
        self.key = Key(folder, "one")
        self.keys = [self.key]
        self.codes = {}          # code → the authorization request
        self.asked = []          # paths, in order
        self.headers = []
        self.claims = {}         # more of the ID token
        self.header = {}
        self.lie = None
        self.forge = None        # (header, claims, honest token) → token
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *unused):
                pass

            def do_GET(self):
                provider.answer(self, "")

            def do_POST(self):
                provider.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.issuer = "http://127.0.0.1:%d" % self.port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def configuration(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize", "token_endpoint": self.issuer + "/token",
                "jwks_uri": self.issuer + "/keys", "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"]}

    def consent(self, location, **claims):
        """What the provider does once somebody has signed in there: a code for this authorization request."""
        request = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        code = part(os.urandom(12))
        self.codes[code] = (request, claims)
        return "%s?%s" % (urllib.parse.urlsplit(request["redirect_uri"]).path,
                          urllib.parse.urlencode({"code": code, "state": request["state"]}))

    def token(self, request, claims):
        now = int(time.time())
        body = {"iss": self.issuer, "aud": request["client_id"], "sub": "subject", "iat": now, "exp": now + 300,
                "nonce": request["nonce"], **self.claims, **claims}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        text = "%s.%s" % (part(header), part({k: v for k, v in body.items() if v is not None}))
        honest = "%s.%s" % (text, part(self.key.sign(text.encode())))
        return self.forge(header, body, honest) if self.forge else honest

    def redeem(self, form):
        given = dict(urllib.parse.parse_qsl(form))
        request, claims = self.codes.pop(given.get("code"), (None, None))
        if request is None:
            return 400, {"error": "invalid_grant"}
        verifier = part(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if verifier != request["code_challenge"] or given.get("redirect_uri") != request["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.token(request, claims)}

    def answer(self, handler, form):
        path = handler.path.split("?")[0]
        self.asked.append(path)
        self.headers.append(dict(handler.headers))
        status, value = 404, {"error": "not_found"}
        if path == "/.well-known/openid-configuration":
            status, value = 200, self.configuration()
        elif path == "/keys":
            status, value = 200, {"keys": [k.jwk for k in self.keys]}
        elif path == "/token":
            status, value = self.redeem(form)
        fields, body = {"Content-Type": "application/json"}, json.dumps(value).encode()
        if self.lie is not None:
            lied = self.lie(path, value)
            if lied is not None:
                status, fields, body = lied
        try:
            if status is None:  # says nothing more and hangs, until the other side goes
                handler.wfile.write(body)
                handler.wfile.flush()
                handler.rfile.read(1)
                return
            handler.send_response(status)
            for name, text in fields.items():
                handler.send_header(name, text)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            pass
        handler.close_connection = True


def unsigned(header, claims, _):
    return "%s.%s." % (part({"alg": "none"}), part(claims))


def with_public_key_as_secret(key):
    def forge(header, claims, _):
        text = "%s.%s" % (part({"alg": "HS256", "kid": header["kid"]}), part(claims))
        return "%s.%s" % (text, part(hmac.new(key.public, text.encode(), hashlib.sha256).digest()))
    return forge


def with_broken_signature(header, claims, honest):
    head, _, tail = honest.rpartition(".")
    return head + "." + ("A" if tail[0] != "A" else "B") + tail[1:]
