#include "bus/channel.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "bus/bus.hpp"
#include "telemetry/log.hpp"

namespace socle::bus {
namespace {
// A message already taken is delivered under its own deadline, whatever became of the publisher's call.
constexpr int64_t delivery_for = 10'000'000'000;
constexpr size_t most_waiting = 1024;  // messages of a tenant at a subscriber, beyond those it holds
}  // namespace

struct Channels::Message {
  ContextRef context;  // a root of its own
  PayloadRef payload;
  std::string tenant;
  Generation* publisher = nullptr;
  socle_event_fn done = nullptr;  // set while the publisher waits
  void* user = nullptr;
  uint64_t timer = 0;
  std::shared_ptr<Message>* held = nullptr;  // the timer's reference
  size_t wanted = 0;                         // lanes that have not taken it yet
  bool dead = false;                         // the publisher was told UNAVAILABLE: lanes that have not taken it drop it
};

// One subscriber of one channel on one worker. Tenants do not share its buffer: each has `capacity` places.
struct Channels::Lane : std::enable_shared_from_this<Channels::Lane> {
  struct Queue {
    std::deque<std::shared_ptr<Message>> taken;    // in the buffer; of a rendezvous: all
    std::deque<std::shared_ptr<Message>> waiting;  // beyond capacity
    size_t held = 0;                               // taken, and the one that is being delivered
  };
  Channels* channels = nullptr;
  Worker* worker = nullptr;
  ChannelMode mode = ChannelMode::buffered;
  uint32_t target = 0;
  uint32_t capacity = 0;
  size_t load = 0;  // all messages that are here
  bool busy = false;
  bool closed = false;
  std::map<std::string, Queue, std::less<>> queues;  // by tenant
  std::deque<std::string> turn;                      // tenants with something taken
  std::shared_ptr<Message> current;

  [[nodiscard]] bool meets() const { return mode == ChannelMode::rendezvous; }

  void take(Queue& queue, const std::shared_ptr<Message>& m) {
    if (queue.taken.empty()) turn.push_back(m->tenant);
    queue.taken.push_back(m);
    ++queue.held;
  }
  // As many of the tenant's wait as may.
  bool is_full(const std::string& tenant) {
    const auto at = queues.find(tenant);
    if (at == queues.end()) return false;
    Queue& queue = at->second;
    if (meets()) return queue.taken.size() >= most_waiting;
    if (queue.waiting.size() < most_waiting) return false;
    load -= std::erase_if(queue.waiting, [](const auto& m) { return m->dead; });
    return queue.waiting.size() >= most_waiting;
  }
  void accept(const std::shared_ptr<Message>& m) {
    Queue& queue = queues[m->tenant];
    ++load;
    const bool has_room = queue.held < capacity;
    if (meets() || has_room) {
      take(queue, m);
    } else {
      queue.waiting.push_back(m);
    }
    if (meets() || !has_room) ++m->wanted;
  }
  // A message is delivered or dropped: its tenant's next may come in.
  void leave(Worker& w, const Message& gone) {
    const auto at = queues.find(gone.tenant);
    if (closed || at == queues.end()) return;
    Queue& queue = at->second;
    --load;
    --queue.held;
    while (!queue.waiting.empty() && queue.held < capacity) {
      const auto m = std::move(queue.waiting.front());
      queue.waiting.pop_front();
      if (m->dead) {
        --load;
        continue;
      }
      take(queue, m);
      if (--m->wanted == 0) tell(w, *m, SOCLE_OK);
    }
    if (queue.held == 0) queues.erase(at);
  }
};

struct Channels::Local {
  std::map<std::string, std::vector<std::shared_ptr<Lane>>, std::less<>> lanes;  // by channel
  size_t next = 0;
};

Channels::Channels(Bus& bus, uint32_t workers) : bus_(bus) {
  for (uint32_t i = 0; i <= workers; ++i) locals_.push_back(std::make_unique<Local>());
}
Channels::~Channels() = default;

void Channels::tell(Worker& w, Message& m, socle_status status) {
  if (m.done == nullptr) return;
  if (w.timer_cancel(m.timer)) delete m.held;
  m.held = nullptr;
  m.publisher->at(w.index()).waiting.add(-1);
  Job job;
  job.generation = m.publisher;
  job.event = m.done;
  job.user = m.user;
  job.status = status;
  m.done = nullptr;
  w.defer(job, {m.context->account(), SOCLE_CLASS_BACKGROUND, m.context->call()});
}

socle_status Channels::publish(Worker& w, Generation& publisher, Context& context, const ChannelRoute& route,
                               Payload* payload, socle_event_fn done, void* user) {
  Local& local = *locals_[w.index()];
  if (local.lanes[route.name].size() != route.subscribers.size()) routes_changed(w);  // makes a new map
  auto& lanes = local.lanes[route.name];
  if (lanes.empty()) return route.mode == ChannelMode::rendezvous ? SOCLE_UNAVAILABLE : SOCLE_OK;
  auto m = std::make_shared<Message>();
  m->context = ContextRef(context.copy_for_other_worker());
  m->context->deadline = w.now() + delivery_for;
  m->context->work_class = SOCLE_CLASS_BACKGROUND;
  payload->retain();
  m->payload = PayloadRef(payload);
  m->tenant = view(context.tenant);
  m->publisher = &publisher;

  std::vector<Lane*> to;
  if (route.mode == ChannelMode::broadcast) {
    for (auto& lane : lanes) to.push_back(lane.get());
  } else {
    const size_t start = local.next++;
    Lane* best = lanes[start % lanes.size()].get();
    for (auto& lane : lanes) {
      if (lane->load < best->load) best = lane.get();
    }
    to.push_back(best);
  }
  if (std::any_of(to.begin(), to.end(), [&m](Lane* lane) { return lane->is_full(m->tenant); }))
    return SOCLE_UNAVAILABLE;
  for (Lane* lane : to) {
    lane->accept(m);
    pump(w, *lane);
  }
  if (m->wanted == 0) return SOCLE_OK;
  m->done = done;
  m->user = user;
  publisher.at(w.index()).waiting.add(1);
  m->held = new std::shared_ptr<Message>(m);
  m->timer = w.timer_start(publisher, context.deadline - w.now(), expired, m->held);
  return SOCLE_PENDING;
}

// The publisher's deadline passed while some lane had no room.
void Channels::expired(void* user, socle_status status) {
  const std::unique_ptr<std::shared_ptr<Message>> held(static_cast<std::shared_ptr<Message>*>(user));
  Message& m = **held;
  if (m.done == nullptr) return;
  m.dead = true;
  m.timer = 0;
  tell(*Worker::current(), m, status == SOCLE_CANCELLED ? SOCLE_CANCELLED : SOCLE_UNAVAILABLE);
}

// Starts the next delivery of a lane, from an empty stack.
void Channels::pump(Worker& w, Lane& lane) {
  if (lane.busy || lane.closed) return;
  while (lane.current == nullptr && !lane.turn.empty()) {
    const std::string tenant = std::move(lane.turn.front());
    lane.turn.pop_front();
    auto& taken = lane.queues.find(tenant)->second.taken;
    lane.current = std::move(taken.front());
    taken.pop_front();
    if (!taken.empty()) lane.turn.push_back(tenant);
    if (lane.meets() && lane.current->dead) lane.leave(w, *std::exchange(lane.current, nullptr));
  }
  if (lane.current == nullptr) return;
  lane.busy = true;
  // `start` keeps the lane alive until its delivery is over.
  struct Start {
    std::shared_ptr<Lane> lane;
  };
  Job job;
  job.user = new Start{lane.shared_from_this()};
  job.event = [](void* user, socle_status) {
    auto* start = static_cast<Start*>(user);
    Lane& l = *start->lane;
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    auto* keep = new std::shared_ptr<Lane>(start->lane);
    delete start;
    const socle_status status = l.channels->bus_.call(*l.worker, nullptr, *l.current->context.get(), l.target,
                                                      l.current->payload.get(), nullptr, &reply, delivered, keep);
    if (status != SOCLE_PENDING) delivered(keep, &reply);
  };
  w.defer(job, {lane.current->context->account(), SOCLE_CLASS_BACKGROUND, lane.current->context->call()});
}

void Channels::delivered(void* user, const socle_reply* reply) {
  const std::unique_ptr<std::shared_ptr<Lane>> held(static_cast<std::shared_ptr<Lane>*>(user));
  Lane& lane = **held;
  if (reply->payload != nullptr) Payload::of(reply->payload)->release();
  const auto m = std::exchange(lane.current, nullptr);
  lane.busy = false;
  if (lane.meets()) tell(*lane.worker, *m, reply->status);
  lane.leave(*lane.worker, *m);
  lane.channels->pump(*lane.worker, lane);
}

// The subscriber is gone: publishers that wait for it hear so, what it was to get is lost and counted.
void Channels::close(Worker& w, Lane& lane, const std::string& channel) {
  lane.closed = true;
  uint64_t lost = 0;
  for (auto& [tenant, queue] : lane.queues) {
    for (auto& m : lane.meets() ? queue.taken : queue.waiting) {
      if (!m->dead && --m->wanted == 0) tell(w, *m, SOCLE_UNAVAILABLE);
    }
    if (!lane.meets()) lost += queue.taken.size();
  }
  lane.queues.clear();
  lane.turn.clear();
  if (lost == 0) return;
  bus_.lost_messages.fetch_add(lost, std::memory_order_relaxed);
  telemetry::Log::get().write(
      telemetry::Level::warn, "a subscriber went before it was given the messages in its buffer",
      {{"channel", channel}, {"subscriber", bus_.target_name(lane.target)}, {"messages", std::to_string(lost)}});
}

void Channels::routes_changed(Worker& w) {
  Local& local = *locals_[w.index()];
  std::map<std::string, std::vector<std::shared_ptr<Lane>>, std::less<>> next;
  for (const auto& [name, route] : w.snapshot->channels) {
    auto& old = local.lanes[name];
    auto& made = next[name];
    for (const uint32_t target : route.subscribers) {
      const auto it = std::find_if(old.begin(), old.end(), [&](const auto& lane) { return lane->target == target; });
      auto lane = it != old.end() ? *it : std::make_shared<Lane>();
      lane->channels = this;
      lane->worker = &w;
      lane->mode = route.mode;
      lane->target = target;
      lane->capacity = std::max<uint32_t>(route.capacity, 1);
      made.push_back(std::move(lane));
    }
  }
  std::swap(local.lanes, next);
  for (auto& [name, old] : next) {
    const auto kept = local.lanes.find(name);
    for (auto& lane : old) {
      if (kept != local.lanes.end() && std::find(kept->second.begin(), kept->second.end(), lane) != kept->second.end())
        continue;
      close(w, *lane, name);
    }
  }
}

void Channels::cancel_all(Worker& w, Generation& g) {
  for (auto& [name, lanes] : locals_[w.index()]->lanes) {
    for (auto& lane : lanes) {
      for (auto& [tenant, queue] : lane->queues) {
        for (auto& m : lane->meets() ? queue.taken : queue.waiting) {
          if (m->publisher != &g || m->done == nullptr) continue;
          m->dead = true;
          tell(w, *m, SOCLE_CANCELLED);
        }
      }
    }
  }
}

}  // namespace socle::bus
