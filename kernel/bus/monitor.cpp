#include "bus/monitor.hpp"

#include <algorithm>
#include <chrono>

#include "bus/bus.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {
namespace {

constexpr int64_t second = 1'000'000'000;
constexpr double kept = 0.9;         // of the samples, each second
constexpr size_t most_pairs = 4096;  // of tenant and plugin
constexpr double forgotten = 0.5;    // samples below which a pair goes

std::string plugin_name(const sched::Account* plugin) {
  return plugin != nullptr ? plugin->id().substr(std::string_view("~plugin/").size()) : "kernel";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

void Monitor::start() {
  thread_ = std::thread([this] { run(); });
}

void Monitor::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Monitor::run() {
  int64_t counted = looked_at_ = telemetry::monotonic_now();
  std::unique_lock lock(mutex_);
  seen_.resize(bus_.worker_count());
  bool busy = false;
  while (!stopping_) {
    // Nobody works: ten looks a second find out when that changes.
    changed_.wait_for(lock, std::chrono::nanoseconds(busy ? look_every : 10 * look_every));
    const int64_t now = telemetry::monotonic_now();
    busy = look(now);
    if (now - counted < second) continue;
    counted = now;
    every_second();
  }
}

bool Monitor::look(int64_t now) {
  bool busy = false;
  const double looks = std::min(static_cast<double>(now - looked_at_) / static_cast<double>(look_every), 20.0);
  looked_at_ = now;
  weight_ += looks;
  for (uint32_t i = 0; i < seen_.size(); ++i) {
    Worker& w = bus_.worker(i);
    Seen& seen = seen_[i];
    const uint64_t turns = w.turns();
    const bool idle = w.idle();
    if (idle || turns != seen.turns) {
      seen = {turns, now, false};
    } else if (!seen.told && now - seen.since > stall_after_) {
      seen.told = true;
      ++stalls_;
      const Stall s = describe(i, seen.since, now);
      telemetry::Log::get().write(telemetry::Level::error, "a worker is stuck in plugin code",
                                  {{"worker", std::to_string(i)},
                                   {"tenant", s.tenant},
                                   {"plugin", s.plugin},
                                   {"method", s.method},
                                   {"milliseconds", std::to_string(s.milliseconds)}});
    }
    if (idle) continue;
    busy = true;
    const Key key{w.lane.paying(), w.running_plugin.load(std::memory_order_acquire)};
    if (const auto it = samples_.find(key); it != samples_.end()) {
      it->second += looks;
    } else if (samples_.size() < most_pairs) {
      samples_.emplace(key, looks);
    }
  }
  return busy;
}

void Monitor::used(const sched::Account& account, const sched::Account& plugin, int64_t ns) {
  const std::lock_guard lock(mutex_);
  const double looks = static_cast<double>(ns) / static_cast<double>(look_every);
  if (const auto it = samples_.find({&account, &plugin}); it != samples_.end()) {
    it->second += looks;
  } else if (samples_.size() < most_pairs) {
    samples_.emplace(Key{&account, &plugin}, looks);
  }
}

void Monitor::every_second() {
  weight_ *= kept;
  std::map<const sched::Account*, Rate> rates;
  for (auto it = samples_.begin(); it != samples_.end();) {
    const sched::Account* account = it->first.first;
    if (!rates.contains(account)) {
      const uint64_t requests = account->usage().requests;
      const auto before = rates_.find(account);
      Rate r{requests, 0};
      if (before != rates_.end())
        r.value = before->second.value * 0.5 +
                  0.5 * static_cast<double>(requests - std::min(requests, before->second.requests));
      rates.emplace(account, r);
    }
    it->second *= kept;
    it = it->second < forgotten ? samples_.erase(it) : std::next(it);
  }
  rates_ = std::move(rates);
}

Stall Monitor::describe(uint32_t worker, int64_t since, int64_t now) const {
  const Worker& w = bus_.worker(worker);
  Stall s;
  s.worker = worker;
  s.tenant = w.lane.paying()->id();
  s.plugin = plugin_name(w.running_plugin.load(std::memory_order_acquire));
  const uint32_t target = w.running_target.load(std::memory_order_relaxed);
  s.method = target == UINT32_MAX ? "event" : bus_.target_name(target);
  s.milliseconds = (now - since) / 1'000'000;
  return s;
}

std::vector<Stall> Monitor::stalls() const {
  const int64_t now = telemetry::monotonic_now();
  const std::lock_guard lock(mutex_);
  std::vector<Stall> out;
  for (uint32_t i = 0; i < seen_.size(); ++i) {
    const bool here = bus_.worker(i).turns() == seen_[i].turns && !bus_.worker(i).idle();
    if (here && now - seen_[i].since > stall_after_) out.push_back(describe(i, seen_[i].since, now));
  }
  return out;
}

uint64_t Monitor::stalls_seen() const {
  const std::lock_guard lock(mutex_);
  return stalls_;
}

std::vector<TenantUse> Monitor::top(size_t most) const {
  const std::lock_guard lock(mutex_);
  const double all = std::max(weight_, 1.0);
  std::map<const sched::Account*, TenantUse> by_account;
  for (const auto& [key, count] : samples_) {
    TenantUse& use = by_account[key.first];
    use.account = key.first;
    use.cpu += count / all;
    use.plugins.emplace_back(plugin_name(key.second), count / all);
  }
  std::vector<TenantUse> out;
  out.reserve(by_account.size());
  for (auto& [account, use] : by_account) out.push_back(std::move(use));
  const auto larger = [](const TenantUse& a, const TenantUse& b) { return a.cpu > b.cpu; };
  const size_t n = std::min(most, out.size());
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), larger);
  out.resize(n);
  for (TenantUse& use : out) {
    std::sort(use.plugins.begin(), use.plugins.end(), [](auto& a, auto& b) { return a.second > b.second; });
    use.usage = use.account->usage();
    if (const auto rate = rates_.find(use.account); rate != rates_.end()) use.rate = rate->second.value;
  }
  return out;
}

std::string Monitor::metrics(size_t most) const {
  const std::vector<TenantUse> uses = top(most);
  std::string out;
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help, auto&& value) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
    out.append(type).append("\n");
    for (const TenantUse& use : uses) {
      out.append(name).append("{tenant=\"").append(escaped(use.account->id())).append("\"} ");
      out.append(std::to_string(value(use))).append("\n");
    }
  };
  family("socle_tenant_cpu_seconds_total", "counter", "CPU time charged; the tenants that use most now",
         [](const TenantUse& u) { return static_cast<double>(u.usage.cpu) / 1e9; });
  family("socle_tenant_requests_total", "counter", "Requests admitted",
         [](const TenantUse& u) { return static_cast<double>(u.usage.requests); });
  family("socle_tenant_refused_total", "counter", "Requests refused: over rate, overload, late",
         [](const TenantUse& u) { return static_cast<double>(u.usage.refused + u.usage.shed); });
  family("socle_tenant_memory_bytes", "gauge", "Memory charged",
         [](const TenantUse& u) { return static_cast<double>(u.usage.memory); });
  family("socle_tenant_memory_pressure", "gauge", "0 below half of its memory limit, 1 up to 70 %, 2 above",
         [](const TenantUse& u) { return static_cast<double>(u.account->pressure()); });
  family("socle_tenant_in_flight", "gauge", "Requests being worked on",
         [](const TenantUse& u) { return static_cast<double>(u.usage.in_flight); });
  family("socle_tenant_queued", "gauge", "Requests waiting for a place",
         [](const TenantUse& u) { return static_cast<double>(u.usage.queued); });
  const auto counter = [&](const std::string& name, std::string_view help, uint64_t value) {
    out.append("# HELP " + name + " ").append(help).append("\n# TYPE " + name + " counter\n" + name + " ");
    out.append(std::to_string(value)).append("\n");
  };
  counter("socle_worker_stalls_total", "Times a worker was found stuck in plugin code", stalls_seen());
  counter("socle_channel_lost_messages_total", "Messages in a buffer whose subscriber went", bus_.lost_messages.load());
  return out;
}

}  // namespace socle::bus
