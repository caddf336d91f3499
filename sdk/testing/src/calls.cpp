// calls.cpp: resolve, call, complete and publish of the fake table, over the services a test defines.
#include <algorithm>

#include "state.hpp"

namespace socle::testing {
namespace {

using detail::view;

socle_status resolve(const socle_host* host, socle_str service, socle_str method, std::uint32_t* target) {
  State& state = state_of(host);
  state.worker_only("resolve");
  Code code{};
  if (state.judge("resolve", code) == Verdict::fail) return detail::status(code);
  const std::string name(view(service)), verb(view(method));
  if (state.denied.contains(name)) return SOCLE_DENIED;
  const bool known = std::ranges::any_of(state.services, [&](const Provided& p) { return p.service == name; });
  const bool has =
      std::ranges::any_of(state.services, [&](const Provided& p) { return p.service == name && p.method == verb; });
  if (known && !has) return SOCLE_UNSUPPORTED;
  state.targets.emplace_back(name, verb);
  *target = static_cast<std::uint32_t>(state.targets.size() - 1);
  return SOCLE_OK;
}

// What the service answers; the caller owns the payload.
socle_reply answer(State& state, const socle_context* context, std::uint32_t target, socle_payload* payload,
                   const socle_call_options* options) {
  const auto& [service, method] = state.targets.at(target);
  for (const Provided& provided : state.services) {
    if (provided.service != service || provided.method != method) continue;
    const ServiceCall call{Context(context), Payload::keep(payload), Duration(options ? options->timeout_for : 0),
                           std::string(options ? view(options->idempotency_key) : "")};
    return provided.function(call).release();
  }
  return Reply::error(Code::unavailable, "unavailable", "no test serves " + service + "." + method).release();
}

bool answers_later(const State& state, std::uint32_t target) {
  const auto& named = state.targets.at(target);
  return std::ranges::any_of(state.services, [&](const Provided& p) {
    return p.service == named.first && p.method == named.second && p.answers == Answers::later;
  });
}

socle_status call(const socle_host* host, const socle_context* context, std::uint32_t target, socle_payload* payload,
                  const socle_call_options* options, socle_reply* reply, socle_reply_fn done, void* user) {
  State& state = state_of(host);
  state.worker_only("call");
  if (!state.contexts.contains(context)) state.misuse("call: the context is not alive");
  if (target >= state.targets.size()) {
    state.misuse("call: a target that resolve() never gave");
    return SOCLE_INTERNAL;
  }
  Code code{};
  const bool pending = answers_later(state, target);
  const Verdict verdict = pending ? state.judge_pending("call", code) : state.judge("call", code);
  if (verdict == Verdict::fail) {
    *reply = Reply::error(code, to_string(code), "call failed by the test").release();
    return reply->status;
  }
  const bool stalled = verdict == Verdict::stall;
  if (!pending && !stalled) {
    *reply = answer(state, context, target, payload, options);
    return reply->status;
  }
  const auto cancelled = [done, user] {
    const socle_reply end = Reply::error(Code::cancelled, "cancelled", "the host gave up").release();
    done(user, &end);
  };
  if (verdict == Verdict::cancel) {
    state.schedule(state.worker, cancelled, cancelled);
    return SOCLE_PENDING;
  }
  Reply held = Reply::adopt(answer(state, context, target, payload, options));
  state.schedule(
      state.worker,
      [done, user, held]() mutable {
        const socle_reply end = std::move(held).release();
        done(user, &end);
      },
      cancelled, stalled);
  return SOCLE_PENDING;
}

void complete(const socle_host* host, std::uint64_t token, const socle_reply* reply) {
  State& state = state_of(host);
  state.worker_only("complete");
  (void)state.judge("complete");
  Reply taken = Reply::adopt(*reply);
  const auto found = state.inbound.find(token);
  if (found == state.inbound.end()) {
    ++state.late_replies;
    return;
  }
  const std::shared_ptr<Inbound> inbound = found->second;
  state.inbound.erase(found);
  inbound->reply = std::move(taken);
  inbound->done = true;
  inbound->frames_at_answer = state.frames.size();
  inbound->payload = {};
  state.release_context(&std::exchange(inbound->context, nullptr)->raw);
}

socle_status publish(const socle_host* host, const socle_context* context, socle_str channel, socle_payload* payload,
                     socle_event_fn done, void* user) {
  State& state = state_of(host);
  state.worker_only("publish");
  Code code{};
  const Verdict verdict = state.judge("publish", code);
  if (verdict == Verdict::fail) return detail::status(code);
  if (!state.contexts.contains(context)) state.misuse("publish: the context is not alive");
  state.publications.push_back({std::string(view(channel)), std::string(Context(context).tenant()),
                                payload == nullptr ? "" : std::string(view(payload->text))});
  if (verdict == Verdict::go) return SOCLE_OK;
  state.schedule_event(state.worker, done, user, SOCLE_OK, true);
  return SOCLE_PENDING;
}

}  // namespace

void fill_calls(socle_host& host) {
  host.resolve = resolve;
  host.call = call;
  host.complete = complete;
  host.publish = publish;
}

}  // namespace socle::testing
