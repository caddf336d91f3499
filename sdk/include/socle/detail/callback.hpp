// callback.hpp: callables the host calls back once: defer, post, and Timer. A callback that throws is logged and
// dropped; one the host gives up on (drain deadline) is destroyed without being run.
#pragma once

#include <socle/detail/context.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace socle {

namespace detail {

inline void log_throw(std::string_view where, const char* what) noexcept {
  const socle_pair fields[] = {{str("where"), str(where)}, {str("what"), str(what)}};
  host_table->log(host_table, SOCLE_LOG_ERROR, nullptr, str("a callback threw an exception"), fields, 2);
}

template <class Function>
void run_once(Function& function, std::string_view where) noexcept {
  try {
    function();
  } catch (const std::exception& thrown) {
    log_throw(where, thrown.what());
  } catch (...) {
    log_throw(where, "an exception without text");
  }
}

// Owned by the host from the request to the callback.
template <class Function>
struct Posted {
  Function function;
  static void arrived(void* user, socle_status status) noexcept {
    const std::unique_ptr<Posted> self(static_cast<Posted*>(user));
    if (status == SOCLE_OK) run_once(self->function, "deferred or posted function");
  }
};

}  // namespace detail

// One shot; going out of scope cancels it. Belongs to the worker that started it.
class Timer {
 public:
  Timer() = default;
  template <class Function>
  Timer(Duration delay, Function function) : state_(new Of<Function>(std::move(function))) {
    state_->id = detail::host_table->timer_start(detail::host_table, delay.count(), &fired, state_);
  }
  Timer(Timer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Timer& operator=(Timer&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~Timer() { cancel(); }

  // After this the function does not run any more (unless it is running now).
  void cancel() noexcept {
    State* state = std::exchange(state_, nullptr);
    if (state == nullptr) return;
    state->abandoned = true;
    if (state->done || detail::host_table->timer_cancel(detail::host_table, state->id) == 1) delete state;
  }

 private:
  struct State {
    std::uint64_t id = 0;
    bool abandoned = false, done = false;
    virtual ~State() = default;
    virtual void call() noexcept = 0;
  };
  template <class Function>
  struct Of final : State {
    explicit Of(Function callable) : function(std::move(callable)) {}
    void call() noexcept override { detail::run_once(function, "timer"); }
    Function function;
  };
  // Ends with done, or with the state's end when the Timer has gone meanwhile (its own function may destroy it).
  static void fired(void* user, socle_status status) noexcept {
    auto* state = static_cast<State*>(user);
    if (status == SOCLE_OK && !state->abandoned) state->call();
    state->done = true;
    if (state->abandoned) delete state;
  }
  State* state_ = nullptr;
};

}  // namespace socle
