// cell/runtime/cell_main.cpp: the entry of a cell's process; see boot.hpp.
#include <cstdio>

#include "cell/runtime/guest.hpp"

namespace socle::cell {
namespace {
CurrentWork* g_work = nullptr;
}

CurrentWork* current_work() { return g_work; }

int cell_main(const CellBoot& boot) {
  auto guest = Guest::open(boot);
  if (!guest) {
    std::fprintf(stderr, "cell of plugin '%s': %s\n", boot.plugin.c_str(), guest.error().message.c_str());
    return 1;
  }
  // Never destroyed: the process ends, and static destructors must not run under threads that may be in plugin code.
  Guest* const kept = guest->release();
  g_work = &kept->work();
  kept->run();
  return 0;
}

}  // namespace socle::cell
