"""libdisk_faults.so from outside: the state that tests/support/disk_faults/disk_faults.h lays out, in a file that a kernel
started with environment() maps."""

import mmap
import os
import stat
import struct

from harness import BUILD

LIBRARY = os.path.join(BUILD, "tests/libdisk_faults.so")
PATH, FILES = 1024, 16384
HEAD = struct.Struct("=QII")  # behind the path: syncs, full, sync_errno
FILE = struct.Struct("=QQQ")  # device, inode, synced


class DiskFaults:
    """What is written under a watched folder by processes with this environment."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "disk_faults")
        self.size = PATH + HEAD.size + FILES * FILE.size
        with open(self.path, "wb") as file:
            file.truncate(self.size)
        with open(self.path, "r+b") as file:
            self.state = mmap.mmap(file.fileno(), self.size)

    def environment(self):
        return {**os.environ, "DISK_FAULTS": self.path, "LD_PRELOAD": LIBRARY}

    def watch(self, folder):
        """Forgets what was; what the folder holds now counts as synced."""
        self.state[:] = os.fsencode(folder).ljust(self.size, b"\0")

    def syncs(self):
        return HEAD.unpack_from(self.state, PATH)[0]

    def fill(self, full):
        syncs, _, sync_errno = HEAD.unpack_from(self.state, PATH)
        HEAD.pack_into(self.state, PATH, syncs, int(full), sync_errno)

    def cut_power(self, folder):
        """With all writers dead: each file keeps what was synced of it. How many bytes are lost."""
        synced = {(device, inode): size for device, inode, size in FILE.iter_unpack(self.state[PATH + HEAD.size:]) if inode}
        lost = 0
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                found = os.lstat(path)
                kept = synced.get((found.st_dev, found.st_ino), found.st_size)
                if stat.S_ISREG(found.st_mode) and kept < found.st_size:
                    os.chmod(path, stat.S_IMODE(found.st_mode) | stat.S_IWUSR)  # a loader's copy may only be read
                    os.truncate(path, kept)
                    os.chmod(path, stat.S_IMODE(found.st_mode))
                    lost += found.st_size - kept
        return lost
