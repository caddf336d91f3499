// refusal.hpp: why the gateway itself answers a request instead of calling anybody: an HTTP status, the stable code and
// one sentence for the person who sent it. This text is static.
#pragma once

#include <cstdint>
#include <string_view>

namespace socle::gateway {

struct Refusal {
  std::uint16_t status = 0;  // 0: nothing is refused
  std::string_view code;
  std::string_view detail;
  std::string_view found{};        // what the client sent instead, told behind `detail`; into the request's head
  std::string_view retry_after{};  // seconds; empty: it need not be told
  explicit operator bool() const { return status != 0; }
};

inline constexpr Refusal bad_request(std::string_view code, std::string_view detail) { return {400, code, detail}; }

}  // namespace socle::gateway
