// held.hpp: Held, memory of a tenant that a plugin keeps beyond the call that it was asked for: a compiled model, above
// all. It counts to the tenant's budget (`memory` of its plan) from Host::hold() to the end of the Held, which may come
// on any thread. docs/decisions/0008-tenant-memory.md says who pays for what is shared.
#pragma once

#include <socle/detail/abi_text.hpp>
#include <socle/memory_error.hpp>

#include <memory>
#include <string>
#include <utility>

namespace socle {

class Held {
 public:
  Held() = default;  // of nobody
  // What memory_hold() gave for `bytes`.
  [[nodiscard]] static Held adopt(void* raw, std::size_t bytes) {
    Held out;
    out.raw_ = raw;
    out.bytes_ = bytes;
    return out;
  }
  Held(Held&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Held() {
    if (raw_ != nullptr) detail::host_table->memory_release(detail::host_table, raw_, bytes_);
  }

  explicit operator bool() const { return raw_ != nullptr; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void* raw_ = nullptr;
  std::size_t bytes_ = 0;
};

// `made` with its charge: whoever holds the answer holds both, and the last to let go ends both. Nobody else may hold
// `made` itself. Any thread.
template <class T>
[[nodiscard]] std::shared_ptr<const T> charged(std::shared_ptr<const T> made, Held charge) {
  struct Both {
    Held charge;
    std::shared_ptr<const T> made;  // goes first
  };
  auto both = std::make_shared<const Both>(Both{std::move(charge), std::move(made)});
  const T* inner = both->made.get();
  return {std::move(both), inner};
}

namespace detail {

// `memory`: the plan's number, +infinity when it has none. What is larger than all of it will never fit: too_large.
[[nodiscard]] inline Error not_held(std::size_t bytes, double memory) {
  const std::string wanted = std::to_string(bytes) + " bytes are to be kept";
  if (!(memory < std::numeric_limits<double>::infinity()))
    return {Code::exhausted, std::string(memory_used_up) + ": " + wanted + "; raise `memory` of the tenant's plan"};
  const std::string all = std::to_string(static_cast<std::uint64_t>(memory));
  if (static_cast<double>(bytes) > memory)
    return {Code::too_large, wanted + ", and the tenant has " + all +
                                 " in all: make smaller what is to be kept, or raise `memory` of its plan"};
  return {Code::exhausted, std::string(memory_used_up) + ": " + wanted + " beside what is in use, of " + all +
                               " in all; raise `memory` of the tenant's plan"};
}

}  // namespace detail
}  // namespace socle
