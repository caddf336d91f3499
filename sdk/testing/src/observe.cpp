// observe.cpp: logs, metrics, limits, spans and fault points of the fake table: all recorded, none printed.
#include <limits>

#include "state.hpp"

namespace socle::testing {
namespace {

using detail::view;

constexpr std::uint32_t no_metric = 0;  // the kernel's answer to a name it cannot take; observe() ignores it

void log(const socle_host* host, int level, const socle_context* context, socle_str message, const socle_pair* fields,
         std::size_t n) {
  State& state = state_of(host);
  (void)state.judge("log");
  LogLine line{static_cast<Level>(level), std::string(view(message)), {}, {}};
  for (std::size_t i = 0; i < n; ++i) line.fields.emplace(view(fields[i].key), view(fields[i].value));
  if (context != nullptr) line.tenant = Context(context).tenant();
  state.logs.push_back(std::move(line));
}

std::uint32_t metric(const socle_host* host, socle_str name, std::uint32_t kind, socle_str) {
  State& state = state_of(host);
  state.worker_only("metric");
  if (state.judge("metric") == Verdict::fail) return no_metric;
  state.metric_names.emplace_back(view(name), kind);
  return static_cast<std::uint32_t>(state.metric_names.size());
}

void observe(const socle_host* host, std::uint32_t id, double value) {
  State& state = state_of(host);
  (void)state.judge("observe");
  if (id == no_metric) return;
  if (id > state.metric_names.size()) return state.misuse("observe: a number that metric() never gave");
  const auto& [name, kind] = state.metric_names[id - 1];
  double& held = state.metrics[name];
  held = kind == SOCLE_METRIC_GAUGE ? value : held + value;
}

double limit(const socle_host* host, const socle_context* context, socle_str name) {
  State& state = state_of(host);
  state.worker_only("limit");
  (void)state.judge("limit");
  if (view(name) == "memory" && context != nullptr) {
    const auto own = state.memory.find(Context(context).tenant());
    if (own != state.memory.end()) return static_cast<double>(own->second);
  }
  const auto found = state.limits.find(view(name));
  return found == state.limits.end() ? std::numeric_limits<double>::infinity() : found->second;
}

void meter(const socle_host* host, const socle_context* context, socle_str name, double amount) {
  State& state = state_of(host);
  state.worker_only("meter");
  (void)state.judge("meter");
  state.meters[{std::string(Context(context).tenant()), std::string(view(name))}] += amount;
}

void meter_level(const socle_host* host, const socle_context* context, socle_str name, double level) {
  State& state = state_of(host);
  state.worker_only("meter_level");
  (void)state.judge("meter_level");
  state.levels[{std::string(Context(context).tenant()), std::string(view(name))}] = level;
}

std::uint64_t span_begin(const socle_host* host, const socle_context*, socle_str name) {
  State& state = state_of(host);
  state.worker_only("span_begin");
  (void)state.judge("span_begin");
  state.spans.emplace_back(view(name));
  state.open_spans.insert(++state.last_id);
  return state.last_id;
}

void span_end(const socle_host* host, std::uint64_t span) {
  State& state = state_of(host);
  state.worker_only("span_end");
  (void)state.judge("span_end");
  if (state.open_spans.erase(span) == 0) state.misuse("span_end: not an open span");
}

socle_status fault_point(const socle_host* host, socle_str name) {
  State& state = state_of(host);
  Code code{};
  if (state.judge("fault_point", code) == Verdict::fail) return detail::status(code);
  const auto found = state.fault_points.find(view(name));
  return found == state.fault_points.end() ? SOCLE_OK : detail::status(found->second);
}

}  // namespace

void fill_observe(socle_host& host) {
  host.log = log;
  host.metric = metric;
  host.observe = observe;
  host.limit = limit;
  host.meter = meter;
  host.meter_level = meter_level;
  host.span_begin = span_begin;
  host.span_end = span_end;
  host.fault_point = fault_point;
}

}  // namespace socle::testing
