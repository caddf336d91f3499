// pattern_cost.cpp: how large the program of a pattern will be, about: a walk over its text that knows groups, classes
// and repetitions. What is no pattern gets some number, too: it is refused when it is made.
#include "socle/cel/pattern_cost.hpp"

#include <algorithm>
#include <charconv>

namespace socle::cel {
namespace {

constexpr std::size_t any_character = 10;    // any one, or all but some: the forms UTF-8 has for them
constexpr std::size_t few_characters = 4;    // a class of some
constexpr std::size_t unicode_class = 2000;  // \p{L} has hundreds of ranges
constexpr std::size_t enough = 20'000;
constexpr std::uint64_t fuel_a_step = 20;

class Pattern {
 public:
  explicit Pattern(std::string_view text) : text_(text) {}

  std::size_t size() {
    std::size_t out = 0;
    while (at_ < text_.size() && out < enough) {
      out += sequence();
      ++at_;  // a ')' that nothing opened
    }
    return std::min(out, enough);
  }

 private:
  // Up to the ')' that ends it, or the end.
  std::size_t sequence() {
    std::size_t total = 0;
    std::size_t last = 0;
    while (at_ < text_.size() && text_[at_] != ')' && total < enough) {
      if (text_[at_] == '{') {
        const auto times = repeated();
        total += last * times - last;
        last *= times;
        continue;
      }
      last = atom();
      total += last;
    }
    return total;
  }

  std::size_t atom() {
    switch (text_[at_++]) {
      case '(': {
        const auto inside = sequence();
        if (at_ < text_.size() && text_[at_] == ')') ++at_;
        return inside + 2;
      }
      case '[': return characters();
      case '.': return any_character;
      case '\\': return escaped();
      default: return 1;
    }
  }

  std::size_t escaped() {
    if (at_ >= text_.size()) return 1;
    switch (text_[at_++]) {
      case 'p':
      case 'P': return unicode_class;
      case 'D':
      case 'S':
      case 'W': return any_character;
      case 'd':
      case 's':
      case 'w': return few_characters;
      default: return 1;
    }
  }

  // Behind the '['. A ']' that comes first is one of them.
  std::size_t characters() {
    auto out = at_ < text_.size() && text_[at_] == '^' ? any_character : few_characters;
    for (bool first = true; at_ < text_.size() && (first || text_[at_] != ']'); first = false) {
      const char c = text_[at_++];
      if (c == '\\') out += escaped();
      if (static_cast<unsigned char>(c) >= 0x80) ++out;
    }
    ++at_;
    return out;
  }

  // {n}, {n,}, {n,m}: the larger; 1 of anything else.
  std::size_t repeated() {
    std::size_t most = 1;
    for (++at_; at_ < text_.size() && text_[at_] != '}'; ++at_) {
      std::size_t count = 0;
      const auto* begin = text_.data() + at_;
      const auto read = std::from_chars(begin, text_.data() + text_.size(), count);
      if (read.ptr == begin) continue;
      at_ += static_cast<std::size_t>(read.ptr - begin) - 1;
      if (read.ec == std::errc() && count <= 1000) most = std::max(most, count);
    }
    ++at_;
    return most;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::uint64_t making_fuel(std::string_view pattern) {
  return std::min(most_making_fuel, 200 + fuel_a_step * Pattern(pattern).size());
}

}  // namespace socle::cel
