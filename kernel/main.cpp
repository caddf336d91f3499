// socle: the kernel (`socle run`) and its command-line client (everything else), one executable.
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "run") return socle::run_kernel({arguments.begin() + 1, arguments.end()});
  return socle::cli::run(arguments);
}
