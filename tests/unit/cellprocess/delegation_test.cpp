// Where groups of cells are made: over folders that look like a version 2 hierarchy, like those of version 1, or like
// both at once, and over the machine's version 2 where it is delegated.
#include "cell/process/delegation.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>

#include "cell/process/group.hpp"
#include "support/temp_dir.hpp"

using namespace socle;
using namespace socle::cell;
namespace fs = std::filesystem;

namespace {

// A group as the system shows it; `own` holds this process, and others where `crowded`.
struct Hierarchy {
  explicit Hierarchy(const std::string& available, bool crowd = false)
      : own(fs::path(dir.path()) / "socle.service"), crowded(crowd) {
    fs::create_directories(own / "kernel");
    put(own / "cgroup.controllers", available);
    put(own / "cgroup.subtree_control", "");
    put(own / "cgroup.procs", "0");
    put(own / "kernel" / "cgroup.procs", "");
  }
  static void put(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }
  static std::string get(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool write(const fs::path& file, const std::string& text) {
    if (file.filename() == "cgroup.procs") {
      inside = file.parent_path().filename() == "kernel";
      return true;
    }
    if (!inside || crowded) return false;  // EBUSY: processes inside
    if (refused.contains(text)) return false;
    put(file, get(file) + text.substr(1) + " ");
    return true;
  }
  std::string delegate() {
    return cell::delegate(own, [this](const fs::path& file, const std::string& text) { return write(file, text); });
  }
  testing::TempDir dir;
  fs::path own;
  bool crowded;
  bool inside = false;  // this process: in `kernel`
  std::set<std::string> refused;
};

// Hierarchies of version 1, one a controller, as /proc and the file system show them; cpu shares its own with cpuacct,
// as it mostly does. A container's /proc names the host's path, which is not there.
struct Legacy {
  explicit Legacy(const std::string& where = "/socle.service") {
    std::string mounts = "sysfs /sys sysfs rw 0 0\n", groups = "1:name=systemd:/\n";
    for (const char* set : {"memory", "pids", "cpu,cpuacct"}) {
      const fs::path root = fs::path(dir.path()) / set;
      mounts += "cgroup " + root.string() + " cgroup rw,nosuid," + set + " 0 0\n";
      groups += std::string("4:") + set + ":" + where + "\n";
    }
    fs::create_directories(process);
    Hierarchy::put(process / "mounts", mounts);
    Hierarchy::put(process / "cgroup", groups);
  }
  // The folder of a cell with the files that the system would show in it.
  fs::path add(const std::string& set, const std::string& inside, std::initializer_list<const char*> files) {
    const fs::path parent = fs::path(dir.path()) / set / inside;
    fs::create_directories(parent / "socle-1");
    Hierarchy::put(parent / "cgroup.procs", "");
    Hierarchy::put(parent / "socle-1" / "cgroup.procs", "");
    for (const char* file : files) Hierarchy::put(parent / "socle-1" / file, "");
    return parent / "socle-1";
  }
  testing::TempDir dir;
  fs::path process = fs::path(dir.path()) / "proc";
};

Sandbox small_sandbox() {
  Sandbox sandbox;
  sandbox.memory = 1000;
  sandbox.tasks = 7;
  sandbox.cpu = 0.5;
  return sandbox;
}

}  // namespace

TEST_CASE("group: version 1 has a folder of the cell in each controller's hierarchy", "[cell]") {
  Legacy tree;
  const fs::path memory = tree.add("memory", "socle.service", {"memory.limit_in_bytes"});
  const fs::path pids = tree.add("pids", "socle.service", {"pids.max"});
  const fs::path cpu = tree.add("cpu,cpuacct", "socle.service", {"cpu.cfs_period_us", "cpu.cfs_quota_us"});
  const OwnGroups own = own_groups(tree.process);
  CHECK(own.at("memory") == memory.parent_path());
  CHECK(own.at("cpu") == cpu.parent_path());
  CHECK(own.find("") == own.end());
  std::string problem = "an old one";
  const Group group = Group::make_under(own, "socle-1", small_sandbox(), 24, problem);
  CHECK(problem.empty());
  CHECK(group.entrances().size() == 3);
  CHECK(Hierarchy::get(memory / "memory.limit_in_bytes") == "1024");
  CHECK(Hierarchy::get(pids / "pids.max") == "7");
  CHECK(Hierarchy::get(cpu / "cpu.cfs_period_us") == "100000");
  CHECK(Hierarchy::get(cpu / "cpu.cfs_quota_us") == "50000");
}

TEST_CASE("group: where /proc names a path of the host, a version 1 hierarchy's mount is the container's own",
          "[cell]") {
  Legacy tree("/docker/0123");
  const fs::path memory = tree.add("memory", "", {"memory.limit_in_bytes"});
  CHECK(fs::equivalent(own_groups(tree.process).at("memory"), memory.parent_path()));
}

TEST_CASE("group: a version 1 controller that cannot be written is named, and its folder goes", "[cell]") {
  Legacy tree;
  const fs::path memory = tree.add("memory", "socle.service", {"memory.limit_in_bytes"});
  const fs::path parent = tree.add("pids", "socle.service", {}).parent_path();
  fs::remove_all(parent / "socle-1");  // made anew, it lacks the files of a real one
  std::string problem;
  const Group group = Group::make_under(own_groups(tree.process), "socle-1", small_sandbox(), 0, problem);
  CHECK(problem == "no writable control group for pids, cpu");
  CHECK(group.entrances().size() == 1);
  CHECK(Hierarchy::get(memory / "memory.limit_in_bytes") == "1000");
  CHECK_FALSE(fs::exists(parent / "socle-1"));
}

TEST_CASE("group: what version 2 does not carry is taken from version 1", "[cell]") {
  Legacy old;
  Hierarchy tree("memory");
  CHECK(tree.delegate().empty());
  fs::create_directory(tree.own / "socle-1");
  for (const char* file : {"memory.max", "cgroup.procs"}) Hierarchy::put(tree.own / "socle-1" / file, "");
  const fs::path pids = old.add("pids", "socle.service", {"pids.max"});
  const fs::path memory = old.add("memory", "socle.service", {"memory.limit_in_bytes"});
  OwnGroups own = own_groups(old.process);
  own[""] = tree.own / "kernel";
  std::string problem;
  const Group group = Group::make_under(own, "socle-1", small_sandbox(), 0, problem);
  CHECK(problem == "no writable control group for cpu");
  CHECK(group.entrances().size() == 2);
  CHECK(Hierarchy::get(tree.own / "socle-1" / "memory.max") == "1000");
  CHECK(Hierarchy::get(memory / "memory.limit_in_bytes").empty());
  CHECK(Hierarchy::get(pids / "pids.max") == "7");
}

TEST_CASE("delegation: the kernel moves below, and cells get their groups beside it", "[cell]") {
  Hierarchy tree("cpuset cpu io memory pids");
  CHECK(delegation_of(tree.own).cells.empty());
  CHECK(tree.delegate().empty());
  CHECK(tree.inside);
  const Delegation found = delegation_of(tree.own / "kernel");
  CHECK(found.cells == tree.own);
  CHECK(found.controllers == std::set<std::string>{"cpu", "memory", "pids"});
  CHECK(tree.delegate().empty());  // the next start finds it done

  fs::create_directory(tree.own / "socle-1");
  for (const char* file : {"memory.max", "pids.max", "cpu.max", "cgroup.procs"})
    Hierarchy::put(tree.own / "socle-1" / file, "");
  Sandbox sandbox;
  sandbox.memory = 1000;
  sandbox.tasks = 7;
  sandbox.cpu = 0.5;
  const Group group = Group::make_in(found, "socle-1", sandbox, 24);
  CHECK(group.entrances().size() == 1);
  CHECK(Hierarchy::get(tree.own / "socle-1" / "memory.max") == "1024");
  CHECK(Hierarchy::get(tree.own / "socle-1" / "pids.max") == "7");
  CHECK(Hierarchy::get(tree.own / "socle-1" / "cpu.max") == "50000 100000");
}

TEST_CASE("delegation: each controller is optional", "[cell]") {
  Hierarchy tree("memory pids");
  tree.refused = {"+pids"};
  CHECK(tree.delegate().empty());
  CHECK(delegation_of(tree.own / "kernel").controllers == std::set<std::string>{"memory"});
  Hierarchy none("io");
  CHECK(none.delegate().find("carries neither memory, pids nor cpu") != std::string::npos);
  CHECK_FALSE(none.inside);
}

TEST_CASE("delegation: where others are in the group, nothing stays changed", "[cell]") {
  Hierarchy tree("memory pids cpu", true);
  CHECK(tree.delegate().find("other processes are in it") != std::string::npos);
  CHECK_FALSE(tree.inside);
  CHECK(Hierarchy::get(tree.own / "cgroup.subtree_control").empty());
}

TEST_CASE("delegation: on this machine a cell's group carries its memory limit", "[cell]") {
  const auto own = unified_group();
  const Delegation found = own ? delegation_of(*own) : Delegation{};
  if (!found.controllers.contains("memory")) {
    WARN("skipped: this process is in no version 2 group whose controllers are delegated");
    SUCCEED("nothing to look at");
    return;
  }
  Sandbox sandbox;
  const std::string name = "socle-test-" + std::to_string(getpid());
  const Group group = Group::make_in(found, name, sandbox, 0);
  REQUIRE(group.entrances().size() == 1);
  CHECK(Hierarchy::get(found.cells / name / "memory.max") == std::to_string(sandbox.memory) + "\n");
}

TEST_CASE("group: what a dead kernel left is removed, what may be somebody's is not", "[cell]") {
  const testing::TempDir dir;
  const fs::path parent = dir.path();
  const std::string own = "socle-" + std::to_string(getpid()) + "-1";
  // No process has this number: it lies above what the system gives out.
  for (const std::string& name : {std::string("socle-99999999-1"), std::string("socle-99999999-2"), own,
                                  std::string("socle-x"), std::string("system.slice")})
    fs::create_directories(parent / name);
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const char* name : {"socle-99999999-1", "socle-x", "system.slice"}) fs::last_write_time(parent / name, old);
  fs::last_write_time(parent / own, old);
  CHECK(remove_abandoned_groups(parent) == 1);
  CHECK_FALSE(fs::exists(parent / "socle-99999999-1"));
  for (const std::string& name :
       {std::string("socle-99999999-2"), own, std::string("socle-x"), std::string("system.slice")})
    CHECK(fs::exists(parent / name));
  CHECK(remove_abandoned_groups(parent / "nowhere") == 0);
}
