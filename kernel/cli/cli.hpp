// cli.hpp: the client half of `socle`: checks the words, asks the kernel over its control socket, prints a table for
// people or JSON (`--json`) for programs.
#pragma once

#include <string>
#include <vector>

namespace socle::cli {

// Exit code: 0 done, 1 refused or failed, 2 usage.
int run(const std::vector<std::string>& arguments);

}  // namespace socle::cli
