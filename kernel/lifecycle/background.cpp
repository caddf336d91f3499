#include "lifecycle/background.hpp"

#include <thread>
#include <utility>

#include "base/thread.hpp"

namespace socle::lifecycle {

Background::Background() : running_(std::make_shared<Running>()) {}

void Background::run(std::function<void()> task) {
  {
    const std::lock_guard lock(running_->mutex);
    ++running_->tasks;
  }
  std::thread([running = running_, task = std::move(task)]() mutable {
    base::be_patient();
    task();
    task = nullptr;  // before it counts as ended: a thread's closure dies later than anyone could wait for
    const std::lock_guard lock(running->mutex);
    --running->tasks;
    running->fewer.notify_all();
  }).detach();
}

void Background::wait() {
  std::unique_lock lock(running_->mutex);
  running_->fewer.wait(lock, [this] { return running_->tasks == 0; });
}

}  // namespace socle::lifecycle
