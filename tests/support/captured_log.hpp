// support/captured_log.hpp: the log's lines in memory, for tests of what is logged.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "base/file.hpp"
#include "telemetry/log.hpp"

namespace socle::testing {

// A file in memory for log lines of several threads. O_APPEND: a memfd has no lock on its offset, and without it two
// threads that write at once overwrite each other's lines.
inline base::Fd log_file() {
  base::Fd file(memfd_create("log", MFD_CLOEXEC));
  REQUIRE(fcntl(file.get(), F_SETFL, O_APPEND) == 0);
  return file;
}

// The log's lines go into it until the end of its life. The test's thread.
class CapturedLog {
 public:
  CapturedLog() { telemetry::Log::get().redirect(file_.get()); }
  ~CapturedLog() { stop(); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  // Later lines go to stderr again.
  void stop() { telemetry::Log::get().redirect(STDERR_FILENO); }
  // At most its first MiB.
  [[nodiscard]] std::string text() const {
    std::string out(1 << 20, '\0');
    out.resize(static_cast<size_t>(std::max<ssize_t>(0, pread(file_.get(), out.data(), out.size(), 0))));
    return out;
  }
  // Its writer is another thread: until the text is there, at most 10 s.
  [[nodiscard]] bool tells(const std::string& what) const {
    for (int i = 0; i < 1000; ++i) {
      if (text().find(what) != std::string::npos) return true;
      poll(nullptr, 0, 10);
    }
    UNSCOPED_INFO("the log tells only: " << text());
    return false;
  }

 private:
  base::Fd file_ = log_file();
};

}  // namespace socle::testing
