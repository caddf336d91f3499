// filters.cpp: the interceptors before and behind a call: synchronous, in the order of the route's snapshot.
#include <array>
#include <string>

#include "bus/bus.hpp"

namespace socle::bus {

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
  inner.waiting = nullptr;
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

}  // namespace socle::bus
