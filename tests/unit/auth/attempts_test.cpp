// attempts_test.cpp: how often somebody may guess.
#include <catch2/catch.hpp>

#include "credentials/attempts.hpp"

using namespace socle::auth;
using namespace std::chrono_literals;

namespace {
std::vector<Attempts::Bucket> bucket(const std::string& key, double burst = 3) { return {{key, burst, 10s}}; }
}  // namespace

TEST_CASE("attempts: a burst, then one each time a bucket has refilled", "[auth]") {
  Attempts attempts;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(attempts.take(bucket("a"), 0s));
  CHECK(attempts.take(bucket("a"), 0s) == 10s);
  CHECK(attempts.take(bucket("a"), 4s) == 6s);
  CHECK_FALSE(attempts.take(bucket("a"), 10s));
  CHECK(attempts.take(bucket("a"), 10s) == 10s);
  CHECK_FALSE(attempts.take(bucket("b"), 10s));
  for (int i = 0; i < 3; ++i) CHECK_FALSE(attempts.take(bucket("a"), 3600s));
  CHECK(attempts.take(bucket("a"), 3600s));
}

TEST_CASE("attempts: a right guess gives back what it took, and no more", "[auth]") {
  Attempts attempts;
  for (int i = 0; i < 100; ++i) {
    REQUIRE_FALSE(attempts.take(bucket("a"), 0s));
    attempts.give_back(bucket("a"), 0s);
  }
  for (int i = 0; i < 3; ++i) CHECK_FALSE(attempts.take(bucket("a"), 0s));
  CHECK(attempts.take(bucket("a"), 0s));
}

TEST_CASE("attempts: one full bucket holds back, and nothing is taken from the others", "[auth]") {
  Attempts attempts;
  std::vector<Attempts::Bucket> both{{"user", 1, 10s}, {"address", 5, 1s}};
  CHECK_FALSE(attempts.take(both, 0s));
  for (int i = 0; i < 10; ++i) CHECK(attempts.take(both, 0s) == 10s);
  for (int i = 0; i < 4; ++i) CHECK_FALSE(attempts.take({{"address", 5, 1s}}, 0s));
  CHECK(attempts.take({{"address", 5, 1s}}, 0s) == 1s);
}

TEST_CASE("attempts: what is remembered is bounded, the longest unused goes first", "[auth]") {
  Attempts attempts(100);
  CHECK_FALSE(attempts.take(bucket("a", 1), 0s));
  for (int i = 0; i < 99; ++i) CHECK_FALSE(attempts.take(bucket("x" + std::to_string(i)), 0s));
  CHECK(attempts.take(bucket("a", 1), 0s));
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(attempts.take(bucket("y" + std::to_string(i)), 0s));
  CHECK(attempts.size() == 100);
}

TEST_CASE("attempts: names that a held back address makes up push nobody's count out", "[auth]") {
  Attempts attempts(100);
  const auto guess = [&attempts](const std::string& user, const std::string& from) {
    return attempts.take({{user + "\n" + from, 3, 1h}, {user, 30, 1h}, {from, 10, 1h}}, 0s);
  };
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(guess("admin", "192.0.2.1"));
  REQUIRE(guess("admin", "192.0.2.1"));
  int passed = 0;
  for (int i = 0; i < 10'000; ++i) passed += guess("x" + std::to_string(i), "192.0.2.2") ? 0 : 1;
  CHECK(passed == 10);
  CHECK(attempts.size() == 3 + 2 * 10 + 1);
  CHECK(guess("admin", "192.0.2.1"));
}

TEST_CASE("attempts: what is given back to a bucket that is gone makes none", "[auth]") {
  Attempts attempts;
  attempts.give_back(bucket("a"), 0s);
  CHECK(attempts.size() == 0);
}

TEST_CASE("attempts: half of an IPv6 address is one sender", "[auth]") {
  CHECK(sender("192.0.2.7") == "192.0.2.7");
  CHECK(sender("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(sender("2001:db8:1:2::9") == "2001:db8:1:2::/64");
  CHECK(sender("2001:db8:1:3::9") != "2001:db8:1:2::/64");
  CHECK(sender("::ffff:192.0.2.7") == "::ffff:192.0.2.7");
  CHECK(sender("") == "");
}
