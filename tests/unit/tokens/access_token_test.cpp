// Access tokens: what is issued verifies, and every way around it is refused (RFC 8725, 9068).
#include <catch2/catch.hpp>

#include "socle/jose/base64url.hpp"
#include "token/tokens.hpp"

using namespace socle;
using namespace socle::tokens;
using jose::Refusal;

namespace {

constexpr std::int64_t start = 1'700'000'000;
const Realm realm{"https://socle.test", "https://socle.test/v1", 600, 30};
const Bearer ada{"acme", "ada", "fam", "", "Ada", "sales", {"clerk", "viewer@hq"}, {}, false};

const KeyRing& keys() {
  static const KeyRing out = *KeyRing::make({}, start);
  return out;
}
std::string token(const Bearer& bearer = ada) {
  auto out = issue(keys(), realm, bearer, start);
  REQUIRE(out);
  return out->token;
}
// Signed with our own key, with a header and payload of the attacker's choice.
std::string forged(std::string_view header, std::string_view payload) {
  std::string full(header);
  if (const auto at = full.find("$KID"); at != std::string::npos) full.replace(at, 4, keys().active().key.kid());
  const auto out = jose::sign(payload, keys().active().key, jose::Algorithm::eddsa, full);
  REQUIRE(out);
  return *out;
}
constexpr auto header = R"({"alg":"EdDSA","typ":"at+jwt","kid":"$KID"})";
std::string payload(std::string_view change = {}, std::string_view with = {}) {
  std::string out =
      R"({"iss":"https://socle.test","aud":"https://socle.test/v1","sub":"ada","tenant":"acme","jti":"1","iat":1700000000,"nbf":1700000000,"exp":1700000600})";
  if (!change.empty()) out.replace(out.find(change), change.size(), with);
  return out;
}
Refusal judged(std::string_view text, std::int64_t now = start + 1) {
  return verify(text, keys().verifying(), realm, now).refusal;
}

}  // namespace

TEST_CASE("tokens: what is issued verifies and says who it is for", "[tokens]") {
  const auto seen = verify(token(), keys().verifying(), realm, start + 1);
  INFO(seen.reason);
  REQUIRE(seen.ok());
  CHECK(seen.text("sub") == "ada");
  CHECK(seen.text("tenant") == "acme");
  CHECK(seen.expires() == start + 600);
  CHECK(context_claims(seen) ==
        R"({"user":"ada","name":"Ada","org":"sales","roles":["clerk","viewer@hq"],"session":"fam"})");
  CHECK(judged(forged(header, payload())) == Refusal::none);
}

TEST_CASE("tokens: scopes of a limited token become the context's, also when there are none", "[tokens]") {
  Bearer limited = ada;
  limited.limited = true;
  limited.client = "key1";
  limited.scopes = {"records:read", "rules:evaluate"};
  const auto seen = verify(token(limited), keys().verifying(), realm, start);
  REQUIRE(seen.ok());
  CHECK(context_claims(seen).find(R"("scopes":["records:read","rules:evaluate"])") != std::string::npos);
  CHECK(context_claims(seen).find(R"("client":"key1")") != std::string::npos);
  limited.scopes = {};
  CHECK(context_claims(verify(token(limited), keys().verifying(), realm, start)).find(R"("scopes":[])") !=
        std::string::npos);
}

TEST_CASE("tokens: a token is good from its time to its end, give or take the clocks", "[tokens]") {
  const auto text = token();
  CHECK(judged(text, start - 29) == Refusal::none);
  CHECK(judged(text, start - 31) == Refusal::not_yet_valid);
  CHECK(judged(text, start + 629) == Refusal::none);
  CHECK(judged(text, start + 631) == Refusal::expired);
}

TEST_CASE("tokens: tokens of other places, kinds and audiences are refused", "[tokens]") {
  CHECK(judged(forged(header, payload("\"iss\":\"https://socle.test\"", "\"iss\":\"https://evil.test\""))) ==
        Refusal::claims);
  CHECK(judged(forged(header, payload("\"iss\":\"https://socle.test\",", ""))) == Refusal::claims);
  CHECK(judged(forged(header, payload("https://socle.test/v1", "https://other"))) == Refusal::claims);
  CHECK(judged(forged(header, payload("\"aud\":\"https://socle.test/v1\",", ""))) == Refusal::claims);
  CHECK(judged(forged(R"({"alg":"EdDSA","typ":"JWT","kid":"$KID"})", payload())) == Refusal::claims);
  CHECK(judged(forged(R"({"alg":"EdDSA","kid":"$KID"})", payload())) == Refusal::claims);
  CHECK(judged(forged(header, payload(",\"exp\":1700000600", ""))) == Refusal::claims);
  CHECK(judged(forged(header, payload("1700000600", "\"soon\""))) == Refusal::claims);
  CHECK(judged(forged(header, payload("1700000600", "1800000000"))) == Refusal::claims);
  CHECK(judged(forged(header, payload("\"iat\":1700000000,", ""))) == Refusal::claims);
}

TEST_CASE("tokens: a token without tenant, subject or id is refused by that name", "[tokens]") {
  for (const std::string_view member : {R"("tenant":"acme",)", R"("sub":"ada",)", R"("jti":"1",)"}) {
    const auto seen = verify(forged(header, payload(member, "")), keys().verifying(), realm, start);
    CHECK(seen.refusal == Refusal::claims);
    CHECK(seen.reason.ends_with("is missing; an access token names it"));
    CHECK(seen.claims.root().is_null());
  }
}

TEST_CASE("tokens: a member twice is refused, in the header and in the payload", "[tokens]") {
  const auto inside = forged(header, payload("\"sub\":\"ada\"", "\"sub\":\"ada\",\"sub\":\"root\""));
  CHECK_FALSE(verify(inside, keys().verifying(), realm, start).ok());
  const auto text = token();
  const auto twice = jose::base64url(R"({"alg":"EdDSA","alg":"none","typ":"at+jwt"})") + text.substr(text.find('.'));
  CHECK(judged(twice) == Refusal::malformed);
}

TEST_CASE("tokens: no algorithm but the key's verifies", "[tokens]") {
  const auto text = token();
  const auto rest = text.substr(text.find('.'));
  CHECK(judged(jose::base64url(R"({"alg":"none","typ":"at+jwt"})") + rest.substr(0, rest.rfind('.') + 1)) ==
        Refusal::algorithm_unknown);
  CHECK(judged(jose::base64url(R"({"alg":"HS256","typ":"at+jwt"})") + rest) == Refusal::algorithm_refused);
  CHECK(judged(jose::base64url(R"({"alg":"RS256","typ":"at+jwt"})") + rest) == Refusal::algorithm_refused);
  CHECK_FALSE(
      verify(jose::base64url(R"({"alg":"ES256","typ":"at+jwt"})") + rest, keys().verifying(), realm, start).ok());
}

TEST_CASE("tokens: a public key is no secret: HMAC with it is refused", "[tokens]") {
  const auto jwks = keys().jwks();
  const auto key = jose::Key::secret(jose::Algorithm::hs256, jwks, keys().active().key.kid());
  REQUIRE(key);
  const auto text = jose::sign(payload(), *key, jose::Algorithm::hs256,
                               R"({"alg":"HS256","typ":"at+jwt","kid":")" + keys().active().key.kid() + "\"}");
  REQUIRE(text);
  CHECK(judged(*text) == Refusal::algorithm_refused);
}

TEST_CASE("tokens: another key's signature is refused, and a key in the header is only data", "[tokens]") {
  const auto other = jose::Key::generate(jose::Algorithm::eddsa, keys().active().key.kid());
  REQUIRE(other);
  const auto text = jose::sign(payload(), *other, jose::Algorithm::eddsa,
                               R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + keys().active().key.kid() + R"(","jwk":)" +
                                   *other->public_jwk() + R"(,"jku":"https://evil.test/keys"})");
  REQUIRE(text);
  CHECK(judged(*text) == Refusal::bad_signature);
  const auto stranger = jose::Key::generate(jose::Algorithm::eddsa);
  const auto unknown = jose::sign(payload(), *stranger, jose::Algorithm::eddsa,
                                  R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + stranger->kid() + "\"}");
  CHECK(judged(*unknown) == Refusal::no_key);
}

TEST_CASE("tokens: any changed character is refused", "[tokens]") {
  const auto text = token();
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    REQUIRE(judged(changed) != Refusal::none);
  }
  CHECK(judged("") == Refusal::malformed);
  CHECK(judged("a.b") == Refusal::malformed);
  CHECK(judged(text + ".x") == Refusal::malformed);
}

TEST_CASE("tokens: oversized and deeply nested tokens are refused", "[tokens]") {
  CHECK(judged(std::string(largest_token + 1, 'a')) == Refusal::too_large);
  std::string deep(2000, '[');
  deep += std::string(2000, ']');
  CHECK_FALSE(verify(forged(header, payload("\"1\"", deep)), keys().verifying(), realm, start).ok());
  // A token inside of a token is a payload that is no object.
  CHECK(judged(forged(header, token())) == Refusal::claims);
  Bearer many = ada;
  many.roles.assign(2000, "a-role-of-some-length");
  const auto refused = issue(keys(), realm, many, start);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::too_large);
}

TEST_CASE("tokens: a token of the key before verifies until that key is forgotten", "[tokens]") {
  const Rotation rotation{.retired_for = 1000};
  const auto first = *KeyRing::make(rotation, start);
  const auto text = issue(first, realm, ada, start)->token;
  const auto second = *first.rotated(rotation, start + 10);
  CHECK(verify(text, second.verifying(), realm, start + 20).ok());
  CHECK(issue(second, realm, ada, start + 20)->token != text);
  const auto third = *second.due(rotation, start + 1010);
  REQUIRE(third);
  CHECK(verify(text, third->verifying(), realm, start + 20).refusal == Refusal::no_key);
}
