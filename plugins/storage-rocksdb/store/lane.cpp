#include "store/lane.hpp"

#include <algorithm>

namespace socle::storage {
namespace {

bool alone(const Call& call) { return call.method == Method::restore; }

}  // namespace

Lane::Lane(Committer& committer, LaneShare& share, LaneHost& host, LaneLimits limits, const Meters& meters)
    : committer_(committer), share_(share), host_(host), limits_(limits), meters_(meters) {
  const std::lock_guard lock(share_.mutex);
  self_ = ++share_.lanes;
}

Status Lane::open() {
  const std::lock_guard lock(share_.mutex);
  auto opened = committer_.open(host_.now_ms());
  if (opened) share_.owner = self_;
  return opened;
}

// An aborted swap gives the calls back to the generation whose successor had already taken over.
void Lane::commit(const std::vector<Call*>& group) {
  const std::lock_guard lock(share_.mutex);
  if (share_.owner != self_) {
    if (auto opened = committer_.open(host_.now_ms()); !opened) {
      for (Call* call : group) call->answer = Answer(Outcome<Done>(opened.error()).problem());
      return;
    }
    share_.owner = self_;
  }
  committer_.commit(group, host_.now_ms());
}

bool Lane::background() {
  const std::lock_guard lock(share_.mutex);
  if (share_.owner != self_) return false;
  if (committer_.background(host_.now_ms())) return true;
  if (nudged_.exchange(false, std::memory_order_seq_cst)) committer_.settle();
  return false;
}

void Lane::measure(const std::vector<Call*>& group) const {
  std::size_t done = 0;
  for (const Call* call : group) {
    done += call->answer.failed ? 0 : 1;
    meters_.write_seconds.observe(seconds_since(call->submitted));
  }
  meters_.group_calls.observe(static_cast<double>(group.size()));
  meters_.writes.add(static_cast<double>(done));
  meters_.refused.add(static_cast<double>(group.size() - done));
}

void Lane::submit(Call* call) {
  call->submitted = MeterClock::now();
  Call* first = waiting_.load(std::memory_order_relaxed);
  do {
    call->next = first;
  } while (!waiting_.compare_exchange_weak(first, call, std::memory_order_seq_cst, std::memory_order_relaxed));
  if (!running_.exchange(true, std::memory_order_seq_cst)) host_.start_lane();
}

void Lane::nudge() {
  nudged_.store(true, std::memory_order_seq_cst);
  if (!running_.exchange(true, std::memory_order_seq_cst)) host_.start_lane();
}

void Lane::run() {
  for (;;) {
    take_waiting();
    auto group = next_group();
    if (!group.empty()) {
      commit(group);
      measure(group);
      const auto advanced = committer_.advanced();
      send_home(group);
      if (!advanced.empty()) host_.advanced(advanced);
      continue;
    }
    if (background()) continue;
    nudged_.store(false, std::memory_order_seq_cst);
    running_.store(false, std::memory_order_seq_cst);
    // Who submitted after the last look saw `running_` on and left it to us.
    if (waiting_.load(std::memory_order_seq_cst) == nullptr || running_.exchange(true, std::memory_order_seq_cst))
      return;
  }
}

void Lane::abandon(const Error& error) {
  do {
    take_waiting();
    std::vector<Call*> all;
    for (auto& [tenant, queue] : queues_) all.insert(all.end(), queue.calls.begin(), queue.calls.end());
    queues_.clear();
    turns_.clear();
    for (Call* call : all) call->answer = Answer(Outcome<Done>(error).problem());
    send_home(all);
    running_.store(false, std::memory_order_seq_cst);
    // As in run(): who submitted meanwhile left it to us.
  } while (waiting_.load(std::memory_order_seq_cst) != nullptr && !running_.exchange(true, std::memory_order_seq_cst));
}

void Lane::take_waiting() {
  Call* last = waiting_.exchange(nullptr, std::memory_order_seq_cst);
  Call* first = nullptr;
  while (last != nullptr) {  // newest first: turn it round
    Call* before = last->next;
    last->next = first;
    first = last;
    last = before;
  }
  while (first != nullptr) {
    Call* call = first;
    first = first->next;
    Queue& queue = queues_[std::string(call->tenant)];
    if (queue.bytes + call->bytes > limits_.queue_bytes && !queue.calls.empty()) {
      call->answer = Answer(Problem{Code::unavailable,
                                    "write_queue_full",
                                    "more than " + std::to_string(limits_.queue_bytes >> 20) +
                                        " MiB of this tenant's writes wait already: retry after a short while",
                                    {},
                                    0});
      refused_.push_back(call);
      continue;
    }
    if (queue.calls.empty()) turns_.emplace_back(call->tenant);
    queue.calls.push_back(call);
    queue.bytes += call->bytes;
  }
  send_home(refused_);
  refused_.clear();
}

// Each tenant in turn gives calls up to its byte cap; who did not fit comes first next time. A restore is a group of
// its own, for the committer refuses one beside writes; it ends the group before it and stays first in turn.
std::vector<Call*> Lane::next_group() {
  std::vector<Call*> group;
  std::size_t bytes = 0;
  for (std::size_t turns = turns_.size(); turns > 0; --turns) {
    if (bytes >= limits_.group_bytes || group.size() >= limits_.group_calls) break;
    if (!group.empty() && (alone(*group.back()) || alone(*queues_[turns_.front()].calls.front()))) break;
    const std::string tenant = turns_.front();
    turns_.pop_front();
    take_from(tenant, group, bytes);
    if (queues_[tenant].calls.empty()) {
      queues_.erase(tenant);
    } else {
      turns_.push_back(tenant);
    }
  }
  return group;
}

void Lane::take_from(const std::string& tenant, std::vector<Call*>& group, std::size_t& bytes) {
  Queue& queue = queues_[tenant];
  std::size_t taken = 0;
  while (!queue.calls.empty() && group.size() < limits_.group_calls) {
    Call* call = queue.calls.front();
    if (!group.empty() && (alone(*call) || alone(*group.back()))) return;
    const bool fits = taken + call->bytes <= limits_.tenant_bytes && bytes + call->bytes <= limits_.group_bytes;
    if (!fits && taken > 0) return;
    if (!fits && bytes > 0 && bytes + call->bytes > limits_.group_bytes) return;
    queue.calls.pop_front();
    queue.bytes -= call->bytes;
    taken += call->bytes;
    bytes += call->bytes;
    group.push_back(call);
  }
}

void Lane::send_home(const std::vector<Call*>& calls) {
  std::vector<std::pair<std::uint32_t, Call*>> homes;  // few workers: a list does
  for (auto at = calls.rbegin(); at != calls.rend(); ++at) {
    auto home = std::find_if(homes.begin(), homes.end(), [&](auto& h) { return h.first == (*at)->worker; });
    if (home == homes.end()) home = homes.insert(homes.end(), {(*at)->worker, nullptr});
    (*at)->next = home->second;
    home->second = *at;
  }
  for (const auto& [worker, first] : homes) host_.deliver(worker, first);
}

}  // namespace socle::storage
