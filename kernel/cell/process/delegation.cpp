#include "cell/process/delegation.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/file.hpp"
#include "cell/process/group.hpp"

namespace socle::cell {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kernels = "kernel";
constexpr std::array<std::string_view, 3> wanted{"memory", "pids", "cpu"};

std::set<std::string> controllers_in(const fs::path& file) {
  std::set<std::string> out;
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    for (const std::string_view name : wanted) {
      if (word == name) out.insert(word);
    }
  }
  return out;
}

}  // namespace

bool write_group(const fs::path& file, const std::string& text) {
  const base::Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.valid() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

Delegation delegation_of(const fs::path& own) {
  const auto handed_down = [](const fs::path& group) -> Delegation {
    auto controllers = controllers_in(group / "cgroup.subtree_control");
    return controllers.empty() ? Delegation{} : Delegation{group, std::move(controllers)};
  };
  return own.filename() == kernels ? handed_down(own.parent_path()) : handed_down(own);
}

std::string delegate(const fs::path& own, const WriteGroup& write) {
  if (!delegation_of(own).cells.empty()) return {};
  const auto there = controllers_in(own / "cgroup.controllers");
  if (there.empty()) return own.string() + " carries neither memory, pids nor cpu";
  const fs::path inner = own / kernels;
  std::error_code error;
  fs::create_directory(inner, error);
  if (error) return "no group can be made in " + own.string() + ": " + error.message();
  const auto give_up = [&](const std::string& why) {
    fs::remove(inner, error);
    return why;
  };
  if (!write(inner / "cgroup.procs", "0")) return give_up("this process cannot be moved to " + inner.string());
  bool any = false;
  for (const std::string& name : there) any = write(own / "cgroup.subtree_control", "+" + name) || any;
  if (any) return {};
  write(own / "cgroup.procs", "0");
  return give_up(own.string() + " hands nothing down: other processes are in it, too");
}

std::string delegate_own() {
  const auto own = unified_group();
  return own ? delegate(*own) : std::string();
}

}  // namespace socle::cell
