// socle_manifest_reference: prints docs/manifest-reference.md. Run it after a change to a table:
//   build/release/kernel/manifest/socle_manifest_reference > docs/manifest-reference.md
#include <cstdio>

#include "manifest/reference.hpp"

int main() {
  const auto page = socle::manifest::reference_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
