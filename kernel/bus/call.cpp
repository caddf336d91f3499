// call.cpp: the path of one call through the bus (bus.hpp tells the shape) up to the callee's handle(). Runs on the
// caller's worker. filters.cpp: what stands before and behind it; answer.cpp: how it ends; admission.cpp: requests.
#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "bus/bus.hpp"
#include "sched/tsc.hpp"

namespace socle::bus {
namespace {

constexpr uint64_t sample_every = 8;

}  // namespace

socle_status Bus::checked(const Frame& frame, socle_reply& reply, socle_status returned) const {
  const auto refuse = [&reply](std::string_view code, const std::string& message) {
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    reply = Bus::error(SOCLE_INTERNAL, code, message);
    return reply.status;
  };
  if (returned > SOCLE_PENDING && returned <= SOCLE_INTERNAL) reply.status = returned;
  const bool known =
      returned == SOCLE_OK ? reply.status >= SOCLE_OK && reply.status <= SOCLE_INTERNAL : reply.status == returned;
  if (!known || reply.status == SOCLE_PENDING) {
    return refuse("garbage_status", "the plugin answered with status " +
                                        std::to_string(returned == SOCLE_OK ? reply.status : returned) +
                                        ", which is none");
  }
  const bool hook = frame.callee != nullptr && frame.method >= frame.callee->descriptor->method_count;
  if (reply.payload != nullptr && reply.payload->text.size > settings_.max_payload && !hook) {
    return refuse("reply_too_large", target_name(frame.target) + " answered with " +
                                         std::to_string(reply.payload->text.size) + " bytes, the limit is " +
                                         std::to_string(settings_.max_payload) +
                                         "; ask for less at a time, or let the provider page or stream");
  }
  return reply.status;
}

// Under memory pressure what a tenant has begun must end sooner: half, then a quarter of the time.
int64_t Bus::pressed(Worker& w, const sched::Account& account, int64_t until) {
  const uint32_t pressure = account.pressure();
  return pressure == 0 || until == std::numeric_limits<int64_t>::max() ? until
                                                                       : w.now() + ((until - w.now()) >> pressure);
}

Provider Bus::choose(const Route& route, const Context& context) {
  if (route.canary.generation == nullptr) return route.primary;
  const bool listed = route.canary_tenants != nullptr && route.canary_tenants->contains(view(context.tenant));
  const bool in_share = route.canary_share > context.bucket(route.canary.generation->seq);
  return listed || in_share ? route.canary : route.primary;
}

socle_status Bus::call(Worker& w, Generation* caller, Context& context, uint32_t target, Payload* payload,
                       const socle_call_options* options, socle_reply* reply, socle_reply_fn done, void* user) {
  const auto refuse = [&](socle_status status, std::string_view code, std::string_view message) {
    *reply = error(status, code, message);
    return status;
  };
  *reply = {sizeof(socle_reply), SOCLE_OK, nullptr};
  if (caller != nullptr && !caller->allowed(target)) {
    return refuse(SOCLE_DENIED, "not_granted",
                  "plugin '" + caller->plugin +
                      "' has not resolved this target; resolve() checks the manifest's requires and the grants");
  }
  if (payload == nullptr) payload = Payload::empty();
  if (context.cancelled != 0) return refuse(SOCLE_CANCELLED, "cancelled", "the caller is gone");
  if (context.deadline <= w.now())
    return refuse(SOCLE_DEADLINE, "deadline_exceeded", "the deadline passed before the call was made");
  if (caller != nullptr && caller->grants.ingress && context.depth() == 0) {
    if (const auto why = entry_refusal(tenants_, view(context.tenant)); why.status != SOCLE_OK)
      return refuse(why.status, why.code, why.message);
  }
  if (payload->text.size > settings_.max_payload) {
    return refuse(SOCLE_TOO_LARGE, "payload_too_large",
                  "the payload has " + std::to_string(payload->text.size) + " bytes, the limit is " +
                      std::to_string(settings_.max_payload));
  }
  if (context.depth() >= settings_.max_depth) {
    return refuse(SOCLE_EXHAUSTED, "call_too_deep",
                  "calls are nested " + std::to_string(context.depth()) +
                      " deep, which is the limit; look for a cycle of services");
  }
  const Route* route = target < w.snapshot->routes.size() ? &w.snapshot->routes[target] : nullptr;
  if (route == nullptr || (route->primary.generation == nullptr && !route->parked)) {
    return refuse(SOCLE_UNAVAILABLE, "no_provider", "no plugin provides " + target_name(target) + " now");
  }

  bool waits = false;
  if (context.wants_admission()) {
    const socle_status verdict = admit(w, context, reply);
    if (verdict != SOCLE_OK && verdict != SOCLE_PENDING) return verdict;
    waits = verdict == SOCLE_PENDING;
    payload->count_for(context.call());  // it was read before there was a context
  }
  int64_t until = context.deadline;
  const int64_t timeout = options != nullptr && options->timeout_for > 0 ? options->timeout_for : route->timeout;
  if (timeout > 0 && timeout < std::numeric_limits<int64_t>::max() - w.now())
    until = std::min(until, w.now() + timeout);
  // What stands for a context of another process was cut there.
  if (context.account() != nullptr && context.depth() == 0 && context.stands_for() == 0)
    until = pressed(w, *context.account(), until);
  const socle_str key = options != nullptr ? options->idempotency_key : socle_str{nullptr, 0};

  Frame& frame = w.frames.take();
  frame.state = Frame::State::running;
  frame.context = context.derive(until, key, {});
  payload->retain();
  frame.payload = payload;
  frame.target = target;
  frame.caller = caller;
  frame.callee = nullptr;
  frame.done = done;
  frame.user = user;
  frame.started = 0;
  frame.waiting = nullptr;

  socle_status status = SOCLE_PENDING;
  if (waits) {
    frame.state = Frame::State::parked;
    w.wait_for_place(frame, w.lane.queue.flow(*context.account()));
  } else if (route->parked) {
    frame.state = Frame::State::parked;
    w.parked.push_back(&frame);
  } else if (w.nesting >= settings_.inline_nesting) {
    frame.state = Frame::State::parked;
    Job job;
    job.kind = Job::Kind::frame;
    job.token = FrameSlab::token(w.index(), frame);
    w.defer(job, {context.account(), context.work_class, context.call()});
  } else {
    status = dispatch(w, frame, *route, reply);
  }
  if (status == SOCLE_PENDING) {
    if (caller != nullptr) caller->at(w.index()).waiting.add(1);
    frame.context->link(frame);
    if (frame.context->deadline != std::numeric_limits<int64_t>::max()) {
      frame.kind = TimerKind::deadline;
      w.arm_deadline(frame, frame.context->deadline);
    }
    return status;
  }
  recycle(w, frame);
  return status;
}

// OK or error: *reply is filled and the frame is the caller's to recycle. PENDING: it stays.
socle_status Bus::dispatch(Worker& w, Frame& frame, const Route& route, socle_reply* reply) {
  const Provider to = choose(route, *frame.context);
  if (w.index() != 0 && is_bound(route, to)) return carry(w, frame);
  if (!route.before.empty() && !run_filters(w, frame, route.before, frame.payload, SOCLE_OK, reply))
    return reply->status;
  const socle_status status = enter(w, frame, to, reply);
  if (status != SOCLE_PENDING && !route.after.empty()) {
    socle_reply verdict{sizeof(socle_reply), SOCLE_OK, nullptr};
    Payload* body = reply->payload != nullptr ? Payload::of(reply->payload) : Payload::empty();
    if (!run_filters(w, frame, route.after, body, status, &verdict)) {
      if (reply->payload != nullptr) Payload::of(reply->payload)->release();
      *reply = verdict;
      return verdict.status;
    }
  }
  return status;
}

socle_status Bus::enter(Worker& w, Frame& frame, Provider to, socle_reply* reply) {
  Generation& g = *to.generation;
  frame.callee = &g;
  frame.method = to.method;
  WorkerCounters& counters = g.at(w.index());
  counters.in_flight.add(1);
  const bool hook = to.method >= counters.methods.size();
  if (!hook && static_cast<uint64_t>(counters.methods[to.method].calls.get()) %
                       (g.sample_all.load(std::memory_order_relaxed) ? 1 : sample_every) ==
                   0)
    frame.started = sched::tsc();
  Context& context = *frame.context;
  const socle_call call{sizeof(socle_call), to.method, FrameSlab::token(w.index(), frame), &context, frame.payload};
  const Generation* const outer = w.running.load(std::memory_order_relaxed);
  const uint32_t outer_target = w.running_target.load(std::memory_order_relaxed);
  const Frame* const outer_frame = w.running_frame.load(std::memory_order_relaxed);
  w.runs(&g, frame.target);
  w.running_frame.store(&frame, std::memory_order_relaxed);
  // Almost always the payer is the caller's already: nested calls cost no look at the clock. What the callee puts off
  // is of the context's class too: what a plugin does in a tenant's name waits for the tenant's own requests.
  sched::Flow* payer = nullptr;
  const uint32_t outer_class = std::exchange(w.lane.work_class, context.work_class);
  const sched::CallMemory outer_call = std::exchange(w.lane.call, context.call());
  if (context.account() != nullptr && context.account() != w.lane.paying()) [[unlikely]]
    payer = &w.lane.pay(w.lane.queue.flow(*context.account()));
  ++w.nesting;
  frame.state = Frame::State::running;
  socle_status status = SOCLE_INTERNAL;
  try {
    status = g.descriptor->handle(g.instance, &call, reply);
  } catch (...) {  // the SDK's barrier stops these; a plugin written on the bare ABI may have none
    *reply = error(SOCLE_INTERNAL, "plugin_threw", "plugin '" + g.plugin + "' let an exception out of handle()");
  }
  --w.nesting;
  if (payer != nullptr) [[unlikely]]
    w.lane.pay(*payer);
  w.lane.work_class = outer_class;
  w.lane.call = outer_call;
  w.runs(outer, outer_target);
  w.running_frame.store(outer_frame, std::memory_order_relaxed);
  if (status == SOCLE_PENDING) {
    if (frame.state != Frame::State::early) {
      frame.state = Frame::State::pending;
      return SOCLE_PENDING;
    }
    *reply = frame.reply;
    status = SOCLE_OK;
  } else if (frame.state ==
             Frame::State::early) {  // answered twice: by complete() and by returning; the first one holds
    if (reply->payload != nullptr) Payload::of(reply->payload)->release();
    *reply = frame.reply;
    status = SOCLE_OK;
    late_replies.fetch_add(1, std::memory_order_relaxed);
  }
  counters.in_flight.add(-1);
  status = checked(frame, *reply, status);
  record(w, frame, status);
  return status;
}

// Whether the call is worker 0's: its provider or one of its filters is bound to it.
bool Bus::is_bound(const Route& route, const Provider& to) {
  const auto bound = [](const FilterStep& step) { return step.generation->bound(); };
  return to.generation->bound() || std::any_of(route.before.begin(), route.before.end(), bound) ||
         std::any_of(route.after.begin(), route.after.end(), bound);
}

// The whole call, filters included, becomes one of worker 0's in its payer's turn. Here a frame without callee waits
// for the answer, or gives up before. Both legs are copies or shared payloads.
socle_status Bus::carry(Worker& w, Frame& frame) {
  frame.callee = nullptr;
  frame.state = Frame::State::pending;
  frame.payload->share();
  frame.payload->retain();
  const Trip trip{*this, w.index(), FrameSlab::token(w.index(), frame)};
  worker(0).post(
      [this, trip, target = frame.target, context = frame.context->copy_for_other_worker(), payload = frame.payload] {
        Worker& there = worker(0);
        Frame& f = there.frames.take();
        f.state = Frame::State::parked;
        f.context = context;
        f.payload = payload;
        f.target = target;
        f.callee = f.caller = nullptr;
        f.done = arrive;
        f.user = new Trip(trip);
        f.started = 0;
        f.waiting = nullptr;
        context->link(f);
        if (context->deadline != std::numeric_limits<int64_t>::max()) {
          f.kind = TimerKind::deadline;
          there.arm_deadline(f, context->deadline);
        }
        Job job;
        job.kind = Job::Kind::frame;
        job.token = FrameSlab::token(there.index(), f);
        there.defer(job, {context->account(), context->work_class, context->call()});
      });
  return SOCLE_PENDING;
}

// Worker 0: the answer goes home.
void Bus::arrive(void* user, const socle_reply* reply) {
  const std::unique_ptr<Trip> trip(static_cast<Trip*>(user));
  if (reply->payload != nullptr) Payload::of(reply->payload)->share();
  const bool posted = trip->bus.post(trip->home, [token = trip->token, answer = *reply](Worker& home) {
    Frame* f = home.frames.find(token);
    if (f == nullptr || f->callee != nullptr || f->state != Frame::State::pending) {
      if (answer.payload != nullptr) Payload::of(answer.payload)->release();
    } else {
      home.bus().deliver(home, *f, answer);
    }
    if (f != nullptr && f->callee == nullptr) home.bus().recycle(home, *f);
  });
  if (!posted && reply->payload != nullptr) Payload::of(reply->payload)->release();
}

// Nobody at home waits for the call any more.
void Bus::cancel_carried(uint32_t home, uint64_t token) {
  Worker& there = worker(0);
  const Frame* found = nullptr;
  there.frames.each([&](const Frame& f) {
    if (f.done != arrive) return;
    const auto& trip = *static_cast<const Trip*>(f.user);
    if (trip.home == home && trip.token == token) found = &f;
  });
  if (found != nullptr) cancel(there, *found->context);
}

}  // namespace socle::bus
