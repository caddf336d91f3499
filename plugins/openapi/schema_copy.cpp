// schema_copy.cpp: see the header.
#include "schema_copy.hpp"

#include <algorithm>
#include <array>

#include "socle/json/writer.hpp"

namespace socle::openapi {
namespace {

using json::View;
using namespace std::string_view_literals;

// Keywords whose members are schemas under names of the author's.
constexpr std::array maps{"properties"sv, "patternProperties"sv, "$defs"sv, "definitions"sv, "dependentSchemas"sv};
// Keywords whose value is data, whatever it looks like.
constexpr std::array data{"enum"sv,     "const"sv, "default"sv,          "examples"sv,
                          "required"sv, "type"sv,  "dependentRequired"sv};
// Keywords whose schemas judge a part of an object that others judge, too.
constexpr std::array branches{"if"sv, "then"sv, "else"sv, "not"sv, "allOf"sv, "anyOf"sv, "oneOf"sv};
// Keywords of ours.
constexpr std::array our_keywords{"labels"sv, "zone"sv};
constexpr std::array dropped{"$schema"sv, "$id"sv};

template <std::size_t n>
bool among(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// `open`: say of a branch that it leaves other members alone.
void copy(std::string& out, View from, std::string_view base, bool open, bool branch = false);

void copy_map(std::string& out, View from, std::string_view base, bool open) {
  out += '{';
  for (const auto& [key, value] : from.members()) {
    if (out.back() != '{') out += ',';
    json::append_quoted(out, key);
    out += ':';
    copy(out, value, base, open);
  }
  out += '}';
}

void copy(std::string& out, View from, std::string_view base, bool open, bool branch) {
  if (from.is_array()) {
    out += '[';
    for (const auto one : from.elements()) {
      if (out.back() != '[') out += ',';
      copy(out, one, base, open, branch);
    }
    out += ']';
    return;
  }
  if (!from.is_object()) return json::append_text(out, from);
  out += '{';
  for (const auto& [key, value] : from.members()) {
    if (among(dropped, key)) continue;
    if (out.back() != '{') out += ',';
    json::append_quoted(out, among(our_keywords, key) ? std::string("x-").append(key) : std::string(key));
    out += ':';
    if (key == "$ref"sv && value.as_string().starts_with('#'))
      json::append_quoted(out, std::string(base).append(value.as_string().substr(1)));
    else if (among(maps, key) && value.is_object())
      copy_map(out, value, base, open);
    else if (among(data, key) || among(our_keywords, key))
      json::append_text(out, value);
    else
      copy(out, value, base, open, among(branches, key));
  }
  if (open && branch && from.find("properties").exists() && !from.find("additionalProperties").exists())
    out += R"(,"additionalProperties":true)";
  out += '}';
}

}  // namespace

std::string schema_at(View schema, std::string_view base) {
  std::string out;
  // JSON Schema says it by saying nothing. Linters that forbid members by default take a branch for the whole object;
  // where nothing asks what was evaluated, saying it changes nothing.
  const bool open = json::to_text(schema).find("\"unevaluated") == std::string::npos;
  copy(out, schema, base, open);
  return out;
}

}  // namespace socle::openapi
