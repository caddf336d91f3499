// json_form_test.cpp: what values of every kind are in JSON.
#include "socle/cel/json_form.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "socle/json/document.hpp"

namespace {

using namespace socle::cel;

std::string written(const Value& value, Decimals decimals = Decimals::numbers) {
  const auto text = to_json(value, decimals);
  return text ? *text : text.error().message;
}

}  // namespace

TEST_CASE("cel json: a value of every kind that has one is written in its JSON form", "[cel]") {
  Arena arena;
  const Value inner = Value::integer(7);
  for (const auto& [value, text] : std::vector<std::pair<Value, std::string>>{
           {Value(), "null"},
           {Value::boolean(true), "true"},
           {Value::integer(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808"},
           {Value::unsigned_integer(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615"},
           {Value::string("a\"\xc3\xa9"), "\"a\\\"\xc3\xa9\""},
           {Value::bytes("hi"), R"("aGk=")"},
           {Value::timestamp(1714557600, 500'000'000), R"("2024-05-01T10:00:00.5Z")"},
           {Value::duration(5400, 0), R"("5400s")"},
           {Value::date(19844), R"("2024-05-01")"},
           {Value::ip(0, 0xffff01020304, 4), R"("1.2.3.4")"},
           {Value::cidr(0, 0xffff0a000000, 4, 8), R"("10.0.0.0/8")"},
           {Value::optional(&inner), "7"},
           {Value::optional_none(), "null"},
           {make_list(arena, {}), "[]"},
           {make_list(arena, {Value::integer(1), make_list(arena, {Value()})}), "[1,[null]]"},
           {make_map(arena, {{Value::string("b"), Value::integer(1)}, {Value::string("a"), make_map(arena, {})}}),
            R"({"b":1,"a":{}})"},
       }) {
    INFO(to_text(value));
    CHECK(written(value) == text);
  }
}

TEST_CASE("cel json: a double that is a whole number has neither exponent nor fraction", "[cel]") {
  for (const auto& [number, text] : {std::pair(3.0, "3"),
                                     {-100000.0, "-100000"},
                                     {0x1p53, "9007199254740992"},
                                     {-0.0, "0"},
                                     {0.1, "0.1"},
                                     {1e300, "1e+300"}})
    CHECK(written(Value::real(number)) == text);
}

TEST_CASE("cel json: decimals keep all their digits, as numbers or as texts, wherever they stand", "[cel]") {
  Arena arena;
  const Value price = Value::decimal(-1250, 2);
  const Value all = make_list(arena, {price, Value::optional(&price), make_map(arena, {{Value::string("p"), price}})});
  CHECK(written(all) == R"([-12.50,-12.50,{"p":-12.50}])");
  CHECK(written(all, Decimals::texts) == R"(["-12.50","-12.50",{"p":"-12.50"}])");
}

TEST_CASE("cel json: what came from JSON stays as it was written", "[cel]") {
  const auto document = socle::json::Document::parse(R"([{"n":1.50,"m":[1e2]}])").value();
  CHECK(written(Value::json(document.root())) == R"([{"n":1.50,"m":[1e2]}])");
  CHECK(written(Value::json(document.root()).at(0)) == R"({"n":1.50,"m":[1e2]})");
}

TEST_CASE("cel json: keys that are no texts become names, and two with one name have no JSON form", "[cel]") {
  Arena arena;
  const auto of = [&arena](const Value& first, const Value& second) {
    return written(make_map(arena, {{first, Value::integer(1)}, {second, Value::integer(2)}}));
  };
  CHECK(of(Value::unsigned_integer(1), Value::boolean(true)) == R"({"1":1,"true":2})");
  CHECK(of(Value::integer(1), Value::string("1")) ==
        "a map with two keys that are both \"1\" in JSON has no JSON form");
  CHECK(of(Value::string("true"), Value::boolean(true)) ==
        "a map with two keys that are both \"true\" in JSON has no JSON form");
}

TEST_CASE("cel json: what has no JSON form is told with its kind, also deep inside", "[cel]") {
  Arena arena;
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK(written(Value::real(infinite)) == "a value of kind double (double(\"Infinity\")) has no JSON form");
  const Value type = Value::type("int");
  CHECK(written(make_list(arena, {make_map(arena, {{Value::string("t"), Value::optional(&type)}})})) ==
        "a value of kind type (int) has no JSON form");
  CHECK(to_json(type).error().code == socle::Code::invalid);
  CHECK(written(Value::error(nullptr)).find("has no JSON form") != std::string::npos);
}

namespace {

// [[[1], [1]], [[1], [1]]], and so on: as many ones as 2 to the power of `doublings`.
Value doubled(Arena& arena, int doublings) {
  Value out = make_list(arena, {Value::integer(1)});
  for (int i = 0; i < doublings; ++i) out = make_list(arena, {out, out});
  return out;
}

// Gives so many units and counts what was asked for.
struct Purse {
  std::uint64_t left = 0;
  std::uint64_t asked = 0;
  std::uint64_t largest = 0;
  JsonFuel fuel() {
    return {[](void* data, std::uint64_t units) {
              auto& self = *static_cast<Purse*>(data);
              self.asked += units;
              self.largest = std::max(self.largest, units);
              if (units > self.left) return false;
              self.left -= units;
              return true;
            },
            this};
  }
};

}  // namespace

TEST_CASE("cel json: a value that holds another many times is as long as it will be, and has an end", "[cel]") {
  Arena arena;
  const auto text = to_json(doubled(arena, 40));
  REQUIRE_FALSE(text);
  CHECK(text.error().code == socle::Code::too_large);
  CHECK(to_json(doubled(arena, 10)));
  const std::string word(std::size_t{1} << 20, 'x');
  CHECK(to_json(make_list(arena, std::vector<Value>(15, Value::string(word)))));
  CHECK_FALSE(to_json(make_list(arena, std::vector<Value>(17, Value::string(word)))));
}

TEST_CASE("cel json: who writes a long value pays for it in pieces, and for a short one nothing", "[cel]") {
  Arena arena;
  const auto document = socle::json::Document::parse(R"({"a":[1,2,{"b":"c"}],"d":1.50})");
  REQUIRE(document);
  std::string out;
  for (const auto& value : {Value::json(document->root()), make_list(arena, {Value::json(document->root())})}) {
    Purse purse;
    out.clear();
    socle::json::Writer writer(out);
    CHECK(append_json(writer, value, Decimals::numbers, purse.fuel()));
    CHECK(purse.asked == 0);
  }
  CHECK(out == R"([{"a":[1,2,{"b":"c"}],"d":1.50}])");

  Purse rich{1'000'000};
  out.clear();
  socle::json::Writer writer(out);
  CHECK(append_json(writer, doubled(arena, 12), Decimals::numbers, rich.fuel()));
  CHECK(rich.asked > 10'000);
  CHECK(rich.largest < 300);

  Purse poor{1'000};
  out.clear();
  socle::json::Writer stopped(out);
  const auto status = append_json(stopped, doubled(arena, 30), Decimals::numbers, poor.fuel());
  REQUIRE_FALSE(status);
  CHECK(status.error().code == socle::Code::too_large);
  CHECK(out.size() < 20'000);

  // A record that is given many times is paid for each time.
  Purse again{1'000'000};
  out.clear();
  socle::json::Writer copies(out);
  const auto list = make_list(arena, std::vector<Value>(1'000, Value::json(document->root())));
  CHECK(append_json(copies, list, Decimals::numbers, again.fuel()));
  CHECK(again.asked > 5'000);
}
