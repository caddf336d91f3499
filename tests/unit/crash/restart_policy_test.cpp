#include "crash/restart_policy.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using socle::crash::RestartPolicy;
using socle::crash::RestartTerms;

namespace {

constexpr int64_t second = 1'000'000'000;
constexpr RestartTerms manifest_default{100ms, 10s, 5, 60s};

}  // namespace

TEST_CASE("restart: the first death is answered at once, the next ones wait twice as long each", "[crash]") {
  RestartPolicy policy(manifest_default);
  CHECK(policy.died(0) == 0ns);
  CHECK(policy.died(1 * second) == 100ms);
  CHECK(policy.died(2 * second) == 200ms);
  CHECK(policy.died(3 * second) == 400ms);
  CHECK(policy.died(4 * second) == 800ms);
}

TEST_CASE("restart: more deaths than the intensity allows are the end", "[crash]") {
  RestartPolicy policy(manifest_default);
  for (int i = 0; i < 5; ++i) REQUIRE(policy.died(i).has_value());
  CHECK_FALSE(policy.died(5).has_value());
  CHECK_FALSE(policy.died(6).has_value());
}

TEST_CASE("restart: deaths that are long past do not count", "[crash]") {
  RestartPolicy policy(manifest_default);
  for (int i = 0; i < 5; ++i) REQUIRE(policy.died(i * second).has_value());
  CHECK(policy.died(60 * second) == 800ms);  // the first has just left the window
  CHECK_FALSE(policy.died(60 * second).has_value());
  CHECK(policy.died(121 * second) == 0ns);
}

TEST_CASE("restart: the delay stops at its largest value", "[crash]") {
  RestartPolicy policy({100ms, 350ms, 100, 60s});
  REQUIRE(policy.died(0) == 0ns);
  REQUIRE(policy.died(0) == 100ms);
  REQUIRE(policy.died(0) == 200ms);
  CHECK(policy.died(0) == 350ms);
  for (int i = 0; i < 90; ++i) CHECK(policy.died(0) == 350ms);
}

TEST_CASE("restart: several deaths can be free of delay", "[crash]") {
  RestartPolicy policy({100ms, 10s, 10, 60s, 3});
  for (int i = 0; i < 3; ++i) CHECK(policy.died(i) == 0ns);
  CHECK(policy.died(3) == 100ms);
  CHECK(policy.died(4) == 200ms);
}

TEST_CASE("restart: without a count nothing is given up, and the delay still grows", "[crash]") {
  RestartPolicy policy({100ms, 10s, UINT32_MAX, 60s, 10});
  for (int i = 0; i < 10; ++i) CHECK(policy.died(i) == 0ns);
  CHECK(policy.died(10) == 100ms);
  CHECK(policy.died(11) == 200ms);
  for (int i = 12; i < 1000; ++i) REQUIRE(policy.died(i).has_value());
  CHECK(policy.died(1000) == 10s);
}

TEST_CASE("restart: what is forgiven begins anew", "[crash]") {
  RestartPolicy policy(manifest_default);
  for (int i = 0; i < 6; ++i) static_cast<void>(policy.died(i));
  policy.forgive();
  CHECK(policy.died(7) == 0ns);
}
