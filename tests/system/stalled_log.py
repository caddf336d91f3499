"""system.stalled_log: whoever reads the kernel's stderr stops reading. Requests, commands, restarts after a crash and
the end go on as before; once the log is read again it says how many records are missing, and those it has are whole."""

import fcntl
import json
import os
import select
import signal
import subprocess

from harness import SOCLE, Kernel, Refused, SystemTest, die_with_parent, main

LINES = 300  # of more than 3 KiB each: three times what pipe and queue hold


class Unread(Kernel):
    """Its stderr is a pipe of one page."""

    def spawn(self, *arguments):
        self.unread, stderr = os.pipe2(os.O_CLOEXEC)
        fcntl.fcntl(stderr, fcntl.F_SETPIPE_SZ, 4096)
        self.process = subprocess.Popen([SOCLE, "run", self.file, *arguments], stdout=subprocess.PIPE, stderr=stderr,
                                        cwd=self.folder, bufsize=0, preexec_fn=die_with_parent)
        os.close(stderr)
        return self

    def __exit__(self, *unused):
        super().__exit__()
        os.close(self.unread)

    def log_text(self):
        return "(nobody reads it)"

    def read_log(self, seconds=5):
        """What comes until nothing has for a second, or the writers are gone."""
        text = b""
        while select.select([self.unread], [], [], 1)[0]:
            piece = os.read(self.unread, 65536)
            if not piece:
                break
            text += piece
        return text.decode().splitlines()


class StalledLog(SystemTest):
    def flood(self, kernel):
        for number in range(LINES):
            with self.assertRaises(Refused):
                kernel.command("plugin", "load", "/nowhere/%d/%s" % (number, "x" * 3000), seconds=20)

    def test_nobody_waits_for_the_reader(self):
        kernel = Unread(self.folder, plugins=("gateway", "hello"))
        self.addCleanup(kernel.__exit__)
        kernel.start()
        self.flood(kernel)
        self.assertEqual(kernel.request("GET", "/v1/hello/Ada", seconds=5)[0], 200)
        records = [json.loads(line) for line in kernel.read_log()]  # whole, each of them
        told = sum(int(r["dropped"]) for r in records if r["msg"].startswith("log records were dropped"))
        refused = sum("change set refused" in r["msg"] for r in records)
        self.assertGreater(told, 0)
        self.assertGreater(refused, 0)
        self.assertEqual(refused + told, LINES)

        self.flood(kernel)
        kernel.kill_kernel(signal.SIGSEGV)
        kernel.await_restart()  # though the supervisor cannot say so
        self.flood(kernel)
        self.assertEqual(kernel.terminate(20), 0)


if __name__ == "__main__":
    main()
