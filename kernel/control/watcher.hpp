// watcher.hpp: follows the system manifest's file and the plugin folders named under `watch`. When something there
// changed and has been quiet for a moment, `settled` is called on the watcher's thread. inotify tells of writes that
// are complete (close after write, rename into place); what is half-written is caught by the reader, which refuses it
// whole.
#pragma once

#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "socle/result.hpp"

namespace socle::control {

class Watcher {
 public:
  // Folders are watched with their direct subfolders. `settled` blocks the watcher, not the system.
  Watcher(std::vector<std::filesystem::path> folders, std::function<void()> settled);
  ~Watcher();
  Status start();

 private:
  void run();
  void add(const std::filesystem::path& folder, bool with_children);
  std::vector<std::filesystem::path> folders_;
  std::function<void()> settled_;
  base::Fd inotify_, stop_;
  std::thread thread_;
};

}  // namespace socle::control
