"""system.kill9: the kernel is killed with SIGKILL at random moments while notes are written over HTTP, and started again
on the same data. Every acknowledged write is there with its content, none is half there, the lists (index) and the
change feed agree with the documents. So again below a supervisor, which starts it, and when the power goes with it. Looked
at after every tenth kill and the last. SOCLE_FULL=1: 300, 100 and 100 kills; else 100, 10 and 20."""

import json
import os
import random
import select

from disk_faults import DiskFaults
from harness import FULL, Kernel, SystemTest, main, sync_time

KILLS, SUPERVISED, POWER_CUTS = (300, 100, 100) if FULL else (100, 10, 20)
AFTER = (0.02, 0.6)  # seconds of writing before the kill,
SYNCS = 6            # and time for so many syncs of a slow disk


def document(name, count, finished):
    """What notes_session.cpp writes for a name: the pieces of its text follow from the number at its end."""
    return {"title": name, "text": (name + "/") * (1 + count % 40), "done": finished}


class Ledger:
    """What the clients tried and what was acknowledged, by note; which states a note may therefore be in."""

    def __init__(self):
        self.notes = {}  # name: {"ids": set, "tried": [op], "done": [op]}
        self.acknowledged = 0

    def read(self, path):
        with open(path, encoding="ascii") as file:
            for line in file:
                words = line.split()
                note = self.notes.setdefault(words[1], {"id": None, "tried": [], "done": []})
                note["tried" if words[0] == "T" else "done"].append(words[2])
                if words[0] == "A":
                    note["id"] = words[3]
                    self.acknowledged += 1

    @staticmethod
    def states(note):
        """The last acknowledged state, and what one unacknowledged operation may have made of it."""
        def state(operations):
            return {"create": "open", "finish": "done", "remove": None}[operations[-1]] if operations else None
        return {state(note["done"]), state(note["tried"])}


class Kill9(SystemTest):
    def test_an_acknowledged_write_survives_the_kill(self):
        def start(kernel):
            kernel.process.stdout.close()
            kernel.start()
        self.torture(KILLS, Kernel.kill, start)

    def test_an_acknowledged_write_survives_the_kill_of_a_supervised_kernel(self):
        self.torture(SUPERVISED, Kernel.kill_kernel, Kernel.await_restart)

    def test_an_acknowledged_write_survives_a_power_cut(self):
        """As a kill, and then every file under the data folder is cut to what was synced of it."""
        disk = DiskFaults(self.folder)
        lost = []

        def start(kernel):
            self.assertGreater(disk.syncs(), 0)
            lost.append(disk.cut_power(kernel.data))
            kernel.process.stdout.close()
            disk.watch(kernel.data)
            kernel.start()
        disk.watch(os.path.join(self.folder, "data"))
        self.torture(POWER_CUTS, Kernel.kill, start, disk.environment())
        print("kill9: the power cuts took %d bytes that were not synced" % sum(lost))

    def torture(self, kills, kill_it, start_it, environment=None):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        ledger = Ledger()
        kernel = self.kernel(plugins=("storage-rocksdb", "gateway", "notes"), environment=environment).start()
        begin, most = self.feed_position(kernel), AFTER[1] + SYNCS * sync_time(self.folder)
        for kill in range(kills):
            writer = kernel.client("notes", 12, "k%d" % kill, log=True, loss=True)
            select.select([writer.process.stdout], [], [], dice.uniform(AFTER[0], most))  # until then, or its unexpected end
            kill_it(kernel)
            report = json.loads(writer.line())
            writer.process.wait(60)
            writer.end()
            # A disk that stalls past a write's deadline answers 504: not acknowledged, so either way will do.
            self.assertTrue(report["failed"] == 0 or "status 504" in report["problem"], report)
            self.assertEqual(0, report["wrong"], report)
            ledger.read(writer.log)
            start_it(kernel)
            if kill % 10 == 9 or kill == kills - 1:
                kept = self.check(kernel, ledger, begin, "seed %d, kill %d" % (seed, kill))
        self.assertGreater(ledger.acknowledged, kills * 10)
        print("\nkill9: %d kills, %d acknowledged writes, %d notes kept, none lost or halved (seed %d)" % (
            kills, ledger.acknowledged, kept, seed))

    def feed_position(self, kernel):
        """An event id before all writes under test: that of a note which is then gone."""
        stream = kernel.client("sse", 1, "begin", log=True)
        self.assertTrue(stream.line().startswith("open "))
        status, _, text = kernel.request("POST", "/v1/notes", {"title": "begin"})
        self.assertEqual(201, status, text)
        self.begin = json.loads(text)["id"]
        stream.until(self.begin)
        stream.report()
        with open(stream.log, encoding="ascii") as file:
            return file.read().split()[2]

    def listed(self, kernel, query):
        found, cursor = {}, ""
        while True:
            status, _, text = kernel.request("GET", "/v1/notes?limit=200" + query + cursor)
            self.assertEqual(200, status, text)
            page = json.loads(text)
            for item in page["items"]:
                self.assertNotIn(item["id"], found, "listed twice")
                found[item["id"]] = item
            if not page.get("next"):
                return found
            cursor = "&cursor=" + page["next"]

    def check(self, kernel, ledger, begin, where):
        everything = self.listed(kernel, "")
        halves = {**self.listed(kernel, "&done=true"), **self.listed(kernel, "&done=false")}
        self.assertIn(self.begin, everything, "%s: of %d notes the oldest is not listed" % (where, len(everything)))
        del everything[self.begin]
        halves.pop(self.begin, None)  # it has no `done`
        self.assertEqual(everything, halves, where + ": two indexes disagree")
        by_name = {item["doc"]["title"]: item for item in everything.values()}
        self.assertEqual(len(everything), len(by_name), where + ": a note is there twice")
        self.assertLessEqual(set(by_name), set(ledger.notes), where + ": a note nobody wrote")
        for name, note in ledger.notes.items():
            item = by_name.get(name)
            state = None if item is None else "done" if item["doc"]["done"] else "open"
            self.assertIn(state, Ledger.states(note), "%s: %s was %s" % (where, name, note))
            if item is not None:
                count = int(name.rsplit("-", 1)[1]) + 1
                self.assertEqual(document(name, count, state == "done"), item["doc"], where)
                self.assertTrue(note["id"] in (None, item["id"]), where)
        for item in random.sample(sorted(everything.values(), key=lambda i: i["id"]), min(20, len(everything))):
            status, _, text = kernel.request("GET", "/v1/notes/" + item["id"])
            self.assertEqual((200, item), (status, json.loads(text)), where)
        self.check_feed(kernel, everything, begin, where)
        return len(everything)

    def check_feed(self, kernel, everything, begin, where):
        """All events since the beginning, folded, are the notes there are."""
        status, _, text = kernel.request("POST", "/v1/notes", {"title": "end"})
        self.assertEqual(201, status, text)
        end = json.loads(text)["id"]
        with kernel.connect() as s:
            s.sendall(b"GET /v1/notes/events HTTP/1.1\r\nHost: t\r\nLast-Event-ID: %s\r\n\r\n" % begin.encode())
            text = b""
            while b'"id":"' + end.encode() not in text:
                piece = s.recv(1 << 20)
                self.assertTrue(piece, where + ": the event stream ended early")
                text += piece
        status, _, _ = kernel.request("DELETE", "/v1/notes/" + end)
        self.assertEqual(204, status)
        versions = {}
        lines = dechunked(text).split("\n")
        for kind, data in zip(lines, lines[1:]):
            if kind.startswith("event: ") and data.startswith("data: "):
                event = json.loads(data[6:])
                if kind == "event: put":
                    versions[event["id"]] = event["version"]
                else:
                    self.assertEqual("event: delete", kind)
                    del versions[event["id"]]
        del versions[end]
        self.assertEqual({i: item["version"] for i, item in everything.items()}, versions, where + ": feed and notes")


def dechunked(response):
    body, out = response.split(b"\r\n\r\n", 1)[1], b""
    while b"\r\n" in body:
        size, body = body.split(b"\r\n", 1)
        out, body = out + body[:int(size, 16)], body[int(size, 16) + 2:]
    return out.decode()


if __name__ == "__main__":
    main()
