// socle: the kernel (`socle run`) and its command-line client (everything else), one executable.
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "run.hpp"

int main(int argc, char** argv) { return socle::cli::run({argv + 1, argv + argc}, socle::run_kernel); }
