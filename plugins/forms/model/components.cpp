// components.cpp: see the header.
#include "model/components.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace socle::forms {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
int digit(char c) { return c - '0'; }
bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

std::string without(std::string_view text, char separator) {
  std::string out(text);
  std::erase(out, separator);
  return out;
}

bool luhn(std::string_view text) {
  if (text.size() < 2 || !all_digits(text)) return false;
  int sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int d = digit(text[text.size() - 1 - i]) * (i % 2 == 1 ? 2 : 1);
    sum += d > 9 ? d - 9 : d;
  }
  return sum % 10 == 0;
}

// The first four characters are moved to the end, letters count from 10; the number is 1 modulo 97.
bool iban(std::string_view given) {
  const std::string text = without(given, ' ');
  if (text.size() < 15 || text.size() > 34) return false;
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!upper(text[0]) || !upper(text[1]) || !is_digit(text[2]) || !is_digit(text[3])) return false;
  int rest = 0;
  for (const char c : text.substr(4) + text.substr(0, 4)) {
    if (!is_digit(c) && !upper(c)) return false;
    rest = is_digit(c) ? (rest * 10 + digit(c)) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
  }
  return rest == 1;
}

bool mod11_2(std::string_view given) {
  const std::string text = without(given, '-');
  if (text.size() < 2 || !all_digits(std::string_view(text).substr(0, text.size() - 1))) return false;
  int sum = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) sum = (sum + digit(text[i])) * 2 % 11;
  const int check = (12 - sum) % 11;
  return text.back() == (check == 10 ? 'X' : static_cast<char>('0' + check));
}

bool cn_resident_id(std::string_view text) {
  if (text.size() != 18 || !all_digits(text.substr(0, 17)) || !mod11_2(text)) return false;
  const auto number = [&](std::size_t from, std::size_t size) {
    unsigned out = 0;
    for (const char c : text.substr(from, size)) out = out * 10 + static_cast<unsigned>(digit(c));
    return out;
  };
  const std::chrono::year_month_day born{std::chrono::year(static_cast<int>(number(6, 4))),
                                         std::chrono::month(number(10, 2)), std::chrono::day(number(12, 2))};
  return born.ok() && number(6, 4) >= 1800;
}

bool cn_credit_code(std::string_view text) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  constexpr std::array weights{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  if (text.size() != 18) return false;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < 18; ++i) {
    const auto at = alphabet.find(text[i]);
    if (at == std::string_view::npos) return false;
    if (i < 17) sum += at * static_cast<std::size_t>(weights[i]);
  }
  return text[17] == alphabet[(31 - sum % 31) % 31];
}

bool gtin(std::string_view text) {
  if (!all_digits(text) || (text.size() != 8 && text.size() != 12 && text.size() != 13 && text.size() != 14))
    return false;
  int sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) sum += digit(text[text.size() - 1 - i]) * (i % 2 == 1 ? 3 : 1);
  return sum % 10 == 0;
}

bool isbn(std::string_view given) {
  const std::string text = without(given, '-');
  if (text.size() == 13) return gtin(text) && (text.starts_with("978") || text.starts_with("979"));
  if (text.size() != 10 || !all_digits(std::string_view(text).substr(0, 9))) return false;
  if (!is_digit(text[9]) && text[9] != 'X') return false;
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    sum += (10 - i) * (c == 'X' ? 10 : digit(c));
  }
  return sum % 11 == 0;
}

constexpr std::array table{
    Component{"cn_credit_code", cn_credit_code, "is no unified social credit code: a character is wrong",
              "统一社会信用代码有误", "GB 32100"},
    Component{"cn_resident_id", cn_resident_id, "is no resident identity number: a digit is wrong",
              "居民身份证号码有误", "GB 11643"},
    Component{"gtin", gtin, "is no article number: a digit is wrong", "商品条码有误", "GS1: EAN, UPC"},
    Component{"iban", iban, "is no IBAN: a character is wrong", "IBAN 有误", "ISO 13616"},
    Component{"isbn", isbn, "is no ISBN: a character is wrong", "ISBN 有误", "ISO 2108"},
    Component{"luhn", luhn, "has a wrong digit", "校验位有误", "ISO/IEC 7812-1"},
    Component{"mod11_2", mod11_2, "has a wrong character", "校验位有误", "ISO 7064 MOD 11-2"},
};

}  // namespace

std::span<const Component> components() { return table; }

const Component* component(std::string_view name) {
  const auto* at = std::find_if(table.begin(), table.end(), [name](const Component& c) { return c.name == name; });
  return at == table.end() ? nullptr : at;
}

}  // namespace socle::forms
