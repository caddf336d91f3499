// fuzz_connection.cpp: bytes of a client, cut at any place, into the whole connection state machine on the fake host,
// with time passing, drains and a second generation in between. Anything may be refused; nothing may crash, leak, hang,
// or be answered before it was asked. First byte: options; then pieces, each led by its length and an action.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "plugin.hpp"
#include "socle/testing.hpp"

namespace {

using socle::Reply;
using socle::testing::Answers;
using socle::testing::FakeHost;
using socle::testing::ServiceCall;
using socle::testing::TestedPlugin;

constexpr const char* routes = R"([
  {"plugin":"t","method":"GET","path":"/a/{x}","to":{"service":"t/1","method":"now"},"access":"public","headers":"all",
   "params":{"x":{"in":"path","type":"integer"},"q":{"in":"query","type":"string","max_length":4}}},
  {"plugin":"t","method":"POST","path":"/b","to":{"service":"t/1","method":"later"},"access":"public","body_limit":4096,
   "consumes":["*/*"]},
  {"plugin":"t","method":"GET","path":"/s","to":{"service":"t/1","method":"rows"},"access":"public"}])";
constexpr const char* listeners =
    R"([{"name":"http","tenant":"d","principal":"p","limits":{"request_line":512,"headers":2048,"body":8192}}])";

void discard(int fd) {
  char buffer[16384];
  while (::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 32 * 1024) return 0;
  FakeHost host;
  host.serve("t/1", "now", [](const ServiceCall& call) { return Reply::text(call.meta("x")); });
  host.serve(
      "t/1", "later", [](const ServiceCall& call) { return Reply::other("a/b", call.text()); }, Answers::later);
  host.serve(
      "t/1", "rows",
      [](const ServiceCall& call) {
        if (call.meta("stream.cursor").size() > 3) return Reply::text("end");
        return Reply::text("row").with_stream("t/1.rows", std::string(call.meta("stream.cursor")) + "x");
      },
      Answers::later);
  host.set_catalog("routes", routes);
  host.set_catalog("listeners", listeners);
  TestedPlugin first(host, socle::gateway::plugin_descriptor());
  TestedPlugin second(host, socle::gateway::plugin_descriptor());
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return 0;
  first.connect(pair[0], "http");
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  bool drained = false;
  while (rest.size() >= 2) {
    const auto action = static_cast<unsigned char>(rest[0]);
    const std::size_t length = std::min<std::size_t>(static_cast<unsigned char>(rest[1]) * 8u, rest.size() - 2);
    const ssize_t sent = ::send(pair[1], rest.data() + 2, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && length > 0) break;
    rest.remove_prefix(2 + length);
    if ((action & 7) != 0) host.run_until_idle();
    if ((action & 7) == 1) host.advance(std::chrono::seconds(action >> 3));
    if ((action & 7) == 2) discard(pair[1]);
    if ((action & 31) == 3 && !drained) {
      drained = true;
      (void)first.drain();
      for (const auto& r : host.take_returned()) second.connect(r.fd, r.listener, r.peer, r.buffered, r.tls);
    }
    if ((action & 31) == 11) ::shutdown(pair[1], SHUT_WR);
  }
  for (int i = 0; i < 8; ++i) {
    host.run_until_idle();
    discard(pair[1]);
  }
  ::close(pair[1]);
  host.run_until_idle();
  host.advance(std::chrono::minutes(3));
  for (const auto& r : host.take_returned()) ::close(r.fd);
  return 0;
}
