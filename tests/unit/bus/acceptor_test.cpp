// Connections go to the worker that has the fewest, also after some of them are closed.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "bus/acceptor.hpp"
#include "unit/bus/fixture.hpp"

namespace socle::bus::test {
namespace {

struct Opened {
  uint32_t worker = 0;
  uint64_t id = 0;
  int fd = -1;
};
std::promise<Opened>* opened = nullptr;

int connect_to(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str())));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

}  // namespace

TEST_CASE("acceptor: a connection goes to the worker that has the fewest", "[bus]") {
  BusFixture f(3);
  Actor a(f.bus, "greeter", {});
  static socle_plugin descriptor;
  descriptor = *a.runtime->descriptor;
  descriptor.connection = [](void*, const socle_connection* c) {
    opened->set_value({Worker::current()->index(), c->id, c->fd});
  };
  a.runtime->descriptor = &descriptor;
  f.next.listeners["http"] = a.runtime.get();
  f.install();
  Acceptor acceptor(f.bus);
  const ListenerSpec spec{.name = "http", .host = "127.0.0.1"};
  const auto bound = Acceptor::bind(spec);
  REQUIRE(bound);
  acceptor.open(spec, *bound);
  acceptor.start();

  std::vector<int> clients;
  std::vector<Opened> all;
  const auto one_more = [&] {
    std::promise<Opened> promise;
    opened = &promise;
    clients.push_back(connect_to(acceptor.address("http")));
    all.push_back(promise.get_future().get());
    return all.back().worker;
  };
  std::array<int, 3> of_worker{};
  for (int i = 0; i < 6; ++i) ++of_worker.at(one_more());
  CHECK(of_worker == std::array<int, 3>{2, 2, 2});

  for (const Opened& one : all) {
    if (one.worker != 1) continue;
    f.on(1, [&](Worker&) {
      close(one.fd);
      a.runtime->connection_closed(a.runtime.get(), one.id);
    });
  }
  CHECK(f.bus.worker(1).connections == 0);
  CHECK(one_more() == 1);
  CHECK(one_more() == 1);
  for (const int fd : clients) close(fd);
  for (const Opened& one : all)
    if (one.worker != 1 || one.id > 6) close(one.fd);
}

}  // namespace socle::bus::test
