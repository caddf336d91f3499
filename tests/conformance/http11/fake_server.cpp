// fake_server.cpp: the gateway as a server on a real socket without a kernel: the fake host's loop, its clock moved by
// the real one, an accept loop beside it. For the http11probe runner and for looking at the gateway by hand; the kernel
// does the same and more. usage: http11_fake_server PROBE_LIBRARY; prints "port=N", ends when its standard input does.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include "plugin.hpp"
#include "socle/testing.hpp"

namespace {

using socle::testing::Ask;
using socle::testing::FakeHost;
using socle::testing::ServiceCall;
using socle::testing::TestedPlugin;

constexpr const char* routes = R"([
  {"plugin":"probe","method":"GET","path":"/p","to":{"service":"probe/1","method":"page"},"access":"public"},
  {"plugin":"probe","method":"POST","path":"/p","to":{"service":"probe/1","method":"post"},"access":"public"},
  {"plugin":"probe","method":"GET","path":"/e","to":{"service":"probe/1","method":"echo"},"access":"public","headers":"all"},
  {"plugin":"probe","method":"GET","path":"/c","to":{"service":"probe/1","method":"cookies"},"access":"public","headers":"all"}])";
constexpr const char* listeners =
    R"([{"name":"http","address":"127.0.0.1:0","role":"http","tenant":"demo","principal":"probe"}])";

int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, raw, size) != 0 || ::listen(fd, 128) != 0 || ::getsockname(fd, raw, &size) != 0) return -1;
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: http11_fake_server PROBE_LIBRARY\n", stderr), 2;
  std::signal(SIGPIPE, SIG_IGN);
  FakeHost host;
  TestedPlugin probe(host, std::string(argv[1]));
  if (!probe.created().ok()) return std::fputs("the probe plugin cannot be created\n", stderr), 1;
  for (const char* method : {"page", "post", "echo", "cookies"}) {
    host.serve("probe/1", method, [&probe, method](const ServiceCall& call) {
      Ask ask{std::string(call.text()), {}, socle::Media::other, {}};
      for (std::uint32_t i = 0; i < call.payload.raw()->meta_count; ++i) {
        const socle_pair& pair = call.payload.raw()->meta[i];
        ask.meta.emplace_back(std::string(pair.key.data, pair.key.size), std::string(pair.value.data, pair.value.size));
      }
      return probe.begin(method, ask).reply();
    });
  }
  host.set_catalog("routes", routes);
  host.set_catalog("listeners", listeners);
  TestedPlugin gateway(host, socle::gateway::plugin_descriptor());
  std::uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  if (listener < 0) return std::perror("listen"), 1;
  std::printf("port=%u\n", port);
  std::fflush(stdout);

  auto before = std::chrono::steady_clock::now();
  for (;;) {
    pollfd waited[] = {{listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    ::poll(waited, 2, 1);
    if (waited[1].revents != 0) break;
    for (int fd = 0; (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      gateway.connect(fd, "http");
    }
    const auto now = std::chrono::steady_clock::now();
    host.run_until_idle();
    host.advance(std::chrono::duration_cast<socle::Duration>(now - before));
    before = now;
  }
  ::close(listener);
  (void)gateway.drain();
  for (const auto& returned : host.take_returned()) ::close(returned.fd);
  return 0;
}
