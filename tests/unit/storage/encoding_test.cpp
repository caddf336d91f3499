// Encodings: their order is the values' order, and what is not of a type is refused.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>

#include "contract/bytes.hpp"
#include "contract/field.hpp"
#include "contract/key.hpp"
#include "contract/schema.hpp"
#include "socle/json/decimal.hpp"
#include "socle/json/document.hpp"

using namespace socle::storage;
namespace json = socle::json;

namespace {

std::string encode(FieldType type, const std::string& text) {
  auto doc = json::Document::parse(text);
  REQUIRE(doc);
  std::string out;
  if (encode_field(out, type, doc->root()) == Fit::other) return "other";
  return out;
}

// Ascending texts of a type: all encodings must ascend, none may be a prefix of another, inverted ones descend.
void ascends(FieldType type, const std::vector<std::string>& texts) {
  std::vector<std::string> plain, inverted;
  for (const auto& text : texts) {
    plain.push_back(encode(type, text));
    inverted.push_back(plain.back());
    invert(inverted.back(), 0);
  }
  for (std::size_t i = 1; i < texts.size(); ++i) {
    INFO(texts[i - 1] << " < " << texts[i]);
    CHECK(plain[i - 1] < plain[i]);
    CHECK_FALSE(plain[i].starts_with(plain[i - 1]));
    CHECK(inverted[i - 1] > inverted[i]);
  }
}

}  // namespace

TEST_CASE("storage: encoded values order as the values do, in both directions", "[storage]") {
  ascends(FieldType::string, {R"("")", R"("\u0000")", R"("\u0000\u0000")", R"("\u0000a")", R"("\u0001")", R"("A")",
                              R"("a")", R"("a\u0000")", R"("aa")", R"("b")", R"("é")"});
  ascends(FieldType::integer, {"-9223372036854775808", "-10", "-1", "0", "1.0", "2", "9223372036854775807"});
  ascends(FieldType::number, {"-1e400", "-1e300", "-2.5", "-1", "-1e-300", "0", "1e-300", "0.5", "1", "1e22", "1e400"});
  ascends(FieldType::boolean, {"false", "true"});
  ascends(FieldType::date,
          {R"("0001-01-01")", R"("1969-12-31")", R"("1970-01-01")", R"("2024-02-29")", R"("9999-12-31")"});
  ascends(FieldType::timestamp,
          {R"("1970-01-01T00:00:00Z")", R"("2026-01-01T00:30:00+01:00")", R"("2026-01-01T00:00:00Z")",
           R"("2026-01-01T00:00:00.000000001Z")", R"("2026-01-01T00:00:00.5Z")", R"("2026-01-01T00:00:00-00:30")"});
  ascends(FieldType::decimal, {"\"-1000\"", "-12.5", "\"-12.4\"", "-1", "-0.5", "-0.05", "0", "0.001", "\"0.01\"",
                               "0.1", "0.11", "1", "\"1.5\"", "9.99", "10", "1e3"});
}

TEST_CASE("storage: equal values have one encoding however they are written", "[storage]") {
  CHECK(encode(FieldType::integer, "1") == encode(FieldType::integer, "10e-1"));
  CHECK(encode(FieldType::number, "-0.0") == encode(FieldType::number, "0"));
  CHECK(encode(FieldType::decimal, "\"1.50\"") == encode(FieldType::decimal, "15e-1"));
  CHECK(encode(FieldType::timestamp, R"("2026-01-01T01:00:00+01:00")") ==
        encode(FieldType::timestamp, R"("2026-01-01T00:00:00.000Z")"));
}

TEST_CASE("storage: random decimals and numbers order as exact comparison orders them", "[storage]") {
  std::mt19937 random(7);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    std::string text = random() % 2 ? "-" : "";
    text += std::to_string(random() % 2000) + "." + std::to_string(random() % 1000);
    if (random() % 3 == 0) text += "e" + std::to_string(static_cast<int>(random() % 12) - 6);
    texts.push_back(text);
  }
  for (const auto& a : texts) {
    for (int k = 0; k < 10; ++k) {
      const auto& b = texts[random() % texts.size()];
      INFO(a << " " << b);
      const auto wanted = json::decimal::compare(a, b);
      CHECK((encode(FieldType::decimal, a) <=> encode(FieldType::decimal, b)) == wanted);
      if (wanted != 0) CHECK((encode(FieldType::number, a) < encode(FieldType::number, b)) == (wanted < 0));
    }
  }
}

TEST_CASE("storage: what is not of a type does not fit it", "[storage]") {
  for (const char* text : {"1.5", "9223372036854775808", "\"1\"", "true", "{}"})
    CHECK(encode(FieldType::integer, text) == "other");
  for (const char* text : {"\"2026-02-29\"", "\"2026-1-01\"", "\"2026-01-01T00:00:00Z\"", "\"26-01-01\"", "20260101"})
    CHECK(encode(FieldType::date, text) == "other");
  for (const char* text :
       {"\"2026-01-01\"", "\"2026-01-01T24:00:00Z\"", "\"2026-01-01T00:00:00\"", "\"2026-01-01 00:00:00Z\"",
        "\"2026-01-01T00:00:00.Z\"", "\"2026-01-01T00:00:00+1:00\"", "\"2026-01-01T00:00:00Zx\"", "\"\""})
    CHECK(encode(FieldType::timestamp, text) == "other");
  for (const char* text : {"\"1.\"", "\"abc\"", "\"\"", "\"1e99999\"", "true"})
    CHECK(encode(FieldType::decimal, text) == "other");
  CHECK(encode(FieldType::decimal, "\"" + std::string(65, '7') + "\"") == "other");
}

TEST_CASE("storage: ordered numbers keep their order and come back", "[storage]") {
  std::string before;
  for (const std::uint64_t n :
       {0ULL, 1ULL, 127ULL, 128ULL, 16383ULL, 16384ULL, 536870911ULL, 536870912ULL, 1ULL << 40, ~0ULL}) {
    std::string bytes;
    put_ordered_number(bytes, n);
    CHECK(bytes > before);
    Reader in(bytes);
    CHECK(in.ordered_number() == n);
    CHECK(in.ok());
    CHECK(in.rest().empty());
    before = bytes;
  }
}

TEST_CASE("storage: reading past the end of stored bytes is noticed, not done", "[storage]") {
  std::string bytes;
  put_number(bytes, 300);
  put_text(bytes, "hello");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Reader in(std::string_view(bytes).substr(0, cut));
    in.number();
    in.text();
    CHECK_FALSE(in.ok());
  }
  Reader endless(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11));
  endless.number();
  CHECK_FALSE(endless.ok());
}

TEST_CASE("storage: base64url comes back for every length", "[storage]") {
  std::string bytes;
  for (int n = 0; n < 40; ++n) {
    CHECK(from_base64url(to_base64url(bytes)) == bytes);
    bytes.push_back(static_cast<char>(n * 37));
  }
  CHECK_FALSE(from_base64url("a=b"));
}

TEST_CASE("storage: a value of an unknown format or key is data loss in words", "[storage]") {
  const auto read = payload_of(std::string_view("\x02\x00xyz", 5), "a stored document");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == socle::Code::data_loss);
  CHECK(read.error().message ==
        "a stored document has format 2, key 0, this version reads format 1, key 0: run the version that wrote it, or "
        "restore");
}

TEST_CASE("storage: collections are found by name, also where an earlier version kept the order of creation",
          "[storage]") {
  TenantSchema schema;
  for (const auto* name : {"z", "a", "m"}) {
    Collection collection;
    collection.name = name;
    collection.number = schema.next_collection++;
    schema.collections.push_back(std::move(collection));  // as encode() found them before they were sorted
  }
  auto read = TenantSchema::decode(schema.encode());
  REQUIRE(read);
  Collection late;
  late.name = "b";
  late.number = 9;
  read->add(std::move(late));
  for (const auto& [name, number] : std::map<std::string, std::uint64_t>{{"z", 1}, {"a", 2}, {"b", 9}, {"m", 3}}) {
    REQUIRE(read->find(name) != nullptr);
    CHECK(read->find(name)->number == number);
    CHECK(read->find(number)->name == name);
  }
  for (const auto* name : {"", "aa", "zz"}) CHECK(read->find(std::string_view(name)) == nullptr);
}

TEST_CASE("storage: times are printed in UTC with milliseconds", "[storage]") {
  CHECK(format_timestamp(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_timestamp(1'763'697'984'123) == "2025-11-21T04:06:24.123Z");
  CHECK(parse_timestamp(format_timestamp(1'763'697'984'123)) == 1'763'697'984'123'000'000);
}
