// leases.cpp: Lane's part of the node-wide budgets: a slice of the rate for 100 ms, places for calls in flight, chunks
// of memory. The shared word of a budget is touched when a slice is taken or given back, not per request.
#include <algorithm>
#include <cmath>

#include "sched/lane.hpp"

namespace socle::sched {
namespace {

constexpr int64_t lease_for = 100'000'000;  // of requests
constexpr uint32_t most_requests = 64;
constexpr int64_t most_chunk = 64 * 1024;
constexpr int64_t probe_every = 16;

// As many places at a time as keep 16 slices in a cap; small caps are exact.
uint32_t place_slice(uint32_t cap) { return std::clamp<uint32_t>(cap / 16, 1, most_requests); }

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
    const double share = account.limits().rate * (static_cast<double>(lease_for) / 1e9);
    const double each = share / static_cast<double>(account.lanes());
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
  const uint32_t cap = pressed(account.in_flight_cap(), account.pressure());
  const auto running = static_cast<uint32_t>(f.in_flight.get());
  // More are leased than there may be now: the cap has fallen. Free ones go back, also while requests wait.
  if (const uint32_t leased = account.places(); leased > cap && f.places > running) {
    const uint32_t back = std::min(f.places - running, leased - cap);
    account.give_places(back);
    f.places -= back;
  }
  if (cap != Limits::no_count && running >= f.places) {
    const uint32_t got = account.take_places(place_slice(cap), cap);
    f.places += got;
    leases_ = true;
    if (got == 0) return false;
  }
  f.in_flight.add(1);
  return true;
}

Admission Lane::admit(Flow& f, int64_t now, int64_t deadline, int64_t& retry_after) {
  Account& account = *f.account.load(std::memory_order_relaxed);
  if (!take_request(f, account, now)) {
    f.refused.add(1);
    retry_after = account.rate_state(now).retry_after;
    return Admission::over_rate;
  }
  if (f.queued.get() == 0 && take_place(f)) {
    f.requests.add(1);
    return Admission::admitted;
  }
  // Every place frees up once in a service time, so that is what each request ahead of this one costs.
  const auto ahead = static_cast<double>(f.queued.get() + 1);
  const double wait = f.service * (1 + ahead / static_cast<double>(std::max<int64_t>(f.in_flight.get(), 1)));
  retry_after = static_cast<int64_t>(wait);
  if (f.queued.get() >= account.queue_cap()) {
    f.shed.add(1);
    return Admission::over_queue;
  }
  // One in 16 is let through whatever the estimate says, or a single slow time would never be measured again.
  if (wait > static_cast<double>(deadline - now) && ++f.probes % probe_every != 0) {
    f.shed.add(1);
    return Admission::too_late;
  }
  f.queued.add(1);
  leases_ = true;
  return Admission::queued;
}

bool Lane::finished(Flow& f, int64_t service, int64_t latency) {
  f.in_flight.add(-1);
  if (service >= 0) {
    f.latencies.add(latency);
    f.service += (static_cast<double>(service) - f.service) / 16;
  }
  Account& account = *f.account.load(std::memory_order_relaxed);
  const auto running = static_cast<uint32_t>(std::max<int64_t>(f.in_flight.get(), 0));
  if (f.queued.get() > 0) return true;
  const uint32_t spare = f.places > running ? f.places - running : 0;
  if (const uint32_t slice_of = place_slice(account.in_flight_cap()); spare >= 2 * slice_of) {
    account.give_places(spare - slice_of);
    f.places -= spare - slice_of;
  }
  return false;
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
  for (const int64_t chunk : {short_of + most_chunk, short_of}) {
    if (!account.take_memory(chunk)) continue;
    f.memory_leased += chunk;
    return true;
  }
  return false;
}

uint64_t Lane::memory_left(const Account& account) const {
  const uint64_t cap = account.memory_cap();
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
  if (const int64_t spare = f->memory_leased - f->memory.get(); spare > 4 * most_chunk) {
    account.give_memory(spare - most_chunk);
    f->memory_leased -= spare - most_chunk;
  }
}

}  // namespace socle::sched
