#include "telemetry/metrics.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <map>
#include <vector>

namespace socle::telemetry {
namespace {

bool valid_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") ==
         std::string_view::npos;
}

void add(std::atomic<double>& to, double amount) {
  double seen = to.load(std::memory_order_relaxed);
  while (!to.compare_exchange_weak(seen, seen + amount, std::memory_order_relaxed)) {}
}

}  // namespace

uint32_t Metrics::define(std::string_view name, Kind kind, std::string_view help) {
  const size_t brace = name.find('{');
  const std::string_view family = name.substr(0, brace);
  const std::string_view labels = brace == std::string_view::npos ? std::string_view{} : name.substr(brace);
  if (!valid_name(family) || (!labels.empty() && labels.back() != '}')) return none;
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].family != family) continue;
    if (series_[i].kind != kind) return none;
    if (series_[i].labels == labels) return static_cast<uint32_t>(i + 1);
  }
  if (series_.size() + 1 >= capacity) return none;
  Series& made = series_.emplace_back();
  made.family = family;
  made.labels = labels;
  made.help = help;
  made.kind = kind;
  made.first_edge = first_edge(family);
  const auto number = static_cast<uint32_t>(series_.size());
  slots_[number].store(&made, std::memory_order_release);
  return number;
}

void Metrics::observe(uint32_t number, double value) {
  if (number == none || number >= capacity || !std::isfinite(value)) return;
  Series* series = slots_[number].load(std::memory_order_acquire);
  if (series == nullptr) return;
  if (series->kind == Kind::gauge) {
    series->value.store(value, std::memory_order_relaxed);
    return;
  }
  if (series->kind == Kind::counter && value < 0) return;
  add(series->value, value);
  if (series->kind == Kind::counter) return;
  series->count.fetch_add(1, std::memory_order_relaxed);
  size_t bucket = 0;
  for (double edge = series->first_edge; bucket < buckets && value > edge; edge *= 2) ++bucket;
  series->hits[bucket].fetch_add(1, std::memory_order_relaxed);
}

std::string Metrics::text() const {
  std::vector<const Series*> all;
  {
    const std::lock_guard lock(mutex_);
    for (const Series& s : series_) all.push_back(&s);
  }
  std::map<std::string_view, std::vector<const Series*>> families;
  for (const Series* s : all) families[s->family].push_back(s);
  std::string out;
  const auto to = std::back_inserter(out);
  constexpr const char* kinds[] = {"counter", "gauge", "histogram"};
  for (const auto& [family, members] : families) {
    fmt::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", family, members[0]->help, family,
                   kinds[static_cast<int>(members[0]->kind)]);
    for (const Series* s : members) {
      if (s->kind != Kind::histogram) {
        fmt::format_to(to, "{}{} {}\n", family, s->labels, s->value.load(std::memory_order_relaxed));
        continue;
      }
      const std::string inner = s->labels.empty() ? "" : s->labels.substr(1, s->labels.size() - 2) + ",";
      uint64_t sum = 0;
      double edge = s->first_edge;
      for (size_t i = 0; i < buckets; ++i, edge *= 2) {
        sum += s->hits[i].load(std::memory_order_relaxed);
        fmt::format_to(to, "{}_bucket{{{}le=\"{}\"}} {}\n", family, inner, edge, sum);
      }
      sum += s->hits[buckets].load(std::memory_order_relaxed);
      fmt::format_to(to, "{}_bucket{{{}le=\"+Inf\"}} {}\n{}_sum{} {}\n{}_count{} {}\n", family, inner, sum, family,
                     s->labels, s->value.load(std::memory_order_relaxed), family, s->labels, sum);
    }
  }
  return out;
}

}  // namespace socle::telemetry
