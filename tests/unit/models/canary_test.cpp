// canary_test.cpp: who meets a canary, what is counted, what follows.
#include <catch2/catch.hpp>

#include <cmath>

#include "version/canary.hpp"

using namespace socle::models;

namespace {

Tally tally(std::uint64_t calls, std::uint64_t errors, std::uint64_t micros) {
  Tally out;
  for (std::uint64_t i = 0; i < calls; ++i) out.add(i < errors, micros);
  return out;
}

}  // namespace

TEST_CASE("canary: a user's bucket is stable, and dealt anew for each canary", "[models]") {
  CHECK(bucket_of("t", "rules/a", "1.1.0", "ada") == bucket_of("t", "rules/a", "1.1.0", "ada"));
  CHECK(bucket_of("t", "rules/a", "1.1.0", "ada") != bucket_of("t", "rules/a", "1.2.0", "ada"));
  CHECK(bucket_of("ab", "c", "", "") != bucket_of("a", "bc", "", ""));
}

TEST_CASE("canary: a weight of 5 % is 5 % of the users", "[models]") {
  int met = 0;
  for (int i = 0; i < 100'000; ++i)
    met += bucket_of("acme", "rules/loan", "2.0.0", "user-" + std::to_string(i)) < 500 ? 1 : 0;
  // Four standard deviations of a binomial of 100,000 at 0.05 are 276.
  CHECK(std::abs(met - 5'000) < 276);
}

TEST_CASE("canary: the 95th percentile is right within a bucket", "[models]") {
  Tally t;
  for (std::uint64_t i = 1; i <= 10'000; ++i) t.add(false, i);
  CHECK(t.p95_micros() > 9'500 * 0.91);
  CHECK(t.p95_micros() < 9'500 * 1.09);
  Tally far;
  far.add(false, ~std::uint64_t{0});
  CHECK(std::isfinite(far.p95_micros()));
  CHECK(Tally().p95_micros() == 0);
  Tally sum = tally(10, 1, 5);
  sum.add(tally(20, 2, 5));
  CHECK(sum.calls() == 30);
  CHECK(sum.errors() == 3);
}

TEST_CASE("canary: too few calls wait, and at the end mean revert", "[models]") {
  const Gate gate;
  CHECK(judge(tally(1000, 0, 100), tally(199, 199, 100), gate, false).verdict == Verdict::wait);
  const auto late = judge(tally(1000, 0, 100), tally(199, 0, 100), gate, true);
  CHECK(late.verdict == Verdict::revert);
  CHECK(late.reason == "too few calls to judge: 199 canary, 1000 stable, wanted 200 each");
}

TEST_CASE("canary: errors send it back at once, within the margin they do not", "[models]") {
  const Gate gate;
  CHECK(judge(tally(1000, 10, 100), tally(1000, 11, 100), gate, true).verdict == Verdict::promote);
  const auto bad = judge(tally(1000, 10, 100), tally(1000, 12, 100), gate, false);
  CHECK(bad.verdict == Verdict::revert);
  CHECK(bad.reason == "errors: canary 1.20 %, stable 1.00 %");
}

TEST_CASE("canary: a slow one is sent back, a hair's breadth is not slow", "[models]") {
  const Gate gate;
  CHECK(judge(tally(500, 0, 1000), tally(500, 0, 2000), gate, false).verdict == Verdict::revert);
  CHECK(judge(tally(500, 0, 10), tally(500, 0, 40), gate, true).verdict == Verdict::promote);
  CHECK(judge(tally(500, 0, 1000), tally(500, 0, 1100), gate, true).verdict == Verdict::promote);
}

TEST_CASE("canary: a good one waits for the end of its time", "[models]") {
  const Gate gate;
  CHECK(judge(tally(5000, 0, 100), tally(5000, 0, 100), gate, false).verdict == Verdict::wait);
  CHECK(judge(tally(5000, 0, 100), tally(5000, 0, 100), gate, true).verdict == Verdict::promote);
}
