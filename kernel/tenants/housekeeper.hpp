// housekeeper.hpp: ends deletions and keeps the registry tidy. A deletion is: refuse the tenant's requests (kept on
// disk), wait until those under way have ended, erase its data, forget it. Whatever interrupts it, it is taken up
// again: at the start and every half minute. One thread; remove() is called by control threads.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "socle/result.hpp"
#include "tenants/registry.hpp"

namespace socle::tenants {

struct Eraser {
  // Whether there is anybody to erase data; the error says who is missing.
  std::function<Status()> ready;
  // Requests of the tenant that are being worked on.
  std::function<int64_t(const std::string& tenant)> in_flight;
  // Erases everything of the tenant; fine when there is nothing (left).
  std::function<Status(const std::string& tenant)> erase;
};

class Housekeeper {
 public:
  Housekeeper(Registry& registry, Eraser eraser) : registry_(registry), eraser_(std::move(eraser)) {}
  ~Housekeeper() { stop(); }
  void start();
  void stop();

  // The whole deletion. An error before it has begun changed nothing; afterwards it says what it waits for, and it goes
  // on by itself.
  Status remove(const std::string& tenant);
  // What keeps deletions from ending, "" when nothing does.
  [[nodiscard]] std::string stuck() const;

 private:
  void run();
  void end_deletions();
  Status end_deletion(const std::string& tenant);
  bool wait(std::chrono::milliseconds time);  // false: it is stopping

  Registry& registry_;
  const Eraser eraser_;
  std::mutex deletion_;  // one at a time
  mutable std::mutex mutex_;
  std::condition_variable stop_asked_;
  bool stopping_ = false;  // guarded by mutex_
  std::string stuck_;      // guarded by mutex_
  std::thread thread_;
};

}  // namespace socle::tenants
