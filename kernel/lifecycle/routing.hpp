// routing.hpp: from the set of generations that are to serve to the bus snapshot that makes them serve. Pure: nothing
// is changed, everything that does not fit together is said, each conflict with both owners' names.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bus/bus.hpp"
#include "lifecycle/generation_record.hpp"
#include "socle/result.hpp"

namespace socle::lifecycle {

// One plugin's place in the routes.
struct Member {
  RecordPtr primary;
  RecordPtr canary;           // absent: none
  uint16_t canary_share = 0;  // of bus::Context::buckets
  std::shared_ptr<const std::set<std::string, std::less<>>> canary_tenants;
  bool parked = false;
};

using Members = std::map<std::string, Member>;  // by plugin name

// Services, requirements, HTTP routes, filters, channels and permissions of the manifests fit together. The error has
// one line per problem.
[[nodiscard]] Status check_fit(const std::vector<const Package*>& packages);

// Who of `members` needs a service of plugin `name`, in words: "'notes' (needs storage/1)"; "" when nobody does. Those
// named in `but` do not count.
[[nodiscard]] std::string dependants(const Members& members, const std::string& name,
                                     const std::vector<std::string>& but = {});

// In the order in which they can start: providers before those that require them. Cycles are named a → b → a.
[[nodiscard]] Result<std::vector<const Package*>> start_order(const std::vector<const Package*>& packages);

// REQUIRES: check_fit() of the members' packages.
[[nodiscard]] std::shared_ptr<bus::Snapshot> build_snapshot(bus::Bus& bus, const Members& members,
                                                            const manifest::SystemManifest& system, uint64_t version);

// What the bus lets a generation of this package do: asked for by its manifest and granted by the operator.
[[nodiscard]] bus::Grants grants_of(const Package& package);

}  // namespace socle::lifecycle
