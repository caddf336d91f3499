#include "verify/table.hpp"

#include <vector>

namespace socle::auth {
namespace {

std::string subject_of(std::string_view tenant, std::string_view user) {
  return std::string(tenant).append("\n").append(user);
}

}  // namespace

Known* Table::find(const Digest& digest) {
  const auto found = slots_.find(digest);
  if (found == slots_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return &found->second->known;
}

void Table::put(const Digest& digest, Known known, std::uint64_t epoch) {
  if (epoch != epoch_) return;
  drop(digest);
  std::string subject = subject_of(known.tenant, known.user);
  order_.push_front({digest, std::move(known), std::move(subject)});
  slots_.emplace(digest, order_.begin());
  subjects_.emplace(order_.front().subject, order_.begin());
  if (order_.size() > most_) remove(std::prev(order_.end()));
}

void Table::drop(const Digest& digest) {
  const auto found = slots_.find(digest);
  if (found != slots_.end()) remove(found->second);
}

void Table::remove(Order::iterator slot) {
  const auto [begin, end] = subjects_.equal_range(slot->subject);
  for (auto at = begin; at != end; ++at) {
    if (at->second == slot) {
      subjects_.erase(at);
      break;
    }
  }
  slots_.erase(slot->digest);
  order_.erase(slot);
}

template <class Match>
std::size_t Table::forget(std::string_view tenant, std::string_view user, Match match) {
  ++epoch_;
  const std::string subject = subject_of(tenant, user);
  std::vector<Order::iterator> found;
  const auto [begin, end] = subjects_.equal_range(subject);
  for (auto at = begin; at != end; ++at) {
    if (match(at->second->known)) found.push_back(at->second);
  }
  for (const auto slot : found) remove(slot);
  return found.size();
}

std::size_t Table::forget_user(std::string_view tenant, std::string_view user) {
  return forget(tenant, user, [](const Known&) { return true; });
}
std::size_t Table::forget_session(std::string_view tenant, std::string_view user, std::string_view session) {
  return forget(tenant, user, [session](const Known& known) { return known.session == session; });
}
std::size_t Table::forget_key(std::string_view tenant, std::string_view user, std::string_view key) {
  return forget(tenant, user, [key](const Known& known) { return known.key == key; });
}

std::size_t Table::forget_tenant(std::string_view tenant) {
  ++epoch_;
  std::size_t count = 0;
  for (auto at = order_.begin(); at != order_.end();) {
    const auto slot = at++;
    if (slot->known.tenant != tenant) continue;
    remove(slot);
    ++count;
  }
  return count;
}

}  // namespace socle::auth
