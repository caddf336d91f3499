// base/data_lock.hpp: one kernel at a time in a data folder. The lock is the file `lock` in it, held by flock(2), which
// the system lets go of when its holder has ended, however it ended; the file names the holder's pid.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/file.hpp"
#include "socle/result.hpp"

namespace socle::base {

struct LockPatience {
  std::chrono::milliseconds serving{5'000};  // the holder may be stopping
  // It was killed, and waits in the system for a disk that stalls: it lets go as soon as that answers.
  std::chrono::milliseconds killed{60'000};
};

// Creates the folder where it is missing. Blocks as long as `patience` says; unavailable: somebody else has it, or it
// cannot be had. The folder is locked as long as the result lives.
[[nodiscard]] Result<Fd> lock_data(const std::filesystem::path& folder, const LockPatience& patience = {});

}  // namespace socle::base
