// session_test.cpp: when sessions end, and times as they are written.
#include <catch2/catch.hpp>

#include "session/lifetime.hpp"

using namespace socle::auth;
using namespace std::chrono_literals;

TEST_CASE("session: ends when it is not used for its idle time", "[auth]") {
  const Lifetime life{15min, 12h};
  const Span span = began(life, 1000s);
  CHECK(span.ends == 1900s);
  CHECK(span.limit == 1000s + 12h);
  CHECK_FALSE(over(span, 1900s - 1ms));
  CHECK(over(span, 1900s));
}

TEST_CASE("session: use is written down once in a tenth of the idle time", "[auth]") {
  const Lifetime life{100s, 12h};
  Span span = began(life, 0s);
  CHECK_FALSE(renewal_due(life, span, 9s));
  CHECK(renewal_due(life, span, 10s));
  span = renewed(life, span, 10s);
  CHECK(span.ends == 110s);
  CHECK_FALSE(renewal_due(life, span, 19s));
  // A year of use every second costs a write every ten.
  unsigned writes = 0;
  for (auto now = 20s; now < 1020s; now += 1s) {
    if (!renewal_due(life, span, now)) continue;
    span = renewed(life, span, now);
    ++writes;
  }
  CHECK(writes == 100);
}

TEST_CASE("session: no use carries it beyond its absolute end", "[auth]") {
  const Lifetime life{60s, 100s};
  Span span = began(life, 0s);
  span = renewed(life, span, 50s);
  CHECK(span.ends == 100s);
  CHECK_FALSE(renewal_due(life, span, 99s));
  CHECK(over(renewed(life, span, 99s), 100s));
  CHECK(began({60s, 10s}, 0s).ends == 10s);
}

TEST_CASE("session: a shorter plan never cuts what was promised, a renewal never goes back", "[auth]") {
  Span span = began({600s, 3600s}, 0s);
  CHECK(renewed({60s, 3600s}, span, 10s).ends == 600s);
}

TEST_CASE("times: what is written is read again, anything else is none", "[auth]") {
  CHECK(timestamp(0ms) == "1970-01-01T00:00:00.000Z");
  CHECK(timestamp(1'769'860'800'123ms) == "2026-01-31T12:00:00.123Z");
  CHECK(read_timestamp("2026-01-31T12:00:00.123Z") == 1'769'860'800'123ms);
  for (const char* bad :
       {"", "2026-01-31", "2026-01-31T12:00:00Z", "2026-02-31T12:00:00.000Z", "2026-01-31T24:00:00.000Z",
        "2026-01-31T12:00:00.123z", "2026-01-31T12:00:00.123Z ", "x026-01-31T12:00:00.123Z"})
    CHECK_FALSE(read_timestamp(bad));
}
