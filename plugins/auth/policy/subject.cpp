#include "policy/subject.hpp"

#include <algorithm>

#include "policy/names.hpp"
#include "socle/json/builder.hpp"

namespace socle::authz {
namespace {

constexpr std::size_t most_roles = 256;
constexpr std::size_t largest_claims = std::size_t{64} << 10;

}  // namespace

Subject Subject::of(std::string_view tenant, std::string_view principal, std::string_view claims) {
  Subject out;
  out.id_ = principal;
  json::Document claimed;
  if (auto parsed = json::Document::parse(claims, {.max_size = largest_claims, .max_depth = 16}); parsed)
    claimed = *std::move(parsed);
  const auto root = claimed.root();

  json::Builder user;
  user.begin_object().member("id", principal);
  for (const auto [key, value] : root.members())
    if (key != "id") user.key(key).value(value);
  // Conditions may always ask for these two.
  if (!root.find("roles").is_array()) user.key("roles").begin_array().end_array();
  if (!root.find("org").is_string()) user.member("org", std::string_view());
  user.end_object();
  if (auto made = user.finish(); made) out.user_ = *std::move(made);
  json::Builder about;
  about.begin_object().member("id", tenant).end_object();
  if (auto made = about.finish(); made) out.tenant_ = *std::move(made);

  out.org_ = root.find("org").as_string();
  for (const auto role : root.find("roles").elements()) {
    if (!role.is_string() || out.roles_.size() == most_roles) continue;
    const auto text = role.as_string();
    const auto mark = text.find('@');
    const auto unit = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
    if (mark != std::string_view::npos && unit.empty()) continue;  // "manager@" is held nowhere
    out.roles_.push_back({std::string(text.substr(0, mark)), std::string(unit)});
  }
  if (const auto scopes = root.find("scopes"); scopes.exists()) {
    out.scopes_.emplace();
    for (const auto scope : scopes.elements()) out.scopes_->emplace_back(scope.as_string());
  }
  return out;
}

bool Subject::in_scope(std::string_view area, std::string_view action) const {
  if (!scopes_) return true;
  return std::any_of(scopes_->begin(), scopes_->end(),
                     [&](const auto& scope) { return permission_covers(scope, area, action); });
}

}  // namespace socle::authz
