// answer.hpp: from what a handler or hook returns, or throws, to the one answer the ABI wants. A handler that cannot
// answer at once becomes a root coroutine: its frame is destroyed first, then complete() is called, so that the
// kernel's in-flight count falls when nothing of the call is left in the plugin.
#pragma once

#include <socle/detail/reply.hpp>
#include <socle/detail/task.hpp>

namespace socle::detail {

// Turns what is being thrown now into an answer. Only in a catch block.
[[nodiscard]] inline socle_reply caught(const socle_context* context, std::string_view where) noexcept {
  socle_status outcome = SOCLE_INTERNAL;
  const auto tell = [&](const char* what) noexcept {
    const socle_pair fields[] = {{str("where"), str(where)}, {str("what"), str(what)}};
    host_table->log(host_table, SOCLE_LOG_ERROR, context, str("the plugin threw an exception"), fields, 2);
  };
  std::string refused;
  std::string_view message = "the plugin failed; its log says why";
  try {
    throw;
  } catch (const MemoryRefused& by) {
    Error why = memory_error(by.cap);
    outcome = status(why.code);
    message = refused = std::move(why.message);
    tell("out of memory");
  } catch (const std::bad_alloc&) {
    outcome = SOCLE_EXHAUSTED;
    message = memory_used_up;
    tell("out of memory");
  } catch (const std::exception& thrown) {
    tell(thrown.what());
  } catch (...) {
    tell("an exception without text");
  }
  const socle_pair meta[] = {{str("code"), str(to_string(code(outcome)))}, {str("message"), str(message)}};
  return {sizeof(socle_reply), outcome, host_table->payload_new(host_table, {nullptr, 0}, SOCLE_MEDIA_NONE, meta, 2)};
}

// A Task<Reply>'s or Task<Status>'s outcome as the ABI has it.
template <class T>
[[nodiscard]] socle_reply outcome_of(Task<T>& task, std::string_view where) noexcept {
  try {
    if constexpr (std::is_same_v<T, Reply>) {
      return task.take().release();
    } else {
      Status status = task.take();
      if (status) return {sizeof(socle_reply), SOCLE_OK, nullptr};
      return Reply(std::move(status).error()).release();
    }
  } catch (...) {
    return caught(nullptr, where);
  }
}

template <class T>
void finish_root(Promise& promise) noexcept {
  const std::uint64_t token = promise.tag;
  socle_reply reply;
  {
    Task<T> task(&static_cast<TaskPromise<T>&>(promise));
    reply = outcome_of(task, "coroutine");
  }  // the frame is gone before the answer is given
  host_table->complete(host_table, token, &reply);
}

// Answers the call now, or makes the task a root that will.
template <class T>
[[nodiscard]] socle_status answer(Task<T> task, const socle_call& call, socle_reply& reply) noexcept {
  if (task.start()) {
    reply = outcome_of(task, "handler");
    return reply.status;
  }
  auto* promise = task.detach();
  promise->tag = call.token;
  promise->finish = &finish_root<T>;
  return SOCLE_PENDING;
}

[[nodiscard]] inline socle_status answer(Reply made, socle_reply& reply) noexcept {
  try {
    reply = std::move(made).release();
  } catch (...) {
    reply = caught(nullptr, "reply");
  }
  return reply.status;
}

}  // namespace socle::detail
