// lifetime.hpp: when a session ends: `idle` after its last use, but no later than `absolute` after it began. Use is
// written down only when a tenth of `idle` has passed since the last time, so that a busy session costs ten writes an
// idle time at most; a session therefore ends between 0.9 and 1.0 of `idle` after its last use. Pure.
#pragma once

#include <algorithm>

#include "core/times.hpp"

namespace socle::auth {

struct Lifetime {
  Milliseconds idle{};
  Milliseconds absolute{};
};

// Of one session, since 1970.
struct Span {
  Milliseconds ends{};   // unless it is used
  Milliseconds limit{};  // in any case
};

[[nodiscard]] inline Span began(const Lifetime& lifetime, Milliseconds now) {
  const Milliseconds limit = now + lifetime.absolute;
  return {std::min(now + lifetime.idle, limit), limit};
}
[[nodiscard]] inline bool over(const Span& span, Milliseconds now) { return now >= span.ends; }
// Used at `now`: worth being written down.
[[nodiscard]] inline bool renewal_due(const Lifetime& lifetime, const Span& span, Milliseconds now) {
  return span.ends < span.limit && span.ends - now <= lifetime.idle * 9 / 10;
}
[[nodiscard]] inline Span renewed(const Lifetime& lifetime, const Span& span, Milliseconds now) {
  return {std::min(std::max(span.ends, now + lifetime.idle), span.limit), span.limit};
}

}  // namespace socle::auth
