// sign_in.hpp: POST /v1/auth/login, and proving a password again where an account is changed. One answer for a wrong
// name, a wrong password and a tenant that is not there, after the same work.
#pragma once

#include "access/second_factor.hpp"
#include "core/tenant_gate.hpp"
#include "core/trail.hpp"
#include "credentials/attempts.hpp"
#include "credentials/passwords.hpp"
#include "http/body.hpp"
#include "identity/people.hpp"
#include "session/sessions.hpp"
#include "verify/tokens.hpp"

namespace socle::auth {

class SignIn {
 public:
  SignIn(Host& host, Store& store, People& people, Sessions& sessions, Passwords& passwords, const Settings& settings);
  void use(Tokens& tokens) { tokens_ = &tokens; }
  void use(SecondFactor& second_factor) { second_factor_ = &second_factor; }

  Task<Reply> login(Request request);

  // The caller's own account, after its password was shown once more.
  struct Proven {
    Person person;
    std::shared_ptr<People::Home> home;
    Secrets secrets;
  };
  Task<Got<Proven>> prove(Request request, std::string password);
  // The same of who has a password, here or, a guest, at home. False: he comes in by a provider alone and has none.
  Task<Got<bool>> prove_if_any(Request request, std::string password);

  // The problem when the context's tenant is suspended.
  Task<Got<bool>> tenant_open(Context context) { return gate_.open(context); }
  // The problem when a guest is not, or not any more, an active user where his account is at home.
  Task<Got<bool>> good_at_home(Context context, const Person& person);
  // A session for somebody who has proven who he is elsewhere; the one that the browser had is over. A guest gets none
  // while he is not good_at_home().
  Task<Got<Started>> begin(Context context, const Person& person, const Origin& from, std::vector<std::string> means);

  // A new session for somebody whose old one ends with what he changed; sets the cookie when the old one came by it.
  Task<Reply> rotated(Request request, const Proven& proven, std::string text);

 private:
  struct Given {
    std::string tenant, username, password, code;
    std::string user;   // whose name it is, once that is known; for the audit trail
    std::string trace;  // the request's
    Origin from;
  };
  [[nodiscard]] Got<Given> read(const Request& request) const;
  Task<Got<Proven>> find(Context context, std::string username);
  // Of who asks, with what he has yet to prove.
  Task<Got<Proven>> account_of(Request request);
  Task<Got<bool>> show(Request request, const Proven& account, std::string password);
  Task<Reply> enter(Given& given, Context context, const std::vector<Attempts::Bucket>& buckets);
  // Which means was shown, "" when none is asked for.
  Task<Got<std::string>> second_factor(const Proven& proven, std::string code);
  Task<Status> keep_rehash(const Proven& proven, std::string hash);
  // His roles want a second factor and the account has none.
  Task<Got<bool>> owes_factor(Context context, const Person& person, const Secrets& secrets);
  Task<Reply> welcome(Context context, Proven& proven, const Given& given, std::vector<std::string> means);
  Task<Got<bool>> leave_old(Context context, const std::string& user, const Origin& from);
  // A session by password, for the user as he is when it begins: whoever changed him meanwhile found no session to end.
  Task<Got<Started>> begin_as_he_is(Context context, Proven& proven, Beginning& beginning);
  Task<Got<Started>> begin_session(Context context, const Person& person, const Beginning& beginning);
  void count(Context context, const Beginning& beginning);
  [[nodiscard]] static Reply too_many(Attempts::Time wait);
  [[nodiscard]] std::vector<Attempts::Bucket> buckets(std::string_view tenant, std::string_view username,
                                                      std::string_view peer) const;
  [[nodiscard]] Attempts::Time clock() const { return Duration(host_.now().nanoseconds); }

  Host& host_;
  Store& store_;
  People& people_;
  Sessions& sessions_;
  Passwords& passwords_;
  const Settings& settings_;
  Tokens* tokens_ = nullptr;
  SecondFactor* second_factor_ = nullptr;
  // Before the answer, and whether or not there is such a tenant or user.
  Task<void> tell(const Given& given, Context context, const Reply& answer);

  AuditTrail trail_;
  TenantGate gate_;
  Attempts attempts_;
  Metric signed_in_, failed_, held_back_;
};

}  // namespace socle::auth
