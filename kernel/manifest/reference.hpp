// reference.hpp: the page docs/manifest-reference.md, written from the tables that also check manifests. Called by
// socle_manifest_reference and its test.
#pragma once

#include <string>

namespace socle::manifest {

[[nodiscard]] std::string reference_page();

}  // namespace socle::manifest
