// plugin.hpp: the gateway's descriptor, for entry.cpp (the shared library's one export) and for test programs that link
// the gateway statically.
#pragma once

#include <socle/abi.h>

namespace socle::gateway {

[[nodiscard]] const socle_plugin* plugin_descriptor();

}  // namespace socle::gateway
