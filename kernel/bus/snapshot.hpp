// snapshot.hpp: who answers what, as one immutable value. The lifecycle builds the next one, Bus::install() hands it to
// every worker between two turns; a call looks only at its worker's copy of the pointer, so a change set takes effect
// as a whole and costs readers nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bus/generation.hpp"

namespace socle::bus {

// Around one method, before and after it together: each costs every call of the method. check_fit() refuses a system
// with more.
inline constexpr size_t most_filters = 8;

struct FilterStep {
  Generation* generation;
  uint32_t method;
  bool after = false;
  bool fail_open = false;
};

struct Provider {
  Generation* generation = nullptr;  // nullptr: none
  uint32_t method = 0;
};

// Routing of one target (service + method).
struct Route {
  Provider primary;
  Provider canary;            // while a canary runs
  uint16_t canary_share = 0;  // of Context::buckets
  std::shared_ptr<const std::set<std::string, std::less<>>> canary_tenants;
  int64_t timeout = 0;  // declared by the method; 0: none
  bool idempotent = false;
  bool parked = false;                    // calls wait until the next snapshot (state: exclusive)
  std::vector<FilterStep> before, after;  // by priority; `after` in reverse
};

enum class ChannelMode : uint8_t { buffered, rendezvous, broadcast };

struct ChannelRoute {
  std::string name;
  ChannelMode mode = ChannelMode::buffered;
  uint32_t capacity = 0;              // messages waiting per worker and subscriber
  std::vector<uint32_t> subscribers;  // targets
};

struct Snapshot {
  uint64_t version = 0;
  std::vector<Route> routes;  // by target number
  std::map<std::string, ChannelRoute, std::less<>> channels;
  std::map<std::string, Generation*, std::less<>> listeners;        // who serves it
  std::map<std::string, std::string, std::less<>> listener_config;  // JSON object of each
  std::string routes_json = "[]";
  std::string plugins_json = "[]";
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace socle::bus
