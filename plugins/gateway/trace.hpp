// trace.hpp: trace context of a request: W3C traceparent, else B3 (single header or several), else new; and
// X-Request-ID. Pure but for the random source; one source per worker.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "head.hpp"

namespace socle::gateway {

struct Trace {
  std::array<std::uint8_t, 16> id{};
  std::array<std::uint8_t, 8> parent{};  // the remote span; all zero: none
  std::array<std::uint8_t, 8> own{};     // the gateway's span, for an answer without a context
  std::uint8_t flags = 0;
};

// Not for secrets: xoshiro256**, seeded by getrandom(2).
class RandomIds {
 public:
  RandomIds();
  [[nodiscard]] std::uint64_t next();

 private:
  std::array<std::uint64_t, 4> state_;
};

// Reads the head's trace; false when it brings none that is valid, and `trace` is then a new one, sampled not.
bool read_trace(const Head& head, RandomIds& random, Trace& trace);

// 1 to 128 characters of A-Z a-z 0-9 . _ : / + = -
[[nodiscard]] bool valid_request_id(std::string_view id);

void append_hex(std::string& out, const std::uint8_t* bytes, std::size_t size);

}  // namespace socle::gateway
