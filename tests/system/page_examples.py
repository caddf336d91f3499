"""The examples of the pages in docs/, taken from the pages and run in a shell as they are written, against a kernel."""

import os
import re
import subprocess

from harness import SOCLE

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs")


def text_of(page):
    with open(os.path.join(DOCS, page), encoding="utf-8") as file:
        return file.read()


def blocks(page, language):
    return re.findall(r"^```%s\n(.*?)^```" % language, text_of(page), re.S | re.M)


def run(kernel, script, **names):
    """What the commands print; `socle` finds this kernel, `names` are variables. A command that fails is a failure."""
    environment = {**os.environ, "PATH": os.path.dirname(SOCLE) + ":" + os.environ["PATH"], "SOCLE_CONTROL": kernel.control_path,
                   "no_proxy": "*", **names}
    done = subprocess.run(["bash", "-euc", script], cwd=kernel.folder, env=environment, capture_output=True, text=True, timeout=60,
                          check=False)
    if done.returncode != 0:
        raise AssertionError("%s\nended with %d: %s%s" % (script, done.returncode, done.stdout, done.stderr))
    return done.stdout


def like(shown):
    """A pattern of what a page shows with … for what differs."""
    return "^" + ".*".join(re.escape(part) for part in shown.split("…")) + "$"
