// The control socket's bounds: how many, and for how long.
#include "control/server.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <thread>
#include <vector>

#include "unit/base/temp_folder.hpp"

namespace socle::control {
namespace {

int connected(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

Answer fine(const std::vector<std::string>&) { return {0, "{}"}; }

}  // namespace

TEST_CASE("control: the client after the sixteenth hears why it is turned away", "[control]") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "control";
  std::promise<void> go;
  const std::shared_future<void> released = go.get_future().share();
  std::atomic<int> running{0};
  Server server(path, [&](const std::vector<std::string>&) {
    ++running;
    released.wait();
    return Answer{0, "{}"};
  });
  REQUIRE(server.start());
  std::vector<std::future<Result<Answer>>> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(std::async(std::launch::async, [&] { return ask(path, {"wait"}); }));
  while (running < 16) std::this_thread::yield();
  const auto refused = ask(path, {"status"});
  go.set_value();
  REQUIRE(refused);
  CHECK(refused->exit_code == 1);
  CHECK_THAT(refused->json,
             Catch::Matchers::Contains("the kernel runs 16 commands at once and all of them are running; "
                                       "try again when one has ended"));
  for (auto& client : clients) CHECK(client.get());
  CHECK(ask(path, {"status"}));
}

TEST_CASE("control: a client that sends byte by byte has five seconds for all of it", "[control]") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "control";
  Server server(path, [](const std::vector<std::string>&) { return Answer{0, "{}"}; });
  REQUIRE(server.start());
  const int fd = connected(path);
  const auto begun = std::chrono::steady_clock::now();
  const uint32_t head[] = {1, 1000};
  REQUIRE(send(fd, head, sizeof head, MSG_NOSIGNAL) == sizeof head);
  uint32_t answer[2] = {};
  timeval pause{0, 500'000};  // between two bytes: less than any single read's patience
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
  ssize_t got = -1;
  for (int i = 0; i < 60 && got <= 0; ++i) {
    static_cast<void>(send(fd, "x", 1, MSG_NOSIGNAL));
    got = recv(fd, answer, sizeof answer, 0);
  }
  const auto took = std::chrono::steady_clock::now() - begun;
  CHECK(got == sizeof answer);
  CHECK(answer[0] == 2);
  CHECK(took >= std::chrono::milliseconds(4900));
  CHECK(took < std::chrono::seconds(20));
  close(fd);
}

TEST_CASE("control: a file that is no socket is left where it is", "[control]") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "notes.txt";
  REQUIRE(base::write_file_atomic(path, "mine"));
  const Status started = Server(path, fine).start();
  REQUIRE_FALSE(started);
  CHECK(started.error().message ==
        "control socket " + path.string() + ": a file that is no socket is there; give another path with --control");
  std::filesystem::create_symlink(path, folder.path() / "link");
  CHECK_FALSE(Server(folder.path() / "link", fine).start());
  CHECK(base::read_file(path, 100).value() == "mine");
}

TEST_CASE("control: the socket of a kernel that lives is left to it, that of a dead one replaced", "[control]") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "control";
  {
    Server first(path, fine);
    REQUIRE(first.start());
    const Status second = Server(path, fine).start();
    REQUIRE_FALSE(second);
    CHECK_THAT(second.error().message, Catch::Matchers::Contains("another process answers there"));
    CHECK(ask(path, {"status"}));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    const base::Fd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  REQUIRE(std::filesystem::exists(path));
  Server next(path, fine);
  REQUIRE(next.start());
  CHECK(ask(path, {"status"}));
}

TEST_CASE("control: a kernel that stops removes its own socket only", "[control]") {
  const testing::TempFolder folder;
  const auto path = folder.path() / "control";
  Server first(path, fine);
  REQUIRE(first.start());
  std::filesystem::rename(path, folder.path() / "moved");
  Server second(path, fine);
  REQUIRE(second.start());
  first.stop();
  CHECK(ask(path, {"status"}));
}

}  // namespace socle::control
