"""system.events: event streams (Server-Sent Events) of a running system: a client that vanishes leaves no work behind, one
that comes back with Last-Event-ID misses nothing, one whose position is no longer known is told to start afresh; streams
live through swaps on their connection and through kill -9 of the kernel by coming back."""

import json
import shutil
import time

from harness import SystemTest, copy_plugin, crowded, main, plugin, wait_for

# Seconds, the best of three times: a reset is looked for every 200 ms, a cancelled long poll every 100 ms; the rest is the machine's.
PROMPT = 1.5


class Stream:
    """A client of /v1/notes/events that remembers where it is; of the tenant of `token`, else the listener's."""

    def __init__(self, kernel, last="", token=None):
        self.kernel, self.last, self.events, self.connections = kernel, last, [], 0
        self.bearer = "Authorization: Bearer %s\r\n" % token if token else ""
        self.socket = None
        self.open()

    def open(self):
        self.close()
        self.socket = self.kernel.connect()
        self.connections += 1
        self.text, self.opened = b"", False
        resume = "Last-Event-ID: %s\r\n" % self.last if self.last else ""
        self.socket.sendall(("GET /v1/notes/events HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n%s%s\r\n" % (self.bearer, resume)).encode())

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def read(self):
        """One piece more; False at the end of the connection."""
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.text += piece
        while b"\n\n" in self.text:
            event, self.text = self.text.split(b"\n\n", 1)
            lines = [line.rstrip("\r") for line in event.decode().split("\n")]
            fields = dict(line.split(": ", 1) for line in lines if ": " in line)
            if "data" not in fields:
                self.opened = True
                continue
            self.last = fields.get("id", self.last)
            self.events.append((fields.get("event"), json.loads(fields["data"])))
        return bool(piece)

    def until(self, identity, come_back=False):
        """Reads on until the event of this note has come."""
        while not any(data.get("id") == identity for _, data in self.events):
            if not self.read():
                if not come_back:
                    raise AssertionError("the stream ended; it had %r" % self.events[-3:])
                self.open()

    def ids(self):
        return [data["id"] for _, data in self.events]


class Events(SystemTest):
    def serve(self):
        return self.kernel(plugins=("storage-rocksdb", "gateway", "notes")).start("--workers", "2")

    def stream(self, kernel, last=""):
        """A stream that is open: without a position it begins with what is written from now on, and says so."""
        stream = Stream(kernel, last)
        self.addCleanup(stream.close)
        while not last and not stream.opened:
            self.assertTrue(stream.read(), stream.text)
        return stream

    def note(self, kernel, title):
        status, _, text = kernel.request("POST", "/v1/notes", {"title": title})
        self.assertEqual(201, status, text)
        return json.loads(text)["id"]

    @staticmethod
    def at_work(kernel):
        """Calls in flight in all plugins, connections of the gateway: what a client that has gone may leave behind."""
        shown = [kernel.command("plugin", "show", name)["generations"] for name in ("gateway", "notes", "storage-rocksdb")]
        return sum(g["in_flight"] + g["connections"] for generations in shown for g in generations)

    def test_a_client_that_vanishes_leaves_no_work_behind(self):
        kernel, took = self.serve(), []
        for _ in range(3):
            streams = [self.stream(kernel) for _ in range(10)]
            wait_for("all streams wait in storage", 60, lambda: self.at_work(kernel) >= 30)
            for stream in streams:
                stream.close()
            begun = time.monotonic()
            wait_for("their long polls are gone", 60, lambda: self.at_work(kernel) == 0)
            took.append(time.monotonic() - begun)
        self.assertLess(min(took), PROMPT * crowded(), took)

    def test_last_event_id_resumes_after_it_and_repeats_nothing(self):
        kernel = self.serve()
        stream = self.stream(kernel)
        ids = [self.note(kernel, "n%d" % i) for i in range(5)]
        stream.until(ids[-1])
        self.assertEqual(ids, stream.ids())
        stream.close()
        ids = [self.note(kernel, "m%d" % i) for i in range(5)]
        again = self.stream(kernel, stream.last)
        again.until(ids[-1])
        self.assertEqual(ids, again.ids())

    def test_a_position_that_is_not_kept_is_told_to_start_afresh(self):
        kernel = self.serve()
        stream = self.stream(kernel)
        identity = self.note(kernel, "of the old store")
        stream.until(identity)
        self.assertEqual(0, kernel.terminate())
        kernel.process.stdout.close()
        shutil.rmtree(kernel.data)
        kernel.start("--workers", "2")
        late = self.stream(kernel, stream.last)
        while not late.events:
            self.assertTrue(late.read())
        self.assertEqual([("reset", {})], late.events)
        fresh = self.stream(kernel)
        fresh.until(self.note(kernel, "of the new store"))

    def test_streams_live_through_swaps_on_their_connection(self):
        kernel = self.serve()
        names = ("gateway", "notes", "storage-rocksdb")
        folders = {name: (copy_plugin(self.folder, name), plugin(name)) for name in names}
        streams = [self.stream(kernel) for _ in range(4)]
        ids = [self.note(kernel, "before")]
        for stream in streams:
            stream.until(ids[0])
        for turn in range(2):  # both ways; a swap of notes lets its long polls end
            for name in names:
                kernel.swap(name, folders[name][turn % 2])
                ids.append(self.note(kernel, "%s %d" % (name, turn)))
        for stream in streams:
            stream.until(ids[-1])
            self.assertEqual(ids, stream.ids())
            self.assertEqual(1, stream.connections)

    def test_streams_come_back_after_a_kill_and_miss_nothing(self):
        kernel = self.serve()
        streams = [self.stream(kernel) for _ in range(3)]
        ids = [self.note(kernel, "before")]
        for stream in streams:
            stream.until(ids[0])
        for turn in range(4):
            ids += [self.note(kernel, "%d.%d" % (turn, i)) for i in range(10)]
            streams[0].until(ids[-1], come_back=True)  # one is up to date, the others are behind
            kernel.kill()
            kernel.process.stdout.close()
            kernel.start("--workers", "2")
        ids.append(self.note(kernel, "after"))
        for stream in streams:
            stream.until(ids[-1], come_back=True)
            self.assertEqual(ids, stream.ids())


if __name__ == "__main__":
    main()
