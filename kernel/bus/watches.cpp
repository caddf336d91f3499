// watches.cpp: Worker's timers, watches and connections: what happens outside becomes a job of whoever pays for it.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "bus/bus.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {

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
  const Payer payer = timer.payer;
  timer.generation->at(index()).timers.add(-1);
  timers_.erase(timer.id);
  defer(job, payer);
}

uint64_t Worker::timer_start(Generation& g, int64_t delay, socle_event_fn fn, void* user) {
  auto timer = std::make_unique<PluginTimer>();
  timer->id = next_id_++;
  timer->generation = &g;
  timer->fn = fn;
  timer->user = user;
  timer->payer = paying();
  const int64_t now = telemetry::monotonic_now();
  wheel_.insert(*timer, delay < INT64_MAX - now ? now + std::max<int64_t>(delay, 0) : INT64_MAX - TimerWheel::tick);
  g.at(index()).timers.add(1);
  const uint64_t id = timer->id;
  timers_.emplace(id, std::move(timer));
  return id;
}

bool Worker::timer_cancel(uint64_t id) {
  const auto it = timers_.find(id);
  if (it == timers_.end()) return false;
  wheel_.remove(*it->second);
  it->second->generation->at(index()).timers.add(-1);
  timers_.erase(it);
  return true;
}

void Worker::attach(Watch& watch) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = watch.id;
  watch.kind = Watch::Kind::polled;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, watch.fd, &event) == 0) return;
  const int why = errno;
  watch.kind = why == EPERM ? Watch::Kind::always : Watch::Kind::refused;
  if (watch.kind == Watch::Kind::always) return;
  const std::string fd = "watch of fd " + std::to_string(watch.fd) + " refused: ";
  telemetry::Log::get().write(
      telemetry::Level::error,
      why == EEXIST ? fd + "this worker watches it already; wait for both directions on that watch, or dup() it"
                    : fd + std::strerror(why),
      {{"plugin", watch.generation->plugin}, {"generation", std::to_string(watch.generation->seq)}});
}

// A refused one must not end the watch that has the descriptor.
void Worker::detach(const Watch& watch) {
  if (watch.kind == Watch::Kind::polled) epoll_ctl(epoll_, EPOLL_CTL_DEL, watch.fd, nullptr);
}

uint64_t Worker::watch_open(Generation& g, int32_t fd) {
  auto watch = std::make_unique<Watch>();
  watch->id = next_id_++;
  watch->fd = fd;
  watch->generation = &g;
  attach(*watch);
  g.at(index()).watches.add(1);
  const uint64_t id = watch->id;
  // The plugin that takes a connection opens its watch: what becomes ready there waits for its payer's turn.
  if (const auto it = connections_open_.find(opening_); it != connections_open_.end() && it->second.watch == 0) {
    it->second.watch = id;
    watch->payer = it->second.payer;
  }
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
    defer(job);
    return;
  }
  Watch& watch = *it->second;
  job.generation = watch.generation;
  const Payer payer = watch.payer != nullptr ? Payer{watch.payer, 0} : paying();
  if (watch.kind != Watch::Kind::polled) {
    if (watch.kind == Watch::Kind::refused) job.status = SOCLE_INVALID;
    defer(job, payer);
    return;
  }
  if ((watch.ready & events) != 0) {  // an edge came while nobody waited; the wait may turn out spurious
    if (events != SOCLE_IO_READ || !watch.ended) watch.ready &= ~events;
    defer(job, payer);
    return;
  }
  (events == SOCLE_IO_WRITE ? watch.write : watch.read) = {fn, user, payer};
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
    const Payer payer = waiter.payer;
    waiter = {};
    defer(job, payer);
  };
  answer(watch.read, SOCLE_IO_READ);
  answer(watch.write, SOCLE_IO_WRITE);
}

void Worker::end_waits(Watch& watch, socle_status status) {
  for (Watch::Waiter* waiter : {&watch.read, &watch.write}) {
    if (waiter->fn == nullptr) continue;
    Job job;
    job.status = status;
    job.generation = watch.generation;
    job.event = waiter->fn;
    job.user = waiter->user;
    const Payer payer = waiter->payer;
    *waiter = {};
    defer(job, payer);
  }
}

void Worker::watch_close(uint64_t id) {
  const auto it = watches_.find(id);
  if (it == watches_.end()) return;
  Watch& watch = *it->second;
  detach(watch);
  end_waits(watch, SOCLE_CANCELLED);
  watch.generation->at(index()).watches.add(-1);
  watches_.erase(it);
}

// ---- connections: charged to the tenant authenticated last, until then to the peer's address

// Taking a connection (and its TLS handshake) is work of its peer, in its turn: accepting many does not pass by the
// queue.
void Worker::connection(const socle_connection& given) {
  auto arrival = std::make_unique<Arrival>(Arrival{given, std::string(view(given.listener)),
                                                   std::string(view(given.peer)), std::string(view(given.buffered))});
  Job job;
  job.kind = Job::Kind::connection;
  job.user = arrival.get();
  sched::Account& peer = account(sched::edge_name(arrival->peer));
  peer.arrivals.fetch_add(1, std::memory_order_relaxed);
  arriving_.emplace(arrival.get(), std::move(arrival));
  arrivals.store(static_cast<uint32_t>(arriving_.size()), std::memory_order_relaxed);
  defer(job, {&peer, 0});
}

// A connection that nobody serves any more: the TLS state goes with it.
void Worker::drop(const socle_connection& connection) {
  if (connection.tls != nullptr && bus_.owner() != nullptr) bus_.owner()->tls_dropped(connection.tls);
  ::close(connection.fd);
}

void Worker::take_connection(Arrival* taken) {
  const auto node = arriving_.extract(taken);
  paying().account->arrivals.fetch_sub(1, std::memory_order_relaxed);
  arrivals.store(static_cast<uint32_t>(arriving_.size()), std::memory_order_relaxed);
  const Arrival& arrival = *node.mapped();
  socle_connection c = arrival.connection;
  c.listener = str(arrival.listener);
  c.peer = str(arrival.peer);
  c.buffered = str(arrival.buffered);
  const auto it = snapshot->listeners.find(arrival.listener);
  if (it == snapshot->listeners.end() || it->second->descriptor->connection == nullptr) {
    drop(c);
    connections.fetch_sub(1, std::memory_order_relaxed);
    if (bus_.owner() != nullptr) bus_.owner()->connection_closed(c.id);
    return;
  }
  Generation& g = *it->second;
  if (g.bound() && index() != 0) {
    connections.fetch_sub(1, std::memory_order_relaxed);
    bus_.worker(0).connections.fetch_add(1, std::memory_order_relaxed);
    Worker& there = bus_.worker(0);
    there.post([&there, moved = arrival] {
      socle_connection given = moved.connection;
      given.listener = str(moved.listener);
      given.peer = str(moved.peer);
      given.buffered = str(moved.buffered);
      there.connection(given);
    });
    return;
  }
  g.at(index()).connections.add(1);
  runs(&g, UINT32_MAX);
  connection_opened(c.id, *paying().account);
  try {
    g.descriptor->connection(g.instance, &c);
  } catch (...) {  // whether it took the fd cannot be known; the count stays, so that the drain tells
    telemetry::Log::get().write(telemetry::Level::error, "plugin let an exception out of connection()",
                                {{"plugin", g.plugin}});
  }
  opening_ = 0;
  runs(nullptr, UINT32_MAX);
}

void Worker::connection_opened(uint64_t id, sched::Account& peer) {
  connections_open_[id] = {&peer, &peer, 0};
  opening_ = id;
}

void Worker::connection_charge(uint64_t id, std::string_view tenant) {
  const auto it = connections_open_.find(id);
  if (it == connections_open_.end()) return;
  Opened& open = it->second;
  if (tenant.empty() ? open.payer == open.peer : tenant == open.payer->id()) return;
  open.payer = tenant.empty() ? open.peer : &account(tenant);
  if (const auto watch = watches_.find(open.watch); watch != watches_.end()) watch->second->payer = open.payer;
}

// The next request is read in its payer's slice: at once when that is the one running, else when its turn comes.
socle_status Worker::connection_admit(Generation& g, uint64_t id, socle_event_fn turn, void* user) {
  const auto it = connections_open_.find(id);
  if (it == connections_open_.end()) return SOCLE_OK;
  sched::Account& payer = *it->second.payer;
  if (lane.payer().account.load(std::memory_order_relaxed) == &payer && lane.slice_left() > 0) return SOCLE_OK;
  Job job;
  job.generation = &g;
  job.event = turn;
  job.user = user;
  defer(job, {&payer, 0});
  return SOCLE_PENDING;
}

}  // namespace socle::bus
