// output_order.hpp: an output's allowed values, the most important first, and the place of a value among them. Built by
// one thread; then immutable, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "socle/cel/value.hpp"

namespace socle::rules {

class OutputOrder {
 public:
  // The values live as long as it does.
  explicit OutputOrder(std::vector<cel::Value> values);

  [[nodiscard]] bool empty() const { return values_.empty(); }
  // size() of what is not listed, so that it comes last.
  [[nodiscard]] std::size_t place(const cel::Value& value) const;
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::size_t bytes() const {
    return values_.capacity() * sizeof(cel::Value) + by_hash_.capacity() * sizeof by_hash_[0];
  }

 private:
  std::vector<cel::Value> values_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_hash_;  // sorted; hash and place
};

}  // namespace socle::rules
