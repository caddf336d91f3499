#include "bus/bus.hpp"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "bus/latch.hpp"
#include "sched/tsc.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {

namespace {

thread_local int64_t t_refused = 0;

uint32_t memory_refusals(telemetry::Metrics& metrics, const std::string& cap) {
  return metrics.define("socle_memory_refused_total{cap=\"" + cap + "\"}", telemetry::Metrics::Kind::counter,
                        "Memory that was refused because a request, or all of its tenant, holds what it may");
}

}  // namespace

Bus::Bus(const Settings& settings, telemetry::Metrics& metrics, Owner* owner)
    : settings_(settings),
      metrics_(metrics),
      memory_refused_{memory_refusals(metrics, "request"), memory_refusals(metrics, "tenant")},
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

void Bus::memory_refused(uint64_t cap) {
  t_refused = static_cast<int64_t>(std::min<uint64_t>(cap, std::numeric_limits<int64_t>::max()));
  metrics_.observe(memory_refused_[cap > 0 ? 0 : 1], 1);
}

int64_t Bus::last_refusal() { return std::exchange(t_refused, 0); }

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

}  // namespace socle::bus
