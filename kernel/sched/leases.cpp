// leases.cpp: Lane's part of the node-wide budgets: a slice of the rate for 100 ms, chunks of memory, requests in work
// and those that wait. A slice is small beside its budget: what one worker keeps of it another cannot use meanwhile.
#include <algorithm>
#include <cmath>

#include "sched/lane.hpp"

namespace socle::sched {
namespace {

constexpr int64_t lease_for = 100'000'000;  // of requests
constexpr uint32_t most_requests = 64;
constexpr int64_t most_chunk = 64 * 1024;
constexpr int64_t parts = 16;  // of a budget: what all workers may keep of it unused is one, two of memory
constexpr int64_t probe_every = 16;

int64_t chunk_of(const Account& account) {
  const uint64_t cap = account.memory_cap();
  const uint64_t share = cap / static_cast<uint64_t>(parts * static_cast<int64_t>(account.lanes()));
  return static_cast<int64_t>(std::min<uint64_t>(share, most_chunk));
}

// A cap under memory pressure: a half, then a quarter of it.
uint32_t pressed(uint32_t cap, uint32_t pressure) {
  constexpr uint32_t uncapped = 256;
  if (pressure == 0) return cap;
  return std::max<uint32_t>((cap == Limits::no_count ? uncapped : cap) >> pressure, 1);
}

}  // namespace

bool Lane::take_request(Flow& f, Account& account, int64_t now) {
  if (!account.rate_limited()) return true;
  if (f.requests_left > 0 && (now >= f.requests_until || f.requests_epoch != account.epoch())) {
    account.give_requests(f.requests_left, f.requests_epoch);
    f.requests_left = 0;
  }
  if (f.requests_left == 0) {
    const Limits limits = account.limits();
    const double share = limits.rate * (static_cast<double>(lease_for) / 1e9);
    const double each = std::min(share, limits.burst / parts) / static_cast<double>(account.lanes());
    const auto most = static_cast<uint32_t>(std::clamp(each, 1.0, static_cast<double>(most_requests)));
    f.requests_epoch = account.epoch();
    f.requests_left = account.take_requests(most, now);
    f.requests_until = now + lease_for;
    leases_ = true;
    if (f.requests_left == 0) return false;
  }
  --f.requests_left;
  return true;
}

bool Lane::take_place(Flow& f) {
  Account& account = *f.account.load(std::memory_order_relaxed);
  if (!account.begin(pressed(account.in_flight_cap(), account.pressure()))) return false;
  f.in_flight.add(1);
  return true;
}

bool Lane::take_waiting(Flow& f) {
  if (!take_place(f)) return false;
  no_longer_waits(f);
  f.requests.add(1);
  return true;
}

void Lane::no_longer_waits(Flow& f) {
  f.queued.add(-1);
  f.account.load(std::memory_order_relaxed)->stop_waiting();
}

Admission Lane::admit(Flow& f, int64_t now, int64_t deadline, int64_t& retry_after) {
  Account& account = *f.account.load(std::memory_order_relaxed);
  if (!take_request(f, account, now)) {
    f.refused.add(1);
    retry_after = account.rate_state(now).retry_after;
    return Admission::over_rate;
  }
  // Not before those who wait, on whichever worker.
  if (account.waiting() == 0 && take_place(f)) {
    f.requests.add(1);
    return Admission::admitted;
  }
  const uint32_t before = account.wait();
  f.queued.add(1);
  // Every place frees up once in a service time, so that is what each request ahead of this one costs.
  const double wait = f.service * (1 + (before + 1.0) / std::max<uint32_t>(account.running(), 1));
  retry_after = static_cast<int64_t>(wait);
  // Who gave a place back before it could see that somebody waits has told nobody of it.
  if (before == 0 && take_waiting(f)) return Admission::admitted;
  if (before >= account.queue_cap()) {
    no_longer_waits(f);
    f.shed.add(1);
    return Admission::over_queue;
  }
  // One in 16 is let through whatever the estimate says, or a single slow time would never be measured again.
  if (wait > static_cast<double>(deadline - now) && ++f.probes % probe_every != 0) {
    no_longer_waits(f);
    f.shed.add(1);
    return Admission::too_late;
  }
  leases_ = true;
  return Admission::queued;
}

size_t Lane::finished(Flow& f, int64_t service, int64_t latency) {
  f.in_flight.add(-1);
  if (service >= 0) {
    f.latencies.add(latency);
    f.service += (static_cast<double>(service) - f.service) / 16;
  }
  Account& account = *f.account.load(std::memory_order_relaxed);
  account.end();
  return next_to_begin(account);
}

// The workers in turn, from the one behind this, so that none keeps the places to itself.
size_t Lane::next_to_begin(const Account& account) const {
  if (account.waiting() == 0) return nobody;
  for (size_t i = 1; i <= account.lanes(); ++i) {
    const size_t lane = (queue.lane() + i) % account.lanes();
    const Flow* f = account.flow(lane);
    if (f != nullptr && f->account.load(std::memory_order_acquire) == &account && f->queued.get() > 0) return lane;
  }
  return nobody;
}

RateState Lane::rate_state(Account& account, int64_t now) {
  RateState s = account.rate_state(now);
  const Flow* f = account.flow(queue.lane());
  if (f != nullptr && f->requests_left > 0 && now < f->requests_until && f->requests_epoch == account.epoch()) {
    s.remaining += f->requests_left;
    s.retry_after = 0;
  }
  return s;
}

bool Lane::lease_memory(Flow& f, int64_t bytes) {
  if (bytes <= 0) return true;  // the words of a refusal, beside what was forced over the budget
  Account& account = *f.account.load(std::memory_order_relaxed);
  const int64_t short_of = f.memory.get() + bytes - f.memory_leased;
  for (const int64_t chunk : {short_of + chunk_of(account), short_of}) {
    if (!account.take_memory(chunk)) continue;
    f.memory_leased += chunk;
    return true;
  }
  return false;
}

uint64_t Lane::memory_left(const Account& account, uint64_t cap) const {
  if (cap == Limits::no_bytes) return cap;
  const Flow* f = account.flow(queue.lane());
  const int64_t spare = f != nullptr ? f->memory_leased - f->memory.get() : 0;
  const auto held = static_cast<uint64_t>(std::max<int64_t>(account.memory() - spare, 0));
  return held < cap ? cap - held : 0;
}

void Lane::release(Account& account, int64_t bytes) {
  Flow* f = account.flow(queue.lane());
  if (f == nullptr) return account.give_memory(bytes);
  f->memory.add(-bytes);
  const int64_t chunk = chunk_of(account);
  if (const int64_t spare = f->memory_leased - f->memory.get(); spare > 2 * chunk) {
    account.give_memory(spare - chunk);
    f->memory_leased -= spare - chunk;
  }
}

}  // namespace socle::sched
