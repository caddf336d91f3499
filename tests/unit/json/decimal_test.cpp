#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "socle/json.hpp"

namespace decimal = socle::json::decimal;

TEST_CASE("json: only JSON's number grammar is a number", "[json]") {
  for (const char* text : {"0", "-0", "10", "1.5", "1e5", "1E+5", "-1.5e-05"}) CHECK(decimal::is_number(text));
  for (const char* text : {"", "-", "01", "+1", "1.", ".5", "1e", "1e+", "0x1", "1 ", " 1", "1a", "NaN", "--1"})
    CHECK_FALSE(decimal::is_number(text));
  CHECK(decimal::is_number(std::string(1000, '1') + "." + std::string(1000, '0')));
}

TEST_CASE("json: decimals compare by value", "[json]") {
  const std::string ascending[] = {"-1e999999999999999999999",
                                   "-12",
                                   "-1.5",
                                   "-1",
                                   "-1e-400",
                                   "0",
                                   "1e-999999999",
                                   "0.1",
                                   "0.1000000000000000000000001",
                                   "1",
                                   "9.99",
                                   "10",
                                   "1e2",
                                   "101",
                                   "123456789012345678901234567890",
                                   "1e400"};
  for (std::size_t i = 0; i < std::size(ascending); ++i)
    for (std::size_t j = 0; j < std::size(ascending); ++j)
      CHECK((decimal::compare(ascending[i], ascending[j]) == (i <=> j)));
  CHECK((decimal::compare("-0", "0.00e5") == 0));
  CHECK((decimal::compare("120e-1", "12") == 0));
  CHECK((decimal::compare("1e0000000000000000000000002", "100") == 0));
}

TEST_CASE("json: is_integer looks at the value", "[json]") {
  for (const char* text : {"0", "-0.0", "3.0", "30e-1", "1e400", "0e-9", "1.5e1"}) CHECK(decimal::is_integer(text));
  for (const char* text : {"0.5", "1e-1", "15e-1", "1e-999999999999"}) CHECK_FALSE(decimal::is_integer(text));
}

TEST_CASE("json: multiples are exact", "[json]") {
  CHECK(decimal::is_multiple("0.3", "0.1") == true);
  CHECK(decimal::is_multiple("0.0075", "0.0001") == true);
  CHECK(decimal::is_multiple("0.00751", "0.0001") == false);
  CHECK(decimal::is_multiple("1e308", "0.5") == true);
  CHECK(decimal::is_multiple("1e308", "0.123456789") == false);
  CHECK(decimal::is_multiple("0", "7") == true);
  CHECK(decimal::is_multiple("-9", "-3.0") == true);
  CHECK(decimal::is_multiple("7", "0") == std::nullopt);
  CHECK(decimal::is_multiple("7", "0.0e5") == std::nullopt);
  CHECK(decimal::is_multiple("12345678901234567890123456789012345678902", "2") == true);
  CHECK(decimal::is_multiple("1", "1e1") == false);
  CHECK(decimal::is_multiple("1e999999999", "7") == false);
  CHECK(decimal::is_multiple("7e999999999", "7") == true);
  CHECK(decimal::is_multiple("7", "1e999999999") == false);
}

TEST_CASE("json: multiples of a divisor beyond 64 bits", "[json]") {
  const std::string prime = "170141183460469231731687303715884105727";  // 2^127 - 1
  CHECK(decimal::is_multiple("340282366920938463463374607431768211454", prime) == true);
  CHECK(decimal::is_multiple("340282366920938463463374607431768211455", prime) == false);
  CHECK(decimal::is_multiple(prime + "e999999999", prime) == true);
  CHECK(decimal::is_multiple("1e999999999", prime) == false);
  // 2^100: 10^k is a multiple from k = 100 on.
  CHECK(decimal::is_multiple("1e99", "1267650600228229401496703205376") == false);
  CHECK(decimal::is_multiple("1e100", "1267650600228229401496703205376") == true);
  CHECK(decimal::is_multiple("1e999999999", "1267650600228229401496703205376") == true);
  CHECK(decimal::is_multiple(std::string(1001, '3'), prime) == std::nullopt);
  CHECK(decimal::is_multiple("1", std::string(1001, '3')) == std::nullopt);
}

TEST_CASE("json: integers are read if they fit", "[json]") {
  CHECK(decimal::to_int64("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(decimal::to_int64("-9223372036854775809") == std::nullopt);
  CHECK(decimal::to_int64("9223372036854775808") == std::nullopt);
  CHECK(decimal::to_int64("92233720368547758070e-1") == std::numeric_limits<std::int64_t>::max());
  CHECK(decimal::to_uint64("1.8446744073709551615e19") == std::numeric_limits<std::uint64_t>::max());
  CHECK(decimal::to_uint64("18446744073709551616") == std::nullopt);
  CHECK(decimal::to_uint64("99999999999999999999") == std::nullopt);
  CHECK(decimal::to_uint64("-0") == 0u);
  CHECK(decimal::to_uint64("1e999999999") == std::nullopt);
  CHECK(decimal::to_int64("1.5") == std::nullopt);
}

TEST_CASE("json: equal values have one canonical text", "[json]") {
  CHECK(decimal::canonical("-12.5e3") == "-125e2");
  CHECK(decimal::canonical("-12500") == "-125e2");
  CHECK(decimal::canonical("0.0075") == "75e-4");
  CHECK(decimal::canonical("-0.0e7") == "0");
  CHECK(decimal::canonical("42") == "42");
}

TEST_CASE("json: an exact number has 64 digits and a modest exponent", "[json]") {
  for (const char* text : {"0", "-0.00", "1234.50", "1e3", "1e29999", "-1e-30000", "0e99999999999"})
    CHECK(decimal::is_exact(text));
  for (const char* text :
       {"", "abc", "0010.10", "12,5", "1.", ".5", "+1", " 1", "1e30000", "1e-30002", "1e99999999999"})
    CHECK_FALSE(decimal::is_exact(text));
  CHECK(decimal::is_exact(std::string(64, '7')));
  CHECK_FALSE(decimal::is_exact(std::string(65, '7')));
  CHECK(decimal::is_exact("0." + std::string(100, '0') + "7" + std::string(100, '0')));
}
