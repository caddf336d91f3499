// data_lock_test.cpp: who may have a data folder, and how long another waits for it.
#include "base/data_lock.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <thread>

#include "unit/base/temp_folder.hpp"

using namespace std::chrono_literals;
using socle::base::lock_data;
using socle::testing::TempFolder;

namespace {

// Another process that has the folder. `headless`: its first thread has ended, as that of a killed process does whose
// other threads wait in the system.
struct Holder {
  Holder(const std::filesystem::path& folder, bool headless) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      const auto lock = lock_data(folder);
      std::thread rest([] {
        for (;;) pause();
      });
      [[maybe_unused]] const ssize_t told = write(ends[1], lock ? "+" : "-", 1);
      if (headless) syscall(SYS_exit, 0);  // of this thread alone
      rest.join();
    }
    close(ends[1]);
    char said = 0;
    REQUIRE(read(ends[0], &said, 1) == 1);
    close(ends[0]);
    REQUIRE(said == '+');
    while (headless && !is_zombie()) poll(nullptr, 0, 1);
  }
  ~Holder() { end(); }
  void end() {
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = 0;
  }
  [[nodiscard]] bool is_zombie() const {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(stat, line);
    return line.find(") Z ") != std::string::npos;
  }
  pid_t pid = 0;
};

}  // namespace

TEST_CASE("data lock: one at a time, and the next as soon as the first has let go", "[base]") {
  const TempFolder folder;
  {
    const auto first = lock_data(folder.path() / "data");
    REQUIRE(first);
    const auto second = lock_data(folder.path() / "data", {50ms, 10s});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == socle::Code::unavailable);
    CHECK(second.error().message == "another kernel uses the data folder " + (folder.path() / "data").string() +
                                        "; stop it, or give another one with --data");
  }
  CHECK(lock_data(folder.path() / "data", {0ms, 0ms}));
}

TEST_CASE("data lock: a holder that serves is not waited for beyond the patience", "[base]") {
  const TempFolder folder;
  Holder holder(folder.path() / "data", false);
  CHECK_FALSE(lock_data(folder.path() / "data", {50ms, 10s}));
  holder.end();
  CHECK(lock_data(folder.path() / "data", {0ms, 0ms}));
}

TEST_CASE("data lock: a holder that was killed is waited for until the system has ended it", "[base]") {
  const TempFolder folder;
  Holder holder(folder.path() / "data", true);
  const auto late = lock_data(folder.path() / "data", {20ms, 100ms});
  REQUIRE_FALSE(late);
  CHECK(late.error().message == "the kernel that used the data folder " + (folder.path() / "data").string() + " (pid " +
                                    std::to_string(holder.pid) +
                                    ") was killed and cannot end: the system waits for its disk");
  std::thread ender([&] {
    poll(nullptr, 0, 100);  // not a wait for anything: the moment of the end, after the shorter patience
    holder.end();
  });
  const auto lock = lock_data(folder.path() / "data", {20ms, 20s});
  ender.join();
  CHECK(lock);
}
