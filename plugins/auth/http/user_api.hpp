// user_api.hpp: /v1/auth/users: administration of the users of one's own tenant, and what operators ask of any tenant
// (auth/1.invite and issue). An id of another tenant is not found, because only this tenant's storage is looked into.
#pragma once

#include "access/access.hpp"
#include "http/body.hpp"
#include "identity/identities.hpp"
#include "identity/links.hpp"
#include "identity/people.hpp"
#include "session/sessions.hpp"

namespace socle::auth {

class UserApi {
 public:
  UserApi(Host& host, Store& store, People& people, Links& links, Sessions& sessions, Identities& identities)
      : host_(host), store_(store), people_(people), links_(links), sessions_(sessions), identities_(identities) {}
  void use(Authorizer& access) { access_ = &access; }

  Task<Reply> list(Request request);
  Task<Reply> create(Request request);
  Task<Reply> get(Request request);
  Task<Reply> change(Request request);
  Task<Reply> remove(Request request);
  Task<Reply> password_link(Request request);
  Task<Reply> sessions(Request request);
  Task<Reply> end_sessions(Request request);
  Task<Reply> remove_totp(Request request);

  // For the kernel: {tenant, username, roles} → {username, password_link}; {tenant, user?} → {token}.
  Task<Reply> invite(Request request);
  Task<Reply> issue(Request request);

 private:
  Task<Got<authz::DirectoryPtr>> own_roles(Context context);
  // Whether the caller may give and take these roles: policy/giving.hpp.
  Task<Got<bool>> may_give(Context context, const std::vector<std::string>& roles);
  Task<Got<Person>> named(Request request);
  // The same, and the caller may administer it.
  Task<Got<Person>> administered(Request request);
  Task<Got<Person>> add(Context context, Person person, std::string by);
  Task<Got<Person>> for_operator(Context context, std::string name);

  Host& host_;
  Store& store_;
  People& people_;
  Links& links_;
  Sessions& sessions_;
  Identities& identities_;
  Authorizer* access_ = nullptr;
};

}  // namespace socle::auth
