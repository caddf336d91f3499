"""What auditing adds to a write: notes created over HTTP one after another and by eight clients, with and without; the
same kernel, storage and gateway. Latency as the client sees it, CPU of the kernel's process a request."""

import http.client
import os
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))
from harness import Kernel  # noqa: E402

REQUESTS = 400
ROUNDS = 5
ENTRIES = {False: {}, True: {"storage-rocksdb": "home: kernel, config: {audit: true}",
                             "audit": 'home: kernel, grants: ["call:storage/1", "act-as:tenants"]'}}


def cpu(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write(port, count, times):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(count):
        begun = time.perf_counter()
        connection.request("POST", "/v1/notes", '{"title": "n%d", "text": "some text"}' % number,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status
        times.append(time.perf_counter() - begun)


def measure(kernel, clients):
    times, before = [], cpu(kernel.pid)
    threads = [threading.Thread(target=write, args=(kernel.port, REQUESTS, times)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.median(times) * 1e6, (cpu(kernel.pid) - before) * 1e6 / len(times)


def main():
    kernels = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for audited in (False, True):
                own = os.path.join(folder, str(audited))
                os.mkdir(own)
                plugins = ("storage-rocksdb", "gateway", "notes") + (("audit",) if audited else ())
                kernels[audited] = Kernel(own, plugins=plugins, entries=ENTRIES[audited]).start()
                write(kernels[audited].port, 50, [])
            for clients in (1, 8):
                results = {False: [], True: []}
                for _ in range(ROUNDS):
                    for audited, kernel in kernels.items():
                        results[audited].append(measure(kernel, clients))
                plain, full = ([statistics.median(each) for each in zip(*results[audited])] for audited in (False, True))
                print("audit_bench write   %d clients, notes over HTTP, synced: p50 %.0f us without, %.0f us with audit (x %.2f);"
                      " CPU %.0f and %.0f us a request" % (clients, plain[0], full[0], full[0] / plain[0], plain[1], full[1]))
            begun = cpu(kernels[True].pid), cpu(kernels[False].pid)
            time.sleep(5)
            ended = cpu(kernels[True].pid), cpu(kernels[False].pid)
            print("audit_bench idle    CPU of an idle kernel: %.2f %% with, %.2f %% without audit" % (
                (ended[0] - begun[0]) * 20, (ended[1] - begun[1]) * 20))
        finally:
            for kernel in kernels.values():
                kernel.__exit__()


main()
