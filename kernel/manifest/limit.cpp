#include "manifest/limit.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "base/limit_bounds.hpp"
#include "manifest/names.hpp"
#include "manifest/problems.hpp"
#include "manifest/quantities.hpp"
#include "socle/json/nearest.hpp"

namespace socle::manifest {

namespace {

constexpr double any = std::numeric_limits<double>::max();
constexpr double mib = 1 << 20;
constexpr const char* wanted_of_any = "a number from 0 up, a duration or a size";

constexpr std::array<KernelLimit, 7> limits_of_kernel{
    {{"weight", base::least_weight, base::most_weight, false, "a number from 0.001 to 1000000", "shares",
      "its part of the processors while others want them too"},
     {"rate", 0, any, false, wanted_of_any, "requests a second", "more answer 429; 0 refuses every one"},
     {"burst", 0, any, false, wanted_of_any, "requests", "at once after a pause; 0 is one second's worth of `rate`"},
     {"in_flight", 1, any, true, "a whole number from 1 up", "requests", "worked on at a time; more wait"},
     {"queue", 0, any, true, "a whole number from 0 up", "requests", "that wait for that; more answer 503"},
     {"cpu", base::least_cpu, any, false, "a number of cores from 0.001 up", "CPU seconds a second",
      "also while nobody else wants them"},
     {"memory", mib, any, false, "a size from 1MiB up", "bytes", "held by all of its requests"}}};

const KernelLimit* kernel_limit(std::string_view name) {
  const auto* const it = std::find_if(limits_of_kernel.begin(), limits_of_kernel.end(),
                                      [&](const KernelLimit& limit) { return limit.name == name; });
  return it != limits_of_kernel.end() ? it : nullptr;
}

}  // namespace

std::span<const KernelLimit> kernel_limits() { return limits_of_kernel; }

std::string limit_name_problem(std::string_view name) {
  if (!is_dotted_word(name))
    return "expected the name of a limit such as rate or sessions.ttl, found " + in_quotes(name);
  std::vector<std::string_view> known;
  known.reserve(std::size(limits_of_kernel));
  for (const KernelLimit& limit : limits_of_kernel) known.push_back(limit.name);
  const auto meant = json::nearest(name, known);
  if (!meant.empty() && meant != name)
    return "unknown limit " + in_quotes(name) + "; did you mean '" + std::string(meant) + "'?";
  return {};
}

std::optional<double> parse_limit(std::string_view name, std::string_view text) {
  std::optional<double> number = parse_number(text);
  if (const auto time = parse_duration(text)) number = std::chrono::duration<double>(*time).count();
  if (const auto size = parse_size(text)) number = static_cast<double>(size->bytes);
  if (!number || *number < 0 || nearest_limit(name, *number) != *number) return std::nullopt;
  return number;
}

double nearest_limit(std::string_view name, double number) {
  const KernelLimit* limit = kernel_limit(name);
  if (limit == nullptr) return number;
  return std::clamp(limit->whole ? std::floor(number) : number, limit->least, limit->most);
}

std::string limit_wanted(std::string_view name) {
  const KernelLimit* limit = kernel_limit(name);
  if (limit == nullptr) return wanted_of_any;
  const bool zero_meant_something = limit->least > 0 && name != "weight";
  return std::string(limit->wanted) +
         (zero_meant_something ? " (leave it out for no limit, suspend a tenant that shall not be served)" : "");
}

}  // namespace socle::manifest
