#include <filesystem>

#include "manifest/system_manifest.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

std::map<std::string, std::string> canonical(const SystemManifest& system) {
  Flat flat;
  object_of<SystemManifest>().flatten(system, "", flat);
  return flat;
}

std::vector<Change> difference(const SystemManifest& before, const SystemManifest& after) {
  const auto old_keys = canonical(before);
  const auto new_keys = canonical(after);
  std::vector<Change> changes;
  auto o = old_keys.begin();
  auto n = new_keys.begin();
  while (o != old_keys.end() || n != new_keys.end()) {
    if (n == new_keys.end() || (o != old_keys.end() && o->first < n->first)) {
      changes.push_back({Change::Kind::removed, o->first, o->second, ""});
      ++o;
    } else if (o == old_keys.end() || n->first < o->first) {
      changes.push_back({Change::Kind::added, n->first, "", n->second});
      ++n;
    } else {
      if (o->second != n->second) changes.push_back({Change::Kind::changed, o->first, o->second, n->second});
      ++o;
      ++n;
    }
  }
  return changes;
}

}  // namespace socle::manifest
