// components.hpp: validators that a model names: check digits and the like, which no schema can say. A component judges
// one text. Pure; any thread.
//
//   logic: {idNumber: {validate: {use: cn_resident_id, when: "nationality == 'CN'"}}}
#pragma once

#include <span>
#include <string_view>

#include "model/words.hpp"

namespace socle::forms {

struct Component {
  std::string_view name;
  bool (*holds)(std::string_view text);
  std::string_view en, zh;  // what is wrong when it does not
  std::string_view describe;
};

// By name:
//   luhn             the last digit of at least two, ISO/IEC 7812-1 (cards)
//   iban             ISO 13616, check digits by ISO 7064 MOD 97-10; blanks between groups do not matter
//   mod11_2          ISO 7064 MOD 11-2, the last character 0-9 or X (ORCID, ISNI)
//   cn_resident_id   GB 11643: 17 digits with a date of birth, and a MOD 11-2 character
//   cn_credit_code   GB 32100: 18 characters of an organisation, weighted mod 31
//   gtin             GS1: 8, 12, 13 or 14 digits (EAN, UPC)
//   isbn             ISO 2108: 10 or 13 characters; hyphens do not matter
[[nodiscard]] std::span<const Component> components();
[[nodiscard]] const Component* component(std::string_view name);

}  // namespace socle::forms
