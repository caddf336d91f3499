// The calls into the cell; what the cell asks is in requests.cpp.
#include "cell/link/pair.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/hash.hpp"
#include "cell/link/body.hpp"
#include "cell/link/cell.hpp"
#include "socle/memory_error.hpp"
#include "telemetry/clock.hpp"

namespace socle::cell {
namespace {

constexpr int messages_a_turn = 64;  // so that one cell cannot hold a worker

std::uint32_t slot_of(std::uint64_t token) { return static_cast<std::uint32_t>((token >> 32) & 0xFFFFFF); }
// As the SDK says it for a plugin in the kernel's process.
socle_reply refused_body(std::int64_t cap) {
  const Error why = memory_error(cap);
  return bus::Bus::error(static_cast<socle_status>(why.code), to_string(why.code), why.message);
}
bool is_hook(std::uint32_t method) { return method >= SOCLE_HOOK_START; }

}  // namespace

Pair::Pair(Cell& cell, std::uint32_t index)
    : cell_(cell),
      index_(index),
      owner_(cell.bus().worker(index < cell.bus().worker_count() ? index : 0)),
      staging_(index >= cell.bus().worker_count()) {}

Pair::~Pair() {
  for (Call& call : calls_) {
    if (call.token == 0) continue;
    call.context->release();
    if (call.owns_payload) call.payload->release();
  }
}

Pair::Call* Pair::find(std::uint64_t token) {
  const std::uint32_t slot = slot_of(token);
  return token != 0 && slot < calls_.size() && calls_[slot].token == token ? &calls_[slot] : nullptr;
}

socle_status Pair::call(Call call, socle_reply* reply) {
  const std::uint32_t slot = slot_of(call.token);
  const auto refuse_call = [&](std::string_view code, const std::string& text) {
    if (call.owns_payload) call.payload->release();
    *reply = bus::Bus::error(SOCLE_UNAVAILABLE, code, "the cell of plugin '" + cell_.generation().plugin + "' " + text);
    return SOCLE_UNAVAILABLE;
  };
  if (closed_) return refuse_call("cell_gone", "has ended");
  if (session_ == nullptr && starts_at_ > call.context->deadline) {
    refuse_down(call, reply);
    if (call.owns_payload) call.payload->release();
    return SOCLE_UNAVAILABLE;
  }
  if (slot >= most_calls || queue_.size() >= most_queued)
    return refuse_call("cell_overloaded", "has " + std::to_string(queue_.size()) + " calls waiting; ask again");
  if (slot >= calls_.size()) calls_.resize(std::max<std::size_t>(slot + 1, 64));
  Call& kept = calls_[slot];
  kept = std::move(call);
  kept.context->retain();
  ++in_flight_;
  used();
  const bool may = session_ != nullptr && (serving_ || is_hook(kept.method));
  if (!may || !queue_.empty() || !backlog_.empty() || !send(kept)) queue_.push_back(kept.token);
  return SOCLE_PENDING;
}

bool Pair::send(Call& call) {
  const bus::Context& c = *call.context;
  Outgoing m(Kind::call);
  m.head.number = call.token;
  m.head.method = call.method;
  m.head.time = c.deadline;
  m.head.acts_for = owner_.snapshot->version;
  m.head.work_class = c.work_class;
  m.head.trace_flags = c.trace_flags;
  std::copy(std::begin(c.trace_id), std::end(c.trace_id), m.head.trace_id.begin());
  std::copy(std::begin(c.span_id), std::end(c.span_id), m.head.span_id.begin());
  m[Field::tenant] = bus::view(c.tenant);
  m[Field::principal] = bus::view(c.principal);
  m[Field::claims] = bus::view(c.claims);
  m[Field::idempotency_key] = bus::view(c.idempotency_key);
  m[Field::lane] = bus::view(c.lane);
  m.keys = {c.keys, c.key_count};
  m.body(call.payload);
  if (const sched::Account* payer = c.account(); payer != nullptr) {
    m.head.value = payer->weight();
    m.head.status = static_cast<std::int32_t>(payer->pressure());
    m.head.memory = owner_.lane.memory_left(*payer);
    m.head.call_memory = payer->call_memory_cap();
  }
  call.since = owner_.now();
  call.sent = send(m, is_hook(call.method));
  return call.sent;
}

bool Pair::send(Outgoing& message, bool urgent) {
  Producer& lane = session_->to_cell[index_];
  std::size_t size = message.measure();
  if (!Producer::fits(size)) {  // text alone fits: the bus bounds it
    message[Field::doc] = {};
    size = message.measure();
  }
  const auto room = lane.take(size, urgent);
  if (!room) {
    if (lane.broken()) cell_.misbehaves(lane.fault());
    return false;
  }
  message.write(room->at);
  if (lane.push(*room, size)) session_->wake();
  owner_.expect(session_->from_cell[index_].core_of_producer());
  return true;
}

void Pair::queue_or_send(Outgoing& message) {
  if (session_ == nullptr) return;
  if (backlog_.empty() && send(message, true)) return;
  if (backlog_.size() >= most_backlog) return cell_.misbehaves("it does not take its answers");
  std::string kept(message.measure(), '\0');
  message.write(reinterpret_cast<std::byte*>(kept.data()));
  backlog_bytes_ += kept.size();
  backlog_.push_back(std::move(kept));
}

// In whole seconds, at least one, as Retry-After has it.
void Pair::refuse_down(const Call& call, socle_reply* reply) const {
  const std::int64_t left = std::max<std::int64_t>(starts_at_ - owner_.now(), 1);
  const std::string seconds = std::to_string((left + 999'999'999) / 1'000'000'000);
  const std::string text =
      "the cell of plugin '" + cell_.generation().plugin + "' died too often and is started again in " + seconds +
      " s" + (call.context->deadline == INT64_MAX ? "" : ", after this call's deadline") + "; ask again then";
  const std::array<socle_pair, 3> meta{socle_pair{bus::str("code"), bus::str("cell_down")},
                                       socle_pair{bus::str("message"), bus::str(text)},
                                       socle_pair{bus::str("retry-after"), bus::str(seconds)}};
  *reply = {sizeof(socle_reply), SOCLE_UNAVAILABLE, bus::Payload::make({}, SOCLE_MEDIA_NONE, meta)};
}

void Pair::await_start(std::int64_t at) {
  if (session_ != nullptr || closed_) return;
  starts_at_ = at;
  for (std::size_t left = queue_.size(); left > 0; --left) {
    const std::uint64_t token = queue_.front();
    queue_.pop_front();
    Call* waiting = find(token);
    if (waiting == nullptr) continue;
    if (waiting->context->deadline >= at) {
      queue_.push_back(token);
      continue;
    }
    socle_reply reply{};
    refuse_down(*waiting, &reply);
    finish(*waiting, reply);
    forget(*waiting, false);
  }
}

void Pair::flush() {
  if (session_ == nullptr) return;
  Producer& lane = session_->to_cell[index_];
  for (; !backlog_.empty(); backlog_.pop_front()) {
    const std::string& bytes = backlog_.front();
    const auto room = lane.take(bytes.size(), true);
    if (!room) return;
    std::memcpy(room->at, bytes.data(), bytes.size());
    if (lane.push(*room, bytes.size())) session_->wake();
    backlog_bytes_ -= bytes.size();
  }
  for (size_t left = queue_.size(); left > 0; --left) {
    Call* waiting = find(queue_.front());
    if (waiting != nullptr && !serving_ && !is_hook(waiting->method)) {
      queue_.push_back(waiting->token);  // hooks overtake what waits for the restart
    } else if (waiting != nullptr && !send(*waiting)) {
      return;
    }
    queue_.pop_front();
  }
  lane.satisfied();
}

void Pair::give_up(std::uint64_t token) {
  Call* call = find(token);
  if (call == nullptr || call->given_up) return;
  call->given_up = true;
  if (call->sent) {
    Outgoing m(Kind::cancel);
    m.head.number = token;
    queue_or_send(m);
    return;
  }
  std::erase(queue_, token);
  finish(*call, bus::Bus::error(SOCLE_CANCELLED, "cancelled", "nobody waits for it any more"));
  forget(*call, false);
}

// The answer goes to whoever made the call; the entry stays.
void Pair::finish(Call& call, const socle_reply& reply) {
  if (call.done) return call.done(reply);
  bus::Generation& g = cell_.generation();
  if (!staging_) return cell_.bus().complete(owner_, g, call.token, reply);
  if (reply.payload != nullptr) bus::Payload::of(reply.payload)->share();
  cell_.bus().post(cell_.bus().worker_count(),
                   [&g, token = call.token, reply](bus::Worker& staging) { g.bus.complete(staging, g, token, reply); });
}

void Pair::forget(Call& call, bool keep_context) {
  if (keep_context && lingering_.size() < most_contexts) {
    lingering_.emplace(call.token, Held{call.context, owner_.now(), call.method});
  } else {
    call.context->release();
  }
  if (call.owns_payload) call.payload->release();
  call = Call{};
  used();
  --in_flight_;
}

void Pair::reply(const Incoming& in) {
  Call* call = find(in.head.number);
  if (call == nullptr || !call->sent) return;  // of no call in flight: late, twice, or made up
  socle_reply reply{sizeof(socle_reply), in.head.status, nullptr};
  if (reply.status < SOCLE_OK || reply.status > SOCLE_INTERNAL || reply.status == SOCLE_PENDING)
    reply.status = SOCLE_INTERNAL;
  if (in.head.sizes != decltype(in.head.sizes){} || in.head.meta_count != 0) {
    bus::Payload* body = nullptr;
    const auto refused = take_body(in, *call->context, body);
    reply.payload = body;
    if (refused) reply = *refused;
  }
  charge(*call->context, in.head.time, call->since);
  finish(*call, reply);
  forget(*call, (in.head.flags & flag_closed) == 0);
}

// Pays for the time to copy it, too.
std::optional<socle_reply> Pair::take_body(const Incoming& in, const bus::Context& context, bus::Payload*& body) {
  if (context.account() == nullptr) {
    body = private_body(in);
    return {};
  }
  const sched::PaidBy paid(owner_.lane, *context.account(), context.call());
  // The pairs of a short answer, an error's above all, are let through.
  const std::size_t pairs = in.head.pair_bytes > 4096 ? in.head.pair_bytes : 0;
  const std::size_t size = in[Field::text].size() + in[Field::doc].size() + pairs;
  const std::uint64_t cap = context.account()->call_memory_cap();
  if (!context.call().fits(in[Field::text].size(), cap)) return refused_body(static_cast<std::int64_t>(cap));
  if (size > 0 && !owner_.lane.fits(owner_.lane.payer(), static_cast<std::int64_t>(size))) return refused_body(0);
  body = private_body(in);
  return {};
}

// The cell's word for the time it took: no more than has passed. Several calls may each claim that much.
void Pair::charge(const bus::Context& context, std::int64_t claimed, std::int64_t since) {
  if (context.account() == nullptr) return;
  const std::int64_t ns =
      std::clamp<std::int64_t>(claimed, 0, std::max<std::int64_t>(telemetry::monotonic_now() - since, 0));
  if (ns == 0) return;
  owner_.lane.queue.charge(owner_.lane.queue.flow(*context.account()), ns);
  used_[context.account()] += ns;
  if ((used_sum_ += ns) < tell_every) return;
  for (const auto& [account, sum] : used_) cell_.bus().monitor().used(*account, cell_.generation().account, sum);
  used_.clear();
  used_sum_ = 0;
}

void Pair::attach(std::shared_ptr<Session> session) {
  session_ = std::move(session);
  starts_at_ = 0;
  ++life_;
  watch_ = owner_.watch_open(cell_.wires(), session_->wake_kernel[index_].get());
  pump();
}

void Pair::serve() {
  serving_ = session_ != nullptr;
  flush();
}

void Pair::end() {
  Outgoing m(Kind::end);
  queue_or_send(m);
}

void Pair::woken(void* user, socle_status status) {
  if (status == SOCLE_OK) static_cast<Pair*>(user)->pump();
}

void Pair::pump() {
  if (session_ == nullptr) return;
  const std::shared_ptr<Session> held = session_;
  Consumer& lane = held->from_cell[index_];
  lane.wake();
  bool wake = false;
  int budget = messages_a_turn;
  do {
    for (; budget > 0; --budget) {
      const auto taken = lane.next();
      if (!taken) break;
      const auto in = read_message(taken->at, taken->size, scratch_, true);
      if (in) handle(*in);
      wake = lane.give_back(taken->block) || wake;
      if (!in) return cell_.misbehaves(in.error().message);
    }
    if (lane.broken()) return cell_.misbehaves(lane.fault());
  } while (budget > 0 && !lane.sleep());
  if (wake) held->wake();
  flush();
  if (in_flight() > 0) owner_.expect(lane.core_of_producer());
  if (budget > 0) return owner_.watch_wait(watch_, SOCLE_IO_READ, woken, this);
  bus::Job job;
  job.generation = &cell_.wires();
  job.event = woken;
  job.user = this;
  owner_.defer(job);
}

void Pair::detach(bool for_good) {
  closed_ = closed_ || for_good;
  serving_ = false;
  if (session_ != nullptr) owner_.watch_close(std::exchange(watch_, 0));
  session_.reset();
  backlog_.clear();
  backlog_bytes_ = 0;
  if (for_good) queue_.clear();
  const std::string who = "the cell of plugin '" + cell_.generation().plugin + "' ";
  for (Call& call : calls_) {
    if (call.token == 0 || (!call.sent && !for_good)) continue;
    if (call.done || staging_ || !cell_.bus().ask_again(owner_, cell_.generation(), call.token))
      finish(call, bus::Bus::error(SOCLE_UNAVAILABLE, call.sent ? "cell_died" : "cell_gone",
                                   who + (call.sent ? "died before it answered; ask again" : "has ended")));
    forget(call, false);
  }
  for (auto& [number, held] : lingering_) held.context->release();
  lingering_.clear();
  for (auto& [number, held] : opened_) cell_.generation().context_release(&cell_.generation(), held.context);
  opened_.clear();
  metrics_.clear();
}

LastWork Pair::work_of(std::uint64_t token) const {
  const bus::Generation& g = cell_.generation();
  LastWork work{g.plugin, g.version, g.seq, {}, {}, {}, {}};
  if (const auto held = lingering_.find(token); held != lingering_.end()) {
    work.tenant = bus::view(held->second.context->tenant);
    work.method = g.entry_name(held->second.method);
    return work;
  }
  const std::uint32_t slot = slot_of(token);
  if (token == 0 || slot >= calls_.size() || calls_[slot].token != token) return work;
  const Call& call = calls_[slot];
  work.tenant = bus::view(call.context->tenant);
  work.method = g.entry_name(call.method);
  if (call.payload != nullptr) {
    const std::string_view text = bus::view(call.payload->text);
    if (auto hash = base::sha256_hex(text)) work.input_sha256 = *hash;
    work.input_size = text.size();
  }
  return work;
}

}  // namespace socle::cell
