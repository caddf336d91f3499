#include "sched/account.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sched/flow.hpp"
#include "telemetry/clock.hpp"

namespace socle::sched {
namespace {

constexpr int64_t second = 1'000'000'000;
// Of a rate, in ns: three years between two requests, a hundred to fill a burst up. Their sum, and the uptime, fit an
// int64_t.
constexpr double longest_interval = 1e17;
constexpr double longest_tolerance = 3e18;

// How many requests a GCRA with these numbers admits at once.
int64_t conforming(int64_t due, int64_t tolerance, int64_t interval, int64_t now) {
  const int64_t room = now + tolerance - due;
  return room < 0 ? 0 : room / interval + 1;
}

}  // namespace

std::string edge_name(std::string_view peer) {
  std::string out = "~peer/";
  in6_addr address{};
  const bool whole =
      peer.find(':') != std::string_view::npos && inet_pton(AF_INET6, std::string(peer).c_str(), &address) == 1;
  if (!whole || IN6_IS_ADDR_V4MAPPED(&address)) return out.append(peer);
  std::fill_n(address.s6_addr + 8, 8, uint8_t{0});
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &address, text, sizeof text);
  return out.append(text).append("/64");
}

double Latencies::quantile(const std::array<uint64_t, buckets>& sum, double share) {
  uint64_t total = 0;
  for (const uint64_t n : sum) total += n;
  double rank = static_cast<double>(total) * share;
  for (size_t i = 0; i < buckets && total > 0; ++i) {
    rank -= static_cast<double>(sum[i]);
    if (rank <= 0) return std::ldexp(5.0 + static_cast<double>(i % 4), static_cast<int>(i / 4));
  }
  return 0;
}

Account::Account(std::string id, Kind kind, size_t lanes)
    : id_(new std::string(std::move(id))), kind_(kind), lanes_(static_cast<uint8_t>(lanes)) {}

Account::~Account() {
  delete[] flows_.load();
  delete id_.load();
}

bool Account::unused() const {
  for (size_t lane = 0; lane < lanes_; ++lane) {
    if (flow(lane) != nullptr) return false;
  }
  return arrivals.load(std::memory_order_relaxed) == 0 && memory() == 0;
}

std::unique_ptr<const std::string> Account::rename(std::string id) {
  past_cpu_ = 0;
  past_requests_ = past_refused_ = past_shed_ = 0;
  told_pressure_ = 0;
  return std::unique_ptr<const std::string>(id_.exchange(new std::string(std::move(id)), std::memory_order_acq_rel));
}

void Account::set_weight(double weight) {
  weight_ = weight >= Limits::least_weight ? std::min(weight, Limits::most_weight) : Limits::least_weight;
}

void Account::set_memory(uint64_t memory, uint64_t call_memory) {
  memory_cap_.store(memory, std::memory_order_relaxed);
  call_memory_.store(call_memory, std::memory_order_relaxed);
}

void Account::set(const Limits& l) {
  set_weight(l.weight);
  cpu_ = l.cpu >= Limits::least_cpu ? l.cpu : Limits::least_cpu;
  in_flight_ = std::max<uint32_t>(l.in_flight, 1);
  queue_ = l.queue;
  set_memory(l.memory, l.call_memory);
  if (l.rate >= Limits::no_rate) {
    if (interval_.exchange(0) != 0) ++epoch_;
    return;
  }
  const bool none = !(l.rate > 0);
  // Clamped before it is an integer: beyond int64_t the conversion may give anything, one request a nanosecond too.
  const auto interval =
      none ? 3600 * second : static_cast<int64_t>(std::clamp(std::round(1e9 / l.rate), 1.0, longest_interval));
  const double burst = std::max(1.0, l.burst > 0 ? l.burst : l.rate);
  tolerance_ =
      none ? -interval : static_cast<int64_t>(std::min((burst - 1) * static_cast<double>(interval), longest_tolerance));
  // Neither a debt under the old rate nor what workers have leased of it is carried over: it was counted in other
  // units.
  if (interval_.exchange(interval) == interval) return;
  due_ = 0;
  epoch_.fetch_add(1, std::memory_order_release);
}

Limits Account::limits() const {
  Limits l;
  l.weight = weight_;
  l.cpu = cpu_;
  l.in_flight = in_flight_;
  l.queue = queue_;
  l.memory = memory_cap_;
  l.call_memory = call_memory_;
  if (const int64_t interval = interval_; interval > 0) {
    const int64_t tolerance = tolerance_;
    l.rate = tolerance < 0 ? 0 : 1e9 / static_cast<double>(interval);
    const int64_t at_once = tolerance / interval + 1;
    l.burst = tolerance < 0 ? 0 : static_cast<double>(at_once);
  }
  return l;
}

uint32_t Account::take_requests(uint32_t most, int64_t now) {
  const int64_t interval = interval_.load(std::memory_order_relaxed);
  if (interval == 0) return most;
  const int64_t tolerance = tolerance_.load(std::memory_order_relaxed);
  int64_t due = due_.load(std::memory_order_relaxed);
  for (;;) {
    const int64_t from = std::max(due, now);
    const int64_t n = std::min<int64_t>(conforming(from, tolerance, interval, now), most);
    if (n == 0) return 0;
    if (due_.compare_exchange_weak(due, from + n * interval, std::memory_order_relaxed))
      return static_cast<uint32_t>(n);
  }
}

void Account::give_requests(uint32_t unused, uint32_t epoch) {
  if (epoch != this->epoch()) return;
  due_.fetch_sub(unused * interval_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

RateState Account::rate_state(int64_t now) const {
  RateState s;
  const int64_t interval = interval_.load(std::memory_order_relaxed);
  if (interval == 0) return s;
  const Limits l = limits();
  const int64_t tolerance = tolerance_.load(std::memory_order_relaxed);
  const int64_t from = std::max(due_.load(std::memory_order_relaxed), now);
  s.limit = l.rate;
  s.burst = l.burst;
  s.remaining = conforming(from, tolerance, interval, now);
  s.retry_after = std::max<int64_t>(0, from - tolerance - now);
  s.reset_for = tolerance < 0 ? s.retry_after : from - now;  // a rate of 0: there is nothing before that
  return s;
}

bool Account::begin(uint32_t cap) {
  if (cap == Limits::no_count) {
    running_.fetch_add(1);
    return true;
  }
  for (uint32_t now = running_.load(); now < cap;) {
    if (running_.compare_exchange_weak(now, now + 1)) return true;
  }
  return false;
}

uint64_t Account::working_cap() const {
  const uint64_t cap = memory_cap_.load(std::memory_order_relaxed);
  if (cap == Limits::no_bytes) return cap;
  const auto kept = static_cast<uint64_t>(std::max<int64_t>(kept_.load(std::memory_order_relaxed), 0));
  return kept > cap / 2 ? cap + (kept - cap / 2) : cap;
}

bool Account::take_memory(int64_t bytes) {
  const uint64_t cap = working_cap();
  const int64_t after = memory_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (bytes <= 0 || after <= 0 || static_cast<uint64_t>(after) <= cap) return true;
  memory_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

uint32_t Account::pressure() const {
  const uint64_t cap = memory_cap_.load(std::memory_order_relaxed);
  const uint32_t told = told_pressure_.load(std::memory_order_relaxed);
  if (cap == Limits::no_bytes) return told;
  const auto kept = static_cast<double>(std::max<int64_t>(kept_.load(std::memory_order_relaxed), 0));
  const double theirs = std::max(static_cast<double>(working_cap()) - kept, 1.0);
  const double share = std::max(static_cast<double>(memory()) - kept, 0.0) / theirs;
  return std::max<uint32_t>(share < 0.5 ? 0 : share <= 0.7 ? 1 : 2, told);
}

Flow* Account::flow(size_t lane) const {
  const auto* flows = flows_.load(std::memory_order_acquire);
  return flows != nullptr && lane < lanes_ ? flows[lane].load(std::memory_order_acquire) : nullptr;
}

void Account::set_flow(size_t lane, Flow* flow) {
  auto* flows = flows_.load(std::memory_order_acquire);
  if (flows == nullptr) {
    auto* made = new std::atomic<Flow*>[lanes_]();
    if (flows_.compare_exchange_strong(flows, made, std::memory_order_acq_rel)) {
      flows = made;
    } else {
      delete[] made;
    }
  }
  flows[lane].store(flow, std::memory_order_release);
}

void Account::fold(const Usage& past) {
  past_cpu_.fetch_add(past.cpu, std::memory_order_relaxed);
  past_requests_.fetch_add(past.requests, std::memory_order_relaxed);
  past_refused_.fetch_add(past.refused, std::memory_order_relaxed);
  past_shed_.fetch_add(past.shed, std::memory_order_relaxed);
}

int64_t Account::cpu() const {
  int64_t sum = past_cpu_;
  for (size_t lane = 0; lane < lanes_; ++lane) {
    const Flow* f = flow(lane);
    if (f != nullptr && f->account.load(std::memory_order_acquire) == this) sum += f->cpu.get();
  }
  return sum;
}

Usage Account::usage() const {
  Usage u;
  u.cpu = past_cpu_;
  u.requests = past_requests_;
  u.refused = past_refused_;
  u.shed = past_shed_;
  u.memory = memory();
  std::array<uint64_t, Latencies::buckets> latencies{};
  for (size_t lane = 0; lane < lanes_; ++lane) {
    const Flow* f = flow(lane);
    if (f == nullptr || f->account.load(std::memory_order_acquire) != this) continue;
    u.cpu += f->cpu.get();
    u.requests += f->requests.get();
    u.refused += f->refused.get();
    u.shed += f->shed.get();
    u.in_flight += f->in_flight.get();
    u.queued += f->queued.get();
    f->latencies.add_to(latencies);
  }
  u.p99_us = Latencies::quantile(latencies, 0.99);
  return u;
}

Accounts::Accounts(size_t lanes) : lanes_(lanes), kernel_(&make("~kernel", Account::Kind::kernel)) {}
Accounts::~Accounts() = default;

Account& Accounts::make(std::string id, Account::Kind kind) {
  const std::lock_guard lock(mutex_);
  if (const auto it = accounts_.find(id); it != accounts_.end()) return *it->second;
  if (kind == Account::Kind::edge && edges_.size() >= max_edges) {
    Account* idle = idle_edge();
    if (idle == nullptr) return *edges_[std::hash<std::string>{}(id) % edges_.size()];
    auto node = accounts_.extract(idle->id());
    bury(idle->rename(std::move(id)), telemetry::monotonic_now());
    node.key() = idle->id();
    accounts_.insert(std::move(node));
    return *idle;
  }
  auto made = kind == Account::Kind::tenant ? spare() : nullptr;
  if (made != nullptr) {
    bury(made->rename(std::move(id)), telemetry::monotonic_now());
  } else {
    made = std::make_unique<Account>(std::move(id), kind, lanes_);
  }
  Account& account = *made;
  if (kind != Account::Kind::tenant) {
    Limits l;
    l.weight = kind == Account::Kind::edge ? edge_weight : house_weight;
    account.set(l);
  }
  if (kind == Account::Kind::edge) edges_.push_back(&account);
  accounts_.emplace(account.id(), std::move(made));
  return account;
}

// Looks at a few, so that a flood of addresses that are all at work costs no more than that.
Account* Accounts::idle_edge() {
  constexpr size_t looks = 64;
  for (size_t i = 0; i < looks; ++i) {
    Account* at = edges_[hand_++ % edges_.size()];
    if (at->unused()) return at;
  }
  return nullptr;
}

std::unique_ptr<Account> Accounts::spare() {
  if (spare_.empty() || telemetry::monotonic_now() - spare_.front().since < rest) return nullptr;
  std::unique_ptr<Account> found = std::move(spare_.front().account);
  spare_.pop_front();
  if (found->unused()) return found;
  spare_.push_back({std::move(found), telemetry::monotonic_now()});
  return nullptr;
}

void Accounts::bury(std::unique_ptr<const std::string> name, int64_t now) {
  while (!names_.empty() && now - names_.front().second >= rest) names_.pop_front();
  names_.emplace_back(std::move(name), now);
}

// It gets another name at once, so that nobody who has kept it takes it for the next tenant of that id.
void Accounts::forget(std::string_view id, int64_t now) {
  const std::lock_guard lock(mutex_);
  const auto it = accounts_.find(id);
  if (it == accounts_.end() || it->second->kind() != Account::Kind::tenant) return;
  std::unique_ptr<Account> gone = std::move(it->second);
  accounts_.erase(it);
  gone->set({});
  bury(gone->rename("~gone"), now);
  spare_.push_back({std::move(gone), now});
}

Account& Accounts::tenant(std::string_view id) { return make(std::string(id), Account::Kind::tenant); }
Account& Accounts::edge(std::string_view peer) { return make(edge_name(peer), Account::Kind::edge); }
Account& Accounts::plugin(std::string_view name) {
  return make(std::string("~plugin/").append(name), Account::Kind::plugin);
}

Account& Accounts::named(std::string_view id) {
  if (id.empty()) return *kernel_;
  return id.starts_with("~peer/") ? edge(id.substr(6)) : tenant(id);
}

Account* Accounts::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto it = accounts_.find(id);
  return it != accounts_.end() ? it->second.get() : nullptr;
}

void Accounts::each(const std::function<void(Account&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, account] : accounts_) visit(*account);
}

size_t Accounts::size() const {
  const std::lock_guard lock(mutex_);
  return accounts_.size();
}

}  // namespace socle::sched
