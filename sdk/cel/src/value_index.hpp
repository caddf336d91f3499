// value_index.hpp: some values, to be found by the language's equality, for the functions over sets. That equality does
// not carry over (decimal('1') == 1 and 1 == 1.0, but not decimal('1') == 1.0; whole numbers beyond 2^53 against
// doubles): of two values that are equal both must be kept, unless equal_in_kind() says that they are equal to the same
// others. Looking at more than a few places is paid for, so that values of one hash cost fuel and not only time.
#pragma once

#include "socle/cel/function.hpp"

namespace socle::cel {

// Equal, and of one kind throughout: whatever equals the one equals the other.
[[nodiscard]] bool equal_in_kind(const Value& a, const Value& b);

class ValueIndex {
 public:
  using Alike = bool (*)(const Value& a, const Value& b);  // `equal` or `equal_in_kind`
  // Room for `capacity` values. Without memory the evaluation is stopped and nothing may be kept.
  ValueIndex(Context& c, std::size_t capacity);
  // Whether a value that was kept is alike. False as well when the evaluation was stopped.
  [[nodiscard]] bool find(const Value& item, Alike alike);
  // REQUIRES fewer than `capacity` values kept
  void keep(const Value& item);
  // Those kept, in their order.
  [[nodiscard]] Value list() const { return Value::list(values_, size_); }

 private:
  Context& c_;
  Value* values_ = nullptr;
  std::uint32_t* slots_ = nullptr;  // number + 1 by hash; null: few values, looked through
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace socle::cel
