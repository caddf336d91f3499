// cells.hpp: what a field can hold beyond its schema: an exact number, and what an index of storage/1 can order. The
// same for the save, :validate, an import's preview and the page, so that none of them calls fine what the store
// refuses. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/field.hpp"

namespace socle::forms {

// Longest text that an index holds, in bytes.
inline constexpr std::size_t most_indexed_text = 1024;

enum class Misfit : std::uint8_t { none, format, too_long };

// Whether a value is of the type of a CellRule; absent and null always are.
[[nodiscard]] Misfit misfit(FieldType type, json::View value);
// A number in JSON's grammar, within json::decimal's bounds of exact ones.
[[nodiscard]] bool is_decimal(std::string_view text);
// Scalars written alike: 0.10 is not 0.1. Of arrays and objects: the very same place.
[[nodiscard]] bool same_text(json::View a, json::View b);

}  // namespace socle::forms
