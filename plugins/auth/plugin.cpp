// plugin.cpp: auth/1: wiring. What lies behind each method is in the folders beside this file.
#include "verify/presented.hpp"

namespace socle::auth {

class Auth : public Plugin {
 public:
  explicit Auth(Host& /*host*/) {}

  Task<Reply> authenticate(Request request) {
    const Presented shown = read_presented(request);
    return Reply::error(Code::unauthenticated, "bad_credential",
                        shown.why.empty() ? "the credential is unknown, expired or revoked" : shown.why);
  }
};

}  // namespace socle::auth

using socle::auth::Auth;
SOCLE_PLUGIN(Auth, socle::service("auth", 1).method("authenticate", &Auth::authenticate))
