// limit.hpp: one entry of a plan as a person writes it: `rate: 100` in a file, `rate=100` on the command line. A number
// stays as it is, a duration becomes seconds, a size bytes. Any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace socle::manifest {

// A limit that the kernel itself applies; plugins read the rest of a plan by name. What would let no request end is no
// value of it, nor a fraction of what is counted, which would be cut to something else.
struct KernelLimit {
  std::string_view name;
  double least = 0, most = 0;
  bool whole = false;
  const char* wanted;    // for messages
  const char* unit;      // of the number
  const char* describe;  // for people
};
[[nodiscard]] std::span<const KernelLimit> kernel_limits();

// What is wrong with the name of a limit, with the nearest the kernel knows; "" when it may be one.
[[nodiscard]] std::string limit_name_problem(std::string_view name);
// The number; nothing when it is none that this limit can have: `in_flight: 0` would leave every request waiting.
[[nodiscard]] std::optional<double> parse_limit(std::string_view name, std::string_view text);
// The number, or the nearest to it that this limit can have.
[[nodiscard]] double nearest_limit(std::string_view name, double number);
// What parse_limit() takes, for messages.
[[nodiscard]] std::string limit_wanted(std::string_view name);

}  // namespace socle::manifest
