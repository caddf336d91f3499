// held_test.cpp: memory that a plugin keeps for a tenant beyond calls, and CPU time that others used for it.
#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

namespace {

Ask of(const std::string& tenant) {
  Ask ask;
  ask.context.tenant = tenant;
  return ask;
}

}  // namespace

TEST_CASE("held: counts to its tenant until it goes, and is what it says", "[sdk]") {
  static std::vector<Held> kept;
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    auto held = host.hold(request, 1000);
    CHECK(held);
    CHECK(held->bytes() == 1000);
    kept.push_back(std::move(*held));
    CHECK_FALSE(*held);
    co_return Reply();
  });
  REQUIRE(probe.ask(of("acme")).ok());
  REQUIRE(probe.ask(of("acme")).ok());
  REQUIRE(probe.ask(of("globex")).ok());
  CHECK(probe.host.held("acme") == 2000);
  CHECK(probe.host.held("globex") == 1000);
  kept.erase(kept.begin());
  CHECK(probe.host.held("acme") == 1000);
  Held moved;
  moved = std::move(kept.back());
  kept.clear();
  CHECK(probe.host.held("acme") == 0);
  CHECK(probe.host.held("globex") == 1000);
  moved = Held();
  CHECK(probe.host.held("globex") == 0);
}

TEST_CASE("held: what is beyond the budget is refused in words that say what to do", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const auto held = host.hold(request, 2'000'000);
    CHECK_FALSE(held);
    co_return held ? Reply() : Reply(held.error());
  });
  probe.host.set_memory("acme", 1'048'576);
  const Reply refused = probe.ask(of("acme"));
  CHECK(refused.code() == Code::too_large);  // it would not fit if nothing else were there
  CHECK(refused.error_code() == "too_large");
  CHECK(refused.message() ==
        "2000000 bytes are to be kept, and the tenant has 1048576 in all: make smaller what is to be kept, or raise "
        "`memory` of its plan");
  probe.host.set_memory("acme", 2'000'001);
  probe.host.fail("memory_hold");
  const Reply later = probe.ask(of("acme"));
  CHECK(later.code() == Code::exhausted);
  CHECK(later.message() ==
        "the memory budget is used up: 2000000 bytes are to be kept beside what is in use, of 2000001 in all; raise "
        "`memory` of the tenant's plan");
  probe.host.fail("memory_hold");
  CHECK(probe.ask(of("globex")).message() ==
        "the memory budget is used up: 2000000 bytes are to be kept; raise `memory` of the tenant's plan");
  CHECK(probe.host.held("acme") == 0);
}

TEST_CASE("held: may be given back on a thread that is no worker", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    auto held = host.hold(request, 10);
    if (!held) co_return held.error();
    const auto work = [&held] { Held gone = std::move(*held); };
    const auto done = co_await host.offload(work);
    co_return done ? Reply() : Reply(done.error());
  });
  CHECK(probe.ask(of("acme")).ok());
  CHECK(probe.host.held("acme") == 0);
  CHECK(probe.host.leaks().find("memory") == std::string::npos);
}

TEST_CASE("held: a thing and its charge end together, with the last who has it", "[sdk]") {
  static std::shared_ptr<const std::string> kept;
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    auto held = host.hold(request, 10);
    if (!held) co_return held.error();
    kept = charged(std::make_shared<const std::string>("made"), std::move(*held));
    co_return Reply();
  });
  REQUIRE(probe.ask(of("acme")).ok());
  auto other = kept;
  kept.reset();
  CHECK(*other == "made");
  CHECK(probe.host.held("acme") == 10);
  const std::weak_ptr<const std::string> weak = other;
  other.reset();
  CHECK(weak.expired());
  CHECK(probe.host.held("acme") == 0);
}

TEST_CASE("held: what a plugin keeps for ever is told at the end, and what it gives back wrongly", "[testing]") {
  FakeHost host;
  const socle_host* table = host.table();
  const socle_context* context = table->context_act_as(table, detail::str("acme"), detail::str("a test"), 0);
  void* held = table->memory_hold(table, context, 7);
  void* other = table->memory_hold(table, context, 8);
  table->context_release(table, context);
  REQUIRE(held != nullptr);
  CHECK(host.leaks() == "2 pieces of tenants' memory held\n");
  table->memory_release(table, held, 6);
  table->memory_release(table, held, 7);
  table->memory_release(table, other, 8);
  CHECK(host.leaks() ==
        "misuse: memory_release: another size than was held\n"
        "misuse: memory_release: not what memory_hold gave, or given back before\n");
}

TEST_CASE("held: holding is for workers", "[testing]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const auto work = [&host, request] { return host.hold(request, 1).has_value(); };
    const auto done = co_await host.offload(work);
    co_return done ? Reply() : Reply(done.error());
  });
  CHECK(probe.ask(of("acme")).ok());
  const std::string said = probe.host.leaks();
  CHECK(said.find("misuse: memory_hold: called from offloaded work, but it is for workers only\n") !=
        std::string::npos);
}

TEST_CASE("charge: CPU time that others used for a tenant is told as its own", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    host.charge(request, std::chrono::microseconds(3));
    co_return Reply();
  });
  REQUIRE(probe.ask(of("acme")).ok());
  REQUIRE(probe.ask(of("acme")).ok());
  CHECK(probe.host.cpu_charged("acme") == std::chrono::microseconds(6));
  CHECK(probe.host.cpu_charged("globex") == Duration(0));
  CHECK(probe.host.count("charge") == 2);
}
