// A really full disk (see disk_filler.cpp). Where namespaces are not allowed the test says so; lane_test.cpp injects
// the same fault everywhere.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <string>

#include "support/temp_dir.hpp"

namespace {

// How disk_filler ended.
int fill(const std::string& directory) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::execl(DISK_FILLER, "disk_filler", directory.c_str(), nullptr);
    std::_Exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("storage: a full disk stops writing in words, loses nothing, and writing resumes by itself",
          "[storage][disk]") {
  const socle::testing::TempDir directory;
  const int status = fill(directory.path());
  REQUIRE(WIFEXITED(status));
  constexpr int no_namespace = 77;
  if (WEXITSTATUS(status) == no_namespace) WARN("no mount namespace allowed here: not run");
  INFO("failed at step " << WEXITSTATUS(status));
  const bool fine = WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == no_namespace;
  CHECK(fine);
}
