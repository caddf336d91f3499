// share.hpp: a plugin's dealings with the tenant scheduler: how long it may go on, pausing, memory that goes with a
// call. On the worker that runs it.
#pragma once

#include <socle/detail/context.hpp>
#include <socle/detail/operation.hpp>

#include <memory_resource>
#include <new>

namespace socle {

// A tenant's request rate, as the scheduler would admit now.
struct RequestRate {
  double limit = 0, burst = 0;  // a second; at once after a pause
  std::int64_t remaining = 0;
  Duration reset{}, retry_after{};  // until `remaining` is `burst` again; until the next request is admitted
};

// How much of its memory a tenant uses, and by how much work should therefore be throttled.
enum class Pressure : std::uint8_t { low, middle, high };  // below 50 %, up to 70 %, above

// Memory that is given back as a whole when the call is answered; deallocating does nothing. Charged to the tenant:
// over the call's or the tenant's budget it throws a std::bad_alloc, which a handler's barrier answers as
// Code::too_large or Code::exhausted.
//   Arena arena = request.arena();  std::pmr::vector<Row> rows(&arena);
class Arena final : public std::pmr::memory_resource {
 public:
  explicit Arena(Context context) : context_(context) {}

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    void* found = detail::host_table->arena_alloc(detail::host_table, context_.raw(), size, alignment);
    if (found == nullptr) throw detail::MemoryRefused(detail::why_refused());
    return found;
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  Context context_;
};

namespace detail {

// Ready at once while the slice lasts; else a turn for the others.
struct PauseOperation : YieldOperation {
  bool await_ready() const noexcept { return host_table->slice_left_for(host_table) > 0; }
};

}  // namespace detail
}  // namespace socle
