// socle: the kernel (`socle run`) and its command-line client (everything else), one executable.
#include <string>
#include <string_view>
#include <vector>

#include "cell/boot.hpp"
#include "cell/process/zygote.hpp"
#include "cli/cli.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  // Started so by a kernel only: the process that its cells are forked from.
  if (argc > 0 && std::string_view(argv[0]) == socle::cell::zygote_name)
    return socle::cell::zygote_main(socle::cell::cell_main);
  return socle::cli::run({argv + 1, argv + argc}, socle::run_kernel);
}
