#include "credentials/weakness.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "credentials/password.hpp"

namespace socle::auth {
namespace {

// What people begin with; digits and signs around these change nothing for a guesser.
constexpr std::array<std::string_view, 44> words{
    "password",   "passwort", "passw0rd",  "p@ssw0rd", "admin",    "administrator", "root",     "user",     "welcome",
    "letmein",    "login",    "secret",    "changeme", "default",  "guest",         "test",     "testing",  "qwerty",
    "qwertyuiop", "asdfgh",   "asdfghjkl", "zxcvbn",   "zxcvbnm",  "qazwsx",        "1q2w3e4r", "abc",      "abcdef",
    "iloveyou",   "monkey",   "dragon",    "football", "baseball", "superman",      "batman",   "sunshine", "princess",
    "shadow",     "master",   "trustno1",  "whatever", "starwars", "computer",      "internet", "socle"};

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_letter_or_beyond(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalpha(byte) != 0;
}

// Without what stands around its letters.
std::string_view core_of(std::string_view text) {
  while (!text.empty() && !is_letter_or_beyond(text.front())) text.remove_prefix(1);
  while (!text.empty() && !is_letter_or_beyond(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// 11111111, 12345678, abcdefgh, 87654321, abababab: each character follows from the one or two before it.
bool is_run(std::string_view text) {
  const auto steps_by = [text](int step) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      const bool wraps = text[i - 1] == '9' && text[i] == '0';
      if (text[i] - text[i - 1] != step && !(step == 1 && wraps)) return false;
    }
    return true;
  };
  const auto repeats = [text](std::size_t period) {
    for (std::size_t i = period; i < text.size(); ++i)
      if (text[i] != text[i - period]) return false;
    return true;
  };
  return steps_by(1) || steps_by(-1) || repeats(1) || repeats(2) || repeats(3) || repeats(4);
}

}  // namespace

std::optional<std::string> weakness(std::string_view password, std::string_view username, std::string_view tenant,
                                    std::size_t least) {
  if (characters(password) < least)
    return "it has fewer than " + std::to_string(least) + " characters; a few words in a row are easy to keep in mind";
  if (password.size() > max_password) return "it is longer than 1,024 bytes";
  const std::string lower = lowered(password);
  if (is_run(lower)) return "it follows a simple pattern";
  const std::string_view core = core_of(lower);
  for (const std::string_view word : words) {
    if (lower == word || core == word) return "it is among the first that are guessed";
  }
  for (const std::string_view name : {username, tenant}) {
    if (name.empty()) continue;
    const std::string own = lowered(name);
    if (lower == own || core == core_of(own) || lower == own + own) return "it is made of a name that everybody knows";
  }
  return std::nullopt;
}

}  // namespace socle::auth
