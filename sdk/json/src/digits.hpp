// digits.hpp: a number text taken apart without copying: 0.DDD × 10^point with the digits' outer zeros stripped, so
// that equal values have equal parts. Internal; any thread. REQUIRES: the text is a JSON number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace socle::json::decimal {

class Digits {
 public:
  explicit Digits(std::string_view text);

  [[nodiscard]] bool zero() const { return count_ == 0; }
  [[nodiscard]] bool negative() const { return negative_; }  // also for -0
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::int64_t point() const { return point_; }
  // Digit i of count(), the most significant first.
  [[nodiscard]] unsigned operator[](std::size_t i) const {
    i += first_;
    return static_cast<unsigned>((i < whole_.size() ? whole_[i] : fraction_[i - whole_.size()]) - '0');
  }
  // The power of ten that the last digit counts.
  [[nodiscard]] std::int64_t last_place() const { return point_ - static_cast<std::int64_t>(count_); }

 private:
  std::string_view whole_, fraction_;
  std::size_t first_ = 0, count_ = 0;
  std::int64_t point_ = 0;
  bool negative_ = false;
};

}  // namespace socle::json::decimal
