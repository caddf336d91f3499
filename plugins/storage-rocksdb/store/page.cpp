#include "store/page.hpp"

#include <algorithm>

namespace socle::storage {
namespace {

bool earlier(const Hit& a, const Hit& b) { return a.sort_key < b.sort_key; }

}  // namespace

bool Page::add(Hit&& hit) {
  bytes_ += hit.value.size();
  hits_.push_back(std::move(hit));
  if (in_order_) return !more();
  std::push_heap(hits_.begin(), hits_.end(), earlier);
  // The last one goes when those before it are more than a page already: nothing to come can bring it back.
  while (over(hits_.size() - 1, bytes_ - hits_.front().value.size())) {
    std::pop_heap(hits_.begin(), hits_.end(), earlier);
    bytes_ -= hits_.back().value.size();
    hits_.pop_back();
  }
  return true;
}

void Page::close() {
  if (!in_order_) std::sort(hits_.begin(), hits_.end(), earlier);
}

}  // namespace socle::storage
