// operation.hpp: the awaitables behind Host: sleep, yield, call, publish, offload, and Completion. Each lives in the
// frame that awaits it, is used once, and resumes on the worker it began on. None begins anything before it is awaited.
#pragma once

#include <socle/detail/background.hpp>
#include <socle/detail/context.hpp>
#include <socle/detail/reply.hpp>

#include <cassert>
#include <type_traits>

namespace socle::detail {

[[nodiscard]] inline Status to_status(socle_status outcome, std::string_view what) {
  if (outcome == SOCLE_OK) return {};
  return Error{code(outcome), std::string(what).append(": ").append(to_string(code(outcome)))};
}

struct SleepOperation : Operation {
  Duration delay;
  std::uint64_t timer = 0;

  explicit SleepOperation(Duration length) : delay(length) {}
  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> handle) noexcept {
    if (!enter(handle.promise())) return false;
    cut = [](Operation& self) noexcept {
      auto& sleep = static_cast<SleepOperation&>(self);
      if (host_table->timer_cancel(host_table, sleep.timer) == 1) sleep.resume_soon();
    };
    timer = host_table->timer_start(host_table, delay.count(), &fired, static_cast<Operation*>(this));
    return true;
  }
  Status await_resume() const { return to_status(status, "sleep"); }
  static void fired(void* user, socle_status outcome) { static_cast<Operation*>(user)->resume(outcome); }
};

struct YieldOperation {
  Promise* waiter = nullptr;
  socle_status status = SOCLE_OK;
  bool await_ready() const noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> handle) noexcept {
    waiter = &handle.promise();
    host_table->defer(host_table, &resumed, this);
  }
  Status await_resume() const { return to_status(status, "yield"); }
  static void resumed(void* user, socle_status outcome) {
    auto* self = static_cast<YieldOperation*>(user);
    self->status = outcome;
    run(self->waiter);
  }
};

// A call or a publication whose body was refused is not made: without it, it would say something else.
struct CallOperation {
  const socle_context* context;
  std::uint32_t target;
  Payload payload;
  socle_call_options options;
  std::string idempotency_key;
  Promise* waiter = nullptr;
  socle_reply reply{sizeof(socle_reply), SOCLE_INTERNAL, nullptr};
  Reply answer{};  // instead of a call when the target is refused
  bool refused = false;

  bool await_ready() const noexcept { return refused || payload.refused(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> handle) noexcept {
    waiter = &handle.promise();
    if (!idempotency_key.empty()) options.idempotency_key = str(idempotency_key);
    const socle_status outcome =
        host_table->call(host_table, context, target, payload.raw(), &options, &reply, &done, this);
    if (outcome == SOCLE_PENDING) return true;
    reply.status = outcome;
    return false;
  }
  Reply await_resume() {
    if (refused) return std::move(answer);
    return payload.refused() ? Reply(payload.refusal()) : Reply::adopt(reply);
  }
  static void done(void* user, const socle_reply* reply) {
    auto* self = static_cast<CallOperation*>(user);
    self->reply = *reply;
    run(self->waiter);
  }
};

struct PublishOperation {
  const socle_context* context;
  std::string_view channel;
  Payload payload;
  Promise* waiter = nullptr;
  socle_status status = SOCLE_OK;
  bool await_ready() const noexcept { return payload.refused(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> handle) noexcept {
    waiter = &handle.promise();
    status = host_table->publish(host_table, context, str(channel), payload.raw(), &done, this);
    return status == SOCLE_PENDING;
  }
  Status await_resume() const {
    if (payload.refused()) return payload.refusal().context("publish");
    return to_status(status, "publish");
  }
  static void done(void* user, socle_status outcome) {
    auto* self = static_cast<PublishOperation*>(user);
    self->status = outcome;
    run(self->waiter);
  }
};

template <class T>
struct AsResult {
  using type = Result<T>;
};
template <class T>
struct AsResult<Result<T>> {
  using type = Result<T>;
};

template <class Work>
struct OffloadOperation {
  using Returned = std::invoke_result_t<Work&>;
  using Outcome = typename AsResult<Returned>::type;
  Work work;
  std::optional<Outcome> outcome{};
  Promise* waiter = nullptr;
  socle_status status = SOCLE_OK;

  explicit OffloadOperation(Work callable) : work(std::move(callable)) {}
  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> handle) noexcept {
    waiter = &handle.promise();
    status = host_table->offload(host_table, &begin, &done, this);
    return status == SOCLE_OK || status == SOCLE_PENDING;
  }
  Outcome await_resume() {
    if (outcome.has_value()) return std::move(*outcome);
    return Error{code(status), std::string("offload: ").append(to_string(code(status)))};
  }
  static void begin(void* user) {
    auto* self = static_cast<OffloadOperation*>(user);
    try {
      if constexpr (std::is_void_v<Returned>) {
        self->work();
        self->outcome.emplace();
      } else {
        self->outcome.emplace(self->work());
      }
    } catch (const std::exception& thrown) {
      self->fail(thrown.what());
    } catch (...) {
      self->fail("an exception without text");
    }
  }
  static void done(void* user, socle_status status) {
    auto* self = static_cast<OffloadOperation*>(user);
    self->status = status;
    run(self->waiter);
  }
  void fail(const char* what) noexcept {
    try {
      outcome.emplace(Error{Code::internal, std::string("offloaded work threw: ").append(what)});
    } catch (...) {
      status = SOCLE_INTERNAL;
    }
  }
};

}  // namespace socle::detail

namespace socle {

// A value that somebody else brings: another coroutine, an offload thread, another worker. Made by and awaited on one
// worker; set() exactly once, from any thread. It must be awaited before it is destroyed.
template <class T>
class Completion {
 public:
  Completion()
      : worker_(detail::host_table->worker(detail::host_table)),
        payer_(detail::host_table->payer(detail::host_table)) {}
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  void set(T value) {
    value_.emplace(std::move(value));
    detail::host_table->post_for(detail::host_table, payer_, worker_, &arrived, this);
  }
  // As set(), for who runs on the awaiting worker already.
  void set_here(T value) {
    value_.emplace(std::move(value));
    detail::host_table->post_for(detail::host_table, payer_, worker_, &arrived, this);
  }

  struct Awaiter {
    Completion& completion;
    bool await_ready() const noexcept { return completion.arrived_; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> handle) noexcept {
      completion.waiter_ = &handle.promise();
    }
    T await_resume() { return std::move(*completion.value_); }
  };
  Awaiter operator co_await() noexcept { return {*this}; }

 private:
  static void arrived(void* user, socle_status) {
    auto* self = static_cast<Completion*>(user);
    self->arrived_ = true;
    if (self->waiter_ != nullptr) detail::run(self->waiter_);
  }
  std::uint32_t worker_;
  std::uint64_t payer_;  // who waits pays for going on, whoever brings the value
  bool arrived_ = false;
  detail::Promise* waiter_ = nullptr;
  std::optional<T> value_;
};

}  // namespace socle
