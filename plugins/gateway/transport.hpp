// transport.hpp: bytes in and out of one accepted socket, plain or TLS, never blocking. Owns the fd and the SSL object
// until release(). Used by Connection on its worker.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

struct ssl_st;

namespace socle::gateway {

class Transport {
 public:
  enum class Io : std::uint8_t { ok, want_read, want_write, closed, failed };
  struct Moved {
    Io io = Io::ok;
    std::size_t bytes = 0;  // > 0 exactly when io is ok
  };

  Transport(int fd, ssl_st* ssl) : fd_(fd), ssl_(ssl) {}
  ~Transport() { close(); }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  [[nodiscard]] bool tls() const { return ssl_ != nullptr; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool established() const;  // the TLS handshake is over; plain: true
  // TLS: drives the handshake; ok once it is done. Plain: ok.
  [[nodiscard]] Io handshake();
  // A step of the handshake may take longer than a slice: the certificate's key is an RSA key. Such steps are for the
  // offload pool: handshake() may be called there, while nobody else touches this object.
  [[nodiscard]] bool handshake_is_long() const;
  [[nodiscard]] bool readable() const;   // bytes, or an end, wait in the socket
  [[nodiscard]] bool peer_left() const;  // its end, or its reset, is there
  [[nodiscard]] Moved read(char* to, std::size_t size);
  [[nodiscard]] Moved write(const struct iovec* buffers, int count);
  // Decrypted bytes wait inside the TLS object, of which the socket's readiness tells nothing.
  [[nodiscard]] bool has_pending() const;
  void shutdown_write();
  // A peer that acknowledges nothing for so long is taken for dead: the next read or write fails. No effect but on TCP.
  void give_up_after(std::int64_t nanoseconds);
  // The connection is over in both directions: the peer has answered something with a reset. True after close().
  [[nodiscard]] bool broken() const;
  [[nodiscard]] bool writable() const;  // a few bytes would be taken at once
  void close();
  // Gives up ownership without touching the stream.
  void release(int& fd, ssl_st*& ssl);

 private:
  [[nodiscard]] Io tls_outcome(int result);
  int fd_;
  ssl_st* ssl_;
};

}  // namespace socle::gateway
