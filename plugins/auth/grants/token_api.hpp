// token_api.hpp: the token endpoint and what clients read of it, over HTTP: POST /v1/auth/token, /introspect, /revoke,
// GET /.well-known/jwks.json and /.well-known/openid-configuration, and the rotation of keys by an administrator.
#pragma once

#include "grants/token_desk.hpp"

namespace socle::auth {

class TokenApi {
 public:
  TokenApi(Host& host, TokenDesk& desk, const Settings& settings)
      : host_(host), desk_(desk), public_url_(settings.public_url) {}

  Task<Reply> token(Request request);
  Task<Reply> introspect(Request request);
  Task<Reply> revoke(Request request);
  Task<Reply> jwks(Request request);
  Task<Reply> configuration(Request request);
  Task<Reply> rotate(Request request);

 private:
  Host& host_;
  TokenDesk& desk_;
  std::string public_url_;
};

}  // namespace socle::auth
