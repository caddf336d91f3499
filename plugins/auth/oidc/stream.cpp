#include "oidc/stream.hpp"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace socle::oidc {
namespace {

constexpr std::size_t piece = 16 * 1024;

Error failed(std::string_view what, int number) {
  return {Code::unavailable, std::string(what).append(": ").append(std::strerror(number))};
}

int start_connecting(int fd, const Address& address, std::uint16_t port) {
  if (is_v4(address)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.data() + 12, 4);
    return connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(port);
  std::memcpy(&to.sin6_addr, address.data(), address.size());
  return connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

std::string tls_reason(const SSL* ssl) {
  const long verdict = ssl != nullptr ? SSL_get_verify_result(ssl) : X509_V_OK;
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the connection ended" : reason;
}

// SSL_set_tlsext_host_name() is a macro with a cast of C.
long set_server_name(SSL* ssl, const std::string& name) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
}

}  // namespace

void FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<TlsContext> client_tls(const std::string& ca_file) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Error{Code::internal, "TLS cannot be used: " + tls_reason(nullptr)};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const bool good = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                                    : SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1;
  if (!good)
    return Error{Code::invalid, "certificates of authorities '" + ca_file + "' cannot be read: " + tls_reason(nullptr)};
  return context;
}

Stream::~Stream() {
  watch_ = Watch();
  SSL_free(ssl_);
  if (fd_ >= 0) close(fd_);
}

Task<Status> Stream::wait(bool for_reading, Instant until) {
  const Duration left(until.nanoseconds - host_.now().nanoseconds);
  if (left <= Duration::zero()) co_return Error{Code::deadline, "the time was over"};
  Status ready;
  if (for_reading) {
    ready = co_await watch_.readable(left);
  } else {
    ready = co_await watch_.writable(left);
  }
  if (!ready && ready.error().code == Code::deadline) co_return Error{Code::deadline, "the time was over"};
  co_return ready;
}

Task<Status> Stream::open(const Address& address, std::uint16_t port, ssl_ctx_st* tls, const std::string& name,
                          Instant until) {
  fd_ = socket(is_v4(address) ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) co_return failed("make a socket", errno);
  watch_ = host_.watch(fd_);
  if (start_connecting(fd_, address, port) != 0) {
    if (errno != EINPROGRESS) co_return failed("connect", errno);
    if (auto ready = co_await wait(false, until); !ready) co_return ready;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) co_return failed("connect", error);
  }
  if (tls == nullptr) co_return Status();
  co_return co_await handshake(tls, name, until);
}

Stream::Wants Stream::wants(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Wants::read;
    case SSL_ERROR_WANT_WRITE: return Wants::write;
    case SSL_ERROR_ZERO_RETURN: return Wants::end;
    default: return Wants::failed;
  }
}

Task<Status> Stream::handshake(ssl_ctx_st* tls, const std::string& name, Instant until) {
  ERR_clear_error();
  ssl_ = SSL_new(tls);
  if (ssl_ == nullptr || SSL_set_fd(ssl_, fd_) != 1)
    co_return Error{Code::internal, "TLS cannot be used: " + tls_reason(nullptr)};
  const bool literal = read_address(name).has_value();
  const bool named = literal ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str()) == 1
                             : SSL_set1_host(ssl_, name.c_str()) == 1 && set_server_name(ssl_, name) == 1;
  if (!named) co_return Error{Code::invalid, "no certificate can be for '" + name + "'"};
  for (;;) {
    ERR_clear_error();
    const int done = SSL_connect(ssl_);
    if (done == 1) co_return Status();
    const Wants next = wants(done);
    if (next == Wants::failed || next == Wants::end) co_return Error{Code::unavailable, "TLS: " + tls_reason(ssl_)};
    if (auto ready = co_await wait(next == Wants::read, until); !ready) co_return ready;
  }
}

Task<Status> Stream::write(const std::string& bytes, Instant until) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    bool for_reading = false;
    if (ssl_ == nullptr) {
      const ssize_t count = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count >= 0) {
        sent += static_cast<std::size_t>(count);
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) co_return failed("send", errno);
    } else {
      ERR_clear_error();
      const int count = SSL_write(ssl_, bytes.data() + sent, static_cast<int>(bytes.size() - sent));
      if (count > 0) {
        sent += static_cast<std::size_t>(count);
        continue;
      }
      const Wants next = wants(count);
      if (next == Wants::failed || next == Wants::end) co_return Error{Code::unavailable, "TLS: " + tls_reason(ssl_)};
      for_reading = next == Wants::read;
    }
    if (auto ready = co_await wait(for_reading, until); !ready) co_return ready;
  }
  co_return Status();
}

Task<Result<std::string>> Stream::read(Instant until) {
  std::string buffer(piece, '\0');
  for (;;) {
    bool for_reading = true;
    if (ssl_ == nullptr) {
      const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
      if (count >= 0) {
        buffer.resize(static_cast<std::size_t>(count));
        co_return buffer;
      }
      if (errno != EAGAIN && errno != EINTR) co_return failed("receive", errno);
    } else {
      ERR_clear_error();
      const int count = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
      if (count > 0) {
        buffer.resize(static_cast<std::size_t>(count));
        co_return buffer;
      }
      const Wants next = wants(count);
      if (next == Wants::end) co_return std::string();
      // An end without notice may have been cut there by anybody: no end of a body.
      if (next == Wants::failed) co_return Error{Code::unavailable, "TLS: " + tls_reason(ssl_)};
      for_reading = next == Wants::read;
    }
    if (auto ready = co_await wait(for_reading, until); !ready) co_return std::move(ready).error();
  }
}

}  // namespace socle::oidc
