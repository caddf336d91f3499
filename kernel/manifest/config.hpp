// config.hpp: a plugin's own settings. Its manifest declares them (ConfigField), the system manifest gives values, and
// resolve_config() makes of both the JSON object that create() gets. Staging thread or CLI.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manifest/problems.hpp"
#include "manifest/yaml.hpp"

namespace socle::manifest {

enum class ConfigType { string, integer, number, boolean, duration, size, path, enumeration, list, map };

struct ConfigField {
  Place at;
  ConfigType type = ConfigType::string;
  std::optional<Node> default_value;
  bool required = false;
  std::string describe;
  std::optional<Node> minimum;  // of integer, number, duration, size: a value of the same type
  std::optional<Node> maximum;
  std::optional<std::uint64_t> max_length;   // of string in characters, of list and map in entries
  std::vector<std::string> values;           // of enum
  std::shared_ptr<const ConfigField> items;  // of list and map: each entry; absent: strings
  bool secret = false;                       // of string: given as file:PATH, its content is the value
};

using ConfigSchema = std::map<std::string, ConfigField>;

struct ConfigFolders {
  std::filesystem::path manifest;  // `file:` of secrets is relative to it
  std::filesystem::path data;      // values of type `path` are relative to it
};

// The JSON object text, members sorted by key: defaults filled in, durations as nanoseconds, sizes as bytes (both
// integers), paths absolute. Keys neither given nor defaulted are left out. `given` may be nullptr; its places are
// those of the file `problems` names, `at` is where a missing required key is reported. What is returned after a
// problem was added is not to be used.
[[nodiscard]] std::string resolve_config(const ConfigSchema& schema, const Node* given, Place at,
                                         const ConfigFolders& folders, Problems& problems);

// Adds a problem for every default, minimum, maximum and option that does not fit its field's type.
void check_config_schema(const ConfigSchema& schema, Problems& problems);

}  // namespace socle::manifest
