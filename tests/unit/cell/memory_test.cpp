// What a call in a cell may hold: its tenant's plan holds there as it does in the kernel's process.
#include "fixture.hpp"
#include "socle/memory_error.hpp"

using namespace socle;
using namespace socle::cell::test;

namespace {

sched::Account& limited(CellFixture& f, std::uint64_t memory, std::uint64_t call_memory) {
  sched::Account& acme = f.bus.accounts().tenant("acme");
  sched::Limits limits;
  limits.memory = memory;
  limits.call_memory = call_memory;
  acme.set(limits);
  return acme;
}

// The tenant's memory.
void used_up(const Got& got) {
  CHECK(got.status == SOCLE_EXHAUSTED);
  CHECK(got.code == "exhausted");
  CHECK(got.message == "the memory budget is used up");
}

// More than one request may hold.
void too_much(const Got& got, std::uint64_t cap) {
  CHECK(got.status == SOCLE_TOO_LARGE);
  CHECK(got.code == "too_large");
  CHECK(got.message == memory_error(static_cast<std::int64_t>(cap)).message);
}

constexpr std::uint64_t mib = 1 << 20;

}  // namespace

TEST_CASE("memory: a payload beyond what a call may hold is refused in a cell", "[cell]") {
  ServingCell f;
  sched::Account& acme = limited(f, 64 * mib, mib);
  const bus::Identity who{.tenant = "acme", .account = &acme};
  CHECK(f.ask("make", "1000000", who).text.size() == 1'000'000);
  too_much(f.ask("make", "2000000", who), mib);
  CHECK(f.ask("make", "1000000", who).status == SOCLE_OK);
  sched::Account& globex = f.bus.accounts().tenant("globex");
  CHECK(f.ask("make", "2000000", {.tenant = "globex", .account = &globex}).status == SOCLE_OK);
}

TEST_CASE("memory: an offload thread of a cell makes no more than the call may hold either", "[cell]") {
  ServingCell f;
  sched::Account& acme = limited(f, 64 * mib, mib);
  const bus::Identity who{.tenant = "acme", .account = &acme};
  CHECK(f.ask("make_aside", "1000000", who).text.size() == 1'000'000);
  too_much(f.ask("make_aside", "2000000", who), mib);
}

TEST_CASE("memory: the arena of a call in a cell ends where its plan says", "[cell]") {
  ServingCell f;
  sched::Account& acme = limited(f, 64 * mib, mib);
  const bus::Identity who{.tenant = "acme", .account = &acme};
  CHECK(f.ask("arena", "1000000", who).status == SOCLE_OK);
  too_much(f.ask("arena", "2000000", who), mib);
}

TEST_CASE("memory: arena and payloads of a call in a cell are one sum", "[cell]") {
  ServingCell f;
  sched::Account& acme = limited(f, 64 * mib, mib);
  const bus::Identity who{.tenant = "acme", .account = &acme};
  CHECK(f.ask("arena_and_make", "500000", who).status == SOCLE_OK);
  too_much(f.ask("arena_and_make", "600000", who), mib);
}

TEST_CASE("memory: what a plugin keeps for a tenant in a cell counts there beyond the call", "[cell]") {
  ServingCell f;
  sched::Account& acme = limited(f, 4 * mib, mib);
  const bus::Identity who{.tenant = "acme", .account = &acme};
  CHECK(f.ask("hold", "3000000", who).status == SOCLE_OK);
  CHECK(f.ask("pressure", "", who).text == "0");
  used_up(f.ask("hold", "3000000", who));
  sched::Account& globex = f.bus.accounts().tenant("globex");
  CHECK(f.ask("hold", "3000000", {.tenant = "globex", .account = &globex}).status == SOCLE_OK);
}

TEST_CASE("memory: what a tenant holds in the kernel it cannot hold in a cell", "[cell]") {
  ServingCell f;
  sched::Account& acme = limited(f, 8 * mib, 8 * mib);
  const bus::Identity who{.tenant = "acme", .account = &acme};
  CHECK(f.ask("make", "3000000", who).status == SOCLE_OK);
  bool taken = false;  // what the first answer held may be on its way back
  f.await([&] { return taken = taken || acme.take_memory(6 * mib); });
  used_up(f.ask("make", "3000000", who));
  CHECK(f.ask("make", "1000000", who).status == SOCLE_OK);
  acme.give_memory(6 * mib);
  CHECK(f.ask("make", "3000000", who).status == SOCLE_OK);
}

// An echo is no memory of the cell's: its bytes lie in the ring until the kernel has copied them.
TEST_CASE("memory: an answer of a cell is its tenant's from its arrival on, and refused beyond its budget", "[cell]") {
  ServingCell f;
  struct Asked {
    sched::Account& payer;
    std::promise<Got> promise{};
    std::int64_t held = 0;  // by the payer while it has the answer
  };
  sched::Account& acme = limited(f, 2 * mib, 2 * mib);
  const auto held_by = [&acme](bus::Worker& w) { return w.lane.queue.flow(acme).memory.get(); };
  const auto echo = [&](std::size_t size, Asked& asked) {
    const auto done = [](void* user, const socle_reply* reply) {
      auto& waits = *static_cast<Asked*>(user);
      waits.held = bus::Worker::current()->lane.queue.flow(waits.payer).memory.get();
      waits.promise.set_value(bus::test::read(*reply, false));
    };
    const socle_status status = f.on(0, [&](bus::Worker& w) {
      const bus::ContextRef context(bus::Context::open({.tenant = "acme", .account = &acme}, nullptr));
      const bus::PayloadRef body(bus::Payload::make(std::string(size, 'x'), SOCLE_MEDIA_TEXT, {}));
      socle_reply reply{};
      return f.bus.call(w, nullptr, *context.get(), *f.bus.target("parrot/1", "echo"), body.get(), nullptr, &reply,
                        done, &asked);
    });
    REQUIRE(status == SOCLE_PENDING);
    return asked.promise.get_future().get();
  };
  Asked fits{acme};
  CHECK(echo(1'000'000, fits).text.size() == 1'000'000);
  CHECK(fits.held >= 1'000'000);
  f.await([&] { return f.on(0, held_by) == 0; });
  Asked larger{acme};
  too_much(echo(3'000'000, larger), 2 * mib);
  CHECK(larger.held < 1'000'000);
  limited(f, 2 * mib, 8 * mib);
  Asked over{acme};
  used_up(echo(3'000'000, over));
  CHECK(over.held < 1'000'000);
}

TEST_CASE("memory: what a cell publishes is refused where its caller may not hold it, and by which of the two",
          "[cell]") {
  ServingCell f;
  sched::Account& acme = limited(f, 64 * mib, mib);
  const bus::Identity who{.tenant = "acme", .account = &acme};
  const std::string large(2'000'000, 'x');
  CHECK(f.ask("publish", large, who).status == SOCLE_TOO_LARGE);
  limited(f, mib, 64 * mib);
  CHECK(f.ask("publish", large, who).status == SOCLE_EXHAUSTED);
}

TEST_CASE("memory: what a cell sends to a service is its caller's, too", "[cell]") {
  std::int64_t held = 0;
  ServingCell f("parrot", CellFixture::all_grants(),
                {{"note", [&](const socle_call& call, socle_reply& reply, bus::Generation&) {
                    held = bus::Worker::current()->lane.payer().memory.get();
                    return bus::test::answer(reply, bus::view(call.payload->text));
                  }}});
  sched::Account& acme = limited(f, 2 * mib, 2 * mib);
  CHECK(f.ask("ask", "note", {.tenant = "acme", .account = &acme}).text == "note");
  CHECK(held > 0);
}
