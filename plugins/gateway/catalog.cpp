// catalog.cpp: see catalog.hpp. The JSON comes from the kernel, which has checked manifests against its schema; what
// still does not fit is left out and told.
#include "catalog.hpp"

#include <socle/json.hpp>

#include "ascii.hpp"

namespace socle::gateway {

namespace {

using json::View;

std::string text_of(View v) { return std::string(v.as_string()); }

std::optional<std::size_t> size_of(View v) {
  const auto n = v.as_uint64();
  if (!n) return std::nullopt;
  return static_cast<std::size_t>(*n);
}

void assign_size(View v, std::size_t& to) { to = size_of(v).value_or(to); }

void assign_ms(View v, std::int64_t& to) {
  const auto n = v.as_int64();
  if (n && *n > 0 && *n < 1'000'000'000) to = *n * millisecond;
}

Param read_param(std::string_view name, View v) {
  Param p;
  p.name = std::string(name);
  p.in_path = v.find("in").as_string() == "path";
  const std::string_view type = v.find("type").as_string();
  p.type = type == "integer"   ? ParamType::integer
           : type == "number"  ? ParamType::number
           : type == "boolean" ? ParamType::boolean
                               : ParamType::string;
  if (const View n = v.find("minimum"); n.is_number()) p.minimum = n.as_double();
  if (const View n = v.find("maximum"); n.is_number()) p.maximum = n.as_double();
  p.max_length = size_of(v.find("max_length"));
  p.required = v.find("required").as_bool();
  if (const View d = v.find("default"); d.exists() && !d.is_null()) {
    p.fallback = d.is_string() ? text_of(d) : json::to_text(d);
  }
  return p;
}

Route read_route(View v) {
  Route r;
  r.plugin = text_of(v.find("plugin"));
  r.method = method_of(v.find("method").as_string());
  r.path = text_of(v.find("path"));
  r.service = text_of(v.find("to").find("service"));
  r.call = text_of(v.find("to").find("method"));
  const std::string_view access = v.find("access").as_string();
  r.access = access == "public" ? Access::open : Access::authenticated;
  if (access != "public" && access != "authenticated") r.permission = std::string(access);
  for (const auto& [name, param] : v.find("params").members()) r.params.push_back(read_param(name, param));
  r.body_limit = size_of(v.find("body_limit"));
  assign_ms(v.find("timeout_ms"), r.timeout_for);
  r.all_headers = v.find("headers").as_string() == "all";
  for (const View type : v.find("consumes").elements()) {
    std::string media = text_of(type);
    for (char& c : media) c = ascii::lower(c);
    r.consumes.push_back(std::move(media));
  }
  return r;
}

}  // namespace

void read_routes(std::string_view text, const socle_host* host, Catalog& catalog) {
  auto document = json::Document::parse(text);
  if (!document) {
    catalog.complaints.push_back("catalogue \"routes\": " + document.error().message);
    return;
  }
  for (const View entry : document->root().elements()) {
    Route route = read_route(entry);
    route.resolved = host->resolve(host, str(route.service), str(route.call), &route.target);
    if (auto added = catalog.routes.add(std::move(route)); !added) {
      catalog.complaints.push_back(std::move(added).error().message);
    }
  }
}

void read_listeners(std::string_view text, TlsStore& tls, std::size_t min_rate, Catalog& catalog) {
  auto document = json::Document::parse(text);
  if (!document) {
    catalog.complaints.push_back("catalogue \"listeners\": " + document.error().message);
    return;
  }
  for (const View entry : document->root().elements()) {
    auto listener = std::make_shared<Listener>();
    listener->name = text_of(entry.find("name"));
    listener->ops = entry.find("role").as_string() == "ops";
    listener->tenant = text_of(entry.find("tenant"));
    listener->principal = text_of(entry.find("principal"));
    const std::string_view address = entry.find("address").as_string();
    listener->loopback = address.substr(0, 4) == "127." || address.substr(0, 5) == "[::1]";
    listener->limits.min_rate = min_rate;
    const View limits = entry.find("limits");
    assign_size(limits.find("request_line"), listener->limits.request_line);
    assign_size(limits.find("headers"), listener->limits.headers);
    assign_size(limits.find("body"), listener->limits.body);
    assign_ms(limits.find("header_timeout_ms"), listener->limits.header_timeout);
    assign_ms(limits.find("idle_timeout_ms"), listener->limits.idle_timeout);
    assign_ms(limits.find("deadline_ms"), listener->limits.deadline);
    if (const View files = entry.find("tls"); files.is_object()) {
      listener->tls = tls.get(text_of(files.find("certificate")), text_of(files.find("key")));
      if (auto read = listener->tls->read_once(); !read) {
        catalog.complaints.push_back("listener " + listener->name + ": " + read.error().message);
      }
    }
    catalog.listeners[listener->name] = std::move(listener);
  }
}

// A provider that lacks the method, such as one that only invites, is none for us.
void read_providers(std::string_view text, const socle_host* host, Catalog& catalog) {
  auto document = json::Document::parse(text);
  if (!document) {
    catalog.complaints.push_back("catalogue \"plugins\": " + document.error().message);
    return;
  }
  const auto resolved = [host](std::string_view service, std::string_view method) -> std::optional<std::uint32_t> {
    std::uint32_t target = 0;
    if (host->resolve(host, str(service), str(method), &target) != SOCLE_OK) return std::nullopt;
    return target;
  };
  for (const View plugin : document->root().elements()) {
    for (const View service : plugin.find("provides").elements()) {
      if (service.as_string() == "auth/1") {
        if (const auto target = resolved("auth/1", "authenticate")) catalog.authenticate = target;
      } else if (service.as_string() == "audit/1") {
        if (const auto target = resolved("audit/1", "record")) catalog.record = target;
      }
    }
  }
}

std::shared_ptr<const Catalog> read_catalog(const socle_host* host, TlsStore& tls, std::size_t min_rate) {
  auto catalog = std::make_shared<Catalog>();
  catalog->version = host->catalog_version(host);
  const Payload routes(host, host->catalog(host, str("routes")));
  const Payload listeners(host, host->catalog(host, str("listeners")));
  const Payload plugins(host, host->catalog(host, str("plugins")));
  if (routes) {
    read_routes(view(routes->text), host, *catalog);
  } else {
    catalog->complaints.emplace_back("the host has no catalogue \"routes\" for this plugin: grant permission catalog");
  }
  if (listeners) read_listeners(view(listeners->text), tls, min_rate, *catalog);
  if (plugins) read_providers(view(plugins->text), host, *catalog);
  return catalog;
}

Config read_config(std::string_view text) {
  Config config;
  auto document = json::Document::parse(text);
  if (!document) return config;
  const View root = document->root();
  if (const View base = root.find("problem_base"); base.is_string()) config.problem_base = text_of(base);
  if (const View page = root.find("sign_in"); page.is_string()) config.sign_in = text_of(page);
  config.lane_by_connection = root.find("lane").as_string() == "connection";
  assign_ms(root.find("heartbeat_ms"), config.heartbeat);
  assign_size(root.find("min_rate"), config.min_rate);
  return config;
}

}  // namespace socle::gateway
