// document.cpp: see the header.
#include "document.hpp"

#include "headers.hpp"
#include "operations.hpp"
#include "socle/json/writer.hpp"

namespace socle::openapi {
namespace {

using json::View;

// What every tenant's document has. Kept as text: nothing in it depends on anything.
constexpr std::string_view fixed_components = R"~("Problem":{"type":"object","description":"RFC 9457","properties":{
"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"code":{"type":"string"},
"trace_id":{"type":"string"},"errors":{"type":"array","items":{"type":"object","properties":{"pointer":{"type":"string"},
"code":{"type":"string"},"message":{"type":"string"},"params":{"type":"object"}}}}}},
"JsonPatch":{"type":"array","items":{"type":"object","required":["op","path"],"properties":{"op":{"enum":["add","remove",
"replace","move","copy","test"]},"path":{"type":"string"},"from":{"type":"string"},"value":{}}}},
"Verdict":{"type":"object","required":["valid","errors"],"properties":{"valid":{"type":"boolean"},
"errors":{"type":"array","items":{"type":"object"}},"doc":{"type":"object"}}},
"Batch":{"type":"array","minItems":1,"maxItems":500,"items":{"type":"object","required":["op"],"properties":{
"op":{"enum":["create","put","update","patch","delete"]},"id":{"type":"string"},"doc":{},"if_match":{"type":"string"}}}},
"BatchDone":{"type":"object","required":["results"],"properties":{"results":{"type":"array","items":{"type":"object",
"required":["op","id"],"properties":{"op":{"enum":["create","put","patch","delete"]},"id":{"type":"string"},
"version":{"type":["integer","null"]},"doc":{"type":"object"}}}}}},
"ImportDone":{"type":"object","required":["rows","failed","errors"],"properties":{"rows":{"type":"integer"},
"created":{"type":"integer"},"valid":{"type":"integer","description":"Instead of created, of a preview"},
"failed":{"type":"integer"},"errors":{"type":"array","items":{"type":"object"}},"preview":{"type":"array","items":{"type":"object"}},
"error_file":{"type":"string","description":"The rows that failed, to be mended and sent again"},
"stopped":{"type":"object","properties":{"line":{"type":"integer"},"code":{"type":"string"},"message":{"type":"string"}}}}},
"File":{"type":"object","required":["id","name","type","size","state"],"properties":{"id":{"type":"string"},
"name":{"type":"string"},"type":{"type":"string"},"size":{"type":"integer"},"state":{"enum":["partial","whole"]},
"sha256":{"type":"string"},"created_at":{"type":"string","format":"date-time"},"created_by":{"type":"string"},
"href":{"type":"string"}}})~";

bool wanted(View route) {
  const auto path = route.find("path").as_string();
  const bool api = path.starts_with("/v1/") || path.starts_with("/.well-known/");
  return api && path.find('*') == std::string_view::npos;
}

// The models that stand in place of a route's first parameter; nullptr: none do, the route is described as it is.
const std::vector<Model>* models_of(View route, const Sources& sources) {
  const auto path = route.find("path").as_string();
  if (path.starts_with("/v1/forms/{form}")) return &sources.forms;
  if (path.starts_with("/v1/rules/{ruleset}")) return &sources.rulesets;
  return nullptr;
}

void add_form(std::string& out, const Model& form) {
  const auto name = component_of_form(form.name);
  const auto ref = [&](const std::string& component) {
    return "{\"$ref\":\"#/components/schemas/" + component + "\"}";
  };
  out.append(",\"").append(name).append("\":").append(form.schema);
  out.append(",\"").append(name).append(R"(.record":{"type":"object","required":["id","version","doc"],"properties":{
"id":{"type":"string","format":"uuid"},"version":{"type":"integer"},"model_version":{"type":"string"},
"created_at":{"type":"string","format":"date-time"},"created_by":{"type":"string"},
"updated_at":{"type":"string","format":"date-time"},"updated_by":{"type":"string"},"rules":{"type":"object"},
"expand":{"type":"object"},"doc":)");
  out.append(ref(name)).append("}}");
  out.append(",\"").append(name).append(R"(.page":{"type":"object","required":["items","next"],"properties":{"items":{
"type":"array","items":)");
  out.append(ref(name + ".record"))
      .append(R"(},"next":{"type":["string","null"]},"count":{"type":"integer"},"count_exact":{"type":"boolean"}}})");
}

}  // namespace

std::string component_of_form(const std::string& name) { return "form." + name; }
std::string component_of_ruleset(const std::string& name) { return "rules." + name; }

std::string document_of(const Sources& sources) {
  std::map<std::string, std::string> paths, tags;  // sorted: the same system gives the same text
  std::map<std::string, int> handlers;
  HeaderUse used{{}, {"Retry-After"}};  // of the problems, below
  const auto handler = [](View route) {
    return json::to_text(route.find("to").find("service")) + json::to_text(route.find("to").find("method"));
  };
  for (const auto route : sources.routes.elements())
    if (wanted(route)) ++handlers[handler(route)];
  const auto add = [&](const Operation& one) {
    auto& path = paths[one.path];
    path.append(path.empty() ? "\"" : ",\"").append(one.method).append("\":").append(one.text);
    tags[one.tag] = one.tag_about;
    used.request.insert(one.headers.request.begin(), one.headers.request.end());
    used.answer.insert(one.headers.response.begin(), one.headers.response.end());
  };
  for (const auto route : sources.routes.elements()) {
    if (!wanted(route)) continue;
    const auto* models = models_of(route, sources);
    if (models == nullptr) {
      add(operation_of(route, nullptr, handlers[handler(route)] > 1));
      continue;
    }
    for (const auto& model : *models) add(operation_of(route, &model, false));
  }
  std::string out;
  json::Writer head(out);
  head.begin_object().member("openapi", "3.1.0").key("info").begin_object();
  head.member("title", "The API of " + sources.tenant).member("version", "1");
  head.member("description",
              std::string("What this tenant can call now. Everything that it publishes is here at once") +
                  (sources.complete ? "." : "; name further forms with ?forms=."));
  head.key("contact").begin_object().member("name", sources.tenant).end_object();
  head.key("license").begin_object().member("name", "The tenant's own").member("identifier", "LicenseRef-tenant");
  head.end_object().end_object().key("servers").begin_array().begin_object().member("url", "/");
  head.member("description", "The server that gave this document").end_object().end_array();
  head.key("tags").begin_array();
  for (const auto& [name, about] : tags)
    head.begin_object().member("name", name).member("description", about).end_object();
  head.end_array().end_object();
  out.pop_back();
  out += R"(,"security":[{"bearer":[]},{"session":[]}],"paths":{)";
  for (const auto& [path, operations] : paths) {
    if (out.back() != '{') out += ',';
    json::append_quoted(out, path);
    out.append(":{").append(operations).append("}");
  }
  out.append(R"(},"components":{)").append(header_components(used));
  out +=
      R"(,"securitySchemes":{"bearer":{"type":"http","scheme":"bearer"},)"
      R"("session":{"type":"apiKey","in":"cookie","name":"__Host-socle_session"}},"responses":{"Problem":{)"
      R"("description":"What went wrong","headers":{"Retry-After":{"$ref":"#/components/headers/Retry-After"}},"content":{"application/problem+json":{"schema":)"
      R"({"$ref":"#/components/schemas/Problem"}}}}},"schemas":{)";
  out += fixed_components;
  for (const auto& form : sources.forms) add_form(out, form);
  for (const auto& one : sources.rulesets)
    out.append(",\"").append(component_of_ruleset(one.name)).append("\":").append(one.schema);
  return out + "}}}";
}

}  // namespace socle::openapi
