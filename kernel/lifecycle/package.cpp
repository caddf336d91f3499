// package.cpp: from a plugin's folder (or the store) to a Package: manifest read, library verified and kept, config
// typed.
#include <algorithm>
#include <array>
#include <fstream>

#include "base/file.hpp"
#include "lifecycle/lifecycle.hpp"

namespace socle::lifecycle {
namespace {

constexpr size_t manifest_limit = 1 << 20;

// The entry of a plugin that no system manifest names: the operator's word "load" grants what the manifest asks for.
void grant_all(manifest::PluginEntry& entry, const manifest::PluginManifest& plugin) {
  entry.grants = plugin.permissions;
  for (const auto& need : plugin.requires_)
    entry.grants.push_back({manifest::PermissionKind::call, to_string(need.service)});
  for (const auto& needed : plugin.intrusions()) entry.grants.push_back(needed);
}

// The library where its folder is wanted, which is easily mistyped.
bool is_library(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  constexpr std::string_view elf =
      "\x7f"
      "ELF";
  std::array<char, elf.size()> head{};
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), static_cast<std::streamsize>(head.size())) &&
         std::string_view(head.data(), head.size()) == elf;
}

Result<manifest::PluginManifest> manifest_at(const std::filesystem::path& path) {
  if (!is_library(path)) return manifest::load_plugin_manifest(path);
  const std::string name = plugin_held_at(path);
  return Error{
      Code::invalid,
      path.string() + " is a library, and a plugin is named by the folder of its manifest.yaml; give " +
          (name.empty() ? "that folder" : path.parent_path().string() + ", which holds plugin '" + name + "'")};
}

// Who is given connections answers requests: `listen` says it.
void grant_with_listen(manifest::PluginEntry& entry, const manifest::PluginManifest& plugin) {
  if (entry.listen.empty()) return;
  for (const auto kind : {manifest::PermissionKind::ingress, manifest::PermissionKind::catalog}) {
    const manifest::Permission needed{kind, ""};
    if (plugin.asks_for(needed) && std::find(entry.grants.begin(), entry.grants.end(), needed) == entry.grants.end())
      entry.grants.push_back(needed);
  }
}

}  // namespace

// The name of the plugin whose folder, manifest or library lies at `path`; "": there is no telling.
std::string plugin_held_at(const std::filesystem::path& path) {
  const bool library = is_library(path);
  const auto plugin = manifest::load_plugin_manifest(library ? path.parent_path() : path);
  std::error_code ignored;
  if (!plugin || (library && !std::filesystem::equivalent(plugin->library, path, ignored))) return {};
  return plugin->plugin;
}

// The trust list is the given manifest's; resident libraries are those this process loaded at its start.
loader::Policy Lifecycle::policy(const manifest::SystemManifest& system) const {
  loader::Policy policy;
  for (const auto& key : system.trust) policy.trust.push_back(to_string(key));
  policy.resident = resident_.names();
  return policy;
}

loader::Expected Lifecycle::expected_of(const Package& package) const {
  loader::Expected expected;
  expected.plugin = package.manifest->plugin;
  expected.abi = {package.manifest->abi.major, package.manifest->abi.minor};
  expected.sha256 = package.manifest->sha256;
  for (const auto kind : {manifest::PermissionKind::dlopen, manifest::PermissionKind::threads}) {
    const manifest::Permission ability{kind, ""};
    const auto& grants = package.entry.grants;
    if (package.manifest->asks_for(ability) && std::find(grants.begin(), grants.end(), ability) != grants.end())
      expected.grants.push_back(to_string(ability));
  }
  return expected;
}

Result<Package> Lifecycle::read_package(const std::filesystem::path& folder, manifest::PluginEntry entry,
                                        const manifest::SystemManifest& system, bool grant_what_it_asks) const {
  auto plugin = manifest_at(folder);
  if (!plugin) return std::move(plugin).error();
  Package package;
  package.manifest = std::make_shared<const manifest::PluginManifest>(std::move(*plugin));
  const manifest::PluginManifest& m = *package.manifest;
  if (entry.name && *entry.name != m.plugin) {
    return Error{Code::invalid, "the system manifest calls the plugin in " + folder.string() + " '" + *entry.name +
                                    "', its manifest says '" + m.plugin + "'; correct one of them"};
  }
  entry.path = folder;
  if (grant_what_it_asks) {
    if (!entry.home) entry.home = m.home;
    grant_all(entry, m);
  }
  grant_with_listen(entry, m);
  package.granted_by_load = grant_what_it_asks;
  if (auto home = check_home(m, entry); !home) return std::move(home).error();
  auto text = base::read_file(std::filesystem::is_directory(folder) ? folder / manifest::plugin_manifest_name : folder,
                              manifest_limit);
  if (!text) return std::move(text).error();
  auto config = manifest::config_for(system, entry, m);
  if (!config) return std::move(config).error();
  package.manifest_text = std::move(*text);
  package.config = std::move(*config);
  package.entry = std::move(entry);
  auto verified = loader::verify(m.library, expected_of(package), policy(system));
  if (!verified) return std::move(verified).error();
  package.sha256 = verified->sha256;
  package.signer = verified->signed_by.value_or("");
  if (auto kept = store_.put(*verified); !kept)
    return std::move(kept).error().context("keep the library of plugin '" + m.plugin + "'");
  package.verified = std::make_shared<const loader::Verified>(std::move(*verified));
  return package;
}

Result<Package> Lifecycle::package_from_store(const manifest::PluginEntry& entry, const std::string& manifest_text,
                                              const std::string& config, const std::string& sha256) const {
  auto plugin = manifest::parse_plugin_manifest(manifest_text, entry.path / manifest::plugin_manifest_name);
  if (!plugin) return std::move(plugin).error();
  Package package;
  package.manifest = std::make_shared<const manifest::PluginManifest>(std::move(*plugin));
  package.manifest_text = manifest_text;
  package.entry = entry;
  package.config = config;
  package.sha256 = sha256;
  return package;
}

Result<std::string> Lifecycle::verify(const std::filesystem::path& folder) const {
  auto plugin = manifest_at(folder);
  if (!plugin) return std::move(plugin).error();
  Package package;
  package.manifest = std::make_shared<const manifest::PluginManifest>(std::move(*plugin));
  grant_all(package.entry, *package.manifest);
  auto verified = loader::verify(package.manifest->library, expected_of(package), policy(system()));
  if (!verified) return std::move(verified).error();
  return "plugin '" + package.manifest->plugin + "' " + to_string(package.manifest->version) + ": sha256 " +
         verified->sha256 + ", ABI " + loader::to_string(verified->abi) +
         (verified->signed_by ? ", signed by " + *verified->signed_by : std::string(", not signed"));
}

}  // namespace socle::lifecycle
