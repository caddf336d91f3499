#include "manifest/quantities.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace socle::manifest {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// From the largest down: printing takes the first that divides.
constexpr std::array<Unit, 6> time_units{{{"h", 3'600'000'000'000},
                                          {"min", 60'000'000'000},
                                          {"s", 1'000'000'000},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1}}};
constexpr std::array<Unit, 5> size_units{{{"TiB", std::uint64_t{1} << 40U},
                                          {"GiB", std::uint64_t{1} << 30U},
                                          {"MiB", std::uint64_t{1} << 20U},
                                          {"KiB", std::uint64_t{1} << 10U},
                                          {"B", 1}}};
constexpr std::uint64_t longest_time = 100ULL * 365 * 24 * 3'600'000'000'000;
constexpr std::uint64_t largest_size = std::uint64_t{1} << 62U;

template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units,
                                             std::uint64_t limit) {
  const auto digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const auto count = parse_unsigned(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const auto& unit : units) {
    if (unit.name != text.substr(digits)) continue;
    if (*count > limit / unit.factor) return std::nullopt;
    return *count * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string print_with_unit(std::uint64_t amount, const std::array<Unit, N>& units, std::string_view zero) {
  if (amount == 0) return std::string(zero);
  for (const auto& unit : units) {
    if (amount % unit.factor == 0) return std::to_string(amount / unit.factor) + std::string(unit.name);
  }
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// JSON's grammar: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const auto begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - begin;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const auto whole = i;
  const auto count = digits();
  if (count == 0 || (count > 1 && text[whole] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

}  // namespace

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  if (text.empty() || !is_digit(text[0]) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (!is_json_number(text)) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  if (!is_json_number(text)) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string to_string(double number) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::string(text.data(), end) : std::string();
}

std::optional<Duration> parse_duration(std::string_view text) {
  const auto amount = parse_with_unit(text, time_units, longest_time);
  if (!amount) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*amount));
}

std::string to_string(Duration duration) {
  const auto count = duration.count();
  if (count < 0) return "-" + print_with_unit(0 - static_cast<std::uint64_t>(count), time_units, "0s");
  return print_with_unit(static_cast<std::uint64_t>(count), time_units, "0s");
}

std::optional<DurationRange> parse_duration_range(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto least = parse_duration(text.substr(0, dots));
  const auto most = parse_duration(text.substr(dots + 2));
  if (!least || !most || *least > *most) return std::nullopt;
  return DurationRange{*least, *most};
}

std::string to_string(const DurationRange& range) { return to_string(range.least) + ".." + to_string(range.most); }

std::optional<ByteSize> parse_size(std::string_view text) {
  const auto amount = parse_with_unit(text, size_units, largest_size);
  if (!amount) return std::nullopt;
  return ByteSize{*amount};
}

std::string to_string(ByteSize size) { return print_with_unit(size.bytes, size_units, "0B"); }

std::optional<Rate> parse_rate(std::string_view text) {
  constexpr std::string_view per = " per ";
  const auto split = text.find(per);
  if (split == std::string_view::npos) return std::nullopt;
  const auto count = parse_unsigned(text.substr(0, split));
  const auto time = parse_duration(text.substr(split + per.size()));
  if (!count || *count > 1'000'000'000 || !time || time->count() == 0) return std::nullopt;
  return Rate{static_cast<std::uint32_t>(*count), *time};
}

std::string to_string(const Rate& rate) { return std::to_string(rate.count) + " per " + to_string(rate.per); }

std::optional<Percentage> parse_percentage(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto number = parse_number(text.substr(0, text.size() - 1));
  if (!number || *number < 0 || *number > 100) return std::nullopt;
  return Percentage{*number};
}

std::string to_string(Percentage percentage) { return to_string(percentage.percent) + "%"; }

}  // namespace socle::manifest
