#include "manifest/system_manifest.hpp"

#include "manifest/config.hpp"
#include "manifest/file.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

std::filesystem::path SystemManifest::control_socket() const { return control ? *control : data / "control.sock"; }

Result<SystemManifest> parse_system_manifest(std::string_view text, const std::filesystem::path& file) {
  Problems problems(file.string());
  SystemManifest system;
  const auto root = read_yaml(text, problems);
  if (root) {
    Reader reader{problems, file.parent_path()};
    object_of<SystemManifest>().read(*root, reader, system);
    if (root->find("data") == nullptr) system.data = reader.folder / system.data;
  }
  if (!problems.empty()) return problems.error();
  system.file = file;
  return system;
}

Result<SystemManifest> load_system_manifest(const std::filesystem::path& file) {
  auto text = read_file(file, max_text_bytes);
  if (!text) return std::move(text).error().context("read system manifest");
  return parse_system_manifest(*text, file);
}

void lay_over(SystemManifest& system, const Overrides& overrides) {
  system.overrides = overrides;
  if (overrides.data) system.data = *overrides.data;
  if (overrides.control) system.control = overrides.control;
  if (overrides.workers) system.workers = overrides.workers;
  const auto http = system.listeners.find("http");
  if (overrides.http && http != system.listeners.end()) http->second.address = *overrides.http;
}

Result<std::string> config_for(const SystemManifest& system, const PluginEntry& entry, const PluginManifest& plugin) {
  Problems problems(system.file.string());
  const Node* given = entry.config ? &*entry.config : nullptr;
  auto text = resolve_config(plugin.config, given, entry.at, {system.file.parent_path(), system.data}, problems);
  if (!problems.empty()) return problems.error();
  return text;
}

}  // namespace socle::manifest
