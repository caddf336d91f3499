// What stands on a call's way: filters, canaries, swaps that park.
#include <algorithm>

#include "telemetry/clock.hpp"
#include "unit/bus/handlers.hpp"

namespace socle::bus::test {

TEST_CASE("bus: filters run in order, may reject, and may add keys that the provider sees", "[bus]") {
  BusFixture f;
  std::string seen;
  Actor a(f.bus, "echo", {{"say", [&](const socle_call& call, socle_reply& reply, Generation&) {
                             for (uint32_t i = 0; i < call.context->key_count; ++i)
                               seen += std::string(view(call.context->keys[i].key)) + "=" +
                                       std::string(view(call.context->keys[i].value));
                             return answer(reply, "ok");
                           }}});
  Actor filter(f.bus, "filter",
               {{"tag",
                 [](const socle_call&, socle_reply& reply, Generation&) {
                   const socle_pair pair{str("tag"), str("blue")};
                   reply.payload = Payload::make("", SOCLE_MEDIA_NONE, {&pair, 1});
                   return reply.status = SOCLE_OK;
                 }},
                {"refuse", [](const socle_call& call, socle_reply& reply, Generation&) {
                   if (view(call.payload->text) != "bad") return answer(reply, "");
                   reply = Bus::error(SOCLE_DENIED, "not_today", "no");
                   return reply.status;
                 }}});
  Route& r = f.route(a, "say");
  r.before.push_back({filter.runtime.get(), filter.provider("tag").method});
  r.before.push_back({filter.runtime.get(), filter.provider("refuse").method});
  f.install();
  CHECK(f.call(a, "say").text == "ok");
  CHECK(seen == "tag=blue");
  CHECK(f.call(a, "say", "bad").code == "not_today");
}

TEST_CASE("bus: a parked call that a filter gave keys leaves nothing to be cancelled behind", "[bus]") {
  BusFixture f;
  const socle_context* kept = nullptr;
  Actor a(f.bus, "echo", {{"say", [&](const socle_call& call, socle_reply& reply, Generation&) {
                             Context::of(kept = call.context)->retain();
                             return answer(reply, "ok");
                           }}});
  Actor filter(f.bus, "filter", {{"tag", [](const socle_call&, socle_reply& reply, Generation&) {
                                    const socle_pair pair{str("tag"), str("blue")};
                                    reply.payload = Payload::make("", SOCLE_MEDIA_NONE, {&pair, 1});
                                    return reply.status = SOCLE_OK;
                                  }}});
  Route& r = f.route(a, "say");
  r.before.push_back({filter.runtime.get(), filter.provider("tag").method});
  r.parked = true;
  f.install();
  ContextRef context;
  std::promise<Got> got;
  const socle_status status = f.on(0, [&](Worker& w) {
    context = ContextRef(Context::open({.tenant = "acme"}, nullptr));
    const auto done = [](void* user, const socle_reply* reply) {
      static_cast<std::promise<Got>*>(user)->set_value(read(*reply, false));
    };
    socle_reply reply{};
    return f.bus.call(w, nullptr, *context.get(), *f.bus.target(a.service(), "say"), nullptr, nullptr, &reply, done,
                      &got);
  });
  REQUIRE(status == SOCLE_PENDING);
  r.parked = false;
  f.install();
  CHECK(got.get_future().get().text == "ok");
  CHECK(f.on(0, [&](Worker& w) {
    std::vector<Frame*> pending;
    context->cancel(pending);
    Context::of(kept)->release();
    context = ContextRef();
    return pending.size() + w.frames.used();
  }) == 0);
}

TEST_CASE("bus: a filter that does not answer at once fails closed, or open where declared", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "echo", {{"say", echo()}});
  Actor filter(f.bus, "filter",
               {{"hang", [](const socle_call&, socle_reply&, Generation&) -> socle_status { return SOCLE_PENDING; }}});
  Route& r = f.route(a, "say");
  r.before.push_back({filter.runtime.get(), 0, false, false});
  f.install();
  CHECK(f.call(a, "say", "x").code == "filter_not_synchronous");
  f.route(a, "say").before[0].fail_open = true;
  f.install();
  CHECK(f.call(a, "say", "x").text == "x");
}

TEST_CASE("bus: a canary takes its share of lanes, and equal lanes meet the same generation", "[bus]") {
  BusFixture f;
  Actor old(f.bus, "echo", {{"say", [](const socle_call&, socle_reply& r, Generation&) { return answer(r, "old"); }}});
  Actor fresh(f.bus, "echo",
              {{"say", [](const socle_call&, socle_reply& r, Generation&) { return answer(r, "new"); }}});
  Route& r = f.route(old, "say");
  r.canary = fresh.provider("say");
  r.canary_share = 2'500;
  r.canary_tenants =
      std::make_shared<const std::set<std::string, std::less<>>>(std::set<std::string, std::less<>>{"pilot"});
  f.install();
  int hits = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string lane = "user" + std::to_string(i);
    const Got first = f.call(old, "say", "", {.tenant = "acme", .lane = lane});
    if (i % 100 == 0) CHECK(f.call(old, "say", "", {.tenant = "acme", .lane = lane}).text == first.text);
    hits += first.text == "new" ? 1 : 0;
  }
  CHECK(hits > 400);
  CHECK(hits < 600);
  CHECK(f.call(old, "say", "", {.tenant = "pilot", .lane = "anyone"}).text == "new");
}

TEST_CASE("bus: calls of a parked route wait and meet the next snapshot", "[bus]") {
  BusFixture f;
  Actor old(f.bus, "echo", {{"say", [](const socle_call&, socle_reply& r, Generation&) { return answer(r, "old"); }}});
  Actor fresh(f.bus, "echo",
              {{"say", [](const socle_call&, socle_reply& r, Generation&) { return answer(r, "new"); }}});
  f.route(old, "say").parked = true;
  f.install();
  auto waiting = std::async(std::launch::async, [&] { return f.call(old, "say"); });
  while (f.on(0, [](Worker& w) { return w.parked.size(); }) == 0) std::this_thread::yield();
  Route& r = f.route(fresh, "say");
  r.parked = false;
  f.install();
  CHECK(waiting.get().text == "new");
}

TEST_CASE("bus: a parked swap restarts idempotent reads in the next generation", "[bus]") {
  BusFixture f;
  Actor old(f.bus, "feed",
            {{"poll", [](const socle_call&, socle_reply&, Generation&) -> socle_status { return SOCLE_PENDING; }}});
  Actor fresh(f.bus, "feed",
              {{"poll", [](const socle_call&, socle_reply& r, Generation&) { return answer(r, "new"); }}});
  f.route(old, "poll").idempotent = true;
  f.install();
  auto waiting = std::async(std::launch::async, [&] { return f.call(old, "poll"); });
  while (Bus::busy_calls(*old.runtime) == 0) std::this_thread::yield();
  f.route(old, "poll").parked = true;
  f.install();
  f.bus.on_each_worker([&](Worker& w) { f.bus.park_idempotent(w, *old.runtime); }, std::chrono::seconds(5));
  CHECK(Bus::busy_calls(*old.runtime) == 0);
  f.route(fresh, "poll").parked = false;
  f.install();
  CHECK(waiting.get().text == "new");
}

}  // namespace socle::bus::test
