// cell/process/sandbox.hpp: what a cell may do, and how the machine is told so. The kernel makes a Sandbox from the
// manifest's permissions that the operator granted; the cell's process enters it before any code of the plugin is
// mapped, on its only thread, and cannot leave it.
//
//   permission        in the sandbox
//   read: PATH        files at or below PATH may be opened for reading, by asking the kernel (broker.hpp)
//   write: PATH       the same for reading, writing and creating
//   network           sockets; without it there are none, and an empty network namespace
//   (none exists)     other processes: fork, exec, ptrace, signals to others
//
// Layers, each best effort on its own: namespaces, no capabilities, no_new_privs, Landlock (nothing at all: what is
// opened is opened by the kernel), rlimits, and last a seccomp filter whose refusals reach the kernel by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace socle::cell {

struct Sandbox {
  std::vector<std::string> read, write;  // absolute, canonical where they exist
  bool network = false;
  std::uint64_t memory = std::uint64_t{512} << 20U;  // private memory beyond what an empty cell has
  std::uint64_t files = 256;                         // open descriptors
  std::uint64_t tasks = 64;                          // threads; only where a cgroup counts them
  double cpu = 0;                                    // cores; 0: no limit; only where a cgroup does it
};

// What of it the machine does. Texts say why not; empty: it is enforced.
struct Enforced {
  std::string namespaces, capabilities, landlock, filter, broker, limits;
};

// Never fails as a whole: what cannot be enforced is told. `listener` is the descriptor by which the kernel hears of
// refused calls, -1 when there is none. `report_fd`: the only socket on which sendmsg stays allowed.
// REQUIRES: the calling process has one thread.
[[nodiscard]] Enforced enter(const Sandbox& sandbox, std::uint64_t mapped, int report_fd, int& listener);

}  // namespace socle::cell
