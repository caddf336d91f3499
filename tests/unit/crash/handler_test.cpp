// handler_test.cpp: each case crashes a child process and looks into the box that it left.
#include "crash/handler.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

using socle::crash::BlackBox;

namespace {

struct SharedBox {
  SharedBox()
      : box(static_cast<BlackBox*>(
            mmap(nullptr, sizeof(BlackBox), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedBox() { munmap(box, sizeof(BlackBox)); }
  SharedBox(const SharedBox&) = delete;
  SharedBox& operator=(const SharedBox&) = delete;
  BlackBox* box;
};

// The signal that ended a child which runs `crash` with the handler installed.
int signal_of(BlackBox& box, socle::crash::Describe describe, const std::function<void()>& crash) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    const socle::crash::AlternateStack stack;
    socle::crash::install(box, describe);
    crash();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

volatile int g_depth = 1'000'000'000;
volatile uintptr_t g_nowhere = 16;

int recurse(int depth) {
  volatile char here[4096];
  here[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : recurse(depth - 1) + here[0];
}

void fault() { *reinterpret_cast<volatile int*>(g_nowhere) = 1; }

}  // namespace

TEST_CASE("handler: a fault ends the process with its own signal, address and stack told", "[crash]") {
  const SharedBox shared;
  CHECK(signal_of(*shared.box, nullptr, fault) == SIGSEGV);
  CHECK(shared.box->stage == BlackBox::traced);
  CHECK(shared.box->signal == SIGSEGV);
  CHECK(shared.box->address == 16);
  CHECK(shared.box->frames > 3);
  CHECK(std::string_view(shared.box->maps, shared.box->maps_size).find("crash_test") != std::string_view::npos);
}

TEST_CASE("handler: abort is told", "[crash]") {
  const SharedBox shared;
  CHECK(signal_of(*shared.box, nullptr, [] { std::abort(); }) == SIGABRT);
  CHECK(shared.box->stage == BlackBox::traced);
}

TEST_CASE("handler: a stack overflow is told, also on a thread", "[crash]") {
  const SharedBox shared;
  CHECK(signal_of(*shared.box, nullptr, [] {
          std::thread([] {
            const socle::crash::AlternateStack stack;
            recurse(g_depth);
          }).join();
        }) == SIGSEGV);
  CHECK(shared.box->stage == BlackBox::traced);
}

TEST_CASE("handler: the one who describes is asked, and what it says stands before a blame", "[crash]") {
  const SharedBox shared;
  const socle::crash::Blame blame("outer", "1.0.0", 1, "create");
  signal_of(
      *shared.box, [](BlackBox& box) { socle::crash::put_text(box.plugin, "told"); }, fault);
  CHECK(std::string_view(shared.box->plugin) == "told");
}

TEST_CASE("handler: the innermost blame counts where nobody describes", "[crash]") {
  const SharedBox shared;
  signal_of(*shared.box, nullptr, [] {
    const socle::crash::Blame outer("outer", "1.0.0", 1, "create");
    const socle::crash::Blame inner("inner", "2.0.0", 2, "load");
    fault();
  });
  CHECK(std::string_view(shared.box->plugin) == "inner");
  CHECK(std::string_view(shared.box->version) == "2.0.0");
  CHECK(std::string_view(shared.box->method) == "load");
  CHECK(shared.box->generation == 2);
}

TEST_CASE("handler: a blame ends with its scope", "[crash]") {
  const SharedBox shared;
  signal_of(*shared.box, nullptr, [] {
    { const socle::crash::Blame blame("gone", "1.0.0", 1, "load"); }
    fault();
  });
  CHECK(shared.box->plugin[0] == 0);
}

TEST_CASE("handler: a fault while it describes still ends the process, with the signal told", "[crash]") {
  const SharedBox shared;
  CHECK(signal_of(
            *shared.box, [](BlackBox&) { fault(); }, fault) == SIGSEGV);
  CHECK(shared.box->stage == BlackBox::signalled);
  CHECK(shared.box->signal == SIGSEGV);
}

TEST_CASE("handler: one who describes for ever is ended", "[crash]") {
  const SharedBox shared;
  CHECK(signal_of(
            *shared.box,
            [](BlackBox&) {
              for (;;) pause();
            },
            fault) == SIGALRM);
  CHECK(shared.box->signal == SIGSEGV);
}
