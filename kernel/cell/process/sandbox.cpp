#include "cell/process/sandbox.hpp"

#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cell/process/filter.hpp"

namespace socle::cell {
namespace {

std::string failed(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

std::string leave_namespaces(bool network) {
  const int wanted = CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWUTS | (network ? 0 : CLONE_NEWNET);
  if (unshare(wanted) == 0) return {};
  const int error = errno;
  // Root may have the others without one for users.
  if (unshare(wanted & ~CLONE_NEWUSER) == 0) return {};
  errno = error;
  return failed("namespaces: unshare");
}

std::string drop_capabilities() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return syscall(SYS_capset, &head, none) == 0 ? std::string() : failed("capabilities: capset");
}

// Nothing at all is allowed, of what this version of Landlock knows: files come by the broker.
std::string forbid_by_landlock(bool network) {
  struct Ruleset {  // landlock_ruleset_attr as it has grown; the system is told how much of it we know
    uint64_t files, net, scoped;
  } rules{};
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return failed("landlock");
  constexpr int rights_by_abi[] = {13, 14, 15, 15, 16};  // bits of files, by version
  rules.files = (uint64_t{1} << rights_by_abi[std::min<long>(abi, 5) - 1]) - 1;
  size_t size = sizeof rules.files;
  if (abi >= 4) {
    size += sizeof rules.net;
    rules.net = network ? 0 : 3;  // bind and connect by TCP
  }
  if (abi >= 6) {
    size += sizeof rules.scoped;
    rules.scoped = 3;  // abstract Unix sockets and signals to the outside
  }
  const auto fd = static_cast<int>(syscall(SYS_landlock_create_ruleset, &rules, size, 0));
  if (fd < 0) return failed("landlock");
  const long done = syscall(SYS_landlock_restrict_self, fd, 0);
  std::string problem = done == 0 ? std::string() : failed("landlock");
  close(fd);
  return problem;
}

// Bytes of private writable memory of this process, as RLIMIT_DATA counts them, and of address space.
void present_memory(uint64_t& data, uint64_t& space) {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  unsigned long pages[6] = {};
  if (file != nullptr) {
    if (std::fscanf(file, "%lu %lu %lu %lu %lu %lu", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4],
                    &pages[5]) != 6)
      std::fill(std::begin(pages), std::end(pages), 0);
    std::fclose(file);
  }
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  space = pages[0] * page;
  data = pages[5] * page;
}

std::string limit(int what, uint64_t value) {
  const rlimit both{value, value};
  return setrlimit(static_cast<__rlimit_resource>(what), &both) == 0 ? std::string() : failed("setrlimit");
}

std::string limit_resources(const Sandbox& sandbox, uint64_t mapped) {
  // Thread stacks and the C library's arenas are reserved long before they are used.
  constexpr uint64_t reserved = uint64_t{4} << 30U;
  constexpr uint64_t stacks = uint64_t{64} << 20U;
  uint64_t data = 0;
  uint64_t space = 0;
  present_memory(data, space);
  for (const std::string& problem :
       {limit(RLIMIT_CORE, 0), limit(RLIMIT_NOFILE, sandbox.files), limit(RLIMIT_DATA, data + stacks + sandbox.memory),
        limit(RLIMIT_AS, space + mapped + reserved + sandbox.memory)}) {
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace

Enforced enter(const Sandbox& sandbox, uint64_t mapped, int report_fd, int& listener) {
  Enforced done;
  listener = -1;
  done.limits = limit_resources(sandbox, mapped);
  done.namespaces = leave_namespaces(sandbox.network);
  done.capabilities = drop_capabilities();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) done.filter = failed("no_new_privs");
  if (done.filter.empty()) done.filter = install_filter({sandbox.network, report_fd}, listener, done.broker);
  done.landlock = listener >= 0 ? forbid_by_landlock(sandbox.network) : "landlock: needs the seccomp listener";
  return done;
}

}  // namespace socle::cell
