// run.hpp: `socle run SYSTEM.yaml`: brings the system up, says so in one line, serves until SIGTERM or SIGINT, drains.
#pragma once

#include <string>
#include <vector>

namespace socle {

// Exit code: 0 drained and stopped, 1 did not start (text on stderr), 2 wrong arguments.
int run_kernel(const std::vector<std::string>& arguments);

}  // namespace socle
