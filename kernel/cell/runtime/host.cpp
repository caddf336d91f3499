// cell/runtime/host.cpp: the slots of a plugin's host table that the kernel answers. The rest are the cell's own bus's
// (kernel/bus/host.cpp). There is one guest a process, but for tests; the table's address leads to it.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cell/runtime/guest.hpp"
#include "telemetry/clock.hpp"

namespace socle::cell {
namespace {

constexpr std::int64_t limit_age = 100'000'000;
constexpr std::size_t most_limits = 4096;

Guest& guest_of(const socle_host* host) { return *static_cast<Guest*>(bus::Generation::of(host)->link); }
bool on_worker(Guest& guest) { return bus::Worker::current() == &guest.bus().worker(0); }
std::uint64_t number_of(const socle_context* context) {
  return context != nullptr ? bus::Context::of(context)->stands_for() : 0;
}

socle_status resolve(const socle_host* host, socle_str service, socle_str method, std::uint32_t* target) {
  Guest& guest = guest_of(host);
  Outgoing m(Kind::resolve);
  m[Field::name] = bus::view(service);
  m[Field::text] = bus::view(method);
  const Guest::Answer answer = guest.ask(m, std::uint64_t{guest.kernel_workers()} << 56);
  if (answer.status != SOCLE_OK) return answer.status;
  const auto local =
      guest.local_target(std::string(bus::view(service)).append(".").append(bus::view(method)), answer.method);
  if (!local) return SOCLE_EXHAUSTED;
  *target = *local;
  return SOCLE_OK;
}

socle_status publish(const socle_host* host, const socle_context* context, socle_str channel, socle_payload* payload,
                     socle_event_fn done, void* user) {
  struct Waiter {
    socle_event_fn done;
    void* user;
  };
  Guest& guest = guest_of(host);
  if (!on_worker(guest) || context == nullptr || payload == nullptr) return SOCLE_INVALID;
  const auto target = guest.channel(bus::view(channel));
  if (!target) return SOCLE_EXHAUSTED;
  const auto told = [](void* held, const socle_reply* reply) {
    const std::unique_ptr<Waiter> waiter(static_cast<Waiter*>(held));
    if (reply->payload != nullptr) bus::Payload::of(reply->payload)->release();
    waiter->done(waiter->user, reply->status);
  };
  auto waiter = std::make_unique<Waiter>(Waiter{done, user});
  socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
  const socle_status status = guest.bus().call(guest.bus().worker(0), &guest.plugin(), *bus::Context::of(context),
                                               *target, bus::Payload::of(payload), nullptr, &reply, told, waiter.get());
  if (status == SOCLE_PENDING) {
    static_cast<void>(waiter.release());  // told() takes it
  } else if (reply.payload != nullptr) {
    bus::Payload::of(reply.payload)->release();
  }
  return status;
}

const socle_context* context_act_as(const socle_host* host, socle_str tenant, socle_str reason, std::int64_t deadline) {
  Guest& guest = guest_of(host);
  if (!on_worker(guest) || !guest.plugin().grants.act_as) return nullptr;
  return guest.act_as(bus::view(tenant), bus::view(reason), deadline);
}

std::uint64_t catalog_version(const socle_host* host) { return guest_of(host).catalog_version(); }

socle_payload* catalog(const socle_host* host, socle_str name) {
  Outgoing m(Kind::catalog);
  m[Field::name] = bus::view(name);
  Guest::Answer answer = guest_of(host).ask(m, 0);
  return answer.status == SOCLE_OK ? answer.body.take() : nullptr;
}

double limit(const socle_host* host, const socle_context* context, socle_str name) {
  Guest& guest = guest_of(host);
  if (!on_worker(guest) || context == nullptr) return std::numeric_limits<double>::infinity();
  return guest.limit(*bus::Context::of(context), bus::view(name));
}

void tell_meter(const socle_host* host, const socle_context* context, socle_str name, double amount,
                std::uint32_t flags) {
  Guest& guest = guest_of(host);
  if (!on_worker(guest)) return;
  Outgoing m(Kind::meter);
  m.head.flags = flags;
  m.head.acts_for = number_of(context);
  m.head.value = amount;
  m[Field::name] = bus::view(name);
  guest.send(m, m.head.acts_for);
}

void meter(const socle_host* host, const socle_context* context, socle_str name, double amount) {
  tell_meter(host, context, name, amount, 0);
}

void meter_level(const socle_host* host, const socle_context* context, socle_str name, double level) {
  tell_meter(host, context, name, level, flag_level);
}

// ---- from any thread

void log(const socle_host* host, int level, const socle_context* context, socle_str message, const socle_pair* fields,
         size_t n) {
  Guest& guest = guest_of(host);
  Outgoing m(Kind::log);
  m.head.status = std::clamp(level, 0, 3);
  m.head.acts_for = number_of(context);
  m[Field::text] = bus::view(message);
  m.meta = {fields, std::min<size_t>(n, 32)};
  if (on_worker(guest)) return guest.send(m, m.head.acts_for, true);
  std::string bytes(m.measure(), '\0');
  m.write(reinterpret_cast<std::byte*>(bytes.data()));
  guest.bus().worker(0).post([&guest, bytes = std::move(bytes)] { guest.send_kept(bytes); });
}

std::uint32_t metric(const socle_host* host, socle_str name, std::uint32_t kind, socle_str help) {
  Guest& guest = guest_of(host);
  return on_worker(guest) ? guest.metric(bus::view(name), kind, bus::view(help)) : 0;
}

void observe(const socle_host* host, std::uint32_t metric_number, double value) {
  if (metric_number == 0) return;
  Guest& guest = guest_of(host);
  const auto tell = [&guest, metric_number, value] {
    Outgoing m(Kind::observe);
    m.head.number = metric_number - 1;
    m.head.value = value;
    guest.send(m, 0, true);
  };
  if (on_worker(guest)) return tell();
  guest.bus().worker(0).post(tell);
}

}  // namespace

double Guest::limit(const bus::Context& context, std::string_view name) {
  const std::int64_t now = worker().now();
  const auto key = std::make_pair(std::string(bus::view(context.tenant)), std::string(name));
  if (const auto it = limits_.find(key); it != limits_.end() && it->second.until > now) return it->second.value;
  Outgoing m(Kind::limit);
  m.head.acts_for = context.stands_for();
  m[Field::name] = name;
  const Answer answer = ask(m, m.head.acts_for);
  if (answer.status != SOCLE_OK) return std::numeric_limits<double>::infinity();
  if (limits_.size() >= most_limits) limits_.clear();
  limits_[key] = {answer.value, now + limit_age};
  return answer.value;
}

const socle_context* Guest::act_as(std::string_view tenant, std::string_view reason, std::int64_t deadline) {
  const std::string principal = "plugin:" + text_.plugin;
  bus::Identity who;
  who.tenant = tenant;
  who.principal = principal;
  who.deadline = deadline;
  who.work_class = SOCLE_CLASS_BACKGROUND;
  who.account = &payer(tenant);
  // What its last call told is as old as that call: nobody tells what is left now.
  const bool called =
      std::any_of(inbound_.begin(), inbound_.end(), [&](const auto& one) { return one.second->payer == who.account; });
  if (!called) {
    who.account->press(0);
    who.account->set_memory(sched::Limits::no_bytes, who.account->call_memory_cap());
  }
  // Spread over the kernel's workers.
  ++next_opened_;
  const std::uint64_t number = ((next_opened_ % kernel_workers()) << 56) | opened_bit | next_opened_;
  bus::Context* context = bus::Context::open(who, plugin_.get());
  context->stand_for(number, context_ended, this);
  opened_.emplace(number, who.account);
  Outgoing m(Kind::open);
  m.head.number = number;
  m.head.time = deadline;
  m[Field::tenant] = tenant;
  m[Field::name] = reason;
  send(m, number);
  return context;
}

std::uint32_t Guest::metric(std::string_view name, std::uint32_t kind, std::string_view help) {
  if (const auto it = metric_numbers_.find(name); it != metric_numbers_.end()) return it->second;
  Outgoing m(Kind::metric);
  m.head.number = metric_numbers_.size();
  m.head.method = kind;
  m[Field::name] = name;
  m[Field::text] = help;
  send(m, 0);
  const auto number = static_cast<std::uint32_t>(metric_numbers_.size() + 1);
  metric_numbers_.emplace(name, number);
  return number;
}

void Guest::send_kept(const std::string& bytes) {
  const auto in = read_message(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), scratch_, false);
  if (!in) return;
  Outgoing m(in->head.kind);
  m.head = in->head;
  m.fields = in->fields;
  m.meta = in->meta;
  m.keys = in->keys;
  send(m, m.head.acts_for, true);
}

void lay_over(bus::Generation& plugin, Guest& guest) {
  plugin.link = &guest;
  plugin.resolve = resolve;
  plugin.publish = publish;
  plugin.context_act_as = context_act_as;
  plugin.catalog_version = catalog_version;
  plugin.catalog = catalog;
  plugin.limit = limit;
  plugin.meter = meter;
  plugin.meter_level = meter_level;
  plugin.log = log;
  plugin.metric = metric;
  plugin.observe = observe;
}

}  // namespace socle::cell
