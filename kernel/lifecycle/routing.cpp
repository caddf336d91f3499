#include "lifecycle/routing.hpp"

#include <algorithm>
#include <cmath>

#include "lifecycle/json_text.hpp"
#include "manifest/choices.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

void write_param(JsonText& json, const std::string& name, const manifest::RouteParam& param) {
  json.begin_object(name);
  json.string("in", manifest::Text<manifest::ParamSource>::print(param.in));
  json.string("type", manifest::Text<manifest::ParamType>::print(param.type));
  if (param.minimum) json.number("minimum", *param.minimum);
  if (param.maximum) json.number("maximum", *param.maximum);
  if (param.max_length) json.number("max_length", *param.max_length);
  if (param.default_value) json.string("default", *param.default_value);
  json.boolean("required", param.required || param.in == manifest::ParamSource::path).end_object();
}

void write_route(JsonText& json, const std::string& plugin, const manifest::Route& route) {
  json.begin_object()
      .string("plugin", plugin)
      .string("method", manifest::Text<manifest::HttpMethod>::print(route.method))
      .string("path", route.path);
  json.begin_object("to").string("service", to_string(route.to.service)).string("method", route.to.method).end_object();
  switch (route.access.kind) {
    case manifest::RouteAccess::Kind::public_: json.string("access", "public"); break;
    case manifest::RouteAccess::Kind::authenticated: json.string("access", "authenticated"); break;
    case manifest::RouteAccess::Kind::permission: json.string("access", route.access.permission); break;
  }
  json.begin_object("params");
  for (const auto& [name, param] : route.params) write_param(json, name, param);
  json.end_object();
  if (route.body_limit) json.number("body_limit", route.body_limit->bytes);
  if (route.timeout) json.number("timeout_ms", duration_cast<milliseconds>(*route.timeout).count());
  json.string("headers", manifest::Text<manifest::RouteHeaders>::print(route.headers));
  json.begin_array("consumes");
  for (const std::string& type : route.consumes) json.string({}, type);
  json.end_array().end_object();
}

std::string listener_json(const std::string& name, const manifest::Listener& listener) {
  JsonText json;
  json.begin_object().string("name", name).string("address", to_string(listener.address));
  json.string("role",
              manifest::Text<manifest::ListenerRole>::print(listener.role.value_or(manifest::ListenerRole::http)));
  if (listener.tenant) json.string("tenant", *listener.tenant);
  if (listener.principal) json.string("principal", *listener.principal);
  if (listener.tls)
    json.begin_object("tls")
        .string("certificate", listener.tls->certificate.string())
        .string("key", listener.tls->key.string())
        .end_object();
  const auto& limits = listener.limits;
  json.begin_object("limits")
      .number("request_line", limits.request_line.bytes)
      .number("headers", limits.headers.bytes)
      .number("body", limits.body.bytes);
  json.number("header_timeout_ms", duration_cast<milliseconds>(limits.header_timeout).count());
  json.number("idle_timeout_ms", duration_cast<milliseconds>(limits.idle_timeout).count());
  json.number("deadline_ms", duration_cast<milliseconds>(limits.deadline).count());
  return json.end_object().end_object().take();
}

class Builder {
 public:
  Builder(bus::Bus& bus, const Members& members, const manifest::SystemManifest& system)
      : bus_(bus), members_(members), system_(system) {}

  std::shared_ptr<bus::Snapshot> build(uint64_t version) {
    out_->version = version;
    for (const auto& [name, member] : members_) services(member);
    for (const auto& [name, member] : members_) internal_methods(member);
    filters();
    channels();
    listeners();
    catalogue();
    return out_;
  }

 private:
  bus::Route* route(const std::string& service, const std::string& method) {
    const auto number = bus_.target(service, method);
    if (!number) return nullptr;
    if (out_->routes.size() <= *number) out_->routes.resize(*number + 1);
    return &out_->routes[*number];
  }

  static bus::Provider provider(const RecordPtr& record, std::string_view service, std::string_view method) {
    if (record == nullptr) return {};
    const int64_t index = record->runtime->method(service, method);
    return index < 0 ? bus::Provider{} : bus::Provider{record->runtime.get(), static_cast<uint32_t>(index)};
  }

  void fill(bus::Route& r, const Member& member, std::string_view service, std::string_view method) {
    r.primary = provider(member.primary, service, method);
    r.canary = provider(member.canary, service, method);
    r.canary_share = member.canary_share;
    r.canary_tenants = member.canary_tenants;
    r.parked = member.parked;
  }

  void services(const Member& member) {
    for (const auto& provided : member.primary->package.manifest->provides) {
      const std::string service = to_string(provided.service);
      for (const auto& [method, facts] : provided.methods) {
        bus::Route* r = route(service, method);
        if (r == nullptr) continue;
        fill(*r, member, service, method);
        r->timeout = facts.timeout ? facts.timeout->count() : 0;
        r->idempotent = facts.idempotent;
      }
    }
  }

  // Methods that only channels use are routed under the plugin's own name: "plugin:NAME.method".
  void internal_methods(const Member& member) {
    for (const auto& sub : member.primary->package.manifest->subscribes) {
      if (bus::Route* r = route("plugin:" + member.primary->name(), sub.method); r != nullptr)
        fill(*r, member, "", sub.method);
    }
  }

  void filters() {
    struct Found {
      int64_t priority;
      std::string plugin;
      const manifest::Filter* filter;
      bus::Provider to;
    };
    std::vector<Found> found;
    for (const auto& [name, member] : members_) {
      for (const auto& filter : member.primary->package.manifest->filters) {
        const bus::Provider to = provider(member.primary, "", filter.method);
        if (to.generation != nullptr) found.push_back({filter.priority, name, &filter, to});
      }
    }
    std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
      return std::tie(a.priority, a.plugin) < std::tie(b.priority, b.plugin);
    });
    for (const auto& [name, member] : members_) {
      for (const auto& provided : member.primary->package.manifest->provides) {
        for (const auto& [method, facts] : provided.methods) {
          bus::Route* r = route(to_string(provided.service), method);
          if (r == nullptr) continue;
          // All of them, for each may be a guard: check_fit() bounds their number, nobody is left out here. A preview
          // in the middle of a change set may hold filters of the old and of the new side.
          for (const Found& f : found) {
            if (f.plugin == name || !f.filter->match.matches({provided.service, method})) continue;
            const bool after = f.filter->phase == manifest::FilterPhase::after;
            auto& steps = after ? r->after : r->before;
            const bus::FilterStep step{f.to.generation, f.to.method, after,
                                       f.filter->fail == manifest::FilterFail::open};
            steps.insert(after ? steps.begin() : steps.end(), step);
          }
        }
      }
    }
  }

  void channels() {
    for (const auto& [name, member] : members_) {
      for (const auto& channel : member.primary->package.manifest->publishes) {
        bus::ChannelRoute& r = out_->channels[channel.channel];
        r.name = channel.channel;
        r.mode = static_cast<bus::ChannelMode>(channel.mode);
        r.capacity = static_cast<uint32_t>(
            std::max<uint64_t>(1, (channel.capacity + bus_.worker_count() - 1) / bus_.worker_count()));
      }
    }
    for (const auto& [name, member] : members_) {
      for (const auto& sub : member.primary->package.manifest->subscribes) {
        const auto it = out_->channels.find(sub.channel);
        const auto target = bus_.target("plugin:" + name, sub.method);
        if (it != out_->channels.end() && target) it->second.subscribers.push_back(*target);
      }
    }
  }

  void listeners() {
    for (const auto& [name, listener] : system_.listeners) out_->listener_config[name] = listener_json(name, listener);
    for (const auto& [name, member] : members_) {
      for (const std::string& listener : member.primary->package.entry.listen)
        out_->listeners[listener] = member.primary->runtime.get();
    }
  }

  void catalogue() {
    JsonText routes, plugins;
    routes.begin_array();
    plugins.begin_array();
    for (const auto& [name, member] : members_) {
      for (const auto& r : member.primary->package.manifest->routes) write_route(routes, name, r);
      plugins.begin_object()
          .string("plugin", name)
          .string("version", to_string(member.primary->package.manifest->version));
      plugins.number("generation", member.primary->seq).begin_array("provides");
      for (const auto& provided : member.primary->package.manifest->provides)
        plugins.string({}, to_string(provided.service));
      plugins.end_array().end_object();
    }
    out_->routes_json = routes.end_array().take();
    out_->plugins_json = plugins.end_array().take();
  }

  bus::Bus& bus_;
  const Members& members_;
  const manifest::SystemManifest& system_;
  std::shared_ptr<bus::Snapshot> out_ = std::make_shared<bus::Snapshot>();
};

}  // namespace

std::shared_ptr<bus::Snapshot> build_snapshot(bus::Bus& bus, const Members& members,
                                              const manifest::SystemManifest& system, uint64_t version) {
  return Builder(bus, members, system).build(version);
}

}  // namespace socle::lifecycle
