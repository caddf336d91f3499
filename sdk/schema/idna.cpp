// idna.cpp: internationalised host names by IDNA2008: Punycode (RFC 3492), code points (RFC 5892), contextual rules
// (its appendix A), Bidi (RFC 5893). Unicode properties come from PCRE2, compiled at first use. Any thread.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "format.hpp"
#include "idna_tables.hpp"
#include "punycode.hpp"
#include "utf8.hpp"

namespace socle::schema {

namespace {

// The set of code points that a class of PCRE2 matches.
class Property {
 public:
  explicit Property(const char* expression) {
    int error = 0;
    PCRE2_SIZE at = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression), PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_ANCHORED,
                          &error, &at, nullptr);
  }
  ~Property() { pcre2_code_free(code_); }
  Property(const Property&) = delete;
  Property& operator=(const Property&) = delete;

  [[nodiscard]] bool has(char32_t point) const {
    std::string text;
    append_utf8(text, point);
    pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
    const bool found = code_ != nullptr && pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                                       0, data, nullptr) >= 0;
    pcre2_match_data_free(data);
    return found;
  }

 private:
  pcre2_code* code_ = nullptr;
};

struct Properties {
  Property letter_digit{"[\\p{Ll}\\p{Lo}\\p{Nd}\\p{Lm}\\p{Mn}\\p{Mc}\\x{13A0}-\\x{13F5}]"};
  Property mark{"\\p{M}"};
  Property transparent{"[\\p{Mn}\\p{Me}\\p{Cf}]"};
  Property greek{"\\p{sc:Greek}"};
  Property hebrew{"\\p{sc:Hebrew}"};
  Property kana_or_han{"[\\p{sc:Hiragana}\\p{sc:Katakana}\\p{sc:Han}]"};
  Property right{"[\\p{bc:R}\\p{bc:AL}]"};
  Property left{"\\p{bc:L}"};
  Property european{"\\p{bc:EN}"};
  Property arabic_number{"\\p{bc:AN}"};
  Property neutral{"[\\p{bc:ES}\\p{bc:CS}\\p{bc:ET}\\p{bc:ON}\\p{bc:BN}]"};
  Property nonspacing{"\\p{bc:NSM}"};
};

const Properties& properties() {
  static const Properties all;
  return all;
}

template <class Table>
bool in(const Table& table, char32_t point) {
  return std::any_of(table.begin(), table.end(),
                     [&](const idna::Range& range) { return range.first <= point && point <= range.second; });
}

bool is_arabic_digit(char32_t p) { return p >= 0x660 && p <= 0x669; }
bool is_extended_digit(char32_t p) { return p >= 0x6F0 && p <= 0x6F9; }

// PVALID, or one of the contextual code points.
bool is_permitted(char32_t p) {
  if (p < 0x80) return p == '-' || (p >= '0' && p <= '9') || (p >= 'a' && p <= 'z');
  static constexpr std::u32string_view allowed =
      U"\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007\u00B7\u0375\u05F3\u05F4\u30FB\u200C\u200D";
  static constexpr std::u32string_view refused = U"\u0640\u07FA\u302E\u302F\u3031\u3032\u3033\u3034\u3035\u303B";
  if (allowed.find(p) != std::u32string_view::npos) return true;
  if (refused.find(p) != std::u32string_view::npos || in(idna::excluded, p)) return false;
  return properties().letter_digit.has(p);
}

// RFC 5892 A.1: a joining letter, transparent ones, the non-joiner, transparent ones, a joining letter.
bool joins_around(const std::u32string& label, std::size_t at) {
  std::size_t left = at;
  while (left > 0 && properties().transparent.has(label[left - 1])) --left;
  std::size_t right = at + 1;
  while (right < label.size() && properties().transparent.has(label[right])) ++right;
  return left > 0 && right < label.size() && in(idna::joins_both, label[left - 1]) &&
         (in(idna::joins_both, label[right]) || in(idna::joins_right, label[right])) && label[right] != 0xA872;
}

bool context_holds(const std::u32string& label, std::size_t at) {
  const char32_t before = at > 0 ? label[at - 1] : 0;
  const char32_t after = at + 1 < label.size() ? label[at + 1] : 0;
  const char32_t p = label[at];
  switch (p) {
    case 0x200C: return (before != 0 && in(idna::viramas, before)) || joins_around(label, at);
    case 0x200D: return before != 0 && in(idna::viramas, before);
    case 0xB7: return before == 'l' && after == 'l';
    case 0x375: return after != 0 && properties().greek.has(after);
    case 0x5F3:
    case 0x5F4: return before != 0 && properties().hebrew.has(before);
    case 0x30FB:
      return std::any_of(label.begin(), label.end(),
                         [](char32_t c) { return c != 0x30FB && properties().kana_or_han.has(c); });
    default: break;
  }
  if (is_arabic_digit(p)) return std::none_of(label.begin(), label.end(), is_extended_digit);
  if (is_extended_digit(p)) return std::none_of(label.begin(), label.end(), is_arabic_digit);
  return true;
}

bool has_right_to_left(const std::u32string& label) {
  return std::any_of(label.begin(), label.end(), [](char32_t p) {
    return p >= 0x80 && (properties().right.has(p) || properties().arabic_number.has(p));
  });
}

// RFC 5893 section 2, for a label of a name that has a right-to-left one.
bool bidi_holds(const std::u32string& label) {
  const auto& is = properties();
  std::size_t last = label.size();
  while (last > 0 && is.nonspacing.has(label[last - 1])) --last;
  if (last == 0) return false;
  const char32_t end = label[last - 1];
  if (is.right.has(label[0])) {
    bool european = false;
    bool arabic = false;
    for (const char32_t p : label) {
      european |= is.european.has(p);
      arabic |= is.arabic_number.has(p);
      if (is.left.has(p)) return false;
    }
    return !(european && arabic) && (is.right.has(end) || is.european.has(end) || is.arabic_number.has(end));
  }
  if (!is.left.has(label[0])) return false;
  for (const char32_t p : label)
    if (is.right.has(p) || is.arabic_number.has(p)) return false;
  return is.left.has(end) || is.european.has(end);
}

bool is_u_label(const std::u32string& label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  if (label.size() >= 4 && label[2] == '-' && label[3] == '-') return false;
  if (properties().mark.has(label.front())) return false;
  for (std::size_t i = 0; i < label.size(); ++i)
    if (!is_permitted(label[i]) || !context_holds(label, i)) return false;
  return true;
}

bool is_prefixed(std::string_view label) {
  return label.size() >= 4 && (label[0] | 32) == 'x' && (label[1] | 32) == 'n' && label[2] == '-' && label[3] == '-';
}

// The U-label behind an A-label, if it is one.
std::optional<std::u32string> decode_label(std::string_view label) {
  std::string lower(label.substr(4));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
  auto decoded = punycode_decode(lower);
  if (!decoded || std::all_of(decoded->begin(), decoded->end(), [](char32_t p) { return p < 0x80; }))
    return std::nullopt;
  if (punycode_encode(*decoded) != lower || !is_u_label(*decoded)) return std::nullopt;
  return decoded;
}

bool is_plain_label(std::string_view label) {
  const auto good = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), good) && !(label.size() >= 4 && label[2] == '-' && label[3] == '-');
}

}  // namespace

bool is_a_label(std::string_view label) {
  const auto decoded = label.size() <= 63 ? decode_label(label) : std::nullopt;
  return decoded && (!has_right_to_left(*decoded) || bidi_holds(*decoded));
}

bool is_idn_hostname(std::string_view text) {
  if (text.empty() || text.size() > 1024) return false;
  std::vector<std::u32string> labels(1);
  for (const char32_t p : to_code_points(text)) {
    if (p == '.' || p == 0x3002 || p == 0xFF0E || p == 0xFF61)
      labels.emplace_back();
    else
      labels.back().push_back(p);
  }
  std::size_t length = labels.size() - 1;
  bool bidi = false;
  for (std::u32string& label : labels) {
    if (std::all_of(label.begin(), label.end(), [](char32_t p) { return p < 0x80; })) {
      const std::string plain(label.begin(), label.end());
      length += plain.size();
      if (is_prefixed(plain)) {
        const auto decoded = plain.size() <= 63 ? decode_label(plain) : std::nullopt;
        if (!decoded) return false;
        label = *decoded;
      } else if (!is_plain_label(plain)) {
        return false;
      }
    } else {
      const std::size_t encoded = 4 + punycode_encode(label).size();
      length += encoded;
      if (encoded > 63 || !is_u_label(label)) return false;
    }
    bidi |= has_right_to_left(label);
  }
  return length <= 253 && (!bidi || std::all_of(labels.begin(), labels.end(), bidi_holds));
}

}  // namespace socle::schema
