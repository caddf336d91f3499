// audit.hpp: `socle audit verify|tail`: the audit trail read from its files by the code that writes them
// (Socle::audit). Needs no kernel; one that runs is asked only where its data lies. Any thread.
#pragma once

#include "cli/execute.hpp"

namespace socle::cli {

// Exit code 0: the trail is what was written. 1: it is not, and the first bad place is named; or it cannot be read.
[[nodiscard]] Outcome verify_audit(const Invocation& invocation, const World& world);
// The latest entries, oldest first, as one reads a log.
[[nodiscard]] Outcome tail_audit(const Invocation& invocation, const World& world);

}  // namespace socle::cli
