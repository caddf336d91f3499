// supervisor.hpp: the parent that `socle run` stays: it holds what must survive the kernel (the listening sockets, the
// data folder's lock), starts the kernel as its child by fork, and starts it again when it dies. It runs no plugin, has
// no thread, and every child starts from the same clean image of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "beats.hpp"
#include "crash/black_box.hpp"

namespace socle {

// What parent and kernel share while the kernel lives.
struct Birth {
  uint64_t restarts = 0;           // 0: the first kernel of this supervisor
  bool announce = true;            // no kernel of this supervisor has served yet: stdout waits for its line
  std::function<void()> serves;    // the kernel says it: it is ready
  crash::BlackBox* box = nullptr;  // for crash::install()
  Beats* beats = nullptr;          // for Pulse
};

// Runs `kernel` in a child until it has ended by itself or at SIGTERM or SIGINT, which are handed on; its exit code. A
// child that dies of a signal leaves a report under `data` and is followed by another at once; when it keeps dying,
// with back-off; 1 when it has died too often. A child that serves and does not beat for `hang` (0: it need not) is
// ended, and so followed. The child dies with the parent, and what it started with the child.
// REQUIRES: SIGTERM, SIGINT and SIGCHLD are blocked; no other thread.
int supervise(const std::filesystem::path& data, std::chrono::nanoseconds hang,
              const std::function<int(const Birth&)>& kernel);

}  // namespace socle
