#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <vector>

#include "bus/timer_wheel.hpp"

namespace socle::bus::test {

constexpr int64_t ms = TimerWheel::tick;

TEST_CASE("timer wheel: nothing fires early, everything within a tick after", "[timer]") {
  TimerWheel wheel(0);
  TimerNode node;
  int fired = 0;
  wheel.insert(node, 10 * ms + 1);
  wheel.advance(10 * ms, [&](TimerNode&) { ++fired; });
  CHECK(fired == 0);
  wheel.advance(11 * ms, [&](TimerNode&) { ++fired; });
  CHECK(fired == 1);
  CHECK_FALSE(node.armed());
}

TEST_CASE("timer wheel: a time beyond one turn waits for its own turn", "[timer]") {
  TimerWheel wheel(0);
  TimerNode node;
  int fired = 0;
  wheel.insert(node, 10'000 * ms);
  for (int64_t t = 0; t < 10'000; t += 7) wheel.advance(t * ms, [&](TimerNode&) { ++fired; });
  CHECK(fired == 0);
  wheel.advance(10'000 * ms, [&](TimerNode&) { ++fired; });
  CHECK(fired == 1);
}

TEST_CASE("timer wheel: a removed entry does not fire, also when its neighbour removes it", "[timer]") {
  TimerWheel wheel(0);
  TimerNode a, b;
  std::vector<TimerNode*> fired;
  wheel.insert(a, 5 * ms);
  wheel.insert(b, 5 * ms);
  wheel.advance(6 * ms, [&](TimerNode& n) {
    fired.push_back(&n);
    wheel.remove(&n == &a ? b : a);
  });
  CHECK(fired.size() == 1);
  CHECK(wheel.size() == 0);
}

TEST_CASE("timer wheel: the wait never oversleeps an entry", "[timer]") {
  TimerWheel wheel(0);
  CHECK(wheel.wait(0) == std::numeric_limits<int64_t>::max());
  TimerNode node;
  wheel.insert(node, 700 * ms);
  CHECK(wheel.wait(0) <= 700 * ms);
  CHECK(wheel.wait(0) > 0);
}

TEST_CASE("timer wheel: random inserts and removes agree with a sorted map", "[timer]") {
  std::mt19937_64 random(7);
  TimerWheel wheel(0);
  std::vector<TimerNode> nodes(200);
  std::multimap<int64_t, TimerNode*> model;
  int64_t now = 0;
  for (int step = 0; step < 20'000; ++step) {
    TimerNode& node = nodes[random() % nodes.size()];
    if (node.armed()) {
      wheel.remove(node);
      std::erase_if(model, [&](const auto& e) { return e.second == &node; });
    } else {
      const int64_t at = now + static_cast<int64_t>(random() % 9'000) * ms / 3;
      wheel.insert(node, at);
      model.emplace(at, &node);
    }
    now += static_cast<int64_t>(random() % 3) * ms;
    wheel.advance(now, [&](TimerNode& n) {
      REQUIRE(n.expiry <= now);
      std::erase_if(model, [&](const auto& e) { return e.second == &n; });
    });
    for (const auto& [at, n] : model) {
      if (at > now - ms) break;  // a tick of grace
      FAIL("overdue entry");
    }
  }
  REQUIRE(wheel.size() == model.size());
}

}  // namespace socle::bus::test
