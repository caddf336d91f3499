// Signatures: what verifies, and every way of cheating that RFC 8725 warns of.
#include "socle/jose/jws.hpp"

#include <catch2/catch.hpp>

#include "socle/jose/base64url.hpp"
#include "socle/jose/jwt.hpp"

using namespace socle;
using jose::Algorithm;
using jose::Key;
using jose::KeySet;
using jose::Refusal;

namespace {

std::string header(std::string_view alg, std::string_view more = "") {
  return "{\"alg\":\"" + std::string(alg) + '"' + std::string(more) + '}';
}

// A token with any header at all, signed by an HMAC key as if the header were right.
struct Forger {
  Key key = *Key::generate(Algorithm::hs256, "k");
  KeySet keys{std::vector<Key>{key}};
  // The signature is over other bytes than a header that the signer would refuse.
  [[nodiscard]] std::string token(std::string_view head, std::string_view payload = "{}") const {
    return jose::base64url(head) + '.' + jose::base64url(payload) + '.' + jose::base64url(std::string(32, 'x'));
  }
  [[nodiscard]] jose::Verdict judge(std::string_view head, std::string_view payload = "{}") const {
    return jose::verify(token(head, payload), keys);
  }
};

}  // namespace

TEST_CASE("jose: what is signed verifies, and not after one changed character", "[jose]") {
  for (const auto a : {Algorithm::hs256, Algorithm::hs384, Algorithm::ps384, Algorithm::rs512, Algorithm::es256,
                       Algorithm::es384, Algorithm::es512, Algorithm::eddsa}) {
    const auto key = *Key::generate(a, "k");
    const KeySet keys({key});
    const auto token = *jose::sign("the payload", key, a, header(jose::name(a), ",\"kid\":\"k\""));
    const auto good = jose::verify(token, keys);
    REQUIRE(good.ok());
    CHECK(good.payload == "the payload");
    CHECK(good.signers.at(0).algorithm == a);
    CHECK(good.signers[0].key.kid() == "k");
    const auto dot = token.rfind('.');
    for (const auto at : {token.find('.') + 3, dot + 5, token.size() - 10}) {
      auto bad = token;
      bad[at] = bad[at] == 'A' ? 'B' : 'A';
      CHECK(jose::verify(bad, keys).refusal == Refusal::bad_signature);
    }
    CHECK(jose::verify(token, KeySet({*Key::generate(a, "k")})).refusal == Refusal::bad_signature);
  }
}

TEST_CASE("jose: a token cannot choose its algorithm", "[jose]") {
  const Forger forger;
  for (const std::string_view none : {"none", "None", "NONE", "nOnE", ""}) {
    const auto verdict = forger.judge(header(none));
    CHECK(verdict.refusal == Refusal::algorithm_unknown);
    CHECK(verdict.reason == "algorithm \"" + std::string(none) +
                                "\" is not known or not allowed at all; HS, RS, PS and ES 256-512 and EdDSA are");
  }
  // The public key's text as an HMAC secret: the classic confusion.
  const auto rsa = *Key::generate(Algorithm::rs256, "r");
  const auto secret = *Key::secret(Algorithm::hs256, *rsa.public_jwk(), "r");
  const auto forged = *jose::sign("{}", secret, Algorithm::hs256, header("HS256", ",\"kid\":\"r\""));
  const auto verdict = jose::verify(forged, KeySet({rsa}));
  CHECK(verdict.refusal == Refusal::algorithm_refused);
  CHECK(verdict.reason == "key \"r\" may not be used with HS256");
  // A key for one RSA algorithm is not for another.
  CHECK(jose::verify(forger.token(header("PS256")), KeySet({rsa})).refusal == Refusal::algorithm_refused);
  // And the caller's own list.
  jose::Rules rules;
  rules.algorithms = Algorithm::es256;
  CHECK(jose::verify(forger.token(header("HS256")), forger.keys, rules).reason ==
        "algorithm HS256 is not among those allowed here");
}

TEST_CASE("jose: a header is judged before any key is used", "[jose]") {
  const Forger forger;
  CHECK(forger.judge("{\"alg\":\"HS256\",\"alg\":\"HS256\"}").refusal == Refusal::malformed);
  CHECK(forger.judge("[]").reason == "the protected header must be a JSON object");
  CHECK(forger.judge("{}").reason == "header member \"alg\" must be a string");
  CHECK(forger.judge(header("HS256", ",\"kid\":7")).reason == "header member \"kid\" must be a string, it is integer");
  CHECK(forger.judge(header("HS256", ",\"crit\":[]")).reason == "\"crit\" must be an array of at least one name");
  CHECK(forger.judge(header("HS256", ",\"crit\":[\"exp\"],\"exp\":1")).reason ==
        "\"crit\" wants \"exp\", which is not understood here; \"b64\" is");
  CHECK(forger.judge(header("HS256", ",\"crit\":[\"alg\"]")).reason ==
        "\"crit\" names \"alg\", which RFC 7515 defines itself");
  CHECK(forger.judge(header("HS256", ",\"crit\":[\"b64\"]")).reason ==
        "\"crit\" names \"b64\", which the header does not have");
  CHECK(forger.judge(header("HS256", ",\"b64\":false")).reason ==
        "\"b64\" is used and \"crit\" does not name it (RFC 7797)");
  CHECK(forger.judge(header("HS256", ",\"kid\":\"other\"")).reason == "the set has no key \"other\"");
  const auto long_name = std::string(5000, 'x');
  CHECK(forger.judge(header("HS256", ",\"x\":\"" + long_name + '"')).refusal == Refusal::too_large);
  std::string deep = header("HS256", ",\"x\":" + std::string(100, '[') + std::string(100, ']'));
  CHECK(forger.judge(deep).refusal == Refusal::malformed);
}

TEST_CASE("jose: key material inside the token is not trusted", "[jose]") {
  const auto attacker = *Key::generate(Algorithm::eddsa);
  const auto token =
      *jose::sign("{}", attacker, Algorithm::eddsa, "{\"alg\":\"EdDSA\",\"jwk\":" + *attacker.public_jwk() + '}');
  CHECK(jose::verify(token, KeySet({*Key::generate(Algorithm::eddsa)})).refusal == Refusal::bad_signature);
}

TEST_CASE("jose: a compact token has exactly three parts of exact base64url", "[jose]") {
  const Forger forger;
  const auto good = *jose::sign("{}", forger.key, Algorithm::hs256, header("HS256"));
  REQUIRE(jose::verify(good, forger.keys).ok());
  for (const auto& bad : {std::string(), std::string("."), std::string(".."), good + '=', good + '.', '.' + good,
                          good + '\n', ' ' + good, good.substr(0, good.rfind('.')), "a.b." + good})
    CHECK(jose::verify(bad, forger.keys).refusal == Refusal::malformed);
  CHECK(jose::verify(good.substr(0, good.rfind('.') + 1), forger.keys).refusal == Refusal::bad_signature);
  CHECK(jose::verify(std::string(20'000, 'a'), forger.keys).reason == "the token has 20000 bytes; 16384 are allowed");
}

TEST_CASE("jose: an ECDSA signature is r and s of the curve's length, neither zero", "[jose]") {
  const auto key = *Key::generate(Algorithm::es256);
  const KeySet keys({key});
  const auto token = *jose::sign("x", key, Algorithm::es256, header("ES256"));
  const auto front = token.substr(0, token.rfind('.') + 1);
  CHECK(jose::from_base64url(token.substr(front.size()))->size() == 64);
  for (const auto size : {0U, 63U, 64U, 65U, 72U})
    CHECK(jose::verify(front + jose::base64url(std::string(size, '\0')), keys).refusal == Refusal::bad_signature);
}

TEST_CASE("jose: a key for encryption or for signing only does not verify", "[jose]") {
  for (const std::string_view purpose : {"\"use\":\"enc\"", "\"key_ops\":[\"sign\"]"}) {
    const std::string k(43, 'A');
    const auto keys = KeySet::parse(R"({"kty":"oct","kid":"k","k":")" + k + "\"," + std::string(purpose) + '}');
    REQUIRE(keys);
    const auto verdict = jose::verify(Forger().token(header("HS256")), *keys);
    CHECK(verdict.refusal == Refusal::algorithm_refused);
    CHECK(verdict.reason == "key \"k\" is not for verifying (`use` or `key_ops`)");
  }
}

TEST_CASE("jose: every signature of a JSON token must verify", "[jose]") {
  const auto a = *Key::generate(Algorithm::es256, "a");
  const auto b = *Key::generate(Algorithm::eddsa, "b");
  auto part = [](const Key& key, Algorithm algorithm) {
    auto text =
        *jose::sign_json("p", key, algorithm, {header(jose::name(algorithm)), "{\"kid\":\"" + key.kid() + "\"}", true});
    return text;
  };
  const auto token = "{\"payload\":\"" + jose::base64url("p") + "\",\"signatures\":[" + part(a, Algorithm::es256) +
                     ',' + part(b, Algorithm::eddsa) + "]}";
  CHECK(jose::verify_json(token, KeySet({a, b})).signers.size() == 2);
  CHECK(jose::verify_json(token, KeySet({a})).reason == "the set has no key \"b\"");
  const auto twice = *jose::sign_json("p", a, Algorithm::es256, {header("ES256"), "{\"kid\":\"a\"}"});
  auto both = twice;
  both.insert(both.size() - 1, ",\"signatures\":[]");
  CHECK(jose::verify_json(both, KeySet({a})).refusal == Refusal::malformed);
  CHECK(jose::sign_json("p", a, Algorithm::es256, {header("ES256"), "{\"alg\":\"ES256\"}"}).error().message ==
        "\"alg\" stands in both headers");
}

TEST_CASE("jose: claims are judged against what the verifier wants", "[jose]") {
  auto judge = [](std::string_view claims, std::string_view head = R"({"alg":"EdDSA","typ":"at+jwt"})") {
    const auto key = *Key::generate(Algorithm::eddsa);
    jose::ClaimRules rules;
    rules.type = "at+jwt";
    rules.issuer = "https://socle";
    rules.audiences = {"api"};
    rules.now = 1000;
    rules.leeway = 10;
    const auto token = *jose::sign(claims, key, Algorithm::eddsa, head);
    return jose::verify_jwt(token, KeySet({key}), {}, rules);
  };
  const auto good = judge(R"({"iss":"https://socle","aud":["x","api"],"exp":1001,"nbf":1005,"iat":1000,"sub":"u"})");
  REQUIRE(good.ok());
  CHECK(good.claims.root().find("sub").as_string() == "u");
  CHECK(
      judge(R"({"iss":"https://socle","aud":"api","exp":991})", R"({"alg":"EdDSA","typ":"application/AT+JWT"})").ok());
  const auto expired = judge(R"({"iss":"https://socle","aud":"api","exp":990})");
  CHECK(expired.verdict.refusal == Refusal::expired);
  CHECK(expired.verdict.reason == "the token expired 10 s ago");
  CHECK(judge(R"({"iss":"https://socle","aud":"api","exp":1e300,"nbf":1011})").verdict.refusal ==
        Refusal::not_yet_valid);
  const auto reason = [&](std::string_view claims) { return judge(claims).verdict.reason; };
  CHECK(reason(R"({"iss":"https://socle","aud":"api"})") == "`exp` is missing");
  CHECK(reason(R"({"iss":"https://socle","aud":"api","exp":"1001"})") == "`exp` must be a number of seconds");
  CHECK(reason(R"({"iss":"https://socle","aud":"api","exp":1e400})") == "`exp` must be a number of seconds");
  CHECK(reason(R"({"iss":"https://evil","aud":"api","exp":1001})") ==
        "`iss` is \"https://evil\"; \"https://socle\" is wanted");
  CHECK(reason(R"({"iss":"https://socle","aud":"other","exp":1001})") == "`aud` does not name \"api\"");
  CHECK(reason(R"({"iss":"https://socle","aud":["api",1],"exp":1001})") ==
        "`aud` must be a string or an array of strings");
  CHECK(reason("[]") == "the payload of a JWT must be a JSON object");
  CHECK(reason("{").starts_with("the payload is not JSON"));
  CHECK(reason(R"({"iss":"https://socle","iss":"https://socle","aud":"api","exp":1001})")
            .starts_with("the payload is not JSON"));
  CHECK(judge(R"({"iss":"https://socle","aud":"api","exp":1001})", R"({"alg":"EdDSA","typ":"JWT"})").verdict.reason ==
        "`typ` is \"JWT\"; \"at+jwt\" is wanted");
}
