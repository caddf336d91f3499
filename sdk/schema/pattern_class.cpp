// pattern_class.cpp: character classes, character escapes and Unicode properties of ECMA-262 patterns.
#include <algorithm>
#include <array>

#include "pattern_parser.hpp"
#include "utf8.hpp"

namespace socle::schema {

namespace {
CharSet one(char32_t point) { return {{{point, point}}, {}, false}; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
}  // namespace

CharSet PatternParser::char_class() {
  CharSet set;
  set.negated = take('^');
  while (!failed()) {
    if (at_ >= text_.size()) {
      fail("unclosed character class");
      break;
    }
    if (take(']')) break;
    bool single = true;
    const CharSet first = class_atom(single);
    if (failed()) break;
    if (looking_at('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
      ++at_;
      bool last_single = true;
      const CharSet last = class_atom(last_single);
      if (failed()) break;
      if (single && last_single && !first.ranges.empty() && !last.ranges.empty()) {
        if (first.ranges[0].first > last.ranges[0].first) fail("a range in a character class is out of order");
        set.add(first.ranges[0].first, last.ranges[0].first);
        continue;
      }
      if (syntax_ == PatternSyntax::strict) fail("a class like \\d cannot be the end of a range");
      set.add(first);
      set.add('-', '-');
      set.add(last);
    } else {
      set.add(first);
    }
  }
  return set;
}

CharSet PatternParser::class_atom(bool& single) {
  if (take('\\')) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    single = std::string_view("dDwWsSpP").find(c) == std::string_view::npos;
    return escaped_set(true);
  }
  return one(next_code_point(text_, at_));
}

CharSet PatternParser::escaped_set(bool in_class) {
  if (at_ >= text_.size()) {
    fail("the pattern ends in '\\'");
    return {};
  }
  const char c = text_[at_];
  const auto inverse = [](CharSet set) {
    set.complement();
    return set;
  };
  const auto take_set = [&](CharSet set) {
    ++at_;
    return set;
  };
  switch (c) {
    case 'd': return take_set(CharSet::digits());
    case 'D': return take_set(inverse(CharSet::digits()));
    case 'w': return take_set(CharSet::word());
    case 'W': return take_set(inverse(CharSet::word()));
    case 's': return take_set(CharSet::space());
    case 'S': return take_set(inverse(CharSet::space()));
    case 'p':
    case 'P': ++at_; return property(c == 'P');
    case 't': return take_set(one('\t'));
    case 'n': return take_set(one('\n'));
    case 'v': return take_set(one('\v'));
    case 'f': return take_set(one('\f'));
    case 'r': return take_set(one('\r'));
    case 'b':
      if (in_class) return take_set(one('\b'));
      break;
    case '0':
      ++at_;
      if (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') fail("octal escapes do not exist");
      return one(0);
    case 'c':
      if (at_ + 1 < text_.size() && is_letter(text_[at_ + 1])) {
        at_ += 2;
        return one(static_cast<char32_t>(text_[at_ - 1] & 0x1F));
      }
      fail("\\c must be followed by a letter");
      return {};
    case 'x': ++at_; return one(hex(2));
    case 'u': {
      ++at_;
      const char32_t point = unicode_escape();
      // A lone surrogate never occurs in UTF-8.
      return point >= 0xD800 && point <= 0xDFFF ? CharSet{} : one(point);
    }
    default: break;
  }
  const bool syntax_character = std::string_view("^$\\.*+?()[]{}|/").find(c) != std::string_view::npos;
  const bool lenient = syntax_ == PatternSyntax::lenient && !is_letter(c) && !(c >= '0' && c <= '9');
  if (syntax_character || (in_class && c == '-') || lenient) return one(next_code_point(text_, at_));
  fail("'\\" + std::string(1, c) + "' is no escape of ECMA-262");
  return {};
}

char32_t PatternParser::hex(std::size_t digits) {
  char32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = at_ < text_.size() ? hex_value(text_[at_]) : -1;
    if (digit < 0) {
      fail("an escape needs " + std::to_string(digits) + " hexadecimal digits");
      return 0;
    }
    value = value * 16 + static_cast<char32_t>(digit);
    ++at_;
  }
  return value;
}

char32_t PatternParser::unicode_escape() {
  if (take('{')) {
    char32_t value = 0;
    std::size_t digits = 0;
    for (; at_ < text_.size() && hex_value(text_[at_]) >= 0; ++at_, ++digits)
      value = std::min<char32_t>(value * 16 + static_cast<char32_t>(hex_value(text_[at_])), 0x110000);
    if (digits == 0 || value > 0x10FFFF || !take('}')) fail("\\u{...} must hold a code point up to 10FFFF");
    return value;
  }
  const char32_t high = hex(4);
  if (failed() || high < 0xD800 || high > 0xDBFF || !looking_at("\\u")) return high;
  const std::size_t back = at_;
  at_ += 2;
  const char32_t low = looking_at('{') ? 0 : hex(4);
  if (low >= 0xDC00 && low <= 0xDFFF) return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  at_ = back;
  if (failed()) error_.clear();  // the digits behind are judged again as an escape of their own
  return high;
}

CharSet PatternParser::property(bool negated) {
  const auto close = text_.find('}', at_);
  if (!looking_at('{') || close == std::string_view::npos) {
    fail("\\p must be followed by {property}");
    return {};
  }
  const std::string_view expression = text_.substr(at_ + 1, close - at_ - 1);
  const std::string name = property_name(expression);
  if (name.empty()) {
    fail("\\p{" + std::string(expression) + "} is no property of ECMA-262");
    return {};
  }
  at_ = close + 1;
  CharSet set;
  set.properties.push_back({name, negated});
  return set;
}

std::string property_name(std::string_view expression) {
  using Pair = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Pair, 39> categories{{{"Cased_Letter", "L&"},
                                                    {"Close_Punctuation", "Pe"},
                                                    {"Connector_Punctuation", "Pc"},
                                                    {"Control", "Cc"},
                                                    {"cntrl", "Cc"},
                                                    {"Currency_Symbol", "Sc"},
                                                    {"Dash_Punctuation", "Pd"},
                                                    {"Decimal_Number", "Nd"},
                                                    {"digit", "Nd"},
                                                    {"Enclosing_Mark", "Me"},
                                                    {"Final_Punctuation", "Pf"},
                                                    {"Format", "Cf"},
                                                    {"Initial_Punctuation", "Pi"},
                                                    {"Letter", "L"},
                                                    {"Letter_Number", "Nl"},
                                                    {"Line_Separator", "Zl"},
                                                    {"Lowercase_Letter", "Ll"},
                                                    {"Mark", "M"},
                                                    {"Combining_Mark", "M"},
                                                    {"Math_Symbol", "Sm"},
                                                    {"Modifier_Letter", "Lm"},
                                                    {"Modifier_Symbol", "Sk"},
                                                    {"Nonspacing_Mark", "Mn"},
                                                    {"Number", "N"},
                                                    {"Open_Punctuation", "Ps"},
                                                    {"Other", "C"},
                                                    {"Other_Letter", "Lo"},
                                                    {"Other_Number", "No"},
                                                    {"Other_Punctuation", "Po"},
                                                    {"Other_Symbol", "So"},
                                                    {"Paragraph_Separator", "Zp"},
                                                    {"Private_Use", "Co"},
                                                    {"Punctuation", "P"},
                                                    {"punct", "P"},
                                                    {"Separator", "Z"},
                                                    {"Space_Separator", "Zs"},
                                                    {"Spacing_Mark", "Mc"},
                                                    {"Symbol", "S"},
                                                    {"Titlecase_Letter", "Lt"}}};
  static constexpr std::string_view short_names =
      " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cs Cn ";
  const auto category = [&](std::string_view value) -> std::string {
    if (value == "Uppercase_Letter") return "Lu";
    if (value == "LC") return "L&";
    if (value == "Surrogate") return "Cs";
    if (value == "Unassigned") return "Cn";
    for (const auto& [name, code] : categories)
      if (name == value) return std::string(code);
    if (value.size() <= 2 && short_names.find(" " + std::string(value) + " ") != std::string_view::npos)
      return std::string(value);
    return {};
  };
  const auto plain = [](std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(),
                                        [](char c) { return is_letter(c) || c == '_' || (c >= '0' && c <= '9'); });
  };
  const auto equals = expression.find('=');
  if (equals == std::string_view::npos) {
    if (auto code = category(expression); !code.empty()) return code;
    // Binary properties; a script needs its prefix, so a name that PCRE2 knows only as a script is refused there.
    return plain(expression) ? "bp:" + std::string(expression) : std::string{};
  }
  const auto name = expression.substr(0, equals);
  const auto value = expression.substr(equals + 1);
  if (name == "General_Category" || name == "gc") return category(value);
  if (!plain(value)) return {};
  if (name == "Script" || name == "sc") return "sc:" + std::string(value);
  if (name == "Script_Extensions" || name == "scx") return "scx:" + std::string(value);
  return {};
}

}  // namespace socle::schema
