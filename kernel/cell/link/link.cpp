#include "cell/link/link.hpp"

namespace socle::cell {

Link::Link(bus::Bus& bus, bus::Generation& generation, CellSpec spec)
    : bus_(bus),
      generation_(generation),
      spec_(std::make_shared<const CellSpec>(std::move(spec))),
      cell_(std::make_shared<Cell>(bus, generation, spec_)) {
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

Link::~Link() { cell_->end(); }

Link* Link::of(const bus::Generation& generation) { return static_cast<Link*>(generation.link); }

socle_status Link::create(const socle_host* host, socle_payload*, void** instance, socle_reply* error) {
  Link* link = of(*bus::Generation::of(host));
  if (auto started = link->cell_->start(); !started) {
    *error = bus::Bus::error(SOCLE_INVALID, "cell_not_started", started.error().message);
    link->cell_->end();
    return SOCLE_INVALID;
  }
  *instance = link;
  return SOCLE_OK;
}

void Link::destroy(void* instance) { static_cast<Link*>(instance)->cell_->end(); }

void Link::kill() { cell_->kill(); }

socle_status Link::handle(void* instance, const socle_call* call, socle_reply* reply) {
  auto& link = *static_cast<Link*>(instance);
  const bus::Worker* here = bus::Worker::current();
  if (here == nullptr || here->index() >= link.bus_.worker_count()) return link.handle_staged(*call);
  Pair::Call passed;
  passed.token = call->token;
  passed.method = call->method;
  passed.context = bus::Context::of(call->context);
  passed.payload = bus::Payload::of(call->payload);
  return link.cell_->pair(here->index()).call(std::move(passed), reply);
}

// Carried to worker 0 under copies, as contexts and payloads belong to one thread.
socle_status Link::handle_staged(const socle_call& call) {
  Pair& pair = cell_->pair(bus_.worker_count());
  Pair::Call passed;
  passed.token = call.token;
  passed.method = call.method;
  passed.context = bus::Context::of(call.context)->copy_for_other_worker();
  passed.payload = bus::Payload::of(call.payload);
  passed.payload->share();
  passed.payload->retain();
  passed.owns_payload = true;
  pair.owner().post([&pair, passed = std::move(passed), this, cell = cell_]() mutable {
    bus::Context* context = passed.context;
    const std::uint64_t token = passed.token;
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    if (pair.call(std::move(passed), &reply) != SOCLE_PENDING) {
      if (reply.payload != nullptr) bus::Payload::of(reply.payload)->share();
      bus_.post(bus_.worker_count(),
                [&g = generation_, token, reply](bus::Worker& staging) { g.bus.complete(staging, g, token, reply); });
    }
    context->release();  // the pair keeps one of its own
  });
  return SOCLE_PENDING;
}

void Link::given_up(bus::Generation& generation, std::uint64_t token) {
  Link& link = *of(generation);
  const bus::Worker* here = bus::Worker::current();
  const std::uint32_t index = bus::FrameSlab::worker_of(token);
  Pair& pair = link.cell_->pair(index);
  if (here == &pair.owner()) return pair.give_up(token);
  pair.owner().post([&pair, token, cell = link.cell_] { pair.give_up(token); });
}

std::vector<CellFacts> Link::facts() const { return {cell_->facts()}; }

}  // namespace socle::cell
