"""Tenants with a plan each beside a plugin that works, and the load client: what the tests of shares and latencies stand on.

Server on one core and clients on another where the machine has two; SOCLE_FULL=1 measures for 10 s instead
of 3, latencies for 5 instead of 1."""

import json
import os
import resource
import subprocess
import time

from harness import BUILD, FULL, RESIDENT, SystemTest, at_best, die_with_parent, plugin
from supervisor import children

LOAD = os.path.join(BUILD, "tests/system/socle_load")
BUSY = os.path.join(BUILD, "tests/plugins/busy")
MEASURE = 10000 if FULL else 3000  # ms, of shares
LOOK = 5000 if FULL else 1000      # ms, of latencies
CORES = sorted(os.sched_getaffinity(0))
OTHERS = 0.3  # cores that others may take while shares are judged


class TenantsTest(SystemTest):
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

    def judged(self, kernel, judge):
        """`judge`, at best. Where it does not hold, and others take this machine's cores, nothing can be said: skipped."""
        begun, before = time.monotonic(), self.of_others(kernel)
        try:
            return at_best(judge)
        except AssertionError:
            others = (self.of_others(kernel) - before) / (time.monotonic() - begun)
            if others > OTHERS:
                self.skipTest("others took %.1f of this machine's cores, so that no share of them can be judged" % others)
            raise

    @staticmethod
    def of_others(kernel):
        """Seconds of processor time that were neither this test's nor its clients' nor the kernel's and its cells'."""
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, irq, soft, steal = [int(word) for word in file.readline().split()[1:9]]
        busy = user + nice + system + irq + soft + steal
        for pid in children(kernel.pid):
            try:
                with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
                    busy -= sum(int(word) for word in file.read().rsplit(")", 1)[1].split()[11:15])
            except OSError:
                continue
        own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return busy / os.sysconf("SC_CLK_TCK") - sum(each.ru_utime + each.ru_stime for each in own)

    def load(self, *groups, warm=500, measure=LOOK):
        """Runs the load client; its report by group."""
        done = subprocess.run(self.load_words(groups, warm, measure), stdout=subprocess.PIPE, timeout=120, check=True,
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

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def socket(self, port):
        import socket
        s = socket.create_connection(("127.0.0.1", port), 60)
        self.addCleanup(s.close)
        return s

    def waiting(self, kernel, tenant):
        shown = kernel.command("tenant", "show", tenant)
        return shown.get("in_flight"), shown.get("queued")
