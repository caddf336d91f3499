// dialect.hpp: which keywords a schema's $schema gives meaning to: the standard's drafts, or a metaschema of the
// caller's registry with its $vocabulary. The compiler asks; pure data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socle/schema/schema.hpp"

namespace socle::schema {

namespace vocabulary {
inline constexpr std::uint16_t core = 1, applicator = 2, unevaluated = 4, validation = 8, format_annotation = 16,
                               format_assertion = 32, content = 64, meta_data = 128;
inline constexpr std::uint16_t standard =
    core | applicator | unevaluated | validation | format_annotation | content | meta_data;
}  // namespace vocabulary

struct DialectRules {
  Draft draft = Draft::draft2020_12;
  std::uint16_t vocabularies = vocabulary::standard;
  std::string metaschema;  // its URI

  [[nodiscard]] bool has(std::uint16_t bits) const { return (vocabularies & bits) != 0; }
  // Up to draft 7 a $ref hides its siblings, and "$id": "#name" is an anchor.
  [[nodiscard]] bool old() const { return draft <= Draft::draft7; }
  [[nodiscard]] std::string_view id_keyword() const { return draft == Draft::draft4 ? "id" : "$id"; }
};

// The standard's dialect of that $schema URI, with or without an empty fragment.
std::optional<DialectRules> standard_dialect(std::string_view uri);
DialectRules dialect_of(Draft draft);
// The bit of a vocabulary's URI, or 0.
std::uint16_t vocabulary_bit(std::string_view uri);

}  // namespace socle::schema
