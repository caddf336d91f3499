#include <catch2/catch.hpp>

#include "socle/json.hpp"

using namespace socle;

namespace {

bool equal(std::string_view a, std::string_view b) {
  const auto x = json::Document::parse(a);
  const auto y = json::Document::parse(b);
  REQUIRE((x && y));
  const bool result = json::equal(x->root(), y->root());
  CHECK(result == json::equal(y->root(), x->root()));
  // Equal values have equal hashes; that unequal ones of these tests have unequal hashes is luck that must hold.
  CHECK(result == (json::hash(x->root()) == json::hash(y->root())));
  return result;
}

}  // namespace

TEST_CASE("json: numbers are equal by exact value", "[json]") {
  CHECK(equal("1", "1.0"));
  CHECK(equal("1", "10e-1"));
  CHECK(equal("0", "-0.0e99"));
  CHECK(equal("100000000000000000000", "1e20"));
  CHECK(equal("1e400", "10e399"));
  CHECK(equal("18446744073709551615", "18446744073709551615.000"));
  CHECK_FALSE(equal("9007199254740993", "9007199254740992.0"));
  CHECK_FALSE(equal("0.1", "0.1000000000000000000000000001"));
  CHECK_FALSE(equal("1e400", "1e401"));
  CHECK_FALSE(equal("1", "-1"));
  CHECK_FALSE(equal("1", "true"));
  CHECK_FALSE(equal("1", "\"1\""));
}

TEST_CASE("json: objects are equal whatever the order of members", "[json]") {
  CHECK(equal(R"({"a":1,"b":[1,2]})", R"({"b":[1.0,2],"a":1e0})"));
  CHECK_FALSE(equal(R"({"a":1,"b":2})", R"({"a":1,"c":2})"));
  CHECK_FALSE(equal(R"({"a":1})", R"({"a":1,"b":2})"));
  CHECK_FALSE(equal(R"({"a":1,"b":2})", R"({"a":2,"b":1})"));
}

TEST_CASE("json: arrays are equal in order, strings by bytes, other kinds never", "[json]") {
  CHECK(equal("[1,[],{}]", "[1,[],{}]"));
  CHECK_FALSE(equal("[1,2]", "[2,1]"));
  CHECK_FALSE(equal("[[]]", "[{}]"));
  CHECK(equal(R"("\u00e9")", "\"é\""));
  CHECK_FALSE(equal("\"e\"", "\"é\""));
  CHECK_FALSE(equal("null", "false"));
  CHECK(json::equal(json::View(), json::View()));
  CHECK_FALSE(json::equal(json::View(), json::Document().root()));
}
