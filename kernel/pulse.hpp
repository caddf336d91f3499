// pulse.hpp: shows the supervisor that this kernel still comes round: once a second a thread of its own asks every
// worker for a turn, and beats when one of them has taken it. Workers that all hang in plugin code make it silent, and
// so does a process that is stopped. main() makes it when the kernel serves and ends it before the workers end.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "beats.hpp"
#include "bus/bus.hpp"

namespace socle {

class Pulse {
 public:
  Pulse(bus::Bus& bus, Beats& beats);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

 private:
  void run();

  bus::Bus& bus_;
  Beats& beats_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace socle
