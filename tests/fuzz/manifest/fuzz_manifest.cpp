// Any bytes as a plugin manifest and as a system manifest: refused or accepted, never a crash; what is accepted can be
// compared with itself, and its settings resolved.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "manifest/system_manifest.hpp"

using namespace socle::manifest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto plugin = parse_plugin_manifest(text, "fuzz/manifest.yaml");
  if (!plugin && plugin.error().message.empty()) std::abort();
  if (plugin) {
    SystemManifest system;
    PluginEntry entry;
    // A schema's own defaults fit it, so only a required setting can be missing.
    const auto config = config_for(system, entry, *plugin);
    if (!config && config.error().message.find("missing setting") == std::string::npos) std::abort();
  }
  const auto system = parse_system_manifest(text, "fuzz/system.yaml");
  if (!system && system.error().message.empty()) std::abort();
  if (system && !difference(*system, *system).empty()) std::abort();
  return 0;
}
