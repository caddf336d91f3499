// cell/boot.hpp: where process control and the data path of cells meet.
//
//   kernel: Link makes the memory ─▶ CellBoot ─▶ process control (zygote, sandbox) ─▶ cell_main() in the child
//
// A CellBoot is plain values and descriptors, so that it can cross a socket to the zygote; everything of any size (the
// plugin's config, its methods) already lies in the memory behind `down`. Descriptors are borrowed: whoever calls
// cell_main() keeps them open until it returns; the kernel's side owns its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace socle::cell {

struct CellBoot {
  std::string plugin;            // name, for thread names, logs and reports
  std::uint64_t generation = 0;  // the kernel's number
  std::string library;        // absolute path of the generation's own copy; the sandbox must let it be read and mapped
  std::uint32_t workers = 0;  // of the kernel; each has a pair of rings, and the staging thread has one more
  std::uint64_t mapped = 0;   // bytes of shared memory it maps; a limit of address space must leave room for them
  int down = -1;              // memfd, sealed in size; only the kernel writes it, the cell maps it read-only
  int up = -1;                // memfd, sealed in size; the cell writes it
  int wake_cell = -1;         // eventfd: there is something in one of the rings
  std::vector<int> wake_kernel;  // eventfds, one a kernel worker, then one for the staging thread's pair
};

// The whole life of a cell: maps the memory, loads the library, serves the rings until the kernel says stop. REQUIRES:
// called once a process, on its main thread, after the sandbox is applied and with no other thread. The result is the
// process's exit code: 0 when the kernel asked it to end, 1 when boot.down holds nonsense.
// Threads it starts: one worker, one staging thread, the offload pool. It needs: read and map `library` and the shared
// libraries that needs, mmap of down and up, epoll, eventfd, timers by epoll_wait, futex, clone of threads, no sockets.
int cell_main(const CellBoot& boot);

// What plugin code of this cell is working on. It lies in the first page of `up`: the crash handler in the cell reads
// it (async-signal-safe: plain memory), and so does the kernel after the cell's death, to whom it is hearsay.
// Text is NUL-terminated and cut to fit. `input` points into this process.
struct CurrentWork {
  std::atomic<std::uint32_t> active;  // 1 while plugin code is entered, with the fields below in place
  std::uint32_t input_size;           // bytes of the request's text
  std::uint64_t number;               // the kernel's number of the inbound call, 0 for the plugin's own work
  const char* input;                  // the request's text in this process; what a report hashes, never prints
  char tenant[64];
  char method[96];  // "storage/1.put", "start hook"
};

// Of this process; nullptr before cell_main() has mapped it and in the kernel's process.
[[nodiscard]] CurrentWork* current_work();

}  // namespace socle::cell
