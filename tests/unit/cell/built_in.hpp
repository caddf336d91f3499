// built_in.hpp: plugins and attackers that a test's cell can be.
#pragma once

#include <string_view>

#include "cell/boot.hpp"
#include "socle/abi.h"

namespace socle::cell::test {

// "parrot": service parrot/1 with the methods of parrot.cpp.
const socle_plugin& built_in(std::string_view name);

// Answers ready, then writes random bytes into all of `up` and wakes the kernel, until it is killed. SOCLE_SEED seeds
// it.
[[noreturn]] void attack(const CellBoot& boot);

// Answers ready, then asks without end and never gives a block back.
[[noreturn]] void hoard(const CellBoot& boot);

// Answers every call, and says that it took for ever.
[[noreturn]] void lie(const CellBoot& boot);

}  // namespace socle::cell::test
