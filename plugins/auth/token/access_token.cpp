#include "token/access_token.hpp"

#include <algorithm>

#include "socle/json/writer.hpp"
#include "token/random.hpp"

namespace socle::tokens {
namespace {

constexpr std::string_view type = "at+jwt";

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

}  // namespace

Result<Issued> issue(const KeyRing& ring, const Realm& realm, const Bearer& bearer, std::int64_t now) {
  const auto& key = ring.active().key;
  const auto algorithm = key.algorithms().has(jose::Algorithm::eddsa) ? jose::Algorithm::eddsa : jose::Algorithm::es256;
  auto id = random_text(16);
  if (!id) return std::move(id).error();
  Issued issued{{}, *std::move(id), now + realm.lifetime};

  std::string header;
  json::Writer(header)
      .begin_object()
      .member("alg", jose::name(algorithm))
      .member("typ", type)
      .member("kid", std::string_view(key.kid()))
      .end_object();
  std::string payload;
  json::Writer out(payload);
  out.begin_object().member("iss", std::string_view(realm.issuer)).member("aud", std::string_view(realm.audience));
  out.member("sub", bearer.subject).member("client_id", bearer.client.empty() ? bearer.subject : bearer.client);
  out.member("iat", now).member("nbf", now).member("exp", issued.expires).member("jti", std::string_view(issued.id));
  out.member("tenant", bearer.tenant);
  if (!bearer.family.empty()) out.member("sid", bearer.family);
  if (!bearer.name.empty()) out.member("name", bearer.name);
  if (!bearer.org.empty()) out.member("org", bearer.org);
  out.key("roles").begin_array();
  for (const auto role : bearer.roles) out.string(role);
  out.end_array();
  if (bearer.limited) out.member("scope", joined(bearer.scopes));
  out.end_object();
  if (auto done = out.finish(); !done) return std::move(done).error();
  auto token = jose::sign(payload, key, algorithm, header);
  if (!token) return std::move(token).error();
  issued.token = *std::move(token);
  if (issued.token.size() > largest_token)
    return Error{Code::too_large, "the token would be " + std::to_string(issued.token.size()) +
                                      " bytes; at most 8192 are accepted: hold fewer roles"};
  return issued;
}

std::int64_t Verified::expires() const { return static_cast<std::int64_t>(claims.root().find("exp").as_double()); }

Verified verify(std::string_view token, const jose::KeySet& keys, const Realm& realm, std::int64_t now) {
  jose::Rules rules;
  rules.algorithms = jose::Algorithms(jose::Algorithm::eddsa) | jose::Algorithm::es256;
  rules.max_size = largest_token;
  rules.max_header = 1024;
  jose::ClaimRules wanted;
  wanted.type = type;
  wanted.issuer = realm.issuer;
  wanted.audiences = {realm.audience};
  wanted.now = now;
  wanted.leeway = realm.leeway;
  wanted.max_lifetime = 24 * 3600;
  auto judged = jose::verify_jwt(token, keys, rules, wanted);
  Verified out{judged.verdict.refusal, std::move(judged.verdict.reason), {}};
  if (!out.ok()) return out;
  const auto claims = judged.claims.root();
  for (const auto name : {"tenant", "sub", "jti"})
    if (claims.find(name).as_string().empty()) {
      out.refusal = jose::Refusal::claims;
      out.reason = "`" + std::string(name) + "` is missing; an access token names it";
      return out;
    }
  out.claims = std::move(judged.claims);
  return out;
}

std::string context_claims(const Verified& token) {
  const auto claims = token.claims.root();
  std::string text;
  json::Writer out(text);
  out.begin_object().member("user", token.text("sub"));
  for (const auto* name : {"name", "org"})
    if (const auto value = claims.find(name); value.is_string()) out.key(name).value(value);
  out.key("roles").begin_array();
  for (const auto role : claims.find("roles").elements())
    if (role.is_string()) out.value(role);
  out.end_array();
  if (const auto scope = claims.find("scope"); scope.exists()) {
    out.key("scopes").begin_array();
    auto rest = scope.as_string();
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      if (end > 0) out.string(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    out.end_array();
  }
  if (const auto session = token.text("sid"); !session.empty()) out.member("session", session);
  if (const auto client = token.text("client_id"); !client.empty() && client != token.text("sub"))
    out.member("client", client);
  out.end_object();
  return text;
}

}  // namespace socle::tokens
