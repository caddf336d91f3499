#include "cell/process/zygote.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "cell/process/request.hpp"
#include "cell/process/sandbox.hpp"
#include "crash/handler.hpp"
#include "loader/resident.hpp"

namespace socle::cell {
namespace {

constexpr int report_fd = zygote_socket;  // a cell has no use for the zygote's socket, and so the number is free

void describe(crash::BlackBox& box) {
  const CurrentWork* work = current_work();
  if (work == nullptr || work->active.load(std::memory_order_acquire) == 0) return;
  crash::put_text(box.method, {work->method, strnlen(work->method, sizeof work->method)});
  crash::put_text(box.tenant, {work->tenant, strnlen(work->tenant, sizeof work->tenant)});
  box.input_size = work->input_size;
  if (work->input != nullptr) box.input_hash = crash::hash_input({work->input, work->input_size});
}

// REQUIRES: this is the new process, and has one thread.
[[noreturn]] void live(BirthRequest& request, CellMain run) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != request.kernel) ::_exit(1);
  prctl(PR_SET_NAME, request.boot.plugin.c_str());
  for (const int group : request.groups) {
    [[maybe_unused]] const ssize_t n = ::write(group, "0", 1);
    close(group);
  }
  dup2(request.log, STDERR_FILENO);
  close(request.log);
  dup3(request.birth, report_fd, O_CLOEXEC);
  close(request.birth);
  void* box = mmap(nullptr, sizeof(crash::BlackBox), PROT_READ | PROT_WRITE, MAP_SHARED, request.box, 0);
  close(request.box);
  const crash::AlternateStack stack;
  if (box != MAP_FAILED) crash::install(*static_cast<crash::BlackBox*>(box), describe);
  int listener = -1;
  const Enforced enforced = enter(request.sandbox, request.boot.mapped, report_fd, listener);
  const bool told =
      send_packet(report_fd, to_text(enforced), listener >= 0 ? std::vector<int>{listener} : std::vector<int>{})
          .has_value();
  close(report_fd);
  if (listener >= 0) close(listener);
  if (request.boot.plugin.empty()) ::_exit(0);  // a trial of the sandbox
  ::_exit(told ? run(request.boot) : 1);
}

// A fork whose child is the kernel's: the zygote's own parent waits for it. errno as a negative number.
pid_t fork_for_parent(int& pidfd) {
  clone_args arguments{};
  arguments.flags = CLONE_PARENT | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  const long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  return child < 0 ? -errno : static_cast<pid_t>(child);
}

void answer(const Packet& packet, CellMain run) {
  BirthRequest request;
  std::string text = "-22";
  int pidfd = -1;
  if (from_text(packet.text, packet.fds, request)) {
    const pid_t child = fork_for_parent(pidfd);
    if (child == 0) live(request, run);
    text = std::to_string(child);
  }
  static_cast<void>(send_packet(zygote_socket, text, pidfd >= 0 ? std::vector<int>{pidfd} : std::vector<int>{}));
  if (pidfd >= 0) close(pidfd);
}

}  // namespace

int zygote_main(CellMain run) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, zygote_name);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
  close_range(zygote_socket + 1, ~0U, 0);
  if (chdir("/") != 0) return 1;
  auto names = receive_packet(zygote_socket, -1);
  std::vector<std::string> libraries;
  if (!names || !from_text(names->text, libraries)) return 1;
  const auto resident = loader::Resident::preload(libraries);
  const std::string problem = resident ? "" : resident.error().message;
  if (!send_packet(zygote_socket, "ready" + problem, {})) return 1;
  for (;;) {
    auto packet = receive_packet(zygote_socket, -1);
    if (!packet) return 0;  // the kernel is gone
    answer(*packet, run);
    for (const int fd : packet->fds) close(fd);
  }
}

}  // namespace socle::cell
