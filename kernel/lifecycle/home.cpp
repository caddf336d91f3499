// home.cpp: where a generation runs: in the kernel's process, or in a cell behind a link (kernel/cell) that the rest of
// the lifecycle takes for a library like any other. What a cell cannot do is refused before anything is started.
#include <algorithm>

#include "lifecycle/lifecycle.hpp"
#include "lifecycle/refusal.hpp"
#include "manifest/choices.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds end_allowance{12'000};
constexpr milliseconds answer_patience{5'000};
constexpr milliseconds least_loop_patience{10'000};  // with offloaded work that computes on

// Why this plugin cannot run in a cell; "": it can.
std::string bound_to_kernel(const manifest::PluginManifest& plugin, const manifest::PluginEntry& entry) {
  if (!entry.listen.empty())
    return "it serves listener '" + entry.listen.front() + "', and connections do not leave the kernel's process";
  const manifest::Permission ingress{manifest::PermissionKind::ingress, ""};
  if (std::find(plugin.permissions.begin(), plugin.permissions.end(), ingress) != plugin.permissions.end())
    return "it says for whom requests are made (permission ingress), and a cell cannot";
  if (!plugin.resident_handles.empty())
    return "its resident handle '" + plugin.resident_handles.front() + "' is a pointer of the kernel's process";
  if (!plugin.filters.empty())
    return "its filter '" + plugin.filters.front().method +
           "' must answer within 2 µs, on the caller's stack; a call into a cell takes longer";
  return {};
}

// Cells per plan or tenant have an instance each, and a swap hands over one's state.
std::string bound_to_one(const manifest::PluginManifest& plugin, const manifest::PluginEntry& entry) {
  if (entry.cell == manifest::CellSharing::shared || plugin.state == manifest::State::none) return {};
  return "its `state: " + std::string(manifest::Text<manifest::State>::print(plugin.state)) +
         "` is one instance's, and with `cell: " +
         std::string(manifest::Text<manifest::CellSharing>::print(entry.cell)) + "` it has several; say `cell: shared`";
}

cell::Sharing sharing_of(manifest::CellSharing sharing) {
  switch (sharing) {
    case manifest::CellSharing::shared: break;
    case manifest::CellSharing::per_plan: return cell::Sharing::per_plan;
    case manifest::CellSharing::per_tenant: return cell::Sharing::per_tenant;
  }
  return cell::Sharing::shared;
}

}  // namespace

// A plugin runs where the operator says; what he does not say is a cell. `socle plugin load` without --home goes by the
// plugin's own manifest, as there is no entry to say it in.
Status Lifecycle::check_home(const manifest::PluginManifest& plugin, const manifest::PluginEntry& entry) const {
  if (entry.home.value_or(manifest::Home::cell) == manifest::Home::kernel) return {};
  if (std::string why = bound_to_one(plugin, entry); !why.empty())
    return Error{Code::unsupported, "plugin '" + plugin.plugin + "' cannot have cells of its own: " + why};
  std::string why = bound_to_kernel(plugin, entry);
  if (why.empty() && !cells) why = "this process starts none";
  if (why.empty()) return {};
  return Error{Code::unsupported, "plugin '" + plugin.plugin +
                                      "' is to run in a cell (home: cell, the default) and cannot: " + why +
                                      "; if you trust it to run in the kernel's process, say `home: kernel` in its "
                                      "entry of the system manifest (or --home kernel)"};
}

// Methods are numbered here, by the manifest; the cell maps them to its library's.
void Lifecycle::link(GenerationRecord& record, bus::Generation& runtime) const {
  const Package& package = record.package;
  const manifest::PluginManifest& m = *package.manifest;
  cell::CellSpec spec;
  spec.text.plugin = m.plugin;
  spec.text.version = to_string(m.version);
  spec.text.config = package.config;
  spec.text.generation = record.seq;
  spec.text.abi_minor = record.abi_minor;
  {
    const std::lock_guard lock(mutex_);
    spec.text.offload_threads = system_.offload.threads;
    spec.text.offload_queue = system_.offload.queue;
  }
  spec.text.may_act_as = runtime.grants.act_as ? 1 : 0;
  for (const auto& provided : m.provides) {
    for (const auto& [method, facts] : provided.methods)
      spec.text.methods.push_back({to_string(provided.service), method});
  }
  for (const auto& sub : m.subscribes) {
    const auto same = [&](const cell::MethodName& known) { return known.service.empty() && known.name == sub.method; };
    if (std::none_of(spec.text.methods.begin(), spec.text.methods.end(), same))
      spec.text.methods.push_back({"", sub.method});
  }
  spec.library = std::filesystem::absolute(record.image).string();
  spec.spawn = cells(package);
  spec.start_timeout = m.start_timeout;
  spec.hang = std::max<std::chrono::nanoseconds>(2 * m.health.timeout, milliseconds(100));
  spec.text.loop_patience =
      static_cast<uint64_t>(std::max<std::chrono::nanoseconds>(5 * spec.hang, least_loop_patience).count());
  spec.restart.least = m.restart.backoff.least;
  spec.restart.most = m.restart.backoff.most;
  spec.restart.count = static_cast<uint32_t>(m.restart.intensity.count);
  spec.restart.per = m.restart.intensity.per;
  spec.stop_timeout = m.stop_timeout;
  spec.sharing = sharing_of(package.entry.cell);
  spec.most_own = package.entry.limits.cells;
  spec.idle = package.entry.limits.idle;
  auto made = std::make_unique<cell::Link>(*bus_, runtime, std::move(spec));
  runtime.attach(&made->descriptor());
  const std::lock_guard lock(mutex_);
  record.link = std::move(made);
}

// STOP if it still listens; then its process ends, and with it whatever it left. Nothing of a cell is ever retained.
void Lifecycle::bury_cell(GenerationRecord& record) {
  bus::Generation& g = *record.runtime;
  if (g.instance != nullptr) {
    const auto timeout = duration_cast<milliseconds>(record.package.manifest->stop_timeout);
    const bus::Answer stopped = bus_->run_hook(g, bus_->staging(), SOCLE_HOOK_STOP, {}, timeout);
    if (stopped.status != SOCLE_OK && stopped.status != SOCLE_UNSUPPORTED) {
      telemetry::Log::get().write(telemetry::Level::warn, "stop failed, the cell is killed: " + stopped.message,
                                  {{"plugin", g.plugin}, {"code", to_string(static_cast<Code>(stopped.status))}});
      record.link->kill();
    }
    bus_->on_each_worker([&g](bus::Worker& w) { w.forget(g); }, answer_patience);
    // Own cells are asked to stop by destroy(), side by side.
    if (!bus_->run_staged([&g] { g.descriptor->destroy(g.instance); }, timeout + end_allowance,
                          g.plugin + ": end of its cell"))
      return set_state(record, State::retained, "its process could not be ended");
    g.instance = nullptr;
  }
  set_state(record, State::retired);
  std::error_code ignored;  // a copy that stays behind is deleted at the next start
  std::filesystem::remove(record.image, ignored);
  set_state(record, State::unmapped);
}

Status Lifecycle::expel(const std::string& tenant) {
  std::vector<RecordPtr> in_cells;
  {
    const std::lock_guard lock(mutex_);
    for (const RecordPtr& r : records_) {
      if (r->link != nullptr && r->state != State::unmapped) in_cells.push_back(r);
    }
  }
  for (const RecordPtr& r : in_cells) {
    if (auto expelled = r->link->expel(tenant); !expelled) return expelled;
  }
  return {};
}

Result<SwapReport> Lifecycle::move(const std::string& name, manifest::Home home) {
  std::unique_lock change_lock(change_mutex_, std::defer_lock);
  auto set = prepare(change_lock, [&] { return set_moved(name, home); });
  auto outcome = set ? change(std::move(*set)) : Result<Outcome>(std::move(set).error());
  if (!outcome) {
    log_refused("move", outcome.error(), name, "");
    return std::move(outcome).error();
  }
  return settle(std::move(change_lock), *outcome, "active");
}

Result<Lifecycle::ChangeSet> Lifecycle::set_moved(const std::string& name, manifest::Home home) const {
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end())
    return Error{Code::not_found, "no plugin '" + name + "' is loaded; `socle plugin list` names those that are"};
  Package package = it->second.primary->package;
  if (package.home() == home)
    return Error{Code::conflict, "plugin '" + name + "' runs in " +
                                     (package.in_cell() ? "a cell" : "the kernel's process") + " already"};
  package.entry.home = home;
  if (auto may = check_home(*package.manifest, package.entry); !may) return std::move(may).error();
  ChangeSet set;
  set.put.push_back(std::move(package));
  return set;
}

}  // namespace socle::lifecycle
