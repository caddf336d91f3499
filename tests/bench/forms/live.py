"""A model that changes under load: the tenant `demo` has 1,000 forms. One of them is read open loop at RATE and, beside that, judges a
record CHECKS times a second with `:validate`, whose answer names the version that gave it; the same form of `quiet`, a tenant in
which nothing is ever published, is read at CHECKS a second. First all is left alone, then PUBLISHES a second go, every other one
through the form under load, the others in turn through the forms of OTHERS further tenants. Prints everybody's p99 with and
without, errors, answers older than a publish that was acknowledged before they were due, and the time from an acknowledgement to
the first answer that shows it. Settings: FORMS (1000), RATE (10000), CHECKS (200), SECONDS_EACH (8), PUBLISHES (50), OTHERS (8)."""

import bisect
import concurrent.futures
import json
import os
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../system")]
sys.dont_write_bytecode = True
import forms  # noqa: E402
from harness import PinnedKernel  # noqa: E402
from run import open_loop  # noqa: E402

FORMS, RATE = int(os.environ.get("FORMS", "1000")), float(os.environ.get("RATE", "10000"))
CHECKS, OTHERS = float(os.environ.get("CHECKS", "200")), int(os.environ.get("OTHERS", "8"))
SECONDS, PUBLISHES = float(os.environ.get("SECONDS_EACH", "8")), float(os.environ.get("PUBLISHES", "50"))
READ, JUDGED, QUIET = "read", ":validate", "quiet tenant"


def manifest():
    """That of system.forms with a listener for each further tenant."""
    names = ["other%d" % i for i in range(OTHERS)]
    listeners = "".join('  %s: {address: "127.0.0.1:0", tenant: %s, principal: tester}\n' % (name, name) for name in names)
    text = forms.manifest()
    for old, new in (("  ops: {address", listeners + "  ops: {address"), ("listen: [http, quiet,", "listen: [" + ", ".join(["http", "quiet"] + names) + ","),
                     ("tenants: {demo: {}, quiet: {}", "tenants: {" + ", ".join(name + ": {}" for name in ["demo", "quiet"] + names))):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


class Publisher:
    """Publishes on the form under load and, every other time, on the next of the other tenants."""

    def __init__(self, busy, others):
        self.busy, self.others, self.stop = busy, others, threading.Event()
        self.asked, self.acknowledged, self.took, self.effect, self.stale = [], [(0, 1)], [], [], 0  # (ns, mark) of the busy form

    def run(self):
        clients = [forms.Tenant(self.busy)] + [forms.Tenant(port) for port in self.others]
        turn, begun = 0, time.monotonic()
        while not self.stop.is_set():
            client = clients[1 + turn // 2 % len(self.others)] if turn % 2 else clients[0]
            mark = 100 + turn
            client.good("PUT", "/v1/models/forms/marked", forms.marked(mark), forms.YAML)
            asked = time.monotonic_ns()
            if client is clients[0]:
                self.asked.append((asked, mark))
            client.good("POST", "/v1/models/forms/marked/publish")
            done = time.monotonic_ns()
            if client is clients[0]:
                self.acknowledged.append((done, mark))
            shown = client.good("POST", "/v1/forms/marked/records:validate", {"n": 1})["doc"]["mark"]
            self.took.append((done - asked) / 1e6)
            self.effect.append((time.monotonic_ns() - done) / 1e6)
            self.stale += shown != mark
            turn += 1
            time.sleep(max(0.0, begun + turn / PUBLISHES - time.monotonic()))
        for client in clients:
            client.connection.close()

    def wrong(self, answers):
        """How many of (when it was due, mark) are older than what was acknowledged by then, or no mark that was asked for."""
        times = [at for at, _ in self.acknowledged]
        known = {mark for _, mark in self.asked} | {1}
        return sum(mark not in known or mark < self.acknowledged[bisect.bisect_left(times, due) - 1][1] for due, mark in answers)


def load(port, quiet, records, folder, bodies):
    """All three at once: {name: (p50, p99, report)}."""
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        asked = {READ: pool.submit(open_loop, port, records[0], RATE, SECONDS, folder),
                 JUDGED: pool.submit(open_loop, port, "/v1/forms/marked/records:validate", CHECKS, SECONDS, folder, bodies, "0", "mark"),
                 QUIET: pool.submit(open_loop, quiet, records[1], CHECKS, SECONDS, folder)}
        return {name: one.result() for name, one in asked.items()}


def main():
    os.sched_setaffinity(0, {1})  # publisher and clients; the kernel has core 0
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder, PinnedKernel(folder, manifest=manifest()) as kernel:
        listeners = kernel.command("status")["listeners"]
        ports = {name: int(address.rsplit(":", 1)[1]) for name, address in listeners.items()}
        demo, quiet = forms.Tenant(kernel.port), forms.Tenant(ports["quiet"])
        for number in range(FORMS - 1):
            demo.release(forms.marked(number).replace("form: marked", "form: f%d" % number), "f%d" % number)
        others = [ports["other%d" % i] for i in range(OTHERS)]
        for client in [demo, quiet] + [forms.Tenant(port) for port in others]:
            client.release(forms.marked(1))
        records = ["/v1/forms/marked/records/" + client.good("POST", "/v1/forms/marked/records", {"n": 1}, status=201)["id"] for client in (demo, quiet)]
        bodies = os.path.join(folder, "bodies")
        with open(bodies, "w", encoding="ascii") as file:
            file.write('{"n":1}\n')
        alone = load(kernel.port, ports["quiet"], records, folder, bodies)
        publisher = Publisher(kernel.port, others)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            publishing = pool.submit(publisher.run)
            try:
                beside = load(kernel.port, ports["quiet"], records, folder, bodies)
            finally:
                publisher.stop.set()
            publishing.result()
        took, effect = sorted(publisher.took), sorted(publisher.effect)
        for name, rate in ((READ, RATE), (JUDGED, CHECKS), (QUIET, CHECKS)):
            print("forms: %d forms, %s, %.0f/s open loop: p50 %.2f ms, p99 %.2f ms alone; p50 %.2f ms, p99 %.2f ms beside %.1f publishes/s on it and %d "
                  "other tenants; %d failed; kernel on one core, clients and publisher on another" % (
                      FORMS, name, rate, *alone[name][:2], *beside[name][:2], len(took) / SECONDS, OTHERS,
                      alone[name][2]["failed"] + beside[name][2]["failed"]))
        answers = beside[JUDGED][2]["numbers"]
        print("forms: %d of %d answers under load older than what was acknowledged before them" % (publisher.wrong(answers), len(answers)))
        print("forms: publish p50 %.1f ms, p99 %.1f ms; first answer after it p50 %.2f ms, p99 %.2f ms, %d of %d stale (Directus: about 100 ms at 100 requests/s)" % (
            took[len(took) // 2], took[int(len(took) * 0.99)], effect[len(effect) // 2], effect[int(len(effect) * 0.99)], publisher.stale, len(took)))
        print(json.dumps({"memory_mib": round(kernel.usage()["rss"] / 2**20, 1), "forms": FORMS}))


if __name__ == "__main__":
    main()
