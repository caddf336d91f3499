// Calls into a cell of its own process, and what the cell asks of the kernel.
#include "fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <limits>

#include "support/captured_log.hpp"

using namespace socle;
using namespace socle::cell::test;

TEST_CASE("link: a call crosses into the cell and its answer back", "[cell]") {
  ServingCell f;
  const Got got = f.ask("echo", "hello");
  CHECK(got.status == SOCLE_OK);
  CHECK(got.text == "hello");
  CHECK(f.ask("echo", "other worker", {.tenant = "acme"}, 1).text == "other worker");
}

TEST_CASE("link: bodies of every size cross, those in the slab too", "[cell]") {
  ServingCell f;
  for (const size_t size : {0UL, 1UL, 900UL, 1024UL, 8000UL, 65'536UL, 73'000UL, 200'000UL, 5'000'000UL}) {
    std::string text(size, 'x');
    for (size_t i = 0; i < size; i += 997) text[i] = static_cast<char>('a' + i % 26);
    const Got got = f.ask("echo", text);
    CHECK(got.status == SOCLE_OK);
    CHECK(got.text == text);
  }
}

TEST_CASE("link: the cell sees the caller's context, and none of its text is lost", "[cell]") {
  ServingCell f;
  const Got got =
      f.ask("who", "",
            {.tenant = "acme", .principal = "ann", .claims = "{\"roles\":[]}", .idempotency_key = "k1", .lane = "l"});
  CHECK(got.text == "acme|ann|{\"roles\":[]}|k1|l");
}

TEST_CASE("link: a call that the cell answers later is answered once", "[cell]") {
  ServingCell f;
  for (int i = 0; i < 20; ++i) CHECK(f.ask("later").text == "later");
  CHECK(f.bus.late_replies == 0);
}

TEST_CASE("link: many calls at once from two workers are all answered, each with its own text", "[cell]") {
  ServingCell f;
  const uint32_t echo = *f.bus.target("parrot/1", "echo");
  std::vector<std::future<Got>> all;
  for (int i = 0; i < 6000; ++i)
    all.push_back(
        CellFixture::asked(f.bus, echo, "text " + std::to_string(i), {.tenant = "acme"}, static_cast<uint32_t>(i % 2)));
  int wrong = 0;
  for (int i = 0; i < 6000; ++i) {
    const Got got = all[static_cast<size_t>(i)].get();
    wrong += got.status == SOCLE_OK && got.text == "text " + std::to_string(i) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("link: payloads that a plugin keeps do not stop the ring", "[cell]") {
  ServingCell f;
  for (int i = 0; i < 700; ++i) {
    const Got got = f.ask("keep", "kept " + std::to_string(i));
    REQUIRE(got.status == SOCLE_OK);
    REQUIRE(got.text == std::to_string(i + 1) + " kept 0");
  }
}

TEST_CASE("link: the cell calls a service with its caller's identity, which it cannot choose", "[cell]") {
  std::string tenant, principal;
  ServingCell f("parrot", CellFixture::all_grants(),
                {{"note", [&](const socle_call& call, socle_reply& reply, bus::Generation&) {
                    tenant = bus::view(call.context->tenant);
                    principal = bus::view(call.context->principal);
                    return bus::test::answer(reply, "noted");
                  }}});
  const Got got = f.ask("ask", "note", {.tenant = "acme", .principal = "ann"});
  CHECK(got.text == "noted");
  CHECK(tenant == "acme");
  CHECK(principal == "ann");
}

TEST_CASE("link: a service that the manifest does not require is refused in the kernel", "[cell]") {
  ServingCell f("parrot", {}, {{"note", [](const socle_call&, socle_reply& reply, bus::Generation&) {
                                  return bus::test::answer(reply, "noted");
                                }}});
  CHECK(f.ask("ask", "note").status == SOCLE_DENIED);
}

TEST_CASE("link: a method that the provider has not is unsupported at resolve", "[cell]") {
  ServingCell f("parrot", CellFixture::all_grants(),
                {{"note", [](const socle_call&, socle_reply& reply, bus::Generation&) {
                    return bus::test::answer(reply, "noted");
                  }}});
  CHECK(f.ask("ask", "dance").status == SOCLE_UNSUPPORTED);
}

TEST_CASE("link: a context that the cell kept after its answer still acts for the same tenant", "[cell]") {
  std::promise<std::string> noted;
  ServingCell f("parrot", CellFixture::all_grants(),
                {{"note", [&](const socle_call& call, socle_reply& reply, bus::Generation&) {
                    noted.set_value(std::string(bus::view(call.context->tenant)) + " " +
                                    std::string(bus::view(call.payload->text)));
                    return bus::test::answer(reply, "noted");
                  }}});
  CHECK(f.ask("ask_held", "afterwards").status == SOCLE_OK);
  CHECK(noted.get_future().get() == "acme afterwards");
}

TEST_CASE("link: act_as works when it is granted, and the principal is the plugin", "[cell]") {
  std::string seen;
  const auto note = [&](const socle_call& call, socle_reply& reply, bus::Generation&) {
    seen = std::string(bus::view(call.context->tenant)) + " " + std::string(bus::view(call.context->principal));
    return bus::test::answer(reply, "noted");
  };
  SECTION("granted") {
    ServingCell f("parrot", CellFixture::all_grants(), {{"note", note}});
    CHECK(f.ask("background", "globex").text == "noted");
    CHECK(seen == "globex plugin:parrot");
  }
  SECTION("denied") {
    bus::Grants grants = CellFixture::all_grants();
    grants.act_as = false;
    ServingCell f("parrot", grants, {{"note", note}});
    const Got got = f.ask("background", "globex");
    CHECK(got.status == SOCLE_DENIED);
    CHECK(seen.empty());
  }
}

TEST_CASE("link: the plan's numbers are the kernel's", "[cell]") {
  struct Plans : bus::TenantDirectory {
    [[nodiscard]] Entry entry(std::string_view) const override { return Entry::open; }
    [[nodiscard]] double limit(std::string_view tenant, std::string_view name) const override {
      return tenant == "acme" && name == "records" ? 25 : std::numeric_limits<double>::infinity();
    }
    void meter(std::string_view, std::string_view, double, int64_t) override {}
    void meter_level(std::string_view, std::string_view, double) override {}
    [[nodiscard]] std::string usage_json(std::string_view, int64_t) const override { return {}; }
  } plans;
  CellFixture f;
  f.bus.use_tenants(&plans);
  REQUIRE(f.start().empty());
  CHECK(f.ask("plan", "records").text == "25.000000");
  CHECK(f.ask("plan", "unnamed").text == "inf");
}

TEST_CASE("link: metrics, meters and the catalogue's refusal cross", "[cell]") {
  ServingCell f;
  CHECK(f.ask("say").text == "no catalogue");
  CHECK(f.ask("say").status == SOCLE_OK);
  const std::string metrics = f.metrics.text();
  CHECK(metrics.find("parrot_words_total 6") != std::string::npos);
  CHECK(metrics.find("socle_meter_total{name=\"words\"} 4") != std::string::npos);
}

TEST_CASE("link: a cell that logs without end gets its lines a second, and what was dropped is told", "[cell]") {
  testing::CapturedLog log;
  const auto count = [&](const std::string& what) {
    const std::string text = log.text();
    int found = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  {
    ServingCell f;
    CHECK(f.ask("shout", "2000").status == SOCLE_OK);
    for (int i = 0; i < 100 && count("a cell wrote too much to its log") == 0; ++i) {
      poll(nullptr, 0, 50);
      f.ask("shout", "1");
    }
  }
  log.stop();
  CHECK(count("a cell wrote too much to its log") >= 1);
  CHECK(count("a parrot shouts") >= 200);
  CHECK(count("a parrot shouts") < 1000);
}

TEST_CASE("link: what a call takes in the cell is charged to its tenant", "[cell]") {
  ServingCell f;
  sched::Account& acme = f.bus.accounts().tenant("acme");
  // Beside other work on the machine a correction for time that the cell's thread did not have may hit a tenant that
  // had it (sched::Lane), so a half of ten times 20 ms has to be there.
  for (const char* method : {"burn", "burn_later"}) {
    INFO(method);
    const int64_t before = acme.usage().cpu;
    for (int i = 0; i < 10; ++i) CHECK(f.ask(method, "20", {.tenant = "acme", .account = &acme}).status == SOCLE_OK);
    int64_t after = acme.usage().cpu;
    for (int i = 0; i < 200 && after - before <= 100'000'000; ++i) {  // the worker's turn ends behind the answer
      poll(nullptr, 0, 10);
      after = acme.usage().cpu;
    }
    CHECK(after - before > 100'000'000);
    CHECK(after - before < 1'000'000'000);
  }
  CHECK(f.bus.accounts().tenant("globex").usage().cpu == 0);
}

TEST_CASE("link: a cell that lies about its time charges no more than has passed", "[cell]") {
  ServingCell f("liar");
  sched::Account& acme = f.bus.accounts().tenant("acme");
  const int64_t begun = telemetry::monotonic_now();
  for (int i = 0; i < 20; ++i) CHECK(f.ask("echo", "x", {.tenant = "acme", .account = &acme}).status == SOCLE_OK);
  const int64_t passed = telemetry::monotonic_now() - begun;
  CHECK(acme.usage().cpu > 0);
  CHECK(acme.usage().cpu <= 2 * passed);  // what the kernel's worker did for it comes on top
}

TEST_CASE("link: weights hold in a cell that tenants share", "[cell]") {
  ServingCell f;
  sched::Account& heavy = f.bus.accounts().tenant("heavy");
  heavy.set_weight(3);
  sched::Account& light = f.bus.accounts().tenant("light");
  struct Waiter {
    std::vector<bool>& order;  // of answers: the heavy one's?
    bool heavy;
    std::atomic<int>& left;
  };
  std::vector<bool> order;
  std::atomic<int> left{80};
  f.bus.worker(0).post([&] {
    bus::Worker& w = f.bus.worker(0);
    const bus::PayloadRef body(bus::Payload::make("2", SOCLE_MEDIA_TEXT, {}));
    for (int i = 0; i < 80; ++i) {
      const bool is_heavy = i % 2 == 0;
      const bus::ContextRef context(
          bus::Context::open({.tenant = is_heavy ? "heavy" : "light", .account = is_heavy ? &heavy : &light}, nullptr));
      socle_reply reply{};
      const auto done = [](void* user, const socle_reply*) {
        const std::unique_ptr<Waiter> waiter(static_cast<Waiter*>(user));
        waiter->order.push_back(waiter->heavy);
        --waiter->left;
      };
      auto* waiter = new Waiter{order, is_heavy, left};
      if (f.bus.call(w, nullptr, *context.get(), *f.bus.target("parrot/1", "burn"), body.get(), nullptr, &reply, done,
                     waiter) != SOCLE_PENDING)
        delete waiter, --left;
    }
  });
  f.await([&] { return left == 0; });
  REQUIRE(order.size() == 80);
  const auto first = std::count(order.begin(), order.begin() + 40, true);
  CHECK(first >= 26);  // 30 by their weights, 20 without
  CHECK(first <= 34);
}

TEST_CASE("link: a tenant's memory pressure is known in the cell", "[cell]") {
  ServingCell f;
  sched::Account& acme = f.bus.accounts().tenant("acme");
  const auto pressure = [&] { return f.ask("pressure", "", {.tenant = "acme", .account = &acme}).text; };
  sched::Limits limits;
  limits.memory = 10'000'000;
  acme.set(limits);
  CHECK(pressure() == "0");
  REQUIRE(acme.take_memory(6'000'000));
  CHECK(pressure() == "1");
  REQUIRE(acme.take_memory(3'000'000));
  CHECK(pressure() == "2");
  acme.give_memory(9'000'000);
  CHECK(pressure() == "0");
}

TEST_CASE("link: a call cancelled in the kernel is cancelled in the cell, and what the cell waits for with it",
          "[cell]") {
  std::atomic<bool> asked{false};
  std::atomic<const socle_context*> inner{nullptr};
  ServingCell f("parrot", CellFixture::all_grants(),
                {{"wait", [&](const socle_call& call, socle_reply&, bus::Generation&) {
                    inner = call.context;
                    asked = true;
                    return SOCLE_PENDING;
                  }}});
  const Got got = f.ask("cancelled", "wait", {.tenant = "acme", .deadline = telemetry::monotonic_now() + 100'000'000});
  CHECK(got.status == SOCLE_DEADLINE);
  CHECK(asked);
  f.await([&] { return f.runtime->at(0).waiting.get() == 0; });
  CHECK(f.on(0, [&](bus::Worker&) { return inner.load()->cancelled; }) == 1);
}

TEST_CASE("link: a cancelled call is one call in every count, and leaves none behind", "[cell]") {
  std::atomic<uint64_t> token{0};
  ServingCell f("parrot", CellFixture::all_grants(),
                {{"wait", [&](const socle_call& call, socle_reply&, bus::Generation&) {
                    token = call.token;
                    return SOCLE_PENDING;
                  }}});
  bus::ContextRef context;
  std::promise<Got> promise;
  f.on(1, [&](bus::Worker& w) {
    context = bus::ContextRef(bus::Context::open({.tenant = "acme"}, nullptr));
    const bus::PayloadRef body(bus::Payload::make("wait", SOCLE_MEDIA_TEXT, {}));
    socle_reply reply{};
    const auto done = [](void* user, const socle_reply* r) {
      static_cast<std::promise<Got>*>(user)->set_value(bus::test::read(*r, false));
    };
    return f.bus.call(w, nullptr, *context.get(), *f.bus.target("parrot/1", "cancelled"), body.get(), nullptr, &reply,
                      done, &promise);
  });
  while (token == 0) poll(nullptr, 0, 1);
  CHECK(f.runtime->sum(&bus::WorkerCounters::in_flight) == 1);
  CHECK(f.runtime->sum(&bus::WorkerCounters::waiting) == 1);
  f.on(1, [&](bus::Worker& w) {
    f.bus.cancel(w, *context.get());
    context = bus::ContextRef();
  });
  CHECK(promise.get_future().get().code == "cancelled");
  const auto owed = [&](bus::Generation& g) {
    return g.sum(&bus::WorkerCounters::in_flight) + g.sum(&bus::WorkerCounters::orphans) +
           g.sum(&bus::WorkerCounters::waiting);
  };
  f.await([&] { return owed(*f.runtime) == 0; });
  CHECK(owed(*f.peer->runtime) == 2);  // in flight, and nobody waits: until the peer lets go of it
  f.on(1, [&](bus::Worker&) {
    const socle_reply late{sizeof late, SOCLE_OK, nullptr};
    f.peer->runtime->complete(f.peer->runtime.get(), token, &late);
  });
  CHECK(owed(*f.peer->runtime) == 0);
  const auto method = static_cast<size_t>(f.runtime->method("parrot/1", "cancelled"));
  int64_t calls = 0;
  for (uint32_t i = 0; i < f.runtime->counter_sets(); ++i) calls += f.runtime->at(i).methods[method].calls.get();
  CHECK(calls == 1);
  for (const uint32_t i : {0U, 1U})
    f.await([&] { return f.on(i, [](bus::Worker& w) { return w.frames.used(); }) == 0; });
}

TEST_CASE("link: the cell publishes to a channel that its manifest declares, and to no other", "[cell]") {
  std::promise<std::string> heard;
  CellFixture f("parrot", CellFixture::all_grants(),
                {{"hear", [&](const socle_call& call, socle_reply& reply, bus::Generation&) {
                    heard.set_value(std::string(bus::view(call.payload->text)));
                    return bus::test::answer(reply, "");
                  }}});
  f.next.channels["news"] = {"news", bus::ChannelMode::rendezvous, 1, {*f.bus.target("peer/1", "hear")}};
  REQUIRE(f.start().empty());
  CHECK(f.ask("publish", "crackers").status == SOCLE_OK);
  CHECK(heard.get_future().get() == "crackers");
}

TEST_CASE("link: hooks reach the plugin, and one it does not need is unsupported", "[cell]") {
  ServingCell f;
  CHECK(f.hook(SOCLE_HOOK_SELF_TEST).status == SOCLE_UNSUPPORTED);
  CHECK(f.hook(SOCLE_HOOK_EXPORT).text == "state");
  for (const bus::Answer& a : f.bus.run_hook_on_workers(*f.runtime, SOCLE_HOOK_DRAIN, std::chrono::seconds(5)))
    CHECK((a.status == SOCLE_UNSUPPORTED || a.status == SOCLE_OK));
  CHECK(f.hook(SOCLE_HOOK_STOP).status == SOCLE_UNSUPPORTED);
}

TEST_CASE("link: a plugin that refuses to be made is refused with its own words", "[cell]") {
  CellFixture f("refuses");
  CHECK(f.start() == "this parrot is no more");
}

TEST_CASE("link: a cell that ends leaves nothing in the kernel", "[cell]") {
  const int64_t payloads = bus::Payload::alive();
  {
    ServingCell f;
    for (int i = 0; i < 50; ++i) f.ask("echo", std::string(5000, 'x'));
    const pid_t pid = f.link->facts().front().pid;
    REQUIRE(f.bus.run_staged([&] { f.link->descriptor().destroy(f.runtime->instance); }, std::chrono::seconds(10)));
    CHECK(kill(pid, 0) == -1);
    const Got got = f.ask("echo", "anybody?");
    CHECK(got.status == SOCLE_UNAVAILABLE);
    CHECK(got.code == "cell_gone");
    for (uint32_t w = 0; w < 3; ++w) CHECK(f.runtime->at(w).in_flight.get() == 0);
    f.runtime->instance = nullptr;
  }
  CHECK(bus::Payload::alive() == payloads);
}
