// watch.hpp: Watch, readiness of a non-blocking descriptor on this worker. The descriptor stays the caller's: close the
// Watch first, then the descriptor. At most one waiter per direction. A time-out ends only the wait, not the Watch.
//
// The host keeps one wait per direction and cannot take it back, so the state it points to outlives the Watch until the
// host has answered; a later wait in the same direction joins the one the host still holds.
#pragma once

#include <socle/detail/operation.hpp>

namespace socle {

namespace detail {

struct WatchState;

struct WatchSide {
  WatchState* state = nullptr;
  Operation* waiter = nullptr;
  bool armed = false;  // the host owes us an answer
};

struct WatchState {
  std::uint64_t id = 0;
  bool open = true;
  WatchSide read, write;

  static void answered(void* user, socle_status outcome) {
    auto* side = static_cast<WatchSide*>(user);
    WatchState* state = side->state;
    side->armed = false;
    Operation* waiter = std::exchange(side->waiter, nullptr);
    state->release();
    if (waiter != nullptr) waiter->resume(outcome);
  }
  void close() noexcept {
    if (!open) return;
    open = false;
    host_table->watch_close(host_table, id);
  }
  // Gone with the last who points here: the Watch, or an answer the host still owes.
  void release() noexcept {
    if (orphan && !read.armed && !write.armed) delete this;
  }
  bool orphan = false;
};

struct WatchOperation : Operation {
  WatchState& state;
  WatchSide& side;
  std::uint32_t events;
  Duration timeout;
  std::uint64_t timer = 0;

  WatchOperation(WatchState& owner, WatchSide& direction, std::uint32_t kind, Duration limit)
      : state(owner), side(direction), events(kind), timeout(limit) {}
  WatchOperation(const WatchOperation&) = delete;
  WatchOperation& operator=(const WatchOperation&) = delete;
  ~WatchOperation() = default;

  bool await_ready() noexcept {
    if (!state.open) status = SOCLE_CANCELLED;
    return !state.open;
  }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> handle) noexcept {
    assert(side.waiter == nullptr);
    if (!enter(handle.promise())) return false;
    cut = [](Operation& self) noexcept {
      auto& wait = static_cast<WatchOperation&>(self);
      wait.side.waiter = nullptr;
      wait.stop_timer();
      wait.resume_soon();
    };
    side.waiter = this;
    if (timeout > Duration::zero()) timer = host_table->timer_start(host_table, timeout.count(), &expired, this);
    if (!side.armed) {
      side.armed = true;
      host_table->watch_wait(host_table, state.id, events, &WatchState::answered, &side);
    }
    return true;
  }
  // Ready, Code::deadline after the time-out, Code::cancelled when the Watch was closed or the generation drains.
  Status await_resume() noexcept {
    stop_timer();
    return to_status(status, events == SOCLE_IO_READ ? "wait until readable" : "wait until writable");
  }
  void stop_timer() noexcept {
    if (const auto id = std::exchange(timer, 0); id != 0) host_table->timer_cancel(host_table, id);
  }
  static void expired(void* user, socle_status outcome) {
    auto* self = static_cast<WatchOperation*>(user);
    self->timer = 0;
    self->side.waiter = nullptr;
    self->resume(outcome == SOCLE_OK ? SOCLE_DEADLINE : outcome);
  }
};

}  // namespace detail

class Watch {
 public:
  Watch() = default;
  explicit Watch(int fd) : state_(new detail::WatchState) {
    state_->id = detail::host_table->watch_open(detail::host_table, fd);
    state_->read.state = state_->write.state = state_;
  }
  Watch(Watch&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Watch& operator=(Watch&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  // REQUIRES: nobody waits.
  ~Watch() {
    if (state_ == nullptr) return;
    state_->close();
    state_->orphan = true;
    state_->release();
  }

  // co_await gives a Status. `timeout` zero: none. The Watch must outlive the wait.
  [[nodiscard]] detail::WatchOperation readable(Duration timeout = {}) {
    return {*state_, state_->read, SOCLE_IO_READ, timeout};
  }
  [[nodiscard]] detail::WatchOperation writable(Duration timeout = {}) {
    return {*state_, state_->write, SOCLE_IO_WRITE, timeout};
  }
  // Ends pending waits with Code::cancelled (soon, not inside this call) and refuses later ones. On its worker.
  void close() {
    if (state_ != nullptr) state_->close();
  }
  [[nodiscard]] bool is_open() const { return state_ != nullptr && state_->open; }

 private:
  detail::WatchState* state_ = nullptr;
};

}  // namespace socle
