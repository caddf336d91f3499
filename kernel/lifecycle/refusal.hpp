// refusal.hpp: the one log line of a change set that was refused, or aborted and rolled back. Control threads.
#pragma once

#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::lifecycle {

// `plugin` and `path` are left out when "".
void log_refused(std::string_view command, const Error& why, const std::string& plugin, const std::string& path);

}  // namespace socle::lifecycle
