#include "rate_headers.hpp"

#include <algorithm>
#include <cmath>

namespace socle::gateway {
namespace {

constexpr std::int64_t longest = 86'400;  // s: a tenant whose rate is 0 has no window; a day says "not today"

std::int64_t seconds_of(std::int64_t nanoseconds) {
  return std::clamp<std::int64_t>((nanoseconds + 999'999'999) / 1'000'000'000, 0, longest);
}

}  // namespace

void append_rate_headers(std::string& out, const socle_rate& rate) {
  const auto quota = static_cast<std::int64_t>(std::clamp(rate.burst, 0.0, 1e15));
  const double window = rate.limit > 0 ? std::ceil(rate.burst / rate.limit) : static_cast<double>(longest);
  const std::string q = std::to_string(quota);
  const std::string w =
      std::to_string(static_cast<std::int64_t>(std::clamp(window, 1.0, static_cast<double>(longest))));
  const std::string r = std::to_string(std::clamp<std::int64_t>(rate.remaining, 0, quota));
  const std::string t = std::to_string(seconds_of(rate.reset_for));
  out.append("RateLimit-Policy: \"requests\";q=").append(q).append(";w=").append(w);
  out.append("\r\nRateLimit: \"requests\";r=").append(r).append(";t=").append(t);
  out.append("\r\nX-RateLimit-Limit: ").append(q);
  out.append("\r\nX-RateLimit-Remaining: ").append(r);
  out.append("\r\nX-RateLimit-Reset: ").append(t).append("\r\n");
}

}  // namespace socle::gateway
