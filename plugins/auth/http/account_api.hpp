// account_api.hpp: what a user changes of his own account: password, second factor, recovery codes. Each asks for the
// present password once more; afterwards all his sessions have ended and the one that asked is replaced.
#pragma once

#include "http/sign_in.hpp"

namespace socle::auth {

class AccountApi {
 public:
  AccountApi(Host& host, Store& store, Sessions& sessions, Passwords& passwords, SignIn& sign_in,
             const Settings& settings)
      : host_(host),
        store_(store),
        sessions_(sessions),
        passwords_(passwords),
        sign_in_(sign_in),
        settings_(settings) {}

  Task<Reply> change_password(Request request);  // {password, new_password}
  Task<Reply> begin_totp(Request request);       // {password} → {secret, uri}
  Task<Reply> confirm_totp(Request request);     // {password, code} → {recovery_codes}
  Task<Reply> remove_totp(Request request);      // {password}
  Task<Reply> recovery(Request request);         // {password} → {recovery_codes}, the old ones are void

 private:
  Task<Got<bool>> keep(Request request, const SignIn::Proven& proven);
  Task<Reply> changed(Request request, const SignIn::Proven& proven, std::string text);

  Host& host_;
  Store& store_;
  Sessions& sessions_;
  Passwords& passwords_;
  SignIn& sign_in_;
  const Settings& settings_;
};

}  // namespace socle::auth
