#include "cell/process/group.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

namespace socle::cell {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t period = 100'000;  // microseconds, of processor time limits

std::string quota_of(const Sandbox& sandbox) {
  return std::to_string(static_cast<uint64_t>(sandbox.cpu * static_cast<double>(period)));
}

Delegation delegation_in(const OwnGroups& own) {
  const auto unified = own.find("");
  return unified != own.end() ? delegation_of(unified->second) : Delegation{};
}

}  // namespace

OwnGroups own_groups(const fs::path& process) {
  std::map<std::string, std::string> mounts;
  std::ifstream mounted(process / "mounts");
  for (std::string line; std::getline(mounted, line);) {
    std::istringstream words(line);
    std::string device, where, kind, options;
    words >> device >> where >> kind >> options;
    if (kind == "cgroup2") mounts[""] = where;
    if (kind != "cgroup") continue;
    std::istringstream list(options);
    for (std::string option; std::getline(list, option, ',');) mounts[option] = where;
  }
  OwnGroups out;
  std::ifstream groups(process / "cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream controllers(line.substr(first + 1, second - first - 1));
    std::string controller;
    do {
      controller.clear();
      std::getline(controllers, controller, ',');
      const auto mount = mounts.find(controller);
      if (mount == mounts.end()) continue;
      // In a container the path may be the host's; then the mount itself is ours.
      const fs::path inside = fs::path(mount->second) / fs::path(line.substr(second + 1)).relative_path();
      std::error_code error;
      out[controller] = fs::exists(inside / "cgroup.procs", error) ? inside : fs::path(mount->second);
    } while (!controllers.eof());
  }
  return out;
}

std::optional<fs::path> unified_group() {
  const auto own = own_groups();
  const auto unified = own.find("");
  return unified != own.end() ? std::optional(unified->second) : std::nullopt;
}

std::size_t remove_abandoned_groups(const fs::path& parent) {
  std::size_t removed = 0;
  std::error_code error;
  const auto settled = fs::file_time_type::clock::now() - std::chrono::minutes(1);
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    int pid = 0;
    if (std::sscanf(it->path().filename().c_str(), "socle-%d-", &pid) != 1 || pid <= 0) continue;
    std::error_code ignored;
    if (fs::exists("/proc/" + std::to_string(pid), ignored) || it->last_write_time(ignored) > settled) continue;
    // One in which somebody is cannot be removed.
    if (::rmdir(it->path().c_str()) == 0) ++removed;
  }
  return removed;
}

bool Group::add(const fs::path& parent, const std::string& name,
                const std::vector<std::pair<std::string, std::string>>& settings) {
  Folder folder{parent / name, {}};
  std::error_code error;
  if (!fs::create_directory(folder.path, error) && error) return false;
  bool done = true;
  for (const auto& [file, text] : settings) done = write_group(folder.path / file, text) && done;
  folder.entrance = base::Fd(::open((folder.path / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!done || !folder.entrance.valid()) {
    fs::remove(folder.path, error);
    return false;
  }
  folders_.push_back(std::move(folder));
  return true;
}

Group Group::make_in(const Delegation& delegation, const std::string& name, const Sandbox& sandbox, uint64_t mapped) {
  const auto has = [&](const char* controller) { return delegation.controllers.contains(controller); };
  std::vector<std::pair<std::string, std::string>> settings;
  if (has("memory")) settings.emplace_back("memory.max", std::to_string(sandbox.memory + mapped));
  if (has("pids")) settings.emplace_back("pids.max", std::to_string(sandbox.tasks));
  if (has("cpu") && sandbox.cpu > 0) settings.emplace_back("cpu.max", quota_of(sandbox) + " " + std::to_string(period));
  Group group;
  if (!settings.empty()) static_cast<void>(group.add(delegation.cells, name, settings));
  return group;
}

Group Group::make(const std::string& name, const Sandbox& sandbox, uint64_t mapped, std::string& problem) {
  const OwnGroups own = own_groups();
  static const bool swept = [&] {
    for (const char* controller : {"memory", "pids", "cpu"})
      if (const auto it = own.find(controller); it != own.end()) remove_abandoned_groups(it->second);
    if (const Delegation delegation = delegation_in(own); !delegation.cells.empty())
      remove_abandoned_groups(delegation.cells);
    return true;
  }();
  static_cast<void>(swept);
  return make_under(own, name, sandbox, mapped, problem);
}

Group Group::make_under(const OwnGroups& own, const std::string& name, const Sandbox& sandbox, uint64_t mapped,
                        std::string& problem) {
  problem.clear();
  const Delegation delegation = delegation_in(own);
  Group group = make_in(delegation, name, sandbox, mapped);
  const std::string memory = std::to_string(sandbox.memory + mapped);
  const std::string tasks = std::to_string(sandbox.tasks);
  const bool in_unified = !group.empty();
  const auto add = [&](const char* controller, const std::vector<std::pair<std::string, std::string>>& settings) {
    if (in_unified && delegation.controllers.contains(controller)) return;
    const auto it = own.find(controller);
    if (it == own.end() || !group.add(it->second, name, settings))
      problem += (problem.empty() ? "no writable control group for " : ", ") + std::string(controller);
  };
  add("memory", {{"memory.limit_in_bytes", memory}});
  add("pids", {{"pids.max", tasks}});
  if (sandbox.cpu > 0)
    add("cpu", {{"cpu.cfs_period_us", std::to_string(period)}, {"cpu.cfs_quota_us", quota_of(sandbox)}});
  return group;
}

std::vector<int> Group::entrances() const {
  std::vector<int> out;
  for (const Folder& folder : folders_) out.push_back(folder.entrance.get());
  return out;
}

Group::~Group() {
  std::error_code ignored;
  for (const Folder& folder : folders_) fs::remove(folder.path, ignored);
}

}  // namespace socle::cell
