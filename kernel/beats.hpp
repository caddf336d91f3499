// beats.hpp: how the supervisor sees that its kernel comes round. In memory that both share; the kernel's Pulse writes.
#pragma once

#include <atomic>
#include <cstdint>

namespace socle {

struct Beats {
  std::atomic<uint64_t> count{0};
  std::atomic<int32_t> thread{0};  // of worker 0: whose stack tells why there are none any more
};

}  // namespace socle
