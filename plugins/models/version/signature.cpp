#include "version/signature.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace socle::models {
namespace {

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::optional<std::string> from_hex(std::string_view text) {
  std::string out;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 4096) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

bool verified(const std::string& key, const std::string& signature, const std::string& text) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(key), key.size()), &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return public_key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

}  // namespace

std::string signed_text(std::string_view model, std::string_view hash) {
  return std::string("socle-model/1\n").append(model).append("\n").append(hash).append("\n");
}

Result<std::string> key_bytes(std::string_view text, std::size_t size) {
  auto bytes = text.size() == size * 2 ? from_hex(text) : from_base64(text);
  if (bytes && bytes->size() == size) return std::move(*bytes);
  return Error{Code::denied, "wanted " + std::to_string(size) + " bytes in hex or base64, found '" +
                                 std::string(text.substr(0, 90)) + "'"};
}

Status check_signature(const std::vector<std::string>& keys, std::string_view key, std::string_view signature,
                       std::string_view model, std::string_view hash) {
  if (signature.empty() && keys.empty()) return {};
  if (signature.empty())
    return Error{Code::denied, "this tenant's models must be signed by one of its " + std::to_string(keys.size()) +
                                   " keys; the text to sign ends with the hash " + std::string(hash)};
  auto public_key = key_bytes(key, 32);
  if (!public_key) return std::move(public_key).error().context("the public key");
  auto value = key_bytes(signature, 64);
  if (!value) return std::move(value).error().context("the signature");
  const bool trusted = keys.empty() || std::any_of(keys.begin(), keys.end(), [&](const std::string& known) {
                         const auto bytes = key_bytes(known, 32);
                         return bytes && *bytes == *public_key;
                       });
  if (!trusted) return Error{Code::denied, "the key is none of this tenant's"};
  if (!verified(*public_key, *value, signed_text(model, hash)))
    return Error{Code::denied, "the signature does not fit " + std::string(model) + " with hash " + std::string(hash)};
  return {};
}

}  // namespace socle::models
