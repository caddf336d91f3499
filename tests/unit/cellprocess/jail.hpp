// jail.hpp: process control with the fixture's cells, for the tests of this folder.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "cell/process/control.hpp"
#include "support/captured_log.hpp"
#include "support/temp_dir.hpp"

namespace socle::cell {

// One cell of the fixture and what it left.
struct Inmate {
  base::Fd down, up, wake;
  std::unique_ptr<Process> process;

  // Waits for its end; what its verb came to, "" when it died before it was done.
  std::string result() {
    pollfd ended{process->pidfd(), POLLIN, 0};
    if (poll(&ended, 1, 20'000) != 1) {
      process->kill();
      return "it did not end";
    }
    char text[256];
    const ssize_t n = pread(up.get(), text, sizeof text, 0);
    return {text, static_cast<size_t>(n < 0 ? 0 : n)};
  }
};

class Jail {
 public:
  Jail() : control({dir.path(), {}, CELL_FIXTURE}) {}

  // `what`: a verb of the fixture and its argument.
  Result<Inmate> hold(const std::string& what, const Sandbox& sandbox = {}) {
    Inmate inmate{base::Fd(memfd_create("down", MFD_CLOEXEC)), base::Fd(memfd_create("up", MFD_CLOEXEC)),
                  base::Fd(eventfd(0, EFD_CLOEXEC)), nullptr};
    CellBoot boot;
    boot.plugin = what;
    boot.generation = 7;
    boot.library = CELL_FIXTURE;
    boot.down = inmate.down.get();
    boot.up = inmate.up.get();
    boot.wake_cell = inmate.wake.get();
    auto process = control.spawner(sandbox)(boot);
    if (!process) return std::move(process).error();
    inmate.process = std::move(*process);
    return inmate;
  }
  std::string what_becomes_of(const std::string& what, const Sandbox& sandbox = {}) {
    auto inmate = hold(what, sandbox);
    return inmate ? inmate->result() : inmate.error().message;
  }

  testing::TempDir dir;
  ProcessControl control;
};

using testing::CapturedLog;

}  // namespace socle::cell
