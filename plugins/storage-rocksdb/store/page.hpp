// page.hpp: what a query has found so far: the first documents in its order, as many as a page may hold, and one more
// when there is one. Bounded by the request's limit and by max_page_bytes, whatever the walk brings. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "store/place.hpp"

namespace socle::storage {

struct Hit {
  std::string sort_key;  // of plans that do not walk in order
  Place place;
  std::string value;  // the stored record
};

class Page {
 public:
  // `in_order`: hits come in the wanted order, so the walk may stop when the page is full; else the best are kept.
  Page(std::size_t limit, bool in_order) : limit_(limit), in_order_(in_order) {}

  // False: nothing further can change the page.
  bool add(Hit&& hit);
  // Puts the hits in order. No add() after it.
  void close();
  [[nodiscard]] const std::vector<Hit>& hits() const { return hits_; }  // with the one more
  [[nodiscard]] std::size_t size() const { return more() ? hits_.size() - 1 : hits_.size(); }
  [[nodiscard]] bool more() const { return over(hits_.size(), bytes_); }

 private:
  // More than a page; the first document is one, however large.
  [[nodiscard]] bool over(std::size_t count, std::size_t bytes) const {
    return count > limit_ || (bytes > max_page_bytes && count > 1);
  }

  std::size_t limit_;
  bool in_order_;
  std::vector<Hit> hits_;  // a heap, the last in order on top, unless in_order_
  std::size_t bytes_ = 0;  // of their values
};

}  // namespace socle::storage
