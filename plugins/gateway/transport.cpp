// transport.cpp: see transport.hpp. TLS gathers a record's worth into one SSL_write, so that head and body of a small
// reply are one record and one system call. The kernel process ignores SIGPIPE, which OpenSSL's socket BIO needs.
#include "transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace socle::gateway {

namespace {

constexpr std::size_t record = 16 * 1024;

Transport::Io from_errno() { return errno == EAGAIN ? Transport::Io::want_read : Transport::Io::failed; }

short ready(int fd, short events) {
  struct pollfd state {
    fd, events, 0
  };
  return ::poll(&state, 1, 0) == 1 ? state.revents : short{0};
}

}  // namespace

Transport::Io Transport::tls_outcome(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Io::want_read;
    case SSL_ERROR_WANT_WRITE: return Io::want_write;
    case SSL_ERROR_ZERO_RETURN: return Io::closed;
    default: ERR_clear_error(); return Io::failed;
  }
}

Transport::Io Transport::handshake() {
  if (established()) return Io::ok;
  ERR_clear_error();
  const int result = SSL_accept(ssl_);
  return result == 1 ? Io::ok : tls_outcome(result);
}

bool Transport::handshake_is_long() const {
  const EVP_PKEY* key = ssl_ != nullptr ? SSL_get_privatekey(ssl_) : nullptr;
  return key != nullptr && EVP_PKEY_get_base_id(key) != EVP_PKEY_EC && EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519;
}

bool Transport::established() const { return !ssl_ || SSL_is_init_finished(ssl_); }

Transport::Moved Transport::read(char* to, std::size_t size) {
  if (ssl_) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_, to, size, &bytes);
    if (result == 1) return {Io::ok, bytes};
    return {tls_outcome(result), 0};
  }
  for (;;) {
    const ssize_t n = ::recv(fd_, to, size, 0);
    if (n > 0) return {Io::ok, static_cast<std::size_t>(n)};
    if (n == 0) return {Io::closed, 0};
    if (errno != EINTR) return {from_errno(), 0};
  }
}

Transport::Moved Transport::write(const struct iovec* buffers, int count) {
  if (ssl_) {
    const void* from = buffers[0].iov_base;
    std::size_t size = std::min(buffers[0].iov_len, record);
    char gathered[record];
    if (count > 1 && size < record) {
      size = 0;
      for (int i = 0; i < count && size < record; ++i) {
        const std::size_t n = std::min(buffers[i].iov_len, record - size);
        std::memcpy(gathered + size, buffers[i].iov_base, n);
        size += n;
      }
      from = gathered;
    }
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_, from, size, &bytes);
    if (result == 1) return {Io::ok, bytes};
    return {tls_outcome(result), 0};
  }
  msghdr message{};
  message.msg_iov = const_cast<struct iovec*>(buffers);
  message.msg_iovlen = static_cast<std::size_t>(count);
  for (;;) {
    const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n > 0) return {Io::ok, static_cast<std::size_t>(n)};
    if (n == 0) return {Io::want_write, 0};
    if (errno != EINTR) {
      const Io io = from_errno();
      return {io == Io::want_read ? Io::want_write : io, 0};
    }
  }
}

bool Transport::has_pending() const { return ssl_ && SSL_has_pending(ssl_) == 1; }

void Transport::shutdown_write() {
  if (ssl_ && SSL_is_init_finished(ssl_)) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  if (fd_ >= 0) ::shutdown(fd_, SHUT_WR);
}

void Transport::give_up_after(std::int64_t nanoseconds) {
  const auto milliseconds = static_cast<unsigned>(std::min<std::int64_t>(nanoseconds / 1'000'000, 1 << 30));
  ::setsockopt(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

bool Transport::broken() const { return fd_ < 0 || (ready(fd_, 0) & (POLLERR | POLLHUP)) != 0; }

bool Transport::readable() const { return (ready(fd_, POLLIN) & (POLLIN | POLLHUP | POLLERR)) != 0; }

bool Transport::peer_left() const { return (ready(fd_, POLLRDHUP) & (POLLRDHUP | POLLHUP | POLLERR)) != 0; }

bool Transport::writable() const { return (ready(fd_, POLLOUT) & POLLOUT) != 0; }

void Transport::close() {
  if (ssl_) SSL_free(ssl_);
  if (fd_ >= 0) ::close(fd_);
  ssl_ = nullptr;
  fd_ = -1;
}

void Transport::release(int& fd, ssl_st*& ssl) {
  fd = fd_;
  ssl = ssl_;
  fd_ = -1;
  ssl_ = nullptr;
}

}  // namespace socle::gateway
