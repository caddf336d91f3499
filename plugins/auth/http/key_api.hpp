// key_api.hpp: /v1/auth/keys: a user's API keys. The secret is shown once, when it is made.
#pragma once

#include "access/access.hpp"
#include "credentials/api_key.hpp"
#include "http/body.hpp"
#include "verify/forgetting.hpp"

namespace socle::auth {

class KeyApi {
 public:
  KeyApi(Host& host, Store& store, Forgetting& forgetting, Authorizer& access)
      : host_(host), store_(store), forgetting_(forgetting), access_(access) {}

  Task<Reply> list(Request request);    // one's own; `all`: the tenant's, for whoever may keys:read
  Task<Reply> create(Request request);  // {name, scopes, expires_at?}
  Task<Reply> rotate(Request request);  // {overlap_seconds?}: how long the present secret stays good
  Task<Reply> remove(Request request);  // one's own, or with keys:write anybody's

 private:
  // `caller` is one who signed in, or has keys:write.
  Task<Got<ApiKey>> own(Request request, const Caller& caller);
  // Of the caller, by the roles built in and those of the tenant, within what his credential is narrowed to.
  Task<Got<bool>> may(Request request, std::string permission);
  Task<Got<std::vector<std::string>>> read_scopes(Request request, json::View list, std::vector<Fault>& faults);
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }

  Host& host_;
  Store& store_;
  Forgetting& forgetting_;
  Authorizer& access_;
};

}  // namespace socle::auth
