"""out_of_tree_load.py FOLDER NAME: the plugin that was built in FOLDER against an installed SDK is verified, loaded into a
kernel that runs, answers over HTTP, is moved between its homes, swapped and unloaded. Run by out_of_tree.cmake."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
from harness import SOCLE, SystemTest, main  # noqa: E402

FOLDER, NAME = sys.argv[1:3]


class OutOfTree(SystemTest):
    def socle(self, kernel, *words):
        done = subprocess.run([SOCLE, *words], capture_output=True, text=True, timeout=60, check=False,
                              env=dict(os.environ, SOCLE_CONTROL=kernel.control_path))
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def test_it_loads_into_a_running_kernel_and_answers(self):
        verified = subprocess.run([SOCLE, "plugin", "verify", FOLDER], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(0, verified.returncode, verified.stdout + verified.stderr)
        kernel = self.kernel(plugins=("gateway",)).start()
        path = "/v1/%s/Ada" % NAME
        self.assertEqual(404, kernel.request("GET", path)[0])
        self.socle(kernel, "plugin", "load", FOLDER)
        self.assertEqual((200, "Hello, Ada!\n"), kernel.request("GET", path)[::2])
        for home in ("kernel", "cell"):  # a scaffolded manifest names none, so it begins in a cell
            self.socle(kernel, "plugin", "move", NAME, "--home", home)
            self.assertEqual((200, "Hello, Ada!\n"), kernel.request("GET", path)[::2], home)
        self.socle(kernel, "plugin", "swap", NAME, FOLDER)
        self.assertEqual((200, "Hello, Ada!\n"), kernel.request("GET", path)[::2])
        self.socle(kernel, "plugin", "unload", NAME)
        self.assertEqual(404, kernel.request("GET", path)[0])


if __name__ == "__main__":
    main(sys.argv[:1] + sys.argv[3:])
