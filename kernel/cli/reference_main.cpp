// socle_cli_reference: prints docs/cli.md. Run it after a change to the table of commands:
//   build/release/kernel/cli/socle_cli_reference > docs/cli.md
#include <cstdio>

#include "cli/reference.hpp"

int main() {
  const auto page = socle::cli::reference_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
