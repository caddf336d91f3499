#include "journal.hpp"

namespace socle::audit {

template <class Outcome>
Outcome Journal::noted(Outcome outcome) {
  trouble_ = outcome ? std::string() : outcome.error().message;
  if (trail_) sequence_.store(trail_->head().sequence, std::memory_order_relaxed);
  return outcome;
}

Status Journal::opened() {
  if (trail_) return {};
  if (closed_) return Error{Code::cancelled, "the trail is closed: this generation ends"};
  auto trail = Trail::open(directory_, options_);
  if (!trail) return noted(Status(std::move(trail).error()));
  trail_ = std::move(*trail);
  return noted(Status());
}

Status Journal::ready(Origin& from) {
  const std::lock_guard lock(mutex_);
  if (auto open = opened(); !open) return open;
  from = trail_->head().origin;
  return {};
}

Status Journal::append(std::span<const Entry> entries) {
  const std::lock_guard lock(mutex_);
  if (auto open = opened(); !open) return open;
  return noted(trail_->append(entries));
}

Status Journal::settle() {
  const std::lock_guard lock(mutex_);
  if (auto open = opened(); !open) return open;
  return noted(trail_->settle());
}

Result<std::uint64_t> Journal::erase(std::string_view tenant, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (auto open = opened(); !open) return std::move(open).error();
  return noted(trail_->erase(tenant, now_ns));
}

Result<std::size_t> Journal::retain(std::int64_t before_ns, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (auto open = opened(); !open) return std::move(open).error();
  return noted(trail_->retain(before_ns, now_ns));
}

void Journal::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (trail_) static_cast<void>(trail_->settle());
  trail_.reset();
}

std::string Journal::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace socle::audit
