// session_api.hpp: /v1/auth/logout, /session, /sessions: what a user sees and ends of his own sessions.
#pragma once

#include "http/body.hpp"
#include "identity/people.hpp"
#include "session/sessions.hpp"

namespace socle::auth {

class SessionApi {
 public:
  SessionApi(People& people, Sessions& sessions, const Settings& settings)
      : people_(people), sessions_(sessions), settings_(settings) {}

  Task<Reply> logout(Request request);
  Task<Reply> current(Request request);
  Task<Reply> list(Request request);
  Task<Reply> end(Request request);      // parameter id
  Task<Reply> end_all(Request request);  // all but the one that asks

 private:
  People& people_;
  Sessions& sessions_;
  const Settings& settings_;
};

}  // namespace socle::auth
