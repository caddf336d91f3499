"""stall.py: what a swap costs those who are served meanwhile: hello is asked open-loop at a constant rate, first left
alone, then while plugins are swapped. Server (one worker) on core 0, client and swaps on core 1. The stall is the p99 of
requests due in the 50 ms around a flip, minus the p99 without swaps. Settings: RATE (2000), SECONDS_EACH (8), PAUSE_MS (250).
One line for each plugin that is swapped."""

import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))
from harness import BUILD, PinnedKernel, copy_plugin, die_with_parent, plugin  # noqa: E402

RATE = float(os.environ.get("RATE", "2000"))
SECONDS = float(os.environ.get("SECONDS_EACH", "8"))
PAUSE = float(os.environ.get("PAUSE_MS", "250")) / 1e3
CONNECTIONS = 16
AROUND = 25_000_000  # nanoseconds before and after a flip
CLIENT = os.path.join(BUILD, "tests/bench/system/open_loop")


def p(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] / 1e3


def run(kernel, path, swap):
    """Samples (due, took) of one phase, and the moments of its flips."""
    samples = os.path.join(kernel.folder, "samples")
    client = subprocess.Popen(["taskset", "-c", "1", CLIENT, str(kernel.port), path, str(RATE), str(SECONDS),
                               str(CONNECTIONS), samples], stdout=subprocess.PIPE, preexec_fn=die_with_parent)
    flips, turn = [], 0
    while not select.select([client.stdout], [], [], PAUSE)[0]:
        if swap is None:
            continue
        begun = time.monotonic_ns()
        report = kernel.command("plugin", "swap", swap[0], swap[1 + turn % 2])
        flips.append(begun + int((report["load_ms"] + report["flip_ms"]) * 1e6))
        turn += 1
    report = json.loads(client.stdout.read())
    client.wait()
    if report["failed"] or report["sent"] != report["answered"]:
        raise SystemExit("requests were lost: %s" % report)
    with open(samples, "rb") as file:
        return list(struct.iter_unpack("=QQ", file.read())), flips, report


def main():
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as folder, PinnedKernel(folder) as kernel:
        run(kernel, "/v1/hello/Ada", None)  # warm-up
        for name, path in (("hello", "/v1/hello/Ada"), ("gateway", "/v1/hello/Ada"), ("notes", "/v1/hello/Ada")):
            versions = (name, copy_plugin(folder, name), plugin(name))
            alone, _, quiet = run(kernel, path, None)
            beside, flips, busy = run(kernel, path, versions)
            near = [took for due, took in beside if any(abs(due - flip) <= AROUND for flip in flips)]
            took = [took for _, took in alone]
            print("swap stall, %s swapped: %.0f us (p99 %.0f us in 50 ms around a flip, %.0f us without swaps; p50 %.0f, %.0f; max %.0f, %.0f); "
                  "%d swaps, %d requests near flips, 0 failed; open loop %.0f requests/s for %.0f s each, client behind by %d, %d us at most" % (
                      name, p(near, 0.99) - p(took, 0.99), p(near, 0.99), p(took, 0.99), p(near, 0.5), p(took, 0.5),
                      max(near) / 1e3, max(took) / 1e3, len(flips), len(near), RATE, SECONDS, busy["behind_us"], quiet["behind_us"]))


if __name__ == "__main__":
    main()
