"""system.fairness: tenants on one worker get their shares as their clients count them, and a flood moves nobody else.

Server on one core and clients on another where the machine has two; SOCLE_FULL=1 measures for 10 s instead
of 3, latencies for 5 instead of 1."""

import json
import os
import ssl
import subprocess
import time

from harness import BUILD, FULL, RESIDENT, SystemTest, die_with_parent, main, plugin, wait_for

LOAD = os.path.join(BUILD, "tests/system/socle_load")
BUSY = os.path.join(BUILD, "tests/plugins/busy")
MEASURE = 10000 if FULL else 3000  # ms, of shares
LOOK = 5000 if FULL else 1000      # ms, of latencies
# ms until all connections are taken: that is edge tenants' work, of small weight beside tenants that want everything.
WARM = 2000
ERROR = 0.02
CORES = sorted(os.sched_getaffinity(0))
# Microseconds that others may add to a tenant's p99. The full run, on a machine with nothing else to do, holds two slices
# and the 300 us that the machine adds by itself; a short one beside other work sees starvation only.
ADDED = 2 * 200 + 300 if FULL else 20_000
SLICE = 200
STOLEN = 0.003  # of the cores' time, by other machines: a round with more of it is not measured


class Fairness(SystemTest):
    def serve(self, plans, more=None, folder=None, workers=1, home="kernel"):
        """Listeners one a tenant; `plans` is tenant → plan, `more` the entries of further listeners by name; `home` of the
        plugin that works."""
        more = more or {}
        listeners = ['  http: {address: "127.0.0.1:0"}', '  ops: {address: "127.0.0.1:0"}']
        listeners += ['  %s: {address: "127.0.0.1:0", tenant: %s, principal: load}' % (t, t) for t in plans]
        listeners += ['  %s: {%s}' % entry for entry in more.items()]
        manifest = "\n".join(
            ["socle: 1", "data: data", "listeners:"] + listeners + ["resident: " + RESIDENT, "plans:"]
            + ["  %s: {%s}" % (t, plan) for t, plan in plans.items()]
            + ["tenants:"] + ["  %s: {plan: %s}" % (t, t) for t in plans]
            + ["plugins:",
               "  - {path: %s, home: kernel, listen: [http, ops, %s], grants: [ingress, catalog]}" % (
                   plugin("gateway"), ", ".join([*plans, *more])),
               "  - {path: %s, home: %s}" % (BUSY, home)]) + "\n"
        kernel = self.kernel(manifest=manifest, folder=folder)
        kernel.start("--workers", str(workers))
        # The kernel's threads, the workers among them, share one core; the client has the other.
        for task in os.listdir("/proc/%d/task" % kernel.pid):
            os.sched_setaffinity(int(task), {CORES[0]})
        addresses = kernel.command("status")["listeners"]
        self.ports = {name: int(address.rsplit(":", 1)[1]) for name, address in addresses.items()}
        return kernel

    def load(self, *groups, warm=500, measure=LOOK):
        """Runs the load client; its report by group."""
        done = subprocess.run(self.load_words(groups, warm, measure), stdout=subprocess.PIPE, timeout=60, check=True,
                              preexec_fn=self.on_other_core)
        return self.read_reports(done.stdout)

    def load_words(self, groups, warm, measure):
        return [LOAD, str(warm), str(measure)] + [
            "%s,%d,%d,%s,%s,%s" % (name, self.ports[name.split("-")[0]], *rest) for name, *rest in groups]

    def on_other_core(self):
        die_with_parent()
        os.sched_setaffinity(0, {CORES[-1]})

    @staticmethod
    def read_reports(out):
        lines = [json.loads(line) for line in out.decode().splitlines()]
        return {line["group"]: line for line in lines}

    def quiet_p99(self, light):
        quiet = min(self.load(light)["light"]["p99"] for _ in range(2))
        if quiet > 2000:
            self.skipTest("this machine is too busy to see slices: a tenant that is alone has a p99 of %.0f us" % quiet)
        return quiet

    def check_shares(self, weights, connections):
        depth = max(8, 512 // connections)  # so much that a client which has to wait for its core does not run dry
        report = self.load(*[(t, connections, "/v1/burn/100000", "closed", depth) for t in weights], warm=WARM,
                           measure=MEASURE)
        total = sum(r["completed"] for r in report.values())
        for tenant, weight in weights.items():
            self.assertEqual(report[tenant]["other"], 0)
            wanted = weight / sum(weights.values())
            got = report[tenant]["completed"] / total
            print("%d connections: %s %.4f of %d, wanted %.4f, off by %.2f %%" % (
                connections, tenant, got, total, wanted, 100 * (got / wanted - 1)))
            # A short run counts what happened to be under way at its edges; the full one is held to the plain bound.
            edges = 0 if FULL else depth * connections / report[tenant]["completed"]
            self.assertLess(abs(got / wanted - 1), ERROR + edges)

    def test_weights_1_2_4_hold_with_1_2_and_64_connections(self):
        weights = {"one": 1, "two": 2, "four": 4}
        self.serve({t: "weight: %d" % w for t, w in weights.items()})
        for connections in (1, 2, 64):
            self.check_shares(weights, connections)

    def test_weights_hold_for_the_node_whichever_workers_a_tenant_is_on(self):
        # Two workers, and a tenant that is on both beside one that is on one of them: by worker it would get three times
        # as much.
        self.serve({"narrow": "weight: 1", "wide": "weight: 1"}, workers=2)
        report = self.load(("narrow", 1, "/v1/burn/100000", "closed", 256), ("wide", 3, "/v1/burn/100000", "closed", 256),
                           warm=WARM, measure=MEASURE)
        ratio = report["wide"]["completed"] / report["narrow"]["completed"]
        print("two workers: a tenant on both got %.3f of what one on one of them got" % ratio)
        self.assertLess(abs(ratio - 1), 2 * ERROR if FULL else 0.15)

    def test_a_light_tenants_p99_beside_one_that_offers_fifty_times_its_share(self):
        self.serve({"light": "weight: 1", "other": "weight: 1"})
        light = ("light", 4, "/v1/burn/100000", "open", 400)
        self.quiet_p99(light)
        share = self.load(("other", 4, "/v1/burn/100000", "closed", 8), measure=1000)["other"]["completed"] / 2
        groups = (None, ("other", 8, "/v1/burn/100000", "open", int(share)),
                  ("other", 64, "/v1/burn/100000", "open", int(50 * share)))
        rounds = self.undisturbed(lambda: [self.p99_beside(light, group) for group in groups], 5 if FULL else 3)
        alone, equal, flood = (min(column) for column in zip(*rounds))
        print("light p99: alone %.0f us, beside one that offers its share %.0f us, beside one that offers 50 times that %.0f us: "
              "%.2f times, alone + %.1f slices" % (alone, equal, flood, flood / equal, (flood - alone) / SLICE))
        self.assertLess(flood, 1.2 * equal if FULL else 2 * equal + ADDED)
        self.assertLess(flood, alone + (2 * SLICE if FULL else ADDED))

    def undisturbed(self, measure, count):
        """What `measure` says, `count` times. In the full run only where other machines on this one's host took so little
        time that it cannot be what a p99 shows; skipped when that does not happen."""
        found, shares = [], []
        for _ in range(3 * count if FULL else count):
            begun, before = time.monotonic(), self.stolen()
            value = measure()
            shares.append((self.stolen() - before) / (time.monotonic() - begun) / len(CORES))
            if not FULL or shares[-1] < STOLEN:
                found.append(value)
            if len(found) == count:
                return found
        if not found:
            self.skipTest("other machines took %.1f %% of this one's time at least: no p99 can be measured" % (100 * min(shares)))
        return found

    @staticmethod
    def stolen():
        with open("/proc/stat", encoding="ascii") as file:
            return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")

    def p99_beside(self, light, group):
        """The light client is a process of its own, which the other's gives way to on their core."""
        beside = group and subprocess.Popen(["nice", "-n", "19", *self.load_words((group,), 300, LOOK + 1500)],
                                            stdout=subprocess.DEVNULL, preexec_fn=self.on_other_core)
        try:
            report = self.load(light, warm=500, measure=LOOK)["light"]
        finally:
            if beside:
                beside.wait(60)
        self.assertEqual(0, report["other"])
        return report["p99"]

    def test_work_in_a_cell_is_charged_to_its_tenant_whose_cpu_cap_holds(self):
        kernel = self.serve({"capped": "cpu: 0.2", "free": "weight: 1"}, home="cell")
        before = kernel.command("tenant", "show", "capped")["cpu_seconds"]
        begun = time.monotonic()
        report = self.load(("capped", 2, "/v1/burn/3000000", "closed", 4), warm=500, measure=MEASURE)["capped"]
        took = time.monotonic() - begun
        used = kernel.command("tenant", "show", "capped")["cpu_seconds"] - before
        print("capped at 0.2 cores in a cell: charged %.2f s in %.2f s, %d answers" % (used, took, report["completed"]))
        self.assertEqual(0, report["other"])
        self.assertGreater(used, 0.1 * took)  # else nobody charged it
        self.assertLess(used, 0.3 * took + 0.2)
        self.load(("free", 2, "/v1/burn/3000000", "closed", 4), measure=2000)
        tenants = {t["tenant"]: t for t in kernel.command("top")["tenants"]}
        self.assertGreater(tenants["free"]["cpu_percent"], 20)
        self.assertGreater(tenants["free"]["cpu_seconds"], 0.5)
        self.assertEqual("busy", tenants["free"]["plugins"][0]["plugin"])

    def test_a_flood_without_identity_moves_a_tenants_p99_by_two_slices_at_most(self):
        self.serve({"light": "weight: 1"}, more=self.tls_listeners("ec"))
        light = ("light", 4, "/v1/burn/20000", "open", 500)
        quiet = self.quiet_p99(light)
        request, hello = self.write("request", b"GET /v1/burn/1 HTTP/1.1\r\nHost: t\r\n\r\n"), self.hello()
        for what, flood in (("bad connections from 1 address", ("http-flood", 1, "-", "garbage", 3000)),
                            ("bad connections from 1,000 addresses", ("http-flood", 1000, "-", "garbage", 3000)),
                            ("requests from 1,000 addresses", ("http-flood", 1000, request, "garbage", 3000)),
                            ("TLS hellos from 1,000 addresses", ("ec-flood", 1000, hello, "garbage", 3000))):
            beside = [self.load(light, flood) for _ in range(2)]
            flooded = min(r["light"]["p99"] for r in beside)
            sent = beside[0][flood[0]]["completed"]
            print("p99 alone %.0f us, beside %d %s %.0f us" % (quiet, sent, what, flooded))
            self.assertGreater(sent, 100)
            self.assertEqual(0, beside[0]["light"]["other"])
            self.assertLess(flooded, quiet + ADDED, what)

    def tls_listeners(self, *names):
        kinds = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}
        for name in names:
            subprocess.run(["openssl", "req", "-x509", "-newkey", *kinds[name], "-nodes", "-days", "2", "-subj", "/CN=t", "-keyout",
                            os.path.join(self.folder, name + ".key"), "-out", os.path.join(self.folder, name + ".pem")],
                           check=True, capture_output=True, timeout=30)
        return {name: 'address: "127.0.0.1:0", tls: {certificate: %s.pem, key: %s.key}, connections: 20000, '
                      'connections_per_peer: 20000' % (name, name) for name in names}

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

    def test_long_work_in_slices_does_not_hold_the_worker(self):
        self.serve({"light": "weight: 1", "long": "weight: 1"})
        light = ("light", 2, "/v1/burn/20000", "open", 300)
        quiet = self.quiet_p99(light)
        beside = min(self.load(light, ("long", 2, "/v1/slices/100000", "closed", 1))["light"]["p99"] for _ in range(2))
        print("p99 alone %.0f us, beside work of a second each, in slices %.0f us" % (quiet, beside))
        self.assertLess(beside, quiet + ADDED)

    def test_rate_and_overload_are_refused_with_the_time_to_come_again(self):
        kernel = self.serve({"few": "rate: 2, burst: 3", "narrow": "in_flight: 1, queue: 1"})
        answers = [kernel.request("GET", "/v1/burn/10", port=self.ports["few"]) for _ in range(5)]
        self.assertEqual([a[0] for a in answers], [200, 200, 200, 429, 429])
        self.assertEqual(answers[3][1]["retry-after"], "1")
        self.assertEqual(json.loads(answers[3][2])["code"], "rate_limited")
        held = []
        for _ in range(2):
            s = self.socket(self.ports["narrow"])
            s.sendall(b"GET /v1/hold/10/2000 HTTP/1.1\r\nHost: t\r\n\r\n")
            held.append(s)
        wait_for("one request in work and one waiting", 5, lambda: self.waiting(kernel, "narrow") == (1, 1))
        status, headers, body = kernel.request("GET", "/v1/burn/10", port=self.ports["narrow"])
        self.assertEqual(status, 503)
        self.assertIn("retry-after", headers)
        self.assertEqual(json.loads(body)["code"], "overloaded")
        for s in held:
            self.assertTrue(s.recv(65536).startswith(b"HTTP/1.1 200 "))

    def check_memory_budget(self, home):
        kernel = self.serve({"small": "memory: 1MiB", "other": "weight: 1"}, home=home)
        status, _, _ = kernel.request("GET", "/v1/hold/100000/0", port=self.ports["small"])
        self.assertEqual(status, 200)
        status, _, body = kernel.request("GET", "/v1/hold/4000000/0", port=self.ports["small"])
        self.assertEqual(status, 429)
        problem = json.loads(body)
        self.assertEqual((problem["code"], problem["detail"]), ("exhausted", "the memory budget is used up"))
        status, _, _ = kernel.request("GET", "/v1/hold/4000000/0", port=self.ports["other"])
        self.assertEqual(status, 200)

    def test_memory_over_the_budget_is_an_error_and_nobody_elses(self):
        self.check_memory_budget("kernel")

    def test_memory_over_the_budget_is_the_same_error_in_a_cell(self):
        self.check_memory_budget("cell")

    def test_memory_pressure_leaves_a_tenant_fewer_calls_at_once_and_nobody_else(self):
        kernel = self.serve({"full": "memory: 10MiB, in_flight: 8, queue: 0", "other": "in_flight: 8, queue: 0"})
        # A call may hold a quarter of the memory; three that do are over 70 % of it, which leaves two of eight places.
        for tenant, size, room in (("full", 100, True), ("full", 2_500_000, False), ("other", 2_500_000, True)):
            held = []
            for count in range(3):
                held.append(self.socket(self.ports[tenant]))
                held[-1].sendall(b"GET /v1/hold/%d/3000 HTTP/1.1\r\nHost: t\r\n\r\n" % size)
                wait_for("it is held", 5, lambda n=count + 1: self.waiting(kernel, tenant)[0] == n)
            status, headers, body = kernel.request("GET", "/v1/hold/10/1", port=self.ports[tenant])
            self.assertEqual(200 if room else 503, status, (tenant, size, body))
            if not room:
                self.assertEqual("overloaded", json.loads(body)["code"])
                self.assertIn("retry-after", headers)
            for s in held:
                self.assertTrue(s.recv(65536).startswith(b"HTTP/1.1 200 "))
            wait_for("it is over", 5, lambda: self.waiting(kernel, tenant)[0] == 0)
        self.assertEqual(200, kernel.request("GET", "/v1/hold/10/1", port=self.ports["full"])[0])

    def test_a_worker_that_is_held_is_named_with_tenant_plugin_and_method(self):
        kernel = self.serve({"greedy": "weight: 1"})
        s = self.socket(self.ports["greedy"])
        s.sendall(b"GET /v1/burn/3000000000 HTTP/1.1\r\nHost: t\r\n\r\n")  # seconds, in one piece
        wait_for("the log names the stall", 10, lambda: "a worker is stuck in plugin code" in kernel.log_text())
        line = [text for text in kernel.log_text().splitlines() if "a worker is stuck" in text][0]
        for part in ("greedy", "busy", "busy/1.burn"):
            self.assertIn(part, line)

    def test_top_shows_tenants_by_plugin(self):
        kernel = self.serve({"heavy": "weight: 1"})
        self.load(("heavy", 2, "/v1/burn/100000", "closed", 4), measure=2000)
        tenants = {t["tenant"]: t for t in kernel.command("top")["tenants"]}
        self.assertGreater(tenants["heavy"]["cpu_percent"], 20)
        self.assertEqual(tenants["heavy"]["plugins"][0]["plugin"], "busy")
        self.assertGreater(tenants["heavy"]["p99_us"], 0)
        _, _, metrics = kernel.request("GET", "/metrics", port=self.ports["ops"])
        self.assertIn('socle_tenant_cpu_seconds_total{tenant="heavy"}', metrics)

    def socket(self, port):
        import socket
        s = socket.create_connection(("127.0.0.1", port), 20)
        self.addCleanup(s.close)
        return s

    def waiting(self, kernel, tenant):
        shown = kernel.command("tenant", "show", tenant)
        return shown.get("in_flight"), shown.get("queued")


if __name__ == "__main__":
    main()
