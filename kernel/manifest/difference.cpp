#include <algorithm>
#include <filesystem>
#include <iterator>

#include "manifest/system_manifest.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

std::map<std::string, std::string> canonical(const SystemManifest& system) {
  Flat flat;
  object_of<SystemManifest>().flatten(system, "", flat);
  return flat;
}

// Of a listener, the sockets are the acceptor's, opened at the start; the rest its plugin reads anew with every routes.
bool needs_restart(std::string_view key) {
  constexpr std::string_view heads[] = {"socle", "data", "control", "workers",   "resident",
                                        "watch", "log",  "offload", "supervisor"};
  const std::string_view head = key.substr(0, key.find_first_of(".["));
  if (std::find(std::begin(heads), std::end(heads), head) != std::end(heads)) return true;
  return head == "listeners" &&
         (key.ends_with(".address") || key.ends_with(".connections") || key.ends_with(".connections_per_peer"));
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
