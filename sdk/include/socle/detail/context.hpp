// context.hpp: Context, a view of for whom work is done; OwnedContext keeps one alive beyond the call that brought it.
// A Context from a Request is good until that call is answered. Read on the call's worker.
#pragma once

#include <socle/detail/abi_text.hpp>

#include <chrono>
#include <utility>

namespace socle {

using Duration = std::chrono::nanoseconds;
// A point of the host's monotonic clock.
struct Instant {
  std::int64_t nanoseconds = 0;
  static constexpr Instant never() { return {std::numeric_limits<std::int64_t>::max()}; }
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Duration operator-(Instant a, Instant b) { return Duration(a.nanoseconds - b.nanoseconds); }
  friend constexpr Instant operator+(Instant a, Duration b) { return {a.nanoseconds + b.count()}; }
};

class Context {
 public:
  explicit Context(const socle_context* raw) : raw_(raw) {}

  [[nodiscard]] std::string_view tenant() const { return detail::view(raw_->tenant); }
  [[nodiscard]] std::string_view principal() const { return detail::view(raw_->principal); }
  // JSON object, or nothing.
  [[nodiscard]] std::string_view claims() const { return detail::view(raw_->claims); }
  [[nodiscard]] std::string_view idempotency_key() const { return detail::view(raw_->idempotency_key); }
  [[nodiscard]] std::string_view lane() const { return detail::view(raw_->lane); }
  // What a filter added.
  [[nodiscard]] std::string_view key(std::string_view name) const {
    return detail::find(raw_->keys, raw_->key_count, name);
  }
  [[nodiscard]] Instant deadline() const { return {raw_->deadline}; }
  [[nodiscard]] bool background() const { return raw_->work_class == SOCLE_CLASS_BACKGROUND; }
  // The caller is gone or the deadline has passed; poll it in long work.
  [[nodiscard]] bool cancelled() const { return raw_->cancelled != 0; }
  // 16 and 8 bytes, W3C trace context.
  [[nodiscard]] const std::uint8_t* trace_id() const { return raw_->trace_id; }
  [[nodiscard]] const std::uint8_t* span_id() const { return raw_->span_id; }
  [[nodiscard]] std::uint8_t trace_flags() const { return raw_->trace_flags; }

  [[nodiscard]] const socle_context* raw() const { return raw_; }

 private:
  const socle_context* raw_;
};

class OwnedContext {
 public:
  OwnedContext() = default;
  // Keeps `context` alive; on its worker.
  explicit OwnedContext(Context context) : raw_(context.raw()) {
    detail::host_table->context_retain(detail::host_table, raw_);
  }
  [[nodiscard]] static OwnedContext adopt(const socle_context* raw) {
    OwnedContext out;
    out.raw_ = raw;
    return out;
  }
  OwnedContext(OwnedContext&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  OwnedContext& operator=(OwnedContext&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~OwnedContext() {
    if (raw_ != nullptr) detail::host_table->context_release(detail::host_table, raw_);
  }

  explicit operator bool() const { return raw_ != nullptr; }
  operator Context() const { return Context(raw_); }
  [[nodiscard]] Context view() const { return Context(raw_); }
  // Only of a context that this plugin opened: its calls in flight are told that nobody waits any more.
  void cancel() const { detail::host_table->context_cancel(detail::host_table, raw_); }

 private:
  const socle_context* raw_ = nullptr;
};

}  // namespace socle
