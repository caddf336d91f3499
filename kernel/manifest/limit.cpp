#include "manifest/limit.hpp"

#include <array>
#include <chrono>
#include <vector>

#include "manifest/names.hpp"
#include "manifest/problems.hpp"
#include "manifest/quantities.hpp"

namespace socle::manifest {

namespace {

// The limits the kernel itself applies; plugins read the rest of a plan by name.
constexpr std::array<std::string_view, 7> kernel_limits{"weight", "rate", "burst", "in_flight",
                                                        "queue",  "cpu",  "memory"};

}  // namespace

std::string limit_name_problem(std::string_view name) {
  if (!is_dotted_word(name))
    return "expected the name of a limit such as rate or sessions.ttl, found " + in_quotes(name);
  const auto meant = nearest(name, {kernel_limits.begin(), kernel_limits.end()});
  if (!meant.empty() && meant != name)
    return "unknown limit " + in_quotes(name) + "; did you mean '" + std::string(meant) + "'?";
  return {};
}

std::optional<double> parse_limit(std::string_view name, std::string_view text) {
  std::optional<double> number = parse_number(text);
  if (const auto time = parse_duration(text)) number = std::chrono::duration<double>(*time).count();
  if (const auto size = parse_size(text)) number = static_cast<double>(size->bytes);
  if (!number || *number < 0 || (name == "weight" && *number == 0)) return std::nullopt;
  return number;
}

std::string_view limit_wanted(std::string_view name) {
  return name == "weight" ? "a number above 0" : "a number from 0 up, a duration or a size";
}

}  // namespace socle::manifest
