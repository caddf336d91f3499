// headers.cpp: see the header.
#include "headers.hpp"

#include <algorithm>
#include <array>

#include "socle/json/writer.hpp"

namespace socle::openapi {
namespace {

struct Row {
  std::string_view service, handler, request, response;  // names with one blank between them
};

constexpr std::string_view repeatable = "Idempotency-Key", guarded = "If-Match", cached = "If-None-Match",
                           both = "Idempotency-Key If-Match", made = "ETag Location", state = "ETag";

constexpr std::array rows{Row{"forms/1", "create", repeatable, made},
                          Row{"forms/1", "read", cached, state},
                          Row{"forms/1", "replace", both, state},
                          Row{"forms/1", "change", both, state},
                          Row{"forms/1", "remove", both, ""},
                          Row{"forms/1", "batch", repeatable, ""},
                          Row{"forms/1", "import", repeatable, ""},
                          Row{"forms/1", "export", "", "Content-Disposition"},
                          Row{"forms/1", "create_draft", "", made},
                          Row{"forms/1", "draft", cached, state},
                          Row{"forms/1", "replace_draft", guarded, state},
                          Row{"models/1", "get", cached, state},
                          Row{"models/1", "save", "If-Match If-None-Match", state},
                          Row{"blob/1", "upload", "Content-Disposition Content-Digest Upload-Complete", "Location"},
                          Row{"blob/1", "continue", "Upload-Offset Upload-Complete", "Upload-Offset Upload-Complete"},
                          Row{"blob/1", "download", "Range If-Range If-Match If-None-Match",
                              "ETag Accept-Ranges Content-Range Content-Disposition Repr-Digest"},
                          Row{"auth/1", "create_user", "", "Location"},
                          Row{"auth/1", "user", cached, state},
                          Row{"auth/1", "change_user", guarded, state},
                          Row{"auth/1", "create_key", "", "Location"},
                          Row{"auth/1", "role", cached, state},
                          Row{"auth/1", "put_role", "If-Match If-None-Match", state},
                          Row{"auth/1", "oidc_provider", cached, state},
                          Row{"auth/1", "oidc_put_provider", "", state},
                          Row{"notes/1", "create", repeatable, made},
                          Row{"notes/1", "read", cached, state},
                          Row{"notes/1", "replace", guarded, state},
                          Row{"notes/1", "change", guarded, state},
                          Row{"notes/1", "remove", guarded, ""},
                          Row{"openapi/1", "describe", cached, state}};

struct About {
  std::string_view name, text, schema;
};

constexpr std::string_view string_schema = R"({"type":"string"})";
constexpr std::array abouts{
    About{"Accept-Ranges", "bytes: parts can be asked for", string_schema},
    About{"Content-Digest", "SHA-256 of the body, which is refused when it has another", string_schema},
    About{"Content-Disposition", "The name of the file", string_schema},
    About{"Content-Range", "Which bytes of how many these are", string_schema},
    About{"ETag", "The version that this is, for If-Match and If-None-Match", string_schema},
    About{"Idempotency-Key",
          "A request that is sent again under it answers as the first one did and does nothing twice",
          R"({"type":"string","minLength":1,"maxLength":255})"},
    About{"If-Match", "The ETag of what is to be changed: 412 when it has another by now", string_schema},
    About{"If-None-Match", "The ETag of what the caller has: 304 when it is still that; * where it must not be there",
          string_schema},
    About{"If-Range", "The ETag that the part must be of; of another version all comes", string_schema},
    About{"Location", "Where what was made can be read", R"({"type":"string","format":"uri-reference"})"},
    About{"Range", "One part of it, such as bytes=0-1023", string_schema},
    About{"Repr-Digest", "SHA-256 of the whole", string_schema},
    About{"Retry-After", "Seconds until it may be tried again", R"({"type":"integer","minimum":0})"},
    About{"Upload-Complete", "?1 with the last part, ?0 while more follow", R"({"enum":["?0","?1"]})"},
    About{"Upload-Offset", "How many bytes are there already", R"({"type":"integer","minimum":0})"}};

struct Choice {
  std::string_view service, handler, parameter, values;
};
constexpr std::array choices{Choice{"forms/1", "list", "count", "none estimated exact"},
                             Choice{"forms/1", "export", "format", "csv jsonl"},
                             Choice{"forms/1", "compile_text", "mode", "fast full"}};

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

Headers headers_of(std::string_view service, std::string_view handler) {
  for (const auto& row : rows)
    if (row.service == service && row.handler == handler) return {words(row.request), words(row.response)};
  return {};
}

std::string request_field(std::string_view name) { return std::string("#/components/parameters/").append(name); }
std::string answer_field(std::string_view name) { return std::string("#/components/headers/").append(name); }

std::string header_components(const HeaderUse& used) {
  std::string parameters, headers;
  for (const auto& about : abouts) {
    const auto entry = [&](std::string& out, bool parameter) {
      json::append_quoted(out.append(out.empty() ? "" : ","), about.name);
      out += ":{";
      if (parameter) json::append_quoted(out.append("\"in\":\"header\",\"name\":"), about.name);
      json::append_quoted(out.append(parameter ? ",\"description\":" : "\"description\":"), about.text);
      out.append(",\"schema\":").append(about.schema).append("}");
    };
    if (used.request.contains(about.name)) entry(parameters, true);
    if (used.answer.contains(about.name)) entry(headers, false);
  }
  return "\"parameters\":{" + parameters + "},\"headers\":{" + headers + "}";
}

std::vector<std::string_view> choices_of(std::string_view service, std::string_view handler,
                                         std::string_view parameter) {
  for (const auto& one : choices)
    if (one.service == service && one.handler == handler && one.parameter == parameter) return words(one.values);
  return {};
}

}  // namespace socle::openapi
