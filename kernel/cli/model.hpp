// model.hpp: `socle model …`: a tenant's models as files. The kernel knows no models: this client calls methods of
// models/1 as the operator, through the control socket's `call`. One thread; files are read and written here.
#pragma once

#include "cli/execute.hpp"

namespace socle::cli {

// REQUIRES: the command's words begin with "model ".
[[nodiscard]] Outcome execute_model(const Invocation& invocation, const World& world);

}  // namespace socle::cli
