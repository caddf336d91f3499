// child.cpp: a forked child for what is expected to end the process.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <socle/testing/child.hpp>

namespace socle::testing {

ChildEnd run_in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(STDERR_FILENO);
    // The test framework's and the sanitizers' handlers would turn the signal into a report.
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(number, SIG_DFL);
    work();
    ::_exit(0);
  }
  ChildEnd out;
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status)) out.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) out.signal = WTERMSIG(status);
  return out;
}

}  // namespace socle::testing
