#include "bus/worker.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "bus/bus.hpp"
#include "crash/handler.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {
namespace {

thread_local Worker* t_current = nullptr;

// Ids of timers and watches: worker 8 bits, make 12 bits, number 44 bits. Staging workers are replaced while timers of
// theirs live on elsewhere, so each make numbers in its own range.
uint64_t first_id(uint32_t index) {
  static std::atomic<uint64_t> makes{0};
  return (uint64_t{index} << 56) + ((makes.fetch_add(1) & 0xFFF) << 44) + 1;
}

constexpr size_t jobs_per_turn = 1024;  // so that readiness is looked at under endless deferring
constexpr int events_per_turn = 256;

uint32_t interest(uint32_t epoll_events) {
  uint32_t out = 0;
  if ((epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) out |= SOCLE_IO_READ;
  if ((epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) out |= SOCLE_IO_WRITE;
  return out;
}

}  // namespace

Worker* Worker::current() { return t_current; }

Worker::Worker(Bus& bus, uint32_t index)
    : bus_(bus), index_(index), now_(telemetry::monotonic_now()), wheel_(now_), next_id_(first_id(index)) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0) std::abort();  // no descriptors at boot: nothing can be served
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) std::abort();
}

Worker::~Worker() {
  stop();
  // Calls that a retained generation never answered still hold theirs.
  std::vector<Frame*> unanswered;
  frames.each([&](Frame& f) { unanswered.push_back(&f); });
  for (Frame* f : unanswered) {
    f->context->unlink(*f);
    f->context->release();
    f->payload->release();
  }
  for (auto& blocks : pool_) {
    for (void* block : blocks) std::free(block);
  }
  close(epoll_);
  close(wake_);
}

void Worker::start() {
  thread_ = std::thread([this] { loop(); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake();
  thread_.join();
}

void Worker::abandon() { stopping_ = true; }

void Worker::detach() { thread_.detach(); }

void Worker::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_, &one, sizeof one);
}

void Worker::post(std::function<void()> work) {
  bool sleeping = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.push_back(std::move(work));
    sleeping = !std::exchange(awake_, true);
  }
  if (sleeping) wake();
}

void Worker::post(Generation& generation, socle_event_fn fn, void* user) {
  generation.posted.fetch_add(1, std::memory_order_relaxed);
  post([this, &generation, fn, user] {
    Job job;
    job.generation = &generation;
    job.event = fn;
    job.user = user;
    run(job);
    generation.posted.fetch_sub(1, std::memory_order_relaxed);
  });
}

void Worker::loop() {
  const crash::AlternateStack stack;
  t_current = this;
  ContextPool::use(&contexts_);
  epoll_event events[events_per_turn];
  while (!stopping_.load(std::memory_order_relaxed)) {
    int timeout = 0;
    if (run_queue_.empty()) {
      const int64_t wait = wheel_.wait(now_);
      timeout = wait == std::numeric_limits<int64_t>::max()
                    ? -1
                    : static_cast<int>(std::min<int64_t>((wait + 999'999) / 1'000'000, 3'600'000));
    }
    idle_.store(true, std::memory_order_relaxed);
    const int n = epoll_wait(epoll_, events, events_per_turn, timeout);
    idle_.store(false, std::memory_order_relaxed);
    turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    now_ = telemetry::monotonic_now();
    for (int i = 0; i < n; ++i) {
      if (events[i].data.ptr == nullptr) {
        uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_, &count, sizeof count);
        drain_inbox();
        continue;
      }
      // By id, not by pointer: an earlier event of this turn may have closed the watch.
      const auto it = watches_.find(events[i].data.u64);
      if (it != watches_.end())
        ready(*it->second, interest(events[i].events), (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
      run_jobs();
    }
    wheel_.advance(now_, [this](TimerNode& node) { fire(node); });
    run_jobs();
  }
  ContextPool::use(nullptr);
  t_current = nullptr;
  ended_.store(true, std::memory_order_release);
}

void Worker::drain_inbox() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(inbox_mutex_);
    work.swap(inbox_);
    awake_ = false;
  }
  for (auto& item : work) {
    item();
    run_jobs();
  }
}

void Worker::run_jobs() {
  for (size_t i = 0; i < jobs_per_turn && !run_queue_.empty(); ++i) {
    Job job = run_queue_.front();
    run_queue_.pop_front();
    run(job);
  }
}

void Worker::run(Job& job) {
  if (job.kind == Job::Kind::frame) {
    if (Frame* f = frames.find(job.token); f != nullptr) bus_.dispatch_parked(*this, *f);  // else given up meanwhile
    return;
  }
  running.store(job.generation, std::memory_order_relaxed);
  try {
    if (job.kind == Job::Kind::event) {
      job.event(job.user, job.status);
    } else {
      const socle_reply reply{sizeof(socle_reply), job.status, job.payload};
      if (job.kind == Job::Kind::call && job.generation != nullptr) job.generation->at(index_).waiting.add(-1);
      job.reply(job.user, &reply);
    }
  } catch (...) {  // the SDK's barrier stops these; a plugin written on the bare ABI may have none
    telemetry::Log::get().write(telemetry::Level::error, "plugin let an exception out of a callback",
                                {{"plugin", job.generation != nullptr ? job.generation->plugin : "kernel"}});
  }
  running.store(nullptr, std::memory_order_relaxed);
}

void Worker::fire(TimerNode& node) {
  auto& timed = static_cast<TimedNode&>(node);
  if (timed.kind == TimerKind::deadline) {
    bus_.expire(*this, static_cast<Frame&>(timed));
    return;
  }
  auto& timer = static_cast<PluginTimer&>(timed);
  Job job;
  job.generation = timer.generation;
  job.event = timer.fn;
  job.user = timer.user;
  timer.generation->at(index_).timers.add(-1);
  timers_.erase(timer.id);
  run_queue_.push_back(job);
}

uint64_t Worker::timer_start(Generation& g, int64_t delay, socle_event_fn fn, void* user) {
  auto timer = std::make_unique<PluginTimer>();
  timer->id = next_id_++;
  timer->generation = &g;
  timer->fn = fn;
  timer->user = user;
  const int64_t now = telemetry::monotonic_now();
  wheel_.insert(*timer, delay < INT64_MAX - now ? now + std::max<int64_t>(delay, 0) : INT64_MAX - TimerWheel::tick);
  g.at(index_).timers.add(1);
  const uint64_t id = timer->id;
  timers_.emplace(id, std::move(timer));
  return id;
}

bool Worker::timer_cancel(uint64_t id) {
  const auto it = timers_.find(id);
  if (it == timers_.end()) return false;
  wheel_.remove(*it->second);
  it->second->generation->at(index_).timers.add(-1);
  timers_.erase(it);
  return true;
}

uint64_t Worker::watch_open(Generation& g, int32_t fd) {
  auto watch = std::make_unique<Watch>();
  watch->id = next_id_++;
  watch->fd = fd;
  watch->generation = &g;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = watch->id;
  // An fd that cannot be polled (a regular file) is always ready.
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) watch->ready = SOCLE_IO_READ | SOCLE_IO_WRITE;
  g.at(index_).watches.add(1);
  const uint64_t id = watch->id;
  watches_.emplace(id, std::move(watch));
  return id;
}

void Worker::watch_wait(uint64_t id, uint32_t events, socle_event_fn fn, void* user) {
  const auto it = watches_.find(id);
  Job job;
  job.event = fn;
  job.user = user;
  if (it == watches_.end()) {
    job.status = SOCLE_INVALID;
    run_queue_.push_back(job);
    return;
  }
  Watch& watch = *it->second;
  job.generation = watch.generation;
  if ((watch.ready & events) != 0) {  // an edge came while nobody waited; the wait may turn out spurious
    if (events != SOCLE_IO_READ || !watch.ended) watch.ready &= ~events;
    run_queue_.push_back(job);
    return;
  }
  (events == SOCLE_IO_WRITE ? watch.write : watch.read) = {fn, user};
}

void Worker::ready(Watch& watch, uint32_t events, bool ended) {
  watch.ready |= events;
  // No further edge will tell of an end that came together with the last bytes, so it is told again and again.
  watch.ended = watch.ended || ended;
  const auto answer = [&](Watch::Waiter& waiter, uint32_t kind) {
    if ((watch.ready & kind) == 0 || waiter.fn == nullptr) return;
    if (kind != SOCLE_IO_READ || !watch.ended) watch.ready &= ~kind;
    Job job;
    job.generation = watch.generation;
    job.event = waiter.fn;
    job.user = waiter.user;
    waiter = {};
    run_queue_.push_back(job);
  };
  answer(watch.read, SOCLE_IO_READ);
  answer(watch.write, SOCLE_IO_WRITE);
}

void Worker::watch_close(uint64_t id) {
  const auto it = watches_.find(id);
  if (it == watches_.end()) return;
  Watch& watch = *it->second;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, watch.fd, nullptr);
  for (Watch::Waiter* waiter : {&watch.read, &watch.write}) {
    if (waiter->fn == nullptr) continue;
    Job job;
    job.status = SOCLE_CANCELLED;
    job.generation = watch.generation;
    job.event = waiter->fn;
    job.user = waiter->user;
    run_queue_.push_back(job);
  }
  watch.generation->at(index_).watches.add(-1);
  watches_.erase(it);
}

void Worker::cancel_all(Generation& g) {
  std::vector<uint64_t> ids;
  for (auto& [id, timer] : timers_) {
    if (timer->generation != &g) continue;
    ids.push_back(id);
    Job job;
    job.status = SOCLE_CANCELLED;
    job.generation = &g;
    job.event = timer->fn;
    job.user = timer->user;
    run_queue_.push_back(job);
  }
  for (const uint64_t id : ids) timer_cancel(id);
  for (auto& [id, watch] : watches_) {
    if (watch->generation != &g) continue;
    for (Watch::Waiter* waiter : {&watch->read, &watch->write}) {
      if (waiter->fn == nullptr) continue;
      Job job;
      job.status = SOCLE_CANCELLED;
      job.generation = &g;
      job.event = waiter->fn;
      job.user = waiter->user;
      *waiter = {};
      run_queue_.push_back(job);
    }
  }
  std::vector<Frame*> mine;
  frames.each([&](Frame& f) {
    if (f.caller == &g && (f.state == Frame::State::pending || f.state == Frame::State::parked)) mine.push_back(&f);
  });
  for (Frame* f : mine) bus_.give_up(*this, *f, SOCLE_CANCELLED);
}

Leftovers Worker::leftovers(const Generation& g) {
  Leftovers left;
  const std::string where =
      index_ < bus_.worker_count() ? " on worker " + std::to_string(index_) : " on the staging thread";
  for (auto& [id, timer] : timers_) {
    if (timer->generation == &g) left.items.push_back("a timer" + where);
  }
  for (auto& [id, watch] : watches_) {
    if (watch->generation == &g) left.items.push_back("a watch of fd " + std::to_string(watch->fd) + where);
  }
  frames.each([&](Frame& f) {
    if (f.callee == &g) left.items.push_back("an unanswered " + g.entry_name(f.method) + where);
    if (f.caller == &g && f.state != Frame::State::orphaned) {
      left.items.push_back("a call of " + bus_.target_name(f.target) + " it waits for" + where);
      ++left.calls_made;
    }
  });
  for (const Job& job : run_queue_) {
    if (job.generation == &g) left.items.push_back("a queued event" + where);
  }
  return left;
}

void Worker::forget(Generation& g) {
  std::vector<uint64_t> ids;
  for (auto& [id, timer] : timers_) {
    if (timer->generation == &g) ids.push_back(id);
  }
  for (const uint64_t id : ids) timer_cancel(id);
  ids.clear();
  for (auto& [id, watch] : watches_) {
    if (watch->generation != &g) continue;
    watch->read = watch->write = {};
    ids.push_back(id);
  }
  for (const uint64_t id : ids) watch_close(id);
  std::erase_if(run_queue_, [&](const Job& job) { return job.generation == &g; });
  std::vector<Frame*> unanswered;
  frames.each([&](Frame& f) {
    if (f.caller == &g) f.caller = nullptr, f.done = nullptr;
    if (f.callee == &g && f.state == Frame::State::pending) unanswered.push_back(&f);
  });
  for (Frame* f : unanswered) bus_.give_up(*this, *f, SOCLE_UNAVAILABLE);
}

void Worker::hand_over(Generation& g, Worker& to) {
  std::vector<std::unique_ptr<PluginTimer>> timers;
  std::vector<std::unique_ptr<Watch>> watches;
  for (auto it = timers_.begin(); it != timers_.end();) {
    if (it->second->generation != &g) {
      ++it;
      continue;
    }
    wheel_.remove(*it->second);
    g.at(index_).timers.add(-1);
    timers.push_back(std::move(it->second));
    it = timers_.erase(it);
  }
  for (auto it = watches_.begin(); it != watches_.end();) {
    if (it->second->generation != &g) {
      ++it;
      continue;
    }
    epoll_ctl(epoll_, EPOLL_CTL_DEL, it->second->fd, nullptr);
    g.at(index_).watches.add(-1);
    watches.push_back(std::move(it->second));
    it = watches_.erase(it);
  }
  if (timers.empty() && watches.empty()) return;
  auto cargo = std::make_shared<std::pair<decltype(timers), decltype(watches)>>(std::move(timers), std::move(watches));
  to.post([cargo, &to] { to.adopt(std::move(cargo->first), std::move(cargo->second)); });
}

void Worker::adopt(std::vector<std::unique_ptr<PluginTimer>> timers, std::vector<std::unique_ptr<Watch>> watches) {
  for (auto& timer : timers) {
    wheel_.insert(*timer, timer->expiry);
    timer->generation->at(index_).timers.add(1);
    const uint64_t id = timer->id;
    timers_.emplace(id, std::move(timer));
  }
  for (auto& watch : watches) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = watch->id;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, watch->fd, &event);
    watch->generation->at(index_).watches.add(1);
    const uint64_t id = watch->id;
    watches_.emplace(id, std::move(watch));
  }
}

void* Worker::frame_alloc(size_t size) {
  const size_t cls = (size + 63) / 64;
  if (cls >= pool_.size()) return std::malloc(size);
  if (!pool_[cls].empty()) {
    void* block = pool_[cls].back();
    pool_[cls].pop_back();
    return block;
  }
  return std::malloc(cls * 64);
}

void Worker::frame_free(void* block, size_t size) {
  const size_t cls = (size + 63) / 64;
  if (cls >= pool_.size() || pool_[cls].size() >= 256) {
    std::free(block);
  } else {
    pool_[cls].push_back(block);
  }
}

}  // namespace socle::bus
