// plugin.cpp: storage/1 as a plugin: the host's calls, threads and life-cycle hooks around the store. A handler parses
// and reads on its worker, hands changes to the commit lane, and moves to an offload thread what would wait for a disk.
//
// A swap (state: exclusive): the next generation finds the open database among the resident handles, stands by while
// this one serves, and reads the store's state at import. LaneShare keeps two lanes from writing at once.
//
// Longer than most: one class, as all its parts are entries of the host.
#include <socle/plugin.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "levels.hpp"
#include "socle/json/document.hpp"
#include "store/lane.hpp"
#include "store/read.hpp"
#include "store/rocks_kv.hpp"
#include "store/upkeep.hpp"
#include "worker.hpp"

namespace socle::storage {
namespace {

constexpr std::string_view db_handle = "rocksdb";
constexpr std::string_view share_handle = "lane";
constexpr std::uint32_t handle_version = 1;

// A change on its way through the lane; in its handler's frame.
struct Landing : Call {
  Completion<bool> landed;
};

Reply to_reply(Answer&& answer) {
  if (answer.failed) {
    const Problem& problem = answer.problem;
    Reply out = Reply::error(problem.code, problem.stable, problem.message, problem.fields);
    if (problem.http_status != 0) out.with("http.status", std::to_string(problem.http_status));
    return out;
  }
  Meta meta;
  for (const auto& [key, value] : answer.meta) {
    if (key == "version") meta.set("etag", "\"" + value + "\"");
    if (key == "replayed") meta.set("replayed", value);
  }
  Payload payload = Payload::json(answer.text, meta);
  if (payload.refused()) return payload.refusal();
  return payload;
}

class Storage final : public Plugin, public LaneHost {
 public:
  explicit Storage(Host& host)
      : host_(host),
        directory_(host.config().get<std::string>("directory", "storage")),
        durable_(host.config().get<std::string>("durability", "sync") == "sync"),
        meters_(host),
        workers_(host.worker_count() + 1) {
    const Config config = host.config();
    rocks_.memtable_bytes = config.get<std::size_t>("memtable", rocks_.memtable_bytes);
    rocks_.block_cache_bytes = config.get<std::size_t>("block_cache", rocks_.block_cache_bytes);
    settings_.audit = config.get<bool>("audit", false);
    settings_.scan_limit = config.get<std::size_t>("scan_limit", settings_.scan_limit);
    settings_.open_backup = &open_rocks_backup;
    settings_.scratch = directory_ + ".scratch";
  }

  Task<Status> start() override {
    auto* db = static_cast<rocksdb_t*>(host_.resident_take(db_handle, handle_version));
    auto* share = static_cast<LaneShare*>(host_.resident_take(share_handle, handle_version));
    const bool fresh = db == nullptr;
    if (fresh) {
      auto opened = open_rocks(directory_, rocks_);
      if (!opened) co_return std::move(opened).error();
      db = *opened;
    }
    if (share == nullptr) share = new (std::malloc(sizeof(LaneShare))) LaneShare();
    // Kept by the kernel from now on, whatever becomes of this generation.
    if (auto kept = host_.resident_put(db_handle, handle_version, db, rocks_destroyer()); !kept) co_return kept;
    if (auto kept = host_.resident_put(share_handle, handle_version, share, rocks_releaser()); !kept) co_return kept;
    kv_ = std::make_unique<RocksKv>(db);
    state_ = std::make_unique<State>(*kv_, settings_, meters_);
    committer_ = std::make_unique<Committer>(*state_);
    lane_ = std::make_unique<Lane>(*committer_, *share, *this, LaneLimits{}, meters_);
    if (fresh) {
      if (auto active = activate(); !active) co_return active;
    }
    host_.spawn(housekeep(), Ends::at_drain);
    co_return Status();
  }

  Task<Status> self_test() override {
    std::string value;
    auto read = kv_->get("m", value, Reach::any, nullptr);
    if (!read) return Status(std::move(read).error());
    return Status();
  }

  Task<Reply> health() override {
    if (state_->damaged.load(std::memory_order_relaxed))
      return Reply::error(Code::data_loss, "data_loss", "stored data is damaged: restore the latest backup");
    if (state_->full.load(std::memory_order_relaxed))
      return Reply::error(Code::storage_full, "storage_full", "the data directory's disk is full: free space on it");
    if (state_->failing.load(std::memory_order_relaxed))
      return Reply::error(Code::unavailable, "disk_failing",
                          "the last write failed: check the data directory's disk, then restart the kernel");
    return Reply::json("{\"commits\":" + std::to_string(state_->committed.load()) + "}");
  }

  Task<Status> drain(std::uint32_t worker) override {
    workers_[worker].waiters.wake_all();
    workers_[worker].tell(meters_);
    return Status();
  }

  Task<Status> stop() override {
    while (lane_ && !lane_->idle()) static_cast<void>(co_await host_.sleep(std::chrono::milliseconds(1)));
    co_return Status();
  }

  // All state is in the database; the dry run and the hand-over only ask whether the formats fit.
  Task<Reply> export_state() override { return Reply::state(1, "{}"); }
  Task<Status> import_state(Payload, std::uint32_t version, bool dry_run) override {
    if (version != 1)
      return Status(Error{Code::unsupported, "state version " + std::to_string(version) + " found, 1 wanted"});
    return dry_run ? Status() : activate();
  }

  template <storage::Method M>
  Task<Reply> handle(Request request) {
    if (auto active = activate(); !active) co_return Reply(active.error());
    Landing call;
    json::Document owned;
    if (auto prepared = prepare(call, M, request, owned); !prepared) co_return to_reply(Answer(prepared.problem()));
    if constexpr (is_change(M)) {
      if (auto parsed = parse_change(call, request); !parsed) co_return to_reply(Answer(parsed.problem()));
      call.finish = [](Call* arrived) { static_cast<Landing*>(arrived)->landed.set_here(true); };
      lane_->submit(&call);
      co_await call.landed;
      if (!call.answer.failed) meter(call, request);
      co_return to_reply(std::move(call.answer));
    } else if constexpr (M == Method::changes) {
      co_return co_await poll(call, request);
    } else {
      co_return to_reply(co_await answer(call));
    }
  }

  // -- LaneHost ------------------------------------------------------------------------------------------------------
  void start_lane() override {
    struct Run {
      Lane* lane;
      bool begun = false;
    };
    const auto run = [](void* user) {
      auto* self = static_cast<Run*>(user);
      self->begun = true;
      self->lane->run();
    };
    // A host that gives up may never run it: then those who wait are told so.
    const auto done = [](void* user, socle_status) {
      const std::unique_ptr<Run> self(static_cast<Run*>(user));
      if (!self->begun) self->lane->abandon({Code::cancelled, "the store's generation ends: retry"});
    };
    auto wanted = std::make_unique<Run>(Run{lane_.get()});
    const socle_status taken = host_.table()->offload(host_.table(), run, done, wanted.get());
    if (taken == SOCLE_OK || taken == SOCLE_PENDING) {
      static_cast<void>(wanted.release());  // done() takes it
      return;
    }
    lane_->abandon({Code::unavailable, "the offload pool is full: retry after a short while"});
  }

  void deliver(std::uint32_t worker, Call* first) override {
    host_.post(worker, [first] {
      for (Call* call = first; call != nullptr;) {
        Call* next = call->next;  // finish() may end the call's frame
        call->finish(call);
        call = next;
      }
    });
  }

  void advanced(const std::set<std::string, std::less<>>& tenants) override {
    for (std::uint32_t w = 0; w < workers_.size(); ++w) {
      if (!workers_[w].waiters.any()) continue;
      host_.post(w, [this, w, names = std::vector<std::string>(tenants.begin(), tenants.end())] {
        for (const auto& name : names) workers_[w].waiters.wake(name);
      });
    }
  }

  std::int64_t now_ms() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(host_.now_utc()).count();
  }

 private:
  // The first call (or import) after the database is ours alone.
  Status activate() {
    if (active_.load(std::memory_order_acquire)) return {};
    const std::lock_guard lock(activation_);
    if (active_.load(std::memory_order_relaxed)) return {};
    if (auto opened = lane_->open(); !opened) return opened;
    upkeep_.begin(kv_->upkeep_cpu(), state_->written.load(std::memory_order_relaxed));
    active_.store(true, std::memory_order_release);
    return {};
  }

  Worker& worker() { return workers_[host_.worker()]; }

  Verdict prepare(Call& call, Method method, const Request& request, json::Document& owned) {
    call.method = method;
    call.tenant = request.tenant();
    call.worker = host_.worker();
    call.durable = durable_;
    call.context_key = request.context().idempotency_key();
    if (is_whole_store(method) && !call.tenant.empty()) {
      return Problem{Code::denied,
                     "operator_only",
                     "backup, verify and restore concern all tenants: only the kernel's own "
                     "work may ask for them",
                     {},
                     0};
    }
    if (!is_whole_store(method) && call.tenant.empty())
      return Problem{
          Code::denied, "tenant_required", "the call has no tenant: storage needs one in the context", {}, 0};
    if (!request.doc().empty()) {
      call.request = json::open(request.doc());
    } else {
      json::ParseOptions options;
      options.max_depth = 128;
      auto parsed = json::Document::parse(request.text().empty() ? std::string_view("{}") : request.text(), options);
      if (!parsed) return problem_at(parsed.error().code, "bad_json", "", parsed.error().message);
      owned = std::move(*parsed);
      call.request = owned.root();
    }
    if (!call.request.is_object()) return problem_at(Code::invalid, "bad_request", "", "a request is a JSON object");
    if (const auto remainder = call.request.find("remainder"); method == Method::query && remainder.exists()) {
      auto compiled = worker().remainders.get(remainder);
      if (!compiled) return std::move(compiled).problem();
      call.remainder = std::move(*compiled);
    }
    return Done{};
  }

  Verdict parse_change(Call& call, const Request& request) {
    call.bytes = 256 + request.text().size();
    if (settings_.audit)
      call.audit_opening =
          audit_opening(request.tenant(), request.principal(), request.context().trace_id(), host_.now_utc().count());
    if (call.method != Method::write) return Done{};
    Worker& here = worker();
    here.ids.set_time(now_ms());
    auto parsed = parse_write(call.request, call.context_key, limits_, here.ids);
    if (!parsed) return std::move(parsed).problem();
    call.write = std::move(*parsed);
    call.durable = call.write->durable.value_or(durable_);
    call.byte_limit = host_.limit(request, "storage.bytes");
    call.record_limit = host_.limit(request, "records");
    return Done{};
  }

  // Of every change that was committed, as its answer comes home.
  void meter(const Call& call, const Request& request) {
    if (call.weight > 0) host_.charge(request, upkeep_.cost(call.weight));
    if (call.charged > 0) host_.meter(request, "storage.written", call.charged);
    if (call.level.order == 0) return;
    levels_.in_order(call.tenant, call.level.order, [&] {
      host_.meter_level(request, "storage.bytes", static_cast<double>(call.level.bytes));
      host_.meter_level(request, "records", static_cast<double>(call.level.documents));
    });
  }

  // On this worker if memory has it, else on an offload thread.
  Task<Answer> answer(Call& call) {
    if (is_whole_store(call.method)) {
      auto done = co_await host_.offload([&] { return whole_store(call); });
      co_return done ? std::move(*done) : Answer(Outcome<Done>(done.error()).problem());
    }
    if (auto quick = read(*state_, call, Reach::cached, &worker().schemas)) {
      worker().count(call, *quick, false);
      co_return std::move(*quick);
    }
    auto slow = co_await host_.offload([&] { return std::move(*read(*state_, call, Reach::any, nullptr)); });
    if (!slow) co_return Answer(Outcome<Done>(slow.error()).problem());
    worker().count(call, *slow, true);
    co_return std::move(*slow);
  }

  Answer whole_store(Call& call) {
    const std::string directory(call.request.find("directory").as_string());
    if (call.method == Method::backup) {
      if (directory.empty())
        return Answer(
            problem_at(Code::invalid, "bad_directory", "/directory", "\"directory\" names where to back up to"));
      if (auto done = kv_->backup(directory); !done) return Answer(Outcome<Done>(done.error()).problem());
      return Answer("{\"commits\":" + std::to_string(state_->committed.load()) + "}");
    }
    if (directory.empty()) return verify_store(*state_);
    auto backup = open_rocks_backup(directory, settings_.scratch);
    if (!backup) return Answer(Outcome<Done>(backup.error()).problem());
    State copy((*backup)->kv(), settings_);
    return verify_store(copy);
  }

  // Long poll: answers at once when there is something, else at the next commit, the wait's end or the drain.
  Task<Reply> poll(Call& call, Request request) {
    const auto wait_ms = call.request.find("wait_ms").as_int64().value_or(0);
    Answer first = co_await answer(call);
    Waiters& waiters = worker().waiters;
    if (wait_ms <= 0 || !is_empty_changes(first) || host_.draining() || waiters.full())
      co_return to_reply(std::move(first));
    const auto limit = std::min<Duration>(std::chrono::milliseconds(wait_ms), std::chrono::hours(1));
    const Instant until = std::min(host_.now() + limit, request.context().deadline() + -answer_margin);
    Waiter waiter(request.context());
    waiters.add(call.tenant, waiter);
    // What was committed between the first look and registering would wake nobody.
    Answer second = co_await answer(call);
    const Duration left = until - host_.now();
    if (!is_empty_changes(second) || left <= Duration::zero()) waiter.wake();
    Timer timer(std::max(left, Duration::zero()), [&waiter] { waiter.wake(); });
    co_await waiter.woken;
    waiters.remove(call.tenant, waiter);
    if (!is_empty_changes(second) || request.context().cancelled()) co_return to_reply(std::move(second));
    co_return to_reply(co_await answer(call));
  }

  // Once a second: wakes the lane for index builds, old feed entries and asynchronous writes that are not synced yet,
  // and hands over what was measured.
  Task<void> housekeep() {
    for (;;) {
      if (auto slept = co_await host_.sleep(std::chrono::seconds(1)); !slept) co_return;
      if (!active_.load(std::memory_order_acquire)) continue;
      lane_->nudge();
      for (std::uint32_t w = 0; w < host_.worker_count(); ++w)
        if (workers_[w].has_counted()) host_.post(w, [this, w] { workers_[w].tell(meters_); });
      auto look = co_await host_.offload([this] { return Look{kv_->pressure(directory_), kv_->upkeep_cpu()}; });
      if (!look) continue;
      show(look->pressure, meters_);
      const Duration spent = upkeep_.observe(look->upkeep_cpu, state_->written.load(std::memory_order_relaxed));
      meters_.upkeep.add(std::chrono::duration<double>(spent).count());
      meters_.upkeep_rate.set(upkeep_.rate() * 1e-9);
    }
  }
  struct Look {
    RocksPressure pressure;
    Duration upkeep_cpu;
  };

  static constexpr Duration answer_margin = std::chrono::milliseconds(5);  // before the deadline: the answer travels

  Host& host_;
  const std::string directory_;
  const bool durable_;
  RocksOptions rocks_;
  Settings settings_;
  const Meters meters_;
  WriteLimits limits_;
  Levels levels_;
  Upkeep upkeep_;
  std::vector<Worker> workers_;
  std::unique_ptr<RocksKv> kv_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Lane> lane_;
  std::mutex activation_;
  std::atomic<bool> active_{false};
};

}  // namespace
}  // namespace socle::storage

using socle::storage::Method;
using socle::storage::Storage;

SOCLE_PLUGIN(Storage, socle::service("storage", 1)
                          .method("get", &Storage::handle<Method::get>)
                          .method("query", &Storage::handle<Method::query>)
                          .method("changes", &Storage::handle<Method::changes>)
                          .method("describe", &Storage::handle<Method::describe>)
                          .method("usage", &Storage::handle<Method::usage>)
                          .method("plan", &Storage::handle<Method::plan>)
                          .method("outbox_read", &Storage::handle<Method::outbox_read>)
                          .method("write", &Storage::handle<Method::write>)
                          .method("declare", &Storage::handle<Method::declare>)
                          .method("migrate", &Storage::handle<Method::migrate>)
                          .method("outbox_remove", &Storage::handle<Method::outbox_remove>)
                          .method("erase", &Storage::handle<Method::erase>)
                          .method("restore", &Storage::handle<Method::restore>)
                          .method("backup", &Storage::handle<Method::backup>)
                          .method("verify", &Storage::handle<Method::verify>))
