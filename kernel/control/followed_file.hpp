// control/followed_file.hpp: the system manifest's file while `watch.system` is on: a whole change of it is applied
// once. Whole: nobody has it open for writing and two looks in a row saw the same. A change refused for a reason that
// passes (something else is being changed, a provider is away, a canary runs) is applied again after a pause, until it
// is taken, refused for good, or changed. The watcher's thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "manifest/file.hpp"
#include "manifest/system_manifest.hpp"
#include "socle/result.hpp"

namespace socle::control {

class FollowedFile {
 public:
  using Apply = std::function<Status(const manifest::SystemManifest&)>;
  using Clock = std::function<std::chrono::nanoseconds()>;

  // REQUIRES: `running` was just read from its file. `clock` is monotonic; tests bring one that they move.
  FollowedFile(const manifest::SystemManifest& running, Apply apply, Clock clock = {});
  // What is in it has not been applied: the next look does.
  void waits() { text_.clear(); }
  // True: unfinished, look again soon.
  bool look();

 private:
  static constexpr size_t limit = 1 << 20;
  static constexpr std::chrono::seconds first_pause{1}, longest_pause{60};

  bool look_settled(bool there);
  [[nodiscard]] Status apply() const;
  bool judge(const Status& applied);

  const manifest::SystemManifest running_;  // as the command line made it
  const Apply apply_;
  const Clock clock_;
  std::string text_;  // that was dealt with
  std::optional<manifest::FileLook> seen_;
  bool settled_ = false;
  std::optional<std::chrono::nanoseconds> again_;  // when what was refused for now is applied again
  std::chrono::nanoseconds pause_ = first_pause;
};

}  // namespace socle::control
