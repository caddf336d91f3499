#include "signature.hpp"

#include <openssl/crypto.h>
#include <openssl/rsa.h>

#include "algorithm.hpp"
#include "key_impl.hpp"

namespace socle::jose {
namespace {

std::string hmac(const AlgorithmFacts& what, std::string_view secret, std::string_view message) {
  std::string out(what.digest_size, '\0');
  std::size_t size = 0;
  const auto* done = EVP_Q_mac(nullptr, "HMAC", nullptr, what.digest, nullptr, secret.data(), secret.size(),
                               bytes(message), message.size(), bytes(out), out.size(), &size);
  if (done == nullptr || size != out.size()) out.clear();
  return out;
}

// RFC 7518, 3.5: the salt is as long as the digest, MGF1 uses the same digest.
bool set_padding(EVP_PKEY_CTX* context, Family family) {
  if (family == Family::rsa_pkcs1) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (family != Family::rsa_pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

std::string der_of(std::string_view raw) {
  const auto half = static_cast<int>(raw.size() / 2);
  const EcdsaSignature signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(bytes(raw), half, nullptr));
  Number s(BN_bin2bn(bytes(raw) + half, half, nullptr));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // the signature's now
  static_cast<void>(s.release());
  std::string out(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)), '\0');
  auto* at = bytes(out);
  i2d_ECDSA_SIG(signature.get(), &at);
  return out;
}

std::string raw_of(std::string_view der, std::size_t half) {
  const auto* at = bytes(der);
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out(half * 2, '\0');
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes(out), static_cast<int>(half)) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes(out) + half, static_cast<int>(half)) < 0)
    out.clear();
  return out;
}

}  // namespace

bool verify_raw(const Key& key, Algorithm algorithm, std::string_view message, std::string_view signature) {
  const auto& what = facts(algorithm);
  const auto& impl = key.impl();
  if (what.family == Family::hmac) {
    const auto wanted = hmac(what, impl.secret, message);
    return !wanted.empty() && wanted.size() == signature.size() &&
           CRYPTO_memcmp(wanted.data(), signature.data(), wanted.size()) == 0;
  }
  std::string der;
  if (what.family == Family::ecdsa) {
    if (signature.size() != coordinate_size(impl.curve) * 2) return false;
    der = der_of(signature);
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* pkey_context = nullptr;  // owned by `context`
  const bool good =
      context &&
      EVP_DigestVerifyInit_ex(context.get(), &pkey_context, what.digest, nullptr, nullptr, impl.pkey.get(), nullptr) ==
          1 &&
      set_padding(pkey_context, what.family) &&
      EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
  ERR_clear_error();
  return good;
}

Result<std::string> sign_raw(const Key& key, Algorithm algorithm, std::string_view message) {
  const auto& what = facts(algorithm);
  const auto& impl = key.impl();
  std::string out;
  if (what.family == Family::hmac) {
    out = hmac(what, impl.secret, message);
  } else {
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* pkey_context = nullptr;
    std::size_t size = 0;
    if (context &&
        EVP_DigestSignInit_ex(context.get(), &pkey_context, what.digest, nullptr, nullptr, impl.pkey.get(), nullptr) ==
            1 &&
        set_padding(pkey_context, what.family) &&
        EVP_DigestSign(context.get(), nullptr, &size, bytes(message), message.size()) == 1) {
      out.resize(size);
      if (EVP_DigestSign(context.get(), bytes(out), &size, bytes(message), message.size()) == 1) {
        out.resize(size);
      } else {
        out.clear();
      }
    }
    if (what.family == Family::ecdsa && !out.empty()) out = raw_of(out, coordinate_size(impl.curve));
  }
  if (out.empty()) return Error{Code::internal, "sign with " + std::string(what.name) + ": " + openssl_error()};
  return out;
}

}  // namespace socle::jose
