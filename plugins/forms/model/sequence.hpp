// sequence.hpp: numbers such as LN-2026-000123: a pattern with the date's parts and a run of zeros for the number.
// Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::forms {

class Sequence {
 public:
  // "LN-{year}-{000000}": {year}, {month}, {day} and exactly one {0…0} of 1 to 18 zeros.
  static Result<Sequence> parse(std::string_view pattern);

  // The counter's key: the pattern with its date filled in. A new year (month, day) begins at 1 again.
  [[nodiscard]] std::string period(std::int64_t unix_seconds) const;
  // More digits than zeros are written in full.
  [[nodiscard]] std::string text(std::int64_t unix_seconds, std::uint64_t number) const;

 private:
  enum class Part : std::uint8_t { text, year, month, day, number };
  struct Piece {
    Part part = Part::text;
    std::string text;
  };
  [[nodiscard]] std::string filled(std::int64_t unix_seconds, const std::string& number) const;
  std::vector<Piece> pieces_;
  std::size_t digits_ = 0;
};

}  // namespace socle::forms
