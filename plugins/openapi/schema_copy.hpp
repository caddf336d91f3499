// schema_copy.hpp: a model's JSON Schema as a part of an OpenAPI document: local references point into the component,
// and keywords that are ours have the x- of extensions. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "socle/json/view.hpp"

namespace socle::openapi {

// `base`: where the schema will stand, "#/components/schemas/loan".
[[nodiscard]] std::string schema_at(json::View schema, std::string_view base);

}  // namespace socle::openapi
