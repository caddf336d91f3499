// The system manifest's file under `watch.system`, with a clock the test moves.
#include "control/followed_file.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <vector>

#include "base/file.hpp"
#include "telemetry/log.hpp"
#include "unit/base/temp_folder.hpp"

namespace socle::control {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

struct Rig {
  testing::TempFolder folder;
  std::filesystem::path file = folder.path() / "system.yaml";
  nanoseconds now = seconds(1000);
  std::vector<Status> answers;  // of apply, in turn; then OK
  size_t applied = 0;

  Rig() {
    telemetry::Log::get().redirect(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    write(1);
  }
  void write(int workers) const {
    const std::string text = "socle: 1\ndata: data\nworkers: " + std::to_string(workers) + "\nplugins: []\n";
    REQUIRE(base::write_file_atomic(file, text));
  }
  FollowedFile follow() {
    auto running = manifest::load_system_manifest(file);
    REQUIRE(running);
    return FollowedFile(
        *running,
        [this](const manifest::SystemManifest&) -> Status {
          ++applied;
          return applied <= answers.size() ? answers[applied - 1] : Status();
        },
        [this] { return now; });
  }
};

}  // namespace

TEST_CASE("control: a change of the followed file is applied once", "[control]") {
  Rig rig;
  FollowedFile file = rig.follow();
  CHECK(file.look());
  CHECK_FALSE(file.look());
  CHECK(rig.applied == 0);
  rig.write(2);
  CHECK(file.look());
  CHECK_FALSE(file.look());
  CHECK_FALSE(file.look());
  CHECK(rig.applied == 1);
}

TEST_CASE("control: a followed file refused for a reason that passes is applied again, at growing pauses",
          "[control]") {
  Rig rig;
  rig.answers = {Error{Code::conflict, "a canary runs"}, Error{Code::unavailable, "something drains"}};
  FollowedFile file = rig.follow();
  rig.write(2);
  CHECK(file.look());
  CHECK(file.look());
  CHECK(rig.applied == 1);
  rig.now += std::chrono::milliseconds(999);
  CHECK(file.look());
  CHECK(rig.applied == 1);
  rig.now += std::chrono::milliseconds(1);
  CHECK(file.look());
  CHECK(rig.applied == 2);
  rig.now += std::chrono::milliseconds(1999);
  CHECK(file.look());
  CHECK(rig.applied == 2);
  rig.now += std::chrono::milliseconds(1);
  CHECK_FALSE(file.look());
  CHECK(rig.applied == 3);
  rig.now += seconds(100);
  CHECK_FALSE(file.look());
  CHECK(rig.applied == 3);
}

TEST_CASE("control: a followed file refused for good is not applied again before it changes", "[control]") {
  // "unsupported" is what Lifecycle::apply() says of a change that needs a restart.
  const Code code = GENERATE(Code::invalid, Code::unsupported);
  CAPTURE(to_string(code));
  Rig rig;
  rig.answers = {Error{code, "no such plugin"}};
  FollowedFile file = rig.follow();
  rig.write(2);
  CHECK(file.look());
  CHECK_FALSE(file.look());
  rig.now += seconds(100);
  CHECK_FALSE(file.look());
  CHECK(rig.applied == 1);
  rig.write(3);
  CHECK(file.look());
  CHECK_FALSE(file.look());
  CHECK(rig.applied == 2);
}

}  // namespace socle::control
