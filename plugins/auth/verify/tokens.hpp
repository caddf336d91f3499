// tokens.hpp: what sign-in and verification ask of the access tokens (JWT) beside sessions and keys. Implemented where
// tokens are made; without an implementation sessions and keys work alone.
#pragma once

#include "core/got.hpp"
#include "identity/person.hpp"

namespace socle::auth {

class Tokens {
 public:
  virtual ~Tokens() = default;

  struct Facts {
    std::string tenant, user;
    std::string session;  // with which it ends; "": none
    std::string key;      // the API key it was got with; "": none
    std::vector<std::string> scopes;
    bool scoped = false;
    Milliseconds ends{};
  };
  // Signature and claims; whether user and session are still good is asked by the caller. The problem is the answer of
  // the request.
  virtual Task<Got<Facts>> verify(std::string token) = 0;

  struct Issued {
    std::string access_token, refresh_token;  // the latter "" when there is none
    std::chrono::seconds expires{};
  };
  // For a session that has begun and ends at `limit` in any case, the tokens no later; the context is the tenant's.
  virtual Task<Got<Issued>> issue(Context context, const Person& person, std::string session, Milliseconds limit) = 0;
};

}  // namespace socle::auth
