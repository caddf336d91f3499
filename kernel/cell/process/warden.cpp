#include "cell/process/warden.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>
#include <utility>

#include "cell/process/filter.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::cell {
namespace {

constexpr size_t longest_line = 4096;
constexpr double most_refusals = 10'000;    // more, and the cell is ended: it attacks the thread that answers
constexpr double refusals_forgotten = 500;  // a second
constexpr double most_grants = 50'000;      // files it may open cost that thread as much
constexpr double grants_forgotten = 2'000;
constexpr size_t denials_told = 100;  // different ones, of one cell
constexpr size_t longest_path = 4096;

using telemetry::Level;
using telemetry::Log;

// Where one of the two ways is forbidden, as in some containers, the other may not be.
ssize_t read_memory(pid_t pid, uint64_t address, char* to, size_t size) {
  iovec here{to, size};
  iovec there{reinterpret_cast<void*>(address), size};  // NOLINT(performance-no-int-to-ptr): the other process's
  const ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
  if (got > 0) return got;
  const base::Fd memory(::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  return memory.valid() ? pread(memory.get(), to, size, static_cast<off_t>(address)) : -1;
}

// The text at an address of another process; "" when it cannot be read.
std::string text_at(pid_t pid, uint64_t address) {
  std::string out;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  char piece[512];
  while (out.size() < longest_path) {
    const uint64_t at = address + out.size();
    const size_t size = std::min<uint64_t>(sizeof piece, page - at % page);  // the next page may not be there
    const ssize_t got = read_memory(pid, at, piece, size);
    if (got <= 0) return {};
    const size_t length = strnlen(piece, static_cast<size_t>(got));
    out.append(piece, length);
    if (length < static_cast<size_t>(got)) return out;
  }
  return {};
}

bool is_open(int call) {
#if defined(__x86_64__)
  if (call == SYS_open) return true;
#endif
  return call == SYS_openat;
}

// Which argument of a refused call is a path; -1: none.
int path_argument(int call) {
  switch (call) {
    case SYS_openat:
    case SYS_openat2:
    case SYS_unlinkat:
    case SYS_mkdirat:
    case SYS_renameat2:
    case SYS_fchmodat:
    case SYS_execveat: return 1;
    case SYS_execve:
    case SYS_chdir:
    case SYS_chroot:
#if defined(__x86_64__)
    case SYS_open:
    case SYS_creat:
    case SYS_unlink:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_rename:
    case SYS_chmod:
#endif
      return 0;
    default: return -1;
  }
}

}  // namespace

Warden::Warden() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  seccomp_notif_sizes sizes{};
  if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) sizes = {};
  request_.resize(std::max<size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)));
  response_.resize(std::max<size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp)));
  add(wake_.get(), 0);
  thread_ = std::thread([this] { loop(); });
}

Warden::~Warden() {
  stopping_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

void Warden::add(int fd, uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Warden::run(const std::function<void()>& work) {
  std::promise<void> done;
  {
    const std::lock_guard lock(mutex_);
    work_.emplace_back([&] {
      work();
      done.set_value();
    });
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  done.get_future().wait();
}

// Keys: twice the number of the ward, and one more for its listener.
void Warden::watch(std::shared_ptr<Ward> ward) {
  run([&] {
    const uint64_t key = 2 * next_++;
    fcntl(ward->log.get(), F_SETFL, O_NONBLOCK);
    add(ward->log.get(), key);
    if (ward->listener.valid()) add(ward->listener.get(), key + 1);
    wards_.emplace(key, std::move(ward));
  });
}

void Warden::loop() {
  epoll_event events[64];
  while (!stopping_) {
    const int n = epoll_wait(epoll_.get(), events, 64, -1);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.u64 != 0) {
        hear(events[i].data.u64, events[i].events);
        continue;
      }
      uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
      std::vector<std::function<void()>> work;
      {
        const std::lock_guard lock(mutex_);
        work.swap(work_);
      }
      for (const auto& item : work) item();
    }
  }
}

void Warden::hear(uint64_t key, uint32_t events) {
  const auto it = wards_.find(key & ~uint64_t{1});
  if (it == wards_.end()) return;
  Ward& ward = *it->second;
  if ((key & 1) == 0) {
    if (!read_log(ward)) ward.log.reset();
  } else if ((events & EPOLLIN) == 0 || !answer(ward)) {
    ward.listener.reset();  // no thread is bound to the filter any more
  }
  if (!ward.log.valid() && !ward.listener.valid()) wards_.erase(it);
}

// false: the cell has closed it.
bool Warden::read_log(Ward& ward) {
  char piece[4096];
  const ssize_t n = ::read(ward.log.get(), piece, sizeof piece);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  for (const char c : std::string_view(piece, static_cast<size_t>(n))) {
    if (c != '\n') ward.line += c;
    if (c == '\n' || ward.line.size() >= longest_line) end_line(ward);
  }
  if (n == 0) end_line(ward);
  return n > 0;
}

void Warden::end_line(Ward& ward) {
  if (ward.line.empty()) return;
  const std::string generation = std::to_string(ward.generation);
  const auto [pass, dropped] = ward.lines.take(telemetry::monotonic_now());
  if (dropped > 0)
    Log::get().write(Level::warn, "a cell wrote too much to its log",
                     {{"plugin", ward.plugin}, {"generation", generation}, {"lines", std::to_string(dropped)}});
  if (pass)
    Log::get().write(Level::info, ward.line, {{"plugin", ward.plugin}, {"generation", generation}, {"home", "cell"}});
  ward.line.clear();
}

bool Warden::too_often(Ward::Load& load, double most, double forgotten) {
  const int64_t now = telemetry::monotonic_now();
  const double faded = static_cast<double>(now - std::exchange(load.at, now)) / 1e9 * forgotten;
  load.calls = std::max(0.0, load.calls - faded) + 1;
  return load.calls > most;
}

// true: go on hearing, until it has died.
bool Warden::end(Ward& ward, const char* why) {
  Log::get().write(Level::error, std::string("a cell is ended: it floods the kernel with ") + why,
                   {{"plugin", ward.plugin}, {"generation", std::to_string(ward.generation)}});
  syscall(SYS_pidfd_send_signal, ward.process.get(), SIGKILL, nullptr, 0);
  ward.refused = ward.granted = {};
  return true;
}

void Warden::deny(Ward& ward, const std::string& call, const std::string& name) {
  if (ward.denied.size() >= denials_told || !ward.denied.insert(call + " " + name).second) return;
  Log::get().write(
      Level::warn, "the sandbox refused " + call + (name.empty() ? "" : " of " + name),
      {{"plugin", ward.plugin}, {"generation", std::to_string(ward.generation)}, {"call", call}, {"name", name}});
}

// false: nobody can ask any more.
bool Warden::answer(Ward& ward) {
  std::fill(request_.begin(), request_.end(), '\0');
  std::fill(response_.begin(), response_.end(), '\0');
  auto& request = *reinterpret_cast<seccomp_notif*>(request_.data());
  auto& response = *reinterpret_cast<seccomp_notif_resp*>(response_.data());
  const int listener = ward.listener.get();
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return errno == EINTR || errno == ENOENT;
  const int call = request.data.nr;
  const int at = path_argument(call);
  std::string name = at >= 0 ? text_at(static_cast<pid_t>(request.pid), request.data.args[at]) : std::string();
  // The asker may have died and its number been given away while its memory was read.
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &request.id) != 0) return true;
  response.id = request.id;
  response.error = call == SYS_openat2 ? -ENOSYS : -EPERM;
  if (is_open(call)) {
    const auto* arguments = request.data.args + at;
    int error = 0;
    const base::Fd fd =
        ward.broker.open(name, static_cast<int>(arguments[1]), static_cast<mode_t>(arguments[2]), ward.pid, error);
    if (fd.valid()) {
      seccomp_notif_addfd add{};
      add.id = request.id;
      add.flags = SECCOMP_ADDFD_FLAG_SEND;
      add.srcfd = static_cast<uint32_t>(fd.get());
      add.newfd_flags = static_cast<uint32_t>(arguments[1]) & O_CLOEXEC;
      if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) >= 0)
        return !too_often(ward.granted, most_grants, grants_forgotten) || end(ward, "files that it opens");
      error = errno == EMFILE ? EMFILE : EACCES;
    }
    response.error = -error;
    if (error == EACCES) deny(ward, call_name(call), name);
  } else if (call != SYS_openat2) {
    deny(ward, call_name(call), name);
  }
  if (too_often(ward.refused, most_refusals, refusals_forgotten)) return end(ward, "calls that its sandbox refuses");
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  return true;
}

}  // namespace socle::cell
