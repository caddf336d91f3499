#include "socle/audit/head.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "bytes.hpp"
#include "file.hpp"

namespace socle::audit {
namespace {

constexpr std::string_view magic = "SOCLEAH1";
constexpr std::size_t signed_size = 192;
constexpr std::size_t signature_size = 64;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

Digest digest_at(std::string_view bytes, std::size_t at) {
  Digest out{};
  std::copy_n(raw(bytes) + at, out.size(), out.begin());
  return out;
}

bool signed_by(std::string_view bytes, const Digest& key) {
  const KeyPtr parsed(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const ContextPtr context(EVP_MD_CTX_new());
  return parsed && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, parsed.get()) == 1 &&
         EVP_DigestVerify(context.get(), raw(bytes.substr(signed_size)), signature_size, raw(bytes), signed_size) == 1;
}

Error damaged(const std::string& what) { return {Code::data_loss, what}; }

}  // namespace

Result<Digest> public_of(const Digest& secret) {
  const KeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
  Digest out{};
  std::size_t size = out.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1 || size != out.size())
    return Error{Code::internal, "OpenSSL cannot use the audit key"};
  return out;
}

Result<Key> Key::open_or_make(const std::string& directory) {
  Key out;
  auto bytes = read_whole(directory + "/key", out.secret_.size());
  if (!bytes && bytes.error().code != Code::not_found) return std::move(bytes).error();
  const bool fresh = !bytes;
  if (fresh) {
    if (!random_bytes(out.secret_.data(), out.secret_.size()))
      return Error{Code::internal, "the system gives no random bytes for the audit key"};
  } else {
    if (bytes->size() != out.secret_.size())
      return damaged(directory + "/key has not 32 bytes: restore it, or move the folder away to begin a new trail");
    out.secret_ = digest_at(*bytes, 0);
  }
  auto derived = public_of(out.secret_);
  if (!derived) return std::move(derived).error();
  out.public_ = *derived;
  if (!fresh) return out;
  if (auto kept = replace_file(directory + "/key.pub", bytes_of(out.public_)); !kept) return std::move(kept).error();
  if (auto kept = replace_file(directory + "/key", bytes_of(out.secret_)); !kept) return std::move(kept).error();
  return out;
}

std::string Key::sign(const Head& head) const {
  std::string out(head_size, '\0');
  store_bytes(out, 0, magic);
  store(out, 8, head.sequence);
  store(out, 16, head.segment);
  store(out, 24, head.offset);
  store(out, 32, head.first);
  store(out, 40, head.time_ns);
  store_bytes(out, 48, bytes_of(head.chain));
  store_bytes(out, 80, bytes_of(head.anchor));
  store_bytes(out, 112, bytes_of(public_));
  store(out, 144, head.origin.store);
  store(out, 152, head.origin.commit);
  store(out, 160, head.origin.number);
  const KeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret_.data(), secret_.size()));
  const ContextPtr context(EVP_MD_CTX_new());
  std::size_t size = signature_size;
  if (!key || !context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()) + signed_size, &size, raw(out),
                     signed_size) != 1)
    return {};
  return out;
}

Result<Head> read_head(std::string_view bytes, const Digest& key) {
  if (bytes.size() != head_size) return damaged("the head has " + std::to_string(bytes.size()) + " bytes, 256 wanted");
  if (!bytes.starts_with(magic)) return damaged("the head does not begin as one");
  if (digest_at(bytes, 112) != key)
    return damaged("the head was signed with key " + to_hex(bytes.substr(112, 32)) + ", key " + to_hex(bytes_of(key)) +
                   " was wanted");
  if (!signed_by(bytes, key)) return damaged("the head's signature is not that of key " + to_hex(bytes_of(key)));
  Head out;
  out.sequence = load<std::uint64_t>(bytes, 8);
  out.segment = load<std::uint64_t>(bytes, 16);
  out.offset = load<std::uint64_t>(bytes, 24);
  out.first = load<std::uint64_t>(bytes, 32);
  out.time_ns = load<std::int64_t>(bytes, 40);
  out.chain = digest_at(bytes, 48);
  out.anchor = digest_at(bytes, 80);
  out.origin = {load<std::uint64_t>(bytes, 144), load<std::uint64_t>(bytes, 152), load<std::uint64_t>(bytes, 160)};
  return out;
}

Result<Digest> read_public_key(const std::string& path) {
  auto bytes = read_whole(path, 70);
  if (!bytes) return std::move(bytes).error();
  if (bytes->size() == 32) return digest_at(*bytes, 0);
  while (!bytes->empty() && bytes->back() == '\n') bytes->pop_back();
  Digest out{};
  constexpr std::string_view digits = "0123456789abcdef";
  if (bytes->size() == 64 && bytes->find_first_not_of(digits) == std::string::npos) {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<unsigned char>(digits.find((*bytes)[2 * i]) << 4U | digits.find((*bytes)[2 * i + 1]));
    return out;
  }
  return damaged(path + " is no public key: 32 raw bytes or 64 hex digits are wanted");
}

}  // namespace socle::audit
