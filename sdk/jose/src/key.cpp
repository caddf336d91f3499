// key.cpp: what a key tells of itself, and new keys.
#include "socle/jose/key.hpp"

#include <openssl/rand.h>

#include "algorithm.hpp"
#include "key_impl.hpp"
#include "socle/jose/base64url.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::jose {
namespace {

void write_members(json::Writer& out, const std::vector<std::pair<std::string, std::string>>& members) {
  for (const auto& [name, value] : members) out.member(name, value);
}

std::string write(const Key::Impl& key, bool with_private) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  write_members(out, key.public_members);
  if (with_private) write_members(out, key.private_members);
  if (!key.kid.empty()) out.member("kid", key.kid);
  if (!key.alg.empty()) out.member("alg", key.alg);
  if (!key.use.empty()) out.member("use", key.use);
  out.end_object();
  return text;
}

Result<std::string> number_of(const EVP_PKEY* pkey, const char* param, std::size_t size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, param, &raw) != 1) return Error{Code::internal, "read a new key: " + openssl_error()};
  const Number number(raw);
  std::string out(size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size, '\0');
  if (BN_bn2binpad(raw, bytes(out), static_cast<int>(out.size())) < 0)
    return Error{Code::internal, "read a new key: " + openssl_error()};
  return base64url(out);
}

using Members = std::vector<std::pair<std::string, std::string>>;

Status add(Members& out, const EVP_PKEY* pkey, std::string_view name, const char* param, std::size_t size = 0) {
  auto value = number_of(pkey, param, size);
  if (!value) return std::move(value).error();
  out.emplace_back(name, std::move(*value));
  return {};
}

Result<Members> new_rsa() {
  const Pkey pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{3072}));
  Members out{{"kty", "RSA"}};
  static constexpr std::pair<std::string_view, const char*> parts[] = {
      {"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
      {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
      {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
      {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
  };
  for (const auto& [name, param] : parts)
    if (auto s = add(out, pkey.get(), name, param); !s) return std::move(s).error();
  return out;
}

Result<Members> new_ec(std::string_view curve) {
  const auto size = coordinate_size(curve);
  const Pkey pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", std::string(curve).c_str()));
  Members out{{"kty", "EC"}, {"crv", std::string(curve)}};
  if (auto s = add(out, pkey.get(), "x", OSSL_PKEY_PARAM_EC_PUB_X, size); !s) return std::move(s).error();
  if (auto s = add(out, pkey.get(), "y", OSSL_PKEY_PARAM_EC_PUB_Y, size); !s) return std::move(s).error();
  if (auto s = add(out, pkey.get(), "d", OSSL_PKEY_PARAM_PRIV_KEY, size); !s) return std::move(s).error();
  return out;
}

Result<Members> new_ed25519() {
  const Pkey pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  std::string x(32, '\0');
  std::string d(32, '\0');
  std::size_t size = 32;
  if (!pkey || EVP_PKEY_get_raw_public_key(pkey.get(), bytes(x), &size) != 1 ||
      EVP_PKEY_get_raw_private_key(pkey.get(), bytes(d), &size) != 1)
    return Error{Code::internal, "make an Ed25519 key: " + openssl_error()};
  return Members{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url(x)}, {"d", base64url(d)}};
}

// One way in: a new key passes the same checks as one that comes from elsewhere.
Result<Key> of_members(const Members& members, Algorithm algorithm, std::string_view kid) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  write_members(out, members);
  out.member("alg", name(algorithm)).member("use", "sig");
  if (!kid.empty()) out.member("kid", kid);
  out.end_object();
  auto document = json::Document::parse(text);
  if (!document) return std::move(document).error();
  auto key = Key::parse(document->root());
  if (!key || !kid.empty() || key->impl().type == KeyType::oct) return key;
  return of_members(members, algorithm, key->thumbprint());
}

}  // namespace

const std::string& Key::kid() const { return impl_->kid; }
Algorithms Key::algorithms() const { return impl_->algorithms; }
bool Key::verifies() const { return impl_->verify_allowed && !impl_->algorithms.empty(); }
bool Key::signs() const { return impl_->sign_allowed && impl_->has_private && !impl_->algorithms.empty(); }

std::string Key::thumbprint() const {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  if (impl_->type == KeyType::oct) write_members(out, impl_->private_members);
  write_members(out, impl_->public_members);
  out.end_object();
  std::string digest(32, '\0');
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), bytes(digest), nullptr) != 1) return {};
  return base64url(digest);
}

Result<std::string> Key::public_jwk() const {
  if (impl_->type == KeyType::oct) return Error{Code::denied, "a shared secret has no public part"};
  return write(*impl_, false);
}

std::string Key::private_jwk() const { return write(*impl_, true); }

Result<Key> Key::generate(Algorithm algorithm, std::string_view kid) {
  const auto& what = facts(algorithm);
  if (what.family == Family::hmac) {
    std::string bits(what.digest_size, '\0');
    if (RAND_bytes(bytes(bits), static_cast<int>(bits.size())) != 1)
      return Error{Code::internal, "random bytes: " + openssl_error()};
    return secret(algorithm, bits, kid);
  }
  auto members = what.family == Family::ecdsa   ? new_ec(what.curve)
                 : what.family == Family::eddsa ? new_ed25519()
                                                : new_rsa();
  if (!members) return std::move(members).error();
  return of_members(*members, algorithm, kid);
}

Result<Key> Key::secret(Algorithm algorithm, std::string_view secret_bytes, std::string_view kid) {
  if (facts(algorithm).family != Family::hmac)
    return Error{Code::invalid, std::string(name(algorithm)) + " does not use a shared secret"};
  return of_members({{"kty", "oct"}, {"k", base64url(secret_bytes)}}, algorithm, kid);
}

std::string KeySet::public_text() const {
  std::string text = "{\"keys\":[";
  bool first = true;
  for (const auto& key : keys_) {
    auto jwk = key.public_jwk();
    if (!jwk) continue;
    if (!first) text += ',';
    first = false;
    text += *jwk;
  }
  return text + "]}";
}

}  // namespace socle::jose
