#include "control/watcher.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace socle::control {
namespace {

constexpr int quiet_ms = 100;  // an editor or `cp -r` makes several events
constexpr int longest_pause_ms = 2'000;
constexpr uint32_t interesting = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;

}  // namespace

Watcher::Watcher(std::vector<std::filesystem::path> folders, std::function<bool()> settled)
    : folders_(std::move(folders)), settled_(std::move(settled)) {}

Watcher::~Watcher() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void Watcher::add(const std::filesystem::path& folder, bool with_children) {
  inotify_add_watch(inotify_.get(), folder.c_str(), interesting);
  if (!with_children) return;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) add(entry.path(), false);
  }
}

Status Watcher::start() {
  inotify_ = base::Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  stop_ = base::Fd(eventfd(0, EFD_CLOEXEC));
  if (!inotify_.valid())
    return Error{Code::unavailable, std::string("inotify: ") + std::strerror(errno) +
                                        "; changes of the manifest's file take effect by `socle apply` only"};
  for (const auto& folder : folders_) add(folder, true);
  thread_ = std::thread([this] { run(); });
  return {};
}

void Watcher::run() {
  alignas(inotify_event) char events[16384];
  bool pending = true;  // what changed before the watch began
  int pause_ms = quiet_ms;
  for (;;) {
    pollfd fds[] = {{stop_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}};
    const int ready = poll(fds, 2, pending ? pause_ms : -1);
    if (ready < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) {
      while (::read(inotify_.get(), events, sizeof events) > 0) {}
      pending = true;
      pause_ms = quiet_ms;
    } else if (ready == 0 && pending) {
      for (const auto& folder : folders_) add(folder, true);  // new subfolders
      pending = settled_();
      pause_ms = pending ? std::min(2 * pause_ms, longest_pause_ms) : quiet_ms;
    }
  }
}

}  // namespace socle::control
