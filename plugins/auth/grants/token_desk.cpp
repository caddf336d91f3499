#include "grants/token_desk.hpp"

#include <algorithm>

#include "credentials/api_key.hpp"
#include "grants/refusal.hpp"
#include "socle/jose/base64url.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(5);
constexpr int attempts = 3;

Reply bad_token(std::string_view reason) {
  return Reply::error(Code::unauthenticated, "bad_token", reason)
      .with_header("www-authenticate", R"(Bearer error="invalid_token")");
}

TokenDesk::Answer good(std::string text) {
  TokenDesk::Answer out;
  out.text = std::move(text);
  return out;
}

// The tenant that a token says it is of: where its keys are looked up, and believed only once they have verified it.
std::string claimed_tenant(std::string_view token) {
  if (token.size() > tokens::largest_token) return {};
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  const auto payload = jose::from_base64url(token.substr(first + 1, second - first - 1));
  if (!payload) return {};
  const auto claims = json::Document::parse(*payload, {.max_depth = 32, .duplicates = json::Duplicates::refuse});
  return claims ? std::string(claims->root().find("tenant").as_string()) : std::string();
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace

TokenDesk::TokenDesk(Host& host, Store& store, People& people, Sessions& sessions, ColdBudget& cold,
                     const Settings& settings)
    : host_(host),
      store_(store),
      people_(people),
      sessions_(sessions),
      cold_(cold),
      rings_(host, store),
      public_url_(settings.public_url),
      lifetime_(host.config().get<std::int64_t>("token_life") / 1'000'000'000),
      authenticate_(host.target("auth/1", "authenticate")),
      gate_(host),
      trail_(host),
      issued_(host.counter("auth_tokens_issued_total", "Access tokens issued.")),
      refused_(host.counter("auth_tokens_refused_total", "Access and refresh tokens refused.")),
      reused_(host.counter("auth_tokens_reused_total", "Refresh tokens that were used twice.")) {}

tokens::Realm TokenDesk::realm(std::string_view tenant) const {
  tokens::Realm out;
  out.issuer = public_url_ + "/tenants/" + std::string(tenant);
  out.audience = public_url_ + "/v1";
  out.lifetime = lifetime_;
  return out;
}

Task<Got<TokenDesk::Read>> TokenDesk::read(std::string token) {
  Read out;
  out.tenant = claimed_tenant(token);
  if (out.tenant.empty()) co_return bad_token("the token is no access token of this system");
  auto context = host_.act_as(out.tenant, "verify an access token", patience);
  if (!context) co_return bad_token("the token names no tenant of this system");
  auto ring = co_await rings_.get(context->view(), false);
  if (!ring) co_return std::move(ring).problem();
  if (!*ring) co_return bad_token("the token is signed with no key of its tenant");
  out.verified = tokens::verify(token, (*ring)->verifying(), realm(out.tenant), seconds());
  if (!out.verified.ok()) {
    refused_.add();
    co_return bad_token(std::string(jose::code(out.verified.refusal)) + ": " + out.verified.reason);
  }
  co_return out;
}

Task<Got<Tokens::Facts>> TokenDesk::verify(std::string token) {
  auto seen = co_await read(std::move(token));
  if (!seen) co_return std::move(seen).problem();
  Facts facts;
  facts.tenant = seen->tenant;
  facts.user = seen->verified.text("sub");
  const auto claims = json::Document::parse(tokens::context_claims(seen->verified));
  if (claims) {
    const auto scopes = claims->root().find("scopes");
    facts.scoped = scopes.exists();
    for (const auto scope : scopes.elements()) facts.scopes.emplace_back(scope.as_string());
    facts.key = claims->root().find("client").as_string();
  }
  facts.ends = std::chrono::seconds(seen->verified.expires());
  const std::string sid(seen->verified.text("sid"));
  if (facts.key.empty()) {
    facts.session = sid;
    co_return facts;
  }
  // A token of an API key ends with the key, and with the secret of it that `sid` marks. One that a generation before
  // this one issued has no mark.
  auto context = host_.act_as(facts.tenant, "verify an access token", patience);
  if (!context) co_return bad_token("the token names no tenant of this system");
  auto stored = co_await store_.get(context->view(), collection::keys, facts.key);
  if (!stored) co_return std::move(stored).problem();
  const ApiKey key = read_key(*stored);
  if (key.revision == 0) co_return bad_token("the API key of this token was removed");
  if (key.over(now())) co_return bad_token("the API key of this token has expired");
  if (key.ends_at) facts.ends = std::min(facts.ends, *key.ends_at);
  if (sid.empty()) co_return facts;
  const auto ends = key.ends_marked(sid);
  if (!ends || now() >= *ends) co_return bad_token("the API key of this token has another secret now");
  facts.ends = std::min(facts.ends, *ends);
  co_return facts;
}

Task<Got<Tokens::Issued>> TokenDesk::issue(Context context, const Person& person, std::string session,
                                           Milliseconds limit) {
  tokens::Family start;
  start.user = person.id;
  start.session = std::move(session);
  start.ends = std::chrono::ceil<std::chrono::seconds>(limit).count();
  auto family = tokens::new_family(context.tenant(), std::move(start), lives_, seconds());
  if (!family) co_return std::move(family).error();
  Batch batch;
  batch.put(families_collection, family->id, 0, family->family.text());
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  co_await sweep(context);
  auto answer = co_await access_answer(context, person, family->family, family->token, "", limit);
  if (!answer) co_return std::move(answer).problem();
  const auto document = json::Document::parse(answer->text);
  if (answer->error || !document)
    co_return Reply::error(Code::internal, "internal", answer->error ? answer->error->description : "no token");
  Issued out;
  out.access_token = document->root().find("access_token").as_string();
  out.refresh_token = family->token;
  out.expires = std::chrono::seconds(document->root().find("expires_in").as_int64().value_or(lifetime_));
  co_return out;
}

Task<Got<TokenDesk::Answer>> TokenDesk::access_answer(Context context, const Person& person,
                                                      const tokens::Family& family, std::string_view refresh_token,
                                                      std::string_view scope, Milliseconds limit) {
  const auto all = family.limited ? family.scopes : std::vector<std::string>{"*"};
  const auto scopes = tokens::narrowed_scopes(scope, all);
  if (!scopes) co_return refused("invalid_scope", "the scope asks for more than was granted");
  auto ring = co_await rings_.get(context, true);
  if (!ring) co_return std::move(ring).problem();
  tokens::Bearer bearer;
  bearer.tenant = context.tenant();
  bearer.subject = person.id;
  bearer.family = family.session;
  bearer.client = family.client;
  bearer.name = person.username;
  bearer.roles = views_of(person.roles);
  bearer.limited = family.limited || !scope.empty();
  bearer.scopes = views_of(*scopes);
  tokens::Realm of = realm(context.tenant());
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(limit - now()).count();
  of.lifetime = std::clamp<std::int64_t>(left, 1, lifetime_);
  auto issued = tokens::issue(**ring, of, bearer, seconds());
  if (!issued) co_return std::move(issued).error();
  issued_.add();
  co_return Answer{
      tokens::token_answer({issued->token, of.lifetime, refresh_token, bearer.limited ? &*scopes : nullptr}), {}};
}

Task<Got<TokenDesk::Answer>> TokenDesk::refresh(Request request, std::shared_ptr<const tokens::OAuthForm> form) {
  const std::string token(form->get("refresh_token"));
  const std::string gone = "the refresh token is unknown, spent, expired or revoked";
  if (token.empty()) co_return refused("invalid_request", "refresh_token is missing");
  const auto text = tokens::read_refresh(token);
  if (!text) co_return refused("invalid_grant", gone);
  // One read tells a good one from all others, and nobody guesses a family: only what opens nothing is charged.
  const std::string peer(request.meta("http.peer"));
  auto context = host_.act_as(text->tenant, "use a refresh token", patience);
  if (!context) co_return charge(peer, refused("invalid_grant", gone));
  const auto id = tokens::family_id(text->family);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto stored = co_await store_.get(context->view(), families_collection, id);
    if (!stored) co_return std::move(stored).problem();
    auto family = tokens::Family::read(stored->doc());
    if (!stored->exists() || !family) co_return charge(peer, refused("invalid_grant", gone));
    auto used = tokens::use_refresh(*text, *std::move(family), lives_, seconds());
    if (!used) co_return std::move(used).error();
    if (used->use == tokens::Use::ended || used->use == tokens::Use::expired) {
      auto answer = charge(peer, refused("invalid_grant", gone));
      if (answer) co_await tell_refused(request, context->view(), used->family.user, "invalid_grant");
      co_return answer;
    }
    auto session = co_await sessions_.get(context->view(), used->family.session);
    if (!session) co_return std::move(session).problem();
    auto person = co_await people_.by_id(context->view(), used->family.user);
    if (!person) co_return std::move(person).problem();
    const bool good = session->revision != 0 && session->active(now()) && person->state == PersonState::active;
    const std::string over = "the session of this token has ended; sign in again";
    if (used->use == tokens::Use::rotated && !good)
      co_return co_await refuse(request, context->view(), used->family, "session_over", over);
    if (used->use == tokens::Use::rotated) {
      if (auto open = co_await gate_.open(context->view()); !open) {
        Reply problem = std::move(open).problem();
        if (!says_no(problem)) co_return problem;
        refused_.add();
        co_await tell_refused(request, context->view(), used->family.user, problem.error_code());
        co_return problem;
      }
    }
    Batch batch;
    batch.put(families_collection, id, stored->revision, used->family.text());
    auto written = co_await store_.write(context->view(), batch.take());
    if (!written && written.problem().error_code() == "changed_meanwhile") continue;
    if (!written) co_return std::move(written).problem();
    if (used->use == tokens::Use::reused) {
      reused_.add();
      host_.log(Level::warn, context->view(), "a spent refresh token came again; its session is ended",
                {{"user", used->family.user}});
      auto ended = co_await sessions_.revoke(context->view(), used->family.session, used->family.user);
      if (!ended) co_return std::move(ended).problem();
      co_return co_await refuse(request, context->view(), used->family, "refresh_token_reused", gone);
    }
    static_cast<void>(co_await sessions_.renew(context->view(), used->family.session));
    const std::string scope(form->get("scope"));
    co_return co_await access_answer(context->view(), *person, used->family, used->token, scope, session->span.limit);
  }
  co_return refused("temporarily_unavailable", "the token is being used; retry", 503);
}

Got<TokenDesk::Answer> TokenDesk::charge(std::string_view peer, Answer answer) {
  refused_.add();
  if (auto held = cold_.take(peer)) return *std::move(held);
  return answer;
}

// In the audit trail as what was refused of a user; a token that names no family here is nobody's and only counted.
Task<TokenDesk::Answer> TokenDesk::refuse(Request request, Context context, const tokens::Family& family,
                                          std::string_view status, std::string text) {
  refused_.add();
  co_await tell_refused(request, context, family.user, status);
  co_return refused("invalid_grant", std::move(text));
}

Task<void> TokenDesk::tell_refused(Request request, Context context, std::string user, std::string_view status) {
  AuditEvent event;
  event.operation = "auth.refresh";
  event.target = "users/" + user;
  event.status = status;
  event.peer = request.meta("http.peer");
  event.trace = trace_of(request);
  co_await trail_.tell(context, std::move(event));
}

// Families end with their sessions at the latest, so what has ended opens nothing; best effort, as of sessions.
Task<void> TokenDesk::sweep(Context context) {
  Store::Query query;
  query.of = families_collection;
  query.field = "/ends";
  query.op = "lt";
  query.type = "integer";
  query.number = seconds();
  co_await store_.sweep(context, query);
}

Task<Got<TokenDesk::Answer>> TokenDesk::introspect(Request request, std::string token) {
  const Context context = request;
  Answer inactive;
  inactive.text = R"({"active":false})";
  if (const auto text = tokens::read_refresh(token); text && text->tenant == context.tenant()) {
    auto stored = co_await store_.get(context, families_collection, tokens::family_id(text->family));
    if (!stored) co_return std::move(stored).problem();
    auto family = tokens::Family::read(stored->doc());
    if (!family || !family->live(lives_, seconds())) co_return inactive;
    // Whether it is the one that may be used is told without using it.
    auto used = tokens::use_refresh(*text, *family, lives_, seconds());
    if (!used || used->use != tokens::Use::rotated) co_return inactive;
    auto session = co_await sessions_.get(context, family->session);
    if (!session || session->revision == 0 || !session->active(now())) co_return inactive;
    std::string answer;
    json::Writer(answer)
        .begin_object()
        .member("active", true)
        .member("token_type", "refresh_token")
        .member("sub", std::string_view(family->user))
        .member("tenant", context.tenant())
        .member("exp", family->ends)
        .end_object();
    co_return good(std::move(answer));
  }
  auto seen = co_await read(token);
  if (!seen && !says_no(seen.problem())) co_return std::move(seen).problem();
  if (!seen || seen->tenant != context.tenant()) co_return inactive;
  // Signature and times are not all: the user and the session must be good still.
  const auto authorization = "Bearer " + token;
  const std::string peer(request.meta("http.peer"));
  Payload shown =
      Payload::make({}, Media::none, {{"authorization", authorization}, {"access", "authenticated"}, {"peer", peer}});
  const Reply known = co_await host_.call(context, authenticate_, std::move(shown));
  if (!known && !says_no(known)) co_return known;
  if (!known || known.meta("tenant") != context.tenant()) co_return inactive;
  std::string answer;
  json::Writer out(answer);
  out.begin_object().member("active", true).member("token_type", "Bearer");
  for (const auto* name : {"iss", "aud", "sub", "client_id", "iat", "nbf", "exp", "jti", "tenant", "sid", "scope"})
    if (const auto value = seen->verified.claims.root().find(name); value.exists()) out.key(name).value(value);
  if (const auto name = seen->verified.text("name"); !name.empty()) out.member("username", name);
  out.end_object();
  co_return good(std::move(answer));
}

Task<Got<TokenDesk::Answer>> TokenDesk::revoke(Request request, std::string token) {
  const std::string peer(request.meta("http.peer"));
  if (const auto text = tokens::read_refresh(token)) co_return co_await revoke_refresh(peer, *text);
  if (auto held = cold_.take(peer)) {
    refused_.add();
    co_return *std::move(held);
  }
  bool known = false;
  auto answer = co_await revoke_access(std::move(token), known);
  if (known) cold_.give_back(peer);
  co_return answer;
}

Task<Got<TokenDesk::Answer>> TokenDesk::revoke_refresh(std::string peer, const tokens::RefreshText& text) {
  const Answer done;
  auto context = host_.act_as(text.tenant, "revoke a refresh token", patience);
  if (!context) co_return charge(peer, done);
  auto ended = co_await end_family(context->view(), tokens::family_id(text.family));
  if (!ended) co_return std::move(ended).problem();
  if (!*ended) co_return charge(peer, done);
  co_return done;
}

Task<Got<TokenDesk::Answer>> TokenDesk::revoke_access(std::string token, bool& known) {
  const Answer done;
  auto seen = co_await read(std::move(token));
  if (!seen) {
    const auto& problem = seen.problem();
    known = !says_no(problem);
    if (problem.code() != Code::unauthenticated) co_return problem;
    co_return done;  // RFC 7009, 2.2: an invalid token is as good as revoked
  }
  known = true;
  const auto claims = json::Document::parse(tokens::context_claims(seen->verified));
  const bool of_client = claims && claims->root().find("client").exists();
  const std::string session(seen->verified.text("sid"));
  if (of_client || session.empty())
    co_return refused("unsupported_token_type", "a client's access token ends with its API key, or by itself");
  auto context = host_.act_as(seen->tenant, "revoke an access token", patience);
  if (!context) co_return done;
  auto ended = co_await sessions_.revoke(context->view(), session, std::string(seen->verified.text("sub")));
  if (!ended) co_return std::move(ended).problem();
  co_return done;
}

// Whether there is one.
Task<Got<bool>> TokenDesk::end_family(Context context, std::string id) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto stored = co_await store_.get(context, families_collection, id);
    if (!stored) co_return std::move(stored).problem();
    auto family = tokens::Family::read(stored->doc());
    if (!family) co_return false;
    const auto session = family->session;
    const auto user = family->user;
    if (family->end == tokens::Family::End::none) {
      family->end = tokens::Family::End::revoked;
      family->ended = seconds();
      Batch batch;
      batch.put(families_collection, id, stored->revision, family->text());
      auto written = co_await store_.write(context, batch.take());
      if (!written && written.problem().error_code() == "changed_meanwhile") continue;
      if (!written) co_return std::move(written).problem();
    }
    if (session.empty()) co_return true;
    co_return co_await sessions_.revoke(context, session, user);
  }
  co_return Reply::error(Code::unavailable, "unavailable", "the token is being used; retry");
}

}  // namespace socle::auth
