// A call: answered at once or later, exactly once, refused in words, ended with its caller.

#include <algorithm>

#include "support/captured_log.hpp"
#include "telemetry/clock.hpp"
#include "unit/bus/handlers.hpp"

namespace socle::bus::test {

TEST_CASE("bus: a handler that can answer does so inline", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "echo", {{"say", echo()}});
  f.route(a, "say");
  f.install();
  const Got got = f.call(a, "say", "hello");
  CHECK(got.status == SOCLE_OK);
  CHECK(got.text == "hello");
  CHECK(got.inline_answer);
}

TEST_CASE("bus: a pending call is answered once, later", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "slow", {{"say", later(2, [](Generation& g, uint64_t t) { complete_with(g, t, "late"); })}});
  f.route(a, "say");
  f.install();
  const Got got = f.call(a, "say");
  CHECK(got.text == "late");
  CHECK_FALSE(got.inline_answer);
  f.turn();
  CHECK(a.runtime->sum(&WorkerCounters::in_flight) == 0);
}

TEST_CASE("bus: a second completion is dropped and counted", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "twice", {{"say", later(1, [](Generation& g, uint64_t t) {
                              complete_with(g, t, "first");
                              complete_with(g, t, "second");
                            })}});
  f.route(a, "say");
  f.install();
  CHECK(f.call(a, "say").text == "first");
  CHECK(f.bus.late_replies == 1);
}

TEST_CASE("bus: completing inside handle and returning pending counts as one answer", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "early", {{"say", [](const socle_call& call, socle_reply&, Generation& g) -> socle_status {
                              complete_with(g, call.token, "early");
                              return SOCLE_PENDING;
                            }}});
  f.route(a, "say");
  f.install();
  const Got got = f.call(a, "say");
  CHECK(got.text == "early");
  CHECK(got.inline_answer);
}

TEST_CASE("bus: at the deadline the caller is answered and the late reply is dropped", "[bus]") {
  BusFixture f;
  std::promise<uint64_t> token;
  Actor a(f.bus, "never", {{"say", [&](const socle_call& call, socle_reply&, Generation&) -> socle_status {
                              token.set_value(call.token);
                              return SOCLE_PENDING;
                            }}});
  f.route(a, "say").timeout = 5'000'000;
  f.install();
  const Got got = f.call(a, "say");
  CHECK(got.status == SOCLE_DEADLINE);
  CHECK(got.code == "deadline_exceeded");
  CHECK(got.message == "never/1.say did not answer before the deadline");
  CHECK(a.runtime->sum(&WorkerCounters::in_flight) == 1);
  CHECK(Bus::busy_calls(*a.runtime) == 0);
  const uint64_t t = token.get_future().get();
  f.on(0, [&](Worker&) { complete_with(*a.runtime, t, "too late"); });
  CHECK(f.bus.late_replies == 1);
  CHECK(a.runtime->sum(&WorkerCounters::in_flight) == 0);
}

TEST_CASE("bus: a missing provider, a passed deadline and an oversized payload are refused in words", "[bus]") {
  Settings settings;
  settings.max_payload = 8;
  BusFixture f(1, settings);
  Actor a(f.bus, "echo", {{"say", echo()}});
  CHECK(f.call(a, "say").message == "no plugin provides echo/1.say now");
  f.route(a, "say");
  f.install();
  CHECK(f.call(a, "say", "", {.tenant = "acme", .deadline = 1}).code == "deadline_exceeded");
  CHECK(f.call(a, "say", "123456789").message == "the payload has 9 bytes, the limit is 8");
}

TEST_CASE("bus: a status that is none becomes an internal error", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "mad",
          {{"status", [](const socle_call&, socle_reply&, Generation&) -> socle_status { return 4711; }},
           {"reply", [](const socle_call&, socle_reply& r, Generation&) -> socle_status {
              r.status = -3;
              return SOCLE_OK;
            }}});
  f.route(a, "status");
  f.route(a, "reply");
  f.install();
  CHECK(f.call(a, "status").message == "the plugin answered with status 4711, which is none");
  CHECK(f.call(a, "reply").code == "garbage_status");
}

TEST_CASE("bus: calls nested beyond the limit are queued, and endless recursion is refused", "[bus]") {
  BusFixture f;
  Grants grants;
  grants.services.insert("loop/1");
  Actor* self = nullptr;
  int deepest = 0;
  Actor a(f.bus, "loop",
          {{"again",
            [&](const socle_call& call, socle_reply& reply, Generation& g) -> socle_status {
              uint32_t target = 0;
              REQUIRE(g.resolve(&g, str("loop/1"), str("again"), &target) == SOCLE_OK);
              ++deepest;
              struct Hop {
                Generation& g;
                uint64_t token;
              };
              auto* hop = new Hop{g, call.token};
              const auto done = [](void* user, const socle_reply* r) {
                const std::unique_ptr<Hop> h(static_cast<Hop*>(user));
                h->g.complete(&h->g, h->token, r);
              };
              const socle_status s = g.call(&g, call.context, target, call.payload, nullptr, &reply, done, hop);
              if (s != SOCLE_PENDING) delete hop;
              return s;
            }}},
          grants);
  self = &a;
  f.route(a, "again");
  f.install();
  const Got got = f.call(*self, "again");
  CHECK(got.code == "call_too_deep");
  CHECK(deepest == 64);
  CHECK_FALSE(got.inline_answer);
}

TEST_CASE("bus: a plugin without the grant can neither resolve nor call", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "echo", {{"say", echo()}});
  f.route(a, "say");
  f.install();
  Actor stranger(f.bus, "stranger", {{"x", echo()}});
  const auto [resolved, called] = f.on(0, [&](Worker& w) {
    Generation& g = *stranger.runtime;
    uint32_t target = 0;
    const socle_status r = g.resolve(&g, str("echo/1"), str("say"), &target);
    const ContextRef context(Context::open({.tenant = "acme"}, nullptr));
    socle_reply reply{};
    const socle_status c = w.bus().call(w, &g, *context.get(), *w.bus().target("echo/1", "say"), nullptr, nullptr,
                                        &reply, nullptr, nullptr);
    read(reply, true);
    return std::pair(r, c);
  });
  CHECK(resolved == SOCLE_DENIED);
  CHECK(called == SOCLE_DENIED);
}

TEST_CASE("bus: cancelling a context ends what was called under it", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "never",
          {{"say", [](const socle_call&, socle_reply&, Generation&) -> socle_status { return SOCLE_PENDING; }}});
  f.route(a, "say");
  f.install();
  std::promise<Got> promise;
  f.bus.worker(0).post([&] {
    Worker& w = f.bus.worker(0);
    const ContextRef context(Context::open({.tenant = "acme"}, nullptr));
    socle_reply reply{};
    const auto done = [](void* user, const socle_reply* r) {
      static_cast<std::promise<Got>*>(user)->set_value(read(*r, false));
    };
    f.bus.call(w, nullptr, *context.get(), *f.bus.target("never/1", "say"), nullptr, nullptr, &reply, done, &promise);
    f.bus.cancel(w, *context.get());
  });
  CHECK(promise.get_future().get().code == "cancelled");
}

TEST_CASE("bus: a reply over the payload limit becomes an error that names both sizes", "[bus]") {
  Settings settings;
  settings.max_payload = 16;
  BusFixture f(1, settings);
  struct Late {
    Generation* g;
    uint64_t token;
  };
  Actor a(f.bus, "large",
          {{"now", [](const socle_call&, socle_reply& r, Generation&) { return answer(r, std::string(17, 'x')); }},
           {"fits", [](const socle_call&, socle_reply& r, Generation&) { return answer(r, std::string(16, 'x')); }},
           {"later", [](const socle_call& c, socle_reply&, Generation& g) -> socle_status {
              g.defer(
                  &g,
                  [](void* user, socle_status) {
                    const std::unique_ptr<Late> late(static_cast<Late*>(user));
                    socle_reply r{sizeof(socle_reply), SOCLE_OK, nullptr};
                    answer(r, std::string(18, 'x'));
                    late->g->complete(late->g, late->token, &r);
                  },
                  new Late{&g, c.token});
              return SOCLE_PENDING;
            }}});
  for (const char* method : {"now", "fits", "later"}) f.route(a, method);
  f.install();
  CHECK(f.call(a, "now").code == "reply_too_large");
  CHECK_THAT(f.call(a, "now").message,
             Catch::Matchers::Contains("large/1.now answered with 17 bytes, the limit is 16"));
  CHECK(f.call(a, "fits").text.size() == 16);
  const Got later = f.call(a, "later");
  CHECK(later.status == SOCLE_INTERNAL);
  CHECK_THAT(later.message, Catch::Matchers::Contains("large/1.later answered with 18 bytes, the limit is 16"));
  CHECK_FALSE(later.inline_answer);
}

TEST_CASE("bus: what a plugin opens for a call ends with it, and the log tells who acted, for whom and why", "[bus]") {
  BusFixture f(1);
  Grants grants;
  grants.act_as = true;
  int64_t opened = 0;
  Actor a(f.bus, "agent",
          {{"act",
            [&](const socle_call& c, socle_reply& r, Generation& g) {
              const socle_context* made = g.context_act_as(&g, str("beta"), str("sweep"), INT64_MAX);
              opened = made->deadline;
              CHECK(std::equal(made->trace_id, made->trace_id + 16, c.context->trace_id));
              g.context_release(&g, made);
              return answer(r, "");
            }}},
          grants);
  f.route(a, "act");
  f.install();
  testing::CapturedLog log;
  const int64_t until = telemetry::monotonic_now() + 1'000'000'000;
  CHECK(f.call(a, "act", "", {.tenant = "acme", .principal = "ada", .deadline = until}).status == SOCLE_OK);
  CHECK(opened == until);
  f.on(0, [&](Worker&) {  // of its own accord
    const socle_context* made = a.runtime->context_act_as(a.runtime.get(), str("beta"), str("sweep"), INT64_MAX);
    opened = made->deadline;
    a.runtime->context_release(a.runtime.get(), made);
  });
  log.stop();
  CHECK(opened == INT64_MAX);
  using Catch::Matchers::Contains;
  CHECK_THAT(log.text(),
             Contains("\"msg\":\"acts as tenant\",\"plugin\":\"agent\",\"generation\":\"1\",\"tenant\":\"beta\"") &&
                 Contains("\"reason\":\"sweep\",\"asked_by\":\"ada\",\"asked_for\":\"acme\""));
}

}  // namespace socle::bus::test
