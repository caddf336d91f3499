"""system.files: /v1/files on a running kernel: whole and in parts, ranges, conditions, checksums, what is refused; files that
records hold and let go; what a kill leaves; a tenant's end."""

import base64
import hashlib
import http.client
import json
import os
import threading

from harness import FULL, Kernel, SystemTest, main, plugin, wait_for

RESIDENT = ("[libsimdjson.so.14, libssl.so.3, libcrypto.so.3, librocksdb.so.7.8, libyaml-cpp.so.0.7, libre2.so.9, "
            "libpcre2-8.so.0]")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
KILLS = 20 if FULL else 3
FORM = """form: claim
schema:
  type: object
  properties:
    what: {type: string}
    receipt: {type: string}
    photos: {type: array, items: {type: string}}
    trips: {type: array, items: {type: object, properties: {ticket: {type: string}}}}
logic:
  receipt: {attachment: {types: [application/pdf, "image/*"], size: 4000}}
  photos: {attachment: true}
  "trips[].ticket": {attachment: {types: ["image/*"]}}
"""


def manifest(grace="24h", sweep="10min"):
    return """socle: 1
data: data
listeners:
  http: {address: "127.0.0.1:0", tenant: demo, principal: tester}
  other: {address: "127.0.0.1:0", tenant: other, principal: tester}
  ops: {address: "127.0.0.1:0"}
resident: %s
plans: {small: {files.bytes: 20000}}
tenants: {demo: {}, other: {plan: small}}
plugins:
  - {path: %s, home: kernel}
  - {path: %s, home: kernel, listen: [http, other, ops], grants: [ingress, catalog]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "act-as:tenants"], config: {max_size: 40MiB, grace: %s, sweep: %s}}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1", "call:auth/1", "act-as:tenants"]}
  - {path: %s, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:blob/1", "call:auth/1"]}
""" % (RESIDENT, plugin("storage-rocksdb"), plugin("gateway"), plugin("blob"), grace, sweep, plugin("models"), plugin("forms"))


class Files(SystemTest):
    def system(self, **options):
        kernel = Kernel(self.folder, manifest=manifest(**options))
        self.addCleanup(kernel.__exit__)
        kernel.start()
        self.kernel_ = kernel
        self.other = int(kernel.command("status")["listeners"]["other"].rsplit(":", 1)[1])
        return kernel

    def ask(self, method, path, body=None, port=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.kernel_.port, timeout=60)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def up(self, body, name="a.bin", **headers):
        headers.setdefault("Content_Type", "application/octet-stream")
        status, found, text = self.ask("POST", "/v1/files?name=" + name, body, **headers)
        self.assertEqual(status, 201, text)
        return json.loads(text), found

    def on_disk(self):
        return sorted(name for _, _, names in os.walk(os.path.join(self.folder, "data", "files")) for name in names)

    def test_a_file_comes_back_whole_in_ranges_and_not_at_all_when_it_is_known(self):
        self.system()
        body = os.urandom(700_001)
        made, headers = self.up(body, "..%2F..%2Fetc%2Fpass%22wd%E2%80%AE.bin")
        self.assertEqual((made["size"], made["name"], made["state"]), (len(body), "pass_wd.bin", "whole"))
        self.assertEqual(made["sha256"], hashlib.sha256(body).hexdigest())
        digest = "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.assertEqual(headers["repr-digest"], digest)
        path = headers["location"]
        status, headers, text = self.ask("GET", path)
        self.assertEqual((status, text == body), (200, True))
        self.assertEqual(headers["etag"], '"%s"' % made["sha256"])
        self.assertEqual(headers["content-disposition"], 'attachment; filename="pass_wd.bin"')
        self.assertEqual((headers["x-content-type-options"], headers["repr-digest"]), ("nosniff", digest))
        self.assertIn("sandbox", headers["content-security-policy"])
        for given, first, last in (("bytes=0-9", 0, 9), ("bytes=300000-650000", 300000, 650000), ("bytes=700000-", 700000, 700000),
                                   ("bytes=-5", 699996, 700000), ("bytes=5-99999999999999999999", 5, 700000)):
            status, headers, text = self.ask("GET", path, Range=given)
            self.assertEqual((status, headers["content-range"], text == body[first:last + 1]),
                             (206, "bytes %d-%d/700001" % (first, last), True), given)
        status, headers, _ = self.ask("GET", path, Range="bytes=700001-")
        self.assertEqual((status, headers["content-range"]), (416, "bytes */700001"))
        for given in ("bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "bytes=a-b"):  # whole, as RFC 9110 allows
            self.assertEqual(self.ask("GET", path, Range=given)[0], 200, given)
        etag = '"%s"' % made["sha256"]
        self.assertEqual(self.ask("GET", path, Range="bytes=0-9", If_Range='"old"')[0], 200)
        self.assertEqual(self.ask("GET", path, Range="bytes=0-9", If_Range=etag)[0], 206)
        self.assertEqual(self.ask("GET", path, If_None_Match=etag)[0::2], (304, b""))
        self.assertEqual(self.ask("GET", path, If_Match='"old"')[0], 412)
        self.assertEqual(self.ask("HEAD", path)[0::2], (200, b""))
        # Another tenant has no such file, whatever it calls it.
        for port in (self.other,):
            self.assertEqual(self.ask("GET", path, port=port)[0], 404)
            self.assertEqual(self.ask("GET", path + ":about", port=port)[0], 404)
            self.assertEqual(self.ask("DELETE", path, port=port)[0], 404)
        for bad in ("x", "..%2Fx", "0" * 32, "G" * 32):
            self.assertEqual(self.ask("GET", "/v1/files/" + bad)[0], 404, bad)
        self.assertEqual(self.ask("DELETE", path)[0], 204)
        self.assertEqual((self.ask("GET", path)[0], self.on_disk()), (404, []))

    def test_an_empty_file_is_a_file(self):
        self.system()
        made, headers = self.up(b"", "nothing")
        self.assertEqual(made["sha256"], hashlib.sha256(b"").hexdigest())
        self.assertEqual(self.ask("GET", headers["location"])[0::2], (200, b""))

    def test_types_and_checksums_are_held_against_the_bytes(self):
        self.system()
        self.assertEqual(self.up(PNG)[0]["type"], "image/png")
        self.assertEqual(self.up(b"<html><script>x</script>", "a.html")[0]["type"], "text/html")
        for said, body in (("image/png", b"GIF89a...."), ("application/pdf", b"<html>"), ("text/csv", b"a\0b"), ("image/jpeg", b"")):
            status, _, text = self.ask("POST", "/v1/files", body, Content_Type=said)
            self.assertEqual((status, json.loads(text)["code"]), (415, "content_mismatch"), said)
        status, _, text = self.ask("POST", "/v1/files", b"x", Content_Type="text/plain", Content_Digest="sha-256=:AAAA:")
        self.assertEqual((status, json.loads(text)["code"]), (400, "digest_mismatch"))
        self.assertEqual(self.ask("POST", "/v1/files", b"x", Content_Type="no type")[0], 400)
        self.assertEqual(len(self.on_disk()), 2)
        # What can carry script is never shown in a window of ours; a picture may be.
        html, picture = (self.up(b, "f", Content_Type=t)[1]["location"] for b, t in ((b"<html>", "text/html"), (PNG, "image/png")))
        self.assertTrue(self.ask("GET", html + "?inline=true")[1]["content-disposition"].startswith("attachment"))
        self.assertTrue(self.ask("GET", picture + "?inline=true")[1]["content-disposition"].startswith("inline"))
        made = json.loads(self.ask("POST", "/v1/files", b"x", Content_Type="text/plain",
                                   Content_Disposition="attachment; filename=\"x.txt\"; filename*=UTF-8''%E5%BA%95.txt")[2])
        self.assertEqual(made["name"], "底.txt")
        found = self.ask("GET", made["href"])[1]["content-disposition"]
        self.assertEqual(found, "attachment; filename=\"_.txt\"; filename*=UTF-8''%E5%BA%95.txt")

    def test_a_large_file_comes_in_parts_and_memory_stays_flat(self):
        kernel = self.system()
        part = os.urandom(4 << 20)
        whole = hashlib.sha256()
        status, headers, text = self.ask("POST", "/v1/files?name=big", part, Upload_Complete="?0", Content_Type="application/octet-stream")
        self.assertEqual((status, json.loads(text)["state"]), (201, "partial"))
        whole.update(part)
        path, sent = headers["location"], len(part)
        self.assertEqual(self.ask("GET", path)[0], 404)
        before = kernel.usage()["rss"]
        for i in range(8):
            last = i == 7
            # A part that is sent twice, or to the wrong place, changes nothing.
            status, headers, _ = self.ask("PATCH", path, b"junk", Upload_Offset=str(sent - 1), Content_Type="application/partial-upload")
            self.assertEqual((status, headers["upload-offset"]), (409, str(sent)))
            status, headers, text = self.ask("PATCH", path, part, Upload_Offset=str(sent), Content_Type="application/partial-upload",
                                             Upload_Complete="?1" if last else "?0")
            self.assertEqual(status, 200 if last else 204, text)
            sent += len(part)
            whole.update(part)
            self.assertEqual(headers["upload-offset"], str(sent))
        self.assertEqual(json.loads(text)["sha256"], whole.hexdigest())
        connection = http.client.HTTPConnection("127.0.0.1", kernel.port, timeout=60)
        connection.request("GET", path)
        answer, got, size = connection.getresponse(), hashlib.sha256(), 0
        for piece in iter(lambda: answer.read(65536), b""):
            got.update(piece)
            size += len(piece)
        connection.close()
        self.assertEqual((size, got.hexdigest()), (sent, whole.hexdigest()))
        grown = kernel.usage()["rss"] - before
        print("\nfiles: %d MiB in parts of 4 MiB and back; the kernel grew by %.1f MiB" % (sent >> 20, grown / 2**20))
        self.assertLess(grown, 24 << 20)
        self.assertEqual(self.ask("PATCH", path, b"x", Upload_Offset=str(sent), Content_Type="application/partial-upload")[0], 409)
        with kernel.connect() as raw:
            raw.sendall(b"POST /v1/files HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 17825792\r\n\r\n")
            self.assertEqual(raw.recv(12), b"HTTP/1.1 413")

    def test_a_plan_bounds_what_a_tenant_keeps(self):
        self.system()
        plain = {"Content_Type": "application/octet-stream", "port": self.other}
        paths = [self.ask("POST", "/v1/files", b"x" * 9000, **plain)[1]["location"] for _ in range(2)]
        status, _, text = self.ask("POST", "/v1/files", b"x" * 9000, **plain)
        self.assertEqual((status, json.loads(text)["code"]), (507, "files_quota"))
        self.assertEqual(self.ask("DELETE", paths[0], port=self.other)[0], 204)
        self.assertEqual(self.ask("POST", "/v1/files", b"x" * 9000, **plain)[0], 201)
        self.assertEqual(len(self.on_disk()), 2)

    def publish(self):
        self.assertEqual(self.ask("PUT", "/v1/models/forms/claim", FORM.encode(), Content_Type="application/yaml")[0] // 100, 2)
        self.assertEqual(self.ask("POST", "/v1/models/forms/claim/publish")[0], 200)

    def record(self, doc, method="POST", path="/v1/forms/claim/records"):
        status, _, text = self.ask(method, path, json.dumps(doc).encode(), Content_Type="application/json")
        return status, json.loads(text) if text else None

    def test_records_hold_their_files_and_let_them_go(self):
        kernel = self.system(grace="1s", sweep="1h")
        self.publish()
        held, photo, loose = (self.up(PNG, n)[0]["id"] for n in ("held", "photo", "loose"))
        status, answer = self.record({"receipt": "0" * 32})
        self.assertEqual((status, answer["errors"][0]["pointer"], answer["errors"][0]["code"]), (422, "/receipt", "attachment"))
        text = self.up(b"plain text", "t.txt", Content_Type="text/plain")[0]["id"]
        large = self.up(PNG * 3, "large")[0]["id"]
        status, answer = self.record({"receipt": text, "photos": [photo, "nonsense"]})
        self.assertEqual({(e["pointer"], e["code"]) for e in answer["errors"]}, {("/photos/1", "attachment"), ("/receipt", "attachment_type")})
        self.assertEqual(self.record({"receipt": large})[1]["errors"][0]["code"], "attachment_size")
        status, answer = self.record({"receipt": held, "photos": [photo]})
        self.assertEqual(status, 201, answer)
        path = "/v1/forms/claim/records/" + answer["id"]
        self.assertEqual(self.ask("DELETE", "/v1/files/" + held)[0], 409)
        self.assertEqual(self.ask("DELETE", "/v1/files/" + large)[0], 204)

        self.collect(2)  # the text and the loose one
        self.assertEqual({self.ask("GET", "/v1/files/" + i)[0] for i in (held, photo)}, {200})
        self.assertEqual(self.ask("GET", "/v1/files/" + loose)[0], 404)
        # Two records hold the photo; it goes with the last.
        status, second = self.record({"photos": [photo]})
        self.assertEqual(status, 201)
        self.assertEqual(self.record({"what": "changed"}, "PUT", path)[0], 200)
        self.collect(1)
        self.assertEqual((self.ask("GET", "/v1/files/" + held)[0], self.ask("GET", "/v1/files/" + photo)[0]), (404, 200))
        self.assertEqual(self.ask("DELETE", "/v1/forms/claim/records/" + second["id"])[0], 204)
        self.collect(1)
        self.assertEqual((self.ask("GET", "/v1/files/" + photo)[0], self.on_disk()), (404, []))

    def test_rows_of_a_record_hold_files_too(self):
        self.system(grace="1s", sweep="1h")
        self.publish()
        ticket, text = self.up(PNG, "ticket")[0]["id"], self.up(b"plain text", "t.txt", Content_Type="text/plain")[0]["id"]
        for wrong, code in (("0" * 32, "attachment"), (text, "attachment_type")):
            status, answer = self.record({"trips": [{}, {"ticket": wrong}]})
            self.assertEqual((422, [("/trips/1/ticket", code)]), (status, [(e["pointer"], e["code"]) for e in answer["errors"]]))
        status, answer = self.record({"trips": [{"ticket": ticket}, {"ticket": ticket}]})
        self.assertEqual(201, status, answer)
        self.assertEqual(409, self.ask("DELETE", "/v1/files/" + ticket)[0])
        self.assertEqual(200, self.record({"trips": [{}]}, "PUT", "/v1/forms/claim/records/" + answer["id"])[0])
        self.collect(2)  # the text and the ticket
        self.assertEqual([], self.on_disk())

    def collect(self, wanted):
        """Until the collector has removed so many files."""
        gone = 0

        def sweep():
            nonlocal gone
            gone += self.kernel_.command("call", "blob/1.collect", "{}", "--tenant", "demo")["files"]
            return gone >= wanted
        wait_for("%d files to be collected" % wanted, 60, sweep, 0.1)
        self.assertEqual(gone, wanted)

    def test_kills_leave_no_file_without_its_bytes_and_nothing_is_kept_for_ever(self):
        kernel = self.system(grace="10s", sweep="500ms")  # longer than an upload takes, whatever the disk
        self.publish()
        acknowledged = {}
        for kill in range(KILLS):
            stop = threading.Event()
            clients = [threading.Thread(target=self.write_until, args=(stop, acknowledged)) for _ in range(3)]
            for client in clients:
                client.start()
            wait_for("some files", 60, lambda: len(acknowledged) > kill * 5 + 5)
            kernel.kill_kernel()
            stop.set()
            for client in clients:
                client.join(60)
            kernel.await_restart()
        for name, body in acknowledged.items():
            status, _, found = self.ask("GET", "/v1/files/" + name)
            self.assertEqual((status, hashlib.sha256(found).hexdigest()), (200, body))
        # A record may be kept whose answer the kill cut off; its file is kept with it, and nothing else.
        lines = self.ask("GET", "/v1/forms/claim/records:export?format=jsonl")[2].splitlines()
        kept = {json.loads(line)["doc"]["photos"][0] for line in lines}
        self.assertEqual(set(acknowledged) - kept, set())
        wait_for("what the kills left to be gone", 120, lambda: set(self.on_disk()) == kept, 0.2)

    def write_until(self, stop, acknowledged):
        while not stop.is_set():
            body = os.urandom(50_000)
            try:
                status, _, text = self.ask("POST", "/v1/files", body, Content_Type="application/octet-stream")
                if status != 201:
                    continue
                name = json.loads(text)["id"]
                if self.record({"photos": [name]})[0] == 201:
                    acknowledged[name] = hashlib.sha256(body).hexdigest()
            except (OSError, http.client.HTTPException, ValueError):
                continue

    def test_a_tenant_s_end_is_its_files_end(self):
        kernel = self.system()
        self.up(PNG)
        path = self.ask("POST", "/v1/files", b"x", port=self.other, Content_Type="text/plain")[1]["location"]
        self.assertEqual(len(self.on_disk()), 2)
        kernel.command("call", "blob/1.forget", "{}", "--tenant", "other")  # as the kernel does when it erases a tenant
        self.assertEqual(len(self.on_disk()), 1)
        self.assertNotEqual(self.ask("GET", path, port=self.other)[0], 200)


if __name__ == "__main__":
    main()
