// base/signature.cpp: see signature.hpp.
#include "base/signature.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <optional>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace socle::base {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t signature_size = 64;
// DER of SubjectPublicKeyInfo up to the key itself, RFC 8410 section 4.
constexpr std::string_view key_info_prefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::optional<std::string> decode(std::string_view text, std::size_t raw_size) {
  if (text.size() == raw_size * 2) {
    if (auto bytes = from_hex(text)) return bytes;
  }
  return from_base64(text);
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

Result<PublicKey> parse_public_key(std::string_view text) {
  const std::string_view core = trimmed(text);
  auto bytes = decode(core, key_size);
  if (!bytes) {
    return Error{Code::invalid, "public key '" + std::string(core.substr(0, 80)) +
                                    "' is neither hex nor base64; wanted an Ed25519 key as 64 hex digits or base64"};
  }
  if (bytes->size() == key_info_prefix.size() + key_size && bytes->starts_with(key_info_prefix)) {
    bytes->erase(0, key_info_prefix.size());
  }
  if (bytes->size() != key_size) {
    return Error{Code::invalid,
                 "public key has " + std::to_string(bytes->size()) +
                     " bytes; wanted the 32 bytes of an Ed25519 key (other key types are not supported)"};
  }
  return PublicKey{std::move(*bytes)};
}

Result<Signed> sign_ed25519(std::string_view private_key, std::string_view message) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size())), &BIO_free);
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      text ? PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr) : nullptr, &EVP_PKEY_free);
  ERR_clear_error();
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
    return Error{
        Code::invalid,
        "that is no Ed25519 private key in PEM without a passphrase; make one with `openssl genpkey -algorithm "
        "ed25519`"};
  Signed out;
  out.key.raw.resize(key_size);
  out.signature.resize(signature_size);
  std::size_t key_bytes = key_size, signature_bytes = signature_size;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool made =
      context &&
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(out.key.raw.data()), &key_bytes) == 1 &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.signature.data()), &signature_bytes,
                     bytes_of(message), message.size()) == 1;
  if (!made) return Error{Code::internal, "OpenSSL could not sign"};
  return out;
}

Result<std::string> parse_signature(std::string_view text) {
  if (text.size() == signature_size) return std::string(text);
  auto bytes = decode(trimmed(text), signature_size);
  if (!bytes) {
    return Error{Code::invalid,
                 "signature of " + std::to_string(text.size()) +
                     " characters is neither hex nor base64; wanted 64 raw bytes, 128 hex digits or base64"};
  }
  if (bytes->size() != signature_size) {
    return Error{Code::invalid, "signature has " + std::to_string(bytes->size()) + " bytes; wanted the 64 of Ed25519"};
  }
  return std::move(*bytes);
}

Result<bool> verify_ed25519(const PublicKey& key, std::string_view message, std::string_view signature) {
  if (key.raw.size() != key_size || signature.size() != signature_size) return false;
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> handle(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(key.raw), key.raw.size()), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!handle || !context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) != 1) {
    ERR_clear_error();
    return Error{Code::internal, "OpenSSL cannot check Ed25519 signatures; check its installation and providers"};
  }
  const int verdict =
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size());
  ERR_clear_error();  // a bad signature leaves an entry that a later, unrelated caller would report
  return verdict == 1;
}

Result<std::string> fingerprint(const PublicKey& key) {
  auto hash = sha256_hex(key.raw);
  if (hash) hash->resize(16);
  return hash;
}

}  // namespace socle::base
