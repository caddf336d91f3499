"""A kernel for the tests of the command line, in a folder of its own, on free loopback ports, and a test class that has
one."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import types
import unittest
import urllib.request

OPTIONS = types.SimpleNamespace()  # filled by the test program
SYSTEM = """\
socle: 1
data: data
listeners: {http: {address: "127.0.0.1:0"}, ops: {address: "127.0.0.1:0"}}
resident: [librocksdb.so.7.8, libssl.so.3, libcrypto.so.3, libsimdjson.so.14, libre2.so.9, libpcre2-8.so.0,
  libyaml-cpp.so.0.7]
watch: {system: false}
plans: {free: {rate: 100, burst: 200}, paid: {weight: 4, rate: 1000}}
plugins:
  - {path: plugins/gateway, home: kernel, listen: [http, ops], grants: [ingress, catalog]}
  - {path: plugins/storage-rocksdb, home: kernel, config: {audit: true}}
  - {path: plugins/audit, home: kernel, grants: ["call:storage/1", "act-as:tenants"]}
  - {path: plugins/models, home: kernel, grants: ["call:storage/1", "call:models/1", "call:rules/1", "call:forms/1",
      "call:auth/1", "act-as:tenants"]}
  - {path: plugins/models-kind, home: kernel, grants: ["call:models/1"]}
"""
LOAN = "rules: loan\ninput: {type: object}\noutput: %s\n"
# RFC 8037, appendix A.2: the key of the page's token.
RFC_8037_KEY_TEXT = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RFC_8037_KEY = '{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
WITH_HELLO = SYSTEM + "  - {path: plugins/hello, home: kernel, config: {greeting: Moin}}\n"


class Kernel:
    """A folder with system.yaml, next.yaml and plugins/, and a kernel that serves in it."""

    def __init__(self, words=("run", "system.yaml")):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="socle-cli-"))
        try:
            for name in ("gateway", "storage-rocksdb", "audit", "hello", "models", "models-kind"):
                shutil.copytree(pathlib.Path(OPTIONS.plugins) / name, self.folder / "plugins" / name)
            shutil.copytree(self.folder / "plugins/hello", self.folder / "plugins/hello-next")
            following = self.folder / "plugins/hello-next/manifest.yaml"
            following.write_text(following.read_text().replace("version: 1.0.0", "version: 1.1.0"))
            (self.folder / "system.yaml").write_text(SYSTEM)
            (self.folder / "next.yaml").write_text(WITH_HELLO)
            (self.folder / "record.json").write_text('{"created_by": "ada", "doc": {"kind": "sick"}}')
            (self.folder / "keys.json").write_text(RFC_8037_KEY)
            (self.folder / "author.pub").write_text(RFC_8037_KEY_TEXT)
            (self.folder / "tenants.txt").write_text("# new ones\nbeta\ngamma plan=paid storage.bytes=10MiB\n")
            (self.folder / "models").mkdir()
            (self.folder / "models/loan.yaml").write_text(LOAN % 1)
            self.start(words)
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def start(self, words):
        environment = {k: v for k, v in os.environ.items() if k not in ("SOCLE_CONTROL", "NO_COLOR")}
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([OPTIONS.socle, *words], cwd=self.folder, env=environment,
                                        stdout=subprocess.PIPE, stderr=self.log)
        readable, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline().decode() if readable else ""
        if not line.startswith("ready "):
            self.process.kill()
            self.process.wait()
            raise AssertionError("no ready line: " + line + (self.folder / "log").read_text())
        self.ready = dict(word.split("=", 1) for word in line.split()[1:])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
            self.log.close()
            self.text = (self.folder / "log").read_text()
            shutil.rmtree(self.folder)
        return code

    def socle(self, *words, **environment):
        return run_socle(self.folder, words, environment)


def run_socle(folder, words, environment=None):
    clean = {k: v for k, v in os.environ.items() if k not in ("SOCLE_CONTROL", "NO_COLOR")}
    clean.update(environment or {})
    return subprocess.run([OPTIONS.socle, *words], cwd=folder, env=clean, capture_output=True, text=True, timeout=60)


class OnKernel(unittest.TestCase):
    """One kernel for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()

    @classmethod
    def tearDownClass(cls):
        code = cls.kernel.stop()
        assert code == 0, f"the kernel ended with {code}:\n{cls.kernel.text}"

    def people(self, *words, code=0):
        done = self.kernel.socle(*words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr, "colours without a terminal")
        self.assertEqual(done.stderr == "", code == 0, done.stderr)
        for line in (done.stdout + done.stderr).splitlines():
            self.assertEqual(line, line.rstrip())
        return done.stdout if code == 0 else done.stderr

    def programs(self, *words, code=0):
        done = self.kernel.socle(*words, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual("error" in answer, code != 0)
        return answer

    def greet(self):
        url = f"http://{self.kernel.ready['http']}/v1/hello/Ada"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read().decode()

    def with_hello(self):
        self.people("plugin", "load", "plugins/hello", "--home", "kernel")
        self.addCleanup(self.kernel.socle, "plugin", "unload", "hello")
