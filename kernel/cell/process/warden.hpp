// cell/process/warden.hpp: the kernel's thread that hears its cells: what they write to stderr becomes log lines with
// plugin and generation, and what the sandbox stops is answered and told by name. It is also the thread whose child
// the zygote is, because the system kills children with the thread that made them, and this one ends last.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "cell/process/broker.hpp"
#include "telemetry/line_limit.hpp"

namespace socle::cell {

// One cell as the warden knows it. Made by the spawner, then the warden's.
struct Ward {
  std::string plugin;
  uint64_t generation = 0;
  pid_t pid = 0;
  Broker broker;
  base::Fd process;  // pidfd
  base::Fd log, listener;
  std::string line = {};  // of the log, not ended yet
  telemetry::LineLimit lines = {};
  std::set<std::string> denied = {};  // what was told already
  struct Load {                       // calls that were answered lately: they fade
    double calls = 0;
    int64_t at = 0;
  };
  Load refused = {}, granted = {};
};

class Warden {
 public:
  Warden();
  ~Warden();  // REQUIRES: what it watches has ended
  Warden(const Warden&) = delete;
  Warden& operator=(const Warden&) = delete;

  // Runs work on its thread and waits for it. Any other thread.
  void run(const std::function<void()>& work);
  // From now on until the cell has closed both.
  void watch(std::shared_ptr<Ward> ward);

 private:
  void loop();
  void add(int fd, uint64_t key);
  void hear(uint64_t key, uint32_t events);
  bool read_log(Ward& ward);
  static void end_line(Ward& ward);
  bool answer(Ward& ward);
  static bool too_often(Ward::Load& load, double most, double forgotten);
  static bool end(Ward& ward, const char* why);
  static void deny(Ward& ward, const std::string& call, const std::string& name);

  base::Fd epoll_, wake_;
  std::vector<char> request_, response_;  // seccomp_notif and its answer, as large as this system has them
  uint64_t next_ = 1;
  std::map<uint64_t, std::shared_ptr<Ward>> wards_;  // its thread only
  std::mutex mutex_;
  std::vector<std::function<void()>> work_;  // guarded by mutex_
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace socle::cell
