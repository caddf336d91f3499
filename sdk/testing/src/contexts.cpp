// contexts.cpp: the context slots of the fake table.
#include "state.hpp"

namespace socle::testing {
namespace {

using detail::str;
using detail::view;

FakeContext* of(const socle_context* raw) { return reinterpret_cast<FakeContext*>(const_cast<socle_context*>(raw)); }

const socle_context* context_open(const socle_host* host, const socle_root* root) {
  State& state = state_of(host);
  state.worker_only("context_open");
  if (state.judge("context_open") == Verdict::fail) return nullptr;
  ContextSpec spec;
  spec.tenant = view(root->tenant);
  spec.principal = view(root->principal);
  spec.claims = view(root->claims);
  spec.idempotency_key = view(root->idempotency_key);
  spec.lane = view(root->lane);
  spec.deadline = {root->deadline};
  FakeContext* out = state.new_context(spec);
  out->raw.work_class = root->work_class;
  for (int i = 0; root->trace_id != nullptr && i < 16; ++i) out->raw.trace_id[i] = root->trace_id[i];
  for (int i = 0; root->span_id != nullptr && i < 8; ++i) out->raw.span_id[i] = root->span_id[i];
  out->raw.trace_flags = root->trace_flags;
  return &out->raw;
}

const socle_context* context_act_as(const socle_host* host, socle_str tenant, socle_str reason, std::int64_t deadline) {
  State& state = state_of(host);
  state.worker_only("context_act_as");
  if (state.judge("context_act_as") == Verdict::fail) return nullptr;
  state.audit.push_back(std::string(view(tenant)) + ": " + std::string(view(reason)));
  ContextSpec spec;
  spec.tenant = view(tenant);
  spec.principal = "plugin:tested";
  spec.deadline = {deadline};
  FakeContext* out = state.new_context(spec);
  out->raw.work_class = SOCLE_CLASS_BACKGROUND;
  return &out->raw;
}

void context_retain(const socle_host* host, const socle_context* context) {
  State& state = state_of(host);
  state.worker_only("context_retain");
  (void)state.judge("context_retain");
  if (!state.contexts.contains(context)) return state.misuse("context_retain: not a live context");
  ++of(context)->count;
}

void context_release(const socle_host* host, const socle_context* context) {
  State& state = state_of(host);
  state.worker_only("context_release");
  (void)state.judge("context_release");
  state.release_context(context);
}

void context_cancel(const socle_host* host, const socle_context* context) {
  State& state = state_of(host);
  state.worker_only("context_cancel");
  (void)state.judge("context_cancel");
  if (!state.contexts.contains(context)) return state.misuse("context_cancel: not a live context");
  of(context)->raw.cancelled = 1;
}

}  // namespace

FakeContext* State::new_context(const ContextSpec& spec) {
  auto* out = new FakeContext;
  out->tenant = spec.tenant;
  out->principal = spec.principal;
  out->claims = spec.claims;
  out->idempotency_key = spec.idempotency_key;
  out->lane = spec.lane;
  out->keys = spec.keys;
  for (const auto& [key, value] : out->keys) out->pairs.push_back({str(key), str(value)});
  const auto optional = [](const std::string& text) { return text.empty() ? socle_str{nullptr, 0} : str(text); };
  out->raw.tenant = str(out->tenant);
  out->raw.principal = str(out->principal);
  out->raw.claims = optional(out->claims);
  out->raw.idempotency_key = optional(out->idempotency_key);
  out->raw.lane = str(out->lane);
  out->raw.keys = out->pairs.data();
  out->raw.key_count = static_cast<std::uint32_t>(out->pairs.size());
  out->raw.deadline = spec.deadline.nanoseconds;
  out->raw.trace_id[15] = 1;
  out->raw.span_id[7] = 1;
  contexts.insert(&out->raw);
  return out;
}

void State::release_context(const socle_context* context) {
  if (!contexts.contains(context)) return misuse("context_release: not a live context");
  if (--of(context)->count > 0) return;
  contexts.erase(context);
  delete of(context);
}

void fill_contexts(socle_host& host) {
  host.context_open = context_open;
  host.context_act_as = context_act_as;
  host.context_retain = context_retain;
  host.context_release = context_release;
  host.context_cancel = context_cancel;
}

}  // namespace socle::testing
