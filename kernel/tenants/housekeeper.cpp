#include "tenants/housekeeper.hpp"

#include "telemetry/log.hpp"

namespace socle::tenants {
namespace {
constexpr std::chrono::seconds pause{30};
constexpr std::chrono::milliseconds look_again{10};
constexpr int looks = 3000;  // 30 s: longer than any request may take by default
}  // namespace

void Housekeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void Housekeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_asked_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Housekeeper::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !stop_asked_.wait_for(lock, time, [this] { return stopping_; });
}

void Housekeeper::run() {
  do {
    end_deletions();
    if (auto kept = registry_.housekeep(); !kept)
      telemetry::Log::get().write(telemetry::Level::warn, kept.error().message);
  } while (wait(pause));
}

void Housekeeper::end_deletions() {
  std::string stuck;
  for (const std::string& tenant : registry_.deleting()) {
    if (auto ended = end_deletion(tenant); !ended) stuck = "tenant '" + tenant + "': " + ended.error().message;
    if (!wait(std::chrono::milliseconds(0))) return;
  }
  const std::lock_guard lock(mutex_);
  stuck_ = std::move(stuck);
}

Status Housekeeper::remove(const std::string& tenant) {
  if (auto ready = eraser_.ready(); !ready) return ready;
  if (auto begun = registry_.begin_delete(tenant); !begun) return begun;
  auto ended = end_deletion(tenant);
  if (!ended)
    return std::move(ended).error().context("tenant '" + tenant +
                                            "' is refused from now on and its deletion goes on by itself");
  return ended;
}

// A request that was let in before the tenant was refused may still write, so the data is erased when all have ended.
Status Housekeeper::end_deletion(const std::string& tenant) {
  const std::lock_guard one_at_a_time(deletion_);
  if (auto ready = eraser_.ready(); !ready) return ready;
  for (int i = 0; eraser_.in_flight(tenant) > 0; ++i) {
    if (i == looks || !wait(look_again))
      return Error{Code::unavailable,
                   std::to_string(eraser_.in_flight(tenant)) + " of its requests have not ended yet"};
  }
  if (auto erased = eraser_.erase(tenant); !erased) return erased;
  if (auto forgotten = registry_.forget(tenant); !forgotten) return forgotten;
  telemetry::Log::get().write(telemetry::Level::info, "tenant is deleted", {{"tenant", tenant}});
  return {};
}

std::string Housekeeper::stuck() const {
  const std::lock_guard lock(mutex_);
  return stuck_;
}

}  // namespace socle::tenants
