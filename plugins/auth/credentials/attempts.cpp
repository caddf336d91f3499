#include "credentials/attempts.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace socle::auth {

Attempts::Level* Attempts::find(const Bucket& bucket, Time now) {
  const auto found = levels_.find(bucket.key);
  if (found == levels_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  Level& here = order_.front();
  if (now > here.at) {
    const double refilled =
        static_cast<double>((now - here.at).count()) / static_cast<double>(bucket.refill_for.count());
    here.used = std::max(0.0, here.used - refilled);
    here.at = now;
  }
  return &here;
}

void Attempts::add(const Bucket& bucket, Time now) {
  if (Level* here = find(bucket, now); here != nullptr) {
    here->used += 1;
    return;
  }
  order_.push_front({bucket.key, 1, now});
  levels_.emplace(order_.front().key, order_.begin());
  if (order_.size() <= most_) return;
  levels_.erase(order_.back().key);
  order_.pop_back();
}

// Who is refused leaves nothing behind: else names made up by one address would push out the counts of all others.
std::optional<Attempts::Time> Attempts::take(const std::vector<Bucket>& buckets, Time now) {
  const std::lock_guard lock(mutex_);
  Time wait{};
  for (const Bucket& bucket : buckets) {
    const Level* here = find(bucket, now);
    const double over = (here == nullptr ? 0 : here->used) + 1 - bucket.burst;
    if (over > 1e-9)
      wait = std::max(wait, Time(static_cast<std::int64_t>(over * static_cast<double>(bucket.refill_for.count()))));
  }
  if (wait > Time{}) return wait;
  for (const Bucket& bucket : buckets) add(bucket, now);
  return std::nullopt;
}

void Attempts::give_back(const std::vector<Bucket>& buckets, Time now) {
  const std::lock_guard lock(mutex_);
  for (const Bucket& bucket : buckets) {
    if (Level* here = find(bucket, now); here != nullptr) here->used = std::max(0.0, here->used - 1);
  }
}

std::size_t Attempts::size() {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

std::string sender(std::string_view peer) {
  const std::string text(peer);
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address)) return text;
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), 0);
  char out[INET6_ADDRSTRLEN];
  return std::string(inet_ntop(AF_INET6, &address, out, sizeof out)) + "/64";
}

}  // namespace socle::auth
