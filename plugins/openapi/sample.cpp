// sample.cpp: see the header.
#include "sample.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::openapi {
namespace {

using json::View;
using namespace std::string_view_literals;

constexpr int deepest = 16;
constexpr std::array formats{std::pair{"date"sv, "2026-01-31"sv},
                             std::pair{"date-time"sv, "2026-01-31T12:00:00Z"sv},
                             std::pair{"time"sv, "12:00:00Z"sv},
                             std::pair{"email"sv, "ada@example.com"sv},
                             std::pair{"uuid"sv, "01890a5d-ac96-774b-bcce-b302099a8057"sv},
                             std::pair{"uri"sv, "https://example.com/"sv},
                             std::pair{"decimal"sv, "10.00"sv}};

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

std::string text_of(View schema) {
  const auto format = schema.find("format").as_string();
  for (const auto& [name, value] : formats)
    if (name == format) return quoted(value);
  std::string text = "text";
  const auto least = schema.find("minLength").as_uint64().value_or(0);
  const auto most = schema.find("maxLength").as_uint64().value_or(64);
  text.resize(std::clamp<std::size_t>(text.size(), std::min<std::size_t>(least, 256), std::max(least, most)), 't');
  return quoted(text);
}

std::string number_of(View schema, bool whole) {
  for (const auto* bound : {"minimum", "exclusiveMinimum"}) {
    const auto value = schema.find(bound);
    if (!value.is_number()) continue;
    const auto from = static_cast<std::int64_t>(value.as_double());
    return std::to_string(bound == "minimum"sv ? from : from + 1);
  }
  const auto most = schema.find("maximum");
  if (most.is_number() && most.as_double() < 1) return json::to_text(most);
  return whole ? "1" : "1.5";
}

std::string make(View root, View schema, int depth) {
  if (depth > deepest || !schema.is_object()) return "null";
  if (const auto given = schema.find("examples"); given.size() > 0) return json::to_text(given.at(0));
  for (const auto* key : {"const", "default"})
    if (const auto given = schema.find(key); given.exists()) return json::to_text(given);
  if (const auto given = schema.find("enum"); given.size() > 0) return json::to_text(given.at(0));
  if (const auto reference = schema.find("$ref").as_string(); reference.starts_with('#')) {
    const auto found = json::resolve(root, reference.substr(1));
    return found ? make(root, *found, depth + 1) : "null";
  }
  auto type = schema.find("type");
  if (type.is_array()) type = type.at(0);
  const auto name = type.as_string();
  if (name == "string") return text_of(schema);
  if (name == "integer" || name == "number") return number_of(schema, name == "integer");
  if (name == "boolean") return "true";
  if (name == "null") return "null";
  if (name == "array") {
    const auto one = make(root, schema.find("items"), depth + 1);
    std::string out = "[";
    const auto count = std::min<std::uint64_t>(schema.find("minItems").as_uint64().value_or(0), 8);
    for (std::uint64_t i = 0; i < count; ++i) out.append(i > 0 ? "," : "").append(one);
    return out + "]";
  }
  std::string out = "{";
  for (const auto one : schema.find("required").elements()) {
    if (out.size() > 1) out += ',';
    out.append(quoted(one.as_string())).append(":");
    out += make(root, schema.find("properties").find(one.as_string()), depth + 1);
  }
  return out + "}";
}

}  // namespace

std::string sample_of(View schema) { return make(schema, schema, 0); }

}  // namespace socle::openapi
