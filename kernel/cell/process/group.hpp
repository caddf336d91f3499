// cell/process/group.hpp: control groups of cells, version 2 or 1, whichever carries the controllers and lets this
// process write. Where neither does, memory is bounded by rlimits (sandbox.hpp) and processor time not at all.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "cell/process/delegation.hpp"
#include "cell/process/sandbox.hpp"

namespace socle::cell {

// Removes from `parent` the groups of cells whose kernel is dead and left them: those named after a process that is not
// there, unused for a minute. How many.
std::size_t remove_abandoned_groups(const std::filesystem::path& parent);

// Where a process is: controller → folder for version 1, "" → folder for version 2. `process`: its folder in /proc.
using OwnGroups = std::map<std::string, std::filesystem::path>;
[[nodiscard]] OwnGroups own_groups(const std::filesystem::path& process = "/proc/self");

// The version 2 group this process is in.
[[nodiscard]] std::optional<std::filesystem::path> unified_group();

// The groups of one cell; empty where there are none. Removed with the object, after the cell.
class Group {
 public:
  Group() = default;
  Group(Group&&) = default;
  Group& operator=(Group&&) = default;
  ~Group();

  // `name` is unique among the machine's cells; `mapped`: bytes of shared memory that do not count. Never fails as a
  // whole; `problem` says what is not limited and why.
  static Group make(const std::string& name, const Sandbox& sandbox, uint64_t mapped, std::string& problem);
  // The same below those groups, and nothing of dead kernels removed.
  static Group make_under(const OwnGroups& own, const std::string& name, const Sandbox& sandbox, uint64_t mapped,
                          std::string& problem);
  // Of version 2 only, with what was delegated.
  static Group make_in(const Delegation& delegation, const std::string& name, const Sandbox& sandbox, uint64_t mapped);
  // cgroup.procs, open for writing.
  [[nodiscard]] std::vector<int> entrances() const;

 private:
  [[nodiscard]] bool empty() const { return folders_.empty(); }
  struct Folder {
    std::filesystem::path path;
    base::Fd entrance;
  };
  bool add(const std::filesystem::path& parent, const std::string& name,
           const std::vector<std::pair<std::string, std::string>>& settings);
  std::vector<Folder> folders_;
};

}  // namespace socle::cell
