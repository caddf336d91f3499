// system_manifest.hpp: what a system file (SYSTEM.yaml) says, as plain values. The keys, their defaults and
// descriptions stand in system_schema.cpp and docs/manifest-reference.md; a member's initialiser is its key's default.
// Read on the staging thread or by the CLI, then shared read-only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/names.hpp"
#include "manifest/permission.hpp"
#include "manifest/plugin_manifest.hpp"
#include "manifest/problems.hpp"
#include "manifest/quantities.hpp"
#include "manifest/yaml.hpp"
#include "socle/result.hpp"

namespace socle::manifest {

enum class ListenerRole { http, ops };

struct ListenerTls {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

struct ListenerLimits {
  ByteSize request_line{8 << 10U};
  ByteSize headers{32 << 10U};
  ByteSize body{1 << 20U};
  Duration header_timeout = 10s;
  Duration idle_timeout = 60s;
  Duration deadline = 10s;
};

struct Listener {
  Place at;
  Address address;
  std::optional<ListenerRole> role;  // filled by the reader: ops for the listener of that name, else http
  std::optional<std::string> tenant;
  std::optional<std::string> principal;
  std::optional<ListenerTls> tls;
  std::uint64_t connections = 10'000;
  std::uint64_t connections_per_peer = 1'024;
  ListenerLimits limits;
};

// Name → number; durations are seconds and sizes bytes. What is not named is unlimited.
using Plan = std::map<std::string, double>;

struct Tenant {
  Place at;
  std::optional<std::string> plan;  // absent: weight 1 and no limits
  Plan limits;                      // in place of the plan's
  bool suspended = false;
};

struct Canary {
  std::filesystem::path path;
  Percentage weight{5};
  Duration for_ = 60s;
  std::vector<std::string> tenants;
};

// Whose calls share a cell of a plugin.
enum class CellSharing { shared, per_plan, per_tenant };

// What cells of a plugin may use of the machine.
struct CellLimits {
  ByteSize memory{std::uint64_t{512} << 20U};  // private memory beyond that of an empty cell
  std::uint64_t files = 256;
  double cpu = 0;            // cores; 0: not limited
  std::uint64_t cells = 64;  // of plans or tenants
  Duration idle = 300s;      // one of those that had nothing to do for so long is ended
  friend bool operator==(const CellLimits&, const CellLimits&) = default;
};

struct PluginEntry {
  Place at;
  std::filesystem::path path;       // folder of the plugin
  std::optional<std::string> name;  // what its manifest must call itself
  std::optional<Home> home;         // absent: cell
  CellSharing cell = CellSharing::shared;
  std::vector<std::string> listen;
  std::vector<Permission> grants;
  std::optional<Node> config;  // checked against the plugin's schema by resolve_config()
  std::optional<Canary> canary;
  std::int64_t priority = 0;
  CellLimits limits;
};

struct SwapSettings {
  Duration pause = 50ms;
  std::uint64_t max_draining = 4;
  Duration drain = 30s;
  std::uint64_t retained_budget = 64;
};

struct Watch {
  bool system = true;
  std::vector<std::filesystem::path> directories;
};

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { automatic, json, text };

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
};

struct OffloadSettings {
  std::uint64_t threads = 4;
  std::uint64_t queue = 1'024;
};

// What `socle run` was told on its command line; it goes before the file, at the start and at every apply.
struct Overrides {
  std::optional<std::filesystem::path> data, control;
  std::optional<Address> http;  // of the listener of that name
  std::optional<std::uint64_t> workers;
};

struct SystemManifest {
  std::filesystem::path file;  // not a key
  Overrides overrides;         // not a key; lay_over() fills it

  std::uint64_t socle = 0;
  std::filesystem::path data = "data";
  std::optional<std::filesystem::path> control;  // absent: control.sock in `data`
  std::optional<std::uint64_t> workers;          // absent: one per core
  std::map<std::string, Listener> listeners;
  std::vector<std::string> resident;
  std::map<std::string, Plan> plans;
  std::map<std::string, Tenant> tenants;
  std::vector<PluginEntry> plugins;
  std::vector<PublicKey> trust;
  SwapSettings swap;
  Watch watch;
  LogSettings log;
  OffloadSettings offload;

  [[nodiscard]] std::filesystem::path control_socket() const;
};

[[nodiscard]] Result<SystemManifest> parse_system_manifest(std::string_view text, const std::filesystem::path& file);
[[nodiscard]] Result<SystemManifest> load_system_manifest(const std::filesystem::path& file);

// create()'s config text for one entry; errors point into the system manifest.
[[nodiscard]] Result<std::string> config_for(const SystemManifest& system, const PluginEntry& entry,
                                             const PluginManifest& plugin);

struct Change {
  enum class Kind { added, removed, changed };
  Kind kind = Kind::changed;
  std::string key;     // "plugins.forms.home", "tenants.demo.plan"
  std::string before;  // "" when added
  std::string after;   // "" when removed
};

// Every key whose value is not its default, sorted: a canonical form in which order, quoting and comments are gone.
// Plugin entries are keyed by the last part of their path.
[[nodiscard]] std::map<std::string, std::string> canonical(const SystemManifest& system);
void lay_over(SystemManifest& system, const Overrides& overrides);

// A running kernel cannot change the value of this key: "data", "listeners.http.address".
[[nodiscard]] bool needs_restart(std::string_view key);

// By key. Empty: applying `after` to a system that runs `before` changes nothing.
[[nodiscard]] std::vector<Change> difference(const SystemManifest& before, const SystemManifest& after);

}  // namespace socle::manifest
