// catalog.hpp: what the kernel's catalogue says, in the gateway's own types: routes and listeners, one immutable
// snapshot a worker, replaced when catalog_version() changes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host.hpp"
#include "limits.hpp"
#include "route_table.hpp"
#include "tls.hpp"

namespace socle::gateway {

struct Listener {
  std::string name;
  bool ops = false;
  std::string tenant;  // empty: without a credential only routes with access public are served
  std::string principal;
  bool loopback = false;
  Limits limits;
  std::shared_ptr<TlsFiles> tls;
};

struct Catalog {
  std::uint64_t version = 0;
  RouteTable routes;
  std::map<std::string, std::shared_ptr<const Listener>, std::less<>> listeners;
  std::optional<std::uint32_t> authenticate;  // auth/1.authenticate, when some plugin provides it
  std::optional<std::uint32_t> record;        // audit/1.record, likewise
  std::vector<std::string> complaints;        // what could not be used, for the log
};

// Reads "routes" and "listeners" of the host and resolves every target. An entry that makes no sense is left out with a
// complaint; the rest serves. On a worker.
[[nodiscard]] std::shared_ptr<const Catalog> read_catalog(const socle_host* host, TlsStore& tls, std::size_t min_rate);

// Its parts, for tests and for read_catalog(): JSON text in, complaints appended.
void read_routes(std::string_view json, const socle_host* host, Catalog& catalog);
void read_listeners(std::string_view json, TlsStore& tls, std::size_t min_rate, Catalog& catalog);
void read_providers(std::string_view json, const socle_host* host, Catalog& catalog);

// The plugin's own settings, from its manifest's `config`.
struct Config {
  std::string problem_base = "urn:socle:problem:";  // "type" of a problem is this + its code
  std::string sign_in;                              // where browsers without a credential are sent; "": nowhere
  bool lane_by_connection = false;                  // canary lane of callers without identity: else their address
  std::int64_t heartbeat = 15 * second;             // of Server-Sent Events
  std::size_t min_rate = 256;
};
[[nodiscard]] Config read_config(std::string_view json);

}  // namespace socle::gateway
