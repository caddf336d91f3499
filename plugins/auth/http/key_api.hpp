// key_api.hpp: /v1/auth/keys: a user's API keys. The secret is shown once, when it is made.
#pragma once

#include "credentials/api_key.hpp"
#include "http/body.hpp"
#include "verify/forgetting.hpp"

namespace socle::auth {

class KeyApi {
 public:
  KeyApi(Host& host, Store& store, Forgetting& forgetting) : host_(host), store_(store), forgetting_(forgetting) {}

  Task<Reply> list(Request request);    // one's own; `all`: the tenant's, for whoever may keys:read
  Task<Reply> create(Request request);  // {name, scopes, expires_at?}
  Task<Reply> rotate(Request request);  // {overlap_seconds?}: how long the present secret stays good
  Task<Reply> remove(Request request);  // one's own, or with keys:write anybody's

 private:
  Task<Got<ApiKey>> own(Request request);
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }

  Host& host_;
  Store& store_;
  Forgetting& forgetting_;
};

}  // namespace socle::auth
