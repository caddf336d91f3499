#include "bus/worker.hpp"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/thread.hpp"
#include "bus/bus.hpp"
#include "crash/handler.hpp"
#include "sched/tsc.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {
namespace {

thread_local Worker* t_current = nullptr;

// Staging workers are replaced while timers of theirs live on elsewhere and calls of theirs are still answered, so each
// make numbers in its own range. Ids of timers and watches: worker 8 bits, make 12 bits, number 44 bits.
uint64_t next_make() {
  static std::atomic<uint64_t> makes{0};
  return makes.fetch_add(1) & 0xFFF;
}
uint64_t first_id(uint32_t index, uint64_t make) { return (uint64_t{index} << 56) + (make << 44) + 1; }
uint32_t first_use(uint64_t make) { return static_cast<uint32_t>(make << 20); }

constexpr int events_per_turn = 256;
constexpr size_t jobs_kept = 1024;
constexpr size_t meters_kept = 256;
constexpr size_t accounts_kept = 1024;  // a power of two

uint32_t interest(uint32_t epoll_events) {
  uint32_t out = 0;
  if ((epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) out |= SOCLE_IO_READ;
  if ((epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) out |= SOCLE_IO_WRITE;
  return out;
}

}  // namespace

Worker* Worker::current() { return t_current; }

Worker::Worker(Bus& bus, uint32_t index) : Worker(bus, index, next_make()) {}

Worker::Worker(Bus& bus, uint32_t index, uint64_t make)
    : lane(bus.accounts(), index),
      frames(first_use(make)),
      bus_(bus),
      index_(index),
      now_(telemetry::monotonic_now()),
      wheel_(now_),
      accounts_(accounts_kept),
      next_id_(first_id(index, make)) {
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
  std::vector<std::unique_ptr<Job>> undone;
  each_job([&](Job& job) { undone.emplace_back(&job); });
  for (const auto& job : undone) {
    if (job->payload != nullptr) job->payload->release();
  }
  for (const auto& [at, arrival] : arriving_) drop(arrival->connection);
  for (auto& blocks : pool_) {
    for (void* block : blocks) std::free(block);
  }
  close(epoll_);
  close(wake_);
}

void Worker::start() {
  thread_ = std::thread([this] {
    if (index_ == bus_.worker_count()) {
      base::be_patient();  // the staging thread
    } else {
      base::be_prompt();
    }
    loop();
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake();
  thread_.join();
}

void Worker::abandon() {
  stopping_ = true;
  index_ = bus_.worker_count() + 1;  // its successor counts for the staging worker from here on
}

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

void Worker::defer(const Job& job, Payer payer) {
  std::unique_ptr<Job> made;
  if (jobs_.empty()) {
    made = std::make_unique<Job>(job);
  } else {
    made = std::move(jobs_.back());
    jobs_.pop_back();
    *made = job;
  }
  made->work_class = static_cast<uint8_t>(payer.work_class);
  made->call = payer.call;
  sched::Flow& flow = payer.account != nullptr ? lane.queue.flow(*payer.account) : lane.payer();
  lane.queue.push(flow, *made.release(), payer.work_class);
}

sched::Account& Worker::account(std::string_view name) {
  sched::Account*& kept = accounts_[std::hash<std::string_view>{}(name) % accounts_kept];
  if (kept == nullptr || kept->id() != name) kept = &bus_.accounts().named(name);
  return *kept;
}

// How long there is nothing to do, in ms; -1: until something comes from outside.
int Worker::patience() const {
  if (!lane.queue.empty()) return 0;
  const int64_t wait = std::min(wheel_.wait(now_), lane.wait());
  if (wait == std::numeric_limits<int64_t>::max()) return -1;
  return static_cast<int>(std::min<int64_t>((wait + 999'999) / 1'000'000, 3'600'000));
}

// A thread that sleeps on an idle core comes back after 25 µs and more where the machine is virtual; one that looks
// finds an answer within one. Looking as long as that at most costs twice what the better choice would (Karlin et al.,
// 1990); doubling the sleeps between looks that find nothing makes it a thousandth.
int Worker::look(epoll_event* events) {
  constexpr double look_for = 20'000;  // ns
  constexpr uint32_t most_vain = 10;
  const uint32_t core = std::exchange(expected_from_, nobody);
  if (core == nobody || core == static_cast<uint32_t>(sched_getcpu())) return 0;
  if (looks_to_skip_ > 0) {
    --looks_to_skip_;
    return 0;
  }
  const uint64_t until = sched::tsc() + static_cast<uint64_t>(look_for / lane.nanoseconds_per_tick());
  do {
    if (const int n = epoll_wait(epoll_, events, events_per_turn, 0); n > 0) {
      vain_looks_ = 0;
      return n;
    }
  } while (sched::tsc() < until);
  vain_looks_ = std::min(vain_looks_ + 1, most_vain);
  looks_to_skip_ = 1U << vain_looks_;
  return 0;
}

void Worker::loop() {
  const crash::AlternateStack stack;
  t_current = this;
  ContextPool::use(&contexts_);
  lane.use();
  epoll_event events[events_per_turn];
  while (!stopping_.load(std::memory_order_relaxed)) {
    const int timeout = patience();
    idle_.store(true, std::memory_order_relaxed);
    if (timeout != 0) lane.sleeps();
    int n = timeout != 0 ? look(events) : 0;
    if (n == 0) n = epoll_wait(epoll_, events, events_per_turn, timeout);
    if (timeout != 0) lane.wakes();
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
      const uint64_t id = events[i].data.u64;  // a copy: the structure is packed
      const auto it = watches_.find(id);
      if (it != watches_.end())
        ready(*it->second, interest(events[i].events), (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
    if (stopping_.load(std::memory_order_relaxed))
      break;  // given up while plugin code held it: nothing more is its own
    wheel_.advance(now_, [this](TimerNode& node) { fire(node); });
    serve();
    lane.reconcile(now_);
    for (sched::Flow* flow : lane.take_wanting()) begin_waiting(*flow);
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
  for (auto& item : work) item();
}

// One slice of queued work, the tenant that is most behind first.
void Worker::serve() {
  lane.begin_turn();
  while (sched::Flow* flow = lane.queue.begin()) {
    lane.serve(*flow);
    for (sched::Work* work = lane.queue.next(*flow); work != nullptr;
         work = sched::FairQueue::backlogged(*flow) && lane.slice_left() > 0 ? lane.queue.next(*flow) : nullptr) {
      std::unique_ptr<Job> job(static_cast<Job*>(work));
      run(*job);
      if (jobs_.size() < jobs_kept) jobs_.push_back(std::move(job));
    }
    lane.leave(*flow);
    if (lane.slice_over()) break;
  }
  lane.end_turn();
}

void Worker::run(Job& job) {
  lane.work_class = job.work_class;
  lane.call = job.call;
  if (job.generation != nullptr && job.generation->bound() && index() != 0) [[unlikely]]
    return carry(job);
  switch (job.kind) {
    case Job::Kind::none: return;
    case Job::Kind::frame:
      if (Frame* f = frames.find(job.token); f != nullptr) bus_.dispatch_parked(*this, *f);  // else given up meanwhile
      return;
    case Job::Kind::connection: return take_connection(static_cast<Arrival*>(job.user));
    case Job::Kind::admitted:
      if (Frame* f = frames.find(job.token); f != nullptr) {
        f->context->root().begin_service(now_);
        bus_.dispatch_parked(*this, *f);
      } else {
        request_over(lane.payer(), -1, 0);
      }
      return;
    default: break;
  }
  if (job.kind == Job::Kind::call && job.generation != nullptr) job.generation->at(index()).waiting.add(-1);
  call_back(job);
  if (job.generation == nullptr) return;
  if (job.kind == Job::Kind::posted) job.generation->posted.fetch_sub(1, std::memory_order_relaxed);
  if (job.kind == Job::Kind::offloaded) job.generation->at(index()).waiting.add(-1);
}

// What was begun while its generation was staged ends on the generation's worker.
void Worker::carry(const Job& job) {
  if (job.payload != nullptr) job.payload->share();
  Worker& to = bus_.worker(0);
  to.post([&to, moved = job, payer = paying()] { to.defer(moved, payer); });
}

void Worker::call_back(Job& job) {
  runs(job.generation, UINT32_MAX);
  try {
    if (job.kind == Job::Kind::reply || job.kind == Job::Kind::call) {
      const socle_reply reply{sizeof(socle_reply), job.status, job.payload};
      job.reply(job.user, &reply);
    } else {
      job.event(job.user, job.status);
    }
  } catch (...) {  // the SDK's barrier stops these; a plugin written on the bare ABI may have none
    telemetry::Log::get().write(telemetry::Level::error, "plugin let an exception out of a callback",
                                {{"plugin", job.generation != nullptr ? job.generation->plugin : "kernel"}});
  }
  runs(nullptr, UINT32_MAX);
}

uint32_t Worker::meter_series(std::string_view name) {
  if (const auto known = meters_.find(name); known != meters_.end()) return known->second;
  const std::string series = "socle_meter_total{name=\"" + std::string(name) + "\"}";
  const uint32_t number =
      bus_.metrics().define(series, telemetry::Metrics::Kind::counter, "What plugins metered, all tenants");
  if (meters_.size() < meters_kept) meters_.emplace(name, number);
  return number;
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
