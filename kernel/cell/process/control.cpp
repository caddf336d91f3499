#include "cell/process/control.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "cell/process/cell_process.hpp"
#include "cell/process/group.hpp"
#include "cell/process/zygote.hpp"
#include "telemetry/log.hpp"

namespace socle::cell {
namespace {

constexpr int answer_patience = 10'000;  // milliseconds; the zygote maps libraries first

struct Pair {
  base::Fd ours, theirs;
};

Result<Pair> make_pair_of_sockets() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
    return Error{Code::unavailable, std::string("socketpair: ") + std::strerror(errno)};
  return Pair{base::Fd(fds[0]), base::Fd(fds[1])};
}

void close_all(const std::vector<int>& fds) {
  for (const int fd : fds) close(fd);
}

}  // namespace

ProcessControl::ProcessControl(ControlSettings settings) : settings_(std::move(settings)) {}

ProcessControl::~ProcessControl() {
  const std::lock_guard lock(zygote_mutex_);
  end_zygote();
}

Spawn ProcessControl::spawner(Sandbox sandbox) {
  return [this, sandbox = std::move(sandbox)](const CellBoot& boot) { return spawn(boot, sandbox); };
}

Status ProcessControl::warm_up() {
  const std::lock_guard lock(zygote_mutex_);
  return zygote_.socket.valid() ? Status() : start_zygote();
}

// REQUIRES: zygote_mutex_.
void ProcessControl::end_zygote() {
  if (zygote_.pid < 0) return;
  ::kill(zygote_.pid, SIGKILL);
  waitpid(zygote_.pid, nullptr, 0);
  zygote_ = {};
}

// REQUIRES: zygote_mutex_.
Status ProcessControl::start_zygote() {
  end_zygote();
  auto pair = make_pair_of_sockets();
  if (!pair) return std::move(pair).error();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, pair->theirs.get(), zygote_socket);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string name = zygote_name;
  char* const arguments[] = {name.data(), nullptr};
  pid_t pid = -1;
  int error = 0;
  warden_.run(
      [&] { error = posix_spawn(&pid, settings_.executable.c_str(), &files, &attributes, arguments, environ); });
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    return Error{Code::unavailable,
                 "the zygote cannot be started: " + settings_.executable.string() + ": " + std::strerror(error)};
  zygote_.pid = pid;
  zygote_.socket = std::move(pair->ours);
  pair->theirs.reset();
  if (auto sent = send_packet(zygote_.socket.get(), to_text(settings_.resident), {}); !sent)
    return std::move(sent).error();
  auto ready = receive_packet(zygote_.socket.get(), answer_patience);
  if (!ready) {
    end_zygote();
    return std::move(ready).error().context("the zygote");
  }
  if (ready->text != "ready")
    telemetry::Log::get().write(telemetry::Level::warn, "cells load libraries themselves: " + ready->text.substr(5));
  return {};
}

Result<ProcessControl::Newborn> ProcessControl::ask_zygote(const BirthRequest& request, bool& zygote_died) {
  const std::lock_guard lock(zygote_mutex_);
  const std::string text = to_text(request);
  const std::vector<int> fds = descriptors_of(request);
  if (!zygote_.socket.valid() || !send_packet(zygote_.socket.get(), text, fds)) {  // none, or it was killed
    if (auto started = start_zygote(); !started) return std::move(started).error();
    if (auto sent = send_packet(zygote_.socket.get(), text, fds); !sent) return std::move(sent).error();
  }
  auto answer = receive_packet(zygote_.socket.get(), answer_patience);
  if (!answer) {
    zygote_died = answer.error().code == Code::unavailable;
    end_zygote();
    return std::move(answer).error().context("the zygote");
  }
  const int pid = std::atoi(answer->text.c_str());
  if (pid <= 0 || answer->fds.size() != 1) {
    close_all(answer->fds);
    return Error{Code::unavailable, std::string("a cell cannot be started: clone: ") + std::strerror(-pid)};
  }
  return Newborn{pid, base::Fd(answer->fds[0])};
}

Result<std::unique_ptr<Process>> ProcessControl::spawn(const CellBoot& boot, const Sandbox& sandbox) {
  bool zygote_died = false;
  auto process = try_to_spawn(boot, sandbox, zygote_died);
  // A cell that it had forked before it died finds its birth socket closed and ends.
  return zygote_died ? try_to_spawn(boot, sandbox, zygote_died) : std::move(process);
}

Result<std::unique_ptr<Process>> ProcessControl::try_to_spawn(const CellBoot& boot, const Sandbox& sandbox,
                                                              bool& zygote_died) {
  auto birth = make_pair_of_sockets();
  if (!birth) return std::move(birth).error();
  int log[2];
  if (pipe2(log, O_CLOEXEC) != 0) return Error{Code::unavailable, std::string("pipe: ") + std::strerror(errno)};
  base::Fd log_read(log[0]);
  base::Fd log_write(log[1]);
  auto box = std::make_unique<SharedBox>();
  if (!box->valid()) return Error{Code::unavailable, std::string("memfd: ") + std::strerror(errno)};
  uint64_t number = 0;
  {
    const std::lock_guard lock(zygote_mutex_);
    number = ++births_;
  }
  std::string group_problem;
  Group group = Group::make("socle-" + std::to_string(getpid()) + "-" + std::to_string(number), sandbox, boot.mapped,
                            group_problem);
  BirthRequest request{boot, sandbox, getpid(), log_write.get(), birth->theirs.get(), box->fd(), group.entrances()};
  auto born = ask_zygote(request, zygote_died);
  if (!born) return std::move(born).error();
  birth->theirs.reset();
  log_write.reset();
  box->close_fd();
  const pid_t pid = born->pid;
  auto process =
      std::make_unique<CellProcess>(pid, std::move(born->pidfd), std::move(box), std::move(group), settings_.data);
  auto told = receive_packet(birth->ours.get(), answer_patience);
  Enforced enforced;
  if (!told || !from_text(told->text, enforced) || told->fds.size() > 1) {
    if (told) close_all(told->fds);
    LastWork work;
    work.plugin = boot.plugin;
    work.generation = boot.generation;
    work.method = "enter the sandbox";
    process->kill();
    return Error{Code::unavailable, "the cell did not enter its sandbox: " + process->epitaph(work)};
  }
  auto ward = std::make_shared<Ward>(Ward{boot.plugin, boot.generation, pid, Broker(sandbox, boot.library),
                                          base::Fd(fcntl(process->pidfd(), F_DUPFD_CLOEXEC, 0)), std::move(log_read),
                                          base::Fd(told->fds.empty() ? -1 : told->fds[0])});
  warden_.watch(std::move(ward));
  note(enforced, group_problem);
  return std::unique_ptr<Process>(std::move(process));
}

void ProcessControl::note(const Enforced& enforced, const std::string& group_problem) {
  Confinement now;
  now.sound =
      enforced.capabilities.empty() && enforced.filter.empty() && enforced.broker.empty() && enforced.limits.empty();
  for (const std::string& problem : {enforced.namespaces, enforced.capabilities, enforced.landlock, enforced.filter,
                                     enforced.broker, enforced.limits, group_problem}) {
    if (!problem.empty()) now.missing.push_back(problem);
  }
  const std::lock_guard lock(mutex_);
  confinement_ = now;
  if (std::exchange(known_, true)) return;
  for (const std::string& problem : now.missing)
    telemetry::Log::get().write(telemetry::Level::warn, "this machine does not confine cells fully: " + problem);
}

ProcessControl::Confinement ProcessControl::confinement() {
  {
    const std::lock_guard lock(mutex_);
    if (known_) return confinement_;
  }
  CellBoot nothing;
  const base::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  nothing.down = nothing.up = nothing.wake_cell = null.get();
  if (auto trial = spawn(nothing, Sandbox{}); !trial) return {false, {trial.error().message}};
  const std::lock_guard lock(mutex_);
  return confinement_;
}

}  // namespace socle::cell
