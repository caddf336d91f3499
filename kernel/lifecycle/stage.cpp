// stage.cpp: brings one generation up beside what serves: copy, map, create, START, SELF_TEST, all on the staging
// thread, each with a time-out. A generation that fails is discarded and nobody else has noticed.
#include "lifecycle/lifecycle.hpp"
#include "telemetry/clock.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds load_timeout{10'000};

std::string answer_text(const bus::Answer& answer) {
  std::string text = answer.message.empty() ? std::string(to_string(static_cast<Code>(answer.status))) : answer.message;
  if (!answer.code.empty()) text += " (" + answer.code + ")";
  return text;
}

std::string seconds(std::chrono::nanoseconds d) { return manifest::to_string(manifest::Duration(d)); }

}  // namespace

// Lets calls that staged code makes see the routes as they will be; only the staging worker is told.
void Lifecycle::preview(const Members& members) {
  const auto snapshot = build_snapshot(*bus_, members, system(), snapshot_version_);
  bus::Worker& staging = bus_->staging();
  bus_->run_staged([snapshot, &staging] { staging.snapshot = snapshot; }, load_timeout);
}

Result<RecordPtr> Lifecycle::stage(const Package& package) {
  const manifest::PluginManifest& m = *package.manifest;
  const std::string who = "plugin '" + m.plugin + "' " + to_string(m.version);
  const int64_t begun = telemetry::monotonic_now();
  auto record = std::make_shared<GenerationRecord>();
  record->package = package;

  const loader::Expected expected = expected_of(package);
  auto verified = store_.get(package.sha256, expected, policy());
  if (!verified) return std::move(verified).error().context(who);
  auto copy = store_.copy(*verified);
  if (!copy) return std::move(copy).error().context(who);
  record->seq = copy->sequence;
  record->state = State::verified;
  {
    const std::lock_guard lock(mutex_);
    records_.push_back(record);
  }

  auto library = std::make_shared<std::optional<Result<loader::Library>>>();
  const bool mapped =
      bus_->run_staged([library, copy = *copy, verified = std::move(*verified),
                        policy = policy()] { library->emplace(loader::Library::load(copy, verified, policy)); },
                       load_timeout);
  if (!mapped) {
    set_state(*record, State::retained, "its static constructors did not return within " + seconds(load_timeout));
    return Error{Code::deadline, who + ": loading did not end within " + seconds(load_timeout) +
                                     ": a static constructor or the entry function hangs; it stays mapped"};
  }
  if (!**library) {
    set_state(*record, State::unmapped);
    return std::move(**library).error().context(who);
  }
  record->library.emplace(std::move(***library));
  set_state(*record, State::loaded);

  record->runtime = std::make_unique<bus::Generation>(*bus_, m.plugin, to_string(m.version), record->seq,
                                                      grants_of(package), bus_->worker_count() + 1);
  bus::Generation& g = *record->runtime;
  g.listeners = package.entry.listen;
  g.affinity_one = m.affinity == manifest::Affinity::one;
  g.attach(&record->library->descriptor());
  for (const auto& provided : m.provides) {
    for (const auto& [method, facts] : provided.methods) {
      if (g.method(to_string(provided.service), method) < 0) {
        discard(record, "not created");
        return Error{Code::invalid, who + ": its manifest provides " + to_string(provided.service) + "." + method +
                                        ", which its library's descriptor does not list; correct one of them"};
      }
    }
  }

  struct Created {
    socle_status status = SOCLE_INTERNAL;
    socle_reply error{sizeof(socle_reply), SOCLE_OK, nullptr};
    void* instance = nullptr;
  };
  auto created = std::make_shared<Created>();
  const bool returned = bus_->run_staged(
      [created, &g, config = package.config] {
        const bus::PayloadRef body(bus::Payload::make(config.empty() ? "{}" : config, SOCLE_MEDIA_JSON, {}));
        try {
          created->status = g.descriptor->create(&g, body.get(), &created->instance, &created->error);
        } catch (...) {
          created->status = SOCLE_INTERNAL;
          created->error = bus::Bus::error(SOCLE_INTERNAL, "plugin_threw", "it let an exception out");
        }
      },
      duration_cast<milliseconds>(m.start_timeout));
  if (!returned) {
    set_state(*record, State::retained, "create() did not return");
    return Error{Code::deadline, who + ": create() did not return within " + seconds(m.start_timeout) +
                                     "; the generation was not used and stays mapped"};
  }
  const bus::PayloadRef why(created->error.payload != nullptr ? bus::Payload::of(created->error.payload) : nullptr);
  if (created->status != SOCLE_OK) {
    std::string text = why ? std::string(why->find("message")) : "";
    if (text.empty()) text = "status " + std::to_string(created->status);
    bury(*record);
    return Error{Code::invalid, who + ": create() failed: " + text};
  }
  g.instance = created->instance;

  const auto hook = [&](uint32_t method, std::string_view name, std::chrono::nanoseconds timeout) -> Status {
    bus::Worker& staging = bus_->staging();
    const bus::Answer answer = bus_->run_hook(g, staging, method, {}, duration_cast<milliseconds>(timeout));
    if (answer.status == SOCLE_OK || answer.status == SOCLE_UNSUPPORTED) return {};
    if (answer.hung) {
      set_state(*record, State::retained, std::string(name) + " did not give its thread back");
      return Error{Code::deadline, who + ": " + std::string(name) + " did not return within " + seconds(timeout) +
                                       "; the generation was not used and stays mapped"};
    }
    const std::string text =
        answer.status == SOCLE_DEADLINE ? "no answer within " + seconds(timeout) : answer_text(answer);
    discard(record, std::string(name) + " failed");
    return Error{Code::invalid, who + ": " + std::string(name) + " failed: " + text};
  };
  if (auto started = hook(SOCLE_HOOK_START, "start", m.start_timeout); !started) return std::move(started).error();
  set_state(*record, State::started);
  if (m.self_test.enabled) {
    if (auto tested = hook(SOCLE_HOOK_SELF_TEST, "self-test", m.self_test.timeout); !tested)
      return std::move(tested).error();
  }
  bus::Worker& staging = bus_->staging();
  bus_->run_staged([this, &g, &staging] { staging.hand_over(g, bus_->worker(0)); }, load_timeout);
  record->load_time =
      duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds(telemetry::monotonic_now() - begun));
  return record;
}

// Takes a staged generation down again; it never served.
void Lifecycle::discard(const RecordPtr& record, std::string_view) {
  if (record->state == State::retained) return;
  drain(*record);
  bury(*record);
}

}  // namespace socle::lifecycle
