// fixture.cpp: cells without a data path: what a cell does is said by its plugin's name, "VERB ARGUMENT…", and what
// came of it is written to `up` as text, which the test reads after the cell's end.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cell/process/zygote.hpp"

namespace {

volatile int g_depth = 1'000'000'000;
volatile uintptr_t g_nowhere = 16;

int recurse(int depth) {
  volatile char here[4096];
  here[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : recurse(depth - 1) + here[0];
}

std::string outcome(long result) { return result < 0 ? strerrorname_np(errno) : "done"; }

std::string open_and_read(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY);
  if (fd < 0) return strerrorname_np(errno);
  char text[64] = {};
  const ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  return n < 0 ? strerrorname_np(errno) : "read " + std::string(text, static_cast<size_t>(n));
}

std::string create(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return strerrorname_np(errno);
  const ssize_t n = write(fd, "new", 3);
  close(fd);
  return outcome(n);
}

std::string flood_memory() {
  for (int i = 0; i < 4096; ++i) {
    void* piece = malloc(size_t{16} << 20U);
    if (piece == nullptr) return "refused after " + std::to_string(i * 16) + " MiB";
    memset(piece, 1, size_t{16} << 20U);
  }
  return "done";
}

std::string flood_descriptors() {
  int n = 0;
  while (n < 100'000 && dup(STDERR_FILENO) >= 0) ++n;
  return n < 100'000 ? "refused after " + std::to_string(n) : "done";
}

std::string private_memory() {
  const int fd = open("/proc/self/maps", O_RDONLY);
  char text[32];
  const bool readable = fd >= 0 && read(fd, text, sizeof text) > 0;
  return readable ? "readable" : "not readable";
}

using Verb = std::function<std::string(std::istringstream&)>;

std::string next(std::istringstream& words) {
  std::string word;
  words >> word;
  return word;
}

const std::map<std::string, Verb>& verbs() {
  static const std::map<std::string, Verb> all = {
      {"nothing", [](auto&) { return std::string("done"); }},
      {"segv", [](auto&) { return std::to_string(*reinterpret_cast<volatile int*>(g_nowhere)); }},
      {"abort", [](auto&) -> std::string { std::abort(); }},
      {"overflow", [](auto&) { return std::to_string(recurse(g_depth)); }},
      {"exit", [](auto& w) -> std::string { _exit(std::atoi(next(w).c_str())); }},
      {"wait",
       [](auto&) -> std::string {
         for (;;) pause();
       }},
      {"say",
       [](auto& w) {
         const std::string line = next(w) + "\n";
         return outcome(write(STDERR_FILENO, line.data(), line.size()));
       }},
      {"thread",
       [](auto&) {
         std::string result;
         std::thread([&] { result = "a thread ran"; }).join();
         return result;
       }},
      {"read", [](auto& w) { return open_and_read(next(w)); }},
      {"create", [](auto& w) { return create(next(w)); }},
      {"maps", [](auto&) { return private_memory(); }},
      {"unlink", [](auto& w) { return outcome(unlink(next(w).c_str())); }},
      {"mkdir", [](auto& w) { return outcome(mkdir(next(w).c_str(), 0700)); }},
      {"rename",
       [](auto& w) {
         const std::string from = next(w);
         return outcome(rename(from.c_str(), next(w).c_str()));
       }},
      {"inet", [](auto&) { return outcome(socket(AF_INET, SOCK_STREAM, 0)); }},
      {"unix", [](auto&) { return outcome(socket(AF_UNIX, SOCK_STREAM, 0)); }},
      {"fork",
       [](auto&) {
         const pid_t child = fork();
         if (child == 0) _exit(0);
         return outcome(child);
       }},
      {"vfork-by-hand", [](auto&) { return outcome(syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0)); }},
      {"exec",
       [](auto&) {
         char name[] = "true";
         char* const arguments[] = {name, nullptr};
         return outcome(execv("/bin/true", arguments));
       }},
      {"ptrace", [](auto&) { return outcome(ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr)); }},
      {"kill-parent", [](auto&) { return outcome(kill(getppid(), SIGKILL)); }},
      {"signal-by-fcntl", [](auto&) { return outcome(fcntl(STDERR_FILENO, F_SETOWN, getppid())); }},
      {"pin-parent",
       [](auto&) {
         cpu_set_t set;
         CPU_ZERO(&set);
         CPU_SET(0, &set);
         return outcome(sched_setaffinity(getppid(), sizeof set, &set));
       }},
      {"unshare", [](auto&) { return outcome(unshare(CLONE_NEWUSER)); }},
      {"mount", [](auto&) { return outcome(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr)); }},
      {"bpf", [](auto&) { return outcome(syscall(SYS_bpf, 0, nullptr, 0)); }},
      {"memfd", [](auto&) { return outcome(memfd_create("x", 0)); }},
      {"outlive", [](auto&) { return outcome(prctl(PR_SET_PDEATHSIG, 0)); }},
      {"shared-memory",
       [](auto&) {
         return std::string(mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                                ? strerrorname_np(errno)
                                : "done");
       }},
      {"unknown-call", [](auto&) { return outcome(syscall(999)); }},
      {"ask-for-ever",
       [](auto&) -> std::string {
         for (;;) unlink("/nothing");
       }},
      {"open-for-ever",
       [](auto&) -> std::string {
         for (;;) close(open("/dev/null", O_RDONLY));
       }},
      {"memory", [](auto&) { return flood_memory(); }},
      {"descriptors", [](auto&) { return flood_descriptors(); }},
  };
  return all;
}

int fixture_main(const socle::cell::CellBoot& boot) {
  std::istringstream words(boot.plugin);
  const std::string result = verbs().at(next(words))(words);
  return pwrite(boot.up, result.data(), result.size(), 0) == static_cast<ssize_t>(result.size()) ? 0 : 2;
}

}  // namespace

int main() { return socle::cell::zygote_main(fixture_main); }
