// tables.hpp: the tables of schema.hpp that the *_schema.cpp files define, and what they lend one another.
#pragma once

#include "manifest/config.hpp"
#include "manifest/plugin_manifest.hpp"
#include "manifest/schema.hpp"
#include "manifest/system_manifest.hpp"

namespace socle::manifest {

template <>
const Object<Restart>& object_of<Restart>();
template <>
const Object<Health>& object_of<Health>();
template <>
const Object<SelfTest>& object_of<SelfTest>();
template <>
const Object<PluginManifest>& object_of<PluginManifest>();
template <>
const Object<Method>& object_of<Method>();
template <>
const Object<ProvidedService>& object_of<ProvidedService>();
template <>
const Object<Requirement>& object_of<Requirement>();
template <>
const Object<RouteParam>& object_of<RouteParam>();
template <>
const Object<Route>& object_of<Route>();
template <>
const Object<Filter>& object_of<Filter>();
template <>
const Object<PublishedChannel>& object_of<PublishedChannel>();
template <>
const Object<Subscription>& object_of<Subscription>();
template <>
const Object<ConfigField>& object_of<ConfigField>();
template <>
const Object<SystemManifest>& object_of<SystemManifest>();
template <>
const Object<Listener>& object_of<Listener>();
template <>
const Object<ListenerTls>& object_of<ListenerTls>();
template <>
const Object<ListenerLimits>& object_of<ListenerLimits>();
template <>
const Object<Tenant>& object_of<Tenant>();
template <>
const Object<PluginEntry>& object_of<PluginEntry>();
template <>
const Object<CellLimits>& object_of<CellLimits>();
template <>
const Object<Canary>& object_of<Canary>();
template <>
const Object<SwapSettings>& object_of<SwapSettings>();
template <>
const Object<Watch>& object_of<Watch>();
template <>
const Object<LogSettings>& object_of<LogSettings>();
template <>
const Object<OffloadSettings>& object_of<OffloadSettings>();
template <>
const Object<SupervisorSettings>& object_of<SupervisorSettings>();

// The key `config` of a plugin manifest.
Field<PluginManifest> config_field();
// Every route leads to a method of the plugin; none is there twice.
void check_routes(Reader& reader, const PluginManifest& manifest);

// How a plugin entry is called in the canonical form.
inline std::string identity(const PluginEntry& entry) {
  const auto name = entry.path.filename();
  return name.empty() ? entry.path.string() : name.string();
}

// A permission in YAML may also be the one-entry map that `act-as: tenants` without quotes is.
template <>
struct Codec<Permission> {
  static TypeDoc doc() { return {"permission"}; }
  static void read(const Node& node, Reader& reader, Permission& value);
  static void flatten(const Permission& value, const std::string& path, Flat& flat) { flat[path] = to_string(value); }
};

// Values of a plan: numbers, durations (as seconds), sizes (as bytes).
template <>
struct Codec<Plan> {
  static TypeDoc doc() { return {"map of limit to number, duration or size"}; }
  static void read(const Node& node, Reader& reader, Plan& value);
  static void flatten(const Plan& value, const std::string& path, Flat& flat);
};

}  // namespace socle::manifest
