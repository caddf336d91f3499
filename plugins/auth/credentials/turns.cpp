#include "credentials/turns.hpp"

namespace socle::auth {
namespace {

void count_down(std::map<std::string, unsigned>& counts, const std::string& key) {
  const auto found = counts.find(key);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

std::optional<bool> Turns::enter(const std::string& tenant, const std::string& peer, Waiter waiter) {
  const std::lock_guard lock(mutex_);
  const auto count = [](const std::map<std::string, unsigned>& counts, const std::string& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0U : found->second;
  };
  if (count(of_tenant_, tenant) >= limits_.per_tenant || count(of_peer_, peer) >= limits_.per_peer) return std::nullopt;
  ++of_tenant_[tenant];
  ++of_peer_[peer];
  if (free_ > 0) {
    --free_;
    return true;
  }
  auto& queue = waiting_[tenant];
  if (queue.empty()) order_.push_back(tenant);
  queue.push_back(waiter);
  return false;
}

Task<Result<Turns::Turn>> Turns::take(std::string tenant, std::string peer) {
  Completion<bool> arrived;
  const auto entered = enter(tenant, peer, &arrived);
  if (!entered) co_return Error{Code::exhausted, "too many passwords of this tenant or address are being checked"};
  if (!*entered) co_await arrived;
  co_return Turn(*this, std::move(tenant), std::move(peer));
}

// The slot goes to the first who waits of the tenant whose turn it is.
void Turns::end(const std::string& tenant, const std::string& peer) {
  Waiter next = nullptr;
  {
    const std::lock_guard lock(mutex_);
    count_down(of_tenant_, tenant);
    count_down(of_peer_, peer);
    if (order_.empty()) {
      ++free_;
      return;
    }
    const std::string turn = std::move(order_.front());
    order_.pop_front();
    auto& queue = waiting_[turn];
    next = queue.front();
    queue.pop_front();
    if (queue.empty()) {
      waiting_.erase(turn);
    } else {
      order_.push_back(turn);
    }
  }
  next->set(true);
}

}  // namespace socle::auth
