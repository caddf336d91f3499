#include "cell/process/request.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace socle::cell;

namespace {

BirthRequest example() {
  BirthRequest r;
  r.boot.plugin = "notes";
  r.boot.generation = 3;
  r.boot.library = "/data/gen/3-abc.so";
  r.boot.workers = 2;
  r.boot.mapped = 1 << 20;
  r.boot.down = 13;
  r.boot.up = 14;
  r.boot.wake_cell = 15;
  r.boot.wake_kernel = {16, 17, 18};
  r.sandbox.read = {"/a", ""};
  r.sandbox.write = {"/b"};
  r.sandbox.network = true;
  r.sandbox.memory = 5;
  r.sandbox.files = 6;
  r.kernel = 4711;
  r.log = 10;
  r.birth = 11;
  r.box = 12;
  r.groups = {19, 20};
  return r;
}

}  // namespace

TEST_CASE("request: it arrives as it was sent", "[cell]") {
  const BirthRequest sent = example();
  BirthRequest got;
  REQUIRE(from_text(to_text(sent), descriptors_of(sent), got));
  CHECK(to_text(got) == to_text(sent));
  CHECK(descriptors_of(got) == descriptors_of(sent));
  CHECK(got.boot.wake_kernel == sent.boot.wake_kernel);
  CHECK(got.groups == sent.groups);
}

TEST_CASE("request: every cut text and wrong number of descriptors is refused", "[cell]") {
  const std::string whole = to_text(example());
  const auto fds = descriptors_of(example());
  BirthRequest got;
  for (size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(from_text(whole.substr(0, n), fds, got));
  CHECK_FALSE(from_text(whole + "x", fds, got));
  CHECK_FALSE(from_text(whole, {1, 2, 3}, got));
}

TEST_CASE("request: what is enforced arrives as it was sent", "[cell]") {
  const Enforced sent{"a", "", "c", "", "e", "f"};
  Enforced got;
  REQUIRE(from_text(to_text(sent), got));
  CHECK(got.namespaces == "a");
  CHECK(got.landlock == "c");
  CHECK(got.limits == "f");
  CHECK_FALSE(from_text("garbage!", got));
}

TEST_CASE("request: a packet carries descriptors, and an end that is gone is told", "[cell]") {
  int fds[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
  REQUIRE(send_packet(fds[0], "text", {STDIN_FILENO}));
  auto packet = receive_packet(fds[1], 1000);
  REQUIRE(packet);
  CHECK(packet->text == "text");
  REQUIRE(packet->fds.size() == 1);
  CHECK(packet->fds[0] != STDIN_FILENO);
  close(packet->fds[0]);
  CHECK(receive_packet(fds[1], 0).error().code == socle::Code::deadline);
  close(fds[0]);
  CHECK(receive_packet(fds[1], 1000).error().code == socle::Code::unavailable);
  CHECK(send_packet(fds[1], "text", {}).error().code == socle::Code::unavailable);
  close(fds[1]);
}
