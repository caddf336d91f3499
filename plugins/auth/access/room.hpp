// room.hpp: whether what is about to be stored could be used: a policy or a role that the tenant's memory cannot take
// is refused to who publishes it, rather than to each who is decided on by it. Nothing is judged of a tenant without
// such a limit, nor what takes no more than what it replaces. On the caller's worker; let go of the tenant's view
// before, for what it keeps alive has no place twice.
#pragma once

#include "access/tenant_view.hpp"

namespace socle::auth {

class Room {
 public:
  Room(Host& host, TenantViews& views) : host_(host), views_(views) {}

  // Code::exhausted names the policy, what is larger beside it, and the bytes. The arguments must outlive the task.
  Task<Status> for_policy(Context context, const authz::Weight& made);
  // The same of roles and units. `what`: the one that is put, "role 'clerk'". `document`: {roles, units}, as it is
  // stored.
  Task<Status> for_directory(Context context, const std::string& what, const authz::DirectoryPtr& made,
                             const std::string& document);

 private:
  [[nodiscard]] bool limited(Context context) const;
  // What is served now. What cannot be read counts nothing: publishing it again is how that is mended.
  Task<Status> weigh(Context context, authz::Keeping& out);
  Task<Status> judge(Context context, const std::string& what, const authz::Keeping& before, const authz::Keeping& now);

  Host& host_;
  TenantViews& views_;
};

}  // namespace socle::auth
