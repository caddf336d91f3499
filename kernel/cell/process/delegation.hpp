// delegation.hpp: room for the control groups of cells in a version 2 hierarchy. There a group that hands controllers
// down may hold no process itself, so whoever was put into a group of its own (systemd: `Delegate=yes`; a container)
// moves into one below it first:
//
//   OWN/            memory, pids, cpu in cgroup.subtree_control
//     kernel/       supervisor, kernel, zygote
//     socle-…/      a cell each
//
// Called before there are threads, by the supervisor; what it made is found again by the kernel (delegation_of).
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>

namespace socle::cell {

struct Delegation {
  std::filesystem::path cells;        // where their groups are made; "": nowhere
  std::set<std::string> controllers;  // of memory, pids and cpu: what those groups carry
};

// `own`: the group this process is in.
[[nodiscard]] Delegation delegation_of(const std::filesystem::path& own);

using WriteGroup = std::function<bool(const std::filesystem::path& file, const std::string& text)>;
bool write_group(const std::filesystem::path& file, const std::string& text);
// Moves this process into OWN/kernel and hands controllers down, as many as there are. Where others are in `own` too
// nothing is changed. "" or why there is no room. Tests bring their own `write`.
std::string delegate(const std::filesystem::path& own, const WriteGroup& write = write_group);
// The same for the group this process is in; "" also where there is no version 2 hierarchy.
std::string delegate_own();

}  // namespace socle::cell
