// key_parse.cpp: a JWK object into a key that OpenSSL has checked.
#include <algorithm>
#include <array>

#include "algorithm.hpp"
#include "key_impl.hpp"
#include "socle/jose/base64url.hpp"
#include "socle/json/document.hpp"

namespace socle::jose {
namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr std::size_t max_member = 2048;  // characters of one base64url member

Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }

Result<std::string> member(json::View jwk, std::string_view name) {
  const auto value = jwk.find(name);
  if (!value.is_string()) return invalid("JWK member \"" + std::string(name) + "\" must be a string");
  auto out = value.as_string().size() <= max_member ? from_base64url(value.as_string()) : std::nullopt;
  if (!out || out->empty())
    return invalid("JWK member \"" + std::string(name) + "\" must be base64url of at least one byte, without padding");
  return std::move(*out);
}

Result<std::string> text_member(json::View jwk, std::string_view name) {
  const auto value = jwk.find(name);
  if (!value.exists()) return std::string();
  if (!value.is_string()) return invalid("JWK member \"" + std::string(name) + "\" must be a string");
  return std::string(value.as_string());
}

void keep(std::vector<std::pair<std::string, std::string>>& members, json::View jwk, std::string_view name) {
  members.emplace_back(name, jwk.find(name).as_string());
}

Result<Pkey> make(const char* type, OSSL_PARAM* params, bool with_private) {
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, with_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
    return invalid("the key's numbers do not make a key: " + openssl_error());
  Pkey pkey(raw);
  const PkeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
  if (!check || EVP_PKEY_public_check(check.get()) != 1)
    return invalid("the public key is not valid: " + openssl_error());
  if (with_private && EVP_PKEY_pairwise_check(check.get()) != 1)
    return invalid("the private part does not belong to the public part: " + openssl_error());
  ERR_clear_error();
  return pkey;
}

Status parse_rsa(json::View jwk, Key::Impl& key) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  std::vector<Number> numbers;  // the builder borrows them until to_param
  auto push = [&](std::string_view name, const char* param) -> Status {
    auto raw = member(jwk, name);
    if (!raw) return std::move(raw).error();
    numbers.emplace_back(BN_bin2bn(bytes(std::string_view(*raw)), static_cast<int>(raw->size()), nullptr));
    if (OSSL_PARAM_BLD_push_BN(builder.get(), param, numbers.back().get()) != 1) return invalid(openssl_error());
    return {};
  };
  if (auto s = push("n", OSSL_PKEY_PARAM_RSA_N); !s) return s;
  const int bits = BN_num_bits(numbers.back().get());
  if (bits < min_rsa_bits || bits > max_rsa_bits)
    return invalid("the RSA modulus has " + std::to_string(bits) + " bits; 2048 to 8192 are accepted");
  if (auto s = push("e", OSSL_PKEY_PARAM_RSA_E); !s) return s;
  const auto* e = numbers.back().get();
  if (BN_is_odd(e) == 0 || BN_is_one(e) || BN_num_bits(e) > 64)
    return invalid("the RSA exponent must be odd, at least 3 and at most 64 bits");
  keep(key.public_members, jwk, "e");
  key.public_members.emplace_back("kty", "RSA");
  keep(key.public_members, jwk, "n");
  key.has_private = jwk.find("d").exists();
  if (key.has_private) {
    static constexpr std::array<std::pair<std::string_view, const char*>, 6> parts{{
        {"d", OSSL_PKEY_PARAM_RSA_D},
        {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
        {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
        {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
    }};
    if (jwk.find("oth").exists()) return invalid("RSA keys with more than two primes (\"oth\") are not accepted");
    for (const auto& [name, param] : parts) {
      if (auto s = push(name, param); !s) return s;
      keep(key.private_members, jwk, name);
    }
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  auto pkey = make("RSA", params.get(), key.has_private);
  if (!pkey) return std::move(pkey).error();
  key.pkey = std::move(*pkey);
  key.type = KeyType::rsa;
  key.algorithms = Algorithms(Algorithm::rs256) | Algorithm::rs384 | Algorithm::rs512 | Algorithm::ps256 |
                   Algorithm::ps384 | Algorithm::ps512;
  return {};
}

Status parse_ec(json::View jwk, Key::Impl& key) {
  const auto size = coordinate_size(key.curve);
  const char* group = key.curve == "P-256" ? "prime256v1" : key.curve == "P-384" ? "secp384r1" : "secp521r1";
  std::string point(1, '\4');
  for (const std::string_view name : {"x", "y"}) {
    auto raw = member(jwk, name);
    if (!raw) return std::move(raw).error();
    if (raw->size() != size)
      return invalid("JWK member \"" + std::string(name) + "\" has " + std::to_string(raw->size()) + " bytes; " +
                     key.curve + " wants " + std::to_string(size));
    point += *raw;
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  key.public_members.emplace_back("crv", key.curve);
  key.public_members.emplace_back("kty", "EC");
  keep(key.public_members, jwk, "x");
  keep(key.public_members, jwk, "y");
  key.has_private = jwk.find("d").exists();
  Number d;
  if (key.has_private) {
    auto raw = member(jwk, "d");
    if (!raw) return std::move(raw).error();
    if (raw->size() != size) return invalid("JWK member \"d\" must have " + std::to_string(size) + " bytes");
    d.reset(BN_bin2bn(bytes(std::string_view(*raw)), static_cast<int>(raw->size()), nullptr));
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get());
    keep(key.private_members, jwk, "d");
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  auto pkey = make("EC", params.get(), key.has_private);
  if (!pkey) return std::move(pkey).error();
  key.pkey = std::move(*pkey);
  key.type = KeyType::ec;
  key.algorithms = size == 32 ? Algorithm::es256 : size == 48 ? Algorithm::es384 : Algorithm::es512;
  return {};
}

Status parse_okp(json::View jwk, Key::Impl& key) {
  const char* type = key.curve == "Ed25519" ? "ED25519" : key.curve == "Ed448" ? "ED448" : "X25519";
  const auto size = coordinate_size(key.curve);
  auto x = member(jwk, "x");
  if (!x) return std::move(x).error();
  if (x->size() != size) return invalid("JWK member \"x\" must have " + std::to_string(size) + " bytes");
  key.public_members.emplace_back("crv", key.curve);
  key.public_members.emplace_back("kty", "OKP");
  keep(key.public_members, jwk, "x");
  key.has_private = jwk.find("d").exists();
  if (key.has_private) {
    auto d = member(jwk, "d");
    if (!d) return std::move(d).error();
    key.pkey.reset(EVP_PKEY_new_raw_private_key_ex(nullptr, type, nullptr, bytes(std::string_view(*d)), d->size()));
    std::string derived(size, '\0');
    auto got = size;
    if (!key.pkey || EVP_PKEY_get_raw_public_key(key.pkey.get(), bytes(derived), &got) != 1 || derived != *x)
      return invalid("the private part does not belong to the public part: " + openssl_error());
    keep(key.private_members, jwk, "d");
  } else {
    key.pkey.reset(EVP_PKEY_new_raw_public_key_ex(nullptr, type, nullptr, bytes(std::string_view(*x)), x->size()));
    if (!key.pkey) return invalid("the public key is not valid: " + openssl_error());
  }
  key.type = KeyType::okp;
  if (key.curve != "X25519") key.algorithms = Algorithm::eddsa;
  return {};
}

Status parse_oct(json::View jwk, Key::Impl& key) {
  auto secret = member(jwk, "k");
  if (!secret) return std::move(secret).error();
  key.secret = std::move(*secret);
  key.private_members.emplace_back("k", jwk.find("k").as_string());
  key.public_members.emplace_back("kty", "oct");
  key.has_private = true;
  key.type = KeyType::oct;
  for (const auto a : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512})
    if (key.secret.size() >= facts(a).digest_size) key.algorithms = key.algorithms | a;
  return {};
}

// `use` and `key_ops`: what the owner wants the key used for.
Status parse_purpose(json::View jwk, Key::Impl& key) {
  auto use = text_member(jwk, "use");
  if (!use) return std::move(use).error();
  key.use = std::move(*use);
  if (!key.use.empty() && key.use != "sig") key.verify_allowed = key.sign_allowed = false;
  const auto ops = jwk.find("key_ops");
  if (!ops.exists()) return {};
  if (!ops.is_array()) return invalid("JWK member \"key_ops\" must be an array of strings");
  bool verify = false;
  bool sign = false;
  std::vector<std::string_view> seen;
  for (const auto op : ops.elements()) {
    if (!op.is_string()) return invalid("JWK member \"key_ops\" must be an array of strings");
    const auto name = op.as_string();
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return invalid("JWK member \"key_ops\" names \"" + std::string(name) + "\" twice");
    if (seen.size() == 16) return invalid("JWK member \"key_ops\" has more than 16 entries");
    seen.push_back(name);
    verify = verify || name == "verify";
    sign = sign || name == "sign";
  }
  key.verify_allowed = key.verify_allowed && verify;
  key.sign_allowed = key.sign_allowed && sign;
  return {};
}

Status parse_material(json::View jwk, std::string_view kty, Key::Impl& key) {
  auto curve = text_member(jwk, "crv");
  if (!curve) return std::move(curve).error();
  key.curve = std::move(*curve);
  if (kty == "oct") return parse_oct(jwk, key);
  if (kty == "RSA") return parse_rsa(jwk, key);
  const bool known = coordinate_size(key.curve) != 0;
  if (kty == "EC" && known && key.curve.starts_with("P-")) return parse_ec(jwk, key);
  if (kty == "OKP" && known && !key.curve.starts_with("P-")) return parse_okp(jwk, key);
  const auto what = kty == "EC" || kty == "OKP" ? "curve \"" + key.curve + "\" of kty " + std::string(kty)
                                                : "kty \"" + std::string(kty) + "\"";
  return Error{
      Code::unsupported,
      "JWK " + what + " is not known; RSA, EC (P-256, P-384, P-521), OKP (Ed25519, Ed448, X25519) and oct are"};
}

}  // namespace

std::size_t coordinate_size(std::string_view curve) {
  if (curve == "P-256" || curve == "Ed25519" || curve == "X25519") return 32;
  if (curve == "P-384") return 48;
  if (curve == "P-521") return 66;
  if (curve == "Ed448") return 57;
  return 0;
}

Result<Key> Key::parse(json::View jwk) {
  if (!jwk.is_object()) return invalid("a JWK must be a JSON object");
  auto key = std::make_shared<Impl>();
  auto kty = text_member(jwk, "kty");
  if (!kty) return std::move(kty).error();
  if (kty->empty()) return invalid("JWK member \"kty\" is missing");
  auto kid = text_member(jwk, "kid");
  if (!kid) return std::move(kid).error();
  key->kid = std::move(*kid);
  if (auto s = parse_material(jwk, *kty, *key); !s) return std::move(s).error();
  if (auto s = parse_purpose(jwk, *key); !s) return std::move(s).error();
  auto alg = text_member(jwk, "alg");
  if (!alg) return std::move(alg).error();
  key->alg = std::move(*alg);
  if (!key->alg.empty()) {
    const auto one = algorithm_named(key->alg);
    // An algorithm of encryption, or an unknown one: good for no signature.
    const auto wanted = one ? Algorithms(*one) : Algorithms();
    if (one && (key->algorithms & wanted).empty())
      return invalid("JWK \"alg\" is " + key->alg + ", which a key of this type, curve or size cannot be used with");
    key->algorithms = key->algorithms & wanted;
  }
  return Key(std::move(key));
}

Result<KeySet> KeySet::parse(std::string_view text, std::vector<std::string>* skipped) {
  json::ParseOptions options;
  options.max_size = max_size;
  options.max_depth = 8;
  options.duplicates = json::Duplicates::refuse;
  auto document = json::Document::parse(text, options);
  if (!document) return std::move(document).error().context("JWK Set");
  const auto root = document->root();
  const auto keys = root.find("keys");
  std::vector<json::View> list;
  if (keys.is_array()) {
    for (const auto jwk : keys.elements()) list.push_back(jwk);
  } else if (root.find("kty").exists() && !keys.exists()) {
    list.push_back(root);
  } else {
    return invalid("a JWK Set has a member \"keys\" that is an array; a single JWK has \"kty\"; this has neither");
  }
  if (list.size() > max_keys) return invalid("a JWK Set may have 256 keys, this has " + std::to_string(list.size()));
  std::vector<Key> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto key = Key::parse(list[i]);
    if (key) {
      out.push_back(std::move(*key));
    } else if (!keys.is_array()) {
      return std::move(key).error();
    } else if (skipped != nullptr) {
      skipped->push_back("key " + std::to_string(i) + ": " + key.error().message);
    }
  }
  return KeySet(std::move(out));
}

}  // namespace socle::jose
