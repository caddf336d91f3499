// child_main.cpp: the process of a test's cell: argv: built-in plugin or "-", name, generation, workers, library. The
// descriptors lie from 10 on: down, up, wake_cell, wake_kernel...
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "built_in.hpp"
#include "cell/boot.hpp"
#include "cell/runtime/guest.hpp"

int main(int, char** argv) {
  using namespace socle::cell;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  CellBoot boot;
  const std::string how = argv[1];
  boot.plugin = argv[2];
  boot.generation = std::strtoull(argv[3], nullptr, 10);
  boot.workers = static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10));
  boot.library = argv[5];
  boot.down = 10;
  boot.up = 11;
  boot.wake_cell = 12;
  for (std::uint32_t i = 0; i <= boot.workers; ++i) boot.wake_kernel.push_back(13 + static_cast<int>(i));
  if (how == "-") _exit(cell_main(boot));
  if (how == "hostile") test::attack(boot);
  if (how == "hoarder") test::hoard(boot);
  if (how == "liar") test::lie(boot);
  auto guest = Guest::open(boot);
  if (!guest) _exit(1);
  Guest* const kept = guest->release();
  kept->run(&test::built_in(how));
  _exit(0);
}
