"""What the system tests share: a kernel in a temporary folder, its control socket, clients in processes of their own.

Everything started here is ended here, by its own pid; every wait has an end and waits for an event (a line, an exit, an
answer), never for time to pass."""

import ctypes
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = os.environ.get("SOCLE_BUILD") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/release")
BUILD = os.path.realpath(BUILD)
SOCLE = os.path.join(BUILD, "kernel/socle")
TORTURE = os.path.join(BUILD, "tests/system/socle_torture")
FULL = os.environ.get("SOCLE_FULL") == "1"
RESIDENT = "[libsimdjson.so.14, libre2.so.9, libssl.so.3, libcrypto.so.3, librocksdb.so.7.8]"
READY = re.compile(
    r"ready http=(?P<http>127\.0\.0\.1:\d+) ops=(?P<ops>127\.0\.0\.1:\d+) control=(?P<control>/\S+) pid=(?P<pid>\d+) "
    r"plugins=(?P<plugins>\d+) tenants=(?P<tenants>\d+) rss=(?P<rss>\d+) started_in=(?P<started_in>\d+)ms\n")


PATIENCE = 60  # seconds for what must come; nothing that works takes so long, however slow the machine, or its disk
LIBC = ctypes.CDLL(None)


def die_with_parent():
    """Run in a new process: a test that is itself killed (ctest's time-out) leaves nobody behind."""
    pr_set_pdeathsig = 1
    LIBC.prctl(pr_set_pdeathsig, signal.SIGKILL)


def wait_for(what, seconds, condition, pause=0.01):
    """Polls a condition that no event announces; its first true value, or a failure that names it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %s s: %s" % (seconds, what))
        select.select([], [], [], pause)


def crowded():
    """How many times as long everything takes because others use the machine: over the last minute, or right now."""
    looks = []
    for _ in range(20):
        with open("/proc/loadavg", encoding="ascii") as file:
            looks.append(int(file.read().split()[3].split("/")[0]))  # who runs or wants to, this process included
        select.select([], [], [], 0.005)
    return max(1, max(os.getloadavg()[0], sum(looks) / len(looks)) / os.cpu_count())


def at_best(judge, times=3):
    """What `judge` gives the first time that it holds: for what a machine that stands still for a moment spoils once, and a
    fault each time."""
    for _ in range(times - 1):
        try:
            return judge()
        except AssertionError as failure:
            print("again, because: %s" % str(failure)[:300])
    return judge()


def sync_time(folder):
    """Seconds until a few bytes in a file of this folder are on disk: the median of five times."""
    times = []
    path = os.path.join(folder, "sync")
    with open(path, "wb", buffering=0) as file:
        for _ in range(5):
            begun = time.monotonic()
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
            times.append(time.monotonic() - begun)
    os.remove(path)
    return statistics.median(times)


def gave_up(refused):
    """Whether a swap was refused because a busy plugin with `state: exclusive` would have been paused for longer than
    swap.pause: that is its promise, the old generation goes on, and an operator tries again."""
    error = refused.answer.get("error", {})
    return error.get("code") in ("unavailable", "deadline_exceeded") and "(swap.pause)" in error.get("message", "")


def main(argv=None):
    """unittest.main(), which ends with 77 (ctest: skipped) when every case was skipped: nothing was proven."""
    result = unittest.main(module="__main__", argv=argv, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.skipped and len(result.skipped) >= result.testsRun else 0)


def plugin(name):
    return os.path.join(BUILD, "plugins", name)


def copy_plugin(folder, name, replace=(), pad=True):
    """A second version of a built plugin: manifest texts replaced; other library bytes, which the ELF loader ignores."""
    target = os.path.join(folder, name)
    shutil.copytree(plugin(name), target)
    path = os.path.join(target, "manifest.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in tuple(replace) + (("version: 1.0.0", "version: 1.0.1"),):
        if old not in text:
            raise AssertionError("%s does not contain %r" % (path, old))
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    if pad:
        with open(os.path.join(target, "lib%s.so" % name), "ab") as file:
            file.write(b"another content " * 4)
    return target


class Refused(Exception):
    """A control command's answer that is not exit code 0."""

    def __init__(self, code, answer):
        super().__init__("exit code %d: %s" % (code, answer))
        self.code = code
        self.answer = answer


class Kernel:
    """`socle run` on a system manifest of the demo's four plugins, or of what a test makes of it."""

    def __init__(self, folder, plugins=("storage-rocksdb", "gateway", "hello", "notes"), http="", extra="", paths=None,
                 manifest=None, store=None, entries=None, environment=None):
        self.folder = folder
        self.environment = environment
        self.process = None
        self.client_processes = []
        self.file = os.path.join(folder, "system.yaml")
        self.data = os.path.join(folder, "data")
        self.log = os.path.join(folder, "log")
        given = entries or {}
        entries = {"drill": "home: kernel", "storage-rocksdb": "home: kernel", "gateway": "home: kernel, listen: [http, ops], grants: [ingress, catalog]",
                   "hello": "home: kernel", "notes": 'home: kernel, grants: ["call:storage/1"]'}
        entries.update(given)
        if store is not None:
            entries["storage-rocksdb"] += ", config: {directory: %s}" % store
        lines = ["socle: 1", "data: data", "listeners:",
                 '  http: {address: "127.0.0.1:0", tenant: demo, principal: tester%s}' % http,
                 '  ops: {address: "127.0.0.1:0"}', "resident: " + RESIDENT, "plans: {demo: {weight: 1}}",
                 "tenants: {demo: {plan: demo}}"]
        lines += [extra] if extra else []
        lines += ["plugins:"]
        lines += ["  - {path: %s, %s}" % ((paths or {}).get(p, plugin(p)), entries[p]) for p in plugins]
        if manifest is None:
            manifest = "\n".join(lines) + "\n"
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(manifest)

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        for client in self.client_processes:
            client.end()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process is not None:
            self.process.stdout.close()

    def spawn(self, *arguments):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([SOCLE, "run", self.file, *arguments], stdout=subprocess.PIPE, stderr=log,
                                            cwd=self.folder, bufsize=0, preexec_fn=die_with_parent, env=self.environment)
        return self

    def start(self, *arguments, seconds=PATIENCE):
        self.spawn(*arguments)
        return self.await_ready(seconds)

    def await_ready(self, seconds=PATIENCE):
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline().decode() if readable else ""
        self.ready = READY.fullmatch(line)
        if not self.ready:
            raise AssertionError("no ready line but %r; the log ends: %s" % (line, self.log_text()[-2000:]))
        self.port = int(self.ready["http"].rsplit(":", 1)[1])
        self.ops = int(self.ready["ops"].rsplit(":", 1)[1])
        self.control_path = self.ready["control"]
        self.pid = int(self.ready["pid"])
        return self

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        """The supervisor, and with it the kernel, which a next start waits for."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kill_kernel(self, number=signal.SIGKILL):
        """The kernel alone; the next one's pid will be known by await_restart()."""
        os.kill(self.pid, number)

    def await_restart(self, seconds=PATIENCE):
        """Until another kernel than the last one known answers on the control socket, and serves: it does the one a moment
        before the other, and one that is killed between counts as one that never came up."""
        def other():
            try:
                pid = self.command("status")["pid"]
            except (OSError, struct.error, ValueError):
                return None
            return pid if pid != self.pid else None
        self.pid = wait_for("the kernel's restart", seconds, other)
        wait_for("the kernel to serve again", seconds, lambda: self.serves_again(self.pid))
        return self

    def serves_again(self, pid):
        """Whether a kernel that followed another one says so."""
        return any('"the kernel serves again"' in line and '"pid":"%d"' % pid in line for line in self.log_text().splitlines())

    def terminate(self, seconds=60):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def command(self, *words, seconds=120):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(seconds)
            s.connect(self.control_path)
            parts = [w.encode() for w in words]
            s.sendall(struct.pack("<I", len(parts)) + b"".join(struct.pack("<I", len(p)) + p for p in parts))
            answer = b""
            while True:
                piece = s.recv(65536)
                if not piece:
                    break
                answer += piece
        code, size = struct.unpack("<II", answer[:8])
        value = json.loads(answer[8:8 + size])
        if code != 0:
            raise Refused(code, value)
        return value

    def swap(self, name, path, *terms, seconds=PATIENCE):
        """`socle plugin swap`, as an operator does it: again while it gives up for the sake of swap.pause."""
        def swapped():
            try:
                return self.command("plugin", "swap", name, path, *terms)
            except Refused as refused:
                if not gave_up(refused):
                    raise
                return None
        return wait_for("a moment in which '%s' is idle enough to be swapped" % name, seconds, swapped, 0.05)

    def token(self, tenant, seconds=PATIENCE):
        """`socle tenant token`: again while it misses its deadline, for the first one makes the tenant's collections, each of
        which a slow disk keeps for a while."""
        def issued():
            try:
                return self.command("tenant", "token", tenant)["token"]
            except Refused as refused:
                if refused.answer["error"]["code"] != "deadline_exceeded":
                    raise
                return None
        return wait_for("a token of " + tenant, seconds, issued)

    def request(self, method, path, body=None, headers=None, port=None, seconds=PATIENCE):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=seconds)
        try:
            fields = dict(headers or {})
            if body is not None and not isinstance(body, (str, bytes)):
                body = json.dumps(body)
                fields.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            return response.status, dict((k.lower(), v) for k, v in response.getheaders()), response.read().decode()
        finally:
            connection.close()

    def connect(self, seconds=PATIENCE):
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def client(self, mode, connections, name, **options):
        client = Client(self, mode, connections, name, **options)
        self.client_processes.append(client)
        return client

    def usage(self):
        """What the kernel's process holds: bytes resident, descriptors, threads, mapped generation files."""
        base = "/proc/%d/" % self.pid
        with open(base + "statm", encoding="ascii") as file:
            rss = int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        with open(base + "maps", encoding="utf-8") as file:
            maps = file.read().splitlines()
        generations = {line.split()[-1] for line in maps if "/gen/" in line}
        return {"rss": rss, "fds": len(os.listdir(base + "fd")), "threads": len(os.listdir(base + "task")),
                "maps": len(maps), "generations": len(generations)}


class PinnedKernel(Kernel):
    """On core 0, its loading and staging included; clients of a measurement have the others."""

    def spawn(self, *arguments):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["taskset", "-c", "0", SOCLE, "run", self.file, "--workers", "1", *arguments],
                                            stdout=subprocess.PIPE, stderr=log, cwd=self.folder, bufsize=0,
                                            preexec_fn=die_with_parent, env=self.environment)
        return self


class Client:
    """A torture client process; see tests/support/client/torture.cpp."""

    def __init__(self, kernel, mode, connections, name, allow=(), samples=False, log=False, loss=False):
        self.samples = os.path.join(kernel.folder, name + ".samples") if samples else None
        self.log = os.path.join(kernel.folder, name + ".log") if log else None
        words = [TORTURE, mode, str(kernel.port), str(connections), name]
        for text in allow:
            words += ["--allow", text]
        words += ["--samples", self.samples] if samples else []
        words += ["--log", self.log] if log else []
        words += ["--loss"] if loss else []
        self.mode = mode
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                        preexec_fn=die_with_parent)

    def line(self, seconds=PATIENCE):
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        if not readable:
            raise AssertionError("the %s client said nothing for %s s" % (self.mode, seconds))
        return self.process.stdout.readline().decode()

    def until(self, note):
        self.process.stdin.write(b"until %s\n" % note.encode())
        self.process.stdin.flush()

    def report(self, seconds=2 * PATIENCE):
        """Lets it finish what is begun; what it counted."""
        self.process.stdin.close()
        text = self.line(seconds)
        self.process.wait(seconds)
        return json.loads(text)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.stdout.close()


class SystemTest(unittest.TestCase):
    """A test with a temporary folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="socle-system-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def kernel(self, folder=None, **options):
        """In the test's folder, or one below it."""
        path = os.path.join(self.folder, folder) if folder else self.folder
        os.makedirs(path, exist_ok=True)
        kernel = Kernel(path, **options)
        self.addCleanup(kernel.__exit__)
        return kernel
