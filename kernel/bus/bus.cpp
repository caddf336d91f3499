#include "bus/bus.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>

#include "sched/tsc.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {
namespace {

// Counts down from several threads to one that waits.
class Latch {
 public:
  explicit Latch(size_t n) : left_(n) {}
  void arrive() {
    const std::lock_guard lock(mutex_);
    --left_;
    changed_.notify_all();
  }
  bool wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t left_;
};

}  // namespace

Bus::Bus(const Settings& settings, telemetry::Metrics& metrics, Owner* owner)
    : settings_(settings),
      metrics_(metrics),
      owner_(owner),
      accounts_(settings.workers),
      channels_(*this, settings.workers),
      monitor_(*this, settings.stall_after.count()),
      snapshot_(std::make_shared<Snapshot>()) {
  static_cast<void>(sched::nanoseconds_per_tick());
  offload_ = std::make_unique<OffloadPool>(accounts_, settings.offload_threads, settings.offload_queue);
  for (uint32_t i = 0; i < settings.workers; ++i) workers_.push_back(std::make_unique<Worker>(*this, i));
  staging_ = std::make_unique<Worker>(*this, settings.workers);
  staging_now_ = staging_.get();
  for (auto& w : workers_) w->snapshot = snapshot_;
  staging_->snapshot = snapshot_;
}

Bus::~Bus() { stop(); }

void Bus::start() {
  for (auto& w : workers_) w->start();
  staging_->start();
  monitor_.start();
}

void Bus::stop() {
  monitor_.stop();
  offload_.reset();
  for (auto& w : workers_) w->stop();
  staging().stop();
  static_cast<void>(lost_threads());
  for (auto& w : lost_) {
    w->detach();
    static_cast<void>(w.release());  // its thread may come back and touch it
  }
  lost_.clear();
}

std::optional<uint32_t> Bus::target(std::string_view service, std::string_view method) {
  const std::lock_guard lock(mutex_);
  std::string name = std::string(service).append(".").append(method);
  if (const auto it = targets_.find(name); it != targets_.end()) return it->second;
  if (target_names_.size() >= Generation::max_targets) return std::nullopt;
  const auto number = static_cast<uint32_t>(target_names_.size());
  named_[number].store(&target_names_.emplace_back(name), std::memory_order_release);
  targets_.emplace(std::move(name), number);
  return number;
}

std::string Bus::target_name(uint32_t target) const {
  const std::string* name = target < Generation::max_targets ? named_[target].load(std::memory_order_acquire) : nullptr;
  return name != nullptr ? *name : "target " + std::to_string(target);
}

size_t Bus::target_count() const {
  const std::lock_guard lock(mutex_);
  return target_names_.size();
}

SnapshotPtr Bus::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

bool Bus::on_each_worker(const std::function<void(Worker&)>& fn, std::chrono::milliseconds patience, bool staging_too) {
  std::unique_lock staged(staging_mutex_, std::defer_lock);
  if (staging_too) staged.lock();
  auto latch = std::make_shared<Latch>(workers_.size() + (staging_too ? 1 : 0));
  const auto ask = [&](Worker& w) {
    w.post([fn, latch, &w] {
      fn(w);
      latch->arrive();
    });
  };
  for (auto& w : workers_) ask(*w);
  if (staging_too) ask(staging());
  return latch->wait(patience);
}

Status Bus::install(SnapshotPtr next, std::chrono::milliseconds patience) {
  const auto adopt = [this, next](Worker& w) {
    w.snapshot = next;
    channels_.routes_changed(w);
    std::vector<Frame*> waiting;
    waiting.swap(w.parked);
    for (Frame* f : waiting) dispatch_parked(w, *f);
  };
  {
    // The staging worker may be busy with a plugin that starts: it follows when it can, or its successor does.
    const std::lock_guard lock(mutex_);
    snapshot_ = next;
    staging_->post([adopt, w = staging_.get()] { adopt(*w); });
  }
  if (on_each_worker(adopt, patience, false)) return {};
  std::string busy;
  for (auto& w : workers_) {
    if (const sched::Account* plugin = w->running_plugin.load(); plugin != nullptr)
      busy += " worker " + std::to_string(w->index()) + " is in plugin '" + plugin->id().substr(8) + "';";
  }
  return Error{Code::unavailable, "not every worker took the new routes within " + std::to_string(patience.count()) +
                                      " ms:" + (busy.empty() ? " the machine is overloaded" : busy)};
}

bool Bus::post(uint32_t worker, std::function<void(Worker&)> work) {
  if (worker > worker_count()) return false;
  const auto to = [&work](Worker& w) { w.post([&w, work = std::move(work)] { work(w); }); };
  if (worker < worker_count()) {
    to(*workers_[worker]);
  } else {
    const std::lock_guard lock(mutex_);  // so that it is not replaced and freed meanwhile
    to(*staging_);
  }
  return true;
}

void Bus::post(Generation& generation, uint32_t worker, socle_event_fn fn, void* user, sched::Account& payer) {
  generation.posted.fetch_add(1, std::memory_order_relaxed);
  const bool queued = post(worker, [&generation, fn, user, &payer](Worker& w) {
    Job job;
    job.kind = Job::Kind::posted;
    job.generation = &generation;
    job.event = fn;
    job.user = user;
    w.defer(job, {&payer, 0});
  });
  if (!queued) generation.posted.fetch_sub(1, std::memory_order_relaxed);
}

// REQUIRES: staging_mutex_.
void Bus::replace_staging(std::string_view lost_to) {
  const std::string lost = std::to_string(lost_threads() + 1);
  telemetry::Log::get().write(telemetry::Level::error, "a staging thread is given up: plugin code does not return",
                              {{"in", lost_to}, {"lost_threads", lost}});
  const std::lock_guard lock(mutex_);
  staging_->abandon();
  lost_.push_back(std::move(staging_));
  staging_ = std::make_unique<Worker>(*this, settings_.workers);
  staging_->snapshot = snapshot_;
  staging_now_ = staging_.get();
  staging_->start();
}

size_t Bus::lost_threads() {
  const std::lock_guard lock(mutex_);
  std::erase_if(lost_, [this](const std::unique_ptr<Worker>& w) {
    if (w->ended()) w->write_off(*staging_);
    return w->ended();
  });
  return lost_.size();
}

bool Bus::run_staged(std::function<void()> fn, std::chrono::milliseconds timeout, std::string_view what) {
  const std::lock_guard staged(staging_mutex_);
  auto latch = std::make_shared<Latch>(1);
  staging().post([fn = std::move(fn), latch] {
    fn();
    latch->arrive();
  });
  if (latch->wait(timeout)) return true;
  replace_staging(what);
  return false;
}

struct Bus::HookRun {
  Generation& asked;
  Worker& on;
  std::string name;
  std::chrono::milliseconds timeout{};
  Latch latch{1};
  std::atomic<bool> begun{false}, returned{false};
  Answer answer;
};

std::shared_ptr<Bus::HookRun> Bus::begin_hook(Generation& g, Worker& on, uint32_t method, PayloadRef payload,
                                              std::chrono::milliseconds timeout) {
  auto hook = std::make_shared<HookRun>(g, on, g.entry_name(method), timeout);
  if (payload) payload->share();
  auto body = std::make_shared<PayloadRef>(std::move(payload));
  on.post([this, &g, &on, method, hook, body, timeout] {
    hook->begun = true;
    const auto done = [](void* user, const socle_reply* reply) {
      const std::unique_ptr<std::shared_ptr<HookRun>> held(static_cast<std::shared_ptr<HookRun>*>(user));
      HookRun& h = **held;
      h.answer.status = reply->status;
      if (reply->payload != nullptr) {
        const PayloadRef owned(Payload::of(reply->payload));
        h.answer.code = owned->find("code");
        h.answer.message = owned->find("message");
        h.answer.state_version = owned->find("state-version");
        h.answer.text = view(owned->text);
      }
      h.latch.arrive();
    };
    Frame& f = on.frames.take();
    Identity kernel;
    kernel.tenant = "";
    kernel.principal = "kernel";
    kernel.work_class = SOCLE_CLASS_BACKGROUND;
    kernel.deadline = telemetry::monotonic_now() + std::chrono::nanoseconds(timeout).count();
    f.context = Context::open(kernel, nullptr);
    f.payload = body->get() != nullptr ? body->take() : Payload::empty();
    f.target = UINT32_MAX;
    f.caller = nullptr;
    f.done = done;
    f.user = new std::shared_ptr<HookRun>(hook);
    f.started = 0;
    f.waiting = nullptr;
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    const socle_status status = enter(on, f, {&g, method}, &reply);
    hook->returned = true;
    if (status == SOCLE_PENDING) {
      f.context->link(f);
      f.kind = TimerKind::deadline;
      on.arm_deadline(f, f.context->deadline);
      return;
    }
    f.done = nullptr;
    done(f.user, &reply);
    recycle(on, f);
  });
  return hook;
}

// The deadline inside answers a plugin that waits; only a worker that does not come round is still silent after the
// grace. Then somebody's code is on its stack: the hook's own, or what was begun before or behind it. While nobody's
// is, the machine is overloaded.
Answer Bus::await_hook(HookRun& run) {
  constexpr std::chrono::milliseconds grace{250};
  constexpr std::chrono::milliseconds look{50};
  constexpr int looks = 100;
  if (run.latch.wait(run.timeout + std::min(grace, run.timeout + std::chrono::milliseconds(50)))) return run.answer;
  const sched::Account* holder = nullptr;
  uint64_t turns = run.on.turns();
  for (int i = 0; i < looks && holder == nullptr; ++i) {
    if (run.latch.wait(look)) return run.answer;
    if (run.on.turns() == turns) holder = run.on.running_plugin.load(std::memory_order_acquire);
    turns = run.on.turns();
  }
  Answer lost;
  lost.status = SOCLE_DEADLINE;
  lost.code = "deadline_exceeded";
  lost.blocked = !run.begun && holder != &run.asked.account;
  lost.hung = !lost.blocked;
  const std::string whose = holder != nullptr ? "plugin '" + holder->id().substr(8) + "'" : "the kernel";
  lost.message = lost.hung ? "the plugin did not give its thread back" : "its thread is held by " + whose;
  return lost;
}

Answer Bus::run_hook(Generation& g, Worker& on, uint32_t method, PayloadRef payload,
                     std::chrono::milliseconds timeout) {
  if (g.bound()) return await_hook(*begin_hook(g, worker(0), method, std::move(payload), timeout));
  if (on.index() < worker_count()) return await_hook(*begin_hook(g, on, method, std::move(payload), timeout));
  const std::lock_guard staged(staging_mutex_);
  const std::string name = g.plugin + ": " + g.entry_name(method);
  if (payload) {
    payload->share();
    payload->retain();
  }
  PayloadRef again(payload.get());
  Answer answer = await_hook(*begin_hook(g, staging(), method, std::move(payload), timeout));
  if (answer.blocked) {  // somebody before it had the thread: it has not been asked yet, and is on the next one
    replace_staging(answer.message);
    answer = await_hook(*begin_hook(g, staging(), method, std::move(again), timeout));
  }
  if (answer.hung || answer.blocked) replace_staging(name);
  return answer;
}

std::vector<Answer> Bus::run_hook_on_workers(Generation& g, uint32_t method, std::chrono::milliseconds timeout) {
  if (g.affinity_one) return {run_hook(g, staging(), method, {}, timeout)};
  std::vector<std::shared_ptr<HookRun>> runs;
  runs.reserve(workers_.size());
  for (auto& w : workers_) runs.push_back(begin_hook(g, *w, method, {}, timeout));
  std::vector<Answer> answers;
  answers.reserve(runs.size());
  for (auto& run : runs) answers.push_back(await_hook(*run));
  return answers;
}

}  // namespace socle::bus
