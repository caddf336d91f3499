// schema_types.hpp: the types that a JSON Schema gives to expressions: its objects become declared records, so that a
// wrong field name is found before anything runs and JSON values are read as what they are declared to be. One thread.
#pragma once

#include <string>

#include "socle/cel/environment.hpp"
#include "socle/json/view.hpp"

namespace socle::rules {

struct SchemaType {
  cel::Type type;
  cel::Bounds bounds;
  cel::Bounds element_bounds;
};

// integer → int, number → double, format date → date, date-time → timestamp, duration → duration; what has no single
// type (unions, nullable fields, oneOf) is dyn. Objects with `properties` are declared in the environment as records
// named after their place ("input.address"). `root` is the document that local $refs point into.
[[nodiscard]] SchemaType declare_schema(cel::Environment& environment, const std::string& name, json::View schema,
                                        json::View root);

}  // namespace socle::rules
