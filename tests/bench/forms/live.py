"""A model that changes under load: 1,000 forms are published, one of them is read open loop at RATE, first left alone, then
while PUBLISHES a second go through it and 49 other tenants' forms. Prints the latency from a publish's acknowledgement to the
first answer that shows it, stale answers, errors, and everybody's p99 with and without. Settings: FORMS (1000), RATE (10000),
SECONDS_EACH (8), PUBLISHES (50)."""

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
from harness import Kernel  # noqa: E402
from run import open_loop  # noqa: E402

FORMS, RATE = int(os.environ.get("FORMS", "1000")), float(os.environ.get("RATE", "10000"))
SECONDS, PUBLISHES = float(os.environ.get("SECONDS_EACH", "8")), float(os.environ.get("PUBLISHES", "50"))


def publish_until(port, quiet, stop, out):
    """Turn by turn on the tenant under load and on another one: (form, took, effect, stale)."""
    clients, turn = (forms.Tenant(port), forms.Tenant(quiet)), 0
    begun = time.monotonic()
    while not stop.is_set():
        client = clients[turn % 2]
        value = 100 + turn
        model = forms.marked(value)
        client.good("PUT", "/v1/models/forms/marked", model, forms.YAML)
        asked = time.monotonic()
        client.good("POST", "/v1/models/forms/marked/publish")
        done = time.monotonic()
        shown = client.good("POST", "/v1/forms/marked/records:validate", {"n": 1})["doc"]["mark"]
        out.append((done - asked, time.monotonic() - done, shown != value))
        turn += 1
        time.sleep(max(0.0, begun + turn / PUBLISHES - time.monotonic()))
    for client in clients:
        client.connection.close()


def main():
    with tempfile.TemporaryDirectory(prefix="socle-bench-") as folder, Kernel(folder, manifest=forms.manifest()) as kernel:
        quiet = int(kernel.command("status")["listeners"]["quiet"].rsplit(":", 1)[1])
        demo = forms.Tenant(kernel.port)
        for number in range(FORMS - 1):
            demo.release(forms.marked(number).replace("form: marked", "form: f%d" % number), "f%d" % number)
        for client in (demo, forms.Tenant(quiet)):
            client.release(forms.marked(1))
        record = demo.good("POST", "/v1/forms/marked/records", {"n": 1}, status=201)["id"]
        path = "/v1/forms/marked/records/" + record
        alone = open_loop(kernel.port, path, RATE, SECONDS, folder)
        stop, seen = threading.Event(), []
        publisher = threading.Thread(target=publish_until, args=(kernel.port, quiet, stop, seen))
        publisher.start()
        beside = open_loop(kernel.port, path, RATE, SECONDS, folder)
        stop.set()
        publisher.join()
        took, effect = (sorted(s[i] for s in seen) for i in (0, 1))
        print("forms: %d forms, %.0f reads/s open loop: p50 %.2f ms, p99 %.2f ms alone; p50 %.2f ms, p99 %.2f ms beside %.1f publishes/s; "
              "%d failed; client, publisher and kernel on %d shared cores" % (FORMS, RATE, alone[0], alone[1], beside[0], beside[1], len(seen) / SECONDS,
                                                                             alone[2]["failed"] + beside[2]["failed"], os.cpu_count()))
        print("forms: publish p50 %.1f ms, p99 %.1f ms; first answer after it p50 %.2f ms, p99 %.2f ms, %d of %d stale (Directus: about 100 ms at 100 requests/s)" % (
            1e3 * took[len(took) // 2], 1e3 * took[int(len(took) * 0.99)], 1e3 * effect[len(effect) // 2], 1e3 * effect[int(len(effect) * 0.99)],
            sum(s[2] for s in seen), len(seen)))
        print(json.dumps({"memory_mib": round(kernel.usage()["rss"] / 2**20, 1), "forms": FORMS}))


if __name__ == "__main__":
    main()
