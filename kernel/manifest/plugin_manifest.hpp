// plugin_manifest.hpp: what manifest.yaml of a plugin says, as plain values. The keys, their defaults and descriptions
// stand in plugin_schema.cpp and docs/manifest-reference.md; a member's initialiser is its key's default.
// Read on the staging thread or by the CLI, then shared read-only.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/config.hpp"
#include "manifest/names.hpp"
#include "manifest/permission.hpp"
#include "manifest/problems.hpp"
#include "manifest/quantities.hpp"
#include "manifest/version.hpp"
#include "socle/result.hpp"

namespace socle::manifest {

using namespace std::chrono_literals;

enum class Home { cell, kernel };
enum class State { none, cache, exclusive };
enum class Affinity { any, one };

struct Method {
  bool idempotent = false;
  bool operators = false;
  std::optional<Duration> timeout;
  std::string describe;
};

struct ProvidedService {
  Place at;
  ServiceId service;
  std::map<std::string, Method> methods;
  std::string describe;
};

struct Requirement {
  Place at;
  ServiceId service;
  VersionRange plugin_version;  // of the plugin that provides it
  bool optional = false;
};

enum class HttpMethod { get, post, put, patch, delete_, head, options };
enum class RouteHeaders { standard, all };
enum class ParamSource { path, query };
enum class ParamType { string, integer, number, boolean };

struct RouteParam {
  ParamSource in = ParamSource::query;
  ParamType type = ParamType::string;
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<std::uint64_t> max_length;   // in characters
  std::optional<std::string> default_value;  // as it would stand in the URL
  bool required = false;                     // always true for in: path
  std::string describe;
};

struct RouteAccess {
  enum class Kind { public_, authenticated, permission };
  Kind kind = Kind::authenticated;
  std::string permission;  // of kind permission: "records:read"
};

struct Route {
  Place at;
  HttpMethod method = HttpMethod::get;
  std::string path;  // "/v1/hello/{name}"
  MethodRef to;
  RouteAccess access;
  std::map<std::string, RouteParam> params;  // every {name} of the path is in here, declared or not
  std::optional<ByteSize> body_limit;        // absent: the listener's
  std::optional<Duration> timeout;           // absent: the method's, else the listener's deadline
  RouteHeaders headers = RouteHeaders::standard;
  std::vector<std::string> consumes;  // media types and ranges (text/*, */*); empty: JSON
};

enum class FilterFail { closed, open };
enum class FilterPhase { before, after };

struct Filter {
  Place at;
  CallPattern match;
  std::string method;
  std::int64_t priority = 0;  // smaller stands further outside
  FilterFail fail = FilterFail::closed;
  FilterPhase phase = FilterPhase::before;
};

enum class ChannelMode { buffered, rendezvous, broadcast };

struct PublishedChannel {
  Place at;
  std::string channel;
  ChannelMode mode = ChannelMode::buffered;
  std::uint64_t capacity = 64;
  std::string type = "json";
};

struct Subscription {
  Place at;
  std::string channel;
  std::string method;
  std::string type = "json";
};

struct Restart {
  DurationRange backoff{100ms, 10s};
  Rate intensity{5, 60s};
};

struct Health {
  Duration interval = 10s;
  Duration timeout = 1s;
};

struct SelfTest {
  bool enabled = true;
  Duration timeout = 5s;
};

struct PluginManifest {
  std::filesystem::path folder;  // of the manifest; not a key

  std::string plugin;
  Version version;
  AbiVersion abi;
  std::filesystem::path library;  // absolute if the folder is
  std::string describe;
  std::vector<ProvidedService> provides;
  std::vector<Requirement> requires_;
  std::vector<Permission> permissions;
  std::vector<Route> routes;
  std::vector<Filter> filters;
  std::vector<PublishedChannel> publishes;
  std::vector<Subscription> subscribes;
  ConfigSchema config;
  State state = State::none;
  std::uint64_t state_version = 1;
  ByteSize state_limit{std::uint64_t{16} << 20U};
  std::optional<Duration> swap_pause;  // absent: the system's swap.pause
  std::vector<std::string> resident_handles;
  Home home = Home::cell;
  Affinity affinity = Affinity::any;
  Restart restart;
  bool irreversible = false;
  std::optional<Duration> drain;  // absent: the system's swap.drain
  Duration start_timeout = 10s;
  Duration stop_timeout = 5s;
  Health health;
  SelfTest self_test;
  std::optional<std::string> sha256;  // of the library, 64 lower-case hex digits

  [[nodiscard]] const ProvidedService* find_service(const ServiceId& service) const;
  [[nodiscard]] const Method* find_method(const MethodRef& method) const;
  [[nodiscard]] bool asks_for(const Permission& permission) const;
  // What its filters and its subscriptions to channels of others reach into: each needs a grant.
  [[nodiscard]] std::vector<Permission> intrusions() const;
};

inline constexpr std::string_view plugin_manifest_name = "manifest.yaml";

// `file` is shown in errors; relative paths in the text are relative to its folder. The error is Code::invalid and has
// one line "file:line:column: …" for every problem.
[[nodiscard]] Result<PluginManifest> parse_plugin_manifest(std::string_view text, const std::filesystem::path& file);
// Reads FOLDER/manifest.yaml (or the file itself). not_found and unavailable when it cannot be read.
[[nodiscard]] Result<PluginManifest> load_plugin_manifest(const std::filesystem::path& folder);

}  // namespace socle::manifest
