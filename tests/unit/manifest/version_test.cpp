#include <catch2/catch.hpp>

#include "manifest/version.hpp"

using namespace socle::manifest;

namespace {
Version version(const char* text) { return parse_version(text).value(); }
bool within(const char* range, const char* text) { return parse_version_range(range).value().contains(version(text)); }
}  // namespace

TEST_CASE("version: precedence is semver.org's", "[manifest]") {
  const char* rising[] = {"1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                          "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                          "1.0.1",        "1.2.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    for (std::size_t k = 0; k < std::size(rising); ++k) {
      INFO(rising[i] << " and " << rising[k]);
      CHECK((version(rising[i]) <=> version(rising[k])) == (i <=> k));
    }
  }
}

TEST_CASE("version: build metadata is kept and does not count", "[manifest]") {
  CHECK(version("1.0.0+a") == version("1.0.0+b"));
  CHECK(to_string(version("1.2.3-rc.1+x.5")) == "1.2.3-rc.1+x.5");
}

TEST_CASE("version: what is not semver is refused", "[manifest]") {
  for (const char* text : {"", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+",
                           "1..3", "1.2.", "1.2.4294967296", " 1.2.3"}) {
    INFO(text);
    CHECK_FALSE(parse_version(text));
  }
}

TEST_CASE("version: a range holds when all its comparisons do", "[manifest]") {
  CHECK(within(">=1.2 <2", "1.2.0"));
  CHECK(within(">=1.2 <2", "1.99.0"));
  CHECK_FALSE(within(">=1.2 <2", "2.0.0"));
  CHECK_FALSE(within(">=1.2 <2", "1.1.9"));
  CHECK(within(">1 <=1.5", "1.5.0"));
  CHECK_FALSE(within(">1 <=1.5", "1.0.0"));
  CHECK(within("1.2.3", "1.2.3"));
  CHECK_FALSE(within("=1.2.3", "1.2.4"));
  CHECK(within("*", "0.0.1-x"));
}

TEST_CASE("version: a range takes a pre-release only where it names one of the same version", "[manifest]") {
  CHECK_FALSE(within(">=1.2 <2", "2.0.0-rc.1"));
  CHECK_FALSE(within(">=1.2", "1.3.0-rc.1"));
  CHECK(within(">=1.3.0-beta", "1.3.0-rc.1"));
  CHECK_FALSE(within(">=1.3.0-beta", "1.3.0-alpha"));
}

TEST_CASE("version: what is not a range is refused", "[manifest]") {
  for (const char* text : {"", " ", ">=", ">= 1.2", "^1.2", "1.x", ">=1.2,<2", ">=1.2-rc", "1 2 3 4 5 6 7 8 9"}) {
    INFO(text);
    CHECK_FALSE(parse_version_range(text));
  }
  CHECK(to_string(parse_version_range(">=1.2  <2").value()) == ">=1.2.0 <2.0.0");
}

TEST_CASE("version: an ABI version has two numbers", "[manifest]") {
  CHECK(parse_abi_version("1.0") == AbiVersion{1, 0});
  CHECK(AbiVersion{1, 2} < AbiVersion{1, 10});
  CHECK(to_string(AbiVersion{1, 10}) == "1.10");
  for (const char* text : {"", "1", "1.", ".0", "1.0.0", "65536.0"}) {
    INFO(text);
    CHECK_FALSE(parse_abi_version(text));
  }
}
