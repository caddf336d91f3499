// fn_regex.cpp: the regex extension: extract, extractAll, replace.
#include <algorithm>
#include <vector>

#include "filled.hpp"
#include "library.hpp"
#include "pattern_of.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

Value too_many_groups(Context& c) {
  return c.error(ErrorCode::invalid_argument, "regular expression has more than one capturing group");
}

Value extract(Context& c, Args a) {
  std::unique_ptr<Regex> own;
  Value error;
  const auto* regex = pattern_of(c, a, own, error);
  if (regex == nullptr) return error;
  if (regex->groups() > 1) return too_many_groups(c);
  std::vector<std::string_view> found;
  if (!regex->match(a[0].as_string(), 0, found)) return Value::optional_none();
  if (regex->groups() == 1 && found.back().empty()) return Value::optional_none();
  return c.some(Value::string(found.back()));
}

// The matches of a text from the left, none overlapping. One of nothing does not count where another has just ended,
// as in RE2's own replacing.
class Matches {
 public:
  Matches(const Regex& regex, std::string_view text) : regex_(regex), text_(text) {}
  // False when there is no more, or the evaluation was stopped. Every match costs what is left of the text: a pattern
  // may have to look at all of it to find that one character matches.
  [[nodiscard]] bool next(Context& c) {
    while (at_ <= text_.size() && regex_.match(text_, at_, found_)) {
      if (!c.charge(match_fuel(text_.size() - at_, regex_.program_size()))) return false;
      const bool follows = found_[0].empty() && begin() == end_;
      end_ = begin() + found_[0].size();
      at_ = end_;
      if (found_[0].empty()) pass_one();
      if (!follows) return true;
    }
    return false;
  }
  [[nodiscard]] const std::vector<std::string_view>& groups() const { return found_; }
  [[nodiscard]] std::size_t begin() const { return static_cast<std::size_t>(found_[0].data() - text_.data()); }
  [[nodiscard]] std::size_t end() const { return end_; }

 private:
  // A whole code point, or the end.
  void pass_one() {
    ++at_;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0u) == 0x80u) ++at_;
  }

  const Regex& regex_;
  std::string_view text_;
  std::vector<std::string_view> found_;
  std::size_t at_ = 0;
  std::size_t end_ = std::string_view::npos;  // of the last match
};

Value extract_all(Context& c, Args a) {
  std::unique_ptr<Regex> own;
  Value error;
  const auto* regex = pattern_of(c, a, own, error);
  if (regex == nullptr) return error;
  if (regex->groups() > 1) return too_many_groups(c);
  GatheredList parts(c);
  Matches matches(*regex, a[0].as_string());
  while (matches.next(c)) {
    const auto part = matches.groups().back();
    const bool skipped = regex->groups() == 1 && part.empty();
    if (!skipped && !parts.add(Value::string(part))) return c.stopped();
  }
  return c.stop != nullptr ? c.stopped() : parts.finish();
}

constexpr std::size_t longest_result = std::size_t{1} << 26;

// What Regex::rewrite() makes of a match. REQUIRES: check_rewrite()
std::size_t rewritten(std::string_view rewrite, const std::vector<std::string_view>& found) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < rewrite.size(); ++i) {
    const bool escaped = rewrite[i] == '\\';
    if (escaped) ++i;
    const bool group = escaped && rewrite[i] >= '0' && rewrite[i] <= '9';
    size += group ? found[static_cast<std::size_t>(rewrite[i] - '0')].size() : 1;
  }
  return size;
}

Value replaced(Context& c, Args a, std::int64_t count) {
  std::unique_ptr<Regex> own;
  Value error;
  const auto* regex = pattern_of(c, a, own, error);
  if (regex == nullptr) return error;
  const auto text = a[0].as_string();
  const auto rewrite = a[2].as_string();
  if (const auto right = regex->check_rewrite(rewrite); !right)
    return c.error(ErrorCode::invalid_argument, right.error().message);
  const auto groups = static_cast<std::size_t>(std::count(rewrite.begin(), rewrite.end(), '\\'));
  GatheredText out(c, longest_result);
  std::string made;
  std::size_t copied = 0;
  Matches matches(*regex, text);
  for (; count != 0 && matches.next(c); count -= count > 0 ? 1 : 0) {
    // The longest that this match can become is paid for before it is made.
    const auto& found = matches.groups();
    const auto most = rewrite.size() + groups * found[0].size();
    if (!c.charge_text(most)) return c.stopped();
    if (!out.add(text.substr(copied, matches.begin() - copied))) return c.stopped();
    if (!out.fits(most) && !out.fits(rewritten(rewrite, found))) return c.out_of_memory();
    made.clear();
    regex->rewrite(made, rewrite, found);
    if (!out.add(made)) return c.stopped();
    copied = matches.end();
  }
  if (c.stop != nullptr) return c.stopped();
  if (!out.add(text.substr(copied))) return c.stopped();
  return out.finish();
}
Value replace(Context& c, Args a) { return replaced(c, a, -1); }
Value replace_some(Context& c, Args a) { return replaced(c, a, a[3].as_int()); }

constexpr Builtin table[] = {
    {"regex.extract", "(string, string): optional_type(string)", extract},
    {"regex.extractAll", "(string, string): list(string)", extract_all},
    {"regex.replace", "(string, string, string): string", replace},
    {"regex.replace", "(string, string, string, int): string", replace_some},
};

}  // namespace

std::span<const Builtin> regex_functions() { return table; }

}  // namespace socle::cel
