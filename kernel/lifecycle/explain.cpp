// explain.cpp: what operators ask before they change something: why a call is allowed or not, and what breaks without a
// plugin. JSON; the CLI makes lines of it.
#include <fmt/format.h>

#include <algorithm>

#include "lifecycle/json_text.hpp"
#include "lifecycle/lifecycle.hpp"
#include "manifest/choices.hpp"

namespace socle::lifecycle {
namespace {

// Whose calls the member's canary gets: "5 %", "tenants acme, globex".
std::string who_meets(const Member& member) {
  std::string out;
  if (member.canary_share > 0) out = fmt::format("{:g} %", member.canary_share / 100.0);
  if (member.canary_tenants == nullptr || member.canary_tenants->empty()) return out;
  if (!out.empty()) out += " and ";
  out += member.canary_tenants->size() == 1 ? "tenant " : "tenants ";
  return out + fmt::format("{}", fmt::join(*member.canary_tenants, ", "));
}

// Those that do not run without `name`, itself first: who requires a service of one that stops, stops too.
std::vector<const Member*> what_stops(const Members& members, const std::string& name) {
  std::vector<const Member*> stops{&members.at(name)};
  for (size_t i = 0; i < stops.size(); ++i) {
    const manifest::PluginManifest& gone = *stops[i]->primary->package.manifest;
    for (const auto& [other, member] : members) {
      if (std::find(stops.begin(), stops.end(), &member) != stops.end()) continue;
      const auto& needs = member.primary->package.manifest->requires_;
      if (std::any_of(needs.begin(), needs.end(),
                      [&](const auto& need) { return !need.optional && gone.find_service(need.service) != nullptr; }))
        stops.push_back(&member);
    }
  }
  return stops;
}

}  // namespace

Result<std::string> Lifecycle::explain_call(const std::string& from, const std::string& to) const {
  const auto ref = manifest::parse_method_ref(to);
  if (!ref) return Error{Code::invalid, "'" + to + "' is no method; wanted SERVICE/N.METHOD such as storage/1.get"};
  const Members members = with_house(members_copy());
  const auto caller = members.find(from);
  if (caller == members.end()) return Error{Code::not_found, "no plugin '" + from + "' is loaded"};
  const bus::Grants& grants = caller->second.primary->runtime->grants;
  const std::string service = to_string(ref->service);
  const Member* provider = nullptr;
  for (const auto& [name, member] : members) {
    if (member.primary->package.manifest->find_service(ref->service) != nullptr) provider = &member;
  }
  JsonText json;
  json.begin_object().string("from", from).string("to", to);
  const bool granted = grants.ingress || grants.services.contains(service);
  const bool provided = provider != nullptr && provider->primary->package.manifest->find_method(*ref) != nullptr;
  json.boolean("allowed", granted && provided);
  std::string why;
  if (!granted && grants.withheld.contains(service)) {
    why = "plugin '" + from + "' may do without " + service + ", and is not granted it: it works as if no plugin " +
          "provided it; add \"call:" + service + "\" to its grants in the system manifest";
  } else if (!granted) {
    why = "plugin '" + from + "' may not: " + service +
          " must stand under `requires` of its manifest and \"call:" + service +
          "\" under its grants in the system manifest";
  } else if (provider == nullptr) {
    why = "no plugin provides " + service;
  } else if (!provided) {
    why = "plugin '" + provider->primary->name() + "' provides " + service + ", which has no method '" + ref->method +
          "'";
  } else {
    why = (grants.ingress ? "permission ingress" : "requires and grant call:" + service) + ", answered by plugin '" +
          provider->primary->name() + "' generation " + std::to_string(provider->primary->seq);
    if (provider->canary != nullptr)
      why += " or its canary generation " + std::to_string(provider->canary->seq) + " (" + who_meets(*provider) + ")";
  }
  return json.string("why", why).end_object().take();
}

Result<std::string> Lifecycle::explain_plugin(const std::string& name) const {
  const Members members = with_house(members_copy());
  if (!members.contains(name)) return Error{Code::not_found, "no plugin '" + name + "' is loaded"};
  const std::vector<const Member*> stops = what_stops(members, name);
  const auto stopped = [&](const Member& member) {
    return std::find(stops.begin(), stops.end(), &member) != stops.end();
  };
  const auto lost = [&](const manifest::ServiceId& service) {
    return std::any_of(stops.begin(), stops.end(), [&](const Member* member) {
      return member->primary->package.manifest->find_service(service) != nullptr;
    });
  };
  JsonText json;
  json.begin_object().string("plugin", name).begin_array("breaks");
  const auto breaks = [&](const Member& member) {
    for (const auto& need : member.primary->package.manifest->requires_) {
      if (lost(need.service) && !(need.optional && stopped(member)))
        json.begin_object()
            .string("plugin", member.primary->name())
            .string("needs", to_string(need.service))
            .boolean("optional", need.optional)
            .end_object();
    }
  };
  std::for_each(stops.begin() + 1, stops.end(), [&](const Member* member) { breaks(*member); });
  for (const auto& [other, member] : members) {
    if (!stopped(member)) breaks(member);
  }
  json.end_array().begin_array("routes");
  for (const auto& [other, member] : members) {
    for (const auto& r : member.primary->package.manifest->routes) {
      if (stopped(member) || lost(r.to.service))
        json.string({}, manifest::Text<manifest::HttpMethod>::print(r.method) + " " + r.path);
    }
  }
  json.end_array().begin_array("listeners");
  for (const Member* member : stops) {
    for (const std::string& l : member->primary->package.entry.listen) json.string({}, l);
  }
  return json.end_array().end_object().take();
}

}  // namespace socle::lifecycle
