// refusal.hpp: why the host refused memory, from the refusal to the answer that tells of it.
#pragma once

#include <socle/detail/abi_text.hpp>
#include <socle/memory_error.hpp>

#include <algorithm>
#include <new>

namespace socle::detail {

// For memory_error(). Right behind the refusal, on its thread: the host keeps no more than the last.
[[nodiscard]] inline std::int64_t why_refused() noexcept {
  return std::max<std::int64_t>(host_table->memory_refused(host_table), 0);
}

// Thrown where nothing can be returned. A std::bad_alloc that is none of these is malloc's own.
struct MemoryRefused : std::bad_alloc {
  explicit MemoryRefused(std::int64_t by) noexcept : cap(by) {}
  std::int64_t cap;
};

}  // namespace socle::detail
