#include "cell/process/filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

namespace socle::cell {
namespace {

#if defined(__x86_64__)
constexpr uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t architecture = AUDIT_ARCH_AARCH64;
#endif

// What a cell does all the time first: a filter is read from the top where the system cannot remember its answers.
// clang-format off
constexpr int plain_calls[] = {
    SYS_epoll_pwait, SYS_futex, SYS_write, SYS_read, SYS_clock_gettime, SYS_close, SYS_fstat, SYS_newfstatat,
    SYS_lseek, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_readv, SYS_writev, SYS_pread64,
    SYS_pwrite64, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_nanosleep,
    SYS_clock_nanosleep, SYS_clock_getres, SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid,
    SYS_geteuid, SYS_getgid, SYS_getegid, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_times, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_getcpu, SYS_epoll_create1, SYS_epoll_ctl, SYS_ppoll,
    SYS_pselect6, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_pipe2, SYS_dup,
    SYS_dup3, SYS_getrandom, SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_get_robust_list,
    SYS_rseq, SYS_membarrier, SYS_set_tid_address, SYS_restart_syscall, SYS_fsync, SYS_fdatasync, SYS_ftruncate,
    SYS_fallocate, SYS_flock, SYS_getdents64, SYS_statx, SYS_faccessat, SYS_readlinkat, SYS_close_range,
    SYS_setitimer, SYS_getitimer, SYS_mincore, SYS_msync, SYS_fadvise64, SYS_sched_getparam, SYS_sched_getscheduler,
    SYS_getcwd};
// clang-format on

// clang-format off
constexpr int network_calls[] = {
    SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept4, SYS_accept, SYS_sendto, SYS_sendmsg, SYS_sendmmsg,
    SYS_recvmsg, SYS_recvmmsg, SYS_recvfrom, SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_setsockopt,
    SYS_getsockopt, SYS_socketpair};
// clang-format on

// The same doors by the names they had before; newer machines have only the new ones.
#if defined(__x86_64__)
// clang-format off
constexpr std::initializer_list<int> older_calls = {
    SYS_epoll_wait, SYS_arch_prctl, SYS_poll, SYS_select, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_time,
    SYS_dup2, SYS_pipe, SYS_alarm, SYS_pause, SYS_epoll_create, SYS_eventfd, SYS_getdents};
// clang-format on
constexpr std::initializer_list<int> open_calls = {SYS_openat, SYS_open};
#else
constexpr std::initializer_list<int> older_calls = {};
constexpr std::initializer_list<int> open_calls = {SYS_openat};
#endif

constexpr std::initializer_list<int> ioctls = {TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX};
constexpr std::initializer_list<int> fcntls = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,  F_SETFD,     F_GETFL,    F_SETFL,
                                               F_GETLK, F_SETLK,         F_SETLKW, F_GET_SEALS, F_ADD_SEALS};
constexpr std::initializer_list<int> prctls = {PR_SET_NAME, PR_GET_NAME,
                                               0x53564d41 /* PR_SET_VMA: names of mappings */};

class Program {
 public:
  using Outcome = uint32_t;
  static constexpr Outcome allow = SECCOMP_RET_ALLOW;
  static constexpr Outcome fail(int error) { return SECCOMP_RET_ERRNO | static_cast<uint32_t>(error); }

  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  void load_call() { load(offsetof(seccomp_data, nr)); }
  // The lower half of an argument, which is where what we look at stands on both (little-endian) machines.
  void load_argument(int index) { load(offsetof(seccomp_data, args) + 8 * static_cast<size_t>(index)); }
  void mask(uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits); }
  void end(Outcome outcome) { add(BPF_RET | BPF_K, outcome); }
  void if_equal(uint32_t value, Outcome outcome) {
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value});
    end(outcome);
  }
  void unless_equal(uint32_t value, Outcome outcome) {
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value});
    end(outcome);
  }
  void if_at_least(uint32_t value, Outcome outcome) {
    code_.push_back({BPF_JMP | BPF_JGE | BPF_K, 0, 1, value});
    end(outcome);
  }
  // The lines `body` adds run only for this call; whoever comes out of them loads the call's number again.
  template <class Body>
  void on_call(int number, Body body) {
    const size_t jump = code_.size();
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 0, static_cast<uint32_t>(number)});
    body();
    load_call();
    code_[jump].jf = static_cast<uint8_t>(code_.size() - jump - 1);
  }
  [[nodiscard]] sock_fprog view() { return {static_cast<unsigned short>(code_.size()), code_.data()}; }

 private:
  void add(uint32_t code, uint32_t k) { code_.push_back({static_cast<uint16_t>(code), 0, 0, k}); }
  std::vector<sock_filter> code_;
};

// The first rule that fits decides; what none fits is refused.
Program make_program(const FilterOptions& options, bool listened) {
  const Program::Outcome refused = listened ? SECCOMP_RET_USER_NOTIF : Program::fail(EPERM);
  const auto self = static_cast<uint32_t>(getpid());
  Program p;
  p.load(offsetof(seccomp_data, arch));
  p.unless_equal(architecture, SECCOMP_RET_KILL_PROCESS);
  p.load_call();
#if defined(__x86_64__)
  p.if_at_least(0x40000000, Program::fail(ENOSYS));  // the x32 numbers
#endif
  for (const int call : plain_calls) p.if_equal(static_cast<uint32_t>(call), Program::allow);
  for (const int call : older_calls) p.if_equal(static_cast<uint32_t>(call), Program::allow);
  // Shared anonymous memory is not counted by any rlimit.
  p.on_call(SYS_mmap, [&] {
    p.load_argument(3);
    p.mask(MAP_SHARED | MAP_ANONYMOUS);
    p.if_equal(MAP_SHARED | MAP_ANONYMOUS, Program::fail(ENOMEM));
    p.end(Program::allow);
  });
  p.if_equal(SYS_clone3, Program::fail(ENOSYS));  // its flags lie in memory; the C library falls back to clone
  p.on_call(SYS_clone, [&] {
    p.load_argument(0);
    p.mask(CLONE_THREAD);
    p.if_equal(CLONE_THREAD, Program::allow);
  });
  // To itself: the loader reads what a library points at through the system, as it may point anywhere.
  for (const int call : {SYS_kill, SYS_tgkill, SYS_process_vm_readv}) {
    p.on_call(call, [&] {
      p.load_argument(0);
      p.if_equal(self, Program::allow);
    });
  }
  p.on_call(SYS_ioctl, [&] {
    p.load_argument(1);
    for (const int request : ioctls) p.if_equal(static_cast<uint32_t>(request), Program::allow);
    p.end(Program::fail(ENOTTY));
  });
  p.on_call(SYS_prctl, [&] {
    p.load_argument(0);
    for (const int option : prctls) p.if_equal(static_cast<uint32_t>(option), Program::allow);
  });
  for (const int call : {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_getattr, SYS_sched_setattr}) {
    p.on_call(call, [&] {
      p.load_argument(0);
      p.if_equal(0, Program::allow);
      p.if_equal(self, Program::allow);
    });
  }
  for (const int call : {SYS_getpriority, SYS_setpriority}) {
    p.on_call(call, [&] {
      p.load_argument(1);
      p.if_equal(0, Program::allow);
    });
  }
  // Not those by which the system signals another process for us.
  p.on_call(SYS_fcntl, [&] {
    p.load_argument(1);
    for (const int command : fcntls) p.if_equal(static_cast<uint32_t>(command), Program::allow);
  });
  // More restrictions of its own are welcome; the sandbox itself comes after the filter.
  for (const int call : {SYS_landlock_create_ruleset, SYS_landlock_restrict_self})
    p.if_equal(static_cast<uint32_t>(call), Program::allow);
  p.on_call(SYS_sendmsg, [&] {
    p.load_argument(0);
    p.if_equal(static_cast<uint32_t>(options.report_fd), Program::allow);
  });
  if (options.network) {
    for (const int call : network_calls) p.if_equal(static_cast<uint32_t>(call), Program::allow);
  }
  for (const int call : open_calls) p.if_equal(static_cast<uint32_t>(call), listened ? refused : Program::allow);
  p.end(refused);
  return p;
}

int install(const FilterOptions& options, bool listened) {
  Program program = make_program(options, listened);
  const sock_fprog code = program.view();
  return static_cast<int>(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, listened ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &code));
}

}  // namespace

std::string install_filter(const FilterOptions& options, int& listener, std::string& without_listener) {
  listener = install(options, true);
  if (listener >= 0) return {};
  without_listener =
      std::string("refused calls are not reported and files can be opened: seccomp listener: ") + std::strerror(errno);
  if (install(options, false) == 0) return {};
  return std::string("system calls are not filtered: seccomp: ") + std::strerror(errno);
}

std::string call_name(int number) {
  struct Named {
    int number;
    const char* name;
  };
#define NAMED(call) \
  { SYS_##call, #call }
  // clang-format off
  static constexpr Named names[] = {
      NAMED(openat), NAMED(openat2), NAMED(socket), NAMED(socketpair), NAMED(connect), NAMED(bind),
      {SYS_clone, "fork"}, NAMED(execve), NAMED(execveat), NAMED(kill), NAMED(tkill), NAMED(tgkill), NAMED(ptrace),
      NAMED(unlinkat), NAMED(mkdirat), NAMED(renameat2), NAMED(linkat), NAMED(symlinkat), NAMED(fchmodat),
      NAMED(mount), NAMED(unshare), NAMED(setns), NAMED(bpf), NAMED(memfd_create), NAMED(prctl),
      NAMED(process_vm_readv), NAMED(fcntl), NAMED(sched_setaffinity), NAMED(io_uring_setup), NAMED(perf_event_open), NAMED(chdir), NAMED(prlimit64),
      NAMED(setuid), NAMED(keyctl), NAMED(shmget), NAMED(chroot),
#if defined(__x86_64__)
      NAMED(open), NAMED(creat), NAMED(fork), NAMED(vfork), NAMED(unlink), NAMED(mkdir), NAMED(rmdir),
      NAMED(rename), NAMED(link), NAMED(symlink), NAMED(chmod),
#endif
  };
  // clang-format on
#undef NAMED
  for (const Named& call : names) {
    if (call.number == number) return call.name;
  }
  return "system call " + std::to_string(number);
}

}  // namespace socle::cell
