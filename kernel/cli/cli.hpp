// cli.hpp: the client half of `socle`: checks the words against one table, asks the kernel over its control socket,
// prints a table for people or JSON (`--json`) for programs. Called by main() on the main thread.
#pragma once

#include <string>
#include <vector>

namespace socle::cli {

// What `run` starts: gets the words after it, checked, flags and values apart. Returns the exit code.
using Kernel = int (*)(const std::vector<std::string>& arguments);

// Exit code: 0 done, 1 refused or failed, 2 usage.
int run(const std::vector<std::string>& arguments, Kernel kernel);

}  // namespace socle::cli
