// leave_test.cpp: clients that send no more: those that have gone end the work done for them at once, those that have
// only shut their own side get what they asked for. Over TCP on loopback, where the two look alike at first.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "rig.hpp"

using namespace gateway_test;
using socle::Code;
using socle::Reply;
using socle::testing::ServiceCall;
using namespace std::chrono_literals;

namespace {

struct TcpPair {
  TcpPair() {
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listening, generic, size) != 0 || ::listen(listening, 1) != 0 ||
        ::getsockname(listening, generic, &size) != 0 || ::connect(client, generic, size) != 0)
      std::abort();
    server = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ::close(listening);
    const int on = 1;
    ::ioctl(client, FIONBIO, &on);
  }
  int client = -1, server = -1;
};

// Each test asks for something that is not answered until release_stalled().
struct Waiting {
  Waiting() {
    rig.host.serve("test/1", "poll", [](const ServiceCall&) { return Reply::text("late"); });
    rig.host.serve("test/1", "events", [this](const ServiceCall& call) {
      ++asked;
      const std::string next = call.meta("stream.cursor").empty() ? "1" : "2";
      return Reply::other("text/event-stream", "data: " + next + "\n\n").with_stream("test/1.events", next);
    });
    rig.routes({route("GET", "/poll", "poll"), route("GET", "/events", "events")});
  }
  Client connect(int* kept = nullptr) {
    const TcpPair pair;
    if (kept) *kept = ::dup(pair.server);
    rig.gateway.connect(pair.server, "http", "192.0.2.7", {}, nullptr);
    rig.run();
    return {rig, pair.client};
  }
  ~Waiting() {
    rig.host.release_stalled();
    rig.run();
  }
  void leave(Client& c) {
    { const Client gone(std::move(c)); }
    rig.run();
  }
  Rig rig;
  int asked = 0;
};

}  // namespace

TEST_CASE("leave: a client that closes ends the call that is made for it at once", "[gateway]") {
  Waiting w;
  Client c = w.connect();
  w.rig.host.stall("call");
  c.send("GET /poll HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(w.rig.host.closed().empty());
  w.leave(c);
  w.rig.host.advance(200ms);
  CHECK(w.rig.host.closed().size() == 1);
  CHECK(w.rig.host.count("context_cancel") == 1);
}

TEST_CASE("leave: a client that closes an event stream ends the asking at once", "[gateway]") {
  Waiting w;
  Client c = w.connect();
  w.rig.host.stall("call", 3);
  c.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(c.received().find("data: 2\n\n") != std::string::npos);
  CHECK(w.asked == 3);
  w.leave(c);
  w.rig.host.advance(200ms);
  CHECK(w.rig.host.closed().size() == 1);
  CHECK(w.rig.host.count("context_cancel") == 1);
  w.rig.host.release_stalled();
  w.rig.run();
  CHECK(w.asked == 3);
}

TEST_CASE("leave: a reset ends the call at once", "[gateway]") {
  Waiting w;
  Client c = w.connect();
  w.rig.host.stall("call");
  c.send("GET /poll HTTP/1.1\r\nHost: h\r\n\r\n");
  const linger at_once{1, 0};
  ::setsockopt(c.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  w.leave(c);
  CHECK(w.rig.host.closed().size() == 1);
}

TEST_CASE("leave: a client that shuts only its own side still gets its answers", "[gateway]") {
  Waiting w;
  Client c = w.connect();
  w.rig.host.stall("call");
  c.send("GET /poll HTTP/1.1\r\nHost: h\r\n\r\nGET /v1/none HTTP/1.1\r\nHost: h\r\n\r\n");
  c.half_close();
  w.rig.host.advance(5s);
  CHECK(c.answer().status == 100);  // what the gateway has asked with whether it is still there
  CHECK(w.rig.host.count("context_cancel") == 0);
  w.rig.host.release_stalled();
  w.rig.run();
  CHECK(c.answer().body == "late");
  CHECK(c.answer().status == 404);
  CHECK(c.closed());
}

TEST_CASE("leave: an event stream goes on for a client that shuts only its own side", "[gateway]") {
  Waiting w;
  Client c = w.connect();
  w.rig.host.stall("call", 3);
  c.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  c.half_close();
  w.rig.host.advance(5s);
  const std::string got = c.received();
  CHECK(got.find("data: 2\n\n\r\n3\r\n:\n\n\r\n") != std::string::npos);
  CHECK(w.rig.host.closed().empty());
}

TEST_CASE("leave: an HTTP/1.0 client is sent no interim answer", "[gateway]") {
  Waiting w;
  Client c = w.connect();
  w.rig.host.stall("call");
  c.send("GET /poll HTTP/1.0\r\n\r\n");
  c.half_close();
  w.rig.host.release_stalled();
  w.rig.run();
  CHECK(c.answer().body == "late");
}

TEST_CASE("leave: a peer that acknowledges nothing is given up after the idle time-out", "[gateway]") {
  Waiting w;
  w.rig.listener(R"("tenant":"demo","principal":"ann","limits":{"idle_timeout_ms":7000})");
  int watched = -1;
  const Client c = w.connect(&watched);
  unsigned milliseconds = 0;
  socklen_t size = sizeof milliseconds;
  CHECK(::getsockopt(watched, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, &size) == 0);
  CHECK(milliseconds == 7000);
  ::close(watched);
}
