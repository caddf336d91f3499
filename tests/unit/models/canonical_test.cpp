// canonical_test.cpp: one text for one meaning.
#include <catch2/catch.hpp>

#include "socle/json/document.hpp"
#include "version/canonical.hpp"

using namespace socle;

namespace {
std::string canonical(std::string_view text) { return models::canonical_text(json::Document::parse(text)->root()); }
}  // namespace

TEST_CASE("canonical: the example of RFC 8785", "[models]") {
  CHECK(canonical(R"({"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]})") ==
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
        "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST_CASE("canonical: members are sorted by UTF-16", "[models]") {
  CHECK(canonical(
            "{\"\xef\xac\xb3\":1,\"\xf0\x9f\x98\x82\":2,\"\xc3\xb6\":3,\"1\":4,\"\\r\":5,\"\xe2\x82\xac\":6,\"\":7}") ==
        "{\"\":7,\"\\r\":5,\"1\":4,\"\xc3\xb6\":3,\"\xe2\x82\xac\":6,\"\xf0\x9f\x98\x82\":2,\"\xef\xac\xb3\":1}");
}

TEST_CASE("canonical: numbers are by value, exact ones keep their digits", "[models]") {
  CHECK(canonical("[1, 1.0, 10e-1, -0, 100000, 1e21, 1e20, 123456.789, 1e-7, 0.000001]") ==
        "[1,1,1,0,100000,1e+21,100000000000000000000,123456.789,1e-7,0.000001]");
  CHECK(canonical("[12345678901234567891]") == canonical("[1234567890123456789.1e1]"));
  CHECK(canonical("[12345678901234567891]") != canonical("[12345678901234567892]"));
  CHECK(canonical("[1e400]") == canonical("[10e399]"));
}

TEST_CASE("canonical: the hash is SHA-256", "[models]") {
  CHECK(models::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
