// promise.hpp: what every coroutine of a plugin has in common, and the trampoline that resumes it.
//
// The rule (docs/design/sdk.md): nothing is ever resumed from inside another coroutine. A child that finishes inline
// lets its parent go on by `await_suspend() == false`; one that finishes later is followed by run(), a loop on the
// callback's almost empty stack, which then resumes the parent. So a million completions cost no stack in any build. A
// frame is destroyed only by run() or by the Task that owns it, never from outside, and a root's answer is given after
// that.
#pragma once

#include <socle/detail/abi_text.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>

namespace socle::detail {

struct Background;

struct Promise {
  std::coroutine_handle<> self;
  Promise* parent = nullptr;                    // who awaits this one; nullptr for a root
  void (*finish)(Promise&) noexcept = nullptr;  // of a root: destroys the frame, then answers
  std::uint64_t tag = 0;                        // of a root: what finish() needs (call token or pointer)
  Background* background = nullptr;             // the spawned task this is part of, if any
  std::exception_ptr thrown;

  // Frames are the host's: pooled per worker and counted. nullptr ends in get_return_object_on_allocation_failure().
  static void* operator new(std::size_t size) noexcept { return host_table->frame_alloc(host_table, size); }
  static void operator delete(void* frame, std::size_t size) { host_table->frame_free(host_table, frame, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
};

// Resumes `promise` and then whoever waited for it, as far as that goes now. From callbacks of the host only.
inline void run(Promise* promise) noexcept {
  while (promise != nullptr) {
    promise->self.resume();
    if (!promise->self.done()) return;
    if (promise->parent == nullptr) {
      if (promise->finish != nullptr) promise->finish(*promise);
      return;
    }
    promise = promise->parent;
  }
}

}  // namespace socle::detail
