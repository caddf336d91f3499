// watcher.hpp: follows the system manifest's file and the plugin folders named under `watch`. When something there
// changed and has been quiet for a moment, `settled` is called on the watcher's thread, and called again after a pause
// (twice as long each time, up to 2 s) while it answers that something is unfinished. Whether a file is whole is for
// the one who reads it to judge.
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
  // Folders are watched with their direct subfolders. `settled` blocks the watcher, not the system; true: look again.
  Watcher(std::vector<std::filesystem::path> folders, std::function<bool()> settled);
  ~Watcher();
  Status start();

 private:
  void run();
  void add(const std::filesystem::path& folder, bool with_children);
  std::vector<std::filesystem::path> folders_;
  std::function<bool()> settled_;
  base::Fd inotify_, stop_;
  std::thread thread_;
};

}  // namespace socle::control
