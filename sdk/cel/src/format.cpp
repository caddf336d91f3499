// format.cpp: see the header. The words are those of the strings extension's specification.
#include "format.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "decimal.hpp"
#include "numbers.hpp"
#include "socle/cel/merge_sort.hpp"
#include "socle/cel/text_steps.hpp"
#include "socle/cel/time.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

class Formatter {
 public:
  Formatter(Context& c, std::string_view pattern, const Value& values) : c_(c), pattern_(pattern), values_(values) {}

  Value run() {
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
      if (!c_.charge_text(0)) return c_.stopped();
      if (out_.size() > max_size) return c_.out_of_memory();
      if (pattern_[i] != '%') {
        out_ += pattern_[i];
        continue;
      }
      if (++i >= pattern_.size()) return wrong("a % without its letter at the end");
      if (pattern_[i] == '%') {
        out_ += '%';
        continue;
      }
      int precision = 6;
      if (pattern_[i] == '.') {
        const auto start = ++i;
        precision = 0;
        while (i < pattern_.size() && pattern_[i] >= '0' && pattern_[i] <= '9' && precision < 1000)
          precision = precision * 10 + (pattern_[i++] - '0');
        if (i == start || i >= pattern_.size() || precision > 100)
          return wrong("a bad precision; wanted %.0f to %.100f");
      }
      if (next_ >= values_.size()) return wrong("index " + std::to_string(next_) + " out of range: too few values");
      const auto error = clause(pattern_.substr(i), precision, values_.at(next_++));
      if (c_.stop != nullptr) return c_.stopped();
      if (out_.size() > max_size) return c_.out_of_memory();
      if (!error.empty()) return wrong(error);
    }
    return c_.text(out_);
  }

 private:
  static constexpr std::size_t max_size = std::size_t{1} << 20;

  Value wrong(std::string_view message) {
    return c_.error(ErrorCode::invalid_argument, "error during formatting: " + std::string(message));
  }

  // `rest` begins with the clause's letter.
  std::string clause(std::string_view rest, int precision, const Value& value) {
    switch (const char letter = rest[0]; letter) {
      case 's': return text(value, 0) ? std::string() : "%s cannot show a " + std::string(type_name(value));
      case 'd': return decimal(value);
      case 'f':
      case 'e': return real(value, letter, precision);
      case 'b': return digits(value, 2, false);
      case 'o': return digits(value, 8, false);
      case 'x': return digits(value, 16, false);
      case 'X': return digits(value, 16, true);
      default:
        return "could not parse formatting clause: unrecognized formatting clause \"" +
               std::string(rest.substr(0, utf8_length(letter))) + "\"";
    }
  }

  bool text(const Value& value, int depth) {
    if (!c_.charge(1) || depth > 64 || out_.size() > max_size) return false;
    switch (value.kind()) {
      case Kind::string:
      case Kind::type: return each_step(value, [this](std::string_view piece) { out_ += piece; });
      case Kind::bytes: {
        const auto data = value.as_string();
        std::size_t at = 0;
        std::size_t end = 0;
        bool replaced = false;
        return each_step(
            value, [&](std::string_view piece) { append_repaired(out_, data, at, end += piece.size(), replaced); });
      }
      case Kind::null: out_ += "null"; return true;
      case Kind::boolean: out_ += value.as_bool() ? "true" : "false"; return true;
      case Kind::integer: out_ += std::to_string(value.as_int()); return true;
      case Kind::unsigned_integer: out_ += std::to_string(value.as_uint()); return true;
      case Kind::real: out_ += plain_text(value.as_double()); return true;
      case Kind::timestamp: out_ += timestamp_text(value); return true;
      case Kind::duration: out_ += duration_text(value); return true;
      case Kind::date: out_ += date_text(value.days()); return true;
      case Kind::decimal: out_ += decimal_text(value); return true;
      case Kind::list:
        out_ += '[';
        for (std::size_t i = 0, n = value.size(); i < n; ++i) {
          if (i > 0) out_ += ", ";
          if (!text(value.at(i), depth + 1)) return false;
        }
        out_ += ']';
        return true;
      case Kind::map: return map(value, depth);
      default: return false;
    }
  }

  // append(piece) until the result is too long, which is told later. False: the evaluation was stopped.
  template <class Append>
  bool each_step(const Value& value, const Append& append) {
    return in_steps(c_, value.as_string(), [&](std::string_view piece) {
      append(piece);
      return out_.size() <= max_size;
    });
  }

  // Entries in the order of their keys' texts.
  bool map(const Value& value, int depth) {
    std::vector<std::string> keys;
    std::vector<std::size_t> order;
    for (std::size_t i = 0, n = value.size(); i < n; ++i) {
      const auto start = out_.size();
      if (!c_.charge(2) || !text(value.key_at(i), depth + 1)) return false;
      keys.push_back(out_.substr(start));
      order.push_back(i);
      out_.resize(start);
    }
    if (!merge_sort(c_, order, [&keys](std::size_t a, std::size_t b) { return keys[a] < keys[b]; })) return false;
    out_ += '{';
    for (std::size_t i = 0; i < order.size(); ++i) {
      out_ += (i > 0 ? ", " : "") + keys[order[i]] + ": ";
      if (!text(value.at(order[i]), depth + 1)) return false;
    }
    out_ += '}';
    return true;
  }

  std::string decimal(const Value& value) {
    if (!value.is(Kind::integer) && !value.is(Kind::unsigned_integer) && !value.is(Kind::real) &&
        !value.is(Kind::decimal))
      return "decimal clause can only be used on numbers, was given " + std::string(type_name(value));
    (void)text(value, 0);
    return {};
  }

  std::string real(const Value& value, char letter, int precision) {
    double number = 0;
    if (value.is(Kind::real))
      number = value.as_double();
    else if (value.is(Kind::integer))
      number = static_cast<double>(value.as_int());
    else if (value.is(Kind::unsigned_integer))
      number = static_cast<double>(value.as_uint());
    else if (value.is(Kind::decimal) && letter == 'f')
      return fixed(value, static_cast<std::uint32_t>(precision));
    else
      return std::string(letter == 'f' ? "fixed-point clause can only be used on numbers, was given "
                                       : "scientific clause can only be used on int, uint and double, was given ") +
             std::string(type_name(value));
    if (!std::isfinite(number)) {
      out_ += double_text(number);
      return {};
    }
    char buffer[512];
    const auto count = letter == 'f' ? std::snprintf(buffer, sizeof buffer, "%.*f", precision, number)
                                     : std::snprintf(buffer, sizeof buffer, "%.*e", precision, number);
    out_.append(buffer, static_cast<std::size_t>(count));
    return {};
  }

  // A decimal's own digits, as many of them as are wanted.
  std::string fixed(const Value& value, std::uint32_t precision) {
    const auto cut = precision < value.scale() ? round_decimal(value, precision, Rounding::half_even) : value;
    if (!cut) return "the decimal does not fit";
    out_ += decimal_text(*cut);
    if (cut->scale() < precision) out_ += (cut->scale() == 0 ? "." : "") + std::string(precision - cut->scale(), '0');
    return {};
  }

  std::string digits(const Value& value, unsigned base, bool upper) {
    const auto* letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    if (base == 16 && (value.is(Kind::string) || value.is(Kind::bytes))) {
      (void)each_step(value, [&](std::string_view piece) {
        if (!c_.charge_text(piece.size())) return;
        std::string made(piece.size() * 2, ' ');
        auto at = made.begin();
        for (const char c : piece) {
          *at++ = letters[static_cast<unsigned char>(c) >> 4];
          *at++ = letters[static_cast<unsigned char>(c) & 15];
        }
        out_ += made;
      });
      return {};
    }
    const bool flag = base == 2 && value.is(Kind::boolean);
    if (!value.is(Kind::integer) && !value.is(Kind::unsigned_integer) && !flag)
      return std::string(base == 2   ? "binary"
                         : base == 8 ? "octal"
                                     : "hexadecimal") +
             " clause can only be used on whole numbers, was given " + std::string(type_name(value));
    const bool negative = value.is(Kind::integer) && value.as_int() < 0;
    auto number = negative ? ~value.as_uint() + 1 : value.as_uint();
    std::string reversed;
    do {
      reversed += letters[number % base];
      number /= base;
    } while (number != 0);
    if (negative) reversed += '-';
    out_.append(reversed.rbegin(), reversed.rend());
    return {};
  }

  Context& c_;
  std::string_view pattern_;
  const Value& values_;
  std::size_t next_ = 0;
  std::string out_;
};

}  // namespace

Value format_values(Context& c, std::string_view pattern, const Value& values) {
  return Formatter(c, pattern, values).run();
}

}  // namespace socle::cel
