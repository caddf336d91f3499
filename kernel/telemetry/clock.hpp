// clock.hpp: the kernel's two clocks. Monotonic time orders and bounds work; UTC time is only shown. Any thread.
#pragma once

#include <ctime>

#include <chrono>
#include <cstdint>
#include <string>

namespace socle::telemetry {

// Nanoseconds of CLOCK_MONOTONIC; about 20 ns a call, so workers read it once a turn.
[[nodiscard]] inline int64_t monotonic_now() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

// Nanoseconds since the Unix epoch.
[[nodiscard]] inline int64_t utc_now() {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

// "2026-11-21T03:47:00.123456Z"
[[nodiscard]] std::string iso8601(int64_t utc);

// CPU time this thread has used, ns.
[[nodiscard]] inline int64_t thread_cpu() {
  timespec ts{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

}  // namespace socle::telemetry
