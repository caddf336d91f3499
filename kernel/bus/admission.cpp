// admission.cpp: what a request from outside must pass before its first call is made: its tenant's rate, a place among
// the calls in flight, a deadline it can still meet. Over rate it is refused; without a place it waits in a bounded
// queue; what cannot be served in time is refused at once, so that the client may go elsewhere. On the request's
// worker.
#include <array>
#include <string>

#include "bus/bus.hpp"
#include "telemetry/clock.hpp"

namespace socle::bus {
namespace {

constexpr int64_t second = 1'000'000'000;

socle_status refuse(socle_reply* reply, socle_status status, std::string_view code, std::string_view message,
                    int64_t retry_after) {
  const std::string seconds = std::to_string(std::max<int64_t>((retry_after + second - 1) / second, 1));
  const std::array<socle_pair, 3> meta{socle_pair{str("code"), str(code)}, socle_pair{str("message"), str(message)},
                                       socle_pair{str("retry-after"), str(seconds)}};
  *reply = {sizeof(socle_reply), status, Payload::make({}, SOCLE_MEDIA_NONE, meta)};
  return status;
}

}  // namespace

// OK: go on. PENDING: go on, but wait for a place first.
socle_status Bus::admit(Worker& w, Context& request, socle_reply* reply) {
  const int64_t now = telemetry::monotonic_now();
  request.asked(now);
  sched::Flow& flow = w.lane.queue.flow(*request.account());
  int64_t retry_after = 0;
  switch (w.lane.admit(flow, now, request.deadline, retry_after)) {
    case sched::Admission::admitted: request.begin_service(now); return SOCLE_OK;
    case sched::Admission::queued: return SOCLE_PENDING;
    case sched::Admission::over_rate:
      return refuse(reply, SOCLE_EXHAUSTED, "rate_limited", "the tenant's request rate is used up; retry later",
                    retry_after);
    case sched::Admission::over_queue:
      return refuse(reply, SOCLE_UNAVAILABLE, "overloaded",
                    "the tenant has as many requests in work and waiting as its plan allows; retry later", retry_after);
    case sched::Admission::too_late: break;
  }
  return refuse(reply, SOCLE_UNAVAILABLE, "deadline_unreachable",
                "this request would wait for others of its tenant beyond its deadline; retry later", retry_after);
}

void Worker::wait_for_place(Frame& frame, sched::Flow& flow) {
  auto job = std::make_unique<Job>();
  job->kind = Job::Kind::admitted;
  job->token = FrameSlab::token(index(), frame);
  frame.waiting = job.get();
  flow.waiting.push(*job.release());
}

// The frame is given up before its place came.
void Worker::stop_waiting(Frame& frame) {
  if (frame.waiting == nullptr) return;
  frame.waiting->kind = Job::Kind::none;
  frame.waiting = nullptr;
  sched::Flow& flow = lane.queue.flow(*frame.context->account());
  lane.no_longer_waits(flow);
}

void Worker::begin_waiting(sched::Flow& flow) {
  while (!flow.waiting.empty()) {
    auto* job = static_cast<Job*>(flow.waiting.head());
    if (job->kind == Job::Kind::none) {
      flow.waiting.pop();
      delete job;
      continue;
    }
    if (!lane.take_waiting(flow)) return;
    flow.waiting.pop();
    if (Frame* f = frames.find(job->token); f != nullptr) f->waiting = nullptr;
    lane.queue.push(flow, *job, 0);
  }
}

// A place has become free: it goes to those who wait, on this worker or the next one.
void Worker::request_over(sched::Flow& flow, int64_t service, int64_t latency) {
  sched::Account& account = *flow.account.load(std::memory_order_relaxed);
  offer_place(account, lane.finished(flow, service, latency));
}

void Worker::offer_place(sched::Account& account, size_t to) {
  if (to == sched::Lane::nobody) return;
  if (to != index()) {
    Worker& there = bus_.worker(static_cast<uint32_t>(to));
    return there.post([&there, &account] { there.offer_place(account, there.index()); });
  }
  sched::Flow* flow = account.flow(to);
  if (flow != nullptr) begin_waiting(*flow);
  // Who waited here has begun or gone; there may be places for others.
  if (flow == nullptr || flow->waiting.empty()) {
    if (const size_t next = lane.next_to_begin(account); next != to) offer_place(account, next);
  }
}

}  // namespace socle::bus
