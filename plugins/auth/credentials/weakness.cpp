#include "credentials/weakness.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "credentials/common_passwords.hpp"
#include "credentials/password.hpp"

namespace socle::auth {
namespace {

static_assert(std::is_sorted(common_passwords.begin(), common_passwords.end()));

// Keys beside each other, of the layouts in use in Europe and America, and the columns below the digits.
constexpr std::array<std::string_view, 16> key_rows{
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm",
    "wxcvbn",     "1qaz",       "2wsx",      "3edc",    "4rfv",       "5tgb",    "6yhn",       "7ujm"};

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

bool is_sign(char c) { return !is_letter_or_beyond(c) && std::isdigit(static_cast<unsigned char>(c)) == 0; }

template <class Cut>
std::string_view without_ends(std::string_view text, Cut cut) {
  while (!text.empty() && cut(text.front())) text.remove_prefix(1);
  while (!text.empty() && cut(text.back())) text.remove_suffix(1);
  return text;
}

// Without what stands around its letters.
std::string_view core_of(std::string_view text) {
  return without_ends(text, [](char c) { return !is_letter_or_beyond(c); });
}

// m0nk3y is monkey. A 1 is read as `one`.
std::string spelt_out(std::string_view text, char one) {
  constexpr std::string_view written = "034578@$!";
  constexpr std::string_view meant = "oeastbasi";
  std::string out(text);
  for (char& c : out) {
    const std::size_t at = written.find(c);
    c = c == '1' ? one : at == std::string_view::npos ? c : meant[at];
  }
  return out;
}

bool is_common(std::string_view text) {
  return std::binary_search(common_passwords.begin(), common_passwords.end(), text);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// 11111111, 12345678, abcdefgh, 87654321, abababab, passpass: each character follows from those before it.
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
  if (steps_by(1) || steps_by(-1)) return true;
  for (std::size_t period = 1; period <= std::max<std::size_t>(4, text.size() / 2); ++period)
    if (repeats(period)) return true;
  return false;
}

// How many characters at the front are one row of keys, read either way.
std::size_t keys_in_a_row(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string_view row : key_rows) {
    const std::size_t at = row.find(text.front());
    if (at == std::string_view::npos) continue;
    std::size_t on = 1;
    while (on < text.size() && at + on < row.size() && row[at + on] == text[on]) ++on;
    std::size_t back = 1;
    while (back < text.size() && back <= at && row[at - back] == text[back]) ++back;
    longest = std::max({longest, on, back});
  }
  return longest;
}

// qwertasdfg, 123qwe456, asdfjkl!: nothing but pieces of rows, three keys or more each.
bool is_on_the_keyboard(std::string_view text) {
  text = without_ends(text, is_sign);
  if (text.empty()) return false;
  while (!text.empty()) {
    const std::size_t piece = keys_in_a_row(text);
    if (piece < 3) return false;
    text.remove_prefix(piece);
  }
  return true;
}

// 31.12.1999, 19991231, 20252026, 31-12-99: eight digits with a year first or last, or no more than six.
bool is_date(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      digits.push_back(c);
    } else if (std::string_view(" -./:").find(c) == std::string_view::npos) {
      return false;
    }
  }
  const auto year_at = [&digits](std::size_t at) {
    return digits.compare(at, 2, "19") == 0 || digits.compare(at, 2, "20") == 0;
  };
  return digits.size() <= 6 || (digits.size() == 8 && (year_at(0) || year_at(4)));
}

}  // namespace

std::optional<std::string> weakness(std::string_view password, std::string_view username, std::string_view tenant,
                                    std::size_t least) {
  if (characters(password) < least)
    return "it has fewer than " + std::to_string(least) + " characters; a few words in a row are easy to keep in mind";
  if (password.size() > max_password) return "it is longer than 1,024 bytes";
  const std::string lower = lowered(password);
  if (is_run(lower) || is_on_the_keyboard(lower)) return "it follows a simple pattern";
  if (is_date(lower)) return "it is a date or a short number";
  const std::string_view core = core_of(lower);
  if (is_common(lower) || is_common(core) || is_common(spelt_out(core, 'i')) || is_common(spelt_out(core, 'l')))
    return "it is among the first that are guessed";
  for (const std::string_view name : {username, tenant}) {
    if (name.empty()) continue;
    const std::string own = lowered(name);
    if (lower == own || core == core_of(own) || lower == own + own) return "it is made of a name that everybody knows";
  }
  return std::nullopt;
}

}  // namespace socle::auth
