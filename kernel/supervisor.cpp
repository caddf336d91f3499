#include "supervisor.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "crash/record.hpp"
#include "crash/report.hpp"
#include "crash/restart_policy.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle {
namespace {

using std::chrono::nanoseconds;
using telemetry::Level;
using telemetry::Log;

// Three deaths in a minute cost no waiting; eleven end it. A kernel that served this long counts as a new one.
constexpr crash::RestartTerms terms{std::chrono::milliseconds(100), std::chrono::seconds(10), 10,
                                    std::chrono::seconds(60), 3};
// One that served and was killed by SIGKILL was somebody else's doing, and is followed by another however often that
// is done; but what the system kills for want of memory it will kill again, so beyond ten in a minute that takes time.
constexpr crash::RestartTerms killed_terms{std::chrono::milliseconds(100), std::chrono::seconds(10), UINT32_MAX,
                                           std::chrono::seconds(60), 10};
constexpr nanoseconds proven = std::chrono::seconds(5);
constexpr nanoseconds look_every = std::chrono::milliseconds(500);  // at the kernel's beats, one a second
constexpr int64_t last_words_looks = 6;                             // for the report of a kernel that hung

// Shared with the child; pages are taken when they are written.
struct Shared {
  std::atomic<int64_t> serving_since;  // 0: not yet
  Beats beats;
  crash::BlackBox box;
};

struct End {
  pid_t pid = 0;
  int signal = 0;  // 0: it exited
  int exit_code = 0;
};

// How many processes the system has killed for want of memory, since it began.
uint64_t oom_kills() {
  std::ifstream in("/proc/vmstat");
  std::string name;
  for (uint64_t count = 0; in >> name >> count;) {
    if (name == "oom_kill") return count;
  }
  return 0;
}

class Supervisor {
 public:
  Supervisor(const std::filesystem::path& data, nanoseconds hang, const std::function<int(const Birth&)>& kernel)
      : data_(data), silence_allowed_(hang / look_every), kernel_(kernel), policy_(terms), killed_(killed_terms) {}

  int run() {
    // Whatever a dead kernel leaves becomes ours to reap.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return fail("the supervisor has no memory to share with the kernel");
    shared_ = static_cast<Shared*>(memory);
    for (;;) {
      const pid_t child = start();
      if (child < 0) return fail(std::string("the kernel cannot be started: fork: ") + std::strerror(errno));
      const End end = await(child);
      const bool served = shared_->serving_since.load() != 0;
      announced_ = announced_ || served;
      if (end.signal == 0 && (end.exit_code == 0 || ending_ || !announced_)) return end.exit_code;
      const auto delay = judge(end, served);
      if (ending_) return fail("the kernel died while it drained");
      if (!delay)
        return fail("the kernel died " + std::to_string(terms.count + 1) +
                    " times within a minute and is not started again; the reports are in " +
                    (data_ / "crashes").string());
      madvise(shared_, sizeof(Shared), MADV_REMOVE);  // zero again for the next
      if (pause(*delay)) return 0;
      ++restarts_;
    }
  }

 private:
  static int fail(const std::string& text) {
    Log::get().write(Level::error, text);
    return 1;
  }

  pid_t start() {
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child != 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) ::_exit(1);  // it died before the line above
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_UNBLOCK, &children, nullptr);
    Shared* const shared = shared_;
    const int code =
        kernel_({restarts_, !announced_, [shared] { shared->serving_since.store(telemetry::monotonic_now()); },
                 &shared->box, &shared->beats});
    std::fflush(nullptr);
    ::_exit(code);
  }

  static sigset_t signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, signal);
    return set;
  }

  // The child's end; meanwhile hands on what ends a kernel.
  End await(pid_t child) {
    const sigset_t set = signals();
    uint64_t beats = 0;
    int64_t silent = 0;
    hung_ = false;
    for (;;) {
      constexpr timespec soon{0, look_every.count()};
      const int signal = sigtimedwait(&set, nullptr, &soon);
      if (signal < 0 && silence_allowed_ > 0 && !ending_ && shared_->serving_since.load() != 0) {
        // Counted in looks, not in time: a machine that slept did not hang.
        const uint64_t now = shared_->beats.count.load();
        silent = now == beats ? silent + 1 : 0;
        beats = now;
        if (silent >= silence_allowed_) end_hung(child, silent - silence_allowed_);
      }
      if (signal == SIGTERM || signal == SIGINT) {
        ending_ = true;
        kill(child, signal);
      }
      int status = 0;
      End end;
      for (pid_t dead = 0; (dead = waitpid(-1, &status, WNOHANG)) > 0;) {  // several ends may be one signal
        if (dead == child)
          end = {child, WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFEXITED(status) ? WEXITSTATUS(status) : 0};
      }
      if (end.pid == child) return end;
    }
  }

  // First in the worker that hangs, so that its last words name whose code it is in; then for certain.
  void end_hung(pid_t child, int64_t looks_since) {
    if (std::exchange(hung_, true)) {
      if (looks_since >= last_words_looks) kill(child, SIGKILL);
      return;
    }
    Log::get().write(Level::error, "the kernel hangs: no worker has come round; it is ended",
                     {{"pid", std::to_string(child)},
                      {"seconds", std::to_string(silence_allowed_ * look_every.count() / 1'000'000'000)}});
    syscall(SYS_tgkill, child, shared_->beats.thread.load(), SIGABRT);
  }

  // true: the operator wants it to end.
  static bool pause(nanoseconds delay) {
    sigset_t set = signals();
    sigdelset(&set, SIGCHLD);
    const timespec wait{delay.count() / 1'000'000'000, delay.count() % 1'000'000'000};
    return sigtimedwait(&set, nullptr, &wait) > 0;
  }

  // Writes down how it died and says when the next may start; nullopt: never.
  std::optional<nanoseconds> judge(const End& end, bool served) {
    crash::Report report;
    report.process = "kernel";
    report.pid = end.pid;
    report.signal = end.signal;
    report.exit_code = end.exit_code;
    report.at = telemetry::utc_now();
    crash::read(shared_->box, report);
    if (hung_) {
      report.reason = "it hung: no worker came round for " +
                      std::to_string(silence_allowed_ * look_every.count() / 1'000'000'000) + " s";
    } else if (report.plugin.empty()) {
      const bool memory = oom_kills() > ooms_;
      report.reason = end.signal != SIGKILL ? "no plugin was running"
                      : memory              ? "killed, likely by the system for want of memory: it has killed somebody"
                                            : "killed from outside";
    }
    ooms_ = oom_kills();
    const auto file = crash::keep(data_, report);
    const int64_t now = telemetry::monotonic_now();
    const bool killed = served && end.signal == SIGKILL && !hung_;
    if (served && (killed || now - shared_->serving_since.load() >= proven.count())) policy_.forgive();
    const auto delay = killed ? killed_.died(now) : policy_.died(now);
    Log::get().write(Level::error, "the kernel died" + std::string(delay && !ending_ ? " and is started again" : ""),
                     {{"signal", end.signal != 0 ? crash::signal_name(end.signal) : ""},
                      {"exit_code", end.signal == 0 ? std::to_string(end.exit_code) : ""},
                      {"plugin", report.plugin},
                      {"version", report.version},
                      {"generation", report.generation != 0 ? std::to_string(report.generation) : ""},
                      {"method", report.method},
                      {"tenant", report.tenant},
                      {"report", file ? file->string() : file.error().message},
                      {"delay_ms", delay ? std::to_string(delay->count() / 1'000'000) : ""}});
    if (end.signal != 0) blame(report);
    return delay;
  }

  void blame(const crash::Report& report) {
    const auto blank = [](const std::string& text) { return text.empty() || text.find(' ') != std::string::npos; };
    if (blank(report.plugin) || blank(report.version)) return;
    crash::Record record = crash::Record::open(data_);
    const uint32_t crashes = record.count(report.plugin, report.version);
    if (auto kept = record.keep(); !kept) Log::get().write(Level::error, "crash record: " + kept.error().message);
    if (crashes == crash::crashes_before_cell)
      Log::get().write(Level::error, "a plugin has crashed the kernel twice and leaves the kernel's process",
                       {{"plugin", report.plugin}, {"version", report.version}});
  }

  const std::filesystem::path& data_;
  const int64_t silence_allowed_;  // looks without a beat; 0: any number
  const std::function<int(const Birth&)>& kernel_;
  crash::RestartPolicy policy_, killed_;
  uint64_t ooms_ = oom_kills();  // before this child
  Shared* shared_ = nullptr;
  uint64_t restarts_ = 0;
  bool announced_ = false;  // a kernel has served
  bool ending_ = false;
  bool hung_ = false;  // this child was ended for it
};

}  // namespace

int supervise(const std::filesystem::path& data, nanoseconds hang, const std::function<int(const Birth&)>& kernel) {
  malloc_trim(0);  // what reading the manifest took
  return Supervisor(data, hang, kernel).run();
}

}  // namespace socle
