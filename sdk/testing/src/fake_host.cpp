// fake_host.cpp: FakeHost's own functions; the table's slots are in the files beside.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "state.hpp"

namespace socle::testing {

State::State(HostOptions wanted) : options(wanted) {
  table.state = this;
  table.host.struct_size = options.grown ? static_cast<std::uint32_t>(sizeof(socle_host) + sizeof table.later)
                                         : static_cast<std::uint32_t>(sizeof(socle_host));
  table.host.abi_major = SOCLE_ABI_MAJOR;
  table.host.abi_minor = static_cast<std::uint16_t>(SOCLE_ABI_MINOR + (options.grown ? 1 : 0));
  fill_payloads(table.host);
  fill_calls(table.host);
  fill_contexts(table.host);
  fill_loop(table.host);
  fill_observe(table.host);
  fill_edges(table.host);
  fill_sched(table.host);
}

FakeHost::FakeHost(HostOptions options) : state_(std::make_unique<State>(options)) { detail::host_table = table(); }

FakeHost::~FakeHost() {
  // Handles and their destroy functions belong to the host by contract.
  for (const auto& [name, resident] : std::exchange(state_->residents, {})) resident.destroy(resident.handle);
  state_->services.clear();
  if (std::uncaught_exceptions() > 0 || state_->seen) return;
  if (const std::string left = state_->alive(); !left.empty()) {
    std::fprintf(stderr, "socle::testing::FakeHost: the test leaves behind:\n%s", left.c_str());
    std::abort();
  }
}

const socle_host* FakeHost::table() const { return &state_->table.host; }

bool FakeHost::step() { return state_->step(); }

void FakeHost::run_until_idle() {
  for (int i = 0; i < 1'000'000; ++i) {
    if (!state_->step()) return;
  }
  std::fprintf(stderr, "socle::testing::FakeHost: a million callbacks and still not idle\n");
  std::abort();
}

void FakeHost::advance(Duration length) {
  run_until_idle();
  const std::int64_t end = state_->clock + length.count();
  for (;;) {
    auto& timers = state_->timers;
    auto first = timers.end();
    for (auto it = timers.begin(); it != timers.end(); ++it) {
      if (!it->second.stalled && (first == timers.end() || it->second.due < first->second.due)) first = it;
    }
    if (first == timers.end() || first->second.due > end) break;
    const Armed timer = first->second;
    timers.erase(first);
    state_->clock = std::max(state_->clock, timer.due);
    state_->schedule_event(timer.worker, timer.done, timer.user, SOCLE_OK);
    run_until_idle();
  }
  state_->clock = end;
}

Instant FakeHost::now() const { return {state_->clock}; }
void FakeHost::give_up() { state_->give_up(); }

void FakeHost::serve(std::string service, std::string method, ServiceFunction function, Answers answers) {
  std::erase_if(state_->services, [&](const Provided& p) { return p.service == service && p.method == method; });
  state_->services.push_back({std::move(service), std::move(method), std::move(function), answers});
}

void FakeHost::script(std::string service, std::string method, std::vector<Reply> replies) {
  serve(std::move(service), std::move(method),
        [replies = std::move(replies), next = std::size_t{0}](const ServiceCall&) mutable -> Reply {
          if (next < replies.size()) return replies[next++];
          return Reply::error(Code::internal, "script_ended", "the test's script has no further reply");
        });
}

void FakeHost::deny(std::string service) { state_->denied.insert(std::move(service)); }

void FakeHost::fail(std::string_view function, Code code, unsigned nth) {
  state_->add_rule({std::string(function), nth, Verdict::fail, false, code}, "fail");
}
void FakeHost::stall(std::string_view function, unsigned nth) {
  state_->add_rule({std::string(function), nth, Verdict::stall, false, Code::internal}, "stall");
}
void FakeHost::crash(std::string_view function, unsigned nth) {
  state_->add_rule({std::string(function), nth, Verdict::go, true, Code::internal}, "crash");
}
void FakeHost::release_stalled() { state_->release_stalled(); }
void FakeHost::cancel_await_point(unsigned nth) {
  state_->await_points = 0;
  state_->cancel_at = nth;
}
void FakeHost::fault_at(std::string_view fault_point, Code code) {
  state_->fault_points[std::string(fault_point)] = code;
}
unsigned FakeHost::count(std::string_view function) const {
  const auto found = state_->counts.find(function);
  return found == state_->counts.end() ? 0 : found->second;
}
unsigned FakeHost::await_points() const { return state_->await_points; }

const std::vector<LogLine>& FakeHost::logs() const { return state_->logs; }
bool FakeHost::logged(std::string_view part) const {
  return std::ranges::any_of(state_->logs, [part](const LogLine& line) {
    return line.message.find(part) != std::string::npos || std::ranges::any_of(line.fields, [part](const auto& field) {
             return field.second.find(part) != std::string::npos;
           });
  });
}
const std::vector<Publication>& FakeHost::publications() const { return state_->publications; }
double FakeHost::metric(std::string_view name) const {
  const auto found = state_->metrics.find(name);
  return found == state_->metrics.end() ? 0 : found->second;
}
double FakeHost::metered(std::string_view tenant, std::string_view name) const {
  const auto found = state_->meters.find({std::string(tenant), std::string(name)});
  return found == state_->meters.end() ? 0 : found->second;
}
double FakeHost::level(std::string_view tenant, std::string_view name) const {
  const auto found = state_->levels.find({std::string(tenant), std::string(name)});
  return found == state_->levels.end() ? 0 : found->second;
}
const std::vector<std::string>& FakeHost::spans() const { return state_->spans; }
const std::vector<std::string>& FakeHost::audit() const { return state_->audit; }
const std::vector<std::uint64_t>& FakeHost::closed() const { return state_->closed; }
unsigned FakeHost::late_replies() const { return state_->late_replies; }
void FakeHost::set_limit(std::string name, double value) { state_->limits[std::move(name)] = value; }
void FakeHost::set_rate(std::string tenant, socle_rate rate) { state_->rates[std::move(tenant)] = rate; }
void FakeHost::set_slice_left(Duration left) { state_->slice = left.count(); }
void FakeHost::set_pressure(std::string tenant, std::uint32_t level) { state_->pressure[std::move(tenant)] = level; }
void FakeHost::set_memory(std::string tenant, std::size_t bytes) { state_->memory[std::move(tenant)] = bytes; }
std::size_t FakeHost::held(std::string_view tenant) const { return state_->held_by(tenant); }
Duration FakeHost::cpu_charged(std::string_view tenant) const {
  const auto found = state_->cpu_used.find(tenant);
  return Duration(found == state_->cpu_used.end() ? 0 : found->second);
}
std::string FakeHost::charged(std::uint64_t connection) const {
  const auto found = state_->charged.find(connection);
  return found == state_->charged.end() ? std::string() : found->second;
}
void FakeHost::set_catalog(std::string name, std::string json) {
  state_->catalog[std::move(name)] = std::move(json);
  ++state_->catalog_version;
}
std::vector<FakeHost::Returned> FakeHost::take_returned() { return std::exchange(state_->returned, {}); }

std::size_t FakeHost::frames() const { return state_->frames.size(); }
std::size_t FakeHost::payloads() const { return state_->payloads.size(); }
std::string FakeHost::leaks() const {
  state_->seen = true;
  return state_->alive();
}

}  // namespace socle::testing
