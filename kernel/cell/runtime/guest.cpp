// The cell's loop: messages in, calls entered, replies and answers out.
#include "cell/runtime/guest.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "telemetry/clock.hpp"

namespace socle::cell {
namespace {

constexpr int messages_a_turn = 64;
constexpr std::int64_t ask_patience = 2'000'000'000;
constexpr std::size_t most_backlog = 4096;  // of messages that may be dropped

std::size_t class_of(std::uint32_t block) {
  for (std::size_t c = 0; c < block_classes.size(); ++c) {
    if (block < block_classes[c].first + block_classes[c].count) return c;
  }
  return block_classes.size();
}

std::uint32_t most_borrowed(std::size_t c) {
  return (c < block_classes.size() ? block_classes[c].count : slab_leases) / 2;
}

void cut(char* to, std::size_t room, std::string_view text) {
  const std::size_t n = std::min(room - 1, text.size());
  std::memcpy(to, text.data(), n);
  to[n] = 0;
}

}  // namespace

Guest::Lane& Guest::lane_of(std::uint64_t number) {
  const std::size_t index = number >> 56;
  return lanes_[index < lanes_.size() ? index : 0];
}

void Guest::wake(const Lane& lane) const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(lane.wake_kernel, &one, sizeof one);
}

void Guest::send(Outgoing& message, std::uint64_t about, bool droppable) {
  Lane& lane = lane_of(about);
  const std::size_t size = message.measure();
  if (lane.backlog.empty()) {
    if (const auto room = lane.to_kernel.take(size, !droppable); room) {
      message.write(room->at);
      if (lane.to_kernel.push(*room, size)) wake(lane);
      worker().expect(lane.from_kernel.core_of_producer());
      return;
    }
  }
  if (droppable && lane.backlog.size() >= most_backlog) return;
  std::string kept(size, '\0');
  message.write(reinterpret_cast<std::byte*>(kept.data()));
  lane.backlog.push_back(std::move(kept));
}

void Guest::flush() {
  for (Lane& lane : lanes_) {
    if (lane.backlog.empty()) continue;
    for (; !lane.backlog.empty(); lane.backlog.pop_front()) {
      const std::string& bytes = lane.backlog.front();
      const auto room = lane.to_kernel.take(bytes.size(), true);
      if (!room) break;
      std::memcpy(room->at, bytes.data(), bytes.size());
      if (lane.to_kernel.push(*room, bytes.size())) wake(lane);
    }
    if (lane.backlog.empty()) lane.to_kernel.satisfied();
  }
}

void Guest::woken(void* user, socle_status status) {
  auto& guest = *static_cast<Guest*>(user);
  guest.pump_queued_ = false;
  if (status == SOCLE_OK) guest.pump();
}

void Guest::queue_pump() {
  if (std::exchange(pump_queued_, true)) return;
  bus::Job job;
  job.generation = remote_.get();
  job.event = woken;
  job.user = this;
  worker().defer(job);
}

void Guest::pump() {
  old_.clear();
  auto* head = reinterpret_cast<DownHead*>(down_.data());
  up_head().beat.store(head->beat.load(std::memory_order_relaxed), std::memory_order_relaxed);
  for (int budget = messages_a_turn;;) {
    bool any = false;
    for (Lane& lane : lanes_) {
      lane.from_kernel.wake();
      for (; budget > 0; --budget) {
        if (!set_aside_.empty()) {
          const auto [from, taken] = set_aside_.front();
          set_aside_.pop_front();
          take(*from, taken);
        } else if (const auto taken = lane.from_kernel.next(); taken) {
          take(lane, *taken);
        } else {
          break;
        }
        any = true;
      }
    }
    begin_arrived();
    flush();
    if (budget == 0) return queue_pump();
    if (any) continue;
    const bool quiet = std::all_of(lanes_.begin(), lanes_.end(), [](Lane& lane) { return lane.from_kernel.sleep(); });
    if (quiet) break;
  }
  worker().watch_wait(watch_, SOCLE_IO_READ, woken, this);
}

// Text and document stay where they are while the plugin needs them, unless too much of the lane does already: then one
// more copy keeps the lane going.
bus::PayloadRef Guest::body_of(Lane& lane, const Taken& taken, const Incoming& in) {
  const std::string_view text = in[Field::text], doc = in[Field::doc];
  if (text.empty() && doc.empty() && in.meta.empty()) {
    give_back(lane, taken.block);
    return bus::PayloadRef(in.head.media == SOCLE_MEDIA_NONE ? nullptr
                                                             : bus::Payload::make(text, in.head.media, in.meta));
  }
  std::uint32_t& borrowed = lane.borrowed[class_of(taken.block)];
  if (borrowed < most_borrowed(class_of(taken.block)) && !(text.empty() && doc.empty())) {
    ++borrowed;
    return bus::PayloadRef(bus::Payload::borrow(text, doc, in.head.media, in.meta, released, this,
                                                (std::uint64_t{lane.index} << 32) | taken.block));
  }
  bus::PayloadRef copy(bus::Payload::make(text, in.head.media, in.meta));
  if (!doc.empty()) copy->set_doc(doc);
  give_back(lane, taken.block);
  return copy;
}

void Guest::give_back(Lane& lane, std::uint32_t block) {
  if (lane.from_kernel.give_back(block)) wake(lane);
}

// On whichever thread let go of the payload.
void Guest::released(void* user, std::uint64_t lane_and_block) {
  auto& guest = *static_cast<Guest*>(user);
  const auto done = [&guest, lane_and_block] {
    Lane& lane = guest.lanes_[lane_and_block >> 32];
    const auto block = static_cast<std::uint32_t>(lane_and_block);
    --lane.borrowed[class_of(block)];
    guest.give_back(lane, block);
  };
  if (bus::Worker::current() == &guest.worker()) return done();
  guest.worker().post(done);
}

void Guest::take(Lane& lane, const Taken& taken) {
  const auto in = read_message(taken.at, taken.size, scratch_, false);
  if (!in) return end();  // the kernel does not talk so
  switch (in->head.kind) {
    case Kind::call: return call(*in, body_of(lane, taken, *in));
    case Kind::answer: return answer(*in, body_of(lane, taken, *in));
    case Kind::cancel: cancel(in->head.number); break;
    case Kind::end: end(); break;
    default: end();
  }
  give_back(lane, taken.block);
}

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
  }
  bus::Context* context = bus::Context::open(who, nullptr);
  context->stand_for(head.number, context_ended, this);
  if (!in.keys.empty()) {
    bus::Context* wider = context->derive(head.time, {nullptr, 0}, in.keys);
    context->release();
    context = wider;
  }
  auto made = std::make_unique<Inbound>(Inbound{this, head.number, context, who.account});
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
      if (known.first->flow(0) != nullptr || known.first->cpu() > known.second) return false;
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

// ---- questions that the ABI answers at once

bool Guest::take_answer(Lane& lane, const Taken& taken) {
  const auto in = read_message(taken.at, taken.size, ask_scratch_, false);
  if (!in || in->head.kind != Kind::answer || in->head.number != *awaited_) return false;
  awaited_answer_.status = in->head.status;
  awaited_answer_.method = in->head.method;
  awaited_answer_.value = in->head.value;
  awaited_answer_.body = body_of(lane, taken, *in);
  awaited_.reset();
  return true;
}

Guest::Answer Guest::ask(Outgoing& question, std::uint64_t about) {
  if (bus::Worker::current() != &worker()) return {};
  // Of no local frame: worker 0's tokens have a zero top byte.
  question.head.number = (std::uint64_t{1} << 63) | ++next_number_;
  awaited_ = question.head.number;
  awaited_answer_ = {};
  send(question, about);
  const std::int64_t until = telemetry::monotonic_now() + ask_patience;
  queue_pump();  // for what is set aside, and to wait for readiness again
  while (awaited_) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake_cell_, &count, sizeof count);
    for (Lane& lane : lanes_) {
      lane.from_kernel.wake();
      while (awaited_) {
        const auto taken = lane.from_kernel.next();
        if (!taken) break;
        if (!take_answer(lane, *taken)) set_aside_.emplace_back(&lane, *taken);
      }
    }
    flush();
    const std::int64_t left = until - telemetry::monotonic_now();
    if (!awaited_ || left <= 0) break;
    if (!std::all_of(lanes_.begin(), lanes_.end(), [](Lane& lane) { return lane.from_kernel.sleep(); })) continue;
    pollfd p{wake_cell_, POLLIN, 0};
    poll(&p, 1, static_cast<int>(left / 1'000'000) + 1);
  }
  awaited_.reset();
  return std::move(awaited_answer_);
}

// ---- entries from the cell's own bus

socle_status Guest::plugin_handle(void* instance, const socle_call* call, socle_reply* reply) {
  auto& guest = *static_cast<Guest*>(instance);
  CurrentWork& work = guest.work();
  work.active.store(0, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  work.number = bus::Context::of(call->context)->stands_for();
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
