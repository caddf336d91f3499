// stage.cpp: brings one generation up beside what serves: copy, map, create, START, SELF_TEST, all on the staging
// thread, each with a time-out. A generation that fails is discarded and nobody else has noticed.
#include "crash/handler.hpp"
#include "lifecycle/lifecycle.hpp"
#include "loader/mapped.hpp"
#include "telemetry/clock.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds load_timeout{10'000};
constexpr milliseconds cell_end_allowance{12'000};  // a cell that does not start in time is ended, too

std::string answer_text(const bus::Answer& answer) {
  std::string text = answer.message.empty() ? std::string(to_string(static_cast<Code>(answer.status))) : answer.message;
  if (!answer.code.empty()) text += " (" + answer.code + ")";
  return text;
}

std::string seconds(std::chrono::nanoseconds d) { return manifest::to_string(manifest::Duration(d)); }

std::string who(const Package& p) { return "plugin '" + p.manifest->plugin + "' " + to_string(p.manifest->version); }

}  // namespace

// Lets calls that staged code makes see the routes as they will be; only the staging worker is told.
void Lifecycle::preview(const Members& members, const manifest::SystemManifest& system) {
  const auto snapshot = build_snapshot(*bus_, with_house(members), system, snapshot_version_);
  bus_->run_staged([snapshot] { bus::Worker::current()->snapshot = snapshot; }, load_timeout);
}

// The checked bytes as a mapping of their own.
Status Lifecycle::map(GenerationRecord& record, const loader::Expected& expected, const loader::Policy& policy) {
  std::shared_ptr<const loader::Verified> verified = std::exchange(record.package.verified, nullptr);
  if (verified == nullptr) {
    auto stored = store_.get(record.package.sha256, expected, policy);
    if (!stored) return std::move(stored).error();
    verified = std::make_shared<const loader::Verified>(std::move(*stored));
  }
  auto copy = store_.copy(*verified);
  if (!copy) return std::move(copy).error();
  record.package.signer = verified->signed_by.value_or("");
  record.seq = copy->sequence;
  record.image = copy->path;
  record.state = State::verified;
  record.abi_minor = verified->abi.minor;
  if (record.package.in_cell()) return {};  // its own process maps it
  auto library = std::make_shared<std::optional<Result<loader::Library>>>();
  const bool returned = bus_->run_staged(
      [library, copy = *copy, verified, policy, manifest = record.package.manifest, seq = record.seq] {
        const std::string version = to_string(manifest->version);
        const crash::Blame blame(manifest->plugin, version, seq, "load");
        library->emplace(loader::Library::load(copy, *verified, policy));
      },
      load_timeout, record.name() + ": load");
  if (!returned) {
    set_state(record, State::retained, "loading did not end");
    return Error{Code::deadline, "loading did not end within " + seconds(load_timeout) +
                                     ": a static constructor or the entry function hangs; it stays mapped"};
  }
  if (!**library) {
    const auto file = loader::identify(record.image);  // the copy is deleted once it is unmapped
    const auto mappings = file ? loader::count_mappings(*file) : Result<std::size_t>(0);
    const bool mapped = !mappings || *mappings > 0;
    set_state(record, mapped ? State::retained : State::unmapped, mapped ? "refused, and still mapped" : "");
    return std::move(**library).error();
  }
  const std::lock_guard lock(mutex_);
  record.library.emplace(std::move(***library));
  return {};
}

// Gives the generation its runtime. Every method its manifest speaks of must be in its descriptor: a filter that is
// not there would silently let calls through.
Status Lifecycle::describe(GenerationRecord& record) {
  const manifest::PluginManifest& m = *record.package.manifest;
  auto runtime = std::make_unique<bus::Generation>(*bus_, m.plugin, to_string(m.version), record.seq,
                                                   grants_of(record.package), bus_->worker_count() + 1);
  runtime->listeners = record.package.entry.listen;
  runtime->affinity_one = m.affinity == manifest::Affinity::one && !record.package.in_cell();  // a cell has one worker
  runtime->staged = true;
  if (record.package.in_cell()) {
    link(record, *runtime);
  } else {
    runtime->attach(&record.library->descriptor());
  }
  std::string missing;
  const auto want = [&](const std::string& service, const std::string& method) {
    if (runtime->method(service, method) < 0)
      missing += (missing.empty() ? "" : ", ") + (service.empty() ? method : service + "." + method);
  };
  for (const auto& provided : m.provides) {
    for (const auto& [method, facts] : provided.methods) want(to_string(provided.service), method);
  }
  for (const auto& filter : m.filters) want("", filter.method);
  for (const auto& subscription : m.subscribes) want("", subscription.method);
  {
    const std::lock_guard lock(mutex_);
    record.runtime = std::move(runtime);
  }
  if (missing.empty()) return {};
  return Error{Code::invalid,
               "its manifest names " + missing + ", which its library's descriptor does not list; correct one of them"};
}

Status Lifecycle::create(GenerationRecord& record) {
  struct Created {
    socle_status status = SOCLE_INTERNAL;
    socle_reply error{sizeof(socle_reply), SOCLE_OK, nullptr};
    void* instance = nullptr;
  };
  bus::Generation& g = *record.runtime;
  const auto timeout = duration_cast<milliseconds>(record.package.manifest->start_timeout);
  const auto created = std::make_shared<Created>();
  const bool returned = bus_->run_staged(
      [created, &g, config = record.package.config] {
        const crash::Blame blame(g.plugin, g.version, g.seq, "create");
        const bus::PayloadRef body(bus::Payload::make(config.empty() ? "{}" : config, SOCLE_MEDIA_JSON, {}));
        try {
          created->status = g.descriptor->create(&g, body.get(), &created->instance, &created->error);
        } catch (...) {
          created->status = SOCLE_INTERNAL;
          created->error = bus::Bus::error(SOCLE_INTERNAL, "plugin_threw", "it let an exception out");
        }
      },
      record.link != nullptr ? timeout + cell_end_allowance : timeout, g.plugin + ": create");
  if (!returned) {
    set_state(record, State::retained, "create() did not return");
    return Error{Code::deadline, "create() did not return within " + seconds(timeout) +
                                     "; the generation was not used and stays mapped"};
  }
  const bus::PayloadRef why(created->error.payload != nullptr ? bus::Payload::of(created->error.payload) : nullptr);
  if (created->status == SOCLE_OK) {
    g.instance = created->instance;
    return {};
  }
  std::string text = why ? std::string(why->find("message")) : "";
  if (text.empty()) text = "status " + std::to_string(created->status);
  return Error{Code::invalid, "create() failed: " + text};
}

Status Lifecycle::staged_hook(const RecordPtr& record, uint32_t method, std::string_view name,
                              std::chrono::nanoseconds timeout) {
  const bus::Answer answer =
      bus_->run_hook(*record->runtime, bus_->staging(), method, {}, duration_cast<milliseconds>(timeout));
  if (answer.status == SOCLE_OK || answer.status == SOCLE_UNSUPPORTED) return {};
  if (answer.hung) {
    set_state(*record, State::retained, std::string(name) + " did not give its thread back");
    return Error{Code::deadline, std::string(name) + " did not return within " + seconds(timeout) +
                                     "; the generation was not used and stays mapped"};
  }
  return Error{Code::invalid, std::string(name) + " failed: " +
                                  (answer.blocked                    ? answer.message
                                   : answer.status == SOCLE_DEADLINE ? "no answer within " + seconds(timeout)
                                                                     : answer_text(answer))};
}

Result<RecordPtr> Lifecycle::stage(const Package& package, const manifest::SystemManifest& system) {
  const manifest::PluginManifest& m = *package.manifest;
  const int64_t begun = telemetry::monotonic_now();
  auto record = std::make_shared<GenerationRecord>();
  record->package = package;
  const auto refuse = [&](Status& why) {
    discard(record);
    return std::move(why).error().context(who(package));
  };
  Status done = map(*record, expected_of(package), policy(system));
  if (record->seq != 0) {
    record->crashes_series = bus_->metrics().define("socle_plugin_crashes_total{plugin=\"" + m.plugin + "\"}",
                                                    telemetry::Metrics::Kind::counter, "Deaths of the plugin's cells");
    const std::lock_guard lock(mutex_);
    records_.push_back(record);
  }
  if (!done) return std::move(done).error().context(who(package));
  set_state(*record, State::loaded);
  if (done = describe(*record); !done) return refuse(done);
  if (done = create(*record); !done) return refuse(done);
  if (done = staged_hook(record, SOCLE_HOOK_START, "start", m.start_timeout); !done) return refuse(done);
  set_state(*record, State::started);
  if (m.self_test.enabled) {
    if (done = staged_hook(record, SOCLE_HOOK_SELF_TEST, "self-test", m.self_test.timeout); !done) return refuse(done);
  }
  bus::Generation& g = *record->runtime;
  const auto leave_staging = [this, &g] {
    bus::Worker::current()->hand_over(g, bus_->worker(0));
    g.staged = false;
  };
  if (!bus_->run_staged(leave_staging, load_timeout, g.plugin + ": what its start left running")) {
    set_state(*record, State::retained, "what its start left running did not give its thread back");
    return Error{Code::deadline, "what start left running did not give its thread back within " +
                                     seconds(load_timeout) + "; the generation was not used and stays mapped"}
        .context(who(package));
  }
  const std::lock_guard lock(mutex_);
  record->load_time =
      duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds(telemetry::monotonic_now() - begun));
  record->health.due = telemetry::monotonic_now() + std::chrono::nanoseconds(m.health.interval).count();
  return record;
}

// Takes a generation that never served down again: nobody called it, so what it still waits for is cancelled at once.
void Lifecycle::discard(const RecordPtr& record) {
  if (record->state == State::retained) return;
  if (record->runtime != nullptr && record->runtime->instance != nullptr) {
    if (const std::string held = drain(*record, std::chrono::nanoseconds(0)); !held.empty() && record->link == nullptr)
      return set_state(*record, State::retained, held);
  }
  bury(*record);
}

}  // namespace socle::lifecycle
