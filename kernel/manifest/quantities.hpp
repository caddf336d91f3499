// quantities.hpp: the measured values a manifest (or a command line) can hold. Each has parse(text), which answers
// nothing for what is not exactly of its form, and to_string(), whose text parse() reads back. Any thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::manifest {

using Duration = std::chrono::nanoseconds;

// 250ns, 10us, 100ms, 5s, 10min, 24h: a whole number and a unit; at most 100 years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
[[nodiscard]] std::string to_string(Duration duration);

// 100ms..10s, both ends included, the first not above the second.
struct DurationRange {
  Duration least{};
  Duration most{};
  friend bool operator==(const DurationRange&, const DurationRange&) = default;
};
[[nodiscard]] std::optional<DurationRange> parse_duration_range(std::string_view text);
[[nodiscard]] std::string to_string(const DurationRange& range);

// 512B, 64KiB, 1MiB, 2GiB, 1TiB: a whole number and a unit; at most 2^62 bytes.
struct ByteSize {
  std::uint64_t bytes = 0;
  friend auto operator<=>(const ByteSize&, const ByteSize&) = default;
};
[[nodiscard]] std::optional<ByteSize> parse_size(std::string_view text);
[[nodiscard]] std::string to_string(ByteSize size);

// "5 per 60s"
struct Rate {
  std::uint32_t count = 0;
  Duration per = std::chrono::seconds(1);
  friend bool operator==(const Rate&, const Rate&) = default;
};
[[nodiscard]] std::optional<Rate> parse_rate(std::string_view text);
[[nodiscard]] std::string to_string(const Rate& rate);

// 5%, 0.5%: from 0 to 100.
struct Percentage {
  double percent = 0;
  friend auto operator<=>(const Percentage&, const Percentage&) = default;
};
[[nodiscard]] std::optional<Percentage> parse_percentage(std::string_view text);
[[nodiscard]] std::string to_string(Percentage percentage);

// Decimal only; no sign, blanks or leading zeros for the unsigned, JSON's number grammar for the double.
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
// The shortest text that reads back as the same double.
[[nodiscard]] std::string to_string(double number);

}  // namespace socle::manifest
