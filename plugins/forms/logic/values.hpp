// values.hpp: between JSON and CEL: what an expression computed as the JSON that a field of its type holds. Any thread.
#pragma once

#include <string>

#include "model/field.hpp"
#include "socle/cel/value.hpp"
#include "socle/json/writer.hpp"
#include "socle/result.hpp"

namespace socle::forms {

// As cel::append_json writes it; decimals become texts unless the field's schema wants a number.
[[nodiscard]] Status append_value(json::Writer& out, const cel::Value& value, const Field* field);

// Absent, or what reads as absent: null, an empty optional.
[[nodiscard]] bool is_nothing(const cel::Value& value);
// "" counts as not filled in.
[[nodiscard]] bool is_blank(const cel::Value& value);

}  // namespace socle::forms
