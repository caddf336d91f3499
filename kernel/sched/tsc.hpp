// tsc.hpp: the processor's time stamp counter, to time slices of work: 12 ns where the clock takes 21. Ticks become
// nanoseconds by a rate measured once against CLOCK_MONOTONIC.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "telemetry/clock.hpp"

namespace socle::sched {

[[nodiscard]] inline uint64_t tsc() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<uint64_t>(telemetry::monotonic_now());
#endif
}

// Nanoseconds a tick, measured since the first call (made by Bus's constructor); good to 1 % after some milliseconds.
[[nodiscard]] inline double nanoseconds_per_tick() {
  static const uint64_t first_ticks = tsc();
  static const int64_t first_time = telemetry::monotonic_now();
  const uint64_t ticks = tsc() - first_ticks;
  const int64_t time = telemetry::monotonic_now() - first_time;
  return ticks > 0 && time > 0 ? static_cast<double>(time) / static_cast<double>(ticks) : 1.0;
}

}  // namespace socle::sched
