// reference.hpp: the page docs/cli.md, written from the table of commands. Called by socle_cli_reference and its test.
#pragma once

#include <string>

namespace socle::cli {

[[nodiscard]] std::string reference_page();

}  // namespace socle::cli
