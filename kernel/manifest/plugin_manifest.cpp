#include "manifest/plugin_manifest.hpp"

#include <algorithm>

#include "manifest/file.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

const ProvidedService* PluginManifest::find_service(const ServiceId& service) const {
  const auto match =
      std::find_if(provides.begin(), provides.end(), [&](const auto& it) { return it.service == service; });
  return match == provides.end() ? nullptr : &*match;
}

const Method* PluginManifest::find_method(const MethodRef& method) const {
  const auto* provided = find_service(method.service);
  if (provided == nullptr) return nullptr;
  const auto match = provided->methods.find(method.method);
  return match == provided->methods.end() ? nullptr : &match->second;
}

bool PluginManifest::asks_for(const Permission& permission) const {
  return std::find(permissions.begin(), permissions.end(), permission) != permissions.end();
}

std::vector<Permission> PluginManifest::intrusions() const {
  std::vector<Permission> out;
  const auto once = [&](Permission permission) {
    if (std::find(out.begin(), out.end(), permission) == out.end()) out.push_back(std::move(permission));
  };
  for (const Filter& filter : filters) once({PermissionKind::filter, to_string(filter.match)});
  for (const Subscription& wanted : subscribes) {
    const bool own = std::any_of(publishes.begin(), publishes.end(),
                                 [&](const PublishedChannel& channel) { return channel.channel == wanted.channel; });
    if (!own) once({PermissionKind::subscribe, wanted.channel});
  }
  return out;
}

Result<PluginManifest> parse_plugin_manifest(std::string_view text, const std::filesystem::path& file) {
  Problems problems(file.string());
  PluginManifest manifest;
  manifest.folder = file.parent_path();
  if (const auto root = read_yaml(text, problems)) {
    Reader reader{problems, manifest.folder};
    object_of<PluginManifest>().read(*root, reader, manifest);
  }
  if (!problems.empty()) return problems.error();
  return manifest;
}

Result<PluginManifest> load_plugin_manifest(const std::filesystem::path& folder) {
  std::error_code ignored;
  const auto file = std::filesystem::is_regular_file(folder, ignored) ? folder : folder / plugin_manifest_name;
  auto text = read_file(file, max_text_bytes);
  if (!text) return std::move(text).error().context("read plugin manifest");
  return parse_plugin_manifest(*text, file);
}

}  // namespace socle::manifest
