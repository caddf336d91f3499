// storage_predicate.hpp: a condition's predicate in storage/1's words. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/bound.hpp"
#include "socle/cel/partial.hpp"

namespace socle::auth {

// The filter as JSON text, when storage answers it exactly as CEL does; nothing otherwise, and it is then asked in the
// remainder. `base`: where in a stored document the record's fields lie.
[[nodiscard]] std::optional<std::string> storage_predicate(const cel::Predicate& predicate, const Bound& bound,
                                                           std::string_view base);

}  // namespace socle::auth
