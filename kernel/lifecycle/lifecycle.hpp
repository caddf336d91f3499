// lifecycle.hpp: brings plugins to life, exchanges them under load and buries them. One change set at a time:
//
//   packages ─▶ check_fit ─▶ stage each beside the old one (verify, copy, map, create, START, SELF_TEST)
//            ─▶ hand state over ─▶ install one snapshot for all ─▶ retire the old ones in the background
//   any failure before install: what was staged is discarded, the running system was never touched.
//
// Callers are control threads and main(); every function blocks. Locks: change_mutex_ (held for a change set, never by
// a worker) before mutex_ (members and records, held shortly).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bus/bus.hpp"
#include "lifecycle/background.hpp"
#include "lifecycle/drop_in.hpp"
#include "lifecycle/generation_record.hpp"
#include "lifecycle/routing.hpp"
#include "lifecycle/terms.hpp"
#include "loader/resident.hpp"
#include "loader/store.hpp"
#include "socle/result.hpp"

namespace socle::lifecycle {

struct SwapOptions {
  std::optional<double> canary_percent;
  std::chrono::milliseconds canary_for{60'000};
  std::vector<std::string> canary_tenants;
};

// What one command did to one plugin, as the CLI prints it.
struct SwapReport {
  std::string plugin, version;
  // Done: "active", "loaded", "unloaded", "rolled back", "promoted", "canary ended", "canary … begun; …".
  // Sent back, not what was asked for: "reverted: WHY". Nothing left to do: "canary was over already, reverted: WHY".
  // Of a plan: "load", "unload", "swap", "swap, irreversible", "move", "canary …". Of what is wanted and not done, why.
  std::string outcome;
  uint64_t from = 0, to = 0;  // generation numbers; 0: none
  double load_ms = 0, flip_ms = 0, pause_ms = 0, drain_ms = 0;
  int64_t failed = 0;             // calls that ended by the kernel's doing during the drain
  std::string old_state;          // "unmapped", "retained(reason)", "draining", "" when there was none
  std::vector<TermChange> terms;  // what runs otherwise than before: its home, its cells' limits, its grants
};

class Lifecycle : public bus::Owner {
 public:
  // REQUIRES: the data folder's lock is held by this process.
  // `fault_point` answers host->fault_point(), for tests and drills.
  using FaultPoint = std::function<socle_status(std::string_view plugin, std::string_view point)>;
  static Result<std::unique_ptr<Lifecycle>> open(const manifest::SystemManifest& system, telemetry::Metrics& metrics,
                                                 FaultPoint fault_point = {});
  ~Lifecycle() override;

  // A service of the kernel's own, routed like a plugin's and never exchanged: `manifest` says what it provides and
  // which HTTP routes lead there, `runtime` answers. Before boot().
  Status add_house_service(std::string_view manifest, std::unique_ptr<bus::Generation> runtime);

  // Starts the last good set where nothing that the system manifest describes has changed since it was kept, and always
  // after a crash of the kernel, so that what operators did by hand stands; else what the system manifest names. Where
  // one does not start, the other (reported by the log).
  Status boot(bool after_crash = false);
  // boot() took the last good set although the system manifest now describes other plugins: apply() is still to come.
  [[nodiscard]] bool manifest_waits() const { return manifest_waits_; }
  // Ends what commands wait for (a canary's time, room to drain), so that they return before shut_down().
  void stop_waiting();
  // Retires all plugins, dependants first, each with its resident handles. Idempotent.
  void shut_down();

  // A change set that is refused, or aborted and rolled back, is one log line: "change set refused", with its code.
  Result<SwapReport> load(const std::filesystem::path& folder, std::optional<manifest::Home> home);
  Result<SwapReport> unload(const std::string& name);
  Result<SwapReport> swap(const std::string& name, const std::filesystem::path& folder, const SwapOptions& options);
  // Ends the plugin's canary where one runs, and leaves what serves beside it; else the package before serves again.
  // Whoever means a canary that is just being sent back hears that; right after one was, a rollback is refused.
  Result<SwapReport> rollback(const std::string& name);
  // The same package in the other home.
  Result<SwapReport> move(const std::string& name, manifest::Home home);
  // The manifest's plugins instead of the present ones, in one change set. `dry` only says whether it would fit.
  // Refused whole (unsupported) where a key differs that needs a restart (manifest::needs_restart).
  Result<std::vector<SwapReport>> apply(const manifest::SystemManifest& next, bool dry);

  // Makes the plugins follow the folders under `watch.directories`: what is new and whole there is loaded, what was
  // replaced is swapped, what was removed is unloaded unless somebody needs it; one change set, and a log line for each
  // outcome. True: something there is unfinished, so it is to be called again soon, changed or not.
  bool follow_directories();

  [[nodiscard]] manifest::SystemManifest system() const;
  // JSON for `plugin list` / `plugin show`, `status`, `top`, `explain`.
  [[nodiscard]] std::string list_json() const;
  Result<std::string> show_json(const std::string& name) const;
  [[nodiscard]] std::string status_json() const;
  [[nodiscard]] std::string top_json() const;
  Result<std::string> explain_call(const std::string& from, const std::string& to) const;
  Result<std::string> explain_plugin(const std::string& name) const;
  // Everything the loader would check of a folder, as text lines; invalid when something is wrong.
  Result<std::string> verify(const std::filesystem::path& folder) const;

  // A tenant is going: its own cells end. Blocks; the error names the plugin whose cell does not end.
  Status expel(const std::string& tenant);

  // Calls a method for the kernel or its operator, for a tenant or, with "", for none; the reply's text.
  Result<std::string> call(const std::string& service, const std::string& method, const std::string& json,
                           const std::string& tenant = {}, const std::string& principal = "kernel");
  // The same in every generation that is routed for it, a canary too, one after the other and past filters: all have
  // answered when it returns; the first error. OK where nobody provides it. Left out is a cell that would know nothing
  // of the tenant, as none lives (none is started for it), unless its plugin may write files or has a network.
  Status call_all(const std::string& service, const std::string& method, const std::string& json,
                  const std::string& tenant);
  // Whether the manifest of the plugin that provides the method lets operators call it for a tenant.
  [[nodiscard]] Status operators_may_call(const manifest::MethodRef& method) const;
  // The services ("models/1") of routed plugins whose manifest lists `method` for operators.
  [[nodiscard]] std::vector<std::string> services_with(const std::string& method) const;
  // Whether a plugin that provides the method is routed now.
  [[nodiscard]] bool provides(const std::string& service, const std::string& method);
  // Cells that are down, and plugins that may have no more cells, in words; "" when all is well.
  [[nodiscard]] std::string cells_in_trouble() const;
  // How what runs differs from the system manifest's file; "" when it does not.
  [[nodiscard]] std::string drift() const;
  // Of what serves, by plugin: the settings that create() got, as JSON.
  [[nodiscard]] std::map<std::string, std::string> configs() const;
  // The worker came round within a second.
  [[nodiscard]] bool worker_answers(uint32_t index);

  [[nodiscard]] bus::Bus& bus() { return *bus_; }
  [[nodiscard]] size_t plugin_count() const;

  // -- bus::Owner, on workers
  std::string health_json() override;
  void connection_closed(uint64_t id) override;
  void tls_dropped(void* tls) override;
  socle_status resident_put(bus::Generation& g, std::string_view name, uint32_t version, void* handle,
                            void (*destroy)(void*)) override;
  void* resident_take(bus::Generation& g, std::string_view name, uint32_t version) override;
  // Who wants to hear that a connection is gone (the listeners). Set once before boot().
  std::function<void(uint64_t)> on_connection_closed;
  // Starts the processes of a package's cells, confined as its manifest and grants say. Set once before boot(); absent:
  // everything runs in the kernel's process.
  std::function<cell::Spawn(const Package&)> cells;
  // How long after a canary was sent back a rollback does not touch what serves beside it: who types it may have meant
  // the canary. Set once before boot(), by tests.
  std::chrono::milliseconds rest_after_canary = default_rest_after_canary;
  static constexpr std::chrono::seconds default_rest_after_canary{10};
  // Whether a system manifest may take the present one's place, asked before anything changes; and that it has, told
  // after the routes took effect. For what else follows from it (tenants). Control threads; set once before boot().
  std::function<Status(const manifest::SystemManifest&)> may_apply;
  std::function<void(const manifest::SystemManifest&)> on_applied;

 private:
  struct Resident {
    std::string plugin, name;
    uint32_t version;
    void* handle;
    void (*destroy)(void*);
  };
  struct Staged {
    std::string name;
    RecordPtr record;
    RecordPtr old;
    std::optional<SwapOptions> canary;  // beside `old` on trial, not in its place
  };
  struct Trial {
    Package package;
    SwapOptions options;
  };
  struct ChangeSet {
    std::vector<Package> put;  // new or replacing, by plugin name
    std::vector<std::string> remove;
    std::vector<Trial> canaries;                     // beside what then serves
    std::vector<SwapReport> notes;                   // what is wanted and not done, and why
    std::optional<manifest::SystemManifest> system;  // apply: takes effect with the routes
  };
  struct Outcome {
    std::vector<Staged> staged;
    std::vector<RecordPtr> removed;
    std::map<const GenerationRecord*, int64_t> errors_before;  // what the kernel had failed when the routes moved
    double flip_ms = 0, pause_ms = 0;
  };

  Lifecycle(manifest::SystemManifest system, telemetry::Metrics& metrics, loader::Store store,
            loader::Resident resident, FaultPoint fault_point);

  // basis.cpp
  struct Basis {
    std::string terms;                           // hash of the system manifest's plugin entries; "": unknown
    std::map<std::string, std::string> folders;  // that they name -> hashes of manifest and library; "": unreadable
    void serves(const Package& package);
    void read_unread();
    [[nodiscard]] bool same(const Basis& other) const;
  };
  [[nodiscard]] static std::string terms_of(const manifest::SystemManifest& system);
  [[nodiscard]] static Basis basis_of(const manifest::SystemManifest& system);
  [[nodiscard]] static Basis unread_basis_of(const manifest::SystemManifest& system);

  struct LastGood {
    Basis basis;
    std::vector<Package> set;
    std::map<std::string, Package> previous;
  };

  // boot.cpp
  Status boot_from(const manifest::SystemManifest& system, const LastGood* kept);
  Status boot_last_good(const manifest::SystemManifest& system, const LastGood& kept);
  void read_stored(Package& package, const manifest::SystemManifest& system) const;
  Status start_with_dropped(ChangeSet set, const manifest::SystemManifest& system);
  Result<Package> boot_package(const manifest::PluginEntry& entry, const manifest::SystemManifest& system,
                               const LastGood* kept) const;

  // package.cpp
  Result<Package> read_package(const std::filesystem::path& folder, manifest::PluginEntry entry,
                               const manifest::SystemManifest& system, bool grant_what_it_asks = false) const;
  Result<Package> package_from_store(const manifest::PluginEntry& entry, const std::string& manifest_text,
                                     const std::string& config, const std::string& sha256) const;
  [[nodiscard]] loader::Expected expected_of(const Package& package) const;
  [[nodiscard]] loader::Policy policy(const manifest::SystemManifest& system) const;

  // stage.cpp
  Result<RecordPtr> stage(const Package& package, const manifest::SystemManifest& system);
  Status map(GenerationRecord& record, const loader::Expected& expected, const loader::Policy& policy);
  Status describe(GenerationRecord& record);
  Status create(GenerationRecord& record);
  Status staged_hook(const RecordPtr& record, uint32_t method, std::string_view name, std::chrono::nanoseconds timeout);
  void discard(const RecordPtr& record);
  // crashed.cpp
  bool leave_kernel(Package& p, uint32_t crashes) const;
  void settle_crashed(std::vector<Package>& set) const;
  // call.cpp
  Status call_one(const GenerationRecord& record, const std::string& service, const std::string& method,
                  const std::string& json, const std::string& tenant);
  // home.cpp
  [[nodiscard]] Status check_home(const manifest::PluginManifest& plugin, const manifest::PluginEntry& entry) const;
  void link(GenerationRecord& record, bus::Generation& runtime) const;
  void bury_cell(GenerationRecord& record);
  void preview(const Members& members, const manifest::SystemManifest& system);

  // change.cpp; change_mutex_ held
  Result<Outcome> change(ChangeSet set);
  Status check(const ChangeSet& set, const Members& now) const;
  // The order in which the packages of `set` and what stays of `now` start; an error when they make no system.
  Result<std::vector<const Package*>> order_of(const ChangeSet& set, const Members& now) const;
  [[nodiscard]] Status check_promotion(const Members& members, const Package& canary) const;
  Status check_budget() const;
  [[nodiscard]] std::string without_room(const ChangeSet& set) const;
  [[nodiscard]] bool has_room(const ChangeSet& set) const;
  Result<ChangeSet> prepare(std::unique_lock<std::mutex>& change_lock, const std::function<Result<ChangeSet>()>& make);
  SwapReport finish(const Staged& staged, const Outcome& outcome, std::string verdict);

  // commands.cpp
  Result<SwapReport> try_load(const std::filesystem::path& folder, std::optional<manifest::Home> home);
  Result<SwapReport> try_unload(const std::string& name);
  Result<SwapReport> try_swap(const std::string& name, const std::filesystem::path& folder, const SwapOptions& options);
  Result<SwapReport> try_rollback(const std::string& name);
  Result<ChangeSet> set_back(const std::string& name) const;
  Result<ChangeSet> set_moved(const std::string& name, manifest::Home home) const;
  Result<Package> package_for_swap(const std::string& name, const std::filesystem::path& folder) const;
  SwapReport settle(std::unique_lock<std::mutex> change_lock, const Outcome& outcome, std::string verdict);

  // apply.cpp; change_mutex_ held
  void settle_all(const Outcome& outcome);
  Status add_canary(ChangeSet& set, const manifest::PluginEntry& entry, Package first,
                    const manifest::SystemManifest& next, const Members& now) const;
  Result<std::vector<SwapReport>> try_apply(const manifest::SystemManifest& next);
  Result<std::vector<SwapReport>> plan(const ChangeSet& set, const Members& now) const;
  Result<ChangeSet> difference(const manifest::SystemManifest& next, const Members& now) const;

  // follow.cpp; change_mutex_ held
  struct Taken {
    std::filesystem::path folder;
    Package package;
  };
  std::vector<Taken> read_dropped(DropIn::Round& round, const manifest::SystemManifest& system, const Members& now);
  Result<Package> read_dropped_package(const std::filesystem::path& folder, const manifest::SystemManifest& system,
                                       const Members& now) const;
  std::vector<std::string> removed_folders(const DropIn::Round& round, const manifest::SystemManifest& system,
                                           const Members& now);
  void add_what_fits(ChangeSet& set, std::vector<Taken>& candidates, const Members& now);
  void refuse_folder(const std::filesystem::path& folder, const std::string& plugin, const Error& why);
  void take_over(const std::vector<Taken>& candidates);

  // hand_over.cpp
  Status hand_over_cache(Staged& staged);
  Status hand_over_exclusive(std::vector<Staged>& staged, Outcome& outcome);
  Status await_quiet(Staged& staged, std::chrono::nanoseconds pause, int64_t begun);
  Status transfer(const GenerationRecord& from, GenerationRecord& to, bool dry_run, std::chrono::milliseconds timeout);

  // retire.cpp
  void retire(RecordPtr record);
  void await_retired(const GenerationRecord& record);
  // "": nothing of it is in flight any more. Else why it can never be unmapped.
  std::string drain(GenerationRecord& record, std::chrono::nanoseconds limit);
  void bury(GenerationRecord& record);
  // "": stopped and destroyed.
  std::string stop_instance(GenerationRecord& record);
  void release_handles(const GenerationRecord& last);
  [[nodiscard]] std::string leftovers(bus::Generation& g) const;

  // canary.cpp
  struct SentBack {
    RecordPtr canary;     // its `judged` says why
    uint64_t beside = 0;  // the generation that stays
    std::chrono::steady_clock::time_point at;
  };
  Result<SwapReport> run_canary(const Staged& staged, const Outcome& outcome);
  void judge_in_background(const Staged& staged, const Outcome& outcome);
  // canary_end.cpp
  [[nodiscard]] RecordPtr canary_of(const std::string& name) const;
  std::optional<SwapReport> end_canary(const std::string& name);
  [[nodiscard]] uint64_t last_sent_back(const std::string& name) const;
  [[nodiscard]] RecordPtr sent_back_since(const std::string& name, uint64_t known) const;
  SwapReport over(const RecordPtr& canary, const RecordPtr& primary);
  [[nodiscard]] Status check_rest(const std::string& name) const;

  // last_good.cpp
  void keep_last_good();
  Result<LastGood> last_good() const;
  Result<Package> package_of(class LastGoodReader& in) const;
  void remember_previous(const LastGood& kept);

  // health.cpp
  void health_loop();
  RecordPtr next_due(int64_t& wake) const;
  void ask_health(GenerationRecord& record);
  void count_crashes();

  void set_state(GenerationRecord& record, State state, std::string reason = {});
  void install(const Members& members, const manifest::SystemManifest& system);
  Members members_copy() const;
  [[nodiscard]] Members with_house(Members members) const;
  void add_house(std::vector<const Package*>& packages) const;
  std::vector<const Package*> packages_of(const Members& members) const;

  mutable std::mutex change_mutex_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // with mutex_: a record's state moved
  manifest::SystemManifest system_;
  loader::Store store_;
  loader::Resident resident_;
  std::unique_ptr<bus::Bus> bus_;
  Members house_;                              // the kernel's own services; constant after boot() began
  Members members_;                            // the plugins that are routed
  std::map<std::string, Package> previous_;    // for rollback, by plugin
  std::map<std::string, SentBack> sent_back_;  // canaries, by plugin: the last one that was reverted
  std::vector<RecordPtr> records_;             // all generations of this process; unmapped ones: the last few
  DropIn drop_in_;                             // with change_mutex_
  Basis basis_;                                // with change_mutex_
  bool manifest_waits_ = false;                // written by boot() only
  std::vector<Resident> handles_;              // in the order they were put
  Background background_;                      // drains and verdicts; shut_down() waits for them
  std::atomic<uint64_t> snapshot_version_{0};
  std::atomic<bool> stopping_{false}, shut_down_{false};
  std::thread health_;
};

}  // namespace socle::lifecycle
