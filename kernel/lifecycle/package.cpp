// package.cpp: from a plugin's folder (or the store) to a Package: manifest read, library verified and kept, config
// typed.
#include <algorithm>

#include "base/file.hpp"
#include "crash/record.hpp"
#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

constexpr size_t manifest_limit = 1 << 20;

// The entry of a plugin that no system manifest names: the operator's word "load" grants what the manifest asks for.
void grant_all(manifest::PluginEntry& entry, const manifest::PluginManifest& plugin) {
  entry.grants = plugin.permissions;
  for (const auto& need : plugin.requires_)
    entry.grants.push_back({manifest::PermissionKind::call, to_string(need.service)});
}

// A plugin runs where the operator says; what he does not say is a cell. `socle plugin load` without --home goes by the
// plugin's own manifest, as there is no entry to say it in.
Status check_home(const manifest::PluginManifest& plugin, const manifest::PluginEntry& entry) {
  if (entry.home.value_or(manifest::Home::cell) == manifest::Home::kernel) return {};
  return Error{Code::unsupported,
               "plugin '" + plugin.plugin +
                   "' is to run in a cell (home: cell, the default), and this kernel has no cells yet; if you trust it "
                   "to run in the "
                   "kernel's process, say `home: kernel` in its entry of the system manifest (or --home kernel)"};
}

void kept_out(const Package& p, const std::string& reason) {
  telemetry::Log::get().write(telemetry::Level::error, "a plugin is kept out of this start",
                              {{"plugin", p.manifest->plugin}, {"reason", reason}});
}

// false: it has crashed the kernel's process too often and has no other home. What serves a listener or owns resident
// handles has to stay.
bool leave_kernel(Package& p, uint32_t crashes) {
  if (crashes < crash::crashes_before_cell || p.entry.home != manifest::Home::kernel) return true;
  const auto say = [&](std::string_view text) {
    telemetry::Log::get().write(telemetry::Level::warn, text,
                                {{"plugin", p.manifest->plugin}, {"crashes", std::to_string(crashes)}});
  };
  if (!p.entry.listen.empty() || !p.manifest->resident_handles.empty()) {
    say("a plugin that has crashed the kernel serves a listener or owns handles, and so stays in its process");
    return true;
  }
  manifest::PluginEntry entry = p.entry;
  entry.home = manifest::Home::cell;
  if (auto possible = check_home(*p.manifest, entry); !possible) {
    kept_out(p, "version " + to_string(p.manifest->version) + " has crashed the kernel's process " +
                    std::to_string(crashes) + " times and has no other home; `socle plugin load` brings one you trust");
    return false;
  }
  p.entry = std::move(entry);
  say("a plugin that has crashed the kernel runs in a cell");
  return true;
}

}  // namespace

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
  const manifest::Permission dlopen{manifest::PermissionKind::dlopen, ""};
  if (std::find(package.entry.grants.begin(), package.entry.grants.end(), dlopen) != package.entry.grants.end())
    expected.grants.push_back("dlopen");
  return expected;
}

Result<Package> Lifecycle::read_package(const std::filesystem::path& folder, manifest::PluginEntry entry,
                                        const manifest::SystemManifest& system, bool grant_what_it_asks) const {
  auto plugin = manifest::load_plugin_manifest(folder);
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

// Plugins whose version has crashed the kernel's process twice leave it: for a cell, or, where that is not possible,
// out of the set, with all that cannot be without them.
void Lifecycle::settle_crashed(std::vector<Package>& set) const {
  const auto record = crash::Record::open(system().data);
  std::vector<Package> kept;
  for (Package& p : set) {
    if (leave_kernel(p, record.crashes(p.manifest->plugin, to_string(p.manifest->version)))) kept.push_back(p);
  }
  const bool all = kept.size() == set.size();
  set = std::move(kept);
  const auto lacks_something = [&set](const Package& p) {
    return std::any_of(p.manifest->requires_.begin(), p.manifest->requires_.end(), [&set](const auto& need) {
      const auto provides = [&need](const Package& q) { return q.manifest->find_service(need.service) != nullptr; };
      return !need.optional && std::none_of(set.begin(), set.end(), provides);
    });
  };
  for (auto it = set.end(); !all && (it = std::find_if(set.begin(), set.end(), lacks_something)) != set.end();) {
    kept_out(*it, "it requires a service of a plugin that is kept out");
    set.erase(it);
  }
}

Result<std::string> Lifecycle::verify(const std::filesystem::path& folder) const {
  auto plugin = manifest::load_plugin_manifest(folder);
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
