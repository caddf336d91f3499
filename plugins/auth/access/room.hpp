// room.hpp: whether what is about to be stored could be used: a policy or a role that the tenant's memory cannot take
// is refused to who publishes it, rather than to each who is decided on by it. Nothing is judged of a tenant without
// such a limit, nor what takes no more than what it replaces. On the caller's worker; let go of the tenant's view
// before, for what it keeps alive has no place twice.
//
// Refused is with Code::too_large what is more than all of the tenant's memory, with Code::exhausted what does not fit
// beside what is in use; both name the policy or role, what is larger beside it, and the bytes. Where what is served
// cannot be asked for (models/1 is away, a deadline), that is the answer: nothing is judged without its neighbours.
// What is stored or served and cannot be read counts nothing.
#pragma once

#include "access/tenant_view.hpp"

namespace socle::auth {

class Room {
 public:
  Room(Host& host, TenantViews& views) : host_(host), views_(views) {}

  // The answer is true, or the refusal. What is given by reference must outlive the task.
  Task<Got<bool>> for_policy(Context context, const authz::Weight& made);
  // The same of roles and units. `what`: the one that is put, "role 'clerk'". `replaced`: what is stored still.
  // `document`: {roles, units}, as it is to be stored.
  Task<Got<bool>> for_directory(Context context, const std::string& what, CharterPtr replaced,
                                const authz::DirectoryPtr& made, const std::string& document);

 private:
  [[nodiscard]] bool limited(Context context) const;
  Task<Got<bool>> judge(Context context, const std::string& what, const authz::Keeping& before,
                        const authz::Keeping& now);

  Host& host_;
  TenantViews& views_;
};

}  // namespace socle::auth
