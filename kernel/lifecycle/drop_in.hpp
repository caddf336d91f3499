// drop_in.hpp: what lies in the folders named under `watch.directories`, one plugin package a subfolder, and whether it
// is whole. A package counts as whole when nobody has one of its files open for writing and either two looks in a row
// saw the same files or all of them are older than a second (renamed into place, or there since before the start). One
// that is not whole is never reported as changed. Names that begin with '.' are skipped: copy there, then rename.
//
// Used by the Lifecycle under its change lock. Reads names, sizes and times; never a file's content.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "manifest/file.hpp"

namespace socle::lifecycle {

// So that a child's parent_path() equals it.
[[nodiscard]] std::filesystem::path without_last_slash(const std::filesystem::path& folder);

class DropIn {
 public:
  struct Round {
    std::set<std::filesystem::path> present;     // package folders: they hold a manifest.yaml, or did until this look
    std::vector<std::filesystem::path> changed;  // of these: whole, and other than when they were last taken
    std::set<std::filesystem::path> readable;    // the watched folders themselves that could be listed
    std::vector<std::string> problems;           // watched folders that cannot be used, and why
    bool again = false;                          // something is being written: look again soon
  };
  [[nodiscard]] Round look(const std::vector<std::filesystem::path>& folders);

  // Whether the folder's files are still those of the last look; asked after they were read.
  [[nodiscard]] bool same_still(const std::filesystem::path& folder) const;
  // What the last look saw there is dealt with: `plugin` is in it.
  void taken(const std::filesystem::path& folder, const std::string& plugin);
  // Another present folder that was taken for the same plugin, else "".
  [[nodiscard]] std::filesystem::path rival(const std::filesystem::path& folder, const std::string& plugin) const;
  // True once for each new text about `subject`, so that a refusal is logged when it arises and not at every look.
  bool is_news(const std::string& subject, const std::string& text);
  void forget_news(const std::string& subject) { told_.erase(subject); }

 private:
  using Files = std::map<std::string, manifest::FileLook>;  // by name
  struct Known {
    Files seen;
    Files taken;         // empty: never taken
    std::string plugin;  // that was in it when taken
    int missed = 0;      // looks in a row that did not find it
  };
  [[nodiscard]] static Files files_of(const std::filesystem::path& folder);
  void look_into(const std::filesystem::path& folder, Round& round);
  std::map<std::filesystem::path, Known> known_;
  std::map<std::string, std::string> told_;
};

}  // namespace socle::lifecycle
