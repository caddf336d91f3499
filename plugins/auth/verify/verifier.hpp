// verifier.hpp: auth/1.authenticate, asked by the gateway once a request. A credential that this worker knows is
// answered inline: one digest, one look-up, no lock. One that it does not know is looked up in its tenant's storage, at
// the cost of the address it comes from and within that address's budget.
#pragma once

#include "access/access.hpp"
#include "core/trail.hpp"
#include "identity/people.hpp"
#include "session/sessions.hpp"
#include "verify/cold_budget.hpp"
#include "verify/forgetting.hpp"
#include "verify/presented.hpp"
#include "verify/tokens.hpp"

namespace socle::auth {

class Verifier {
 public:
  Verifier(Host& host, Store& store, People& people, Sessions& sessions, Forgetting& forgetting, ColdBudget& cold);
  void use(Tokens& tokens) { tokens_ = &tokens; }
  void use(Authorizer& access) { access_ = &access; }

  Task<Reply> authenticate(Request request);

 private:
  [[nodiscard]] Reply judge(const Known& known, const Presented& shown) const;
  [[nodiscard]] bool opened(const Known& known, std::string_view permission) const;
  void remember(const Known& known, const Presented& shown, std::uint64_t view);
  // The same, and what roles of the tenant's own and rules grant.
  Task<Reply> judge_fully(std::shared_ptr<const Known> known, std::shared_ptr<const Presented> shown);
  // `shown` views the call's payload, which lives until it is answered.
  Task<Reply> reconsider(Request request, std::shared_ptr<const Known> known, std::shared_ptr<const Presented> shown,
                         Reply answer);
  Task<Reply> verify(Request request, std::shared_ptr<const Presented> shown, Digest digest);
  // To the audit trail, before it is said.
  Task<void> tell_denied(Request request, const Known& known, const Presented& shown, const Reply& answer);
  // Fills in whose the credential is; what is there of a user who is refused says whom the refusal is of.
  Task<Got<bool>> find(const Presented& shown, Known& known);
  Task<Got<bool>> find_session(const Presented& shown, Known& known);
  Task<Got<bool>> find_key(const Presented& shown, Known& known);
  Task<Got<bool>> find_token(const Presented& shown, Known& known);
  // And what the user's own document says.
  Task<Got<bool>> complete(Context context, Known& known);
  void keep_alive(Known& known);
  Task<void> renew(std::string tenant, std::string session);
  Task<void> note_use(std::string tenant, std::string key);
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }

  Host& host_;
  Store& store_;
  People& people_;
  Sessions& sessions_;
  Forgetting& forgetting_;
  Tokens* tokens_ = nullptr;
  Authorizer* access_ = nullptr;
  ColdBudget& cold_;
  AuditTrail trail_;
  Metric hits_, misses_, refused_;
};

}  // namespace socle::auth
