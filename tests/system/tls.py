"""system.tls: a TLS listener with a throw-away certificate: who may speak to it, and that a new certificate is taken
while clients are at work, without one of them failing."""

import os
import socket
import ssl
import subprocess
import threading

from harness import SystemTest, copy_plugin, main, plugin, wait_for

GET = b"GET /v1/hello/Ada HTTP/1.1\r\nHost: t\r\n\r\n"


class Tls(SystemTest):
    def certificate(self, name):
        """Writes a self-signed one beside the old and renames, key first: what certificate tools do."""
        for kind in ("key", "cert"):
            self.addCleanup(lambda path: os.path.exists(path) and os.remove(path), self.path(kind))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        self.path("key.new"), "-out", self.path("cert.new")], check=True, capture_output=True, timeout=60)
        os.rename(self.path("key.new"), self.path("key"))
        os.rename(self.path("cert.new"), self.path("cert"))

    def path(self, name):
        return os.path.join(self.folder, name + ".pem")

    def serve(self):
        self.certificate("first")
        return self.kernel(plugins=("gateway", "hello"),
                           http=", tls: {certificate: cert.pem, key: key.pem}").start("--workers", "2")

    @staticmethod
    def context(**versions):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for key, value in versions.items():
            setattr(context, key, value)
        return context

    def connect(self, kernel, context=None):
        s = (context or self.context()).wrap_socket(kernel.connect())
        self.addCleanup(s.close)
        return s

    @staticmethod
    def ask(s):
        s.sendall(GET)
        out = b""
        while not out.endswith(b"Hello, Ada!\n"):
            piece = s.recv(4096)
            if not piece:
                raise AssertionError("closed after %r" % out)
            out += piece
        return out

    def names_second(self, kernel):
        """Whether a new connection sees the second certificate (its name stands in the DER as it is)."""
        s = self.connect(kernel)
        self.ask(s)
        der = s.getpeercert(binary_form=True)
        s.close()
        return b"second" in der

    def test_tls_1_2_and_1_3_are_served_and_plain_http_is_not(self):
        kernel = self.serve()
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            s = self.connect(kernel, self.context(minimum_version=version, maximum_version=version))
            self.assertTrue(self.ask(s).startswith(b"HTTP/1.1 200 "))
            self.assertEqual(name, s.version())
        plain = kernel.connect()
        plain.sendall(GET)
        try:
            answer = plain.recv(4096)
        except ConnectionResetError:
            answer = b""
        self.assertFalse(answer.startswith(b"HTTP/"), answer)
        plain.close()

    def test_a_client_that_never_shakes_hands_does_not_hold_up_others(self):
        kernel = self.serve()
        silent = [kernel.connect() for _ in range(100)]
        self.assertTrue(self.ask(self.connect(kernel)))
        for s in silent:
            s.close()

    def test_a_new_certificate_is_taken_and_the_gateway_swapped_without_a_failure(self):
        kernel = self.serve()
        problems, counts, stop = [], [0] * 4, threading.Event()

        def client(index):
            try:
                while not stop.is_set():
                    s = self.context().wrap_socket(socket.create_connection(("127.0.0.1", kernel.port), 60))
                    with s:
                        for _ in range(20):
                            self.ask(s)
                            counts[index] += 1
            except Exception as error:  # what ends a thread must be seen by the test
                problems.append(repr(error))

        kept = self.connect(kernel)
        self.ask(kept)
        threads = [threading.Thread(target=client, args=(i,), daemon=True) for i in range(4)]
        for thread in threads:
            thread.start()
        wait_for("all clients at work", 60, lambda: problems or min(counts) > 20)
        self.certificate("second")
        wait_for("the second certificate", 60, lambda: problems or self.names_second(kernel), 0.1)
        other = copy_plugin(self.folder, "gateway")
        for turn in range(6):
            report = kernel.swap("gateway", (other, plugin("gateway"))[turn % 2])
            self.assertEqual((0, "unmapped"), (report["failed"], report["old_state"]), report)
            self.ask(kept)
        goal = sum(counts) + 100
        wait_for("more requests", 60, lambda: problems or sum(counts) > goal)
        stop.set()
        for thread in threads:
            thread.join(60)
        self.assertEqual([], problems)
        self.assertTrue(self.names_second(kernel))
        print("\ntls: %d requests, a new certificate and 6 gateway swaps, 0 failed" % sum(counts))

    def test_a_broken_certificate_keeps_the_old_one(self):
        kernel = self.serve()
        self.ask(self.connect(kernel))
        with open(self.path("cert"), "w", encoding="ascii") as file:
            file.write("-----BEGIN CERTIFICATE-----\nbroken\n")
        wait_for("the complaint", 60, lambda: self.path("cert") in kernel.log_text(), 0.1)
        self.assertTrue(self.ask(self.connect(kernel)))


if __name__ == "__main__":
    main()
