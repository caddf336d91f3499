// sessions.hpp: sessions as they are kept, in the tenant of the context given. A session is a document under the hash
// of its secret; active until its `ends_at`, unless `revoked_at` is there. There is no timer: what has ended is removed
// a few at a time by those that begin, and what ended long ago by a request that shows an expired one.
#pragma once

#include <set>

#include "core/settings.hpp"
#include "core/store.hpp"
#include "identity/person.hpp"

namespace socle::auth {

class Forgetting;

// Where a session comes from; text is copied.
struct Beginning {
  std::string user;
  std::uint64_t user_revision = 0;  // only if the user is at it still, else `changed_meanwhile`; 0: whichever
  std::string peer, agent;
  std::vector<std::string> means;  // "pwd", "otp", "recovery", "operator", "oidc"
  bool factor_due = false;         // a role wants a second factor, which the account has not: good for setting one up
};

struct Session {
  std::uint64_t revision = 0;
  std::string id, user, began_at, seen_at, peer, agent, revoked_at;
  std::vector<std::string> means;
  bool factor_due = false;
  Span span;
  [[nodiscard]] bool active(Milliseconds now) const { return revoked_at.empty() && !over(span, now); }
};
// revision 0 when it is none.
[[nodiscard]] Session read_session(const Stored& stored);

struct Started {
  std::string secret, id;
  Span span;
};

class Sessions {
 public:
  Sessions(Host& host, Store& store, const Settings& settings, Forgetting& forgetting)
      : host_(host), store_(store), settings_(settings), forgetting_(forgetting), sweeping_(host.worker_count() + 1) {}

  // The tenant's plan, else the settings.
  [[nodiscard]] Lifetime lifetime(Context context) const;
  Task<Got<Started>> begin(Context context, const Beginning& beginning);
  Task<Got<Session>> get(Context context, std::string id);
  // Those of a user that are active, newest last; all pages.
  Task<Got<std::vector<Session>>> of_user(Context context, std::string user);
  // False: it was renewed as far as it can be, has ended or is gone.
  Task<bool> renew(Context context, std::string id);
  // After the answer no worker serves it. Twice is once. `by`: a principal.
  Task<Got<bool>> revoke(Context context, std::string id, std::string by);
  // All of a user but `except` ("": none); how many there were. Also everything else that was verified for the user is
  // verified again. A problem is the first there was: all the others are ended, and it can be repeated.
  Task<Got<std::size_t>> revoke_all(Context context, std::string user, std::string except, std::string by);
  // That, and all sessions of the memberships that the account has elsewhere, one tenant after another. A problem as
  // above: of home or of one tenant, the others' sessions are ended.
  Task<Got<bool>> revoke_everywhere(Context context, std::string user, const Secrets& secrets, std::string by);
  // Where nobody signs in any more: removes some that ended long ago. A worker does it once at a time for a tenant.
  Task<void> sweep_old(std::string tenant);

 private:
  Task<Got<bool>> mark_revoked(Context context, const Session& session, std::string_view by);
  // Some of those that ended before.
  Task<void> sweep(Context context, Milliseconds before);
  [[nodiscard]] Milliseconds now() const { return std::chrono::duration_cast<Milliseconds>(host_.now_utc()); }

  Host& host_;
  Store& store_;
  const Settings& settings_;
  Forgetting& forgetting_;
  std::vector<std::set<std::string>> sweeping_;  // tenants, by worker
};

}  // namespace socle::auth
