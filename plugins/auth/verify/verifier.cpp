#include "verify/verifier.hpp"

#include <algorithm>
#include <array>

#include "credentials/api_key.hpp"
#include "identity/permissions.hpp"
#include "verify/cross_site.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(5);
constexpr std::string_view unknown = "the credential is unknown, expired or revoked";

Reply bad_credential(std::string_view code, std::string_view message) {
  return Reply::error(Code::unauthenticated, code, message)
      .with_header("www-authenticate", R"(Bearer error="invalid_token")");
}

// Where somebody signs in, what he held before does not matter.
bool on_the_way_in(const Presented& shown) {
  constexpr std::array<std::string_view, 3> exact{"/v1/auth/login", "/v1/auth/token", "/v1/auth/revoke"};
  constexpr std::array<std::string_view, 4> below{"/v1/auth/links/", "/v1/auth/oidc/choices", "/v1/auth/oidc/login/",
                                                  "/v1/auth/oidc/callback/"};
  const auto begins = [&shown](std::string_view prefix) { return shown.path.starts_with(prefix); };
  // A page that everybody may see is no place to be told that a session has ended: it leads to a new one.
  const bool page = !shown.path.starts_with("/v1/");
  return shown.access == Access::open && (page || std::find(exact.begin(), exact.end(), shown.path) != exact.end() ||
                                          std::any_of(below.begin(), below.end(), begins));
}

// Without a path it is no request but a question about a credential, of the token endpoint: no use of it.
bool uses(const Presented& shown) { return !shown.path.empty(); }

// What a session is for whose user still owes a second factor: to see itself, to set one up and to end; the same on the
// pages for people.
bool sets_up_factor(const Presented& shown) {
  constexpr std::array<std::string_view, 8> open{
      "GET /v1/auth/session", "POST /v1/auth/totp",   "POST /v1/auth/totp/confirm", "POST /v1/auth/logout",
      "GET /account",         "POST /account/factor", "POST /account/confirm",      "POST /logout"};
  const std::string asked = std::string(shown.method).append(" ").append(shown.path);
  return std::find(open.begin(), open.end(), asked) != open.end();
}

}  // namespace

Verifier::Verifier(Host& host, Store& store, People& people, Sessions& sessions, Forgetting& forgetting,
                   ColdBudget& cold)
    : host_(host),
      store_(store),
      people_(people),
      sessions_(sessions),
      forgetting_(forgetting),
      cold_(cold),
      trail_(host),
      hits_(host.counter("auth_known_total", "Requests whose credential the worker knew.")),
      misses_(host.counter("auth_verified_total", "Credentials looked up and found good.")),
      refused_(host.counter("auth_refused_total", "Credentials refused.")) {}

Task<Reply> Verifier::authenticate(Request request) {
  Presented shown = read_presented(request);
  if (shown.kind == Presented::Kind::none) return Reply();
  if (shown.kind == Presented::Kind::bad) {
    if (on_the_way_in(shown)) return Reply();
    refused_.add();
    return bad_credential("bad_credential", shown.why);
  }
  Table& table = forgetting_.here();
  const Digest digest = table.digest(shown.text);
  if (Known* known = table.find(digest); known != nullptr) {
    if (known->holds(now())) {
      hits_.add();
      if (uses(shown) && renewal_due(known->lifetime, known->span, now())) keep_alive(*known);
      Reply answer = judge(*known, shown);
      if (answer.ok()) return answer;
      return reconsider(request, std::make_shared<const Known>(*known), std::make_shared<const Presented>(shown),
                        std::move(answer));
    }
    table.drop(digest);
  }
  return verify(request, std::make_shared<const Presented>(shown), digest);
}

Reply Verifier::judge(const Known& known, const Presented& shown) const {
  if (shown.cookie) {
    const BrowserRequest browser{shown.method,       shown.host, shown.origin, shown.fetch_site,
                                 shown.content_type, shown.csrf, known.csrf};
    if (const std::string_view fault = cross_site_fault(browser); !fault.empty())
      return Reply::error(Code::denied, "cross_site_request", fault);
  }
  if (known.factor_due && !sets_up_factor(shown)) {
    if (shown.access == Access::open) return Reply();  // as for nobody in particular
    return Reply::error(Code::denied, "second_factor_setup_required",
                        "your role wants a second factor: set one up with POST /v1/auth/totp and "
                        "POST /v1/auth/totp/confirm, or on the page /account");
  }
  if (shown.access == Access::permission) {
    const bool in_scope = !known.scoped || std::any_of(known.scopes.begin(), known.scopes.end(),
                                                       [&](const auto& s) { return covers(s, shown.permission); });
    if (!in_scope || !(permits(known.roles, shown.permission) || opened(known, shown.permission))) {
      return Reply::error(Code::denied, in_scope ? "permission_denied" : "insufficient_scope",
                          std::string(in_scope ? "none of your roles grants '" : "this credential is not for '")
                              .append(shown.permission)
                              .append("'"))
          .with_header("www-authenticate", R"(Bearer error="insufficient_scope")");
    }
  }
  return Reply(
      Payload::make({}, Media::none, {{"tenant", known.tenant}, {"principal", known.user}, {"claims", known.claims}}));
}

// Was found so, by the view of the tenant that this worker would ask again now.
bool Verifier::opened(const Known& known, std::string_view permission) const {
  const auto& found = known.opened;
  return std::find(found.permissions.begin(), found.permissions.end(), permission) != found.permissions.end() &&
         found.view == access_->views().current(known.tenant);
}

// What permits() says follows from the claims, the permission and the view alone.
void Verifier::remember(const Known& known, const Presented& shown, std::uint64_t view) {
  Table& table = forgetting_.here();
  Known* kept = table.find(table.digest(shown.text));
  if (kept == nullptr || kept->claims != known.claims) return;
  if (kept->opened.view != view) kept->opened = {view, {}};
  auto& permissions = kept->opened.permissions;
  if (std::find(permissions.begin(), permissions.end(), shown.permission) == permissions.end())
    permissions.emplace_back(shown.permission);
}

Task<Reply> Verifier::judge_fully(std::shared_ptr<const Known> known, std::shared_ptr<const Presented> shown) {
  auto context = host_.act_as(known->tenant, "ask the tenant's own roles", patience);
  if (!context) co_return judge(*known, *shown);
  const std::string permission(shown->permission);
  auto answer = co_await access_->permits(context->view(), known->claims, permission);
  if (!answer) co_return std::move(answer).problem();
  if (!answer->open) co_return judge(*known, *shown);
  if (answer->view != 0) remember(*known, *shown, answer->view);
  Presented without = *shown;
  without.access = Access::authenticated;
  co_return judge(*known, without);
}

// A refusal by the built-in roles is not the last word; one that is, is told.
Task<Reply> Verifier::reconsider(Request request, std::shared_ptr<const Known> known,
                                 std::shared_ptr<const Presented> shown, Reply answer) {
  if (answer.error_code() == "permission_denied" && access_ != nullptr) answer = co_await judge_fully(known, shown);
  if (answer.code() == Code::denied) co_await tell_denied(request, *known, *shown, answer);
  co_return answer;
}

// The token endpoint, when it asks about a credential, tells its own answer.
Task<void> Verifier::tell_denied(Request request, const Known& known, const Presented& shown, const Reply& answer) {
  if (!uses(shown)) co_return;
  AuditEvent event;
  event.operation = "access.denied";
  event.target = std::string(shown.method).append(" ").append(shown.told_path().substr(0, 900));
  event.status = answer.error_code();
  event.tenant = known.tenant;
  event.principal = known.user;
  event.peer = shown.peer;
  co_await trail_.tell(request, std::move(event));
}

Task<Reply> Verifier::verify(Request request, std::shared_ptr<const Presented> shown, Digest digest) {
  if (auto held = cold_.take(shown->peer)) {
    refused_.add();
    co_return *std::move(held);
  }
  const std::uint64_t epoch = forgetting_.here().epoch();
  Known fresh;
  auto found = co_await find(*shown, fresh);
  if (!found) {
    Reply problem = std::move(found).problem();
    if (problem.code() != Code::unauthenticated && problem.code() != Code::denied) {
      cold_.give_back(shown->peer);  // nothing was found out about the credential
      co_return problem;
    }
    refused_.add();
    if (on_the_way_in(*shown)) co_return Reply();
    if (problem.code() == Code::denied) co_await tell_denied(request, fresh, *shown, problem);
    co_return problem;
  }
  cold_.give_back(shown->peer);
  misses_.add();
  Reply answer = judge(fresh, *shown);
  const auto known = answer.ok() ? nullptr : std::make_shared<const Known>(fresh);
  forgetting_.here().put(digest, std::move(fresh), epoch);
  if (known != nullptr) answer = co_await reconsider(request, known, shown, std::move(answer));
  co_return answer;
}

Task<Got<bool>> Verifier::find(const Presented& shown, Known& known) {
  if (shown.kind == Presented::Kind::session) co_return co_await find_session(shown, known);
  if (shown.kind == Presented::Kind::key) co_return co_await find_key(shown, known);
  co_return co_await find_token(shown, known);
}

Task<Got<bool>> Verifier::find_session(const Presented& shown, Known& known) {
  auto context = host_.act_as(shown.secret.tenant, "verify a session", patience);
  if (!context) co_return bad_credential("bad_credential", unknown);
  auto session = co_await sessions_.get(context->view(), fingerprint(shown.text));
  if (!session) co_return std::move(session).problem();
  if (session->revision == 0) co_return bad_credential("bad_credential", unknown);
  if (!session->revoked_at.empty())
    co_return bad_credential("session_revoked", "this session was ended; sign in again");
  if (over(session->span, now())) {
    host_.spawn(sessions_.sweep_old(std::string(shown.secret.tenant)), Ends::at_stop);
    co_return bad_credential("session_expired", "this session has expired; sign in again");
  }
  known.tenant = shown.secret.tenant;
  known.user = session->user;
  known.session = session->id;
  known.factor_due = session->factor_due;
  known.csrf = csrf_token(shown.text);
  known.lifetime = sessions_.lifetime(context->view());
  known.span = session->span;
  auto done = co_await complete(context->view(), known);
  if (done && uses(shown) && renewal_due(known.lifetime, known.span, now())) keep_alive(known);
  co_return done;
}

Task<Got<bool>> Verifier::find_key(const Presented& shown, Known& known) {
  auto context = host_.act_as(shown.secret.tenant, "verify an API key", patience);
  if (!context) co_return bad_credential("bad_credential", unknown);
  auto stored = co_await store_.get(context->view(), collection::keys, shown.secret.id);
  if (!stored) co_return std::move(stored).problem();
  const ApiKey key = read_key(*stored);
  const bool good = key.revision != 0 && key.matches(shown.text, now());
  if (!good) co_return bad_credential("bad_credential", unknown);
  if (key.over(now())) co_return bad_credential("key_expired", "this API key has expired");
  known.tenant = shown.secret.tenant;
  known.user = key.user;
  known.key = key.id;
  known.scopes = key.scopes;
  known.scoped = true;
  // Asked again now and then, so that `last_used_at` follows.
  const Milliseconds look_again = now() + std::chrono::minutes(10);
  known.span.ends = known.span.limit = std::min(look_again, key.ends(shown.text));
  auto done = co_await complete(context->view(), known);
  if (done) host_.spawn(note_use(known.tenant, known.key), Ends::at_stop);
  co_return done;
}

Task<Got<bool>> Verifier::find_token(const Presented& shown, Known& known) {
  if (tokens_ == nullptr) co_return bad_credential("bad_credential", unknown);
  auto facts = co_await tokens_->verify(std::string(shown.text));
  if (!facts) co_return std::move(facts).problem();
  auto context = host_.act_as(facts->tenant, "verify an access token", patience);
  if (!context) co_return bad_credential("bad_credential", unknown);
  known.span.ends = known.span.limit = known.token_ends = facts->ends;
  if (!facts->session.empty()) {
    auto session = co_await sessions_.get(context->view(), facts->session);
    if (!session) co_return std::move(session).problem();
    if (session->revision == 0 || !session->revoked_at.empty())
      co_return bad_credential("session_revoked", "the session of this token was ended; sign in again");
    if (over(session->span, now()))
      co_return bad_credential("session_expired", "the session of this token has expired; sign in again");
    known.factor_due = session->factor_due;
    known.lifetime = sessions_.lifetime(context->view());
    known.span = session->span;
  }
  known.tenant = facts->tenant;
  known.user = facts->user;
  known.session = facts->session;
  known.key = facts->key;
  known.scopes = facts->scopes;
  known.scoped = facts->scoped;
  auto done = co_await complete(context->view(), known);
  // The use of a token is a use of its session.
  if (done && uses(shown) && renewal_due(known.lifetime, known.span, now())) keep_alive(known);
  co_return done;
}

Task<Got<bool>> Verifier::complete(Context context, Known& known) {
  auto person = co_await people_.by_id(context, known.user);
  if (!person) co_return std::move(person).problem();
  if (!person->exists()) co_return bad_credential("bad_credential", unknown);
  if (person->state != PersonState::active)
    co_return Reply::error(Code::denied, "user_suspended",
                           "this user is suspended; ask an administrator of the tenant");
  known.roles = person->roles;
  known.org = person->org;
  known.claims = claims_text(known, person->username);
  co_return true;
}

// The session goes on as of now on this worker; that it was used is written down behind the answer. Other workers read
// it there once what they know has ended.
void Verifier::keep_alive(Known& known) {
  known.span = renewed(known.lifetime, known.span, now());
  host_.spawn(renew(known.tenant, known.session), Ends::at_stop);
}

Task<void> Verifier::renew(std::string tenant, std::string session) {
  auto context = host_.act_as(tenant, "renew a session", patience);
  if (context) static_cast<void>(co_await sessions_.renew(context->view(), session));
}

Task<void> Verifier::note_use(std::string tenant, std::string id) {
  auto context = host_.act_as(tenant, "note the use of an API key", patience);
  if (!context) co_return;
  auto stored = co_await store_.get(context->view(), collection::keys, id);
  if (!stored || !stored->exists()) co_return;
  ApiKey key = read_key(*stored);
  key.last_used_at = timestamp(now());
  Batch batch;
  batch.put(collection::keys, id, key.revision, key_document(key)).soon();
  static_cast<void>(co_await store_.write(context->view(), batch.take()));
}

}  // namespace socle::auth
