// Watches of descriptors: what a wait is told, however early or late it comes.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "support/captured_log.hpp"
#include "unit/bus/fixture.hpp"

namespace socle::bus::test {
namespace {

// A plugin that watches descriptors on worker 0, and both ends of a stream.
struct Watching : BusFixture {
  Watching() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0); }
  ~Watching() {
    for (const int fd : ends) ::close(fd);
  }
  uint64_t open(int fd) {
    return on(0, [&](Worker&) { return g.watch_open(&g, fd); });
  }
  void close(uint64_t id) {
    on(0, [&](Worker&) { g.watch_close(&g, id); });
  }
  // Worker 0.
  void wait(uint64_t id, std::promise<socle_status>& answered) {
    const auto told = [](void* u, socle_status s) { static_cast<std::promise<socle_status>*>(u)->set_value(s); };
    g.watch_wait(&g, id, SOCLE_IO_READ, told, &answered);
  }
  // What a wait for something to read is answered.
  socle_status waited(uint64_t id) {
    std::promise<socle_status> promise;
    on(0, [&](Worker&) { wait(id, promise); });
    auto answered = promise.get_future();
    REQUIRE(answered.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
    return answered.get();
  }

  Actor a{bus, "io", {}};
  Generation& g = *a.runtime;
  int ends[2] = {-1, -1};
};

}  // namespace

TEST_CASE("worker: an edge that came before the wait is not lost", "[worker]") {
  Watching f;
  const uint64_t id = f.open(f.ends[0]);
  REQUIRE(write(f.ends[1], "x", 1) == 1);
  f.turn();
  CHECK(f.waited(id) == SOCLE_OK);
  std::promise<socle_status> ended;
  f.on(0, [&](Worker&) {
    char byte = 0;
    REQUIRE(::read(f.ends[0], &byte, 1) == 1);
    f.wait(id, ended);
    f.g.watch_close(&f.g, id);
  });
  CHECK(ended.get_future().get() == SOCLE_CANCELLED);
}

TEST_CASE("worker: a regular file is ready every time", "[worker]") {
  Watching f;
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const uint64_t id = f.open(fd);
  for (int i = 0; i < 3; ++i) CHECK(f.waited(id) == SOCLE_OK);
  f.close(id);
  close(fd);
}

TEST_CASE("worker: a second watch of a descriptor is refused and leaves the first as it was", "[worker]") {
  Watching f;
  testing::CapturedLog log;
  const uint64_t first = f.open(f.ends[0]);
  const uint64_t second = f.open(f.ends[0]);
  CHECK(second != 0);
  CHECK(f.waited(second) == SOCLE_INVALID);
  f.close(second);
  log.stop();
  REQUIRE(write(f.ends[1], "x", 1) == 1);
  CHECK(f.waited(first) == SOCLE_OK);
  CHECK_THAT(log.text(),
             Catch::Matchers::Contains("refused: this worker watches it already; wait for both directions on "
                                       "that watch, or dup() it") &&
                 Catch::Matchers::Contains("io"));
}

TEST_CASE("worker: an end that came with the last bytes is told to every later wait", "[worker]") {
  Watching f;
  REQUIRE(write(f.ends[1], "x", 1) == 1);
  REQUIRE(shutdown(f.ends[1], SHUT_WR) == 0);
  const uint64_t id = f.open(f.ends[0]);
  for (int round = 0; round < 2; ++round) CHECK(f.waited(id) == SOCLE_OK);
  f.close(id);
}

}  // namespace socle::bus::test
