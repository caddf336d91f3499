// bounds.hpp: what a schema promises about the size and type of a part of its instances, so that the cost of an
// expression over them can be bounded before it runs (the CEL checker asks). Conservative: a bound is given only if
// every valid instance keeps it. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "socle/result.hpp"
#include "socle/schema/schema.hpp"

namespace socle::schema {

struct Bounds {
  // Which types the value can have. `number` without `integer` does not occur: integers are numbers.
  bool null = true, boolean = true, integer = true, number = true, string = true, array = true, object = true;
  bool can_be_absent = true;                    // the member may be missing, the array shorter
  std::optional<std::uint64_t> max_length;      // of strings, in code points
  std::optional<std::uint64_t> max_items;       // of arrays
  std::optional<std::uint64_t> max_properties;  // of objects
};

// Of the value at a JSON pointer in which the token "*" stands for any element of an array, or any member that has no
// name in the schema: "/guarantors/*/phone". Code::invalid when the pointer is none.
Result<Bounds> bounds(const Schema& schema, std::string_view pointer);

}  // namespace socle::schema
