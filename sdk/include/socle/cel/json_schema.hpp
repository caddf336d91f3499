// json_schema.hpp: the types that a JSON Schema gives to expressions: its objects become declared records, so that a
// wrong field name is found before anything runs and JSON values are read as what they are declared to be. Used where
// models meet expressions (rulesets, form logic, record filters). One thread while an environment is built.
#pragma once

#include <string>

#include "socle/cel/environment.hpp"
#include "socle/json/view.hpp"

namespace socle::cel {

struct SchemaType {
  Type type;
  Bounds bounds;
  Bounds element_bounds;
};

// integer → int, number → double, boolean, string; format date → date, date-time → timestamp; arrays → list, objects
// without `properties` → map. What has no single type (unions, nullable fields, oneOf) is dyn. Objects with
// `properties` are declared in the environment as records named after their place ("input.address"), open unless
// `additionalProperties` is false. `root` is the document that local $refs point into.
[[nodiscard]] SchemaType declare_schema(Environment& environment, const std::string& name, json::View schema,
                                        json::View root);

}  // namespace socle::cel
