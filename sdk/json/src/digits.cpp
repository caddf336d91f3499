#include "src/digits.hpp"

#include <algorithm>

namespace socle::json::decimal {
namespace {

std::size_t digit_run(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
  return static_cast<std::size_t>(end - text.begin());
}

std::int64_t exponent_of(std::string_view text) {
  if (text.empty()) return 0;
  text.remove_prefix(1);
  const bool down = text.front() == '-';
  if (down || text.front() == '+') text.remove_prefix(1);
  while (!text.empty() && text.front() == '0') text.remove_prefix(1);
  std::int64_t value = std::int64_t{1} << 60;
  if (text.size() <= 18) {
    value = 0;
    for (const char c : text) value = value * 10 + (c - '0');
  }
  return down ? -value : value;
}

}  // namespace

Digits::Digits(std::string_view text) {
  negative_ = text.front() == '-';
  if (negative_) text.remove_prefix(1);
  whole_ = text.substr(0, digit_run(text));
  text.remove_prefix(whole_.size());
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction_ = text.substr(0, digit_run(text));
    text.remove_prefix(fraction_.size());
  }
  const std::size_t total = whole_.size() + fraction_.size();
  count_ = total;
  while (first_ < total && (*this)[0] == 0) {
    ++first_;
    --count_;
  }
  while (count_ > 0 && (*this)[count_ - 1] == 0) --count_;
  if (count_ != 0)
    point_ = exponent_of(text) + static_cast<std::int64_t>(whole_.size()) - static_cast<std::int64_t>(first_);
}

}  // namespace socle::json::decimal
