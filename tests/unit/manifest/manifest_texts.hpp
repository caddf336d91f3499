// The smallest manifests that are accepted, to which a test adds what it is about.
#pragma once

#include <string>

#include "manifest/plugin_manifest.hpp"
#include "manifest/system_manifest.hpp"

namespace socle::manifest {

// Four lines; what `rest` adds begins in line 5.
inline std::string plugin_text(const std::string& rest) {
  return "plugin: hello\nversion: 1.0.0\nabi: 1.0\nlibrary: libhello.so\n" + rest;
}
inline Result<PluginManifest> plugin(const std::string& rest) {
  return parse_plugin_manifest(plugin_text(rest), "/plugins/hello/manifest.yaml");
}
inline std::string plugin_error(const std::string& rest) {
  const auto manifest = parse_plugin_manifest(plugin_text(rest), "m.yaml");
  return manifest ? "accepted" : manifest.error().message;
}

// One line; what `rest` adds begins in line 2.
inline Result<SystemManifest> system_of(const std::string& rest) {
  return parse_system_manifest("socle: 1\n" + rest, "/etc/socle/system.yaml");
}
inline std::string system_error(const std::string& rest) {
  const auto manifest = parse_system_manifest("socle: 1\n" + rest, "s.yaml");
  return manifest ? "accepted" : manifest.error().message;
}

}  // namespace socle::manifest
