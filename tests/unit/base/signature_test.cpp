#include "base/signature.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/text.hpp"
#include "unit/base/signer.hpp"

namespace base = socle::base;

// RFC 8032, section 7.1, test 3.
static const char* const key_hex = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
static const char* const message_hex = "af82";
static const char* const signature_hex =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc0"
    "27be"
    "ceea1ec40a";

TEST_CASE("base: the RFC 8032 signature verifies and no changed one does", "[base]") {
  const auto key = base::parse_public_key(key_hex);
  REQUIRE(key);
  const std::string message = *base::from_hex(message_hex);
  std::string signature = *base::parse_signature(signature_hex);
  CHECK(*base::verify_ed25519(*key, message, signature));
  CHECK_FALSE(*base::verify_ed25519(*key, message + "x", signature));
  CHECK_FALSE(*base::verify_ed25519(*key, message, signature.substr(1)));
  signature[10] = static_cast<char>(signature[10] ^ 1);
  CHECK_FALSE(*base::verify_ed25519(*key, message, signature));
}

TEST_CASE("base: a public key is read as hex, base64 and the line of a PEM file", "[base]") {
  const auto key = base::parse_public_key("  /FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=\n");
  REQUIRE(key);
  CHECK(*key == *base::parse_public_key(key_hex));
  CHECK(*key == *base::parse_public_key("MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU="));
}

TEST_CASE("base: a wrong public key says what is wrong with it", "[base]") {
  CHECK(base::parse_public_key("no key!").error().message ==
        "public key 'no key!' is neither hex nor base64; wanted an Ed25519 key as 64 hex digits or base64");
  CHECK(base::parse_public_key("AAAA").error().message ==
        "public key has 3 bytes; wanted the 32 bytes of an Ed25519 key (other key types are not supported)");
  CHECK_FALSE(base::parse_public_key(""));
}

TEST_CASE("base: a signature is read raw, as hex and refused with its size", "[base]") {
  const std::string raw = *base::from_hex(signature_hex);
  CHECK(*base::parse_signature(raw) == raw);
  CHECK(*base::parse_signature(std::string(signature_hex) + "\n") == raw);
  CHECK(base::parse_signature("AAAA").error().message == "signature has 3 bytes; wanted the 64 of Ed25519");
  CHECK_THAT(base::parse_signature("?").error().message,
             Catch::StartsWith("signature of 1 characters is neither hex nor base64"));
}

TEST_CASE("base: a fingerprint names a key by 16 hex digits", "[base]") {
  const socle::testing::Signer signer;
  const auto name = base::fingerprint(*base::parse_public_key(signer.public_hex()));
  REQUIRE(name);
  CHECK(name->size() == 16);
}

TEST_CASE("signature: a private key in PEM signs as RFC 8032 has it", "[base]") {
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE "
      "KEY-----\n";
  const auto made = socle::base::sign_ed25519(pem, "");
  REQUIRE(made);
  CHECK(socle::base::to_hex(made->key.raw) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(
      socle::base::to_hex(made->signature) ==
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "655141438e7a100b");
  CHECK(*socle::base::verify_ed25519(made->key, "", made->signature));
  for (const std::string& none : {std::string(), std::string("-----BEGIN PRIVATE KEY-----\n"), pem.substr(0, 60)}) {
    const auto refused = socle::base::sign_ed25519(none, "x");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("openssl genpkey -algorithm ed25519") != std::string::npos);
  }
}
