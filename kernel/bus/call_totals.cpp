#include "bus/call_totals.hpp"

#include <fmt/format.h>

#include <iterator>

#include "bus/generation.hpp"
#include "bus/payload.hpp"
#include "socle/result.hpp"

namespace socle::bus {
namespace {

std::string_view status_name(size_t status) { return status == SOCLE_OK ? "ok" : to_string(static_cast<Code>(status)); }

}  // namespace

void CallTotals::enter(const Generation& g) {
  Living living{&g, {}};
  for (size_t i = 0; i < g.descriptor->method_count; ++i) {
    const socle_method& m = g.descriptor->methods[i];
    // Methods that only filters and channels use belong to no service.
    living.methods.emplace_back(m.service.size > 0 ? view(m.service) : std::string_view(g.plugin), view(m.name));
  }
  const std::lock_guard lock(mutex_);
  living_.push_back(std::move(living));
}

void CallTotals::leave(const Generation& g) {
  const std::lock_guard lock(mutex_);
  for (auto at = living_.begin(); at != living_.end(); ++at) {
    if (at->generation != &g) continue;
    add(ended_, *at);
    living_.erase(at);
    return;
  }
}

void CallTotals::add(Table& to, const Living& living) {
  auto& g = const_cast<Generation&>(*living.generation);
  for (size_t i = 0; i < living.methods.size(); ++i) {
    Method* sum = nullptr;
    for (size_t w = 0; w < g.counter_sets(); ++w) {
      const MethodStats& stats = g.at(static_cast<uint32_t>(w)).methods[i];
      if (stats.calls.get() == 0) continue;
      if (sum == nullptr) {
        const auto at = to.find(living.methods[i]);
        sum = at != to.end() ? &at->second : &to[to.size() < most ? living.methods[i] : Name("other", "other")];
      }
      for (size_t s = 0; s < statuses; ++s) sum->ended[s] += stats.ended[s].get();
      for (size_t b = 0; b < stats.latency.size(); ++b) {
        // Bucket b holds [2^(b/4), …) nanoseconds in quarters of a power.
        const size_t power = b / 4;
        const size_t edge = power < first_power ? 0 : (power - first_power) / power_step + 1;
        sum->timed[std::min(edge, edges)] += stats.latency[b].get();
      }
      sum->timed_for += stats.timed_for.get();
    }
  }
}

std::string CallTotals::text() const {
  Table all;
  {
    const std::lock_guard lock(mutex_);
    all = ended_;
    for (const Living& living : living_) add(all, living);
  }
  std::string out = "# HELP socle_calls_total Calls by method and how they ended\n# TYPE socle_calls_total counter\n";
  const auto to = std::back_inserter(out);
  for (const auto& [name, method] : all) {
    for (size_t s = 0; s < statuses; ++s) {
      if (method.ended[s] == 0) continue;
      fmt::format_to(to, "socle_calls_total{{service=\"{}\",method=\"{}\",status=\"{}\"}} {}\n", name.first,
                     name.second, status_name(s), method.ended[s]);
    }
  }
  out += "# HELP socle_call_seconds How long calls take, of one in eight\n# TYPE socle_call_seconds histogram\n";
  for (const auto& [name, method] : all) {
    const std::string labels = fmt::format("service=\"{}\",method=\"{}\"", name.first, name.second);
    int64_t sum = 0;
    for (size_t e = 0; e < edges; ++e) {
      sum += method.timed[e];
      const double edge = static_cast<double>(uint64_t{1} << (first_power + e * power_step)) * 1e-9;
      fmt::format_to(to, "socle_call_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, edge, sum);
    }
    sum += method.timed[edges];
    fmt::format_to(to, "socle_call_seconds_bucket{{{0},le=\"+Inf\"}} {1}\nsocle_call_seconds_sum{{{0}}} {2}\n", labels,
                   sum, static_cast<double>(method.timed_for) * 1e-9);
    fmt::format_to(to, "socle_call_seconds_count{{{}}} {}\n", labels, sum);
  }
  return out;
}

}  // namespace socle::bus
