// cell/process/control.hpp: process control: starts cells, and is their parent, jailer and coroner. One a kernel, made
// before the first cell and gone after the last. Any thread that may block, several at a time.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "cell/link/process.hpp"
#include "cell/process/request.hpp"
#include "cell/process/warden.hpp"
#include "socle/result.hpp"

namespace socle::cell {

struct ControlSettings {
  std::filesystem::path data;         // crash reports go below it
  std::vector<std::string> resident;  // libraries every cell finds mapped
  std::filesystem::path executable = "/proc/self/exe";
};

class ProcessControl {
 public:
  explicit ProcessControl(ControlSettings settings);
  ~ProcessControl();  // REQUIRES: no process it made is left
  ProcessControl(const ProcessControl&) = delete;
  ProcessControl& operator=(const ProcessControl&) = delete;

  // For the data path: cells confined so. The closure must not outlive this object.
  [[nodiscard]] Spawn spawner(Sandbox sandbox);
  // Starts the zygote ahead of the first cell, which is then as quick as the others.
  Status warm_up();

  // What this machine does not enforce, by the last cell or else by a trial. `sound`: system calls, files and memory
  // are bounded; what is missing then is a second lock on the same door, or a limit of processor time.
  struct Confinement {
    bool sound = false;
    std::vector<std::string> missing;
  };
  Confinement confinement();

 private:
  struct Zygote {
    pid_t pid = -1;
    base::Fd socket;
  };
  struct Newborn {
    pid_t pid = -1;
    base::Fd pidfd;
  };
  Result<std::unique_ptr<Process>> spawn(const CellBoot& boot, const Sandbox& sandbox);
  Result<std::unique_ptr<Process>> try_to_spawn(const CellBoot& boot, const Sandbox& sandbox, bool& zygote_died);
  // `zygote_died`: while it was asked; another one may be.
  Result<Newborn> ask_zygote(const BirthRequest& request, bool& zygote_died);
  Status start_zygote();
  void end_zygote();
  void note(const Enforced& enforced, const std::string& group_problem);

  const ControlSettings settings_;
  Warden warden_;
  std::mutex zygote_mutex_;
  Zygote zygote_;        // guarded by zygote_mutex_
  uint64_t births_ = 0;  // guarded by zygote_mutex_
  std::mutex mutex_;
  Confinement confinement_;  // guarded by mutex_
  bool known_ = false;       // guarded by mutex_; there was a cell
};

}  // namespace socle::cell
