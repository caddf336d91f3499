// folder_events.hpp: waits until something happens to the files of a folder, for what announces itself nowhere else.
#pragma once

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace socle::testing {

class FolderEvents {
 public:
  explicit FolderEvents(const std::string& folder) : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (fd_ < 0 || ::inotify_add_watch(fd_, folder.c_str(), IN_CREATE | IN_MODIFY | IN_DELETE) < 0)
      throw std::runtime_error("cannot watch " + folder);
  }
  ~FolderEvents() { ::close(fd_); }
  FolderEvents(const FolderEvents&) = delete;
  FolderEvents& operator=(const FolderEvents&) = delete;
  // Until the next event, `limit_ms` at most; forgets what has happened so far.
  void wait(int limit_ms) const {
    struct pollfd event {
      fd_, POLLIN, 0
    };
    ::poll(&event, 1, limit_ms);
    char events[4096];
    while (::read(fd_, events, sizeof events) > 0) {}
  }

 private:
  int fd_;
};

}  // namespace socle::testing
