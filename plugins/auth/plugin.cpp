// plugin.cpp: auth/1: wiring. What lies behind each method is in the folders beside this file.
#include "access/roles.hpp"
#include "grants/token_api.hpp"
#include "http/account_api.hpp"
#include "http/key_api.hpp"
#include "http/link_api.hpp"
#include "http/oidc_sign_in.hpp"
#include "http/provider_api.hpp"
#include "http/session_api.hpp"
#include "http/sign_in.hpp"
#include "http/user_api.hpp"
#include "verify/verifier.hpp"

namespace socle::auth {

class Auth : public Plugin {
 public:
  explicit Auth(Host& host)
      : settings_(host.config()),
        store_(host),
        people_(host, store_),
        forgetting_(host, settings_.cache),
        sessions_(host, store_, settings_, forgetting_),
        links_(host, store_, settings_),
        passwords_(host, settings_),
        cold_(host, settings_),
        verifier_(host, store_, people_, sessions_, forgetting_, cold_),
        sign_in_(host, store_, people_, sessions_, passwords_, settings_),
        session_api_(people_, sessions_, settings_),
        link_api_(host, store_, people_, links_, sessions_, passwords_, settings_),
        account_api_(host, store_, sessions_, passwords_, sign_in_, settings_),
        identities_(store_, people_),
        user_api_(host, store_, people_, links_, sessions_, identities_),
        access_(host, store_),
        second_factor_(host, settings_, access_.views()),
        key_api_(host, store_, forgetting_, access_),
        roles_(host, store_, access_),
        token_desk_(host, store_, people_, sessions_, cold_, settings_),
        token_api_(host, token_desk_, settings_),
        fetcher_(host, {settings_.oidc_reach, settings_.oidc_time, settings_.oidc_ca_file}),
        trust_(host, fetcher_, settings_.oidc_retry),
        provider_api_(host, store_, token_desk_, access_, trust_, settings_),
        oidc_(host, store_, people_, identities_, sessions_, sign_in_, provider_api_, trust_, fetcher_, settings_) {
    verifier_.use(token_desk_);
    verifier_.use(access_);
    sign_in_.use(token_desk_);
    sign_in_.use(second_factor_);
    user_api_.use(access_);
    access_.use(people_);
    forgetting_.with_tenant([this](std::string_view tenant) { access_.views().forget(tenant); });
    forgetting_.with_tenant([this](std::string_view tenant) { access_.views().cache().forget(tenant); });
    forgetting_.with_tenant([this](std::string_view tenant) { token_desk_.rings().forget(tenant); });
  }

  Task<Reply> authenticate(Request request) { return verifier_.authenticate(request); }
  Task<Reply> forget(Request request) { return forgetting_.forget(request); }
  Task<Reply> invite(Request request) { return user_api_.invite(request); }
  Task<Reply> issue(Request request) { return user_api_.issue(request); }

  Task<Reply> login(Request request) { return sign_in_.login(request); }
  Task<Reply> logout(Request request) { return session_api_.logout(request); }
  Task<Reply> session(Request request) { return session_api_.current(request); }
  Task<Reply> sessions(Request request) { return session_api_.list(request); }
  Task<Reply> end_session(Request request) { return session_api_.end(request); }
  Task<Reply> end_sessions(Request request) { return session_api_.end_all(request); }
  Task<Reply> look_at_link(Request request) { return link_api_.look(request); }
  Task<Reply> use_link(Request request) { return link_api_.use(request); }

  Task<Reply> change_password(Request request) { return account_api_.change_password(request); }
  Task<Reply> begin_totp(Request request) { return account_api_.begin_totp(request); }
  Task<Reply> confirm_totp(Request request) { return account_api_.confirm_totp(request); }
  Task<Reply> remove_totp(Request request) { return account_api_.remove_totp(request); }
  Task<Reply> recovery_codes(Request request) { return account_api_.recovery(request); }

  Task<Reply> users(Request request) { return user_api_.list(request); }
  Task<Reply> create_user(Request request) { return user_api_.create(request); }
  Task<Reply> user(Request request) { return user_api_.get(request); }
  Task<Reply> change_user(Request request) { return user_api_.change(request); }
  Task<Reply> remove_user(Request request) { return user_api_.remove(request); }
  Task<Reply> user_password_link(Request request) { return user_api_.password_link(request); }
  Task<Reply> user_sessions(Request request) { return user_api_.sessions(request); }
  Task<Reply> end_user_sessions(Request request) { return user_api_.end_sessions(request); }
  Task<Reply> remove_user_totp(Request request) { return user_api_.remove_totp(request); }

  Task<Reply> keys(Request request) { return key_api_.list(request); }
  Task<Reply> create_key(Request request) { return key_api_.create(request); }
  Task<Reply> rotate_key(Request request) { return key_api_.rotate(request); }
  Task<Reply> remove_key(Request request) { return key_api_.remove(request); }

  Task<Reply> decide(Request request) { return access_.decide(request); }
  Task<Reply> filter(Request request) { return access_.filter(request); }
  Task<Reply> explain(Request request) { return access_.explain(request); }
  Task<Reply> authorize(Request request) { return access_.authorize(request); }
  Task<Reply> compile(Request request) { return access_.compile(request); }
  Task<Reply> roles(Request request) { return roles_.list(request); }
  Task<Reply> role(Request request) { return roles_.get(request); }
  Task<Reply> put_role(Request request) { return roles_.put(request); }
  Task<Reply> remove_role(Request request) { return roles_.remove(request); }
  Task<Reply> units(Request request) { return roles_.units(request); }
  Task<Reply> put_units(Request request) { return roles_.put_units(request); }
  Task<Reply> policies(Request request) { return roles_.policies(request); }
  // Of roles and policies, and of signing keys.
  Reply access_changed(Request request) {
    Reply told = roles_.changed(request);
    if (told) token_desk_.rings().forget(request.tenant());
    return told;
  }
  Task<Reply> model_published(Request request) { return roles_.published(request); }

  Task<Reply> token(Request request) { return token_api_.token(request); }
  Task<Reply> introspect(Request request) { return token_api_.introspect(request); }
  Task<Reply> revoke(Request request) { return token_api_.revoke(request); }
  Task<Reply> jwks(Request request) { return token_api_.jwks(request); }
  Task<Reply> openid_configuration(Request request) { return token_api_.configuration(request); }
  Task<Reply> rotate_token_keys(Request request) { return token_api_.rotate(request); }

  Task<Reply> oidc_choices(Request request) { return oidc_.choices(request); }
  Task<Reply> oidc_login(Request request) { return oidc_.login(request); }
  Task<Reply> oidc_callback(Request request) { return oidc_.callback(request); }
  Task<Reply> oidc_begin_link(Request request) { return oidc_.begin_link(request); }
  Task<Reply> oidc_links(Request request) { return oidc_.links(request); }
  Task<Reply> oidc_unlink(Request request) { return oidc_.unlink(request); }
  Task<Reply> oidc_providers(Request request) { return provider_api_.list(request); }
  Task<Reply> oidc_provider(Request request) { return provider_api_.get(request); }
  Task<Reply> oidc_put_provider(Request request) { return provider_api_.put(request); }
  Task<Reply> oidc_remove_provider(Request request) { return provider_api_.remove(request); }
  Task<Reply> oidc_check_provider(Request request) { return provider_api_.check(request); }

 private:
  Settings settings_;
  Store store_;
  People people_;
  Forgetting forgetting_;
  Sessions sessions_;
  Links links_;
  Passwords passwords_;
  ColdBudget cold_;
  Verifier verifier_;
  SignIn sign_in_;
  SessionApi session_api_;
  LinkApi link_api_;
  AccountApi account_api_;
  Identities identities_;
  UserApi user_api_;
  Authorizer access_;
  SecondFactor second_factor_;
  KeyApi key_api_;
  Roles roles_;
  TokenDesk token_desk_;
  TokenApi token_api_;
  oidc::Fetcher fetcher_;
  oidc::Trust trust_;
  ProviderApi provider_api_;
  OidcSignIn oidc_;
};

}  // namespace socle::auth

using socle::auth::Auth;
SOCLE_PLUGIN(Auth,
             socle::service("auth", 1)
                 .method("authenticate", &Auth::authenticate)
                 .method("forget", &Auth::forget)
                 .method("invite", &Auth::invite)
                 .method("issue", &Auth::issue)
                 .method("login", &Auth::login)
                 .method("logout", &Auth::logout)
                 .method("session", &Auth::session)
                 .method("sessions", &Auth::sessions)
                 .method("end_session", &Auth::end_session)
                 .method("end_sessions", &Auth::end_sessions)
                 .method("look_at_link", &Auth::look_at_link)
                 .method("use_link", &Auth::use_link)
                 .method("change_password", &Auth::change_password)
                 .method("begin_totp", &Auth::begin_totp)
                 .method("confirm_totp", &Auth::confirm_totp)
                 .method("remove_totp", &Auth::remove_totp)
                 .method("recovery_codes", &Auth::recovery_codes)
                 .method("users", &Auth::users)
                 .method("create_user", &Auth::create_user)
                 .method("user", &Auth::user)
                 .method("change_user", &Auth::change_user)
                 .method("remove_user", &Auth::remove_user)
                 .method("user_password_link", &Auth::user_password_link)
                 .method("user_sessions", &Auth::user_sessions)
                 .method("end_user_sessions", &Auth::end_user_sessions)
                 .method("remove_user_totp", &Auth::remove_user_totp)
                 .method("keys", &Auth::keys)
                 .method("create_key", &Auth::create_key)
                 .method("rotate_key", &Auth::rotate_key)
                 .method("remove_key", &Auth::remove_key)
                 .method("decide", &Auth::decide)
                 .method("filter", &Auth::filter)
                 .method("explain", &Auth::explain)
                 .method("authorize", &Auth::authorize)
                 .method("compile", &Auth::compile)
                 .method("roles", &Auth::roles)
                 .method("role", &Auth::role)
                 .method("put_role", &Auth::put_role)
                 .method("remove_role", &Auth::remove_role)
                 .method("units", &Auth::units)
                 .method("put_units", &Auth::put_units)
                 .method("policies", &Auth::policies)
                 .method("access_changed", &Auth::access_changed)
                 .method("token", &Auth::token)
                 .method("introspect", &Auth::introspect)
                 .method("revoke", &Auth::revoke)
                 .method("jwks", &Auth::jwks)
                 .method("openid_configuration", &Auth::openid_configuration)
                 .method("rotate_token_keys", &Auth::rotate_token_keys)
                 .method("oidc_choices", &Auth::oidc_choices)
                 .method("oidc_login", &Auth::oidc_login)
                 .method("oidc_callback", &Auth::oidc_callback)
                 .method("oidc_begin_link", &Auth::oidc_begin_link)
                 .method("oidc_links", &Auth::oidc_links)
                 .method("oidc_unlink", &Auth::oidc_unlink)
                 .method("oidc_providers", &Auth::oidc_providers)
                 .method("oidc_provider", &Auth::oidc_provider)
                 .method("oidc_put_provider", &Auth::oidc_put_provider)
                 .method("oidc_remove_provider", &Auth::oidc_remove_provider)
                 .method("oidc_check_provider", &Auth::oidc_check_provider),
             socle::internal().method("model_published", &Auth::model_published))
