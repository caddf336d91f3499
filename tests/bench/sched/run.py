"""The part of tests/bench/sched/run.sh that runs kernels: CASES (all) of shares, light, flood, overhead; SECONDS_EACH (5).

One worker on one core with all other threads of the kernel, the load client on another."""

import os
import ssl
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))

import harness  # noqa: E402
from fairness import Fairness  # noqa: E402

SECONDS = float(os.environ.get("SECONDS_EACH", "5"))
CASES = os.environ.get("CASES", "shares light flood overhead").split()
LIGHT_RATE = 400  # of requests of some 100 µs: 4 % of a core
WORK = "/v1/burn/100000"
SLICE = 200


def spread(values):
    return "%.0f (%.0f to %.0f)" % (statistics.median(values), min(values), max(values))


class Bench(Fairness):
    def p99(self, light, *others, rounds=3):
        """Its p99s, µs, and what was counted of the first of the others in the last round."""
        reports = [self.load(light, *others, measure=int(SECONDS * 1000)) for _ in range(rounds)]
        return [r["light"]["p99"] for r in reports], reports[-1].get(others[0][0]) if others else None

    def shares(self):
        weights = {"one": 1, "two": 2, "four": 4}
        kernel = self.serve({t: "weight: %d" % w for t, w in weights.items()})
        for connections in (1, 2, 64):
            depth = max(2, 32 // connections)
            report = self.load(*[(t, connections, WORK, "closed", depth) for t in weights],
                               measure=int(SECONDS * 2000))
            total = sum(r["completed"] for r in report.values())
            wrong = {t: 100 * (report[t]["completed"] / total / (w / 7) - 1) for t, w in weights.items()}
            assert not any(r["other"] for r in report.values()), report
            print("sched.shares: weights 1, 2, 4, %d connections each: off by %s %% (aim 2 %%) of %d requests; %.0f s" % (
                connections, ", ".join("%+.2f" % w for w in wrong.values()), total, SECONDS * 2), flush=True)
        self.end(kernel)

    def light(self):
        kernel = self.serve({"light": "weight: 1", "other": "weight: 1"})
        capacity = self.load(("other", 4, WORK, "closed", 8))["other"]["completed"] * 1000 / 3000
        light = ("light", 4, WORK, "open", LIGHT_RATE)
        share = capacity / 2
        alone, _ = self.p99(light)
        equal, counted = self.p99(light, ("other", 8, WORK, "open", int(share)))
        taken = counted["offered"] / SECONDS / share
        flood, counted = self.p99(light, ("other", 64, WORK, "open", int(50 * share)))
        offered = counted["offered"] / SECONDS / share
        ratio = statistics.median(flood) / statistics.median(equal)
        added = (statistics.median(flood) - statistics.median(alone)) / SLICE
        print("sched.light_p99: alone %s us; beside one that offers %.2f x its share of %d/s %s us; beside one that offers "
              "%.0f x %s us: %.2f x (aim 1.2), alone + %.1f slices (aim 2); median of 3 x %.0f s, light at %d/s" % (
                  spread(alone), taken, share, spread(equal), offered, spread(flood), ratio, added, SECONDS, LIGHT_RATE),
              flush=True)
        self.end(kernel)

    def hello(self):
        """A file with the first flight of a TLS client: what costs its sender nothing and a server a key exchange."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            context.wrap_bio(incoming, outgoing).do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.write("hello.bin", outgoing.read())

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def flood(self):
        listeners = {}
        for name, kind in (("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]), ("rsa", ["rsa:2048"])):
            subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-subj", "/CN=t", "-keyout",
                            os.path.join(self.folder, name + ".key"), "-out", os.path.join(self.folder, name + ".pem")],
                           check=True, capture_output=True, timeout=30)
            listeners[name] = ('address: "127.0.0.1:0", tls: {certificate: %s.pem, key: %s.key}, connections: 20000, '
                               'connections_per_peer: 20000' % (name, name))
        kernel = self.serve({"light": "weight: 1"}, more=listeners)
        light = ("light", 4, WORK, "open", LIGHT_RATE)
        alone, _ = self.p99(light)
        quiet = statistics.median(alone)
        print("sched.flood: p99 alone %s us; median of 3 x %.0f s, light at %d/s" % (spread(alone), SECONDS, LIGHT_RATE),
              flush=True)
        request = self.write("request", b"GET /v1/burn/1 HTTP/1.1\r\nHost: t\r\n\r\n")
        hello = self.hello()
        for what, group in (
                ("requests without identity, as many as are taken", ("http", 64, "/v1/burn/1", "closed", 16)),
                ("requests without identity, 3,000 connects/s", ("http", 0, request, "garbage", 3000)),
                ("requests without identity, 3,000 connects/s from 1,000 addresses", ("http", 1000, request, "garbage", 3000)),
                ("malformed requests, 3,000 connects/s", ("http", 0, "-", "garbage", 3000)),
                ("TLS client hellos, EC key, 3,000 connects/s", ("ec", 0, hello, "garbage", 3000)),
                ("TLS client hellos, EC key, 3,000 connects/s from 1,000 addresses", ("ec", 1000, hello, "garbage", 3000)),
                ("TLS client hellos, RSA key, 3,000 connects/s", ("rsa", 0, hello, "garbage", 3000))):
            beside, counted = self.p99(light, group)
            print("sched.flood: beside %s: p99 %s us, alone + %.1f slices (aim 2); last round %d of them, %d refused" % (
                what, spread(beside), (statistics.median(beside) - quiet) / SLICE, counted["completed"], counted["other"]),
                  flush=True)
        self.end(kernel)

    def overhead(self):
        """CPU of the kernel's process a request, with the scheduler and with tests/bench/sched/unscheduled."""
        binaries = {"with": harness.SOCLE, "without": os.path.join(harness.BUILD, "tests/bench/sched/socle_unscheduled")}
        for tenants, connections in ((1, 64), (16, 4)):
            names = ["t%d" % i for i in range(tenants)]
            kernels, ports, cost = {}, {}, {"with": [], "without": []}
            for kind, harness.SOCLE in binaries.items():
                kernels[kind] = self.serve({t: "weight: 1" for t in names}, folder=kind)
                ports[kind] = self.ports
            for turn in range(2 * 9 + 2):
                kind = ("with", "without")[(turn + turn // 2) % 2]  # ABBA
                self.ports = ports[kind]
                before = self.used(kernels[kind])
                report = self.load(*[(t, connections, "/v1/burn/1", "closed", 1) for t in names], warm=0, measure=1000)
                if turn >= 2:
                    cost[kind].append((self.used(kernels[kind]) - before) / sum(r["completed"] for r in report.values()))
            on, off = statistics.median(cost["with"]), statistics.median(cost["without"])
            print("sched.overhead: %d tenants x %d connections: %.2f us CPU a request with the scheduler, %.2f us without: "
                  "%+.1f %% (aim 3); medians of 9 x 1 s, in turns" % (tenants, connections, on, off, 100 * (on / off - 1)),
                  flush=True)
            for kernel in kernels.values():
                self.end(kernel)

    @staticmethod
    def used(kernel):
        """CPU µs of all threads of the kernel's process."""
        total = 0
        for task in os.listdir("/proc/%d/task" % kernel.pid):
            with open("/proc/%d/task/%s/schedstat" % (kernel.pid, task), encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1000

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
