// confine.hpp: from what a plugin asks for and the operator grants to what its cell may do.
#pragma once

#include "cell/process/sandbox.hpp"
#include "lifecycle/generation_record.hpp"

namespace socle::lifecycle {

// Files and sockets count only when the manifest asks for them and the entry grants them; limits are the operator's.
[[nodiscard]] cell::Sandbox sandbox_of(const Package& package);

}  // namespace socle::lifecycle
