// oidc_sign_in.hpp: signing in at a tenant's OpenID provider: the authorization code flow with PKCE, state and nonce.
//
//   GET login/{provider} ─▶ a pending sign-in in storage, a secret in the browser's cookie ─▶ 302 to the provider
//   GET callback/… code, state ─▶ the pending one ends ─▶ code for ID token ─▶ verified ─▶ user ─▶ session ─▶ 303
//
// The browser's secret is what binds: PKCE's verifier and the nonce are made of it, storage keeps its digest. So a
// state that is planted in another browser, or read in storage, completes nothing. On the worker of the call.
#pragma once

#include "http/provider_api.hpp"
#include "http/sign_in.hpp"
#include "identity/identities.hpp"

namespace socle::auth {

class OidcSignIn {
 public:
  OidcSignIn(Host& host, Store& store, People& people, Identities& identities, Sessions& sessions, SignIn& sign_in,
             ProviderApi& providers, oidc::Trust& trust, oidc::Fetcher& fetcher, const Settings& settings);

  Task<Reply> choices(Request request);
  Task<Reply> login(Request request);
  Task<Reply> callback(Request request);
  Task<Reply> begin_link(Request request);  // {password}, of who has one → {location}
  Task<Reply> links(Request request);
  Task<Reply> unlink(Request request);  // {password}, of who has one

 private:
  // A sign-in that is under way at the provider.
  struct Pending {
    std::uint64_t revision = 0;
    std::string id, provider, browser, return_to, base;
    std::string user, session;  // who is to get the link, and the session that he began it in; "": a sign-in
    Milliseconds begun{};
  };
  struct Begun {
    std::string address, cookie;
  };
  // `who`: of a link; nobody of a sign-in.
  Task<Got<Begun>> begin(Request request, Context context, oidc::ProviderPtr provider, const Caller& who);
  Task<Got<Pending>> resume(Request request, Context context);
  Task<Got<std::shared_ptr<const jose::Token>>> redeem(Request request, Context context, oidc::ProviderPtr provider,
                                                       const Pending& pending);
  Task<Reply> enter(Request request, Context context, oidc::ProviderPtr provider, json::View claims,
                    std::string return_to, std::string& user);
  // Of a callback: the sign-in, or the link of `user`, ends in `answer`. `user`: whose it turned out to be.
  Task<Reply> complete(Request request, Context context, oidc::ProviderPtr provider, bool& linking, std::string& user);
  Task<void> tell(Request request, Context context, bool linking, const std::string& user, const Reply& answer);
  Task<Got<Person>> enrolled(Context context, oidc::ProviderPtr provider, const Identity& wanted, json::View claims);
  // Roles as the claims say now; other roles end the sessions there were.
  Task<Got<Person>> with_roles(Context context, const Person& person, std::vector<std::string> roles);
  Task<Reply> linked(Context context, const Identity& wanted, const Pending& pending);
  // The problem when the session that began the link has ended.
  Task<Got<bool>> still_there(Context context, const Pending& pending);
  Task<void> sweep(Context context);
  std::optional<Reply> held_back(std::string_view what, std::string_view tenant, std::string_view peer);
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }

  Host& host_;
  Store& store_;
  People& people_;
  Identities& identities_;
  Sessions& sessions_;
  SignIn& sign_in_;
  ProviderApi& providers_;
  oidc::Trust& trust_;
  oidc::Fetcher& fetcher_;
  const Settings& settings_;
  AuditTrail trail_;
  Attempts attempts_;
  Metric refused_;
};

}  // namespace socle::auth
