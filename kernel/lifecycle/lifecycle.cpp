#include "lifecycle/lifecycle.hpp"

#include <algorithm>
#include <cassert>
#include <thread>

#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {
constexpr std::chrono::milliseconds install_patience{5'000};
constexpr size_t unmapped_kept = 64;  // records of unmapped generations that `plugin show` can still tell of
}  // namespace

Lifecycle::Lifecycle(manifest::SystemManifest system, telemetry::Metrics& metrics, loader::Store store,
                     loader::Resident resident, FaultPoint fault_point)
    : system_(std::move(system)), store_(std::move(store)), resident_(std::move(resident)) {
  bus::Settings settings;
  settings.workers = static_cast<unsigned>(system_.workers.value_or(std::max(1U, std::thread::hardware_concurrency())));
  settings.offload_threads = static_cast<unsigned>(system_.offload.threads);
  settings.offload_queue = system_.offload.queue;
  settings.fault_point = std::move(fault_point);
  bus_ = std::make_unique<bus::Bus>(settings, metrics, this);
  bus_->start();
  health_ = std::thread([this] { health_loop(); });
}

Lifecycle::~Lifecycle() {
  shut_down();
  bus_->stop();
}

Result<std::unique_ptr<Lifecycle>> Lifecycle::open(const manifest::SystemManifest& system, telemetry::Metrics& metrics,
                                                   FaultPoint fault_point) {
  auto store = loader::Store::open(system.data);
  if (!store) return std::move(store).error();
  auto resident = loader::Resident::preload(system.resident);
  if (!resident) return std::move(resident).error();
  return std::unique_ptr<Lifecycle>(
      new Lifecycle(system, metrics, std::move(*store), std::move(*resident), std::move(fault_point)));
}

void Lifecycle::set_state(GenerationRecord& record, State state, std::string reason) {
  const std::string seq = std::to_string(record.seq);
  {
    const std::lock_guard lock(mutex_);
    record.state = state;
    record.reason = reason;
    if (state == State::active || state == State::canary) record.active_since = telemetry::utc_now();
    const auto gone = [](const RecordPtr& r) { return r->state == State::unmapped; };
    if (static_cast<size_t>(std::count_if(records_.begin(), records_.end(), gone)) > unmapped_kept) {
      records_.erase(std::find_if(records_.begin(), records_.end(), gone));
    }
  }
  // What it never gives back was its tenants'.
  if (state == State::retained && record.runtime != nullptr) record.runtime->kept.give_up();
  changed_.notify_all();
  telemetry::Log::get().write(state == State::retained ? telemetry::Level::warn : telemetry::Level::info,
                              "generation is " + std::string(to_string(state)),
                              {{"plugin", record.name()}, {"generation", seq}, {"reason", reason}});
}

Members Lifecycle::members_copy() const {
  const std::lock_guard lock(mutex_);
  return members_;
}

manifest::SystemManifest Lifecycle::system() const {
  const std::lock_guard lock(mutex_);
  return system_;
}

size_t Lifecycle::plugin_count() const {
  const std::lock_guard lock(mutex_);
  return members_.size();
}

std::vector<const Package*> Lifecycle::packages_of(const Members& members) const {
  std::vector<const Package*> out;
  for (const auto& [name, member] : members) out.push_back(&member.primary->package);
  return out;
}

Status Lifecycle::add_house_service(std::string_view manifest, std::unique_ptr<bus::Generation> runtime) {
  auto parsed = manifest::parse_plugin_manifest(manifest, runtime->plugin + "/manifest.yaml");
  if (!parsed) return std::move(parsed).error();
  const auto record = std::make_shared<GenerationRecord>();
  record->package.manifest = std::make_shared<const manifest::PluginManifest>(std::move(*parsed));
  record->state = State::active;
  record->runtime = std::move(runtime);
  house_[record->name()].primary = record;
  return {};
}

Members Lifecycle::with_house(Members members) const {
  members.insert(house_.begin(), house_.end());
  return members;
}

void Lifecycle::add_house(std::vector<const Package*>& packages) const {
  for (const auto& [name, member] : house_) packages.push_back(&member.primary->package);
}

void Lifecycle::install(const Members& members, const manifest::SystemManifest& system) {
  const auto snapshot = build_snapshot(*bus_, with_house(members), system, ++snapshot_version_);
  assert(std::all_of(snapshot->routes.begin(), snapshot->routes.end(), [](const bus::Route& route) {
    return route.before.size() + route.after.size() <= bus::most_filters;  // check_fit()
  }));
  if (auto s = bus_->install(snapshot, install_patience); !s) {
    // A worker that hangs in plugin code cannot be waited for; the others serve, and it will see the routes when it
    // wakes.
    telemetry::Log::get().write(telemetry::Level::error, s.error().message);
  }
  const std::lock_guard lock(mutex_);
  members_ = members;
}

void Lifecycle::connection_closed(uint64_t id) {
  if (on_connection_closed) on_connection_closed(id);
}

// A resident TLS object is one of libssl's (abi.h), which the kernel itself does not need.
void Lifecycle::tls_dropped(void* tls) {
  if (const auto free_tls = reinterpret_cast<void (*)(void*)>(resident_.symbol("SSL_free")); free_tls != nullptr)
    free_tls(tls);
}

socle_status Lifecycle::resident_put(bus::Generation& g, std::string_view name, uint32_t version, void* handle,
                                     void (*destroy)(void*)) {
  if (destroy == nullptr || resident_.owner_of(reinterpret_cast<const void*>(destroy)).empty()) return SOCLE_INVALID;
  const std::lock_guard lock(mutex_);
  const auto record =
      std::find_if(records_.begin(), records_.end(), [&](const RecordPtr& r) { return r->seq == g.seq; });
  const auto named = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (record == records_.end() || !named((*record)->package.manifest->resident_handles)) {
    telemetry::Log::get().write(telemetry::Level::warn,
                                "resident handle '" + std::string(name) +
                                    "' refused: the manifest does not name it; add it to `resident_handles`",
                                {{"plugin", g.plugin}, {"code", to_string(Code::denied)}});
    return SOCLE_DENIED;
  }
  const auto it = std::find_if(handles_.begin(), handles_.end(),
                               [&](const Resident& r) { return r.plugin == g.plugin && r.name == name; });
  if (it != handles_.end()) return it->handle == handle ? SOCLE_OK : SOCLE_CONFLICT;
  handles_.push_back({g.plugin, std::string(name), version, handle, destroy});
  return SOCLE_OK;
}

void* Lifecycle::resident_take(bus::Generation& g, std::string_view name, uint32_t version) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(handles_.begin(), handles_.end(), [&](const Resident& r) {
    return r.plugin == g.plugin && r.name == name && r.version == version;
  });
  return it != handles_.end() ? it->handle : nullptr;
}

}  // namespace socle::lifecycle
