#include "cli/verify.hpp"

#include <algorithm>
#include <functional>

#include "base/file.hpp"
#include "cli/command.hpp"
#include "control/error_json.hpp"
#include "lifecycle/json_text.hpp"
#include "loader/descriptor.hpp"
#include "loader/resident.hpp"
#include "loader/verify.hpp"
#include "manifest/plugin_manifest.hpp"
#include "manifest/system_manifest.hpp"

namespace socle::cli {
namespace {

using manifest::PluginManifest;
using manifest::SystemManifest;

// The entry that names this folder, or this plugin.
const manifest::PluginEntry* entry_of(const SystemManifest& system, const std::filesystem::path& folder,
                                      const PluginManifest& plugin) {
  const auto of_path = [&](const manifest::PluginEntry& e) {
    return e.path.lexically_normal() == folder.lexically_normal();
  };
  const auto of_name = [&](const manifest::PluginEntry& e) { return e.name == plugin.plugin; };
  for (const auto& test : {std::function<bool(const manifest::PluginEntry&)>(of_path), {of_name}}) {
    const auto it = std::find_if(system.plugins.begin(), system.plugins.end(), test);
    if (it != system.plugins.end()) return &*it;
  }
  return nullptr;
}

control::Answer failed(const Error& error, const std::vector<loader::Finding>& findings = {}) {
  std::string json = control::error_json(error);
  if (findings.empty()) return {1, json};
  lifecycle::JsonText list;
  list.begin_array();
  for (const auto& f : findings) {
    list.begin_object()
        .string("code", f.code)
        .string("found", f.found)
        .string("wanted", f.wanted)
        .string("do", f.action)
        .end_object();
  }
  json.pop_back();
  return {1, json + ",\"findings\":" + list.end_array().take() + "}"};
}

// What the lifecycle looks for in the descriptor, in the loader's form.
std::vector<std::string> methods_of(const PluginManifest& plugin) {
  std::vector<std::string> names;
  for (const auto& provided : plugin.provides) {
    for (const auto& [method, facts] : provided.methods) names.push_back(to_string(provided.service) + "." + method);
  }
  for (const auto& filter : plugin.filters) names.push_back(filter.method);
  for (const auto& subscription : plugin.subscribes) names.push_back(subscription.method);
  return names;
}

}  // namespace

control::Answer verify_here(const std::filesystem::path& folder, const std::optional<std::filesystem::path>& system) {
  auto plugin = manifest::load_plugin_manifest(folder);
  if (!plugin) return failed(plugin.error());
  loader::Policy policy;
  std::vector<manifest::Permission> grants = plugin->permissions;
  std::optional<Error> config_error;
  if (system) {
    const auto read = manifest::load_system_manifest(*system);
    if (!read) return failed(read.error());
    for (const auto& key : read->trust) policy.trust.push_back(to_string(key));
    policy.resident = read->resident;
    if (const auto* entry = entry_of(*read, folder, *plugin)) {
      grants = entry->grants;
      if (auto config = manifest::config_for(*read, *entry, *plugin); !config) config_error = config.error();
    }
  } else {
    policy.resident.assign(usual_resident().begin(), usual_resident().end());
  }
  policy.resident.insert(policy.resident.end(), loader::kit_libraries().begin(), loader::kit_libraries().end());
  loader::Expected expected;
  expected.plugin = plugin->plugin;
  expected.abi = {plugin->abi.major, plugin->abi.minor};
  expected.sha256 = plugin->sha256;
  for (const auto kind : {manifest::PermissionKind::dlopen, manifest::PermissionKind::threads}) {
    const manifest::Permission ability{kind, ""};
    if (plugin->asks_for(ability) && std::find(grants.begin(), grants.end(), ability) != grants.end())
      expected.grants.push_back(to_string(ability));
  }

  loader::Report report = loader::inspect_file(plugin->library, expected, policy);
  if (config_error)
    report.findings.push_back({"config", config_error->message, "settings that fit the plugin's manifest",
                               "correct `config` of its entry in " + system->string()});
  if (!report.findings.empty()) return failed(loader::to_error(report.findings, plugin->plugin), report.findings);
  lifecycle::JsonText json;
  json.begin_object()
      .boolean("verified", true)
      .string("text", "plugin '" + plugin->plugin + "' " + to_string(plugin->version) + ": sha256 " +
                          report.verified->sha256 + ", ABI " + loader::to_string(report.verified->abi) +
                          (report.verified->signed_by ? ", signed by " + *report.verified->signed_by
                                                      : std::string(", not signed")))
      .end_object();
  return with_descriptor({0, json.take()}, folder);
}

control::Answer with_descriptor(control::Answer verdict, const std::filesystem::path& folder) {
  if (verdict.exit_code != 0 || verdict.json.size() <= 2) return verdict;
  const auto plugin = manifest::load_plugin_manifest(folder);
  if (!plugin) return verdict;
  loader::Expected expected;
  expected.plugin = plugin->plugin;
  expected.abi = {plugin->abi.major, plugin->abi.minor};
  loader::DescriptorReport report;
  if (const auto bytes = base::read_file(plugin->library, loader::max_library_size))
    report = loader::inspect_descriptor(*bytes, expected, methods_of(*plugin), {});
  if (!report.findings.empty()) return failed(loader::to_error(report.findings, plugin->plugin), report.findings);
  verdict.json.pop_back();
  verdict.json += report.told ? R"(,"descriptor":"compared"})" : R"(,"descriptor":"unread"})";
  return verdict;
}

}  // namespace socle::cli
