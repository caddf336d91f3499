// signature_test.cpp: whose signature counts.
#include <openssl/evp.h>
#include <catch2/catch.hpp>

#include <memory>

#include "version/signature.hpp"

using namespace socle::models;

namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

class Signer {
 public:
  explicit Signer(unsigned char seed) : key_(nullptr, &EVP_PKEY_free) {
    const std::vector<unsigned char> secret(32, seed);
    key_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
  }
  [[nodiscard]] std::string public_key() const {
    std::string out(32, '\0');
    std::size_t size = out.size();
    EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(out.data()), &size);
    return hex(out);
  }
  [[nodiscard]] std::string sign(const std::string& text) const {
    std::string out(64, '\0');
    std::size_t size = out.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get());
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return hex(out);
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

const std::string hash(64, 'a');

std::string verdict(const std::vector<std::string>& keys, const std::string& key, const std::string& signature) {
  const auto status = check_signature(keys, key, signature, "rules/loan", hash);
  return status ? "good" : status.error().message;
}

}  // namespace

TEST_CASE("signature: none is needed until a tenant trusts keys", "[models]") {
  CHECK(verdict({}, "", "") == "good");
  CHECK(verdict({Signer(1).public_key()}, "", "")
            .starts_with("this tenant's models must be signed by one of its 1 keys"));
}

TEST_CASE("signature: a trusted key's fits, another's or another text's does not", "[models]") {
  const Signer ours(1), theirs(2);
  const std::string good = ours.sign(signed_text("rules/loan", hash));
  CHECK(verdict({ours.public_key()}, ours.public_key(), good) == "good");
  CHECK(verdict({}, ours.public_key(), good) == "good");
  CHECK(verdict({theirs.public_key()}, ours.public_key(), good) == "the key is none of this tenant's");
  CHECK(verdict({ours.public_key()}, ours.public_key(), theirs.sign(signed_text("rules/loan", hash)))
            .starts_with("the signature does not fit rules/loan"));
  CHECK(verdict({ours.public_key()}, ours.public_key(), ours.sign(signed_text("rules/other", hash)))
            .starts_with("the signature does not fit"));
}

TEST_CASE("signature: what is no key or signature is told", "[models]") {
  CHECK(verdict({}, "zz", "00") == "the public key: wanted 32 bytes in hex or base64, found 'zz'");
  CHECK(verdict({}, Signer(1).public_key(), "AAAA") == "the signature: wanted 64 bytes in hex or base64, found 'AAAA'");
}
