// sign_in.cpp: see sign_in.hpp; a password that is shown once more is in prove.cpp. A few lines beyond 300, because the
// one path by which somebody comes in is read from top to bottom.
#include "http/sign_in.hpp"

#include <algorithm>

#include "core/secret.hpp"
#include "credentials/recovery.hpp"
#include "credentials/secret_text.hpp"
#include "credentials/totp.hpp"
#include "http/where.hpp"
#include "verify/cross_site.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(10);
constexpr std::string_view nobody = "~auth";  // acts where there is no tenant to act for
constexpr std::string_view no_tenant = "-";   // what is no tenant's name, and no tenant's name itself
constexpr int begin_attempts = 4;             // against changes of the user at the same time
constexpr double user_burst = 10;             // times those of one address: guesses at one user from everywhere
constexpr double peer_burst = 10;             // and from one address at everybody

Reply wrong() {
  return Reply::error(Code::unauthenticated, "bad_login", "the tenant, the username or the password is wrong")
      .with_header("www-authenticate", "Bearer");
}

Reply suspended() {
  return Reply::error(Code::denied, "user_suspended", "this user is suspended; ask an administrator of the tenant");
}

Beginning beginning_of(const Person& person, const Origin& from, std::vector<std::string> means) {
  Beginning out;
  out.user = person.id;
  out.peer = from.peer;
  out.agent = from.agent;
  out.means = std::move(means);
  return out;
}

}  // namespace

SignIn::SignIn(Host& host, Store& store, People& people, Sessions& sessions, Passwords& passwords,
               const Settings& settings)
    : host_(host),
      store_(store),
      people_(people),
      sessions_(sessions),
      passwords_(passwords),
      settings_(settings),
      trail_(host),
      gate_(host),
      signed_in_(host.counter("auth_sign_ins_total", "Sessions begun by sign-in.")),
      failed_(host.counter("auth_sign_ins_failed_total", "Sign-ins with a wrong name, password or code.")),
      held_back_(host.counter("auth_sign_ins_held_back_total", "Sign-ins refused for too many attempts.")) {}

Reply SignIn::too_many(Attempts::Time wait) {
  return Reply::error(Code::exhausted, "too_many_attempts", "too many attempts to sign in; retry later")
      .with_retry_after(std::chrono::ceil<std::chrono::seconds>(wait));
}

std::vector<Attempts::Bucket> SignIn::buckets(std::string_view tenant, std::string_view username,
                                              std::string_view peer) const {
  const std::string from = sender(peer);
  std::string user = std::string(tenant).append("\n").append(username);
  std::vector<Attempts::Bucket> out;
  out.push_back({user + "\n" + from, settings_.login_attempts, settings_.login_refill});
  out.push_back({std::move(user), settings_.login_attempts * user_burst, settings_.login_refill / 2});
  out.push_back({from, settings_.login_attempts * peer_burst, settings_.login_refill / 10});
  return out;
}

Got<SignIn::Given> SignIn::read(const Request& request) const {
  auto body = Body::of(request);
  if (!body) return std::move(body).problem();
  Given out;
  out.from = origin_of(request, settings_.behind_tls);
  if (!out.from.may_sign_in)
    return Reply::error(Code::denied, "tls_required",
                        "passwords are not taken over a plain connection from elsewhere; use a listener with TLS");
  const BrowserRequest browser{"POST",
                               request.header("host"),
                               request.header("origin"),
                               request.header("sec-fetch-site"),
                               request.header("content-type"),
                               {},
                               {}};
  if (const std::string_view fault = cross_site_fault(browser); !fault.empty())
    return Reply::error(Code::denied, "cross_site_request", fault);
  std::vector<Fault> faults;
  for (const std::string_view name : {"username", "password"}) {
    if (!body->member(name).is_string() || body->member(name).as_string().empty())
      faults.push_back({std::string("/").append(name), "required", "a text is wanted here"});
  }
  if (body->member("password").as_string().size() > max_password)
    faults.push_back({"/password", "too_long", "a password has at most 1,024 bytes"});
  if (!faults.empty()) return invalid(faults);
  out.tenant = tenant_of(request, settings_, body->text("tenant"));
  if (out.tenant.empty())
    return Reply::error(Code::invalid, "tenant_required",
                        "neither the body nor the listener nor the host says which tenant; add \"tenant\"");
  if (!is_tenant_name(out.tenant)) out.tenant = no_tenant;
  out.username = body->text("username");
  out.password = body->text("password");
  out.code = body->text("code");
  return out;
}

Task<Reply> SignIn::login(Request request) {
  auto given = read(request);
  if (!given) co_return std::move(given).problem();
  const std::string username = read_username(given->username).value_or("");
  const auto taken = buckets(given->tenant, username, given->from.peer);
  if (const auto wait = attempts_.take(taken, clock())) {
    held_back_.add();
    co_return too_many(*wait);
  }
  given->username = username;
  auto context = host_.act_as(given->tenant, "sign in", patience);
  given->trace = trace_of(request);
  if (context) {
    Reply answer = co_await enter(*given, context->view(), taken);
    co_await tell(*given, context->view(), answer);
    co_return answer;
  }
  // In one queue for all names that are no tenants', or who makes them up would be served as many tenants are.
  const std::string queue(nobody);
  auto checked = co_await passwords_.check(queue, sender(given->from.peer), {}, given->password);
  if (!checked) co_return std::move(checked).problem();
  failed_.add();
  const Reply refused = wrong();
  if (auto house = host_.act_as(nobody, "sign in", patience)) co_await tell(*given, house->view(), refused);
  co_return refused;
}

// What was tried and refused for its number is counted only, or a flood would fill the trail.
Task<void> SignIn::tell(const Given& given, Context context, const Reply& answer) {
  const bool verdict = answer.ok() || answer.code() == Code::unauthenticated || answer.code() == Code::denied;
  if (!verdict) co_return;
  AuditEvent event;
  event.operation = "auth.login";
  event.target = "users/" + (given.user.empty() ? std::string("unknown") : given.user);
  event.status = answer.ok() ? std::string("ok") : std::string(answer.error_code());
  event.peer = given.from.peer;
  event.trace = given.trace;
  co_await trail_.tell(context, std::move(event));
}

// No person, and one without secrets, look the same from outside.
Task<Got<SignIn::Proven>> SignIn::find(Context context, std::string username) {
  Proven out;
  auto person = co_await people_.by_name(context, username);
  if (!person) co_return std::move(person).problem();
  out.person = std::move(*person);
  auto home = people_.home(context, out.person);
  out.home = std::make_shared<People::Home>(home ? std::move(*home) : People::Home(context, std::string()));
  const std::string account = out.home->user().empty() ? std::string("nobody") : out.home->user();
  auto secrets = co_await people_.secrets(out.home->context(), account);
  if (!secrets) co_return std::move(secrets).problem();
  out.secrets = std::move(*secrets);
  co_return out;
}

Task<Reply> SignIn::enter(Given& given, Context context, const std::vector<Attempts::Bucket>& taken) {
  auto found = co_await find(context, given.username);
  if (!found) co_return std::move(found).problem();
  given.user = found->person.id;
  const std::string hash = found->person.exists() ? found->secrets.password : std::string();
  auto checked = co_await passwords_.check(given.tenant, sender(given.from.peer), hash, given.password);
  if (!checked) {
    attempts_.give_back(taken, clock());  // nothing was learnt by it
    co_return std::move(checked).problem();
  }
  if (!checked->right) {
    failed_.add();
    host_.log(Level::info, context, "sign-in failed", {{"peer", given.from.peer}});
    co_return wrong();
  }
  if (found->person.state != PersonState::active) co_return suspended();
  if (auto good = co_await good_at_home(context, found->person); !good) co_return std::move(good).problem();
  if (auto open = co_await gate_.open(context); !open) {
    attempts_.give_back(taken, clock());  // the password was right
    co_return std::move(open).problem();
  }
  auto factor = co_await second_factor(*found, given.code);
  if (!factor) {
    if (given.code.empty()) {
      attempts_.give_back(taken, clock());  // no guess: the first of two steps
    } else {
      failed_.add();
    }
    co_return std::move(factor).problem();
  }
  attempts_.give_back(taken, clock());
  if (!checked->rehash.empty()) {
    if (auto kept = co_await keep_rehash(*found, checked->rehash); !kept)
      host_.log(Level::warn, context, "a password could not be hashed anew", {{"why", kept.error().message}});
  }
  std::vector<std::string> means;
  means.emplace_back("pwd");
  if (!factor->empty()) means.push_back(*factor);
  co_return co_await welcome(context, *found, given, std::move(means));
}

Task<Got<bool>> SignIn::good_at_home(Context context, const Person& person) {
  if (!person.guest()) co_return true;
  auto home = people_.home(context, person);
  if (!home) co_return suspended();
  auto account = co_await people_.by_id(home->context(), home->user());
  if (!account) co_return std::move(account).problem();
  if (account->state == PersonState::active) co_return true;
  co_return Reply::error(Code::denied, "user_suspended",
                         "this account is suspended in the tenant where it is at home; ask an administrator there");
}

Task<Got<bool>> SignIn::owes_factor(Context context, const Person& person, const Secrets& secrets) {
  if (secrets.totp_confirmed || second_factor_ == nullptr) co_return false;
  co_return co_await second_factor_->demanded(context, person.roles);
}

// What counts once is marked as used under precondition, so that of two who show it at the same time one gets in.
Task<Got<std::string>> SignIn::second_factor(const Proven& proven, std::string code) {
  Secrets secrets = proven.secrets;
  if (secrets.totp.empty() || !secrets.totp_confirmed) co_return std::string();
  if (code.empty())
    co_return Reply::error(Code::unauthenticated, "second_factor_required",
                           "the password is right; repeat with \"code\" from the authenticator, or a recovery code")
        .with_header("www-authenticate", "Bearer");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(host_.now_utc()).count();
  const auto secret = from_base32(secrets.totp);
  std::string means;
  if (const auto step = totp_match(secret.value_or(""), code, totp_step(now), secrets.totp_step); step && secret) {
    secrets.totp_step = *step;
    means = "otp";
  } else {
    const auto spent = std::find(secrets.recovery.begin(), secrets.recovery.end(), recovery_fingerprint(code));
    if (spent != secrets.recovery.end()) {
      secrets.recovery.erase(spent);
      means = "recovery";
    }
  }
  const Reply bad = Reply::error(Code::unauthenticated, "bad_code", "this code is wrong, old or was used before")
                        .with_header("www-authenticate", "Bearer");
  if (means.empty()) co_return bad;
  Batch batch;
  batch.put(collection::credentials, proven.home->user(), secrets.revision, secrets_document(secrets));
  auto written = co_await store_.write(proven.home->context(), batch.take());
  if (!written && written.problem().error_code() == "changed_meanwhile") co_return bad;
  if (!written) co_return std::move(written).problem();
  co_return means;
}

// Of the document as it is now: a second factor has just been marked as used in it.
Task<Status> SignIn::keep_rehash(const Proven& proven, std::string hash) {
  auto now = co_await people_.secrets(proven.home->context(), proven.home->user());
  if (!now) co_return now.problem().error();
  if (now->password != proven.secrets.password) co_return Status();
  now->password = std::move(hash);
  Batch batch;
  batch.put(collection::credentials, proven.home->user(), now->revision, secrets_document(*now));
  auto written = co_await store_.write(proven.home->context(), batch.take());
  co_return written ? Status() : Status(written.problem().error());
}

// The browser's session of before is over, whichever tenant's it is: a secret that somebody planted there opens
// nothing, and the one that the new cookie takes the place of is in nobody's hands any more. Showing it is all that
// ending it takes. What another tenant's storage cannot do now keeps nobody out of this one.
Task<Got<bool>> SignIn::leave_old(Context context, const std::string& user, const Origin& from) {
  const auto old = read_secret(from.cookie);
  if (!old || old->kind != SecretKind::session) co_return true;
  const std::string id = fingerprint(from.cookie);
  if (old->tenant == context.tenant()) co_return co_await sessions_.revoke(context, id, user);
  auto there = host_.act_as(old->tenant, "its browser signs in to another tenant", patience);
  if (!there) co_return true;
  const std::string by(nobody);
  if (auto ended = co_await sessions_.revoke(there->view(), id, by); !ended)
    host_.log(Level::warn, there->view(), "the session that a browser had could not be ended",
              {{"why", ended.problem().message()}});
  co_return true;
}

void SignIn::count(Context context, const Beginning& beginning) {
  signed_in_.add();
  host_.log(Level::info, context, "signed in",
            {{"user", beginning.user}, {"peer", beginning.peer}, {"means", beginning.means.back()}});
}

Task<Got<Started>> SignIn::begin(Context context, const Person& person, const Origin& from,
                                 std::vector<std::string> means) {
  auto left = co_await leave_old(context, person.id, from);
  if (!left) co_return std::move(left).problem();
  const Beginning beginning = beginning_of(person, from, std::move(means));
  auto started = co_await begin_session(context, person, beginning);
  if (started) count(context, beginning);
  co_return started;
}

// A guest who is suspended at home meanwhile: either the suspension finds the session, or it is seen afterwards.
Task<Got<Started>> SignIn::begin_session(Context context, const Person& person, const Beginning& beginning) {
  auto started = co_await sessions_.begin(context, beginning);
  if (!started || !person.guest()) co_return started;
  auto good = co_await good_at_home(context, person);
  if (good) co_return started;
  auto ended = co_await sessions_.revoke(context, started->id, person.id);
  if (!ended) co_return std::move(ended).problem();
  co_return std::move(good).problem();
}

Task<Got<Started>> SignIn::begin_as_he_is(Context context, Proven& proven, Beginning& beginning) {
  for (int attempt = 0;; ++attempt) {
    auto due = co_await owes_factor(context, proven.person, proven.secrets);
    if (!due) co_return std::move(due).problem();
    beginning.factor_due = *due;
    beginning.user_revision = proven.person.revision;
    auto started = co_await begin_session(context, proven.person, beginning);
    if (started) co_return started;
    if (started.problem().error_code() != "changed_meanwhile" || attempt == begin_attempts)
      co_return std::move(started).problem();
    auto again = co_await people_.by_id(context, beginning.user);
    if (!again) co_return std::move(again).problem();
    if (!again->exists()) co_return wrong();
    if (again->state != PersonState::active) co_return suspended();
    proven.person = std::move(*again);
  }
}

Task<Reply> SignIn::welcome(Context context, Proven& proven, const Given& given, std::vector<std::string> means) {
  auto left = co_await leave_old(context, proven.person.id, given.from);
  if (!left) co_return std::move(left).problem();
  Beginning beginning = beginning_of(proven.person, given.from, std::move(means));
  auto started = co_await begin_as_he_is(context, proven, beginning);
  if (!started) co_return std::move(started).problem();
  count(context, beginning);
  const Person& person = proven.person;
  std::string text;
  json::Writer out(text);
  out.begin_object();
  if (tokens_ != nullptr) {
    auto issued = co_await tokens_->issue(context, person, started->id, started->span.limit);
    if (!issued) co_return std::move(issued).problem();
    out.member("access_token", issued->access_token).member("token_type", "Bearer");
    out.member("expires_in", issued->expires.count());
    if (!issued->refresh_token.empty()) out.member("refresh_token", issued->refresh_token);
  }
  out.key("user");
  write_person(out, person);
  out.key("roles").begin_array();
  for (const std::string& role : person.roles) out.string(role);
  out.end_array().member("tenant", context.tenant()).member("csrf_token", csrf_token(started->secret));
  out.member("session_expires_at", timestamp(started->span.ends));
  if (beginning.factor_due) out.member("second_factor_due", true);
  out.end_object();
  co_return private_json(text).with_header("set-cookie", session_cookie(given.from, started->secret));
}

Task<Reply> SignIn::rotated(Request request, const Proven& given, std::string text) {
  Proven proven = given;
  const Origin from = origin_of(request, settings_.behind_tls);
  std::vector<std::string> means(1, "pwd");
  Beginning beginning = beginning_of(proven.person, from, std::move(means));
  auto started = co_await begin_as_he_is(request, proven, beginning);
  if (!started) co_return std::move(started).problem();
  co_return private_json(text).with_header("set-cookie", session_cookie(from, started->secret));
}

}  // namespace socle::auth
