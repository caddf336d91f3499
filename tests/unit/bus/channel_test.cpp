#include <mutex>

#include "fixture.hpp"
#include "telemetry/clock.hpp"

namespace socle::bus::test {
namespace {

struct Outcome {
  socle_status now = SOCLE_INTERNAL;
  std::promise<socle_status> later;
};

// Publishes text on worker 0; `later` is set when it had to wait.
std::unique_ptr<Outcome> publish(BusFixture& f, Actor& publisher, std::string_view text,
                                 int64_t deadline_in = 5'000'000'000, std::string_view tenant = "acme") {
  auto outcome = std::make_unique<Outcome>();
  outcome->now = f.on(0, [&](Worker& w) {
    const ContextRef context(Context::open({.tenant = tenant, .deadline = w.now() + deadline_in}, nullptr));
    const PayloadRef payload(Payload::make(text, SOCLE_MEDIA_TEXT, {}));
    const auto done = [](void* user, socle_status s) { static_cast<Outcome*>(user)->later.set_value(s); };
    Generation& g = *publisher.runtime;
    return g.publish(&g, context.get(), str("news"), payload.get(), done, outcome.get());
  });
  return outcome;
}

struct Heard {
  std::mutex mutex;
  std::vector<std::string> texts;
  std::vector<std::pair<Generation*, uint64_t>> open;
  Handler take(bool at_once) {
    return [this, at_once](const socle_call& call, socle_reply& reply, Generation& g) -> socle_status {
      const std::lock_guard lock(mutex);
      texts.emplace_back(view(call.payload->text));
      if (at_once) return answer(reply, "");
      open.emplace_back(&g, call.token);
      return SOCLE_PENDING;
    };
  }
  size_t count() {
    const std::lock_guard lock(mutex);
    return texts.size();
  }
};

void channel(BusFixture& f, ChannelMode mode, uint32_t capacity, std::initializer_list<Actor*> subscribers) {
  ChannelRoute& r = f.next.channels["news"];
  r.name = "news";
  r.mode = mode;
  r.capacity = capacity;
  for (Actor* a : subscribers) {
    f.route(*a, "hear");
    r.subscribers.push_back(*f.bus.target(a->service(), "hear"));
  }
  f.install();
}

void answer_one(BusFixture& f, Heard& heard) {
  f.on(0, [&](Worker&) {
    std::pair<Generation*, uint64_t> next;
    {
      const std::lock_guard lock(heard.mutex);
      next = heard.open.front();
      heard.open.erase(heard.open.begin());
    }
    const socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    next.first->complete(next.first, next.second, &reply);
  });
}

// Answers whatever is still delivered, so that nothing is under way when the bus stops.
void finish(BusFixture& f, Heard& heard) {
  for (int round = 0; round < 8; ++round) {
    bool open = false;
    {
      const std::lock_guard lock(heard.mutex);
      open = !heard.open.empty();
    }
    if (open) answer_one(f, heard);
    f.turn();
  }
}

Grants may_publish() {
  Grants g;
  g.publishes.insert("news");
  return g;
}

}  // namespace

TEST_CASE("channel: a delivery has ten seconds, however far away the publisher's deadline is", "[channel]") {
  BusFixture f;
  int64_t given = 0;
  Actor subscriber(f.bus, "reader", {{"hear", [&](const socle_call& call, socle_reply& reply, Generation&) {
                                        given = call.context->deadline - telemetry::monotonic_now();
                                        return answer(reply, "");
                                      }}});
  Actor publisher(f.bus, "writer", {}, may_publish());
  channel(f, ChannelMode::buffered, 4, {&subscriber});
  CHECK(publish(f, publisher, "one", 3'600'000'000'000)->now == SOCLE_OK);
  f.turn();
  CHECK(given <= 10'000'000'000);
  CHECK(given > 0);
}

TEST_CASE("channel: broadcast reaches every subscriber", "[channel]") {
  BusFixture f;
  Heard one, two;
  Actor a(f.bus, "one", {{"hear", one.take(true)}}), b(f.bus, "two", {{"hear", two.take(true)}}),
      p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::broadcast, 4, {&a, &b});
  CHECK(publish(f, p, "x")->now == SOCLE_OK);
  f.turn(2);
  CHECK(one.count() == 1);
  CHECK(two.count() == 1);
}

TEST_CASE("channel: a worker that saw the routes without being told publishes by them", "[channel]") {
  BusFixture f;
  Heard one, two;
  Actor a(f.bus, "one", {{"hear", one.take(true)}}), b(f.bus, "two", {{"hear", two.take(true)}}),
      p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::broadcast, 4, {&a});
  f.route(b, "hear");
  f.next.channels["news"].subscribers.push_back(*f.bus.target(b.service(), "hear"));
  f.on(0, [&](Worker& w) { w.snapshot = std::make_shared<Snapshot>(f.next); });
  CHECK(publish(f, p, "x")->now == SOCLE_OK);
  f.turn(4);  // a slow machine's slice ends between the two
  CHECK(one.count() == 1);
  CHECK(two.count() == 1);
}

TEST_CASE("channel: buffered gives a message to one subscriber and makes the publisher wait when full", "[channel]") {
  BusFixture f;
  Heard heard;
  Actor a(f.bus, "one", {{"hear", heard.take(false)}}), p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::buffered, 2, {&a});
  CHECK(publish(f, p, "1")->now == SOCLE_OK);
  CHECK(publish(f, p, "2")->now == SOCLE_OK);
  auto third = publish(f, p, "3");
  REQUIRE(third->now == SOCLE_PENDING);
  f.turn();
  CHECK(heard.count() == 1);  // one at a time
  answer_one(f, heard);
  CHECK(third->later.get_future().get() == SOCLE_OK);
  finish(f, heard);
}

TEST_CASE("channel: a tenant that has filled its buffer holds up nobody else", "[channel]") {
  BusFixture f;
  Heard heard;
  Actor a(f.bus, "one", {{"hear", heard.take(false)}}), p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::buffered, 2, {&a});
  for (const char* text : {"1", "2"}) CHECK(publish(f, p, text)->now == SOCLE_OK);
  auto third = publish(f, p, "3");
  REQUIRE(third->now == SOCLE_PENDING);
  CHECK(publish(f, p, "beta's", 5'000'000'000, "beta")->now == SOCLE_OK);
  f.turn();
  for (int i = 0; i < 2; ++i) {
    answer_one(f, heard);
    f.turn();
  }
  {
    const std::lock_guard lock(heard.mutex);
    CHECK(heard.texts == std::vector<std::string>{"1", "2", "beta's"});  // acme's third takes its turn behind beta
  }
  CHECK(third->later.get_future().get() == SOCLE_OK);
  finish(f, heard);
  CHECK(heard.count() == 4);
}

TEST_CASE("channel: a broadcast waits for the subscriber that has no room, until the deadline", "[channel]") {
  BusFixture f;
  Heard quick, slow;
  Actor a(f.bus, "one", {{"hear", quick.take(true)}}), b(f.bus, "two", {{"hear", slow.take(false)}}),
      p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::broadcast, 1, {&a, &b});
  CHECK(publish(f, p, "1")->now == SOCLE_OK);
  f.turn(2);
  auto second = publish(f, p, "2", 20'000'000);
  REQUIRE(second->now == SOCLE_PENDING);
  CHECK(second->later.get_future().get() == SOCLE_UNAVAILABLE);
  f.turn(2);
  CHECK(quick.count() == 2);
  answer_one(f, slow);
  f.turn(2);
  CHECK(slow.count() == 1);  // what its publisher was told is not sent does not come late
  auto third = publish(f, p, "3");
  CHECK(third->now == SOCLE_OK);
  f.turn();
  finish(f, slow);
  CHECK(slow.count() == 2);
}

TEST_CASE("channel: those that wait are bounded, for each tenant by itself", "[channel]") {
  BusFixture f;
  Heard heard;
  Actor a(f.bus, "one", {{"hear", heard.take(false)}}), p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::buffered, 1, {&a});
  CHECK(publish(f, p, "taken")->now == SOCLE_OK);
  std::vector<std::unique_ptr<Outcome>> waiting;
  for (int i = 0; i < 1024; ++i) {
    waiting.push_back(publish(f, p, "waits", 2'000'000'000));
    REQUIRE(waiting.back()->now == SOCLE_PENDING);
  }
  CHECK(publish(f, p, "too many")->now == SOCLE_UNAVAILABLE);
  CHECK(publish(f, p, "beta's", 5'000'000'000, "beta")->now == SOCLE_OK);
  for (auto& one : waiting) CHECK(one->later.get_future().get() == SOCLE_UNAVAILABLE);
  auto later = publish(f, p, "there is room again");
  CHECK(later->now == SOCLE_PENDING);
  finish(f, heard);
  CHECK(later->later.get_future().get() == SOCLE_OK);
  CHECK(heard.count() == 3);
}

TEST_CASE("channel: what a subscriber that is gone was to get is counted, and who waits for it told", "[channel]") {
  BusFixture f;
  Heard heard;
  Actor a(f.bus, "one", {{"hear", heard.take(false)}}), p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::buffered, 3, {&a});
  for (const char* text : {"1", "2", "3"}) CHECK(publish(f, p, text)->now == SOCLE_OK);
  auto fourth = publish(f, p, "4");
  REQUIRE(fourth->now == SOCLE_PENDING);
  f.turn();
  REQUIRE(heard.count() == 1);
  f.next.channels["news"].subscribers.clear();
  f.install();
  CHECK(fourth->later.get_future().get() == SOCLE_UNAVAILABLE);
  CHECK(f.bus.lost_messages == 2);  // the first is being heard
  answer_one(f, heard);
  finish(f, heard);
  CHECK(heard.count() == 1);
}

TEST_CASE("channel: a publisher waits at most until its deadline", "[channel]") {
  BusFixture f;
  Heard heard;
  Actor a(f.bus, "one", {{"hear", heard.take(false)}}), p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::buffered, 1, {&a});
  CHECK(publish(f, p, "1")->now == SOCLE_OK);
  auto second = publish(f, p, "2", 20'000'000);
  REQUIRE(second->now == SOCLE_PENDING);
  CHECK(second->later.get_future().get() == SOCLE_UNAVAILABLE);
  answer_one(f, heard);
  f.turn();
  CHECK(heard.count() == 1);  // the refused message was not delivered
  finish(f, heard);
}

TEST_CASE("channel: rendezvous tells the publisher what the subscriber answered", "[channel]") {
  BusFixture f;
  Heard heard;
  Actor a(f.bus, "one", {{"hear", heard.take(false)}}), p(f.bus, "p", {}, may_publish());
  channel(f, ChannelMode::rendezvous, 1, {&a});
  auto met = publish(f, p, "1");
  REQUIRE(met->now == SOCLE_PENDING);
  f.turn();
  REQUIRE(heard.count() == 1);
  answer_one(f, heard);
  CHECK(met->later.get_future().get() == SOCLE_OK);
  finish(f, heard);
}

TEST_CASE("channel: only its declared publisher may publish", "[channel]") {
  BusFixture f;
  Heard heard;
  Actor a(f.bus, "one", {{"hear", heard.take(true)}}), stranger(f.bus, "p", {});
  channel(f, ChannelMode::broadcast, 1, {&a});
  CHECK(publish(f, stranger, "x")->now == SOCLE_DENIED);
}

}  // namespace socle::bus::test
