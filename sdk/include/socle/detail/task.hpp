// task.hpp: Task<T>, a coroutine that starts when it is awaited. A plain function may return one as well: a Task made
// from a value needs no frame. Awaiting gives the T, or rethrows what the coroutine threw (no throw leaves the plugin:
// the entry's barrier answers Code::internal). One worker for its whole life.
#pragma once

#include <socle/detail/promise.hpp>
#include <socle/detail/refusal.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace socle {

template <class T>
class Task;

namespace detail {

template <class T>
struct TaskPromise : Promise {
  std::optional<T> value;
  TaskPromise() { self = std::coroutine_handle<TaskPromise>::from_promise(*this); }
  Task<T> get_return_object() noexcept;
  static Task<T> get_return_object_on_allocation_failure() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*value);
  }
};

template <>
struct TaskPromise<void> : Promise {
  TaskPromise() { self = std::coroutine_handle<TaskPromise>::from_promise(*this); }
  inline Task<void> get_return_object() noexcept;
  inline static Task<void> get_return_object_on_allocation_failure() noexcept;
  void return_void() noexcept {}
  void take() const {
    if (thrown) std::rethrow_exception(thrown);
  }
};

struct Nothing {};
// Instead of a coroutine that there was no frame for.
struct FrameRefused {
  std::int64_t cap;
};
template <class T>
struct Slot {
  using type = T;
};
template <>
struct Slot<void> {
  using type = Nothing;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Value = typename detail::Slot<T>::type;

  // Already there: for functions that are no coroutines.
  template <class U>
  requires(!std::is_same_v<std::remove_cvref_t<U>, Task> && std::is_constructible_v<Value, U>) Task(U&& value)
      : ready_(std::in_place, std::forward<U>(value)) {}

  // The coroutine machinery.
  explicit Task(promise_type* promise) noexcept : promise_(promise) {}
  explicit Task(detail::FrameRefused why) noexcept : refused_(why.cap) {}
  Task(Task&& other) noexcept
      : promise_(std::exchange(other.promise_, nullptr)), ready_(std::move(other.ready_)), refused_(other.refused_) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(promise_, other.promise_);
    std::swap(ready_, other.ready_);
    std::swap(refused_, other.refused_);
    return *this;
  }
  // REQUIRES: never started, or finished; a running Task is owned by the frame that awaits it, or detached.
  ~Task() {
    if (promise_ != nullptr) promise_->self.destroy();
  }

  // -- for the SDK: roots ---------------------------------------------------------------------------------------------
  // Runs until the first wait. True: finished, take() gives the outcome.
  bool start() noexcept {
    if (promise_ == nullptr) return true;
    promise_->self.resume();
    return promise_->self.done();
  }
  T take() {
    if (promise_ != nullptr) return promise_->take();
    if (!ready_.has_value()) return no_memory();
    if constexpr (!std::is_void_v<T>) return std::move(*ready_);
  }
  [[nodiscard]] promise_type* promise() const { return promise_; }
  promise_type* detach() { return std::exchange(promise_, nullptr); }

  // -- co_await
  // --------------------------------------------------------------------------------------------------------
  struct Awaiter {
    Task& task;
    bool await_ready() const noexcept { return task.promise_ == nullptr; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> parent) noexcept {
      task.promise_->background = parent.promise().background;
      if (task.start()) return false;
      task.promise_->parent = &parent.promise();
      return true;
    }
    T await_resume() { return task.take(); }
  };
  Awaiter operator co_await() & noexcept { return {*this}; }
  Awaiter operator co_await() && noexcept { return {*this}; }

 private:
  T no_memory() const {
    if constexpr (std::is_constructible_v<Value, Error>) {
      return T(memory_error(refused_));
    } else {
      throw detail::MemoryRefused(refused_);
    }
  }

  promise_type* promise_ = nullptr;
  std::optional<Value> ready_;
  std::int64_t refused_ = 0;  // of a frame: as memory_error() has it
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(this);
}
template <class T>
Task<T> TaskPromise<T>::get_return_object_on_allocation_failure() noexcept {
  return Task<T>(FrameRefused{why_refused()});
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept { return Task<void>(this); }
inline Task<void> TaskPromise<void>::get_return_object_on_allocation_failure() noexcept {
  return Task<void>(FrameRefused{why_refused()});
}

}  // namespace detail
}  // namespace socle
