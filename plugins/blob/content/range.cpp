// range.cpp: see the header.
#include "content/range.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace socle::blob {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  return error == std::errc() ? std::optional(out) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Range parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return {};
  const auto one = trimmed(header.substr(unit.size()));
  const auto dash = one.find('-');
  if (dash == std::string_view::npos || one.find(',') != std::string_view::npos) return {};
  const auto first = number(one.substr(0, dash));
  const auto last = number(one.substr(dash + 1));
  if (dash == 0) {
    if (!last) return {};
    if (*last == 0 || size == 0) return {Range::Kind::unsatisfiable};
    return {Range::Kind::part, size - std::min(*last, size), size - 1};
  }
  if (!first || (!last && dash + 1 != one.size()) || (last && *last < *first)) return {};
  if (*first >= size) return {Range::Kind::unsatisfiable};
  return {Range::Kind::part, *first, std::min(last.value_or(size - 1), size - 1)};
}

}  // namespace socle::blob
