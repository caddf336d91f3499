// subject.hpp: who asks: the context's principal and claims, read once. What `user` and `tenant` are in conditions
// comes from here and from nowhere else. Immutable once made; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/document.hpp"

namespace socle::authz {

class Subject {
 public:
  // A role that is held, in the whole tenant or within a unit and what lies below it (`manager@sales`).
  struct Held {
    std::string role;
    std::string unit;  // empty: everywhere
  };

  // `claims`: the context's JSON object {roles, org, scopes, …}, or nothing. What is not as it should be counts as not
  // claimed: a subject is never more than its claims say.
  static Subject of(std::string_view tenant, std::string_view principal, std::string_view claims);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& org() const { return org_; }
  [[nodiscard]] const std::vector<Held>& roles() const { return roles_; }
  // What an API key or a token is limited to, beside the roles; nothing: not limited.
  [[nodiscard]] const std::optional<std::vector<std::string>>& scopes() const { return scopes_; }
  // The claims with `id` (the principal) and without what would contradict it.
  [[nodiscard]] json::View user() const { return user_.root(); }
  [[nodiscard]] json::View tenant() const { return tenant_.root(); }
  [[nodiscard]] bool in_scope(std::string_view area, std::string_view action) const;

 private:
  Subject() = default;
  std::string id_;
  std::string org_;
  std::vector<Held> roles_;
  std::optional<std::vector<std::string>> scopes_;
  json::Document user_;
  json::Document tenant_;
};

}  // namespace socle::authz
