// drill.cpp: does what a plugin must not do, one thing a call, for the tests of the supervisor and of cells. What
// returns answers "done" or the name of the error it met.
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <socle/plugin.hpp>

namespace {

volatile int g_depth = 1'000'000'000;  // as good as endless, which the compiler would refuse
volatile uintptr_t g_nowhere = 16;

int recurse(int depth) {
  volatile char here[4096];
  here[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : recurse(depth - 1) + here[0];
}

// Never returns, and never sleeps.
void spin() {
  while (g_depth != 0) {}
}

int outcome(long result) { return result < 0 ? errno : 0; }

int open_at(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

int connect_to_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(9);
  const int error = outcome(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  ::close(fd);
  return error;
}

int flood_memory() {
  constexpr size_t piece = size_t{64} << 20U;
  for (size_t i = 0; i < 1024; ++i) {
    auto* memory = static_cast<char*>(std::malloc(piece));
    if (memory == nullptr) return ENOMEM;
    std::memset(memory, 1, piece);
  }
  return 0;
}

int flood_descriptors() {
  for (int i = 0; i < 1'000'000; ++i) {
    if (::dup(STDERR_FILENO) < 0) return errno;
  }
  return 0;
}

int fork_once() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  return outcome(child);
}

// 0, or an errno.
int perform(std::string_view what, const std::string& path) {
  if (what == "nothing") return 0;
  if (what == "segv") return *reinterpret_cast<volatile int*>(g_nowhere);
  if (what == "abort") std::abort();
  if (what == "overflow") return recurse(g_depth);
  if (what == "loop") spin();
  if (what == "doze") return outcome(::usleep(4'000'000));
  if (what == "exit") ::_exit(7);
  if (what == "kill") return outcome(::kill(::getpid(), SIGKILL));
  if (what == "stop") return outcome(::kill(::getpid(), SIGSTOP));
  if (what == "memory") return flood_memory();
  if (what == "descriptors") return flood_descriptors();
  if (what == "fork") return fork_once();
  if (what == "exec") {
    char name[] = "true";
    char* const arguments[] = {name, nullptr};
    return outcome(::execv("/bin/true", arguments));
  }
  if (what == "read") return open_at(path, O_RDONLY);
  if (what == "write") return open_at(path, O_WRONLY | O_CREAT);
  if (what == "unlink") return outcome(::unlink(path.c_str()));
  if (what == "mkdir") return outcome(::mkdir(path.c_str(), 0700));
  if (what == "inet") return outcome(::socket(AF_INET, SOCK_STREAM, 0));
  if (what == "connect") return connect_to_loopback();
  if (what == "unix") return outcome(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (what == "ptrace") return outcome(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr));
  if (what == "kill-parent") return outcome(::kill(::getppid(), SIGKILL));
  if (what == "unshare") return outcome(::unshare(CLONE_NEWUSER));
  if (what == "mount") return outcome(::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr));
  if (what == "bpf") return outcome(::syscall(SYS_bpf, 0, nullptr, 0));
  return EINVAL;
}

}  // namespace

class Drill : public socle::Plugin {
 public:
  explicit Drill(socle::Host& host) {
    if (host.config().get<std::string>("start") == "crash") std::abort();
  }

  socle::Reply run(socle::Request request) {
    const int error = perform(request.param("what"), std::string(request.text()));
    return socle::Reply::text(error == 0 ? "done" : strerrorname_np(error));
  }
  socle::Reply ask(socle::Request) { return socle::Reply::text("well"); }
};

SOCLE_PLUGIN(Drill, socle::service("drill", 1).method("run", &Drill::run).method("ask", &Drill::ask))
