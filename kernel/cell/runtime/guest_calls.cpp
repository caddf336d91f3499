// cell/runtime/guest_calls.cpp: the kernel's calls, entered in their payers' turns and answered, and the plugin's own.
#include <algorithm>
#include <cstring>

#include "cell/runtime/guest.hpp"
#include "telemetry/clock.hpp"

namespace socle::cell {
namespace {

void cut(char* to, std::size_t room, std::string_view text) {
  const std::size_t n = std::min(room - 1, text.size());
  std::memcpy(to, text.data(), n);
  to[n] = 0;
}

}  // namespace

// ---- the kernel's

void Guest::call(const Incoming& in, bus::PayloadRef body) {
  const Head& head = in.head;
  catalog_version_ = head.acts_for;
  bus::Identity who;
  who.tenant = in[Field::tenant];
  who.principal = in[Field::principal];
  who.claims = in[Field::claims];
  who.idempotency_key = in[Field::idempotency_key];
  who.lane = in[Field::lane];
  who.deadline = head.time;
  who.work_class = head.work_class;
  who.trace_id = head.trace_id.data();
  who.span_id = head.span_id.data();
  who.trace_flags = static_cast<std::uint8_t>(head.trace_flags);
  if (who.tenant.data() == nullptr) who.tenant = "";
  if (head.value > 0) {
    who.account = &payer(who.tenant);
    if (who.account->weight() != head.value) who.account->set_weight(head.value);
    who.account->press(static_cast<std::uint32_t>(head.status));
    who.account->set_memory(head.memory, head.call_memory);
  }
  bus::Context* context = bus::Context::open(who, nullptr);
  context->stand_for(head.number, context_ended, this);
  if (!in.keys.empty()) {
    bus::Context* wider = context->derive(head.time, {nullptr, 0}, in.keys);
    context->release();
    context = wider;
  }
  auto made = std::make_unique<Inbound>(Inbound{this, head.number, context, who.account, head.time});
  Inbound& inbound = *made;
  inbound_[head.number] = std::move(made);
  const std::uint32_t method = head.method;
  if (method == SOCLE_HOOK_STOP) return stop(inbound);
  if (method == SOCLE_HOOK_DRAIN && std::exchange(draining_, true)) {  // each kernel worker tells; one is enough here
    const socle_reply fine{sizeof fine, SOCLE_OK, nullptr};
    return finished(&inbound, &fine);
  }
  const auto hook = hook_of_.find(method);
  const std::uint32_t target = hook != hook_of_.end()       ? hook->second
                               : method < target_of_.size() ? target_of_[method]
                                                            : UINT32_MAX;
  if (hook != hook_of_.end()) return enter(inbound, target, body.get());
  arrived_.push_back(std::make_unique<Arrived>(Arrived{this, head.number, target, std::move(body)}));
}

// One alone begins at once. Several wait for their payers' turns, so that weights hold in here as they do out there.
void Guest::begin_arrived() {
  const bool alone = arrived_.size() == 1 && worker().lane.queue.empty();
  for (auto& arrived : std::exchange(arrived_, {})) {
    const Inbound& inbound = *inbound_.at(arrived->number);
    if (alone) return begin(arrived.release(), SOCLE_OK);
    bus::Job job;
    job.generation = remote_.get();
    job.event = begin;
    job.user = arrived.release();
    worker().defer(job, {inbound.payer, inbound.context->work_class});
  }
}

void Guest::begin(void* user, socle_status) {
  const std::unique_ptr<Arrived> arrived(static_cast<Arrived*>(user));
  const auto it = arrived->guest->inbound_.find(arrived->number);
  if (it != arrived->guest->inbound_.end()) arrived->guest->enter(*it->second, arrived->target, arrived->body.get());
}

sched::Account& Guest::payer(std::string_view tenant) {
  if (told_.size() >= sweep_at_) {
    const std::int64_t now = telemetry::monotonic_now();
    std::erase_if(told_, [&](const auto& known) {
      if (known.first->flow(0) != nullptr || known.first->memory() != 0 || known.first->cpu() > known.second)
        return false;
      bus_->accounts().forget(std::string(known.first->id()), now);
      return true;
    });
    sweep_at_ = std::max(least_payers, 2 * told_.size());
  }
  sched::Account& account = worker().account(tenant);
  told_.try_emplace(&account, account.cpu());
  return account;
}

std::int64_t Guest::owed(const sched::Account* account) {
  const auto it = account != nullptr ? told_.find(account) : told_.end();
  if (it == told_.end()) return 0;
  const std::int64_t used = worker().lane.used(*account);
  // The clock may have been put right since, downwards.
  return used > it->second ? used - std::exchange(it->second, used) : 0;
}

void Guest::enter(Inbound& inbound, std::uint32_t target, bus::Payload* body) {
  socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
  const socle_status status =
      bus_->call(worker(), nullptr, *inbound.context, target, body, nullptr, &reply, finished, &inbound);
  if (status != SOCLE_PENDING) finished(&inbound, &reply);
}

// The call is answered. Its context may live on in what the plugin still does for it.
void Guest::finished(void* user, const socle_reply* reply) {
  auto& inbound = *static_cast<Inbound*>(user);
  Guest& guest = *inbound.guest;
  const std::uint64_t number = inbound.number;
  const bus::PayloadRef body(reply->payload != nullptr ? bus::Payload::of(reply->payload) : nullptr);
  std::exchange(inbound.context, nullptr)->release();  // context_ended(), unless the plugin holds on to it
  Outgoing m(Kind::reply);
  m.head.number = number;
  m.head.status = reply->status;
  m.head.flags = inbound.ended ? flag_closed : 0;
  m.head.time = guest.owed(inbound.payer);
  m.body(body.get());
  inbound.answered = true;
  if (inbound.ended) guest.inbound_.erase(number);
  guest.send(m, number);
}

// Nothing holds the context any more: while finished() lets go of it, then or later, or it is one that was opened here.
void Guest::context_ended(void* user, std::uint64_t number) {
  auto& guest = *static_cast<Guest*>(user);
  const sched::Account* payer = nullptr;
  if (const auto it = guest.inbound_.find(number); it != guest.inbound_.end()) {
    it->second->ended = true;
    if (!it->second->answered) return;
    payer = it->second->payer;
    guest.inbound_.erase(it);
  } else if (const auto own = guest.opened_.find(number); own != guest.opened_.end()) {
    payer = own->second;
    guest.opened_.erase(own);
  }
  Outgoing m(Kind::close);
  m.head.number = number;
  m.head.time = guest.owed(payer);
  guest.send(m, number);
}

void Guest::cancel(std::uint64_t number) {
  const auto it = inbound_.find(number);
  if (it != inbound_.end() && it->second->context != nullptr) bus_->cancel(worker(), *it->second->context);
}

void Guest::answer(const Incoming& in, bus::PayloadRef body) {
  const socle_reply reply{sizeof(socle_reply), in.head.status, body.take()};
  bus_->complete(worker(), *remote_, in.head.number, reply);
}

// ---- offloaded work that does not end

// Of work that a call asked for in its own turn. A timer's or a continuation's names no call, and is left alone.
bus::OffloadTerms Guest::offload_terms(const bus::Generation& generation) {
  auto& guest = *static_cast<Guest*>(generation.link);
  const bus::Frame* frame = guest.worker().running_frame.load(std::memory_order_relaxed);
  if (frame == nullptr) return {};
  const std::uint64_t number = frame->context->stands_for();
  const auto call = guest.inbound_.find(number);
  return call != guest.inbound_.end() ? bus::OffloadTerms{call->second->deadline, number} : bus::OffloadTerms{};
}

// A thread that is lost in plugin code comes back with the process only. What it worked on is told in the log, and left
// as the last work, where the kernel looks for it when it has ended this process.
bool Guest::work_hangs() {
  if (hangs_ || text_.loop_patience == 0) return hangs_;
  const auto patience = static_cast<std::int64_t>(text_.loop_patience);
  const auto overdue = bus_->offload().overdue(telemetry::monotonic_now(), patience);
  if (!overdue) return false;
  hangs_ = true;
  work().number = overdue->number;
  const std::string text = "offloaded work of plugin '" + text_.plugin + "' for '" + overdue->payer +
                           "' does not end: it computes on, " + std::to_string(patience / 1'000'000) +
                           " ms after the deadline of the call that asked for it";
  Outgoing m(Kind::log);
  m.head.status = SOCLE_LOG_ERROR;
  m.head.acts_for = overdue->number;
  m[Field::text] = text;
  send(m, overdue->number);
  return true;
}

// ---- entries from the cell's own bus

socle_status Guest::plugin_handle(void* instance, const socle_call* call, socle_reply* reply) {
  auto& guest = *static_cast<Guest*>(instance);
  CurrentWork& work = guest.work();
  work.active.store(0, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (!guest.hangs_) work.number = bus::Context::of(call->context)->stands_for();  // else it names what hangs
  work.input = call->payload->text.data;
  work.input_size = static_cast<std::uint32_t>(call->payload->text.size);
  cut(work.tenant, sizeof work.tenant, bus::view(call->context->tenant));
  if (call->method < guest.plugin_descriptor_.method_count) {
    cut(work.method, sizeof work.method, bus::view(guest.plugin_descriptor_.methods[call->method].name));
  } else {
    cut(work.method, sizeof work.method, guest.plugin_->entry_name(call->method));
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  work.active.store(1, std::memory_order_relaxed);
  const socle_plugin& real = guest.built_in_ != nullptr ? *guest.built_in_ : guest.library_->descriptor();
  socle_status status = SOCLE_INTERNAL;
  try {
    status = real.handle(guest.instance_, call, reply);
  } catch (...) {  // the SDK's barrier stops these; a plugin written on the bare ABI may have none
    *reply = bus::Bus::error(SOCLE_INTERNAL, "plugin_threw",
                             "plugin '" + guest.plugin_->plugin + "' let an exception out of handle()");
  }
  work.active.store(0, std::memory_order_relaxed);
  return status;
}

socle_status Guest::remote_handle(void* instance, const socle_call* call, socle_reply* reply) {
  auto& guest = *static_cast<Guest*>(instance);
  const bus::Context& context = *bus::Context::of(call->context);
  const std::uint64_t acts_for = context.stands_for();
  if (acts_for == 0) {
    *reply = bus::Bus::error(SOCLE_DENIED, "not_your_call", "a call needs a context that the kernel gave");
    return SOCLE_DENIED;
  }
  const bool channel = (call->method & channel_bit) != 0;
  Outgoing m(channel ? Kind::publish : Kind::request);
  m.head.number = call->token;
  m.head.acts_for = acts_for;
  m.head.method = call->method;
  const bus::Context& root = context.root();
  // What the plugin narrowed; the rest the kernel knows.
  if (context.deadline < root.deadline)
    m.head.time = std::max<std::int64_t>(1, context.deadline - telemetry::monotonic_now());
  if (context.idempotency_key.data != root.idempotency_key.data)
    m[Field::idempotency_key] = bus::view(context.idempotency_key);
  if (channel) m[Field::name] = guest.channels_[call->method & ~channel_bit];
  m.body(call->payload);
  guest.send(m, acts_for);
  return SOCLE_PENDING;
}

void Guest::remote_given_up(bus::Generation& generation, std::uint64_t token) {
  auto& guest = *static_cast<Guest*>(generation.instance);
  const bus::Frame* frame = guest.worker().frames.find(token);
  if (frame == nullptr) return;
  Outgoing m(Kind::give_up);
  m.head.number = token;
  guest.send(m, frame->context->stands_for());
}

}  // namespace socle::cell
