// dialect.cpp: the URIs of the standard's dialects and vocabularies.
#include "dialect.hpp"

#include <array>
#include <utility>

namespace socle::schema {

namespace {
constexpr std::array<std::pair<std::string_view, Draft>, 5> dialects{
    {{"https://json-schema.org/draft/2020-12/schema", Draft::draft2020_12},
     {"https://json-schema.org/draft/2019-09/schema", Draft::draft2019_09},
     {"http://json-schema.org/draft-07/schema", Draft::draft7},
     {"http://json-schema.org/draft-06/schema", Draft::draft6},
     {"http://json-schema.org/draft-04/schema", Draft::draft4}}};
}  // namespace

std::optional<DialectRules> standard_dialect(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  for (const auto& [known, draft] : dialects)
    if (known == uri) return dialect_of(draft);
  return std::nullopt;
}

DialectRules dialect_of(Draft draft) {
  for (const auto& [uri, known] : dialects)
    if (known == draft) return {draft, vocabulary::standard, std::string(uri)};
  return {};
}

std::uint16_t vocabulary_bit(std::string_view uri) {
  constexpr std::string_view newer = "https://json-schema.org/draft/2020-12/vocab/";
  constexpr std::string_view older = "https://json-schema.org/draft/2019-09/vocab/";
  if (!uri.starts_with(newer) && !uri.starts_with(older)) return 0;
  const std::string_view name = uri.substr(newer.size());
  if (name == "core") return vocabulary::core;
  if (name == "applicator") return vocabulary::applicator;
  if (name == "unevaluated") return vocabulary::unevaluated;
  if (name == "validation") return vocabulary::validation;
  if (name == "format-annotation" || name == "format") return vocabulary::format_annotation;
  if (name == "format-assertion") return vocabulary::format_assertion;
  if (name == "content") return vocabulary::content;
  if (name == "meta-data") return vocabulary::meta_data;
  return 0;
}

}  // namespace socle::schema
