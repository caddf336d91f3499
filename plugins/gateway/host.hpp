// host.hpp: views and small owners over the C host table, for the gateway's own files. The gateway speaks the C ABI
// directly instead of through plugin.hpp: it owns connections, answers no calls, and counts its nanoseconds.
#pragma once

#include <socle/abi.h>

#include <string_view>
#include <utility>

namespace socle::gateway {

[[nodiscard]] inline std::string_view view(socle_str s) { return {s.data, s.size}; }
[[nodiscard]] inline socle_str str(std::string_view s) { return {s.data(), s.size()}; }

// One reference of a payload.
class Payload {
 public:
  Payload() = default;
  Payload(const socle_host* host, socle_payload* payload) : host_(host), payload_(payload) {}
  Payload(Payload&& other) noexcept : host_(other.host_), payload_(std::exchange(other.payload_, nullptr)) {}
  Payload& operator=(Payload&& other) noexcept {
    if (this != &other) {
      reset();
      host_ = other.host_;
      payload_ = std::exchange(other.payload_, nullptr);
    }
    return *this;
  }
  ~Payload() { reset(); }
  void reset() {
    if (payload_) host_->payload_release(host_, std::exchange(payload_, nullptr));
  }
  [[nodiscard]] socle_payload* get() const { return payload_; }
  [[nodiscard]] const socle_payload* operator->() const { return payload_; }
  explicit operator bool() const { return payload_ != nullptr; }

 private:
  const socle_host* host_ = nullptr;
  socle_payload* payload_ = nullptr;
};

// One reference of a context that this plugin opened.
class Context {
 public:
  Context() = default;
  Context(const socle_host* host, const socle_context* context) : host_(host), context_(context) {}
  Context(Context&& other) noexcept : host_(other.host_), context_(std::exchange(other.context_, nullptr)) {}
  Context& operator=(Context&& other) noexcept {
    if (this != &other) {
      reset();
      host_ = other.host_;
      context_ = std::exchange(other.context_, nullptr);
    }
    return *this;
  }
  ~Context() { reset(); }
  void reset() {
    if (context_) host_->context_release(host_, std::exchange(context_, nullptr));
  }
  void cancel() const {
    if (context_) host_->context_cancel(host_, context_);
  }
  [[nodiscard]] const socle_context* get() const { return context_; }
  [[nodiscard]] const socle_context* operator->() const { return context_; }
  explicit operator bool() const { return context_ != nullptr; }

 private:
  const socle_host* host_ = nullptr;
  const socle_context* context_ = nullptr;
};

}  // namespace socle::gateway
