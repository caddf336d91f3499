// verify.hpp: the loader's checks of a plugin's folder, in this process, for `plugin verify` without a kernel. Reads
// files; none of the plugin's code runs. Any thread; blocks on the disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "control/server.hpp"
#include "socle/result.hpp"

namespace socle::cli {

// `system`: the system manifest that says what is trusted, resident, granted and configured; absent: nothing is
// trusted, usual_resident(), and the plugin is granted what it asks for. The answer has the kernel's shape
// {"verified": true, "text": …} or {"error": …}, with "findings" beside the error when the library has some.
[[nodiscard]] control::Answer verify_here(const std::filesystem::path& folder,
                                          const std::optional<std::filesystem::path>& system);

// A good verdict, the kernel's or one of our own, with what the library's file alone tells of its descriptor: name,
// ABI, entries and every method that the manifest names. Adds "descriptor", which is "compared", or "unread" when only
// running the library would tell; or the verdict becomes the refusal that loading it would meet. Others stay as they
// are.
[[nodiscard]] control::Answer with_descriptor(control::Answer verdict, const std::filesystem::path& folder);

}  // namespace socle::cli
