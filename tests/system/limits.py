"""system.limits: clients that take too much or give too little, and a kernel that goes on answering the others."""

import resource
import select
import socket
import statistics
import time

from harness import SystemTest, main, wait_for

GET = b"GET /v1/hello/Ada HTTP/1.1\r\nHost: t\r\n\r\n"
PATIENCE = 5  # seconds within which a bystander is answered, whatever the others do


def received(s, seconds=60):
    """All that comes until the other side closes."""
    s.settimeout(seconds)
    out = b""
    while True:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            return out
        if not piece:
            return out
        out += piece


class Limits(SystemTest):
    def serve(self, http):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        return self.kernel(plugins=("storage-rocksdb", "gateway", "hello", "notes"), http=http).start()

    def connect(self, kernel, source=None):
        s = socket.create_connection(("127.0.0.1", kernel.port), 60, source and (source, 0))
        self.addCleanup(s.close)
        return s

    def answered(self, s):
        s.settimeout(PATIENCE)
        s.sendall(GET)
        out = b""
        while not out.endswith(b"Hello, Ada!\n"):
            piece = s.recv(4096)
            if not piece:
                return False
            out += piece
        return out.startswith(b"HTTP/1.1 200 ")

    def bystander(self, kernel, source="127.0.0.9"):
        begun = time.monotonic()
        s = self.connect(kernel, source)
        self.assertTrue(self.answered(s))
        s.close()
        return time.monotonic() - begun

    def test_connections_of_one_peer_are_bounded_and_others_served(self):
        kernel = self.serve(", connections_per_peer: 5")
        mine = [self.connect(kernel) for _ in range(5)]
        for s in mine:
            self.assertTrue(self.answered(s))
        self.assertEqual(b"", received(self.connect(kernel)), "the sixth is closed")
        self.bystander(kernel)
        mine.pop().close()
        wait_for("room for another", 60, lambda: self.accepted(kernel))

    def accepted(self, kernel):
        try:
            return self.answered(self.connect(kernel))
        except (ConnectionResetError, BrokenPipeError):
            return False

    def test_connections_in_all_are_bounded(self):
        kernel = self.serve(", connections: 5")
        mine = [self.connect(kernel, "127.0.0.%d" % (10 + i)) for i in range(5)]
        for s in mine:
            self.assertTrue(self.answered(s))
        self.assertEqual(b"", received(self.connect(kernel, "127.0.0.99")), "the sixth is closed")
        self.assertEqual(200, kernel.request("GET", "/readyz", port=kernel.ops)[0], "ops has its own bounds")
        mine.pop().close()
        wait_for("room for another", 60, lambda: self.accepted(kernel))

    def test_a_head_that_does_not_end_is_timed_out(self):
        kernel = self.serve(", limits: {header_timeout: 1s}")
        slow = [self.connect(kernel) for _ in range(200)]
        begun = time.monotonic()
        for s in slow:
            try:
                s.sendall(b"GET /v1/hello/Ada HTTP/1.1\r\nHost: t\r\n")
            except (BrokenPipeError, ConnectionResetError):  # it has been silent for a second already
                pass
        dripping = list(slow)
        while dripping:  # slowloris: a field of a few bytes now and then does not buy time
            self.assertLess(time.monotonic() - begun, 60, "%d connections are still served" % len(dripping))
            self.bystander(kernel)
            readable, _, _ = select.select(dripping, [], [], 0.1)
            dripping = [s for s in dripping if s not in readable]
            for s in dripping:
                try:
                    s.sendall(b"X: 1\r\n")
                except (BrokenPipeError, ConnectionResetError):
                    dripping = [d for d in dripping if d is not s]
        self.assertGreater(time.monotonic() - begun, 0.9)

    def test_too_long_a_line_head_or_body_gets_its_status(self):
        kernel = self.serve(", limits: {request_line: 1KiB, headers: 2KiB, body: 4KiB}")
        for request, status in (
                (b"GET /v1/hello/" + b"a" * 1100 + b" HTTP/1.1\r\nHost: t\r\n\r\n", b"414"),
                (b"GET /v1/hello/Ada HTTP/1.1\r\nHost: t\r\nX: " + b"a" * 2100 + b"\r\n\r\n", b"431"),
                (b"POST /v1/hello/Ada HTTP/1.1\r\nHost: t\r\nContent-Length: 5000\r\n\r\n", b"4"),
                (b"POST /v1/notes HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n",
                 b"413"),
                (b"POST /v1/notes HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n\r\n", b"413")):
            s = self.connect(kernel)
            try:
                s.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass
            s.shutdown(socket.SHUT_WR)
            answer = received(s)
            self.assertTrue(answer.startswith(b"HTTP/1.1 " + status), (status, answer[:300], request[:80]))
            self.assertIn(b"application/problem+json", answer)
        self.bystander(kernel)

    def test_a_client_that_half_closes_gets_all_its_answers(self):
        kernel = self.serve("")
        s = self.connect(kernel)
        s.sendall(GET * 20)
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(20, received(s).count(b"Hello, Ada!\n"))

    def test_idle_connections_are_closed_in_the_end(self):
        kernel = self.serve(", limits: {idle_timeout: 1s}")
        used = self.connect(kernel)
        begun = time.monotonic()
        self.assertTrue(self.answered(used))
        self.assertEqual(b"", received(used))
        self.assertGreater(time.monotonic() - begun, 0.8)

    def test_thousands_of_idle_connections_cost_little_and_hurt_nobody(self):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        count = min(10_000, files - 200) // 100 * 100
        kernel = self.serve(", connections: 20000, connections_per_peer: 2000")
        before = kernel.usage()
        idle = []
        for i in range(count):
            idle.append(self.connect(kernel, "127.0.1.%d" % (1 + i // 1000)))
            if i % 10 == 0:
                self.assertTrue(self.answered(idle[-1]))
        wait_for("all are accepted", 60, lambda: kernel.usage()["fds"] >= before["fds"] + count)
        after = kernel.usage()
        took = [self.bystander(kernel) for _ in range(20)]
        self.assertLess(statistics.median(took), 1, took)
        each = (after["rss"] - before["rss"]) / count
        self.assertLess(each, 8192, "bytes resident for an idle connection")
        self.assertTrue(self.answered(idle[-1]))
        for s in idle:
            s.close()
        wait_for("all are forgotten", 60, lambda: kernel.usage()["fds"] <= before["fds"] + 2)
        print("\nlimits: %d idle connections, %d bytes resident each; slowest of 20 new clients %.1f ms" % (
            count, each, max(took) * 1e3))


if __name__ == "__main__":
    main()
