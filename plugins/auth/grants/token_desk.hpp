// token_desk.hpp: access and refresh tokens of this installation: what sign-in and verification ask for
// (verify/tokens.hpp) and what the token endpoint does. A login's tokens end with its session; a refresh token that is
// used twice ends the session. A client's tokens end with the secret of the API key that they were got with. On the
// worker of the call. A file for each grant and endpoint: clients.cpp, refresh.cpp, introspect.cpp, revoke.cpp.
#pragma once

#include <variant>

#include "core/tenant_gate.hpp"
#include "core/trail.hpp"
#include "grants/rings.hpp"
#include "identity/people.hpp"
#include "session/sessions.hpp"
#include "verify/cold_budget.hpp"
#include "verify/tokens.hpp"

namespace socle::auth {

inline constexpr std::string_view families_collection = "auth.families";

class TokenDesk final : public Tokens {
 public:
  TokenDesk(Host& host, Store& store, People& people, Sessions& sessions, ColdBudget& cold, const Settings& settings);

  Task<Got<Facts>> verify(std::string token) override;
  Task<Got<Issued>> issue(Context context, const Person& person, std::string session, Milliseconds limit) override;

  // What the token endpoint answers: JSON, good or bad.
  struct Answer {
    std::string text;
    std::optional<tokens::OAuthError> error;
  };
  Task<Got<Answer>> refresh(Request request, std::shared_ptr<const tokens::OAuthForm> form);
  Task<Got<Answer>> client_credentials(Request request, std::shared_ptr<const tokens::OAuthForm> form);
  // RFC 7662 of a token of the request's tenant. What could not be found out is a problem, not an inactive token.
  Task<Got<Answer>> introspect(Request request, std::string token);
  // RFC 7009: of whichever tenant the token names. Everybody may ask, so a bogus one is at the cost of the address.
  Task<Got<Answer>> revoke(Request request, std::string token);

  Rings& rings() { return rings_; }
  [[nodiscard]] tokens::Realm realm(std::string_view tenant) const;

 private:
  static constexpr Duration patience = std::chrono::seconds(5);
  static constexpr int attempts = 3;  // at a family that others write meanwhile
  struct Read {
    tokens::Verified verified;
    std::string tenant;
  };
  Task<Got<Read>> read(std::string token);
  Task<Got<Answer>> access_answer(Context context, const Person& person, const tokens::Family& family,
                                  std::string_view refresh_token, std::string_view scope, Milliseconds limit);
  // A refresh token that opens nothing is charged to its address: what it is told.
  Got<Answer> charge(std::string_view peer, Answer answer);
  // Ended, or about to be: as the family now says.
  Task<Answer> refuse(Request request, Context context, const tokens::Family& family, std::string_view status,
                      std::string text);
  // A client that showed a secret, as far as it was found, and why its secret is refused.
  struct Client {
    std::string tenant, key, fault;
  };
  Task<Got<Answer>> grant(Request request, const tokens::OAuthForm& form, Client& client);
  // Who asked with which outcome, refusals too; of a key that was found.
  Task<void> tell_client(Request request, const Client& client, const Got<Answer>& answer);
  Task<void> tell_refused(Request request, Context context, std::string user, std::string_view status);
  Task<Got<Answer>> revoke_refresh(std::string peer, const tokens::RefreshText& text);
  // `known`: the token is one of ours, or that could not be found out.
  Task<Got<Answer>> revoke_access(std::string token, bool& known);
  Task<void> sweep(Context context);
  Task<Got<bool>> end_family(Context context, std::string id);
  [[nodiscard]] std::int64_t seconds() const { return host_.now_utc().count() / 1'000'000'000; }
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }

  Host& host_;
  Store& store_;
  People& people_;
  Sessions& sessions_;
  ColdBudget& cold_;
  Rings rings_;
  const std::string public_url_;
  const std::int64_t lifetime_;
  tokens::RefreshLives lives_;
  Target authenticate_;
  TenantGate gate_;
  AuditTrail trail_;
  Metric issued_, refused_, reused_;
};

}  // namespace socle::auth
