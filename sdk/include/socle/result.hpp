// result.hpp: how every part of Socle says that something can fail. Result<T> holds a value or an Error; Status is
// Result<void>. Member names are those of std::expected, so that later it is one alias. Any thread.
//
//   Result<int> parse(std::string_view text);
//   if (auto r = parse(text); !r) return std::move(r).error().context("read the port");
#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace socle {

// By what the caller can do about it. The numbers are those of socle/abi.h and never change.
enum class Code : int {
  invalid = 2,
  unauthenticated = 3,
  denied = 4,
  not_found = 5,
  conflict = 6,
  precondition = 7,
  too_large = 8,
  unsupported = 9,
  exhausted = 10,
  unavailable = 11,
  deadline = 12,
  cancelled = 13,
  storage_full = 14,
  data_loss = 15,
  internal = 16,
};

[[nodiscard]] constexpr std::string_view to_string(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::unauthenticated: return "unauthenticated";
    case Code::denied: return "denied";
    case Code::not_found: return "not_found";
    case Code::conflict: return "conflict";
    case Code::precondition: return "precondition_failed";
    case Code::too_large: return "too_large";
    case Code::unsupported: return "unsupported";
    case Code::exhausted: return "exhausted";
    case Code::unavailable: return "unavailable";
    case Code::deadline: return "deadline_exceeded";
    case Code::cancelled: return "cancelled";
    case Code::storage_full: return "storage_full";
    case Code::data_loss: return "data_loss";
    case Code::internal: return "internal";
  }
  return "internal";
}

struct Error {
  Code code = Code::internal;
  std::string message;

  // The same error with `what` in front: "load plugin 'kv': open file: no such file".
  [[nodiscard]] Error context(std::string_view what) && {
    message.insert(0, ": ").insert(0, what);
    return std::move(*this);
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // REQUIRES: has_value()
  [[nodiscard]] T& value() & { return *get(); }
  [[nodiscard]] const T& value() const& { return *get(); }
  [[nodiscard]] T&& value() && { return std::move(*get()); }
  T& operator*() & { return *get(); }
  const T& operator*() const& { return *get(); }
  T&& operator*() && { return std::move(*get()); }
  T* operator->() { return get(); }
  const T* operator->() const { return get(); }

  // REQUIRES: !has_value()
  [[nodiscard]] const Error& error() const& { return *std::get_if<1>(&state_); }
  [[nodiscard]] Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return has_value() ? std::move(*get()) : static_cast<T>(std::forward<U>(other));
  }

 private:
  T* get() {
    assert(has_value());
    return std::get_if<0>(&state_);
  }
  const T* get() const {
    assert(has_value());
    return std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  [[nodiscard]] bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return !failed_; }
  // REQUIRES: !has_value()
  [[nodiscard]] const Error& error() const& { return error_; }
  [[nodiscard]] Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool failed_ = false;
};

using Status = Result<void>;

}  // namespace socle
