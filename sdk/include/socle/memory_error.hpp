// memory_error.hpp: what memory that the host refused is called, in a plugin, the kernel's process and a cell alike.
// Any thread.
#pragma once

#include <cstdint>
#include <socle/result.hpp>
#include <string>
#include <string_view>

namespace socle {

inline constexpr std::string_view memory_used_up = "the memory budget is used up";

// `cap` as memory_refused() of socle/abi.h has it: what one request may hold, when that was what refused it, which
// asking again does not change; else 0, and other requests of the tenant will have ended by and by. 256 MiB is
// `call_memory` of kernel/run.cpp.
[[nodiscard]] inline Error memory_error(std::int64_t cap) {
  if (cap <= 0) return {Code::exhausted, std::string(memory_used_up)};
  return {Code::too_large, "the request needs more memory than one may hold at a time (" + std::to_string(cap) +
                               " bytes): send or ask for less at once; a larger `memory` of the plan allows more, up "
                               "to 256 MiB"};
}

}  // namespace socle
