#include "token/sealer.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <vector>

#include "socle/jose/base64url.hpp"

namespace socle::tokens {
namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
Cipher new_cipher() { return {EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free}; }

const std::uint8_t* bytes(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }
std::uint8_t* bytes(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }
int length(std::size_t size) { return static_cast<int>(size); }

}  // namespace

Result<Sealer> Sealer::of(std::string_view content) {
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.remove_suffix(1);
  if (content.size() < least_key || content.size() > most_key)
    return Error{Code::invalid, "the key file holds " + std::to_string(content.size()) +
                                    " bytes; wanted 32 to 4096, such as `openssl rand -hex 32` writes"};
  // The label keeps this key apart from any other use of the same file.
  Sealer out;
  const std::string labelled = "socle token keys 1\n" + std::string(content);
  unsigned size = 0;
  if (EVP_Digest(labelled.data(), labelled.size(), out.key_.data(), &size, EVP_sha256(), nullptr) != 1)
    return Error{Code::internal, "SHA-256 failed"};
  return out;
}

Result<std::string> Sealer::seal(std::string_view plain, std::string_view context) const {
  std::string out(nonce_size + plain.size() + tag_size, '\0');
  const auto cipher = new_cipher();
  int done = 0;
  const bool ok =
      cipher && RAND_bytes(bytes(out), length(nonce_size)) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(out)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &done, bytes(context), length(context.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), bytes(out) + nonce_size, &done, bytes(plain), length(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), bytes(out) + nonce_size + done, &done) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, length(tag_size),
                          bytes(out) + nonce_size + plain.size()) == 1;
  if (!ok) return Error{Code::internal, "seal a private key: the cryptographic library failed"};
  return jose::base64url(out);
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view context) const {
  const Error refused{Code::denied,
                      "a private key cannot be opened: it was sealed with another key file, or was changed; start "
                      "with the key file it was sealed with"};
  auto raw = jose::from_base64url(sealed);
  if (!raw || raw->size() < nonce_size + tag_size) return refused;
  const auto body = raw->size() - nonce_size - tag_size;
  std::string out(body, '\0');
  const auto cipher = new_cipher();
  int done = 0;
  const bool ok =
      cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(*raw)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &done, bytes(context), length(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes(out), &done, bytes(*raw) + nonce_size, length(body)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, length(tag_size), bytes(*raw) + nonce_size + body) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes(out) + done, &done) == 1;
  if (!ok) return refused;
  return out;
}

}  // namespace socle::tokens
