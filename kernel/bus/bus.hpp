// bus.hpp: the kernel's message router: workers, targets, route snapshots, and the path of a call:
//
//   call() ── allowed? deadline? payload? ──▶ route of this worker's snapshot ──▶ filters ──▶ provider's handle()
//     ▲                                                                                     │ OK/error: inline
//     └── done callback, next turn ◀── complete(token), deadline, cancellation ◀── PENDING ─┘
//
// Everything that says "worker" runs on that worker's thread. The lifecycle (its own thread) builds snapshots and calls
// install(), run_hook() and on_each_worker(), which block.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bus/call_totals.hpp"
#include "bus/channel.hpp"
#include "bus/generation.hpp"
#include "bus/monitor.hpp"
#include "bus/offload.hpp"
#include "bus/snapshot.hpp"
#include "bus/tenant_directory.hpp"
#include "bus/worker.hpp"
#include "sched/account.hpp"
#include "socle/result.hpp"
#include "telemetry/metrics.hpp"

namespace socle::bus {

struct Settings {
  unsigned workers = 1;
  unsigned offload_threads = 2;
  size_t offload_queue = 4096;
  uint32_t inline_nesting = 16;  // deeper calls are queued
  uint16_t max_depth = 64;       // deeper chains of calls are refused
  size_t max_payload = 64 * 1024 * 1024;
  std::chrono::nanoseconds stall_after = std::chrono::milliseconds(500);  // a turn that takes longer is told of
  // Answers host->fault_point() of every plugin: the one hook for tests and drills. Absent: always OK. Any thread.
  std::function<socle_status(std::string_view plugin, std::string_view point)> fault_point;
};

// An answer as the kernel itself receives it.
struct Answer {
  socle_status status = SOCLE_INTERNAL;
  std::string code, message, text;  // meta "code" and "message", and the payload's text
  std::string state_version;        // meta "state-version" (EXPORT)
  bool hung = false;                // the plugin did not give control back; its thread is lost, or held for as long
  bool blocked = false;             // it was not even asked: the thread is held by what `message` names
};

// What the lifecycle lends to the bus: things only it knows.
class Owner {
 public:
  virtual ~Owner() = default;
  virtual std::string health_json() = 0;            // worker
  virtual void connection_closed(uint64_t id) = 0;  // worker
  // Of a connection that came back and that nobody serves; its fd is about to be closed. Worker, or the bus's end.
  virtual void tls_dropped(void* tls) = 0;
  virtual socle_status resident_put(Generation&, std::string_view name, uint32_t version, void* handle,
                                    void (*destroy)(void*)) = 0;
  virtual void* resident_take(Generation&, std::string_view name, uint32_t version) = 0;
};

class Bus {
 public:
  Bus(const Settings& settings, telemetry::Metrics& metrics, Owner* owner = nullptr);
  ~Bus();

  void start();
  // Ends workers and the pool. REQUIRES: no generation is active any more.
  void stop();

  [[nodiscard]] uint32_t worker_count() const { return settings_.workers; }
  [[nodiscard]] Worker& worker(uint32_t index) { return *workers_[index]; }
  [[nodiscard]] Worker& staging() { return *staging_now_.load(std::memory_order_acquire); }
  [[nodiscard]] OffloadPool& offload() { return *offload_; }
  [[nodiscard]] telemetry::Metrics& metrics() { return metrics_; }
  [[nodiscard]] CallTotals& call_totals() { return call_totals_; }
  // Memory was refused: a request would hold more than `cap`, which one may, or (0) all of its tenant's are at theirs.
  // Any thread, which last_refusal() tells the cap, once.
  void memory_refused(uint64_t cap);
  [[nodiscard]] static int64_t last_refusal();
  [[nodiscard]] Owner* owner() const { return owner_; }
  [[nodiscard]] sched::Accounts& accounts() { return accounts_; }
  [[nodiscard]] const Monitor& monitor() const { return monitor_; }
  [[nodiscard]] Monitor& monitor() { return monitor_; }
  // Who knows the tenants; without one every tenant is served and nothing is limited or metered. Set once, before any
  // generation is routed; it must outlive the workers.
  void use_tenants(TenantDirectory* directory) { tenants_ = directory; }
  [[nodiscard]] TenantDirectory* tenants() const { return tenants_; }
  [[nodiscard]] socle_status fault_point(std::string_view plugin, std::string_view point) const {
    return settings_.fault_point ? settings_.fault_point(plugin, point) : SOCLE_OK;
  }

  // The number of a service's method; the same for ever. nullopt when 4,096 exist. Any thread.
  std::optional<uint32_t> target(std::string_view service, std::string_view method);
  // "hello/1.greet". Any thread, without a lock: every filter asks.
  [[nodiscard]] std::string target_name(uint32_t target) const;

  // Runs work on a worker; worker_count(): on the staging thread there is when it is queued. false: there is no such
  // worker, or no more. Any thread.
  bool post(uint32_t worker, std::function<void(Worker&)> work);

  // An event of a generation, which counts it until it is over.
  void post(Generation& generation, uint32_t worker, socle_event_fn fn, void* user, sched::Account& payer);

  // -- the lifecycle's threads; several may call at once, what needs the staging thread queues for it
  // Hands the snapshot to every worker; returns once all that serve use it. unavailable: one did not take it in time
  // (named).
  Status install(SnapshotPtr next, std::chrono::milliseconds patience);
  [[nodiscard]] SnapshotPtr snapshot() const;
  // Runs fn on each worker between two turns and waits; with `staging_too` also on the staging worker, whose present
  // work is waited for first. false: a worker did not answer in time; fn may still run on it later.
  bool on_each_worker(const std::function<void(Worker&)>& fn, std::chrono::milliseconds patience,
                      bool staging_too = true);
  // A hook or method of a generation that need not be routed, on the staging thread or a worker; waits for the answer.
  // A plugin that neither answers nor returns costs the staging thread, which is replaced (Answer::hung). A generation
  // that is bound is asked on its worker instead.
  // Asked for `tenant`; "": for none.
  Answer run_hook(Generation& g, Worker& on, uint32_t method, PayloadRef payload, std::chrono::milliseconds timeout,
                  const std::string& tenant = {});
  // A hook on every worker that serves the generation at the same time; the answers by worker.
  std::vector<Answer> run_hook_on_workers(Generation& g, uint32_t method, std::chrono::milliseconds timeout);
  // fn on the staging thread (create, destroy); false: it did not come back in time and the thread was replaced.
  // `what` names it in the log then.
  bool run_staged(std::function<void()> fn, std::chrono::milliseconds timeout, std::string_view what = "kernel");
  // Staging threads given up in plugin code that has not returned. Those that have are joined.
  size_t lost_threads();

  // -- worker
  // ----------------------------------------------------------------------------------------------------------
  socle_status call(Worker& w, Generation* caller, Context& context, uint32_t target, Payload* payload,
                    const socle_call_options* options, socle_reply* reply, socle_reply_fn done, void* user);
  void complete(Worker& w, Generation& callee, uint64_t token, const socle_reply& reply);
  void cancel(Worker& w, Context& context);
  void expire(Worker& w, Frame& frame);
  void dispatch_parked(Worker& w, Frame& frame);
  // The caller gets `status` now; whatever the callee says later is dropped and counted.
  void give_up(Worker& w, Frame& frame, socle_status status);
  void park_idempotent(Worker& w, Generation& g);
  // The provider of a pending call has died: asks whatever its route now names, once, when the method is idempotent and
  // the caller still waits. false: it is not, and the provider must complete() it. true: the token is used up.
  bool ask_again(Worker& w, Generation& callee, uint64_t token);
  // Calls of g whose callers still wait. Any thread; exact between two turns.
  [[nodiscard]] static int64_t busy_calls(const Generation& g) {
    return g.sum(&WorkerCounters::in_flight) - g.sum(&WorkerCounters::orphans);
  }
  Channels& channels() { return channels_; }

  // An error reply with stable code and text. `make` is for a worker or any thread.
  static socle_reply error(socle_status status, std::string_view code, std::string_view message);

  std::atomic<uint64_t> late_replies{0};
  std::atomic<uint64_t> lost_messages{0};  // taken into a channel's buffer, whose subscriber went before it got them

 private:
  // A plugin's answer made safe: a status out of range, or a payload over the limit, is a defect of the plugin, not an
  // outcome. What EXPORT hands over has a limit of its own.
  [[nodiscard]] socle_status checked(const Frame& frame, socle_reply& reply, socle_status returned) const;
  [[nodiscard]] static bool is_kernel_error(socle_status s) {
    return s == SOCLE_UNAVAILABLE || s == SOCLE_DEADLINE || s == SOCLE_CANCELLED || s == SOCLE_INTERNAL ||
           s == SOCLE_DATA_LOSS;
  }
  static void record(Worker& w, Frame& f, socle_status status, bool at_fault = true);
  [[nodiscard]] static socle_status admit(Worker& w, Context& request, socle_reply* reply);
  [[nodiscard]] static int64_t pressed(Worker& w, const sched::Account& account, int64_t until);
  [[nodiscard]] static Provider choose(const Route& route, const Context& context);
  socle_status dispatch(Worker& w, Frame& frame, const Route& route, socle_reply* reply);
  socle_status filter(Worker& w, const FilterStep& step, Frame& frame, Payload* payload, socle_status outcome,
                      socle_reply* reply);
  bool run_filters(Worker& w, Frame& frame, const std::vector<FilterStep>& steps, Payload* payload,
                   socle_status outcome, socle_reply* reply);
  socle_status enter(Worker& w, Frame& frame, Provider to, socle_reply* reply);
  // A call on its way to worker 0 and back; tells its own from all others for ever.
  struct Trip {
    Bus& bus;
    uint32_t home;
    uint64_t token;
  };
  [[nodiscard]] static bool is_bound(const Route& route, const Provider& to);
  socle_status carry(Worker& w, Frame& frame);
  static void arrive(void* user, const socle_reply* reply);
  void cancel_carried(uint32_t home, uint64_t token);
  Frame& renew(Worker& w, Frame& old);
  void deliver(Worker& w, Frame& frame, const socle_reply& reply);
  void recycle(Worker& w, Frame& frame);
  struct HookRun;
  std::shared_ptr<HookRun> begin_hook(Generation& g, Worker& on, uint32_t method, PayloadRef payload,
                                      std::chrono::milliseconds timeout, const std::string& tenant = {});
  Answer await_hook(HookRun& run);
  void replace_staging(std::string_view lost_to);

  Settings settings_;
  telemetry::Metrics& metrics_;
  const std::array<uint32_t, 2> memory_refused_;  // series
  CallTotals call_totals_;
  Owner* owner_;
  sched::Accounts accounts_;
  TenantDirectory* tenants_ = nullptr;
  Channels channels_;
  std::unique_ptr<OffloadPool> offload_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Monitor monitor_;
  std::mutex staging_mutex_;                   // held while work is on the staging thread; before mutex_
  std::atomic<Worker*> staging_now_{nullptr};  // staging_, for all threads

  mutable std::mutex mutex_;
  std::unique_ptr<Worker> staging_;                    // guarded by mutex_; replaced under both
  std::vector<std::unique_ptr<Worker>> lost_;          // guarded by mutex_; staging threads given up
  SnapshotPtr snapshot_;                               // guarded by mutex_; workers have their own copy
  std::unordered_map<std::string, uint32_t> targets_;  // guarded by mutex_
  std::deque<std::string> target_names_;               // guarded by mutex_; stable addresses, published through named_
  std::array<std::atomic<const std::string*>, Generation::max_targets> named_{};
};

}  // namespace socle::bus
