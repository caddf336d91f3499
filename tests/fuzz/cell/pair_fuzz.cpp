// pair_fuzz.cpp: the kernel's half of the talk with a cell (Pair) against a cell that says well-formed things in any
// order: replies, requests, opens and closes, with numbers that it was given, has given back, or makes up. The session
// is in this process; the kernel's worker is a real one.
//
// What must hold: every call is answered exactly once, and what the cell asks for is done in the name of the tenant
// that the kernel knows for the number it gave, or not at all. Each request carries the tenant that this file expects.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <map>
#include <set>
#include <string>

#include <fuzzer/FuzzedDataProvider.h>

#include "bus/bus.hpp"
#include "cell/link/cell.hpp"
#include "telemetry/log.hpp"

namespace {

using namespace socle;
using namespace socle::cell;

constexpr int most_steps = 200;
constexpr std::string_view nobody = "!";   // the number is not held: the request must not arrive
constexpr std::string_view anybody = "?";  // not known here

void check(bool good) {
  if (!good) std::abort();
}

struct NoProcess : Process {
  [[nodiscard]] pid_t pid() const override { return 0; }
  [[nodiscard]] int pidfd() const override { return -1; }
  void kill() override {}
  bool ended_as_told() override { return true; }
  std::string epitaph(const LastWork&) override { return {}; }
};

// A bus with one worker and a service that the cell may call. Made once.
struct World {
  telemetry::Metrics metrics;
  bus::Bus bus{bus::Settings{}, metrics};
  socle_method note{bus::str("peer/1"), bus::str("note")};
  socle_plugin descriptor{};
  bus::Generation peer{bus, "peer", "1.0.0", 1, {}, 2};
  std::set<std::uint64_t> held;  // calls of the peer that are not answered yet; worker
  std::uint32_t target = 0;

  World() {
    telemetry::Log::get().redirect(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    bus.start();
    descriptor.struct_size = sizeof descriptor;
    descriptor.abi_major = SOCLE_ABI_MAJOR;
    descriptor.name = bus::str("peer");
    descriptor.methods = &note;
    descriptor.method_count = 1;
    descriptor.handle = handle;
    peer.attach(&descriptor);
    peer.instance = this;
    target = *bus.target("peer/1", "note");
    auto next = std::make_shared<bus::Snapshot>();
    next->version = 1;
    next->routes.resize(target + 1);
    next->routes[target].primary = {&peer, 0};
    check(bus.install(next, std::chrono::seconds(5)).has_value());
  }
  static socle_status handle(void* instance, const socle_call* call, socle_reply* reply) {
    const std::string_view expected = bus::view(call->payload->text);
    check(expected != nobody);
    check(expected == anybody || expected == bus::view(call->context->tenant));
    if (call->payload->media == SOCLE_MEDIA_JSON) {  // later
      static_cast<World*>(instance)->held.insert(call->token);
      return SOCLE_PENDING;
    }
    *reply = {sizeof *reply, SOCLE_OK, nullptr};
    return SOCLE_OK;
  }
  void on_worker(const std::function<void()>& fn) {
    std::promise<void> done;
    bus.worker(0).post([&] {
      fn();
      done.set_value();
    });
    done.get_future().wait();
  }
  void answer_held(std::size_t most) {
    for (; most > 0 && !held.empty(); --most) {
      const std::uint64_t token = *held.begin();
      held.erase(held.begin());
      const socle_reply reply{sizeof reply, SOCLE_OK, nullptr};
      peer.complete(&peer, token, &reply);
    }
  }
};

bus::Grants grants() {
  bus::Grants g;
  g.act_as = g.catalog = true;
  g.services.insert("peer/1");
  return g;
}

std::shared_ptr<const CellSpec> spec() {
  auto made = std::make_shared<CellSpec>();
  made->text.plugin = "cell";
  return made;
}

// One cell, and what it knows.
class Talk {
 public:
  Talk(World& world, FuzzedDataProvider& input)
      : world_(world),
        input_(input),
        session_(*Session::open(spec()->text, "", 2,
                                [](const CellBoot&) -> Result<std::unique_ptr<Process>> {
                                  return std::unique_ptr<Process>(std::make_unique<NoProcess>());
                                })),
        slab_(session_->up.data() + layout_.slab()),
        out_(mine(), theirs(), slab_),
        in_(mine(), theirs(), session_->down.data() + down_layout_.slab()) {
    generation_.allow(world.target);
    world_.on_worker([this] {
      pair().attach(session_);
      pair().serve();
    });
  }
  ~Talk() {
    world_.on_worker([this] {
      pair().detach(true);
      world_.answer_held(SIZE_MAX);
    });
    settle();
    world_.on_worker([this] { world_.bus.worker(0).forget(cell_->wires()); });
    for (const auto& [token, answers] : answers_) check(answers == 1);
  }
  void step() {
    switch (input_.ConsumeIntegralInRange(0, 9)) {
      case 0:
      case 1: return call();
      case 2: return read();
      case 3: return world_.on_worker([this] { world_.answer_held(1); });
      case 4: {
        const std::uint64_t token = number();
        return world_.on_worker([this, token] { pair().give_up(token); });
      }
      default: return say();
    }
  }

 private:
  static constexpr std::uint32_t calls = 16;  // at a time

  [[nodiscard]] std::byte* mine() { return session_->up.data() + layout_.pair(0); }
  [[nodiscard]] const std::byte* theirs() { return session_->down.data() + down_layout_.pair(0); }
  [[nodiscard]] Pair& pair() { return cell_->pair(0); }
  std::string tenant() { return std::string(1, input_.PickValueInArray({'a', 'b', 'c'})); }

  // The kernel asks.
  void call() {
    const std::uint32_t slot = input_.ConsumeIntegralInRange<std::uint32_t>(0, calls - 1);
    if (busy_.contains(slot)) return;
    const std::uint64_t token = (std::uint64_t{slot} << 32) | ++uses_;
    const std::string who = tenant();
    busy_[slot] = token;
    numbers_.push_back(token);
    acts_for_[token] = who;
    answers_[token] = 0;
    world_.on_worker([&] {
      bus::Identity identity;
      identity.tenant = who;
      identity.account = &world_.bus.accounts().tenant(who);
      const bus::ContextRef context(bus::Context::open(identity, nullptr));
      Pair::Call made;
      made.token = token;
      made.context = context.get();
      made.payload = bus::Payload::empty();
      made.done = [this, slot, token](const socle_reply& reply) {
        if (reply.payload != nullptr) bus::Payload::of(reply.payload)->release();
        ++answers_[token];
        busy_.erase(slot);
      };
      socle_reply reply{};
      const auto done = made.done;
      if (pair().call(std::move(made), &reply) != SOCLE_PENDING) {
        acts_for_.erase(token);
        done(reply);
      }
    });
  }

  // The cell reads, and may keep the block.
  void read() {
    const auto taken = in_.next();
    if (!taken) return;
    const auto message = read_message(taken->at, taken->size, scratch_, true);
    check(message.has_value());
    if (message->head.kind == Kind::call) check((*message)[Field::tenant].size() == 1);
    if (input_.ConsumeBool()) static_cast<void>(in_.give_back(taken->block));
  }

  std::uint64_t number() {
    if (numbers_.empty() || input_.ConsumeIntegralInRange(0, 7) == 0) return input_.ConsumeIntegral<std::uint64_t>();
    return numbers_[input_.ConsumeIntegralInRange<std::size_t>(0, numbers_.size() - 1)];
  }

  void say() {
    constexpr Kind kinds[] = {Kind::reply,   Kind::reply, Kind::close,   Kind::request, Kind::request,
                              Kind::publish, Kind::open,  Kind::give_up, Kind::resolve, Kind::catalog,
                              Kind::limit,   Kind::log,   Kind::metric,  Kind::observe, Kind::meter};
    Outgoing m(input_.PickValueInArray(kinds));
    m.head.number = number();
    m.head.acts_for = number();
    m.head.time = input_.ConsumeBool() ? 0 : input_.ConsumeIntegral<std::int64_t>();
    m.head.status = input_.ConsumeIntegralInRange(-1, 20);
    m.head.flags = input_.ConsumeIntegralInRange<std::uint32_t>(0, 3);
    m.head.method = input_.ConsumeBool() ? world_.target : input_.ConsumeIntegral<std::uint32_t>();
    m.head.value = input_.ConsumeFloatingPoint<double>();
    m.head.media = input_.ConsumeBool() ? SOCLE_MEDIA_JSON : SOCLE_MEDIA_TEXT;
    const std::string name = input_.ConsumeRandomLengthString(20);
    std::string text = input_.ConsumeRandomLengthString(20), who;
    m[Field::name] = name;
    if (m.head.kind == Kind::request) {
      const auto known = acts_for_.find(m.head.acts_for);
      text = known != acts_for_.end() ? known->second : std::string(nobody);
    }
    if (m.head.kind == Kind::open) {
      m.head.number |= opened_bit;
      m.head.time = INT64_MAX;
      who = tenant();
      m[Field::tenant] = who;
    }
    m[Field::text] = text;
    const std::size_t size = m.measure();
    const auto room = out_.take(size);
    if (!room) return;
    m.write(room->at);
    static_cast<void>(out_.push(*room, size));
    const Head head = m.head;
    const bool answered = [&] {
      const auto slot = static_cast<std::uint32_t>(head.number >> 32);
      const auto it = busy_.find(slot);
      return head.kind == Kind::reply && it != busy_.end() && it->second == head.number;
    }();
    settle();
    // What the kernel holds now. A call it has not sent yet, for want of room, is not answered by the cell's word.
    if (answered && answers_[head.number] == 1 && (head.flags & flag_closed) != 0) acts_for_.erase(head.number);
    if (head.kind == Kind::close && (answers_.find(head.number) == answers_.end() || answers_[head.number] > 0))
      acts_for_.erase(head.number);
    if (head.kind == Kind::open && acts_for_.try_emplace(head.number, who).second) numbers_.push_back(head.number);
  }

  // Until the worker has seen what lies in the ring.
  void settle() {
    const std::uint64_t one = 1;
    check(::write(session_->wake_kernel[0].get(), &one, sizeof one) == sizeof one);
    for (int i = 0; i < 3; ++i) world_.on_worker([] {});
  }

  World& world_;
  FuzzedDataProvider& input_;
  bus::Generation generation_{world_.bus, "cell", "1.0.0", 2, grants(), 2};
  std::shared_ptr<Cell> cell_ = std::make_shared<Cell>(world_.bus, generation_, spec());
  const Layout layout_{2, 0};
  const Layout down_layout_{2, encode(spec()->text).size()};
  std::shared_ptr<Session> session_;
  Slab slab_;
  Producer out_;
  Consumer in_;
  Scratch scratch_;
  std::uint32_t uses_ = 0;
  std::vector<std::uint64_t> numbers_;             // ever given or made
  std::map<std::uint64_t, std::string> acts_for_;  // those the kernel holds: the tenant
  std::map<std::uint32_t, std::uint64_t> busy_;    // calls in flight by slot
  std::map<std::uint64_t, int> answers_;           // by call
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World& world = *new World;
  FuzzedDataProvider input(data, size);
  Talk talk(world, input);
  for (int i = 0; i < most_steps && input.remaining_bytes() > 0; ++i) talk.step();
  return 0;
}
