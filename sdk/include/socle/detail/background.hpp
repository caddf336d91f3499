// background.hpp: work without a caller. spawn() makes a Task a root of its own; one list per worker remembers the live
// ones, so that drain and stop can end their waits with Code::cancelled and stop can tell when the last has gone.
//
// A list is touched by its worker, and by the staging thread in start() and self_test(): hence a mutex, which is only
// taken when a task is spawned or ends, never per request.
#pragma once

#include <socle/detail/task.hpp>

#include <atomic>
#include <memory>
#include <mutex>

namespace socle {

// When the SDK itself ends a spawned task's sleeps and watches.
enum class Ends {
  at_drain,  // a loop that only serves this generation: a poller, a sweeper
  at_stop,   // one that finishes what it has begun, e.g. a connection; drain() tells it to
};

namespace detail {

struct Operation;
class Backgrounds;

struct Background {
  Backgrounds* owner = nullptr;
  Background* previous = nullptr;
  Background* next = nullptr;
  Operation* waiting = nullptr;  // the wait that may be cut short
  std::uint32_t list = 0;
  Ends ends = Ends::at_drain;
  bool cancelled = false;
};

// Any wait that can be ended early derives from this; cut() makes it resume with SOCLE_CANCELLED, by way of defer.
struct Operation {
  Promise* waiter = nullptr;
  socle_status status = SOCLE_OK;
  void (*cut)(Operation&) noexcept = nullptr;

  // False: the task is being ended, do not begin to wait.
  bool enter(Promise& promise) noexcept {
    waiter = &promise;
    if (promise.background == nullptr) return true;
    if (promise.background->cancelled) {
      status = SOCLE_CANCELLED;
      return false;
    }
    promise.background->waiting = this;
    return true;
  }
  void leave() const noexcept {
    if (waiter->background != nullptr) waiter->background->waiting = nullptr;
  }
  void resume(socle_status outcome) noexcept {
    status = outcome;
    leave();
    run(waiter);
  }
  void resume_soon() noexcept {
    leave();
    host_table->defer(
        host_table,
        [](void* user, socle_status) {
          auto* operation = static_cast<Operation*>(user);
          operation->status = SOCLE_CANCELLED;
          run(operation->waiter);
        },
        this);
  }
};

class Backgrounds {
 public:
  Backgrounds() : lists_(new List[host_table->worker_count(host_table) + 1]) {}
  Backgrounds(const Backgrounds&) = delete;
  Backgrounds& operator=(const Backgrounds&) = delete;

  [[nodiscard]] std::uint32_t live() const { return live_.load(std::memory_order_acquire); }

  void spawn(Task<void> task, Ends ends) {
    if (task.promise() == nullptr) return;
    auto* node = new Background{this, nullptr, nullptr, nullptr, host_table->worker(host_table), ends, false};
    link(*node);
    auto* promise = task.promise();
    promise->background = node;
    if (task.start()) {
      report(*promise);
      unlink(node);
      return;
    }
    promise->finish = &finished;
    task.detach();
  }

  // From the staging thread: cancel() on every worker; live() counts these errands too, until each has run.
  void cancel_everywhere() noexcept {
    const std::uint32_t workers = host_table->worker_count(host_table);
    live_.fetch_add(workers, std::memory_order_relaxed);
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      host_table->post(
          host_table, worker,
          [](void* user, socle_status) {
            auto* self = static_cast<Backgrounds*>(user);
            self->cancel(host_table->worker(host_table), true);
            self->live_.fetch_sub(1, std::memory_order_release);
          },
          this);
    }
  }
  // Ends the waits of this worker's tasks; worker 0 also has those that start() left on the staging thread.
  void cancel(std::uint32_t worker, bool all) noexcept {
    cancel_list(worker, all);
    if (worker == 0) cancel_list(host_table->worker_count(host_table), all);
  }

 private:
  struct List {
    std::mutex mutex;
    Background* first = nullptr;
  };

  static void report(Promise& promise) noexcept {
    if (!promise.thrown) return;
    host_table->log(host_table, SOCLE_LOG_ERROR, nullptr, str("a spawned task ended with an exception"), nullptr, 0);
  }
  static void finished(Promise& promise) noexcept {
    Background* node = promise.background;
    report(promise);
    promise.self.destroy();
    node->owner->unlink(node);
  }
  void link(Background& node) noexcept {
    List& list = lists_[node.list];
    const std::lock_guard lock(list.mutex);
    node.next = list.first;
    if (node.next != nullptr) node.next->previous = &node;
    list.first = &node;
    live_.fetch_add(1, std::memory_order_relaxed);
  }
  void unlink(Background* node) noexcept {
    List& list = lists_[node->list];
    {
      const std::lock_guard lock(list.mutex);
      (node->previous != nullptr ? node->previous->next : list.first) = node->next;
      if (node->next != nullptr) node->next->previous = node->previous;
    }
    delete node;
    live_.fetch_sub(1, std::memory_order_release);
  }
  void cancel_list(std::uint32_t index, bool all) noexcept {
    List& list = lists_[index];
    const std::lock_guard lock(list.mutex);
    for (Background* node = list.first; node != nullptr; node = node->next) {
      if (node->cancelled || (!all && node->ends == Ends::at_stop)) continue;
      node->cancelled = true;
      if (node->waiting != nullptr) node->waiting->cut(*node->waiting);
    }
  }

  std::unique_ptr<List[]> lists_;
  std::atomic<std::uint32_t> live_{0};
};

}  // namespace detail
}  // namespace socle
