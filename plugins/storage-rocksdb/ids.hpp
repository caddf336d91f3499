// ids.hpp: UUIDv7 (RFC 9562, method 1: a counter within the millisecond), one source per worker.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "contract/request.hpp"

namespace socle::storage {

class Uuid7Source final : public IdSource {
 public:
  Uuid7Source() {
    std::random_device seed;
    random_.seed(std::uint64_t{seed()} << 32 | seed());
  }
  void set_time(std::int64_t now_ms) { now_ms_ = now_ms; }

  std::string next_id() override {
    if (now_ms_ > last_ms_) {
      last_ms_ = now_ms_;
      counter_ = random_() & 0x7FF;  // room to count upwards
    } else if (++counter_ > 0xFFF) {
      ++last_ms_;  // 4,096 in one millisecond: borrow from the next
      counter_ = 0;
    }
    const std::uint64_t high = static_cast<std::uint64_t>(last_ms_) << 16 | 0x7000 | counter_;
    const std::uint64_t low = (random_() & 0x3FFFFFFFFFFFFFFF) | 0x8000000000000000;
    std::string out;
    const auto put = [&out](std::uint64_t bits, int from, int to) {
      for (int shift = from; shift > to; shift -= 4) out.push_back("0123456789abcdef"[bits >> (shift - 4) & 15]);
    };
    put(high, 64, 32);
    out.push_back('-');
    put(high, 32, 16);
    out.push_back('-');
    put(high, 16, 0);
    out.push_back('-');
    put(low, 64, 48);
    out.push_back('-');
    put(low, 48, 0);
    return out;
  }

 private:
  std::mt19937_64 random_;
  std::int64_t now_ms_ = 0;
  std::int64_t last_ms_ = 0;
  std::uint64_t counter_ = 0;
};

}  // namespace socle::storage
