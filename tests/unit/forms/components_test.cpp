// Known good numbers hold, and no other last character does; what a single wrong or swapped digit is found by.
#include <catch2/catch.hpp>

#include <string>

#include "model/components.hpp"

using namespace socle::forms;

TEST_CASE("forms: components know check digits", "[forms]") {
  const std::pair<const char*, const char*> good[] = {
      {"luhn", "79927398713"},
      {"luhn", "4111111111111111"},
      {"iban", "GB82WEST12345698765432"},
      {"iban", "DE89 3704 0044 0532 0130 00"},
      {"mod11_2", "0000-0002-1825-0097"},
      {"mod11_2", "000000021694233X"},
      {"cn_resident_id", "11010519491231002X"},
      {"cn_credit_code", "91350100M000100Y43"},
      {"gtin", "4006381333931"},
      {"gtin", "96385074"},
      {"gtin", "036000291452"},
      {"isbn", "0-306-40615-2"},
      {"isbn", "978-0-306-40615-7"},
      {"isbn", "080442957X"},
  };
  for (const auto& [name, text] : good) {
    INFO(name << " " << text);
    const auto* one = component(name);
    REQUIRE(one != nullptr);
    CHECK(one->holds(text));
    for (const char last : std::string("0123456789XY")) {
      std::string other(text);
      if (last == other.back()) continue;
      other.back() = last;
      CHECK_FALSE(one->holds(other));
    }
    std::string swapped(text);
    for (std::size_t i = 0; i + 1 < swapped.size(); ++i) {
      if (swapped[i] == swapped[i + 1] || swapped[i] < '0' || swapped[i] > '9' || swapped[i + 1] < '0' ||
          swapped[i + 1] > '9')
        continue;
      std::swap(swapped[i], swapped[i + 1]);
      // Luhn does not see 09 and 90; the weights 1 and 3 of articles do not see digits that differ by five.
      const int apart = std::abs(swapped[i] - swapped[i + 1]);
      const bool blind = (std::string_view(name) == "luhn" && apart == 9) ||
                         ((std::string_view(name) == "gtin" || std::string_view(name) == "isbn") && apart == 5);
      if (!blind) CHECK_FALSE(one->holds(swapped));
      std::swap(swapped[i], swapped[i + 1]);
    }
  }
  for (const auto& one : components())
    for (const char* bad : {"", "x", "0", "-", "                  ", "99999999999999999X", "\xff\xff"})
      CHECK_FALSE(one.holds(bad));
  CHECK(component("luhm") == nullptr);
  CHECK_FALSE(component("cn_resident_id")->holds("110105194913310021"));  // there is no thirteenth month
}
