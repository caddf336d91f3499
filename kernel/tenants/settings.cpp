#include "tenants/settings.hpp"

#include "manifest/limit.hpp"
#include "manifest/names.hpp"
#include "manifest/problems.hpp"
#include "manifest/quantities.hpp"

namespace socle::tenants {

using manifest::in_quotes;

namespace {

// A number as words() writes it, whatever the limit.
std::optional<double> any_number(std::string_view, std::string_view text) {
  const auto number = manifest::parse_number(text);
  return number && *number >= 0 ? number : std::nullopt;
}

}  // namespace

Status Settings::take(std::string_view word) { return take(word, manifest::parse_limit); }
Status Settings::take_kept(std::string_view word) { return take(word, any_number); }

Status Settings::take(std::string_view word, std::optional<double> (*parse)(std::string_view, std::string_view)) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return Error{Code::invalid, "expected NAME=VALUE such as plan=free or rate=50, found " + in_quotes(word)};
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  if (name == "plan") {
    if (!value.empty() && !manifest::is_tenant_id(value))
      return Error{Code::invalid, "plan: expected the name of a plan, found " + in_quotes(value)};
    plan = value.empty() ? std::nullopt : std::optional<std::string>(value);
    return {};
  }
  if (std::string problem = manifest::limit_name_problem(name); !problem.empty())
    return Error{Code::invalid, std::move(problem)};
  if (value.empty()) {
    if (const auto it = limits.find(name); it != limits.end()) limits.erase(it);
    return {};
  }
  const auto number = parse(name, value);
  if (!number)
    return Error{Code::invalid,
                 std::string(name) + ": expected " + manifest::limit_wanted(name) + ", found " + in_quotes(value)};
  if (limits.size() >= max_limits && !limits.contains(name))
    return Error{Code::invalid, "a tenant has at most " + std::to_string(max_limits) + " limits of its own; put " +
                                    in_quotes(name) + " into a plan"};
  limits[std::string(name)] = *number;
  return {};
}

std::string Settings::mend() {
  std::string out;
  for (auto& [name, number] : limits) {
    const double now = manifest::nearest_limit(name, number);
    if (now == number) continue;
    out += (out.empty() ? "" : ", ") + name + "=" + manifest::to_string(number) + " is " + manifest::to_string(now);
    number = now;
  }
  return out;
}

std::string Settings::words() const {
  std::string out;
  if (plan) out += " plan=" + *plan;
  for (const auto& [name, number] : limits) out += " " + name + "=" + manifest::to_string(number);
  return out;
}

}  // namespace socle::tenants
