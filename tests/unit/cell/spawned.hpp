// spawned.hpp: cells for tests: a helper program started with the descriptors of a CellBoot, whose plugin is one of
// those in child_main.cpp or a library.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/file.hpp"
#include "cell/link/process.hpp"

extern char** environ;

namespace socle::cell::test {

class Spawned : public Process {
 public:
  // `how`: name of a built-in plugin of child_main.cpp; "" for boot.library.
  static Result<std::unique_ptr<Process>> start(const CellBoot& boot, const std::string& how) {
    std::vector<int> fds{boot.down, boot.up, boot.wake_cell};
    fds.insert(fds.end(), boot.wake_kernel.begin(), boot.wake_kernel.end());
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    std::vector<base::Fd> high;  // above the numbers they shall get
    for (size_t i = 0; i < fds.size(); ++i) {
      high.emplace_back(fcntl(fds[i], F_DUPFD_CLOEXEC, 200));
      posix_spawn_file_actions_adddup2(&actions, high.back().get(), first_fd + static_cast<int>(i));
    }
    std::vector<std::string> words{SOCLE_CELL_CHILD,
                                   how.empty() ? "-" : how,
                                   boot.plugin,
                                   std::to_string(boot.generation),
                                   std::to_string(boot.workers),
                                   boot.library.empty() ? "-" : boot.library};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    auto made = std::make_unique<Spawned>();
    const int error = posix_spawn(&made->pid_, SOCLE_CELL_CHILD, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return Error{Code::unavailable, "posix_spawn of the test's cell failed"};
    made->pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, made->pid_, 0)));
    return std::unique_ptr<Process>(std::move(made));
  }
  static Spawn with(std::string how) {
    return [how](const CellBoot& boot) { return start(boot, how); };
  }

  ~Spawned() override {
    if (pid_ <= 0 || reaped_) return;
    Spawned::kill();
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const override { return pid_; }
  [[nodiscard]] int pidfd() const override { return pidfd_.get(); }
  void kill() override { syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0); }
  bool ended_as_told() override {
    reap();
    return WIFSIGNALED(status_) ? WTERMSIG(status_) == SIGKILL : WEXITSTATUS(status_) == 0;
  }
  std::string epitaph(const LastWork& work) override {
    reap();
    std::string text = WIFSIGNALED(status_) ? "signal " + std::to_string(WTERMSIG(status_))
                                            : "exit " + std::to_string(WEXITSTATUS(status_));
    if (!work.method.empty()) text += " in " + work.method + " for tenant '" + work.tenant + "'";
    if (work.input_size) text += ", " + std::to_string(*work.input_size) + " B of " + work.input_sha256.substr(0, 8);
    return text;
  }

  static constexpr int first_fd = 10;

 private:
  void reap() {
    if (!reaped_) waitpid(pid_, &status_, 0);
    reaped_ = true;
  }
  pid_t pid_ = -1;
  base::Fd pidfd_;
  bool reaped_ = false;
  int status_ = 0;  // once reaped
};

}  // namespace socle::cell::test
