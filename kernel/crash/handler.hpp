// handler.hpp: what a process that hosts plugins does when it crashes: it writes its last words into a black box and
// dies of the same signal. Installed once by main() of the kernel and of a cell; every thread that may run plugin code
// holds an AlternateStack, so that a stack overflow is told as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crash/black_box.hpp"

namespace socle::crash {

// Fills plugin, version, method, tenant, generation and input of the box from what this thread was doing. Called in
// the signal handler: no allocation, no lock.
using Describe = void (*)(BlackBox& box);

// SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP and SIGSYS from now on end in `box`, which must live as long as the
// process.
void install(BlackBox& box, Describe describe);

// This thread's stack for signal handlers, from here to the end of the scope. The first thing of a thread.
class AlternateStack {
 public:
  AlternateStack();
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  void* memory_;
};

// Says whose code this thread is about to run where `Describe` cannot know: while a library is loaded, a hook of it
// called, its work run off the workers. The texts must outlive the scope. Scopes nest; the inner one counts.
class Blame {
 public:
  Blame(std::string_view plugin, std::string_view version, uint64_t generation, std::string_view what);
  ~Blame();
  Blame(const Blame&) = delete;
  Blame& operator=(const Blame&) = delete;

  std::string_view plugin, version, what;
  uint64_t generation;

 private:
  const Blame* outer_;
};

}  // namespace socle::crash
