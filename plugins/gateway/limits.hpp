// limits.hpp: what one listener lets a client use. Defaults are those of the public contract; sizes in bytes, times in
// nanoseconds of the host's clock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace socle::gateway {

inline constexpr std::int64_t millisecond = 1'000'000;
inline constexpr std::int64_t second = 1'000 * millisecond;

struct Limits {
  std::size_t request_line = 8 * 1024;
  std::size_t headers = 32 * 1024;  // request line included
  std::size_t fields = 128;
  std::size_t body = 1024 * 1024;
  std::int64_t header_timeout = 10 * second;  // from a request's first byte to the end of its head; also TLS handshake
  std::int64_t idle_timeout = 60 * second;    // between requests; also without any progress of a body or reply
  std::int64_t deadline = 10 * second;        // of a request's context, unless its route says otherwise
  std::size_t min_rate = 256;                 // bytes a second on average, once a transfer is older than idle_timeout
};

}  // namespace socle::gateway
