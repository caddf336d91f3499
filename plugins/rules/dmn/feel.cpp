// feel.cpp: a recursive descent over FEEL's text that writes CEL as it goes. Names are matched longest first, because
// they may hold spaces and even operators. Longer than most files because the productions call one another and share
// one cursor.
#include "dmn/feel.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "zen/number.hpp"
#include "zen/translate.hpp"

namespace socle::rules::dmn {
namespace {

constexpr int max_depth = 40;

struct Known {
  std::string_view name;
  std::string_view cel;
  std::size_t least;
  std::size_t most;
};
constexpr std::array<Known, 24> functions{{
    {"date and time", "timestamp", 1, 1},
    {"date", "date", 1, 1},
    {"duration", "", 1, 1},
    {"not", "!zen.truth", 1, 1},
    {"contains", "zen.contains", 2, 2},
    {"starts with", "zen.startsWith", 2, 2},
    {"ends with", "zen.endsWith", 2, 2},
    {"matches", "zen.matches", 2, 2},
    {"upper case", "zen.upper", 1, 1},
    {"lower case", "zen.lower", 1, 1},
    {"string length", "zen.len", 1, 1},
    {"list contains", "zen.contains", 2, 2},
    {"count", "zen.len", 1, 1},
    {"sum", "zen.sum", 1, 1},
    {"mean", "zen.avg", 1, 1},
    {"min", "zen.min", 1, 1},
    {"max", "zen.max", 1, 1},
    {"floor", "zen.floor", 1, 1},
    {"ceiling", "zen.ceil", 1, 1},
    {"abs", "zen.abs", 1, 1},
    {"modulo", "zen.modulo", 2, 2},
    {"decimal", "zen.round", 2, 2},
    {"number", "zen.number", 1, 1},
    {"string", "zen.string", 1, 1},
}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Feel {
 public:
  Feel(std::string_view text, const Names& names) : text_(text), names_(names) {
    std::stable_sort(names_.begin(), names_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  }

  Result<std::string> whole() {
    auto out = expression();
    if (out && !at_end()) return fail("the end");
    return out;
  }

  Result<std::string> cell() {
    space();
    if (at_end() || (peek() == '-' && text_.substr(at_ + 1).find_first_not_of(" \t\r\n") == std::string_view::npos))
      return std::string("-");
    if (word("not") && after_word() == '(') {
      at_ = text_.find('(', at_) + 1;
      auto inside = tests(')');
      if (!inside) return inside;
      if (!take(")") || !at_end()) return fail("')' and the end");
      return "not(" + *inside + ")";
    }
    auto out = tests('\0');
    if (out && !at_end()) return fail("',' or the end");
    return out;
  }

  Result<std::vector<std::string>> values() {
    std::vector<std::string> out;
    space();
    while (!at_end()) {
      auto one = expression();
      if (!one) return std::move(one).error();
      out.push_back(*std::move(one));
      if (!take(",") && !at_end()) return fail("','").error();
    }
    return out;
  }

 private:
  void space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool at_end() {
    space();
    return at_ >= text_.size();
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool starts(std::string_view token) {
    space();
    return text_.substr(at_, token.size()) == token;
  }
  bool take(std::string_view token) {
    if (!starts(token)) return false;
    at_ += token.size();
    return true;
  }
  bool word(std::string_view token) {
    space();
    const auto end = at_ + token.size();
    return text_.substr(at_, token.size()) == token &&
           (end >= text_.size() || (!is_letter(text_[end]) && !is_digit(text_[end])));
  }
  bool take_word(std::string_view token) {
    if (!word(token)) return false;
    at_ += token.size();
    return true;
  }
  char after_word() {
    auto i = at_;
    while (i < text_.size() && is_letter(text_[i])) ++i;
    while (i < text_.size() && text_[i] == ' ') ++i;
    return i < text_.size() ? text_[i] : '\0';
  }
  Result<std::string> fail(std::string_view wanted) {
    space();
    return Error{Code::invalid, "1:" + std::to_string(at_ + 1) + ": wanted " + std::string(wanted) + ", found " +
                                    (at_ >= text_.size() ? "the end" : "'" + std::string(text_.substr(at_, 12)) + "'")};
  }

  Result<std::string> tests(char until) {
    std::string out;
    do {
      auto one = test();
      if (!one) return one;
      out += (out.empty() ? "" : ", ") + *one;
      space();
    } while (peek() != until && take(","));
    return out;
  }
  Result<std::string> test() {
    space();
    for (const auto* op : {"<=", ">=", "!=", "<", ">", "="})
      if (take(op)) {
        auto operand = sum();
        if (!operand) return operand;
        return std::string(op) + " " + *operand;
      }
    if (auto range = interval(); !range || !range->empty()) return range;
    const auto start = at_;
    asked_ = false;
    auto out = expression();
    if (!out) return out;
    if (asked_) return "(zen.truth(" + *out + "))";
    (void)start;
    return out;
  }

  // "[a..b)", "]a..b["; empty: what stands here is no interval.
  Result<std::string> interval() {
    space();
    const auto start = at_;
    const char open = peek();
    if (open != '[' && open != ']' && open != '(') return std::string();
    ++at_;
    auto low = sum();
    if (!low || !take("..")) {
      at_ = start;
      return std::string();
    }
    auto high = sum();
    if (!high) return high;
    space();
    const char close = peek();
    if (close != ']' && close != '[' && close != ')') return fail("']', ')' or '[' at the end of an interval");
    ++at_;
    return std::string(open == '[' ? "[" : "(") + *low + ".." + *high + (close == ']' ? "]" : ")");
  }

  Result<std::string> expression() {
    if (++depth_ > max_depth) return Error{Code::invalid, "the expression is nested too deeply"};
    auto out = take_word("if") ? conditional() : disjunction();
    --depth_;
    return out;
  }
  Result<std::string> conditional() {
    auto condition = expression();
    if (!condition) return condition;
    if (!take_word("then")) return fail("'then'");
    auto yes = expression();
    if (!yes) return yes;
    if (!take_word("else")) return fail("'else'");
    auto no = expression();
    if (!no) return no;
    return "(zen.truth(" + *condition + ") ? dyn(" + *yes + ") : dyn(" + *no + "))";
  }
  Result<std::string> disjunction() {
    auto left = conjunction();
    while (left && take_word("or")) {
      auto right = conjunction();
      if (!right) return right;
      left = "(zen.truth(" + *left + ") || zen.truth(" + *right + "))";
    }
    return left;
  }
  Result<std::string> conjunction() {
    auto left = comparison();
    while (left && take_word("and")) {
      auto right = comparison();
      if (!right) return right;
      left = "(zen.truth(" + *left + ") && zen.truth(" + *right + "))";
    }
    return left;
  }
  Result<std::string> comparison() {
    auto left = sum();
    if (!left) return left;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> operators{
        {{"<=", "zen.le"}, {">=", "zen.ge"}, {"!=", "!zen.eq"}, {"<", "zen.lt"}, {">", "zen.gt"}, {"=", "zen.eq"}}};
    for (const auto& [token, name] : operators)
      if (take(token)) {
        auto right = sum();
        if (!right) return right;
        return std::string(name) + "(" + *left + ", " + *right + ")";
      }
    if (take_word("between")) {
      auto low = sum();
      if (!low) return low;
      if (!take_word("and")) return fail("'and'");
      auto high = sum();
      if (!high) return high;
      return "zen.within(" + *left + ", zen.interval(" + *low + ", " + *high + ", '[]'))";
    }
    if (take_word("in")) {
      auto range = interval();
      if (!range) return range;
      if (!range->empty()) {
        const auto dots = range->find("..");
        return "zen.within(" + *left + ", zen.interval(" + range->substr(1, dots - 1) + ", " +
               range->substr(dots + 2, range->size() - dots - 3) + ", '" + range->front() + range->back() + "'))";
      }
      auto list = sum();
      if (!list) return list;
      return "zen.within(" + *left + ", " + *list + ")";
    }
    return left;
  }
  Result<std::string> sum() {
    auto left = product();
    while (left) {
      space();
      const bool minus = peek() == '-';
      if (peek() != '+' && !minus) break;
      ++at_;
      auto right = product();
      if (!right) return right;
      left = std::string(minus ? "zen.subtract(" : "zen.add(") + *left + ", " + *right + ")";
    }
    return left;
  }
  Result<std::string> product() {
    auto left = power();
    while (left) {
      space();
      const char op = peek();
      if ((op != '*' && op != '/') || starts("**")) break;
      ++at_;
      auto right = power();
      if (!right) return right;
      left = std::string(op == '*' ? "zen.multiply(" : "zen.divide(") + *left + ", " + *right + ")";
    }
    return left;
  }
  Result<std::string> power() {
    auto left = prefix();
    if (!left || !take("**")) return left;
    auto right = power();
    if (!right) return right;
    return "zen.power(" + *left + ", " + *right + ")";
  }
  Result<std::string> prefix() {
    space();
    if (peek() != '-') return primary();
    ++at_;
    space();
    const bool number = is_digit(peek()) || peek() == '.';
    auto operand = primary();
    if (!operand) return operand;
    if (number && !operand->starts_with("decimal(")) return "-" + *operand;
    if (number) return "decimal('-" + operand->substr(9);
    return "zen.negate(" + *operand + ")";
  }

  Result<std::string> primary() {
    space();
    const char c = peek();
    if (c == '"') return string();
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number();
    if (take("@")) {
      auto text = string();
      if (!text) return text;
      return moment(*text);
    }
    if (c == '?') {
      ++at_;
      asked_ = true;
      return path("value");
    }
    if (c == '(') {
      ++at_;
      auto inner = expression();
      if (!inner) return inner;
      if (!take(")")) return fail("')'");
      return inner;
    }
    if (c == '[') return list();
    if (take_word("true")) return std::string("true");
    if (take_word("false")) return std::string("false");
    if (take_word("null")) return std::string("null");
    // A name the table knows goes before a function of the same beginning.
    for (const auto& name : names_) {
      if (text_.substr(at_, name.size()) != name) continue;
      const auto end = at_ + name.size();
      if (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) continue;
      at_ = end;
      return path("zen.get(input, " + zen::quoted(name) + ")");
    }
    for (const auto& known : functions) {
      if (!word(known.name)) continue;
      const auto start = at_;
      at_ += known.name.size();
      if (!take("(")) {
        at_ = start;
        continue;
      }
      return call(known);
    }
    if (is_letter(c)) {
      auto end = at_;
      while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
      return Error{Code::unsupported, "'" + std::string(text_.substr(at_, end - at_)) +
                                          "' is no input of the table and no function that can be translated"};
    }
    return fail("a value");
  }
  Result<std::string> path(std::string out) {
    while (peek() == '.' && at_ + 1 < text_.size() && is_letter(text_[at_ + 1])) {
      auto end = ++at_;
      while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
      out = "zen.get(" + out + ", " + zen::quoted(text_.substr(at_, end - at_)) + ")";
      at_ = end;
    }
    return out;
  }
  Result<std::string> call(const Known& known) {
    std::string arguments;
    std::size_t count = 0;
    while (!take(")")) {
      auto one = expression();
      if (!one) return one;
      arguments += (count++ == 0 ? "" : ", ") + *one;
      if (!take(",") && !starts(")")) return fail("',' or ')'");
    }
    const bool extreme = known.name == "min" || known.name == "max" || known.name == "sum" || known.name == "mean";
    if (extreme && count > 1) {
      arguments = "[" + arguments + "]";
      count = 1;
    }
    if (count < known.least || count > known.most)
      return Error{Code::unsupported,
                   std::string(known.name) + "() with " + std::to_string(count) + " arguments has no translation"};
    const bool literal =
        arguments.size() > 2 && arguments.front() == '\'' && arguments.find('\'', 1) == arguments.size() - 1;
    if (known.cel.empty() || (known.name == "date and time" && literal)) return moment(arguments);
    return std::string(known.cel) + "(" + arguments + ")";
  }
  // A duration or a date by its text: "P1DT2H", "PT30M", "2024-01-01", "2024-01-01T10:00:00Z".
  Result<std::string> moment(const std::string& literal) {
    if (literal.size() < 3 || literal.front() != '\'')
      return Error{Code::unsupported, "only a literal text can be read here"};
    const auto text = literal.substr(1, literal.size() - 2);
    if (text.front() == 'P' || text.starts_with("-P")) return duration(text);
    const auto clock = text.find('T');
    if (clock == std::string::npos) return "date(" + literal + ")";
    if (text.find('@') != std::string::npos)
      return Error{Code::unsupported, "'" + text + "' names a zone; write its offset, such as +01:00"};
    // FEEL knows times without a zone, a record none: they are read as UTC.
    const bool zoned = text.find_first_of("Z+-", clock) != std::string::npos;
    return "timestamp('" + text + (zoned ? "')" : "Z')");
  }
  // [-]P[nD][T[nH][nM][n[.n]S]]
  Result<std::string> duration(const std::string& text) {
    const Error wrong{Code::unsupported, "'" + text + "' is no duration of days and time, such as P1DT2H30M or PT1.5S"};
    std::string_view rest = text;
    const bool negative = rest.front() == '-';
    rest.remove_prefix(negative ? 2 : 1);
    if (text[negative ? 1 : 0] != 'P' || rest.empty() || rest.back() == 'T') return wrong;
    constexpr std::string_view units = "DHMS";
    constexpr long long lengths[] = {86400, 3600, 60, 1};
    long long seconds = 0;
    std::string_view fraction;
    bool time = false;
    std::size_t next = 0;
    const auto digits = [&rest] {
      std::size_t n = 0;
      while (n < rest.size() && is_digit(rest[n])) ++n;
      const auto found = rest.substr(0, n);
      rest.remove_prefix(n);
      return found;
    };
    while (!rest.empty()) {
      if (rest.front() == 'T' && !time) {
        time = true;
        rest.remove_prefix(1);
      }
      const auto count = digits();
      if (count.empty() || count.size() > 11) return wrong;
      if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        fraction = digits();
        if (fraction.empty() || fraction.size() > 9 || rest != "S") return wrong;
      }
      if (rest.empty()) return wrong;
      const char unit = rest.front();
      rest.remove_prefix(1);
      if (unit == 'Y' || (unit == 'M' && !time))
        return Error{Code::unsupported, "durations of years and months have no translation"};
      const auto at = units.find(unit);
      if (at == std::string_view::npos || at < next || (unit == 'D') == time) return wrong;
      seconds += std::stoll(std::string(count)) * lengths[at];
      next = at + 1;
    }
    std::string out = negative ? "duration('-" : "duration('";
    out += std::to_string(seconds);
    if (!fraction.empty()) out.append(".").append(fraction);
    return out + "s')";
  }
  Result<std::string> list() {
    ++at_;
    std::string out;
    while (!take("]")) {
      auto one = expression();
      if (!one) return one;
      out += (out.empty() ? "" : ", ") + *one;
      if (!take(",") && !starts("]")) return fail("',' or ']'");
    }
    return "[" + out + "]";
  }
  // Of \u and \U; a pair of surrogates is one character. False: it is none.
  bool code_point(std::size_t digits, std::string& out) {
    const auto hexadecimal = [&](std::size_t from, std::uint32_t& value) {
      if (from + digits > text_.size()) return false;
      const char* const end = text_.data() + from + digits;
      return std::from_chars(text_.data() + from, end, value, 16).ptr == end;
    };
    std::uint32_t code = 0, low = 0;
    if (!hexadecimal(at_ + 1, code)) return false;
    at_ += digits;
    const bool high = code >= 0xD800 && code < 0xDC00;
    if (high && text_.substr(at_ + 1, 2) == "\\u" && hexadecimal(at_ + 3, low) && low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at_ += 2 + digits;
    }
    if ((code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return false;
    const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (code < 0x80) {
      byte(code);
      return true;
    }
    if (code >= 0x10000) byte(0xF0 | code >> 18);
    if (code >= 0x800) byte(code >= 0x10000 ? 0x80 | (code >> 12 & 0x3F) : 0xE0 | code >> 12);
    byte(code >= 0x800 ? 0x80 | (code >> 6 & 0x3F) : 0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
    return true;
  }
  Result<std::string> string() {
    if (peek() != '"') return fail("a text in double quotes");
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\' || at_ + 1 >= text_.size()) {
        out += text_[at_];
        continue;
      }
      const char c = text_[++at_];
      if (c == 'u' || c == 'U') {
        if (!code_point(c == 'u' ? 4 : 6, out)) return fail("four hexadecimal digits after \\u, or six after \\U");
        continue;
      }
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
    if (peek() != '"') return fail("'\"' at the end of the text");
    ++at_;
    return zen::quoted(out);
  }
  Result<std::string> number() {
    const auto start = at_;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    if ((peek() == 'e' || peek() == 'E') && at_ + 1 < text_.size()) {
      at_ += text_[at_ + 1] == '-' || text_[at_ + 1] == '+' ? 2 : 1;
      while (is_digit(peek())) ++at_;
    }
    const auto value = zen::Number::parse(text_.substr(start, at_ - start));
    if (!value)
      return Error{Code::unsupported,
                   "the number " + std::string(text_.substr(start, at_ - start)) + " has too many digits"};
    return value->integer() ? value->text() : "decimal('" + value->text() + "')";
  }

  std::string_view text_;
  Names names_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool asked_ = false;  // the expression looked at "?"
};

}  // namespace

Result<std::string> feel_expression(std::string_view text, const Names& names) { return Feel(text, names).whole(); }
Result<std::string> feel_cell(std::string_view text, const Names& names) { return Feel(text, names).cell(); }
Result<std::vector<std::string>> feel_values(std::string_view text, const Names& names) {
  return Feel(text, names).values();
}

}  // namespace socle::rules::dmn
