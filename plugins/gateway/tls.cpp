// tls.cpp: see tls.hpp. Nothing that a live SSL object may call back lies in this library once its handshake is over
// (renegotiation is off, the BIO is OpenSSL's own socket BIO), so an established connection survives the unloading of
// the generation that accepted it.
#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <utility>

namespace socle::gateway {

namespace {

int select_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // a client that speaks h2 only
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Error tls_error(const std::string& what, const std::string& path) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return Error{Code::invalid, what + " " + path + ": " + (reason ? reason : "unknown TLS error")};
}

}  // namespace

TlsFiles::TlsFiles(std::string certificate, std::string key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {}

TlsFiles::~TlsFiles() { SSL_CTX_free(context_); }

TlsFiles::Stamp TlsFiles::stamp(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_ino, info.st_size};
}

Result<SSL_CTX*> TlsFiles::load() const {
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (!context) return tls_error("make a TLS context for", certificate_);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets only: no memory a client
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  const bool certificate = SSL_CTX_use_certificate_chain_file(context, certificate_.c_str()) == 1;
  const bool key = certificate && SSL_CTX_use_PrivateKey_file(context, key_.c_str(), SSL_FILETYPE_PEM) == 1;
  if (key && SSL_CTX_check_private_key(context) == 1) return context;
  SSL_CTX_free(context);
  if (!certificate) return tls_error("read certificate", certificate_);
  return tls_error(key ? "match certificate " + certificate_ + " with key" : "read private key", key_);
}

Status TlsFiles::read_once() {
  if (tried_.load(std::memory_order_acquire)) return {};
  return refresh();
}

Status TlsFiles::refresh() {
  const std::lock_guard reading(reading_);
  const Stamp certificate = stamp(certificate_);
  const Stamp key = stamp(key_);
  if (tried_.load(std::memory_order_relaxed) && certificate == certificate_stamp_ && key == key_stamp_) return {};
  certificate_stamp_ = certificate;
  key_stamp_ = key;
  auto fresh = load();
  if (fresh) {
    const std::lock_guard lock(mutex_);
    SSL_CTX_free(std::exchange(context_, *fresh));  // connections hold references of their own
  }
  tried_.store(true, std::memory_order_release);
  if (!fresh) return std::move(fresh).error();
  return {};
}

SSL* TlsFiles::open(int fd) {
  const std::lock_guard lock(mutex_);
  if (!context_) return nullptr;
  SSL* ssl = SSL_new(context_);
  if (!ssl) return nullptr;
  if (SSL_set_fd(ssl, fd) != 1) {
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_accept_state(ssl);
  return ssl;
}

std::shared_ptr<TlsFiles> TlsStore::get(const std::string& certificate, const std::string& key) {
  const std::lock_guard lock(mutex_);
  auto& slot = files_[{certificate, key}];
  auto files = slot.lock();
  if (!files) slot = files = std::make_shared<TlsFiles>(certificate, key);
  return files;
}

std::vector<Error> TlsStore::refresh() {
  std::vector<std::shared_ptr<TlsFiles>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [paths, files] : files_) {
      if (auto alive = files.lock()) all.push_back(std::move(alive));
    }
  }
  std::vector<Error> errors;
  for (const auto& files : all) {
    if (auto read = files->refresh(); !read) errors.push_back(std::move(read).error());
  }
  return errors;
}

}  // namespace socle::gateway
