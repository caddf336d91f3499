// giving.hpp: nobody gives what he has not. What counts is what somebody has everywhere and without limits, within what
// his credential is narrowed to: a key for `users:write` makes no administrators, whoever owns it. Views the directory
// and the subject it is made of. Pure.
#pragma once

#include "policy/directory.hpp"
#include "policy/subject.hpp"

namespace socle::authz {

class Giving {
 public:
  Giving(const Directory& directory, const Subject& subject);

  [[nodiscard]] bool has(std::string_view permission) const;
  // The first permission of a role, with all it inherits, that is not among them; "" when all are. `directory`: the
  // one the role is of, which may be a later one than the giver's.
  [[nodiscard]] std::string_view beyond(const Directory& directory, std::string_view role) const;
  // Roles as users hold them, NAME or NAME@UNIT. One of the tenant's own wants everything: what it opens may grow.
  [[nodiscard]] bool may_give(const std::vector<std::string>& roles) const;

 private:
  const Directory& directory_;
  const Subject& subject_;
  std::vector<std::string_view> own_;
};

}  // namespace socle::authz
