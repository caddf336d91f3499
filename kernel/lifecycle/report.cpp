// report.cpp: what operators may ask: lists, health, top (explain.cpp: why). JSON; the CLI makes tables of it.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "crash/report.hpp"
#include "lifecycle/cells_report.hpp"
#include "lifecycle/json_text.hpp"
#include "lifecycle/lifecycle.hpp"
#include "manifest/choices.hpp"
#include "telemetry/clock.hpp"

namespace socle::lifecycle {
namespace {

struct Usage {
  int64_t calls = 0, kernel_errors = 0, other_errors = 0;
};

Usage usage(bus::Generation& g) {
  Usage u;
  for (uint32_t w = 0; w < g.counter_sets(); ++w) {
    for (const bus::MethodStats& m : g.at(w).methods) {
      u.calls += m.calls.get();
      u.kernel_errors += m.kernel_errors.get();
      u.other_errors += m.other_errors.get();
    }
  }
  return u;
}

// p99 in microseconds over the sampled calls of all methods.
double p99(bus::Generation& g) {
  std::array<int64_t, 160> sum{};
  int64_t samples = 0;
  for (uint32_t w = 0; w < g.counter_sets(); ++w) {
    for (const bus::MethodStats& m : g.at(w).methods) {
      for (size_t i = 0; i < sum.size(); ++i) {
        sum[i] += m.latency[i].get();
        samples += m.latency[i].get();
      }
    }
  }
  double rank = static_cast<double>(samples) * 0.99;
  for (size_t i = 0; i < sum.size(); ++i) {
    rank -= static_cast<double>(sum[i]);
    if (rank <= 0 && samples > 0) return bus::MethodStats::edge(i + 1) / 1e3;
  }
  return 0;
}

struct Memory {
  int64_t mapped = 0, resident = 0;  // bytes
};

// What the process map says of files below gen/, by path: code and data of each generation's own copy.
std::map<std::string, Memory> mapped_images() {
  std::map<std::string, Memory> out;
  std::ifstream smaps("/proc/self/smaps");
  Memory* current = nullptr;
  for (std::string line; std::getline(smaps, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first.ends_with(":")) {
      int64_t kib = 0;
      if (current != nullptr && (first == "Size:" || first == "Rss:") && words >> kib)
        (first == "Size:" ? current->mapped : current->resident) += kib * 1024;
      continue;
    }
    const size_t path = line.find('/');
    current =
        path != std::string::npos && line.find("/gen/", path) != std::string::npos ? &out[line.substr(path)] : nullptr;
  }
  return out;
}

using Images = std::map<std::string, Memory>;

void write_generation(JsonText& json, const GenerationRecord& r, const Images& images, const Processes& processes) {
  json.begin_object()
      .string("plugin", r.name())
      .string("version", to_string(r.package.manifest->version))
      .number("generation", r.seq);
  json.string("state", to_string(r.state))
      .string("reason", r.reason)
      .string("home", r.package.in_cell() ? "cell" : "kernel")
      .string("sha256", r.package.sha256);
  json.string("path", r.package.entry.path.string()).string("signed_by", r.package.signer);
  json.string("state_mode", manifest::Text<manifest::State>::print(r.package.manifest->state));
  if (r.active_since != 0) json.string("active_since", telemetry::iso8601(r.active_since));
  if (!r.judged.verdict.empty()) json.string("verdict", r.judged.verdict);  // of a canary
  json.number("load_ms", static_cast<double>(r.load_time.count()) / 1e3);
  write_cells(json, r, processes);
  json.string("health", r.health.ill ? "ill" : "ok").string("health_text", r.health.text);
  if (!r.package.in_cell()) {
    const auto image = images.find(r.image.string());
    const Memory memory = image != images.end() ? image->second : Memory{};
    json.number("memory_bytes", memory.mapped).number("resident_bytes", memory.resident);
  }
  if (r.runtime != nullptr) {
    bus::Generation& g = *r.runtime;
    const Usage u = usage(g);
    json.number("in_flight", g.sum(&bus::WorkerCounters::in_flight))
        .number("calls", u.calls)
        .number("kernel_errors", u.kernel_errors);
    json.number("other_errors", u.other_errors).number("late_replies", g.sum(&bus::WorkerCounters::late_replies));
    json.number("connections", g.sum(&bus::WorkerCounters::connections))
        .number("frames", g.sum(&bus::WorkerCounters::frames));
    json.number("timers", g.sum(&bus::WorkerCounters::timers)).number("watches", g.sum(&bus::WorkerCounters::watches));
  }
  json.end_object();
}

}  // namespace

std::string Lifecycle::list_json() const {
  const Images images = mapped_images();
  std::vector<pid_t> pids;
  std::unique_lock lock(mutex_);
  for (const RecordPtr& r : records_) add_cell_pids(*r, pids);
  lock.unlock();
  const Processes processes = cell::memory_use(pids);
  lock.lock();
  JsonText json;
  json.begin_object().begin_array("plugins");
  for (const RecordPtr& r : records_) {
    if (r->state != State::unmapped) write_generation(json, *r, images, processes);
  }
  return json.end_array().end_object().take();
}

Result<std::string> Lifecycle::show_json(const std::string& name) const {
  const Images images = mapped_images();
  const auto crash = crash::last_of(system().data, name);
  std::vector<pid_t> pids;
  std::unique_lock lock(mutex_);
  for (const RecordPtr& r : records_) {
    if (r->name() == name) add_cell_pids(*r, pids);
  }
  lock.unlock();
  const Processes processes = cell::memory_use(pids);
  lock.lock();
  JsonText json;
  json.begin_object().string("plugin", name).begin_array("generations");
  const RecordPtr* last = nullptr;
  for (const RecordPtr& r : records_) {
    if (r->name() != name) continue;
    write_generation(json, *r, images, processes);
    last = &r;
  }
  if (last == nullptr)
    return Error{Code::not_found, "no plugin '" + name +
                                      "' is or was loaded; `socle plugin list` names those that are" +
                                      (crash ? "; it crashed: " + *crash : "")};
  const auto& m = *(*last)->package.manifest;
  json.end_array().begin_array("provides");
  for (const auto& p : m.provides) json.string({}, to_string(p.service));
  json.end_array().begin_array("requires");
  for (const auto& need : m.requires_) json.string({}, to_string(need.service));
  json.end_array().string("describe", m.describe);
  if (crash) json.raw("last_crash", *crash);
  return json.end_object().take();
}

std::string Lifecycle::status_json() const {
  const std::lock_guard lock(mutex_);
  JsonText json;
  json.begin_object().string("status", stopping_ ? "stopping" : "ok").number("plugins", members_.size());
  json.number("workers", bus_->worker_count());
  const auto count = [this](State s) {
    return std::count_if(records_.begin(), records_.end(), [s](const RecordPtr& r) { return r->state == s; });
  };
  json.number("draining", count(State::draining))
      .number("retained", count(State::retained))
      .number("late_replies", bus_->late_replies.load());
  json.number("payloads", bus::Payload::alive()).number("routes_version", snapshot_version_.load());
  size_t cell_count = 0;
  for (const RecordPtr& r : records_)
    cell_count += r->link != nullptr && r->state != State::unmapped ? r->link->facts().size() : 0;
  json.number("cells", cell_count);
  json.number("lost_threads", bus_->lost_threads());
  return json.end_object().take();
}

std::string Lifecycle::top_json() const {
  const std::lock_guard lock(mutex_);
  JsonText json;
  json.begin_object().begin_array("plugins");
  for (const RecordPtr& r : records_) {
    if (r->runtime == nullptr || r->state == State::unmapped) continue;
    const Usage u = usage(*r->runtime);
    json.begin_object()
        .string("plugin", r->name())
        .number("generation", r->seq)
        .string("state", to_string(r->state))
        .number("calls", u.calls);
    if (r->link != nullptr) json.number("cells", r->link->facts().size());
    json.number("kernel_errors", u.kernel_errors)
        .number("p99_us", p99(*r->runtime))
        .number("in_flight", r->runtime->sum(&bus::WorkerCounters::in_flight));
    json.end_object();
  }
  json.end_array().begin_array("tenants");
  for (const bus::TenantUse& use : bus_->monitor().top(20)) {
    json.begin_object()
        .string("tenant", use.account->id())
        .number("cpu_percent", use.cpu * 100)
        .number("rate", use.rate)
        .number("p99_us", use.usage.p99_us);
    json.number("memory_bytes", use.usage.memory)
        .number("memory_pressure", use.account->pressure())
        .number("in_flight", use.usage.in_flight)
        .number("queued", use.usage.queued)
        .number("requests", use.usage.requests)
        .number("refused", use.usage.refused)
        .number("shed", use.usage.shed)
        .number("cpu_seconds", static_cast<double>(use.usage.cpu) / 1e9);
    json.begin_array("plugins");
    for (const auto& [plugin, cpu] : use.plugins)
      json.begin_object().string("plugin", plugin).number("cpu_percent", cpu * 100).end_object();
    json.end_array().end_object();
  }
  json.end_array().begin_array("workers");
  for (uint32_t i = 0; i < bus_->worker_count(); ++i) {
    const bus::Worker& w = bus_->worker(i);
    const sched::Account* running = w.running_plugin.load();
    json.begin_object()
        .number("worker", i)
        .number("turns", w.turns())
        .boolean("idle", w.idle())
        .number("connections", w.connections.load());
    json.string("running", running != nullptr ? running->id().substr(8) : "").end_object();
  }
  return json.end_array().end_object().take();
}

std::string Lifecycle::cells_in_trouble() const {
  std::string out;
  const auto add = [&out](const std::string& name, const std::string& what) {
    out.append(out.empty() ? "" : "; ").append("plugin '").append(name).append("' ").append(what);
  };
  const std::lock_guard lock(mutex_);
  for (const RecordPtr& r : records_) {
    if (r->link == nullptr || r->state != State::active) continue;
    const auto all = r->link->facts();
    for (const cell::CellFacts& c : all) {
      if (c.state == "down")
        add(r->name(), "has no cell" + (c.owner.empty() ? "" : " for " + c.owner) + " now, which died " +
                           std::to_string(c.deaths) + " times: " + c.last_death);
    }
    const size_t most = r->package.entry.limits.cells;
    if (all.size() > most)  // the common one is beside them
      add(r->name(), "has all the " + std::to_string(most) + " cells its `limits.cells` allows");
  }
  return out;
}

std::string Lifecycle::drift() const {
  const manifest::SystemManifest running = system();
  if (running.file.empty()) return {};
  auto file = manifest::load_system_manifest(running.file);
  if (file) manifest::lay_over(*file, running.overrides);
  if (!file) return "the system manifest does not read: " + file.error().message;
  std::string out;
  for (const auto& change : manifest::difference(running, *file)) out += (out.empty() ? "" : ", ") + change.key;
  const Members members = members_copy();
  for (const auto& entry : running.plugins) {
    const auto loaded = [&](const auto& m) {
      const auto& path = m.second.primary->package.entry.path;
      return path == entry.path || (entry.canary && path == entry.canary->path);
    };
    if (std::none_of(members.begin(), members.end(), loaded))
      out += (out.empty() ? "" : ", ") + entry.path.string() + " is not what runs";
  }
  return out;
}

std::map<std::string, std::string> Lifecycle::configs() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, member] : members_copy()) out.emplace(name, member.primary->package.config);
  return out;
}

bool Lifecycle::worker_answers(uint32_t index) {
  bus::Worker& w = bus_->worker(index);
  const uint64_t before = w.turns();
  w.post([] {});
  for (int i = 0; i < 1000 && w.turns() == before && !w.idle(); ++i) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(1));
  }
  return w.turns() != before || w.idle();
}

}  // namespace socle::lifecycle
