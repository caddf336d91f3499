"""system.quickstart: what examples/quickstart.sh says of its arguments, before anything is installed or built.

What would install or build is replaced by programs that leave a mark and fail, so nothing is built here."""

import os
import socket
import stat
import subprocess

from harness import SystemTest, main

SCRIPT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/quickstart.sh"))
USAGE = "usage: examples/quickstart.sh [--check] [--port N]\n"


class Quickstart(SystemTest):
    def setUp(self):
        super().setUp()
        self.marks = os.path.join(self.folder, "marks")
        for name in ("dpkg-query", "apt-get", "sudo", "cmake"):
            path = os.path.join(self.folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write('#!/bin/sh\necho "$0" >>"%s"\nexit 1\n' % self.marks)
            os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)

    def run_it(self, *arguments):
        environment = dict(os.environ, PATH=self.folder + ":" + os.environ["PATH"])
        return subprocess.run([SCRIPT, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120)

    def started(self):
        """The programs that were run in order to install or build."""
        if not os.path.exists(self.marks):
            return set()
        with open(self.marks, encoding="utf-8") as file:
            return {os.path.basename(line.strip()) for line in file}

    def test_wrong_usage_exits_2_with_a_text_before_anything_is_done(self):
        for arguments, told in ((["--prot", "1"], "unknown argument '--prot'"), (["--check", "now"], "unknown argument 'now'"),
                                (["--port"], "--port has no number behind it; wanted 0 to 65535"),
                                (["--port", "x"], "found --port 'x'; wanted a number from 0 to 65535"),
                                (["--port", ""], "found --port ''; wanted a number from 0 to 65535"),
                                (["--port", "--check"], "found --port '--check'; wanted a number from 0 to 65535"),
                                (["--port", "65536"], "found --port '65536'; wanted a number from 0 to 65535"),
                                (["--check", "--port", "-1"], "found --port '-1'; wanted a number from 0 to 65535")):
            with self.subTest(arguments):
                done = self.run_it(*arguments)
                self.assertEqual((2, "", "quickstart.sh: %s\n%s" % (told, USAGE)), (done.returncode, done.stdout, done.stderr))
                self.assertEqual(set(), self.started())

    def test_help_tells_the_arguments_and_does_nothing(self):
        done = self.run_it("--help")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertTrue(done.stdout.startswith(USAGE), done.stdout)
        for argument in ("--check", "--port N"):
            self.assertIn("\n  " + argument, done.stdout)
        self.assertEqual(set(), self.started())

    def test_a_port_that_is_taken_is_told_before_anything_is_done(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            for arguments in (["--port", str(port)], ["--check", "--port", "%05d" % port]):
                with self.subTest(arguments):
                    done = self.run_it(*arguments)
                    told = "quickstart.sh: port %d is in use; give another by --port N, or --port 0 for any free one\n" % port
                    self.assertEqual((1, "", told), (done.returncode, done.stdout, done.stderr))
                    self.assertEqual(set(), self.started())

    def test_right_arguments_go_on_to_the_installation(self):
        for arguments in (["--check"], ["--check", "--port", "0"], ["--port", "0", "--check"]):
            with self.subTest(arguments):
                done = self.run_it(*arguments)
                self.assertEqual(1, done.returncode)
                self.assertIn("apt-get update failed", done.stderr)
                self.assertIn("dpkg-query", self.started())
                self.assertNotIn("cmake", self.started())
                os.remove(self.marks)


if __name__ == "__main__":
    main()
