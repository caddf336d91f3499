// cell/process/filter.hpp: the seccomp filter of a cell: a list of system calls a plugin's process needs to run, and a
// listener that hears of all others (who answers is broker.hpp). Used once, in the cell's process.
#pragma once

#include <string>
#include <string_view>

namespace socle::cell {

struct FilterOptions {
  bool network = false;
  int report_fd = -1;  // sendmsg on it is allowed
};

// From here on every thread of this process is bound to it. "": done, and `listener` hears of refused calls. When the
// machine has no listener, refused calls fail with EPERM unheard and files can be opened (`without_listener` says so).
// Otherwise the reason why there is no filter.
[[nodiscard]] std::string install_filter(const FilterOptions& options, int& listener, std::string& without_listener);

// "openat", "socket", …; "system call 321" for one without a name here.
[[nodiscard]] std::string call_name(int number);

}  // namespace socle::cell
