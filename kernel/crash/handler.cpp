#include "crash/handler.hpp"

#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

#include "telemetry/log.hpp"

namespace socle::crash {
namespace {

constexpr size_t alternate_size = 64 * 1024;
constexpr unsigned handler_patience = 2;  // seconds; an unwinder that waits for a lock of the broken process never ends

constinit BlackBox* g_box = nullptr;
constinit Describe g_describe = nullptr;
constinit thread_local const Blame* t_blame = nullptr;

void read_maps(BlackBox& box) {
  const int fd = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  uint32_t size = 0;
  while (size < BlackBox::maps_room) {
    const ssize_t n = ::read(fd, box.maps + size, BlackBox::maps_room - size);
    if (n <= 0) break;
    size += static_cast<uint32_t>(n);
  }
  box.maps_size = size;
  ::close(fd);
}

// Where the fault happened; 0 where this processor's layout is not known.
uint64_t program_counter(const void* context) {
#if defined(__x86_64__)
  return static_cast<uint64_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<const ucontext_t*>(context)->uc_mcontext.pc;
#else
  static_cast<void>(context);
  return 0;
#endif
}

// The frames from the faulting one on; those of the handler above it tell nothing.
void trace(BlackBox& box, uint64_t fault) {
  void* frames[BlackBox::most_frames];
  const int n = backtrace(frames, static_cast<int>(BlackBox::most_frames));
  int first = 0;
  while (first < n && reinterpret_cast<uint64_t>(frames[first]) != fault) ++first;
  if (first == n) first = 0;
  for (int i = first; i < n; ++i) box.stack[i - first] = reinterpret_cast<uint64_t>(frames[i]);
  box.frames = static_cast<uint32_t>(n - first);
}

void write_last_words(BlackBox& box, int signal, const siginfo_t& info, const void* context) {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  sigaction(SIGALRM, &plain, nullptr);
  sigset_t alarm_only;
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarm_only, nullptr);
  alarm(handler_patience);
  box.signal = signal;
  box.code = info.si_code;
  box.address = reinterpret_cast<uint64_t>(info.si_addr);
  box.thread = static_cast<int32_t>(syscall(SYS_gettid));
  if (g_describe != nullptr) g_describe(box);
  if (const Blame* blame = t_blame; blame != nullptr && box.plugin[0] == 0) {
    put_text(box.plugin, blame->plugin);
    put_text(box.version, blame->version);
    put_text(box.method, blame->what);
    box.generation = blame->generation;
  }
  box.stage.store(BlackBox::blamed, std::memory_order_release);
  read_maps(box);
  trace(box, program_counter(context));
  box.stage.store(BlackBox::traced, std::memory_order_release);
  telemetry::Log::get().last_words();
}

void on_crash(int signal, siginfo_t* info, void* context) {
  uint32_t none = BlackBox::empty;
  if (!g_box->stage.compare_exchange_strong(none, BlackBox::signalled)) {
    for (;;) pause();  // another thread is writing, and will end the process
  }
  write_last_words(*g_box, signal, *info, context);
  // The same signal again, now with its default action; blocked until this handler has returned.
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  sigaction(signal, &plain, nullptr);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

}  // namespace

void install(BlackBox& box, Describe describe) {
  g_box = &box;
  g_describe = describe;
  void* frame = nullptr;
  static_cast<void>(backtrace(&frame, 1));  // the first one loads the unwinder, which no handler may do
  const auto fatal = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int signal : fatal) sigaddset(&action.sa_mask, signal);  // a fault in the handler ends the process at once
  for (const int signal : fatal) sigaction(signal, &action, nullptr);
}

AlternateStack::AlternateStack()
    : memory_(
          mmap(nullptr, alternate_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
  if (memory_ == MAP_FAILED) return;
  stack_t stack{};
  stack.ss_sp = memory_;
  stack.ss_size = alternate_size;
  sigaltstack(&stack, nullptr);
}

AlternateStack::~AlternateStack() {
  if (memory_ == MAP_FAILED) return;
  stack_t off{};
  off.ss_flags = SS_DISABLE;
  sigaltstack(&off, nullptr);
  munmap(memory_, alternate_size);
}

Blame::Blame(std::string_view of_plugin, std::string_view of_version, uint64_t of_generation, std::string_view doing)
    : plugin(of_plugin), version(of_version), what(doing), generation(of_generation), outer_(t_blame) {
  t_blame = this;
}

Blame::~Blame() { t_blame = outer_; }

}  // namespace socle::crash
