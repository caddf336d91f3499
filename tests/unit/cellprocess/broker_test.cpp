#include "cell/process/broker.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.hpp"

using socle::cell::Broker;
using socle::cell::Sandbox;

namespace {

struct Case {
  socle::testing::TempDir dir;
  Sandbox sandbox;
  Case() {
    std::filesystem::create_directories(dir / "read/deep");
    std::filesystem::create_directory(dir / "write");
    for (const char* name : {"read/a", "read/deep/b", "write/c", "library.so", "reader"})
      std::ofstream(dir / name) << name;
    sandbox.read = {dir / "read"};
    sandbox.write = {dir / "write"};
  }
  int error_of(const std::string& path, int flags = O_RDONLY) const {
    const Broker broker(sandbox, dir / "library.so");
    int error = 0;
    const auto fd = broker.open(path, flags, 0600, getpid(), error);
    CHECK(fd.valid() == (error == 0));
    return error;
  }
};

}  // namespace

TEST_CASE("broker: opens what is declared, at any depth", "[cell]") {
  const Case c;
  CHECK(c.error_of(c.dir / "read/a") == 0);
  CHECK(c.error_of(c.dir / "read/deep/b") == 0);
  CHECK(c.error_of(c.dir / "write/c") == 0);
  CHECK(c.error_of(c.dir / "library.so") == 0);
  CHECK(c.error_of("/dev/null") == 0);
  CHECK(c.error_of("/proc/self/maps") == 0);
}

TEST_CASE("broker: refuses what only begins like something declared", "[cell]") {
  const Case c;
  CHECK(c.error_of(c.dir / "reader") == EACCES);
  CHECK(c.error_of(c.dir / "library.so.2") == EACCES);
  CHECK(c.error_of(c.dir.path()) == EACCES);
}

TEST_CASE("broker: reading is not writing", "[cell]") {
  const Case c;
  for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT})
    CHECK(c.error_of(c.dir / "read/a", flags) == EACCES);
  CHECK(std::filesystem::file_size(c.dir / "read/a") == 6);
  CHECK(c.error_of(c.dir / "write/c", O_WRONLY) == 0);
  CHECK(c.error_of(c.dir / "write/new", O_WRONLY | O_CREAT) == 0);
  CHECK(c.error_of("/dev/null", O_WRONLY) == EACCES);
}

TEST_CASE("broker: dots and links are followed before it is judged", "[cell]") {
  const Case c;
  std::filesystem::create_symlink(c.dir / "reader", c.dir / "read/out");
  std::filesystem::create_symlink(c.dir / "read/a", c.dir / "in");
  CHECK(c.error_of(c.dir / "read/../reader") == EACCES);
  CHECK(c.error_of(c.dir / "read/out") == EACCES);
  CHECK(c.error_of(c.dir / "in") == 0);
  CHECK(c.error_of(c.dir / "write/..", O_RDONLY) == EACCES);
}

TEST_CASE("broker: only absolute names are taken", "[cell]") {
  const Case c;
  CHECK(c.error_of("read/a") == EACCES);
  CHECK(c.error_of("") == EACCES);
}

TEST_CASE("broker: a pipe or socket in a declared folder is not opened, and does not make it wait", "[cell]") {
  const Case c;
  REQUIRE(mkfifo((c.dir / "read/pipe").c_str(), 0600) == 0);
  CHECK(c.error_of(c.dir / "read/pipe") == EACCES);
}

TEST_CASE("broker: what is declared and not there is missing, not refused", "[cell]") {
  const Case c;
  CHECK(c.error_of(c.dir / "read/absent") == ENOENT);
}
