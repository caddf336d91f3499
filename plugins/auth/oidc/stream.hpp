// stream.hpp: one outgoing connection, plain or TLS, non-blocking on its worker: each wait is for the descriptor's
// readiness and ends at the given instant. One coroutine's; made, used and destroyed on one worker.
#pragma once

#include <socle/plugin.hpp>

#include <memory>
#include <string>

#include "oidc/reach.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace socle::oidc {

struct FreeContext {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeContext>;
// TLS 1.2 or later, peers verified against the system's certificates, or those of `ca_file` when it is not "".
// Code::invalid when that file cannot be read.
[[nodiscard]] Result<TlsContext> client_tls(const std::string& ca_file);

class Stream {
 public:
  explicit Stream(Host& host) : host_(host) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // `tls` null: plain. `name` is what the certificate must be for. The strings must live until the answer.
  Task<Status> open(const Address& address, std::uint16_t port, ssl_ctx_st* tls, const std::string& name,
                    Instant until);
  Task<Status> write(const std::string& bytes, Instant until);
  // "" at the end of the connection.
  Task<Result<std::string>> read(Instant until);

 private:
  Task<Status> handshake(ssl_ctx_st* tls, const std::string& name, Instant until);
  Task<Status> wait(bool for_reading, Instant until);
  // What an SSL call that did not succeed wants: Code::unavailable "read" or "write" is no failure but a wait.
  enum class Wants { read, write, end, failed };
  Wants wants(int result);

  Host& host_;
  int fd_ = -1;
  Watch watch_;
  ssl_st* ssl_ = nullptr;
};

}  // namespace socle::oidc
