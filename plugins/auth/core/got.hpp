// got.hpp: a value, or the answer that tells the caller why there is none: with its stable code and HTTP status, which
// an Error does not carry.
//
// For all coroutines of this plugin: aggregates go to a coroutine by reference (the caller waits for it) or as a
// shared_ptr, never by value, and closures are named before a co_await: GCC 12 destroys such temporaries twice.
#pragma once

#include <socle/plugin.hpp>

#include <optional>
#include <utility>

namespace socle::auth {

template <class T>
class [[nodiscard]] Got {
 public:
  Got(T value) : value_(std::move(value)) {}
  Got(Reply problem) : problem_(std::move(problem)) {}
  Got(Error error) : problem_(std::move(error)) {}  // also: no memory for a frame

  explicit operator bool() const { return value_.has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  // REQUIRES: no value
  [[nodiscard]] Reply problem() && { return std::move(problem_); }
  [[nodiscard]] const Reply& problem() const& { return problem_; }

 private:
  std::optional<T> value_;
  Reply problem_;
};

}  // namespace socle::auth
