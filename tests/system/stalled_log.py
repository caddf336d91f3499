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

    def serves_again(self, pid):
        return True  # it cannot say so

    def read_log(self, enough):
        """The records that come, each of them whole: until they are enough, or nothing has come for long."""
        text, records = b"", []
        while not enough(records) and select.select([self.unread], [], [], 60)[0]:
            piece = os.read(self.unread, 65536)
            if not piece:
                break
            text += piece
            *lines, text = text.split(b"\n")
            records += [json.loads(line) for line in lines]
        return records


def dropped(records):
    return sum(int(r["dropped"]) for r in records if r["msg"].startswith("log records were dropped"))


def refused(records):
    return sum("change set refused" in r["msg"] for r in records)


class StalledLog(SystemTest):
    def flood(self, kernel):
        for number in range(LINES):
            with self.assertRaises(Refused):
                kernel.command("plugin", "load", "/nowhere/%d/%s" % (number, "x" * 3000), seconds=60)

    def test_nobody_waits_for_the_reader(self):
        kernel = Unread(self.folder, plugins=("gateway", "hello"))
        self.addCleanup(kernel.__exit__)
        kernel.start()
        self.flood(kernel)
        self.assertEqual(kernel.request("GET", "/v1/hello/Ada")[0], 200)
        records = kernel.read_log(lambda read: refused(read) + dropped(read) >= LINES)
        self.assertGreater(dropped(records), 0)
        self.assertGreater(refused(records), 0)
        self.assertEqual(refused(records) + dropped(records), LINES)

        self.flood(kernel)
        kernel.kill_kernel(signal.SIGSEGV)
        kernel.await_restart()  # though the supervisor cannot say so
        self.flood(kernel)
        self.assertEqual(kernel.terminate(), 0)


if __name__ == "__main__":
    main()
