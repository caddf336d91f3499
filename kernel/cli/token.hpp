// token.hpp: `socle token inspect`: the verdict on a signed token, by the code that judges the tokens of requests
// (Socle::jose). Reads one file; asks nobody. Any thread.
#pragma once

#include "cli/execute.hpp"

namespace socle::cli {

// Exit code 0: the signature is good. 1: it is refused, or the key file is.
[[nodiscard]] Outcome inspect_token(const Invocation& invocation, const World& world);

}  // namespace socle::cli
