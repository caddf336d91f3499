// help.hpp: `--help` of everything, of a group ("plugin") and of one command, written from the table. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace socle::cli {

[[nodiscard]] std::string help_of_all();
[[nodiscard]] std::string help_of_group(std::string_view group);
[[nodiscard]] std::string help_of(const Command& command);

}  // namespace socle::cli
