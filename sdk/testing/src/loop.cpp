// loop.cpp: time, readiness, offload and deferral of the fake table, and the loop that runs what has become ready.
#include <poll.h>

#include <algorithm>

#include "state.hpp"

namespace socle::testing {
namespace {

std::int64_t now(const socle_host* host) { return state_of(host).clock; }
// A fixed day plus the clock, so that both move together.
std::int64_t now_utc(const socle_host* host) { return 1'700'000'000'000'000'000 + state_of(host).clock; }

std::uint64_t timer_start(const socle_host* host, std::int64_t delay, socle_event_fn done, void* user) {
  State& state = state_of(host);
  state.worker_only("timer_start");
  Code code{};
  const Verdict verdict = state.judge_pending("timer_start", code);
  const std::uint64_t id = ++state.last_id;
  if (verdict == Verdict::fail || verdict == Verdict::cancel) {
    // Still a timer until it has fired, so that cancelling it in between works.
    state.timers[id] = {0, done, user, state.worker, false};
    state.schedule(state.worker,
                   [&state, id, done, user] {
                     if (state.timers.erase(id) == 1) done(user, SOCLE_CANCELLED);
                   },
                   {});
    return id;
  }
  state.timers[id] = {state.clock + std::max<std::int64_t>(delay, 0), done, user, state.worker,
                      verdict == Verdict::stall};
  return id;
}

int timer_cancel(const socle_host* host, std::uint64_t id) {
  State& state = state_of(host);
  state.worker_only("timer_cancel");
  (void)state.judge("timer_cancel");
  return state.timers.erase(id) == 1 ? 1 : 0;
}

std::uint64_t watch_open(const socle_host* host, std::int32_t fd) {
  State& state = state_of(host);
  state.worker_only("watch_open");
  Code code{};
  const Verdict verdict = state.judge("watch_open", code);
  // As in the kernel: a descriptor that cannot be watched has a number, too, and its waits tell.
  state.watches[++state.last_id] = {fd, verdict == Verdict::fail ? detail::status(code) : SOCLE_OK, {}, {}};
  return state.last_id;
}

void watch_wait(const socle_host* host, std::uint64_t id, std::uint32_t events, socle_event_fn done, void* user) {
  State& state = state_of(host);
  state.worker_only("watch_wait");
  const auto found = state.watches.find(id);
  if (found == state.watches.end()) return state.misuse("watch_wait: not an open watch");
  Code code{};
  const Verdict verdict = state.judge_pending("watch_wait", code);
  if (verdict == Verdict::fail || verdict == Verdict::cancel) {
    return state.schedule_event(state.worker, done, user,
                                verdict == Verdict::cancel ? SOCLE_CANCELLED : detail::status(code));
  }
  if (found->second.refused != SOCLE_OK) return state.schedule_event(state.worker, done, user, found->second.refused);
  Wait& wait = events == SOCLE_IO_READ ? found->second.read : found->second.write;
  if (wait.done != nullptr) state.misuse("watch_wait: a second wait of the same kind");
  wait = {done, user, state.worker, verdict == Verdict::stall};
}

void watch_close(const socle_host* host, std::uint64_t id) {
  State& state = state_of(host);
  state.worker_only("watch_close");
  (void)state.judge("watch_close");
  const auto found = state.watches.find(id);
  if (found == state.watches.end()) return state.misuse("watch_close: not an open watch");
  for (const Wait& wait : {found->second.read, found->second.write}) {
    if (wait.done != nullptr) state.schedule_event(wait.worker, wait.done, wait.user, SOCLE_CANCELLED);
  }
  state.watches.erase(found);
}

socle_status offload(const socle_host* host, socle_work_fn work, socle_event_fn done, void* user) {
  State& state = state_of(host);
  state.worker_only("offload");
  Code code{};
  const Verdict verdict = state.judge_pending("offload", code);
  if (verdict == Verdict::fail) return detail::status(code);
  if (verdict == Verdict::cancel) {
    state.schedule_event(state.worker, done, user, SOCLE_CANCELLED);
    return SOCLE_OK;
  }
  const auto run = [&state, work, done, user] {
    state.offloading = true;
    work(user);
    state.offloading = false;
    state.schedule_event(state.worker, done, user, SOCLE_OK);
  };
  state.schedule(
      state.worker, run, [done, user] { done(user, SOCLE_CANCELLED); }, verdict == Verdict::stall);
  return SOCLE_OK;
}

void defer(const socle_host* host, socle_event_fn done, void* user) {
  State& state = state_of(host);
  state.worker_only("defer");
  const Verdict verdict = state.judge("defer");
  state.schedule_event(state.worker, done, user, verdict == Verdict::fail ? SOCLE_CANCELLED : SOCLE_OK,
                       verdict == Verdict::stall);
}

void post(const socle_host* host, std::uint32_t worker, socle_event_fn done, void* user) {
  State& state = state_of(host);
  if (worker > state.options.workers) state.misuse("post: there is no worker " + std::to_string(worker));
  const Verdict verdict = state.judge("post");
  state.schedule_event(worker, done, user, verdict == Verdict::fail ? SOCLE_CANCELLED : SOCLE_OK,
                       verdict == Verdict::stall);
}

std::uint32_t worker(const socle_host* host) { return state_of(host).worker; }
std::uint32_t worker_count(const socle_host* host) { return state_of(host).options.workers; }

void* frame_alloc(const socle_host* host, std::size_t size) {
  State& state = state_of(host);
  state.worker_only("frame_alloc");
  if (state.refuses("frame_alloc")) return nullptr;
  void* frame = ::operator new(size);
  state.frames[frame] = size;
  return frame;
}

void frame_free(const socle_host* host, void* frame, std::size_t size) {
  State& state = state_of(host);
  state.worker_only("frame_free");
  (void)state.judge("frame_free");
  const auto found = state.frames.find(frame);
  if (found == state.frames.end()) return state.misuse("frame_free: not a live frame");
  if (found->second != size) state.misuse("frame_free: another size than was allocated");
  state.frames.erase(found);
  ::operator delete(frame);
}

}  // namespace

void State::schedule(std::uint32_t on, std::function<void()> run, std::function<void()> give_up_instead, bool stall) {
  (stall ? stalled : ready).push_back({on, std::move(run), std::move(give_up_instead)});
}

void State::schedule_event(std::uint32_t on, socle_event_fn done, void* user, socle_status status, bool stall) {
  schedule(
      on, [done, user, status] { done(user, status); }, [done, user] { done(user, SOCLE_CANCELLED); }, stall);
}

bool State::step() {
  if (ready.empty() && !poll_watches()) return false;
  Event event = std::move(ready.front());
  ready.pop_front();
  // What start() left on the staging thread goes on with worker 0.
  const std::uint32_t before = std::exchange(worker, event.worker == options.workers && started ? 0 : event.worker);
  event.run();
  worker = before;
  return true;
}

bool State::poll_watches() {
  for (auto& [id, watched] : watches) {
    pollfd asked{watched.fd, 0, 0};
    if (watched.read.done != nullptr && !watched.read.stalled) asked.events |= POLLIN;
    if (watched.write.done != nullptr && !watched.write.stalled) asked.events |= POLLOUT;
    if (asked.events == 0 || ::poll(&asked, 1, 0) <= 0) continue;
    const bool broken = (asked.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    for (auto [wait, events] : {std::pair(&watched.read, POLLIN), std::pair(&watched.write, POLLOUT)}) {
      if ((asked.events & events) == 0 || ((asked.revents & events) == 0 && !broken)) continue;
      const Wait fired = std::exchange(*wait, {});
      schedule_event(fired.worker, fired.done, fired.user, SOCLE_OK);
    }
  }
  return !ready.empty();
}

void State::release_stalled() {
  while (!stalled.empty()) {
    ready.push_back(std::move(stalled.front()));
    stalled.pop_front();
  }
  for (auto& [id, timer] : timers) timer.stalled = false;
  for (auto& [id, watched] : watches) watched.read.stalled = watched.write.stalled = false;
}

void State::give_up() {
  for (auto* queue : {&ready, &stalled}) {
    for (Event& event : *queue) {
      if (event.give_up) event.run = event.give_up;
    }
  }
  release_stalled();
  for (const auto& [id, timer] : std::exchange(timers, {})) {
    schedule_event(timer.worker, timer.done, timer.user, SOCLE_CANCELLED);
  }
  for (auto& [id, watched] : watches) {
    for (Wait* wait : {&watched.read, &watched.write}) {
      const Wait ended = std::exchange(*wait, {});
      if (ended.done != nullptr) schedule_event(ended.worker, ended.done, ended.user, SOCLE_CANCELLED);
    }
  }
}

void fill_loop(socle_host& host) {
  host.now = now;
  host.now_utc = now_utc;
  host.timer_start = timer_start;
  host.timer_cancel = timer_cancel;
  host.watch_open = watch_open;
  host.watch_wait = watch_wait;
  host.watch_close = watch_close;
  host.offload = offload;
  host.defer = defer;
  host.post = post;
  host.worker = worker;
  host.worker_count = worker_count;
  host.frame_alloc = frame_alloc;
  host.frame_free = frame_free;
}

}  // namespace socle::testing
