// running.hpp: whose code a thread of the bus runs, told after a crash.
#pragma once

#include "crash/black_box.hpp"

namespace socle::bus {

// A crash::Describe for processes whose workers are the bus's: plugin, version and generation that ran on this worker,
// and the call it was for (after a suspension: when it answers exactly one). In a signal handler, on memory that may be
// broken: reads only.
void describe_running(crash::BlackBox& box);

}  // namespace socle::bus
