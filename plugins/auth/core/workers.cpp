#include "core/workers.hpp"

#include <atomic>
#include <mutex>

namespace socle::auth {
namespace {

// Shared by the errands and the one who waits; the last errand sets `all`.
struct Round {
  std::function<Task<Status>()> task;
  std::atomic<std::uint32_t> left;
  std::mutex mutex;
  Status first_failure;
  Completion<bool> all;

  void ended(Status status) {
    if (!status) {
      const std::lock_guard lock(mutex);
      if (first_failure) first_failure = std::move(status);
    }
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) all.set(true);
  }
};

// Counts its errand as ended even when the host drops it unrun.
struct Errand {
  explicit Errand(Round& of) : round(&of) {}
  Errand(Errand&& other) noexcept : round(std::exchange(other.round, nullptr)) {}
  Errand& operator=(Errand&&) = delete;
  ~Errand() {
    if (round != nullptr) round->ended(Error{Code::cancelled, "a worker was given up on"});
  }
  Round* round;
};

Task<void> run(Errand errand) {
  Status status = co_await errand.round->task();
  std::exchange(errand.round, nullptr)->ended(std::move(status));
}

}  // namespace

Task<Status> on_each_worker(Host& host, const std::function<Task<Status>()>& task) {
  Round round{task, {host.worker_count()}, {}, {}, {}};
  for (std::uint32_t worker = 0; worker < host.worker_count(); ++worker) {
    host.post(worker, [&host, errand = Errand(round)]() mutable { host.spawn(run(std::move(errand)), Ends::at_stop); });
  }
  co_await round.all;
  co_return std::move(round.first_failure);
}

}  // namespace socle::auth
