#include "oidc/strength.hpp"

#include <algorithm>

#include "oidc/id_token.hpp"

namespace socle::oidc {

std::string too_weak(json::View claims, const Strength& wanted, std::int64_t begun) {
  const auto acr = claims.find("acr");
  const bool known = std::any_of(wanted.acr_values.begin(), wanted.acr_values.end(), [&acr](const std::string& value) {
    return acr.is_string() && acr.as_string() == value;
  });
  if (!wanted.acr_values.empty() && !known) return "`acr` is none of those demanded";
  const auto amr = claims.find("amr");
  for (const std::string& means : wanted.amr)
    if (!holds(amr, means)) return "`amr` lacks \"" + means + "\"";
  if (!wanted.max_age) return {};
  const auto since = claims.find("auth_time");
  if (!since.is_number()) return "`auth_time` is missing";
  // Of the difference, as the claim is any number.
  const double age = static_cast<double>(begun) - since.as_double();
  if (!(age <= static_cast<double>(*wanted.max_age + clock_leeway))) return "`auth_time` is too long ago";
  if (age < -static_cast<double>(longest_way + clock_leeway)) return "`auth_time` is in the future";
  return {};
}

}  // namespace socle::oidc
