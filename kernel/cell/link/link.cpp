#include "cell/link/link.hpp"

namespace socle::cell {

Link::Link(bus::Bus& bus, bus::Generation& generation, CellSpec spec)
    : bus_(bus),
      generation_(generation),
      spec_(std::make_shared<const CellSpec>(std::move(spec))),
      cells_(bus, generation, spec_) {
  for (const MethodName& m : spec_->text.methods) methods_.push_back({bus::str(m.service), bus::str(m.name)});
  descriptor_.struct_size = sizeof descriptor_;
  descriptor_.abi_major = SOCLE_ABI_MAJOR;
  descriptor_.abi_minor = SOCLE_ABI_MINOR;
  descriptor_.name = bus::str(generation.plugin);
  descriptor_.methods = methods_.data();
  descriptor_.method_count = methods_.size();
  descriptor_.create = create;
  descriptor_.destroy = destroy;
  descriptor_.handle = handle;
  generation.link = this;
  generation.given_up = given_up;
}

Link::~Link() { cells_.end(); }

Link* Link::of(const bus::Generation& generation) { return static_cast<Link*>(generation.link); }

socle_status Link::create(const socle_host* host, socle_payload*, void** instance, socle_reply* error) {
  Link* link = of(*bus::Generation::of(host));
  if (auto started = link->cells_.common().start(); !started) {
    *error = bus::Bus::error(SOCLE_INVALID, "cell_not_started", started.error().message);
    link->cells_.end();
    return SOCLE_INVALID;
  }
  *instance = link;
  return SOCLE_OK;
}

void Link::destroy(void* instance) { static_cast<Link*>(instance)->cells_.end(); }

void Link::kill() { cells_.kill(); }

socle_status Link::handle(void* instance, const socle_call* call, socle_reply* reply) {
  auto& link = *static_cast<Link*>(instance);
  const bus::Worker* here = bus::Worker::current();
  if (here == nullptr || here->index() >= link.bus_.worker_count()) return link.handle_staged(*call, reply);
  Pair::Call passed;
  passed.token = call->token;
  passed.method = call->method;
  passed.context = bus::Context::of(call->context);
  passed.payload = bus::Payload::of(call->payload);
  const bool hook = call->method >= SOCLE_HOOK_START;
  if (call->method == SOCLE_HOOK_DRAIN && here->index() == 0) link.cells_.drain();
  Cell* cell = hook ? &link.cells_.common() : link.cells_.of(here->index(), *passed.context);
  if (cell == nullptr) return link.no_room(reply);
  return cell->pair(here->index()).call(std::move(passed), reply);
}

socle_status Link::no_room(socle_reply* reply) const {
  *reply = bus::Bus::error(SOCLE_UNAVAILABLE, "cells_exhausted",
                           "plugin '" + generation_.plugin + "' has " + std::to_string(spec_->most_own) +
                               " cells of its own for " + (spec_->sharing == Sharing::per_plan ? "plans" : "tenants") +
                               ", all at work; ask again, or raise `limits.cells` of its entry");
  return SOCLE_UNAVAILABLE;
}

// Carried to worker 0 under copies, as contexts and payloads belong to one thread.
socle_status Link::handle_staged(const socle_call& call, socle_reply* reply) {
  const bool hook = call.method >= SOCLE_HOOK_START;
  auto cell = cells_.shared_of(*bus::Context::of(call.context), hook);
  if (cell == nullptr) return no_room(reply);
  Pair& pair = cell->pair(bus_.worker_count());
  Pair::Call passed;
  passed.token = call.token;
  passed.method = call.method;
  passed.context = bus::Context::of(call.context)->copy_for_other_worker();
  passed.payload = bus::Payload::of(call.payload);
  passed.payload->share();
  passed.payload->retain();
  passed.owns_payload = true;
  pair.owner().post([&pair, passed = std::move(passed), this, cell]() mutable {
    bus::Context* context = passed.context;
    const std::uint64_t token = passed.token;
    socle_reply refusal{sizeof(socle_reply), SOCLE_OK, nullptr};
    if (pair.call(std::move(passed), &refusal) != SOCLE_PENDING) {
      if (refusal.payload != nullptr) bus::Payload::of(refusal.payload)->share();
      bus::Worker& staging = bus_.staging();
      staging.post([this, &staging, token, refusal] { bus_.complete(staging, generation_, token, refusal); });
    }
    context->release();  // the pair keeps one of its own
  });
  return SOCLE_PENDING;
}

void Link::given_up(bus::Generation& generation, std::uint64_t token) {
  Link& link = *of(generation);
  const bus::Worker* here = bus::Worker::current();
  const std::uint32_t index = bus::FrameSlab::worker_of(token);
  if (here != nullptr && here->index() == index && index < link.bus_.worker_count())
    return link.cells_.each_pair(index, [token](Pair& pair) { pair.give_up(token); });
  for (const auto& cell : link.cells_.all()) {  // of the staging thread's, which worker 0 looks after
    Pair& pair = cell->pair(index);
    pair.owner().post([&pair, token, cell] { pair.give_up(token); });
  }
}

std::vector<CellFacts> Link::facts() const {
  std::vector<CellFacts> out;
  for (const auto& cell : cells_.all()) out.push_back(cell->facts());
  return out;
}

}  // namespace socle::cell
