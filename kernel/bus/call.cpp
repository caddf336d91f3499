// call.cpp: the path of one call through the bus (bus.hpp tells the shape). Runs on the caller's worker.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "bus/bus.hpp"
#include "bus/tsc.hpp"

namespace socle::bus {
namespace {

constexpr uint64_t sample_every = 8;

bool is_kernel_error(socle_status s) {
  return s == SOCLE_UNAVAILABLE || s == SOCLE_DEADLINE || s == SOCLE_CANCELLED || s == SOCLE_INTERNAL ||
         s == SOCLE_DATA_LOSS;
}

void record(Worker& w, Frame& f, socle_status status, bool at_fault = true) {
  if (f.callee == nullptr || f.method >= f.callee->at(w.index()).methods.size()) return;
  MethodStats& stats = f.callee->at(w.index()).methods[f.method];
  stats.calls.add(1);
  stats.ended[static_cast<size_t>(status)].add(1);
  if (status != SOCLE_OK) (at_fault && is_kernel_error(status) ? stats.kernel_errors : stats.other_errors).add(1);
  if (f.started == 0) return;
  const auto ns = static_cast<uint64_t>(static_cast<double>(tsc() - f.started) * nanoseconds_per_tick());
  stats.latency[MethodStats::bucket(ns)].add(1);
  stats.timed_for.add(static_cast<int64_t>(ns));
}

// What a plugin put into *reply, made safe: a status out of range is a defect of the plugin, not an outcome.
socle_status checked(socle_reply& reply, socle_status returned) {
  if (returned == SOCLE_OK && reply.status >= SOCLE_OK && reply.status <= SOCLE_INTERNAL &&
      reply.status != SOCLE_PENDING)
    return reply.status;
  if (returned > SOCLE_PENDING && returned <= SOCLE_INTERNAL) return reply.status = returned;
  if (returned == SOCLE_OK && reply.status == SOCLE_PENDING) returned = SOCLE_PENDING;  // contradicts itself
  if (reply.payload != nullptr) Payload::of(reply.payload)->release();
  reply = Bus::error(SOCLE_INTERNAL, "garbage_status",
                     "the plugin answered with status " +
                         std::to_string(returned == SOCLE_OK ? reply.status : returned) + ", which is none");
  return reply.status;
}

}  // namespace

socle_reply Bus::error(socle_status status, std::string_view code, std::string_view message) {
  const std::array<socle_pair, 2> meta{socle_pair{str("code"), str(code)}, socle_pair{str("message"), str(message)}};
  return {sizeof(socle_reply), status, Payload::make({}, SOCLE_MEDIA_NONE, meta)};
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

  int64_t until = context.deadline;
  const int64_t timeout = options != nullptr && options->timeout_for > 0 ? options->timeout_for : route->timeout;
  if (timeout > 0 && timeout < std::numeric_limits<int64_t>::max() - w.now())
    until = std::min(until, w.now() + timeout);
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

  socle_status status = SOCLE_PENDING;
  if (route->parked) {
    frame.state = Frame::State::parked;
    w.parked.push_back(&frame);
  } else if (w.nesting >= settings_.inline_nesting) {
    frame.state = Frame::State::parked;
    Job job;
    job.kind = Job::Kind::frame;
    job.token = FrameSlab::token(w.index(), frame);
    w.defer(job);
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
  if (!route.before.empty() && !run_filters(w, frame, route.before, frame.payload, SOCLE_OK, reply))
    return reply->status;
  const Provider to = choose(route, *frame.context);
  if (to.generation->affinity_one && w.index() != 0 && w.index() < worker_count()) return enter_elsewhere(w, frame, to);
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
    frame.started = tsc();
  Context& context = *frame.context;
  const socle_call call{sizeof(socle_call), to.method, FrameSlab::token(w.index(), frame), &context, frame.payload};
  const Generation* const outer = w.running.load(std::memory_order_relaxed);
  w.running.store(&g, std::memory_order_relaxed);
  w.running_method.store(to.method, std::memory_order_relaxed);
  const Frame* const outer_frame = w.running_frame.load(std::memory_order_relaxed);
  w.running_frame.store(&frame, std::memory_order_relaxed);
  ++w.nesting;
  frame.state = Frame::State::running;
  socle_status status = SOCLE_INTERNAL;
  try {
    status = g.descriptor->handle(g.instance, &call, reply);
  } catch (...) {  // the SDK's barrier stops these; a plugin written on the bare ABI may have none
    *reply = error(SOCLE_INTERNAL, "plugin_threw", "plugin '" + g.plugin + "' let an exception out of handle()");
  }
  --w.nesting;
  w.running.store(outer, std::memory_order_relaxed);
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
  status = checked(*reply, status);
  record(w, frame, status);
  return status;
}

// The provider runs on worker 0 only: carry the call there and the answer back. Both legs are copies or shared
// payloads.
socle_status Bus::enter_elsewhere(Worker& w, Frame& frame, Provider to) {
  struct Trip {
    Bus& bus;
    Worker& home;
    uint64_t token;
  };
  frame.callee = to.generation;
  frame.method = to.method;
  frame.state = Frame::State::pending;
  to.generation->at(w.index()).in_flight.add(1);
  frame.payload->share();
  frame.payload->retain();
  auto* context = frame.context->copy_for_other_worker();
  auto* trip = new Trip{*this, w, FrameSlab::token(w.index(), frame)};
  worker(0).post([this, trip, to, context, payload = frame.payload] {
    Worker& there = worker(0);
    const auto back = [](void* user, const socle_reply* answer) {
      auto* t = static_cast<Trip*>(user);
      if (answer->payload != nullptr) Payload::of(answer->payload)->share();
      t->home.post([t, answer = *answer] {
        if (Frame* f = t->home.frames.find(t->token); f != nullptr) {
          t->bus.complete(t->home, *f->callee, t->token, answer);
        } else if (answer.payload != nullptr) {
          Payload::of(answer.payload)->release();
        }
        delete t;
      });
    };
    Frame& f = there.frames.take();
    f.context = context;
    f.payload = payload;
    f.caller = nullptr;
    f.done = back;
    f.user = trip;
    f.started = 0;
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    if (enter(there, f, to, &reply) == SOCLE_PENDING) {
      context->link(f);
      return;
    }
    back(trip, &reply);
    recycle(there, f);
  });
  return SOCLE_PENDING;
}

bool Bus::run_filters(Worker& w, Frame& frame, const std::vector<FilterStep>& steps, Payload* payload,
                      socle_status outcome, socle_reply* reply) {
  for (const FilterStep& step : steps) {
    if (filter(w, step, frame, payload, outcome, reply) != SOCLE_OK) return false;
  }
  return true;
}

socle_status Bus::filter(Worker& w, const FilterStep& step, Frame& frame, Payload* payload, socle_status outcome,
                         socle_reply* reply) {
  const std::string name = target_name(frame.target);
  const std::string status = std::to_string(outcome);
  const std::array<socle_pair, 2> meta{socle_pair{str("filter.call"), str(name)},
                                       socle_pair{str("filter.status"), str(status)}};
  const PayloadRef seen(
      Payload::slice(*payload, 0, payload->text.size, payload->media, {meta.data(), step.after ? 2U : 1U}));
  Frame& inner = w.frames.take();
  frame.context->retain();
  inner.context = frame.context;
  seen->retain();
  inner.payload = seen.get();
  inner.target = frame.target;
  inner.caller = nullptr;
  inner.done = nullptr;
  inner.started = 0;
  socle_reply verdict{sizeof(socle_reply), SOCLE_OK, nullptr};
  socle_status answer = enter(w, inner, {step.generation, step.method}, &verdict);
  if (answer == SOCLE_PENDING) {  // filters are synchronous; what it says later is dropped
    inner.state = Frame::State::orphaned;
    step.generation->at(w.index()).orphans.add(1);
    answer = SOCLE_INTERNAL;
    verdict = error(SOCLE_INTERNAL, "filter_not_synchronous",
                    "filter of plugin '" + step.generation->plugin + "' did not answer at once");
  } else {
    recycle(w, inner);
  }
  const PayloadRef owned(verdict.payload != nullptr ? Payload::of(verdict.payload) : nullptr);
  if (answer == SOCLE_OK) {
    if (!step.after && owned && owned->meta_count > 0) {
      Context* wider = frame.context->derive(frame.context->deadline, {nullptr, 0}, {owned->meta, owned->meta_count});
      const bool linked = frame.linked;  // it was queued or parked
      frame.context->unlink(frame);
      frame.context->release();
      frame.context = wider;
      if (linked) wider->link(frame);
    }
    return SOCLE_OK;
  }
  if (step.fail_open && is_kernel_error(answer)) return SOCLE_OK;
  if (owned) owned->retain();
  *reply = {sizeof(socle_reply), answer, owned.get()};
  return answer;
}

void Bus::dispatch_parked(Worker& w, Frame& frame) {
  if (frame.state != Frame::State::parked) return;  // given up meanwhile
  socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
  const Route* route = frame.target < w.snapshot->routes.size() ? &w.snapshot->routes[frame.target] : nullptr;
  if (route != nullptr && route->parked) {
    w.parked.push_back(&frame);
    return;
  }
  if (route == nullptr || route->primary.generation == nullptr) {
    reply = error(SOCLE_UNAVAILABLE, "no_provider", "no plugin provides " + target_name(frame.target) + " now");
  } else {
    frame.state = Frame::State::running;
    if (dispatch(w, frame, *route, &reply) == SOCLE_PENDING) return;
  }
  deliver(w, frame, reply);
  recycle(w, frame);
}

void Bus::complete(Worker& w, Generation& callee, uint64_t token, const socle_reply& given) {
  socle_reply reply = given;
  Frame* frame = w.frames.find(token);
  const bool mine = frame != nullptr && frame->callee == &callee && FrameSlab::worker_of(token) == w.index();
  if (!mine || frame->state == Frame::State::early || frame->state == Frame::State::parked) {
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    callee.at(w.index()).late_replies.add(1);
    late_replies.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (frame->state == Frame::State::running) {
    frame->reply = reply;
    frame->state = Frame::State::early;
    return;
  }
  callee.at(w.index()).in_flight.add(-1);
  if (frame->state == Frame::State::orphaned) {
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    callee.at(w.index()).orphans.add(-1);
    callee.at(w.index()).late_replies.add(1);
    late_replies.fetch_add(1, std::memory_order_relaxed);
    recycle(w, *frame);
    return;
  }
  record(w, *frame, checked(reply, SOCLE_OK));
  const Route* route = frame->target < w.snapshot->routes.size() ? &w.snapshot->routes[frame->target] : nullptr;
  if (route != nullptr && !route->after.empty() && frame->done != nullptr) {
    socle_reply verdict{sizeof(socle_reply), SOCLE_OK, nullptr};
    Payload* body = reply.payload != nullptr ? Payload::of(reply.payload) : Payload::empty();
    if (!run_filters(w, *frame, route->after, body, reply.status, &verdict)) {
      if (reply.payload != nullptr) Payload::of(reply.payload)->release();
      reply = verdict;
    }
  }
  deliver(w, *frame, reply);
  recycle(w, *frame);
}

// Queues the answer for the caller and unhooks the frame from everything that could answer it again.
void Bus::deliver(Worker& w, Frame& frame, const socle_reply& reply) {
  frame.context->unlink(frame);
  w.disarm(frame);
  if (frame.done == nullptr) {  // the caller was forgotten
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    return;
  }
  Job job;
  job.kind = frame.caller != nullptr ? Job::Kind::call : Job::Kind::reply;
  job.generation = frame.caller;
  job.status = reply.status;
  job.reply = frame.done;
  job.user = frame.user;
  job.payload = reply.payload != nullptr ? Payload::of(reply.payload) : nullptr;
  frame.done = nullptr;
  w.defer(job);
}

void Bus::recycle(Worker& w, Frame& frame) {
  frame.context->release();
  frame.payload->release();
  frame.context = nullptr;
  frame.payload = nullptr;
  frame.callee = frame.caller = nullptr;
  w.frames.give(frame);
}

void Bus::give_up(Worker& w, Frame& frame, socle_status status) {
  switch (status) {
    case SOCLE_DEADLINE:
      deliver(w, frame,
              error(status, "deadline_exceeded", target_name(frame.target) + " did not answer before the deadline"));
      break;
    case SOCLE_UNAVAILABLE:
      deliver(
          w, frame,
          error(status, "provider_gone", target_name(frame.target) + " was exchanged before it answered; ask again"));
      break;
    default: deliver(w, frame, error(status, "cancelled", "the call was cancelled"));
  }
  if (frame.state == Frame::State::parked) {
    std::erase(w.parked, &frame);
    if (frame.callee == nullptr) {
      // It may still stand in the run queue as a job; dispatch_parked() sees that it is no longer parked.
      recycle(w, frame);
    }
    return;
  }
  frame.state = Frame::State::orphaned;
  if (frame.callee == nullptr) return;
  record(w, frame, status, status != SOCLE_CANCELLED);  // a caller that went away is not the provider's fault
  frame.callee->at(w.index()).orphans.add(1);
  if (frame.callee->given_up != nullptr) frame.callee->given_up(*frame.callee, FrameSlab::token(w.index(), frame));
}

// A swap with state: exclusive waits for what changes state; reads that may take long (a poll) start again in the next
// generation instead.
void Bus::park_idempotent(Worker& w, Generation& g) {
  std::vector<Frame*> mine;
  w.frames.each([&](Frame& f) {
    const bool again = f.target < w.snapshot->routes.size() && w.snapshot->routes[f.target].idempotent;
    if (f.callee == &g && f.state == Frame::State::pending && again && f.done != nullptr) mine.push_back(&f);
  });
  for (Frame* old : mine) {
    w.parked.push_back(&renew(w, *old));
    old->state = Frame::State::orphaned;
    g.at(w.index()).orphans.add(1);
  }
}

// A parked frame that takes the caller, context and payload of `old`; whatever answers `old` is answering nobody.
Frame& Bus::renew(Worker& w, Frame& old) {
  Frame& f = w.frames.take();
  f.state = Frame::State::parked;
  f.target = old.target;
  f.context = old.context;
  f.payload = old.payload;
  f.callee = nullptr;
  f.caller = std::exchange(old.caller, nullptr);
  f.done = std::exchange(old.done, nullptr);
  f.user = old.user;
  f.started = 0;
  old.context->unlink(old);
  w.disarm(old);
  old.context->retain();
  old.payload->retain();
  f.context->link(f);
  if (f.context->deadline != std::numeric_limits<int64_t>::max()) {
    f.kind = TimerKind::deadline;
    w.arm_deadline(f, f.context->deadline);
  }
  return f;
}

bool Bus::ask_again(Worker& w, Generation& callee, uint64_t token) {
  Frame* old = w.frames.find(token);
  if (old == nullptr || old->callee != &callee || old->state != Frame::State::pending || old->again ||
      old->done == nullptr)
    return false;
  if (old->target >= w.snapshot->routes.size() || !w.snapshot->routes[old->target].idempotent) return false;
  Frame& f = renew(w, *old);
  f.again = true;
  callee.at(w.index()).in_flight.add(-1);
  recycle(w, *old);
  Job job;
  job.kind = Job::Kind::frame;
  job.token = FrameSlab::token(w.index(), f);
  w.defer(job);
  return true;
}

void Bus::expire(Worker& w, Frame& frame) {
  frame.context->cancelled = 1;
  std::vector<Frame*> pending;
  frame.context->unlink(frame);
  frame.context->cancel(pending);
  give_up(w, frame, SOCLE_DEADLINE);
  for (Frame* f : pending) give_up(w, *f, SOCLE_DEADLINE);
}

void Bus::cancel(Worker& w, Context& context) {
  std::vector<Frame*> pending;
  context.cancel(pending);
  for (Frame* f : pending) give_up(w, *f, SOCLE_CANCELLED);
}

}  // namespace socle::bus
