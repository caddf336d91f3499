// marks.hpp: which children of one object or array some keyword has evaluated; only schemas with unevaluated* keep
// them. Lives on the stack of the machine; children beyond 256 cost one allocation.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace socle::schema {

class Marks {
 public:
  explicit Marks(std::size_t children) : words_((children + 63) / 64) {
    if (words_ > local_.size()) large_.resize(words_);
  }
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;

  void set(std::size_t child) { data()[child / 64] |= std::uint64_t{1} << (child % 64); }
  [[nodiscard]] bool has(std::size_t child) const { return (data()[child / 64] >> (child % 64) & 1) != 0; }
  void set_all() {
    for (std::size_t i = 0; i < words_; ++i) data()[i] = ~std::uint64_t{0};
  }
  void merge(const Marks& other) {
    for (std::size_t i = 0; i < words_; ++i) data()[i] |= other.data()[i];
  }

 private:
  [[nodiscard]] std::uint64_t* data() { return large_.empty() ? local_.data() : large_.data(); }
  [[nodiscard]] const std::uint64_t* data() const { return large_.empty() ? local_.data() : large_.data(); }
  std::size_t words_;
  std::array<std::uint64_t, 4> local_{};
  std::vector<std::uint64_t> large_;
};

}  // namespace socle::schema
