"""The part of tests/bench/sched/run.sh that runs kernels: CASES (all) of shares, light, flood, overhead; ROUNDS (5) of SECONDS_EACH (2)
for a p99, SHARE_MS (10000) for shares; KERNELS (16) pairs for overhead; AGAIN (40): rounds in which other processes used the
machine are measured again, at most so often, but for overhead. To be run as root: it sets priorities.

One worker on one core with all other threads of the kernel, the load client on another."""

import contextlib
import os
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))

import harness  # noqa: E402
from fairness import WARM  # noqa: E402
from latency import Latency  # noqa: E402

SECONDS = float(os.environ.get("SECONDS_EACH", "2"))
SHARE_MS = int(os.environ.get("SHARE_MS", "10000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
KERNELS = int(os.environ.get("KERNELS", "16"))
CASES = os.environ.get("CASES", "shares light flood overhead").split()
LIGHT_RATE = 400  # of requests of some 100 µs: 4 % of a core
WORK = "/v1/burn/100000"
SLICE = 200
AGAIN = int(os.environ.get("AGAIN", "40"))
OTHERS = 0.03  # of the machine: what other processes may use of it, which measuring by ticks cannot tell from nothing


def spread(values):
    return "%.0f (%.0f to %.0f)" % (statistics.median(values), min(values), max(values))


class Others:
    """What the rest of the machine does while a round is measured; `kernels` are the benchmark's own."""

    def __init__(self):
        self.disturbed = 0  # rounds that were measured again

    def quiet(self, kernels, measure):
        """What measure() returns, of the first time that nobody else used the machine, or of the last that is tried."""
        while True:
            begun = self.look(kernels)
            found = measure()
            wall, others = (after - before for after, before in zip(self.look(kernels), begun))
            if others < OTHERS * wall * os.cpu_count() or self.disturbed >= AGAIN:
                return found
            self.disturbed += 1

    @staticmethod
    def look(kernels):
        """Now, and the seconds that others have had; stolen ones are another machine's."""
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, _, _, stolen = (int(x) for x in file.readline().split()[1:9])
        mine = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        mine += sum(Bench.used(k) for k in kernels) / 1e6
        return time.monotonic(), (user + nice + system + stolen) / os.sysconf("SC_CLK_TCK") - mine

    def said(self):
        return "; %d disturbed rounds measured again" % self.disturbed + (
            ", and others left in" if self.disturbed >= AGAIN else "")


class Bench(Latency):
    def setUp(self):
        super().setUp()
        self.others = Others()

    def p99(self, kernel, light, *groups):
        """p99s of `light` in µs, a list for alone and for each of the groups, and what was counted of each group last.

        A round of each in turn, so that all meet the machine's same moods. The light client is a process of its own, which
        the others' does not delay; both and the kernel go before whatever else runs on the machine."""
        found, counted = [[] for _ in range(len(groups) + 1)], [None] * len(groups)
        for _ in range(ROUNDS):
            for i, group in enumerate((None, *groups)):
                p99, count = self.others.quiet([kernel], lambda g=group: self.round(light, g))
                found[i].append(p99)
                if group:
                    counted[i - 1] = count
        return found, counted

    def round(self, light, group):
        beside = self.start_load((group,), 300, SECONDS + 0.7, priority=10) if group else None
        p99 = self.reports(self.start_load((light,), 500, SECONDS, fifo=True))["light"]["p99"]
        return p99, self.reports(beside)[group[0]] if group else None

    def start_load(self, groups, warm, seconds, **how):
        words = self.load_words(groups, warm, int(seconds * 1000))
        return subprocess.Popen(words, stdout=subprocess.PIPE, preexec_fn=lambda: self.on_other_core(**how))

    def on_other_core(self, priority=None, fifo=False):
        super().on_other_core()
        if fifo:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        elif priority:
            os.setpriority(os.PRIO_PROCESS, 0, -priority)

    def reports(self, process):
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, "the load client failed"
        return self.read_reports(out)

    def serve(self, *args, **options):
        kernel = super().serve(*args, **options)
        for task in os.listdir("/proc/%d/task" % kernel.pid):
            with contextlib.suppress(ProcessLookupError):  # it has ended
                was = os.getpriority(os.PRIO_PROCESS, int(task))
                os.setpriority(os.PRIO_PROCESS, int(task), was - 10)  # before other processes; among each other as chosen
        return kernel

    def shares(self):
        weights = {"one": 1, "two": 2, "four": 4}
        kernel = self.serve({t: "weight: %d" % w for t, w in weights.items()})
        for connections in (1, 2, 64):
            depth = max(8, 512 // connections)
            report = self.load(*[(t, connections, WORK, "closed", depth) for t in weights], warm=WARM,
                               measure=SHARE_MS)
            total = sum(r["completed"] for r in report.values())
            wrong = {t: 100 * (report[t]["completed"] / total / (w / 7) - 1) for t, w in weights.items()}
            assert not any(r["other"] for r in report.values()), report
            print("sched.shares: weights 1, 2, 4, %d connections each: off by %s %% (aim 2 %%) of %d requests; %.0f s" % (
                connections, ", ".join("%+.2f" % w for w in wrong.values()), total, SHARE_MS / 1000), flush=True)
        self.end(kernel)

    def light(self):
        kernel = self.serve({"light": "weight: 1", "other": "weight: 1"})
        capacity = self.load(("other", 4, WORK, "closed", 8), measure=2000)["other"]["completed"] / 2
        share = capacity / 2
        light = ("light", 4, WORK, "open", LIGHT_RATE)
        (alone, equal, flood), counted = self.p99(kernel, light, ("other", 8, WORK, "open", int(share)),
                                                  ("other", 64, WORK, "open", int(50 * share)))
        for name, of in (("median", statistics.median), ("lowest", min)):
            print("sched.light_p99, %s of %d rounds: alone %.0f us; beside one that offers its share of %d/s %.0f us; beside one "
                  "that offers %.0f x its share %.0f us: %.2f x (aim 1.2), alone + %.1f slices (aim 2); rounds of %.0f s, in "
                  "turns, light at %d/s%s" % (
                      name, ROUNDS, of(alone), share, of(equal), counted[1]["offered"] / (SECONDS + 0.7) / share, of(flood),
                      of(flood) / of(equal), (of(flood) - of(alone)) / SLICE, SECONDS, LIGHT_RATE, self.others.said()), flush=True)
        self.end(kernel)

    def flood(self):
        kernel = self.serve({"light": "weight: 1"}, more=self.tls_listeners("ec", "rsa"))
        light = ("light", 4, WORK, "open", LIGHT_RATE)
        request = self.write("request", b"GET /v1/burn/1 HTTP/1.1\r\nHost: t\r\n\r\n")
        hello = self.hello()
        floods = (
            ("requests without identity, as many as are taken", ("http", 64, "/v1/burn/1", "closed", 16)),
            ("requests without identity, 3,000 connects/s", ("http", 1, request, "garbage", 3000)),
            ("requests without identity, 3,000 connects/s from 1,000 addresses", ("http", 1000, request, "garbage", 3000)),
            ("malformed requests, 3,000 connects/s", ("http", 1, "-", "garbage", 3000)),
            ("TLS client hellos, EC key, 3,000 connects/s", ("ec", 1, hello, "garbage", 3000)),
            ("TLS client hellos, EC key, 3,000 connects/s from 1,000 addresses", ("ec", 1000, hello, "garbage", 3000)),
            ("TLS client hellos, RSA key, 3,000 connects/s", ("rsa", 1, hello, "garbage", 3000)),
            ("TLS client hellos, RSA key, 3,000 connects/s from 1,000 addresses", ("rsa", 1000, hello, "garbage", 3000)))
        (alone, *beside), counted = self.p99(kernel, light, *(group for _, group in floods))
        print("sched.flood: p99 alone %s us; median (lowest to highest) of %d rounds of %.0f s, in turns, light at %d/s%s" % (
            spread(alone), ROUNDS, SECONDS, LIGHT_RATE, self.others.said()))
        for (what, _), found, last in zip(floods, beside, counted):
            print("sched.flood: beside %s: p99 %s us, alone + %.1f slices (aim 2; lowest: %.1f); %d in the last round" % (
                what, spread(found), (statistics.median(found) - statistics.median(alone)) / SLICE,
                (min(found) - min(alone)) / SLICE, last["completed"]), flush=True)
        self.end(kernel)

    def overhead(self):
        """CPU of the kernel's process a request, with the scheduler and with tests/bench/sched/unscheduled: KERNELS pairs
        of fresh kernels, as where a process lies in memory matters, which take turns of 0.3 s, as the machine's moods do."""
        binaries = {"with": harness.SOCLE, "without": os.path.join(harness.BUILD, "tests/bench/sched/socle_unscheduled")}
        for tenants, connections in ((1, 64), (16, 4)):
            names = ["t%d" % i for i in range(tenants)]
            costs = {"with": [], "without": []}
            for pair in range(KERNELS):
                kernels, ports, cost = {}, {}, {"with": [], "without": []}
                for kind in ("with", "without") if pair % 2 else ("without", "with"):
                    harness.SOCLE = binaries[kind]
                    kernels[kind] = self.serve({t: "weight: 1" for t in names}, folder="%s%d" % (kind, pair))
                    ports[kind] = self.ports
                for turn in range(2 * 12 + 2):
                    kind = ("with", "without")[(turn + turn // 2) % 2]  # ABBA
                    self.ports = ports[kind]
                    used = self.cpu_a_request(kernels[kind], names, connections)
                    if turn >= 2:
                        cost[kind].append(used)
                for kind, kernel in kernels.items():
                    costs[kind].append(statistics.mean(cost[kind]))
                    self.end(kernel)
            ratios = [100 * (on / off - 1) for on, off in zip(costs["with"], costs["without"])]
            error = statistics.stdev(ratios) / len(ratios) ** 0.5
            print("sched.overhead: %d tenants x %d connections: %.2f us CPU a request with the scheduler, %.2f us without: "
                  "%+.1f %% +/- %.1f (aim 3); mean and standard error of %d pairs of kernels, %+.1f to %+.1f, 12 x 0.3 s each" % (
                      tenants, connections, statistics.mean(costs["with"]), statistics.mean(costs["without"]),
                      statistics.mean(ratios), error, KERNELS, min(ratios), max(ratios)), flush=True)

    def cpu_a_request(self, kernel, tenants, connections):
        before = self.used(kernel)
        report = self.load(*[(t, connections, "/v1/burn/1", "closed", 1) for t in tenants], warm=0, measure=300)
        return (self.used(kernel) - before) / sum(r["completed"] for r in report.values())

    @staticmethod
    def used(kernel):
        """CPU µs of the kernel's process, of threads that have ended too: clock_getcpuclockid(3) in Python."""
        return time.clock_gettime_ns(~kernel.pid << 3 | 2) / 1000

    @staticmethod
    def end(kernel):
        kernel.terminate()


def main():
    for name in CASES:
        case = Bench()
        case.setUp()
        try:
            getattr(case, name)()
        finally:
            case.doCleanups()


if __name__ == "__main__":
    main()
