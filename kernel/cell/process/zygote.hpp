// cell/process/zygote.hpp: the process that cells are forked from. It is the kernel's executable started anew, so that
// nothing the kernel knows (other plugins' settings, where its code lies) is in a cell's memory, with the resident
// libraries mapped, so that a cell has them for nothing. It does nothing but wait for requests, and ends with the
// kernel.
//
//   kernel ── BirthRequest, descriptors ──▶ zygote ── clone(CLONE_PARENT) ──▶ cell, a child of the kernel
//          ◀── "pid" or "errno", a pidfd ──
#pragma once

#include "cell/boot.hpp"

namespace socle::cell {

inline constexpr const char* zygote_name = "socle-zygote";  // its argv[0], by which main() knows it
inline constexpr int zygote_socket = 3;

using CellMain = int (*)(const CellBoot& boot);

// The zygote's life, and in its children a cell's, which is `run`. Never returns in a cell; the exit code in the
// zygote.
int zygote_main(CellMain run);

}  // namespace socle::cell
