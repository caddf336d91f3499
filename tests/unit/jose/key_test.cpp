// Keys: what is read, refused, made and shown.
#include "socle/jose/key.hpp"

#include <catch2/catch.hpp>

#include "socle/jose/base64url.hpp"
#include "socle/json/document.hpp"

using namespace socle;
using jose::Algorithm;
using jose::Key;
using jose::KeySet;

namespace {

std::string refusal(std::string_view text) {
  auto document = json::Document::parse(text);
  auto key = Key::parse(document->root());
  return key ? "accepted" : key.error().message;
}

}  // namespace

TEST_CASE("jose: base64url has one text for each byte string", "[jose]") {
  for (const std::string_view bytes : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"})
    CHECK(jose::from_base64url(jose::base64url(bytes)) == std::string(bytes));
  CHECK(jose::base64url("\xff\xef") == "_-8");
  for (const std::string_view text : {"A", "AA==", "AB", "A A", "+/8", "_-9", "AAA\n"})
    CHECK(!jose::from_base64url(text));
}

TEST_CASE("jose: a thumbprint is RFC 7638's", "[jose]") {
  auto document = json::Document::parse(
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})");
  auto key = Key::parse(document->root());
  REQUIRE(key);
  CHECK(key->thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  CHECK(key->algorithms() == jose::Algorithms(Algorithm::rs256));
  CHECK_FALSE(key->signs());
}

TEST_CASE("jose: a new key of each algorithm is read back from its own text", "[jose]") {
  for (const auto a : {Algorithm::hs256, Algorithm::hs512, Algorithm::ps256, Algorithm::es256, Algorithm::es384,
                       Algorithm::es512, Algorithm::eddsa}) {
    auto key = Key::generate(a);
    REQUIRE(key);
    CHECK(key->signs());
    auto document = json::Document::parse(key->private_jwk());
    auto again = Key::parse(document->root());
    REQUIRE(again);
    CHECK(again->thumbprint() == key->thumbprint());
    CHECK(again->algorithms() == jose::Algorithms(a));
    if (a == Algorithm::hs256 || a == Algorithm::hs512) {
      CHECK(key->public_jwk().error().message == "a shared secret has no public part");
    } else {
      CHECK(key->kid() == key->thumbprint());
      CHECK(key->public_jwk()->find("\"d\"") == std::string::npos);
    }
  }
}

TEST_CASE("jose: weak and broken keys are refused with the reason", "[jose]") {
  CHECK(refusal(R"([])") == "a JWK must be a JSON object");
  CHECK(refusal(R"({})") == "JWK member \"kty\" is missing");
  CHECK(refusal(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})") == "the RSA modulus has 17 bits; 2048 to 8192 are accepted");
  CHECK(refusal(R"({"kty":"oct","k":"AA=="})") ==
        "JWK member \"k\" must be base64url of at least one byte, without padding");
  CHECK(refusal(R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})")
            .starts_with("JWK curve \"secp256k1\" of kty EC is not known"));
  CHECK(refusal(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})") == "JWK member \"x\" has 1 bytes; P-256 wants 32");
  const std::string zeros(43, 'A');
  CHECK(refusal(R"({"kty":"EC","crv":"P-256","x":")" + zeros + R"(","y":")" + zeros + "\"}")
            .starts_with("the key's numbers do not make a key"));
  CHECK(refusal(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})") == "JWK member \"x\" must have 32 bytes");
  CHECK(refusal(R"({"kty":"oct","k":"AAAA","alg":"HS256"})") ==
        "JWK \"alg\" is HS256, which a key of this type, curve or size cannot be used with");
  CHECK(refusal(R"({"kty":"oct","k":"AAAA","key_ops":["verify","verify"]})") ==
        "JWK member \"key_ops\" names \"verify\" twice");
}

TEST_CASE("jose: a private part of another key is refused", "[jose]") {
  auto one = Key::generate(Algorithm::es256);
  auto other = Key::generate(Algorithm::es256);
  auto a = json::Document::parse(one->private_jwk());
  auto b = json::Document::parse(other->private_jwk());
  auto text = std::string(R"({"kty":"EC","crv":"P-256","x":")") + std::string(a->root().find("x").as_string()) +
              R"(","y":")" + std::string(a->root().find("y").as_string()) + R"(","d":")" +
              std::string(b->root().find("d").as_string()) + "\"}";
  CHECK(refusal(text).starts_with("the private part does not belong to the public part"));
}

TEST_CASE("jose: a set leaves unknown and broken keys out and says why; duplicates are refused", "[jose]") {
  std::vector<std::string> skipped;
  auto key = Key::generate(Algorithm::eddsa, "a");
  auto set = KeySet::parse("{\"keys\":[{\"kty\":\"new\"}," + *key->public_jwk() + "]}", &skipped);
  REQUIRE(set);
  CHECK(set->keys().size() == 1);
  REQUIRE(skipped.size() == 1);
  CHECK(skipped[0].starts_with("key 0: JWK kty \"new\" is not known"));
  CHECK(KeySet::parse(set->public_text())->keys()[0].kid() == "a");
  CHECK(KeySet::parse(*key->public_jwk())->keys().size() == 1);
  CHECK(KeySet::parse("{}").error().message ==
        "a JWK Set has a member \"keys\" that is an array; a single JWK has \"kty\"; this has neither");
  skipped.clear();
  CHECK(KeySet::parse(R"({"keys":[{"kty":"oct"}]})", &skipped)->keys().empty());
  CHECK(skipped == std::vector<std::string>{"key 0: JWK member \"k\" must be a string"});
  CHECK(KeySet::parse(R"({"kty":"oct"})").error().message == "JWK member \"k\" must be a string");
  CHECK(KeySet::parse(R"({"keys":[],"keys":[]})").error().code == Code::invalid);
}
