// merge_sort.hpp: sorting inside a CEL function, for lists of any length: every value moved is a unit of fuel, so that
// the interrupt is looked at in between. Stable; the same input is compared in the same order each time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "socle/cel/function.hpp"

namespace socle::cel {

// Top down, with room for the left half beside the values: half as much again as they take.
template <class T, class Before>
class MergeSort {
 public:
  MergeSort(Context& c, std::vector<T>& items, const Before& before) : c_(c), items_(items), before_(before) {
    left_.reserve(items.size() / 2);
  }
  [[nodiscard]] bool sort(std::size_t from, std::size_t to) {
    if (to - from < 2) return true;
    const auto middle = from + (to - from) / 2;
    return sort(from, middle) && sort(middle, to) && merge(from, middle, to);
  }

 private:
  static constexpr std::size_t chunk = 2000;

  [[nodiscard]] bool merge(std::size_t from, std::size_t middle, std::size_t to) {
    if (!c_.charge(1)) return false;
    const bool crossed = before_(items_[middle], items_[middle - 1]);
    if (c_.stop != nullptr) return false;
    if (!crossed) return true;
    left_.clear();
    for (auto at = from; at < middle; at += chunk) {
      const auto end = std::min(middle, at + chunk);
      if (!c_.charge((end - at + 3) / 4)) return false;
      left_.insert(left_.end(), items_.data() + at, items_.data() + end);
    }
    // What is left of the right half when the left one is used up stands where it belongs.
    auto right = middle;
    auto out = from;
    for (std::size_t left = 0; left < left_.size(); ++out) {
      if (!c_.charge(1)) return false;
      const bool second = right < to && before_(items_[right], left_[left]);
      if (c_.stop != nullptr) return false;
      items_[out] = second ? items_[right++] : left_[left++];
    }
    return true;
  }

  Context& c_;
  std::vector<T>& items_;
  const Before& before_;
  std::vector<T> left_;
};

// Sorts by `before(x, y)`, which may take fuel of its own and stop the evaluation. False: it was stopped; then the
// items stand in no order, and some may be there twice.
template <class T, class Before>
[[nodiscard]] bool merge_sort(Context& c, std::vector<T>& items, const Before& before) {
  return MergeSort<T, Before>(c, items, before).sort(0, items.size());
}

}  // namespace socle::cel
