#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "socle/json.hpp"

using namespace socle;
using json::Kind;

namespace {

json::Document parse(std::string_view text) {
  auto document = json::Document::parse(text);
  REQUIRE(document);
  return *std::move(document);
}

}  // namespace

TEST_CASE("json: the kind of a number follows from its text", "[json]") {
  const auto kind = [](std::string_view text) { return parse(text).root().kind(); };
  CHECK(kind("0") == Kind::integer);
  CHECK(kind("-9223372036854775808") == Kind::integer);
  CHECK(kind("9223372036854775807") == Kind::integer);
  CHECK(kind("9223372036854775808") == Kind::unsigned_integer);
  CHECK(kind("18446744073709551615") == Kind::unsigned_integer);
  CHECK(kind("18446744073709551616") == Kind::number);
  CHECK(kind("-9223372036854775809") == Kind::number);
  CHECK(kind("-0") == Kind::number);
  CHECK(kind("1.0") == Kind::number);
  CHECK(kind("1e2") == Kind::number);
}

TEST_CASE("json: integers are read exactly however they are written", "[json]") {
  CHECK(parse("-9223372036854775808").root().as_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK(parse("18446744073709551615").root().as_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(parse("3.0").root().as_int64() == 3);
  CHECK(parse("30e-1").root().as_uint64() == 3u);
  CHECK(parse("-0").root().as_int64() == 0);
  CHECK(parse("7").root().as_uint64() == 7u);
  CHECK_FALSE(parse("-1").root().as_uint64());
  CHECK_FALSE(parse("0.5").root().as_int64());
  CHECK_FALSE(parse("9223372036854775808").root().as_int64());
  CHECK_FALSE(parse("1e400").root().as_int64());
  CHECK_FALSE(parse("1.00000000000000000000000001").root().as_int64());
  CHECK_FALSE(parse("\"3\"").root().as_int64());
}

TEST_CASE("json: doubles are the nearest ones", "[json]") {
  CHECK(parse("0.1").root().as_double() == 0.1);
  CHECK(parse("123456789012345678901234567890").root().as_double() == 123456789012345678901234567890.0);
  CHECK(parse("2.2250738585072011e-308").root().as_double() == 2.2250738585072011e-308);
  CHECK(parse("9007199254740993.0").root().as_double() == 9007199254740993.0);
  CHECK(parse("5e-324").root().as_double() == std::numeric_limits<double>::denorm_min());
  CHECK(std::signbit(parse("-0").root().as_double()));
  CHECK(parse("1e400").root().as_double() == std::numeric_limits<double>::infinity());
  CHECK(parse("-1e400").root().as_double() == -std::numeric_limits<double>::infinity());
  CHECK(parse("1e-400").root().as_double() == 0.0);
  CHECK(parse("0e99999999999999999999").root().as_double() == 0.0);
  CHECK(parse("1e-99999999999999999999").root().as_double() == 0.0);
  CHECK(parse("18446744073709551615").root().as_double() == 18446744073709551615.0);
}

TEST_CASE("json: a number's text is kept", "[json]") {
  CHECK(parse("[1.500e+002]").root().at(0).number_text() == "1.500e+002");
  CHECK(parse("\"1\"").root().number_text().empty());
}

TEST_CASE("json: integral is by value", "[json]") {
  for (const char* text : {"3", "-0", "3.0", "30e-1", "1e400", "18446744073709551615"})
    CHECK(parse(text).root().is_integral());
  for (const char* text : {"3.5", "1e-1", "\"3\"", "null"}) CHECK_FALSE(parse(text).root().is_integral());
}

TEST_CASE("json: what is not there is absent, also inside what is absent", "[json]") {
  const auto document = parse(R"({"a":[1],"n":null})");
  const auto root = document.root();
  CHECK_FALSE(root.find("b"));
  CHECK_FALSE(root.find("b").find("c").at(3).exists());
  CHECK(root.find("b").kind() == Kind::absent);
  CHECK_FALSE(root.find("b").is_null());
  CHECK(root.find("n").is_null());
  CHECK_FALSE(root.find("a").find("a"));
  CHECK_FALSE(root.find("a").at(1));
  CHECK_FALSE(root.at(0));
  CHECK(root.find("b").size() == 0);
  CHECK(root.find("b").as_string().empty());
  CHECK_FALSE(root.find("b").as_bool());
  CHECK(root.find("b").elements().begin() == root.find("b").elements().end());
}

TEST_CASE("json: elements and members come in document order", "[json]") {
  const auto document = parse(R"({"z":1,"a":[true,"x"],"m":3})");
  std::string seen;
  for (auto [key, value] : document.root().members()) seen += std::string(key) + json::to_text(value) + " ";
  for (json::View element : document.root().find("a").elements()) seen += json::to_text(element) + " ";
  CHECK(seen == R"(z1 a[true,"x"] m3 true "x" )");
}

TEST_CASE("json: kinds have names", "[json]") {
  CHECK(json::to_string(Kind::unsigned_integer) == "unsigned integer");
  CHECK(json::to_string(Kind::absent) == "absent");
}

TEST_CASE("json: a default document is null and a moved-from one too", "[json]") {
  json::Document document;
  CHECK(document.root().is_null());
  CHECK(json::verify(document.bytes()));
  auto other = parse("[1]");
  document = std::move(other);
  CHECK(document.root().size() == 1);
  CHECK(other.root().is_null());  // NOLINT(bugprone-use-after-move): that is the promise
}

TEST_CASE("json: a subtree becomes a document of its own", "[json]") {
  const auto document = parse(R"({"a":{"b":[1,2.50,"x",{"c":null}]}})");
  const auto copy = json::Document::copy_of(document.root().find("a"));
  CHECK(json::to_text(copy.root()) == R"({"b":[1,2.50,"x",{"c":null}]})");
  CHECK(json::verify(copy.bytes()));
  CHECK(copy.bytes() == parse(R"({"b":[1,2.50,"x",{"c":null}]})").bytes());
}
