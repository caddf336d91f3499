#!/usr/bin/env python3
"""Plugins in cells as an operator has them: hello and notes answer from sandboxed processes, are swapped and moved under
load without a lost request, and a cell that is killed costs only what it had in hand; rules and forms are published and
used there."""

import json
import os
import signal
import time

import forms
from events import Stream
from harness import FULL, Refused, SystemTest, copy_plugin, main, plugin, wait_for
from supervisor import alive

CELLS = {"hello": "home: cell", "notes": 'home: cell, grants: ["call:storage/1"]'}


def forms_in_cells():
    """The system of system.forms with rules and forms in cells; storage, gateway and models stay in the kernel."""
    text = forms.manifest()
    for name in ("rules", "forms"):
        text = text.replace("{path: %s, home: kernel" % plugin(name), "{path: %s, home: cell" % plugin(name))
    return text


def example(name):
    with open(os.path.join(forms.LOAN, name), encoding="utf-8") as file:
        return file.read()


class Cells(SystemTest):
    def start(self, **options):
        return self.kernel(entries=CELLS, **options).start()

    def generation(self, kernel, name):
        for g in kernel.command("plugin", "list")["plugins"]:
            if g["plugin"] == name and g["state"] == "active":
                return g
        raise AssertionError("no active generation of " + name)

    def test_hello_and_notes_answer_from_cells(self):
        kernel = self.start()
        status, _, text = kernel.request("GET", "/v1/hello/ann")
        self.assertEqual(status, 200, text)
        status, headers, text = kernel.request("POST", "/v1/notes", {"title": "from a cell", "text": "x" * 3000})
        self.assertEqual(status, 201, text)
        status, _, text = kernel.request("GET", headers["location"])
        self.assertEqual(status, 200, text)
        self.assertIn("from a cell", text)
        for name in ("hello", "notes"):
            g = self.generation(kernel, name)
            self.assertEqual(g["home"], "cell")
            pid = g["cells"][0]["pid"]
            self.assertNotEqual(pid, kernel.pid)
            os.kill(pid, 0)
        self.assertEqual(self.generation(kernel, "gateway")["home"], "kernel")
        pid = self.generation(kernel, "hello")["cells"][0]["pid"]
        self.assertEqual(kernel.terminate(), 0)
        wait_for("the cell's end", 60, lambda: not alive(pid))

    def test_a_killed_cell_answers_again_and_disturbs_nobody(self):
        kernel = self.start()
        kernel.request("GET", "/v1/hello/ann")
        worst = 0.0
        for death in range(5 if FULL else 3):
            pid = self.generation(kernel, "hello")["cells"][0]["pid"]
            os.kill(pid, signal.SIGKILL)
            begun = time.monotonic()
            wait_for("the next good answer", 60, lambda: kernel.request("GET", "/v1/hello/bob")[0] == 200)
            worst = max(worst, time.monotonic() - begun)
            status, _, text = kernel.request("GET", "/v1/notes")
            self.assertEqual(status, 200, text)
            wait_for("its death to be counted", 60, lambda: self.generation(kernel, "hello")["crashes"] == death + 1)
        print("next good answer after a kill: worst %.0f ms of %d" % (worst * 1e3, 5 if FULL else 3))
        self.assertEqual(self.generation(kernel, "notes")["crashes"], 0)

    def test_swaps_and_moves_under_load_lose_no_request(self):
        kernel = self.start()
        second = copy_plugin(self.folder, "hello")
        clients = [kernel.client("keepalive", 4, "k", allow=("Hello",)), kernel.client("notes", 2, "n", log=True)]
        rounds = 20 if FULL else 6
        for _ in range(rounds):
            kernel.swap("hello", second)
            kernel.command("plugin", "move", "hello", "--home", "kernel")
            kernel.command("plugin", "move", "hello", "--home", "cell")
            kernel.swap("hello", plugin("hello"))
            kernel.command("plugin", "move", "notes", "--home", "kernel")
            kernel.command("plugin", "move", "notes", "--home", "cell")
        reports = [c.report() for c in clients]
        for report in reports:
            self.assertEqual((report["failed"], report["wrong"]), (0, 0), report)
        print("%d swaps and moves, %d requests, 0 failed" % (6 * rounds, sum(r["requests"] for r in reports)))
        self.assertGreater(min(r["requests"] for r in reports), 20)
        self.assertEqual(self.generation(kernel, "hello")["home"], "cell")

    def test_a_stream_of_events_lives_through_the_death_swap_and_move_of_its_cell(self):
        kernel = self.start()
        stream = Stream(kernel)
        self.addCleanup(stream.close)
        while not stream.opened:
            self.assertTrue(stream.read(), stream.text)
        made = []

        def note(title):
            status, _, text = kernel.request("POST", "/v1/notes", {"title": title})
            self.assertEqual(status, 201, text)
            made.append(json.loads(text)["id"])
        note("first")
        stream.until(made[-1])
        for round_ in range(3):
            os.kill(self.generation(kernel, "notes")["cells"][0]["pid"], signal.SIGKILL)
            wait_for("its death to be counted", 60, lambda: self.generation(kernel, "notes")["crashes"] == round_ + 1)
            note("after death %d" % round_)
            stream.until(made[-1], come_back=True)
        kernel.command("plugin", "move", "notes", "--home", "kernel")
        note("in the kernel's process")
        stream.until(made[-1])
        kernel.command("plugin", "move", "notes", "--home", "cell")
        note("in a cell again")
        stream.until(made[-1])
        self.assertEqual(made, stream.ids())
        print("an event stream over 3 deaths and 2 moves of its cell: %d events, %d connections" % (
            len(made), stream.connections))

    def test_a_long_body_crosses_whole(self):
        kernel = self.start()
        text = "".join(chr(97 + i % 26) for i in range(9_999))  # beyond the ring's small and middle blocks
        status, headers, answer = kernel.request("POST", "/v1/notes", {"title": "long", "text": text})
        self.assertEqual(status, 201, answer[:200])
        self.assertEqual(text, json.loads(kernel.request("GET", headers["location"])[2])["doc"]["text"])

    def test_a_ruleset_and_a_form_are_published_and_used_in_cells(self):
        kernel = self.kernel(manifest=forms_in_cells()).start()
        demo = forms.Tenant(kernel.port)
        self.addCleanup(demo.connection.close)
        homes = {name: self.generation(kernel, name)["home"] for name in forms.ENTRIES}
        self.assertEqual(dict.fromkeys(forms.ENTRIES, "kernel") | {"rules": "cell", "forms": "cell"}, homes)
        demo.good("PUT", "/v1/models/rules/loan-credit", example("loan-credit.yaml"), forms.YAML)
        demo.good("POST", "/v1/models/rules/loan-credit/publish")
        demo.release(example("loan.yaml"), "loan")
        question = {"amount": "12000.00", "termMonths": 12, "monthlyIncome": "6000.00", "otherIncome": "0.00",
                    "monthlyExpenses": "2000.00"}
        answer = demo.good("POST", "/v1/rules/loan-credit/evaluate", {"input": question})
        self.assertEqual({"grade": "A", "share": 0.25}, answer["output"])
        made = demo.good("POST", "/v1/forms/loan/records", forms.loan(1), status=201)
        self.assertEqual("1060.00", made["doc"]["monthlyPayment"])  # computed by the form
        self.assertEqual("A", made["rules"]["loan-credit"]["grade"])  # asked of the other cell
        self.assertEqual(made, demo.good("GET", "/v1/forms/loan/records/" + made["id"]))
        self.assertNotIn("the sandbox refused", kernel.log_text())
        self.assertEqual([0, 0], [self.generation(kernel, name)["crashes"] for name in ("rules", "forms")])

    def test_what_cannot_be_in_a_cell_is_refused_with_the_reason(self):
        kernel = self.start()
        with self.assertRaises(Refused) as refused:
            kernel.command("plugin", "move", "gateway", "--home", "cell")
        self.assertIn("it serves listener 'http'", str(refused.exception))
        with self.assertRaises(Refused) as refused:
            kernel.command("plugin", "move", "storage-rocksdb", "--home", "cell")
        self.assertIn("its resident handle 'rocksdb' is a pointer of the kernel's process", str(refused.exception))
        self.assertEqual(self.generation(kernel, "storage-rocksdb")["home"], "kernel")
        self.assertEqual(kernel.request("POST", "/v1/notes", {"title": "still here"})[0], 201)

    def test_load_uses_the_manifests_home(self):
        kernel = self.kernel(plugins=("storage-rocksdb", "gateway")).start()
        kernel.command("plugin", "load", plugin("hello"))
        self.assertEqual(self.generation(kernel, "hello")["home"], "cell")
        self.assertEqual(kernel.request("GET", "/v1/hello/ann")[0], 200)


if __name__ == "__main__":
    main()
