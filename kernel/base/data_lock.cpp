#include "base/data_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace socle::base {
namespace {

constexpr int look_again = 20;  // ms

int holder_of(int lock) {
  char text[16] = {};
  return ::pread(lock, text, sizeof text - 1, 0) > 0 ? std::atoi(text) : 0;
}

// Whether a process has been killed and has not ended yet: its first thread is a zombie beside others, or dumps the
// core, or SIGKILL (signal 9, bit 8) waits until that comes back from the system.
bool is_killed(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:") && line.find_first_of("ZX") != std::string::npos) return true;
    if (line.starts_with("CoreDumping:") && line.ends_with('1')) return true;
    if (line.starts_with("SigPnd:") || line.starts_with("ShdPnd:")) {
      if ((std::strtoull(line.c_str() + sizeof "SigPnd:", nullptr, 16) & 0x100U) != 0) return true;
    }
  }
  return false;
}

}  // namespace

Result<Fd> lock_data(const std::filesystem::path& folder, const LockPatience& patience) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{Code::unavailable, "data folder " + folder.string() + ": " + error.message()};
  Fd lock(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return Error{Code::unavailable, "data folder " + folder.string() + ": " + std::strerror(errno)};
  const auto begun = std::chrono::steady_clock::now();
  while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto waited = std::chrono::steady_clock::now() - begun;
    const int holder = waited > patience.serving ? holder_of(lock.get()) : 0;
    if (waited > patience.serving && (holder == 0 || !is_killed(holder)))
      return Error{Code::unavailable, "another kernel uses the data folder " + folder.string() +
                                          "; stop it, or give another one with --data"};
    if (waited > patience.killed)
      return Error{Code::unavailable, "the kernel that used the data folder " + folder.string() + " (pid " +
                                          std::to_string(holder) +
                                          ") was killed and cannot end: the system waits for its disk"};
    poll(nullptr, 0, look_again);
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) {
    // A full disk: the lock holds all the same, and a next kernel has only the shorter patience.
  }
  return lock;
}

}  // namespace socle::base
