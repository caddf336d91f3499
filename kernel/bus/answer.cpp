// answer.cpp: how a call ends: by its callee, by its deadline, by cancellation, or put off. Runs on the call's worker.
#include <algorithm>
#include <array>
#include <limits>

#include "bus/bus.hpp"
#include "sched/tsc.hpp"

namespace socle::bus {

socle_reply Bus::error(socle_status status, std::string_view code, std::string_view message) {
  const std::array<socle_pair, 2> meta{socle_pair{str("code"), str(code)}, socle_pair{str("message"), str(message)}};
  return {sizeof(socle_reply), status, Payload::make({}, SOCLE_MEDIA_NONE, meta)};
}

void Bus::record(Worker& w, Frame& f, socle_status status, bool at_fault) {
  if (f.callee == nullptr || f.method >= f.callee->at(w.index()).methods.size()) return;
  MethodStats& stats = f.callee->at(w.index()).methods[f.method];
  stats.calls.add(1);
  stats.ended[static_cast<size_t>(status)].add(1);
  if (status != SOCLE_OK) (at_fault && is_kernel_error(status) ? stats.kernel_errors : stats.other_errors).add(1);
  if (f.started == 0) return;
  const auto ns = static_cast<uint64_t>(static_cast<double>(sched::tsc() - f.started) * w.lane.nanoseconds_per_tick());
  stats.latency[MethodStats::bucket(ns)].add(1);
  stats.timed_for.add(static_cast<int64_t>(ns));
}

void Bus::dispatch_parked(Worker& w, Frame& frame) {
  if (frame.state != Frame::State::parked) return;  // given up meanwhile
  socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
  const Route* route = frame.target < w.snapshot->routes.size() ? &w.snapshot->routes[frame.target] : nullptr;
  if (route != nullptr && route->parked) {
    w.parked.push_back(&frame);
    return;
  }
  // While it waited its tenant may have been suspended.
  const bool from_outside = frame.caller != nullptr && frame.caller->grants.ingress && frame.context->depth() == 1;
  const EntryRefusal why = from_outside ? entry_refusal(tenants_, view(frame.context->tenant)) : EntryRefusal{};
  if (why.status != SOCLE_OK) {
    reply = error(why.status, why.code, why.message);
  } else if (route == nullptr || route->primary.generation == nullptr) {
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
  record(w, *frame, checked(*frame, reply, SOCLE_OK));
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
  w.defer(job, {frame.context->account(), frame.context->work_class, frame.context->call()});
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
    w.stop_waiting(frame);
    if (frame.callee == nullptr) {
      // It may still stand in the run queue as a job; dispatch_parked() sees that it is no longer parked.
      recycle(w, frame);
    }
    return;
  }
  frame.state = Frame::State::orphaned;
  if (frame.callee == nullptr) {  // it was carried there
    worker(0).post(
        [this, home = w.index(), token = FrameSlab::token(w.index(), frame)] { cancel_carried(home, token); });
    return;
  }
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
  f.waiting = nullptr;
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
  w.defer(job, {f.context->account(), f.context->work_class, f.context->call()});
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
