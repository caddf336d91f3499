// token_desk.cpp: the tokens themselves: issued at sign-in and at the token endpoint, read and verified when they are
// shown.
#include "grants/token_desk.hpp"

#include <algorithm>

#include "credentials/api_key.hpp"
#include "grants/refusal.hpp"
#include "socle/jose/base64url.hpp"

namespace socle::auth {
namespace {

Reply bad_token(std::string_view reason) {
  return Reply::error(Code::unauthenticated, "bad_token", reason)
      .with_header("www-authenticate", R"(Bearer error="invalid_token")");
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

}  // namespace socle::auth
