// background.hpp: threads of the lifecycle that outlast the command which started them: drains, and verdicts on
// canaries. What a task holds (generations, which belong to a bus) is let go on its thread before wait() can return, so
// that whoever waited may end what those stand on. Any thread; several may start tasks at once, and a task another.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

namespace socle::lifecycle {

class Background {
 public:
  Background();
  ~Background() { wait(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // On a thread of its own; returns at once.
  void run(std::function<void()> task);
  // Until no task is left, those included that tasks start meanwhile.
  void wait();

 private:
  struct Running {
    std::mutex mutex;
    std::condition_variable fewer;
    size_t tasks = 0;  // guarded by mutex
  };
  std::shared_ptr<Running> running_;  // shared: a thread may still be unlocking the mutex when wait() has returned
};

}  // namespace socle::lifecycle
