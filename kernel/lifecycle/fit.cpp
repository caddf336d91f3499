// fit.cpp: check_fit() and start_order(): do these manifests make a system, and in which order does it start?
#include <algorithm>

#include "lifecycle/routing.hpp"
#include "manifest/choices.hpp"
#include "manifest/path_template.hpp"

namespace socle::lifecycle {
namespace {

using manifest::PermissionKind;

const Package* provider_of(const std::vector<const Package*>& packages, const manifest::ServiceId& service) {
  for (const Package* p : packages) {
    if (p->manifest->find_service(service) != nullptr) return p;
  }
  return nullptr;
}

std::string quoted(const Package& p) { return "'" + p.manifest->plugin + "'"; }

void check_services(const std::vector<const Package*>& packages, std::string& problems) {
  std::map<manifest::ServiceId, const Package*> owner;
  for (const Package* p : packages) {
    for (const auto& provided : p->manifest->provides) {
      const auto [it, fresh] = owner.emplace(provided.service, p);
      if (!fresh)
        problems += "service " + to_string(provided.service) + " is provided by both " + quoted(*it->second) + " and " +
                    quoted(*p) + "; keep one of them\n";
    }
  }
}

void check_requirements(const std::vector<const Package*>& packages, std::string& problems) {
  for (const Package* p : packages) {
    for (const auto& need : p->manifest->requires_) {
      const Package* provider = provider_of(packages, need.service);
      if (provider == nullptr) {
        if (!need.optional)
          problems += "plugin " + quoted(*p) + " requires service " + to_string(need.service) +
                      ", which no plugin provides; load a provider or remove " + quoted(*p) + "\n";
      } else if (!need.plugin_version.contains(provider->manifest->version)) {
        problems += "plugin " + quoted(*p) + " requires service " + to_string(need.service) +
                    " from a plugin of version \"" + to_string(need.plugin_version) + "\", found " + quoted(*provider) +
                    " " + to_string(provider->manifest->version) + "\n";
      }
      const manifest::Permission call{PermissionKind::call, to_string(need.service)};
      if (!need.optional && std::find(p->entry.grants.begin(), p->entry.grants.end(), call) == p->entry.grants.end()) {
        problems += "plugin " + quoted(*p) + " requires service " + to_string(need.service) +
                    " and is not granted it; add \"call:" + to_string(need.service) +
                    "\" to its grants in the system manifest\n";
      }
    }
    for (const auto& asked : p->manifest->permissions) {
      if (std::find(p->entry.grants.begin(), p->entry.grants.end(), asked) == p->entry.grants.end()) {
        problems +=
            "plugin " + quoted(*p) + " asks for permission \"" + to_string(asked) +
            "\", which the system manifest does not grant; add it to the plugin's grants if you trust it that far\n";
      }
    }
    for (const auto& needed : p->manifest->intrusions()) {
      if (std::find(p->entry.grants.begin(), p->entry.grants.end(), needed) != p->entry.grants.end()) continue;
      problems += "plugin " + quoted(*p) +
                  (needed.kind == PermissionKind::filter ? " stands around calls of " : " gets what is published on ") +
                  needed.argument + " and is not granted it; add \"" + to_string(needed) +
                  "\" to its grants in the system manifest if you trust it that far\n";
    }
  }
}

void check_routes(const std::vector<const Package*>& packages, std::string& problems) {
  std::map<std::string, const Package*> owner;
  for (const Package* p : packages) {
    for (const auto& route : p->manifest->routes) {
      const std::string key =
          manifest::Text<manifest::HttpMethod>::print(route.method) + " " + manifest::path_shape(route.path);
      const auto [it, fresh] = owner.emplace(key, p);
      if (!fresh) {
        problems += "route " + manifest::Text<manifest::HttpMethod>::print(route.method) + " " + route.path +
                    " of plugin " + quoted(*p) + " is claimed by " + quoted(*it->second) +
                    " too; change one of the two\n";
      }
      const Package* provider = provider_of(packages, route.to.service);
      if (provider == nullptr || provider->manifest->find_method(route.to) == nullptr) {
        problems += "route " + route.path + " of plugin " + quoted(*p) + " leads to " + to_string(route.to) +
                    ", which no plugin provides\n";
      }
    }
  }
}

void check_channels(const std::vector<const Package*>& packages, std::string& problems) {
  std::map<std::string, const Package*> owner;
  for (const Package* p : packages) {
    for (const auto& channel : p->manifest->publishes) {
      const auto [it, fresh] = owner.emplace(channel.channel, p);
      if (!fresh)
        problems += "channel " + channel.channel + " is published by both " + quoted(*it->second) + " and " +
                    quoted(*p) + "; one plugin declares it\n";
    }
  }
  for (const Package* p : packages) {
    for (const auto& wanted : p->manifest->subscribes) {
      const auto it = owner.find(wanted.channel);
      if (it == owner.end()) continue;
      for (const auto& channel : it->second->manifest->publishes) {
        if (channel.channel == wanted.channel && channel.type != wanted.type)
          problems += "channel " + channel.channel + " carries '" + channel.type + "' of plugin " +
                      quoted(*it->second) + ", and " + quoted(*p) + " takes '" + wanted.type +
                      "'; make the two `type` agree\n";
      }
    }
  }
}

void check_listeners(const std::vector<const Package*>& packages, std::string& problems) {
  std::map<std::string, const Package*> owner;
  for (const Package* p : packages) {
    for (const std::string& listener : p->entry.listen) {
      const auto [it, fresh] = owner.emplace(listener, p);
      if (!fresh)
        problems += "listener '" + listener + "' is served by both " + quoted(*it->second) + " and " + quoted(*p) +
                    "; name it under `listen` of one\n";
    }
  }
}

// The filters around each method, counted as build_snapshot() places them: a plugin's own do not stand around its
// methods.
void check_filters(const std::vector<const Package*>& packages, std::string& problems) {
  const auto check = [&](const Package& provider, const manifest::MethodRef& method) {
    size_t count = 0;
    std::string owners;
    for (const Package* p : packages) {
      if (p == &provider) continue;
      const auto& filters = p->manifest->filters;
      const auto own = std::count_if(filters.begin(), filters.end(),
                                     [&](const manifest::Filter& filter) { return filter.match.matches(method); });
      if (own == 0) continue;
      count += static_cast<size_t>(own);
      owners += (owners.empty() ? "" : ", ") + quoted(*p) + " (" + std::to_string(own) + ")";
    }
    if (count > bus::most_filters)
      problems += "method " + to_string(method) + " of plugin " + quoted(provider) + " has " + std::to_string(count) +
                  " filters around it and at most " + std::to_string(bus::most_filters) + " are possible: " + owners +
                  "; remove one, or let one of them do the work of two\n";
  };
  for (const Package* p : packages) {
    for (const auto& provided : p->manifest->provides) {
      for (const auto& [method, facts] : provided.methods) check(*p, {provided.service, method});
    }
  }
}

}  // namespace

Status check_fit(const std::vector<const Package*>& packages) {
  std::string problems;
  check_services(packages, problems);
  check_requirements(packages, problems);
  check_routes(packages, problems);
  check_channels(packages, problems);
  check_listeners(packages, problems);
  check_filters(packages, problems);
  if (problems.empty()) return {};
  problems.pop_back();
  return Error{Code::invalid, problems};
}

std::string dependants(const Members& members, const std::string& name, const std::vector<std::string>& but) {
  std::string out;
  const manifest::PluginManifest& wanted = *members.at(name).primary->package.manifest;
  for (const auto& [other, member] : members) {
    if (other == name || std::find(but.begin(), but.end(), other) != but.end()) continue;
    for (const auto& need : member.primary->package.manifest->requires_) {
      if (!need.optional && wanted.find_service(need.service) != nullptr)
        out += (out.empty() ? "'" : ", '") + other + "' (needs " + to_string(need.service) + ")";
    }
  }
  return out;
}

Result<std::vector<const Package*>> start_order(const std::vector<const Package*>& packages) {
  std::vector<const Package*> order, left = packages;
  const auto waits_for = [&](const Package* p, bool optional_too) -> const Package* {
    for (const auto& need : p->manifest->requires_) {
      const Package* provider = provider_of(left, need.service);
      if (provider != nullptr && provider != p && (optional_too || !need.optional)) return provider;
    }
    return nullptr;
  };
  while (!left.empty()) {
    // An optional provider goes first where that is possible; a circle through an optional requirement is none.
    auto ready = std::find_if(left.begin(), left.end(), [&](const Package* p) { return !waits_for(p, true); });
    if (ready == left.end())
      ready = std::find_if(left.begin(), left.end(), [&](const Package* p) { return !waits_for(p, false); });
    if (ready != left.end()) {
      order.push_back(*ready);
      left.erase(ready);
      continue;
    }
    std::vector<const Package*> path{left.front()};
    for (;;) {
      const Package* next = waits_for(path.back(), false);
      const auto seen = std::find(path.begin(), path.end(), next);
      if (seen == path.end()) {
        path.push_back(next);
        continue;
      }
      std::string circle;
      for (auto it = seen; it != path.end(); ++it) circle += (*it)->manifest->plugin + " → ";
      return Error{Code::invalid, "these plugins require one another in a circle, so none can start first: " + circle +
                                      next->manifest->plugin + "; make one requirement optional"};
    }
  }
  return order;
}

bus::Grants grants_of(const Package& package) {
  bus::Grants grants;
  const auto granted = [&](const manifest::Permission& p) {
    return std::find(package.entry.grants.begin(), package.entry.grants.end(), p) != package.entry.grants.end();
  };
  for (const auto& need : package.manifest->requires_) {
    const bool given = granted({PermissionKind::call, to_string(need.service)});
    (given ? grants.services : grants.withheld).insert(to_string(need.service));
  }
  for (const auto& asked : package.manifest->permissions) {
    if (!granted(asked)) continue;
    if (asked.kind == PermissionKind::ingress) grants.ingress = true;
    if (asked.kind == PermissionKind::act_as) grants.act_as = true;
    if (asked.kind == PermissionKind::catalog) grants.catalog = true;
    if (asked.kind == PermissionKind::call) grants.services.insert(asked.argument);
  }
  for (const auto& channel : package.manifest->publishes) grants.publishes.insert(channel.channel);
  return grants;
}

}  // namespace socle::lifecycle
