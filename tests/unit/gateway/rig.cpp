// rig.cpp: see rig.hpp.
#include "rig.hpp"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "ascii.hpp"

namespace gateway_test {

namespace ascii = socle::gateway::ascii;
using socle::Reply;
using socle::testing::ServiceCall;

std::string Answer::header(std::string_view name) const {
  for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    const std::size_t colon = head.find(':', at);
    if (colon == std::string::npos) break;
    if (!ascii::same(std::string_view(head).substr(at + 2, colon - at - 2), name)) continue;
    return std::string(ascii::trim(std::string_view(head).substr(colon + 1, head.find("\r\n", colon) - colon - 1)));
  }
  return {};
}

Client::Client(Client&& other) noexcept
    : rig_(other.rig_), fd_(std::exchange(other.fd_, -1)), in_(std::move(other.in_)), eof_(other.eof_) {}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    rig_->run();
    if (n < 0 && errno != EAGAIN) return;  // the gateway has closed
  }
}

void Client::half_close() {
  ::shutdown(fd_, SHUT_WR);
  rig_->run();
}

void Client::drain_socket() {
  rig_->run();
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n > 0) {
      in_.append(buffer, static_cast<std::size_t>(n));
      rig_->run();
      continue;
    }
    eof_ = eof_ || n == 0 || errno != EAGAIN;
    return;
  }
}

std::string Client::received() {
  drain_socket();
  return std::exchange(in_, {});
}

bool Client::closed() {
  drain_socket();
  return eof_;
}

Answer Client::answer(bool head_only) {
  drain_socket();
  Answer out;
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return out;
  out.head = in_.substr(0, end + 2);
  out.status = std::atoi(in_.substr(9, 3).c_str());
  std::size_t at = end + 4;
  if (out.header("transfer-encoding") == "chunked" && !head_only) {
    for (;;) {
      const std::size_t line = in_.find("\r\n", at);
      if (line == std::string::npos) return out;
      const std::size_t size = std::strtoul(in_.c_str() + at, nullptr, 16);
      if (in_.size() < line + 2 + size + 2) return out;
      out.body += in_.substr(line + 2, size);
      at = line + 2 + size + 2;
      if (size == 0) break;
    }
  } else if (!head_only && !out.header("content-length").empty()) {
    const std::size_t size = std::strtoul(out.header("content-length").c_str(), nullptr, 10);
    out.body = in_.substr(at, size);
    if (out.body.size() < size) return out;
    at += size;
  }
  in_.erase(0, at);
  out.complete = true;
  return out;
}

Answer Client::ask(std::string_view bytes) {
  send(bytes);
  return answer(bytes.substr(0, 5) == "HEAD ");
}

void Client::reset_buffers(int bytes) const { ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); }

std::string route(std::string_view method, std::string_view path, std::string_view call, std::string_view more,
                  std::string_view access) {
  std::string out = R"({"plugin":"test","method":")";
  out.append(method).append(R"(","path":")").append(path).append(R"(","to":{"service":"test/1","method":")");
  out.append(call).append(R"("},"access":")").append(access).append("\"");
  if (!more.empty()) out.append(",").append(more);
  return out + "}";
}

Rig::Rig(std::string_view config, socle::testing::FakeHost* other)
    : own_host(other ? nullptr : std::make_unique<socle::testing::FakeHost>()),
      host(other ? *other : *own_host),
      gateway(host, socle::gateway::plugin_descriptor(), config) {
  host.serve("test/1", "greet",
             [](const ServiceCall& call) { return Reply::text("Hello, " + std::string(call.meta("name"))); });
  host.serve("test/1", "echo", [](const ServiceCall& call) { return Reply::other("application/x-echo", call.text()); });
  listener(R"("tenant":"demo","principal":"ann")");
  routes({route("GET", "/v1/hello/{name}", "greet"), route("POST", "/v1/echo", "echo", any_body)});
}

Rig::~Rig() {
  (void)gateway.drain();
  for (const auto& r : host.take_returned()) {
    SSL_free(static_cast<SSL*>(r.tls));
    ::close(r.fd);
  }
}

void Rig::routes(const std::vector<std::string>& list) {
  std::string json = "[";
  for (const std::string& r : list) json.append(json.size() > 1 ? "," : "").append(r);
  host.set_catalog("routes", json + "]");
}

void Rig::listener(std::string_view members) {
  host.set_catalog("listeners", R"([{"name":"http","role":"http",)" + std::string(members) +
                                    R"(},{"name":"open","role":"http"},{"name":"ops","role":"ops"}])");
}

Client Rig::connect(std::string_view listener, std::string_view buffered, void* tls, bool small_buffers) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  if (small_buffers) {
    const int size = 4096;
    ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
  gateway.connect(pair[0], listener, "192.0.2.7", buffered, tls);
  run();
  return {*this, pair[1]};
}

}  // namespace gateway_test
