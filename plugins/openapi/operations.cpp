// operations.cpp: see the header.
#include "operations.hpp"

#include <algorithm>
#include <vector>

#include "headers.hpp"
#include "socle/json/writer.hpp"

namespace socle::openapi {
namespace {

using json::View;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

std::string words_of(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', ' ');
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

// Letters and digits only, the rest as one '_'.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (good)
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  return out;
}

std::string reference_to(const std::string& component) {
  return "{\"$ref\":\"#/components/schemas/" + component + "\"}";
}

std::string content(const std::string& media, const std::string& schema, const std::string& example = {}) {
  std::string out;
  json::append_quoted(out, media);
  out.append(":{\"schema\":").append(schema);
  if (!example.empty()) out.append(",\"example\":").append(example);
  return out + "}";
}

struct Shape {
  std::string request;  // content members; "" for none
  std::string status = "200", response;
};

// What the record endpoints of a form take and give.
Shape form_shape(std::string_view handler, const Model& form) {
  const auto name = component_of_form(form.name);
  const auto doc = reference_to(name), record = reference_to(name + ".record"),
             json_text = std::string("application/json");
  if (handler == "create") return {content(json_text, doc, form.example), "201", content(json_text, record)};
  if (handler == "replace") return {content(json_text, doc, form.example), "200", content(json_text, record)};
  if (handler == "read") return {{}, "200", content(json_text, record)};
  if (handler == "change")
    return {content("application/merge-patch+json", R"({"type":"object"})", "{}") + "," +
                content("application/json-patch+json", reference_to("JsonPatch"), "[]"),
            "200", content(json_text, record)};
  if (handler == "remove") return {{}, "204", {}};
  if (handler == "list") return {{}, "200", content(json_text, reference_to(name + ".page"))};
  if (handler == "validate")
    return {content(json_text, doc, form.example), "200", content(json_text, reference_to("Verdict"))};
  if (handler == "batch") {
    const auto one =
        form.example.empty() || form.unique ? std::string() : "[{\"op\":\"create\",\"doc\":" + form.example + "}]";
    return {content(json_text, reference_to("Batch"), one), "200", content(json_text, reference_to("BatchDone"))};
  }
  if (handler == "import")
    return {content("text/csv", R"({"type":"string"})") + "," + content("application/x-ndjson", R"({"type":"string"})"),
            "200", content(json_text, reference_to("ImportDone"))};
  if (handler == "create_draft" || handler == "replace_draft")
    return {content(json_text, R"({"type":"object"})"), handler == "create_draft" ? "201" : "200",
            content(json_text, R"({"type":"object"})")};
  if (handler == "remove_draft") return {{}, "204", {}};
  if (handler == "export")
    return {
        {},
        "200",
        content("text/csv", R"({"type":"string"})") + "," + content("application/x-ndjson", R"({"type":"string"})")};
  if (handler == "schema") return {{}, "200", content("application/schema+json", R"({"type":"object"})")};
  return {{}, "200", content(json_text, R"({"type":"object"})")};
}

// What the endpoints of rulesets take: a member that is not named here is refused. `model`: null of `import`.
Shape rules_shape(std::string_view handler, const Model* model) {
  const std::string media("application/json"), object = content(media, R"({"type":"object"})");
  if (handler == "evaluate")
    return {content(media,
                    R"({"type":"object","required":["input"],"properties":{"input":)" +
                        reference_to(component_of_ruleset(model->name)) +
                        R"(,"trace":{"type":"boolean"}},"additionalProperties":false})",
                    model->example),
            "200", object};
  if (handler == "test")
    return {content(media, R"({"type":"object","properties":{"version":{"type":"string"},"records":{"type":"array",)"
                           R"("maxItems":10000,"items":{}},"from":{"type":"string"},"to":{"type":"string"},)"
                           R"("source":{"type":"object"}},"additionalProperties":false})"),
            "200", object};
  if (handler == "import")
    return {content(media, R"({"type":"object","required":["format","source"],"properties":{"format":{"enum":["dmn",)"
                           R"("jdm"]},"name":{"type":"string"},"source":{"type":["string","object"]},)"
                           R"("decision":{"type":"string"}},"additionalProperties":false})"),
            "200", object};
  return {{}, "200", object};
}

Shape shape_of(View route, const std::string& method, const Model* model) {
  const auto service = route.find("to").find("service").as_string();
  const auto handler = route.find("to").find("method").as_string();
  if (model != nullptr && service == "forms/1") return form_shape(handler, *model);
  if (service == "rules/1" && (model != nullptr || handler == "import")) return rules_shape(handler, model);
  if (service == "pages/1") return {{}, "200", content("text/html", R"({"type":"string"})")};
  Shape out{{}, "2XX", content("application/json", "{}")};
  if (service == "blob/1" && (handler == "upload" || handler == "continue"))
    out.request = content("application/octet-stream", "{}");
  if (service == "blob/1" && handler == "upload") {
    out.request = content("text/plain", R"({"type":"string"})", "\"Hello\"") + "," + out.request;
    out.status = "201";
    out.response = content("application/json", reference_to("File"));
  }
  if (service == "blob/1" && handler == "about") out.response = content("application/json", reference_to("File"));
  if (service == "blob/1" && handler == "download") out.response = content("application/octet-stream", "{}");
  if (!out.request.empty() || method == "get" || method == "delete") return out;
  for (const auto type : route.find("consumes").elements()) {
    if (!out.request.empty()) out.request += ',';
    out.request += content(std::string(type.as_string()), "{}");
  }
  if (out.request.empty()) out.request = content("application/json", "{}");
  return out;
}

void write_parameter(json::Writer& out, std::string_view name, std::string_view in, View declared,
                     const std::vector<std::string_view>& choices = {}) {
  out.begin_object().member("name", name).member("in", in);
  out.member("required", in == "path" || declared.find("required").as_bool());
  out.key("schema").begin_object();
  const auto type = declared.find("type").as_string();
  out.member("type", type.empty() ? std::string_view("string") : type);
  for (const auto& [from, to] : {std::pair{"minimum", "minimum"}, {"maximum", "maximum"}, {"max_length", "maxLength"}})
    if (declared.find(from).exists()) out.member(to, declared.find(from));
  if (!choices.empty()) {
    out.key("enum").begin_array();
    for (const auto one : choices) out.string(one);
    out.end_array();
  }
  out.end_object().end_object();
}

// The members of an answer's "headers".
std::string answer_headers(const Headers& headers) {
  std::string out;
  for (const auto name : headers.response) {
    json::append_quoted(out.append(out.empty() ? "" : ","), name);
    out.append(":{\"$ref\":\"").append(answer_field(name)).append("\"}");
  }
  return out;
}

}  // namespace

Operation operation_of(View route, const Model* model, bool twice) {
  Operation out;
  out.method = lower(route.find("method").as_string());
  const auto service = route.find("to").find("service").as_string();
  const auto handler = route.find("to").find("method").as_string();
  const auto area = std::string(service.substr(0, service.find('/')));
  out.path = route.find("path").as_string();
  std::vector<std::string> in_path;
  for (auto at = out.path.find('{'); at != std::string::npos; at = out.path.find('{', at + 1)) {
    const auto end = out.path.find('}', at);
    if (model != nullptr && in_path.empty() && !out.path.starts_with("/v1/files")) {
      out.path.replace(at, end - at + 1, model->name);
      in_path.emplace_back();
      continue;
    }
    in_path.push_back(out.path.substr(at + 1, end - at - 1));
  }
  if (model != nullptr) std::erase(in_path, std::string());
  const bool form = model != nullptr && route.find("path").as_string().starts_with("/v1/forms/");
  out.tag = model == nullptr ? area : (form ? "form " : "ruleset ") + model->name;
  out.tag_about = model == nullptr
                      ? "Endpoints of " + area + "."
                      : (model->title.empty() ? model->name : model->title) + ", version " + model->version;
  const auto shape = shape_of(route, out.method, model);
  json::Writer writer(out.text);
  auto id = plain(model == nullptr ? area + "." + std::string(handler)
                                   : area + "." + model->name + "." + std::string(handler));
  if (twice && model == nullptr) id += "." + out.method + plain(route.find("path").as_string());
  writer.begin_object().member("operationId", id).key("tags").begin_array().string(out.tag).end_array();
  const auto what = words_of(handler) + (model == nullptr ? std::string() : ": " + model->name);
  writer.member("summary", what);
  const auto access = route.find("access").as_string();
  writer.member("description", access == "public"          ? std::string("For everybody.")
                               : access == "authenticated" ? std::string("For whoever is signed in.")
                                                           : "Needs the permission `" + std::string(access) + "`.");
  if (access == "public") writer.key("security").begin_array().end_array();
  writer.key("parameters").begin_array();
  const auto declared = route.find("params");
  for (const auto& name : in_path) write_parameter(writer, name, "path", declared.find(name));
  for (const auto& [name, one] : declared.members())
    if (one.find("in").as_string() == "query")
      write_parameter(writer, name, "query", one, choices_of(service, handler, name));
  out.headers = headers_of(service, handler);
  const auto& headers = out.headers;
  for (const auto name : headers.request) writer.begin_object().member("$ref", request_field(name)).end_object();
  writer.end_array().end_object();
  out.text.pop_back();
  if (!shape.request.empty()) out.text.append(",\"requestBody\":{\"content\":{").append(shape.request).append("}}");
  out.text.append(",\"responses\":{\"").append(shape.status).append("\":{\"description\":\"Done\"");
  if (const auto fields = answer_headers(headers); !fields.empty())
    out.text.append(",\"headers\":{").append(fields).append("}");
  if (!shape.response.empty()) out.text.append(",\"content\":{").append(shape.response).append("}");
  const bool cached = std::count(headers.request.begin(), headers.request.end(), "If-None-Match") > 0;
  if (cached && out.method == "get") out.text += R"(},"304":{"description":"It is what If-None-Match names")";
  out.text += R"(},"4XX":{"$ref":"#/components/responses/Problem"},"5XX":{"$ref":"#/components/responses/Problem"}}})";
  return out;
}

}  // namespace socle::openapi
