// cell/link/requests.cpp: what a cell asks of the kernel (Pair::handle and below). For whom it asks is looked up in the
// pair's own tables by the number it gives; a number that is not there is refused, nothing it says about identity is
// used.
#include "cell/link/body.hpp"
#include "cell/link/cell.hpp"
#include "cell/link/pair.hpp"

namespace socle::cell {
namespace {

constexpr std::size_t small_answer = 4096;

}  // namespace

void Pair::handle(const Incoming& in) {
  switch (in.head.kind) {
    case Kind::ready: return cell_.ready(in.head.status, std::string(in[Field::text]));
    case Kind::reply: return reply(in);
    case Kind::close: return close(in.head.number, in.head.time);
    case Kind::request: return request(in);
    case Kind::publish: return publish(in);
    case Kind::give_up: return give_up_outbound(in.head.number);
    case Kind::resolve: return resolve(in);
    case Kind::catalog: return catalog(in);
    case Kind::limit: return limit(in);
    case Kind::open: return open(in);
    case Kind::log: return log(in);
    case Kind::metric:
    case Kind::observe:
    case Kind::meter: return metric(in);
    case Kind::call:
    case Kind::answer:
    case Kind::cancel:
    case Kind::end: break;
  }
  cell_.misbehaves("it sent a message of kind " + std::to_string(static_cast<std::uint32_t>(in.head.kind)));
}

bus::Context* Pair::context_of(std::uint64_t number) {
  if (Call* call = find(number); call != nullptr && call->sent) return call->context;
  if (const auto it = lingering_.find(number); it != lingering_.end()) return it->second.context;
  if (const auto it = opened_.find(number); it != opened_.end()) return it->second.context;
  return nullptr;
}

void Pair::answer(std::uint64_t number, const socle_reply& reply) {
  const bus::PayloadRef body(reply.payload != nullptr ? bus::Payload::of(reply.payload) : nullptr);
  Outgoing m(Kind::answer);
  m.head.number = number;
  m.head.status = reply.status;
  m.body(body.get());
  // The cell pays with its own answers for what it leaves lying: a refusal is small.
  if (backlog_bytes_ > 0 && backlog_bytes_ + m.measure() > most_backlog_bytes && m.measure() > small_answer) {
    return refuse(number, SOCLE_EXHAUSTED, "answers_waiting",
                  "plugin '" + cell_.generation().plugin + "' has " + std::to_string(backlog_bytes_) +
                      " bytes of answers waiting on this worker; ask for less at a time");
  }
  queue_or_send(m);
}

void Pair::refuse(std::uint64_t number, socle_status status, std::string_view code, std::string_view message) {
  answer(number, bus::Bus::error(status, code, message));
}

Pair::Outbound* Pair::outbound(std::uint64_t number) {
  if (outbound_.size() >= most_outbound) {
    refuse(number, SOCLE_EXHAUSTED, "too_many_calls",
           "plugin '" + cell_.generation().plugin + "' waits for " + std::to_string(outbound_.size()) +
               " calls on this worker, which is the limit");
    return nullptr;
  }
  used();
  Outbound& made = outbound_.emplace_back(Outbound{this, life_, number, {}, false});
  made.self = std::prev(outbound_.end());
  return &made;
}

void Pair::settle(Outbound& out, const socle_reply& reply) {
  const std::uint64_t life = out.life, number = out.number;
  outbound_.erase(out.self);
  if (life == life_ && session_ != nullptr) return answer(number, reply);
  if (reply.payload != nullptr) bus::Payload::of(reply.payload)->release();
}

void Pair::answered(void* user, const socle_reply* reply) {
  auto& out = *static_cast<Outbound*>(user);
  if (!out.carried) return out.pair->settle(out, *reply);
  if (reply->payload != nullptr) bus::Payload::of(reply->payload)->share();
  out.pair->owner_.post([&out, answer = *reply] { out.pair->settle(out, answer); });
}

void Pair::published(void* user, socle_status status) {
  const socle_reply reply{sizeof(socle_reply), status, nullptr};
  answered(user, &reply);
}

void Pair::request(const Incoming& in) {
  bus::Context* context = context_of(in.head.acts_for);
  if (context == nullptr)
    return refuse(in.head.number, SOCLE_DENIED, "not_your_call", "the cell holds no call or context of that number");
  Outbound* out = outbound(in.head.number);
  if (out == nullptr) return;
  bus::Bus& bus = cell_.bus();
  bus::Generation& g = cell_.generation();
  bus::Payload* body = nullptr;
  if (const auto refused = take_body(in, *context, body)) return settle(*out, *refused);
  const std::int64_t timeout = in.head.time;
  const std::string key(in[Field::idempotency_key]);
  const auto make = [out, &bus, &g, body, timeout, key, target = in.head.method](bus::Worker& w, bus::Context& as) {
    const bus::PayloadRef payload(body);
    const socle_call_options options{sizeof options, 0, timeout, key.empty() ? socle_str{nullptr, 0} : bus::str(key)};
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    if (bus.call(w, &g, as, target, payload.get(), &options, &reply, answered, out) != SOCLE_PENDING)
      answered(out, &reply);
  };
  if (!staging_) return make(owner_, *context);
  // A hook's calls see the routes as the staging thread sees them: those of the change set that is being made.
  out->carried = true;
  if (body != nullptr) body->share();
  bus::Context* carried = context->copy_for_other_worker();
  bus.post(bus.worker_count(), [make, carried](bus::Worker& staging) {
    make(staging, *carried);
    carried->release();
  });
}

void Pair::publish(const Incoming& in) {
  bus::Context* context = context_of(in.head.acts_for);
  if (context == nullptr)
    return refuse(in.head.number, SOCLE_DENIED, "not_your_call", "the cell holds no call or context of that number");
  Outbound* out = outbound(in.head.number);
  if (out == nullptr) return;
  bus::Generation& g = cell_.generation();
  bus::Payload* made = nullptr;
  if (const auto refused = take_body(in, *context, made)) return settle(*out, *refused);
  const bus::PayloadRef body(made);
  const socle_status status = g.publish(&g, context, bus::str(in[Field::name]), body.get(), published, out);
  if (status != SOCLE_PENDING) published(out, status);
}

void Pair::give_up_outbound(std::uint64_t number) {
  const auto cancel = [this, number, life = life_, g = &cell_.generation()](bus::Worker& w) {
    const bus::Frame* found = nullptr;
    w.frames.each([&](const bus::Frame& f) {
      if (f.done != answered || f.caller != g) return;
      const auto& out = *static_cast<const Outbound*>(f.user);
      if (out.pair == this && out.life == life && out.number == number) found = &f;
    });
    if (found != nullptr) g->bus.cancel(w, *found->context);
  };
  if (!staging_) return cancel(owner_);
  cell_.bus().post(cell_.bus().worker_count(), cancel);  // where the calls of hooks are made
}

void Pair::resolve(const Incoming& in) {
  bus::Generation& g = cell_.generation();
  std::uint32_t target = 0;
  Outgoing m(Kind::answer);
  m.head.number = in.head.number;
  m.head.status = g.resolve(&g, bus::str(in[Field::name]), bus::str(in[Field::text]), &target);
  m.head.method = target;
  queue_or_send(m);
}

void Pair::catalog(const Incoming& in) {
  bus::Generation& g = cell_.generation();
  socle_payload* payload = g.catalog(&g, bus::str(in[Field::name]));
  answer(in.head.number, {sizeof(socle_reply), payload != nullptr ? SOCLE_OK : SOCLE_NOT_FOUND, payload});
}

void Pair::limit(const Incoming& in) {
  bus::Generation& g = cell_.generation();
  const bus::Context* context = context_of(in.head.acts_for);
  Outgoing m(Kind::answer);
  m.head.number = in.head.number;
  m.head.status = context != nullptr ? SOCLE_OK : SOCLE_DENIED;
  if (context != nullptr) m.head.value = g.limit(&g, context, bus::str(in[Field::name]));
  queue_or_send(m);
}

// act_as: the kernel decides, and audits. What the cell does under a context that was denied is refused call by call.
void Pair::open(const Incoming& in) {
  if ((in.head.number & opened_bit) == 0 || opened_.size() >= most_contexts || opened_.contains(in.head.number)) return;
  bus::Generation& g = cell_.generation();
  const socle_context* made =
      g.context_act_as(&g, bus::str(in[Field::tenant]), bus::str(in[Field::name]), in.head.time);
  if (made != nullptr) opened_.emplace(in.head.number, Held{bus::Context::of(made), owner_.now()});
}

void Pair::close(std::uint64_t number, std::int64_t claimed) {
  if (const auto it = lingering_.find(number); it != lingering_.end()) {
    charge(*it->second.context, claimed, it->second.since);
    it->second.context->release();
    lingering_.erase(it);
  } else if (const auto own = opened_.find(number); own != opened_.end()) {
    charge(*own->second.context, claimed, own->second.since);
    cell_.generation().context_release(&cell_.generation(), own->second.context);
    opened_.erase(own);
  }
}

void Pair::log(const Incoming& in) {
  if (!cell_.may_log()) return;
  bus::Generation& g = cell_.generation();
  g.log(&g, in.head.status, context_of(in.head.acts_for), bus::str(in[Field::text]), in.meta.data(), in.meta.size());
}

void Pair::metric(const Incoming& in) {
  bus::Generation& g = cell_.generation();
  if (in.head.kind == Kind::meter) {
    const bus::Context* context = context_of(in.head.acts_for);
    if (context == nullptr) return;
    const auto slot = (in.head.flags & flag_level) != 0 ? g.meter_level : g.meter;
    slot(&g, context, bus::str(in[Field::name]), in.head.value);
  } else if (in.head.kind == Kind::observe) {
    if (in.head.number < metrics_.size()) g.observe(&g, metrics_[in.head.number], in.head.value);
  } else if (in.head.number == metrics_.size() && metrics_.size() < most_metrics) {
    metrics_.push_back(g.metric(&g, bus::str(in[Field::name]), in.head.method, bus::str(in[Field::text])));
  }
}

}  // namespace socle::cell
