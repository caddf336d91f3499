// compatibility.hpp: whether data written with one version of a schema can be read with another. Structural and
// conservative: `backward` is claimed only when every instance of the old schema is provably one of the new; what the
// rules cannot prove counts as incompatible, never the other way round. `format` and content* count as constraints here
// whatever the options say. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/schema/schema.hpp"

namespace socle::schema {

enum class Compatibility : std::uint8_t {
  none,
  backward,  // a reader with the new schema accepts all data written with the old one
  forward,   // a reader with the old schema accepts all data written with the new one
  both,
};
[[nodiscard]] std::string_view to_string(Compatibility compatibility);

// A keyword of the reader's schema that the writer's schema does not guarantee.
struct Change {
  bool breaks_backward = true;  // else it breaks forward: the reader is the old schema
  std::string location;         // of the keyword in the reader's schema
  std::string message;
};

struct CompatibilityReport {
  Compatibility compatibility = Compatibility::none;
  std::vector<Change> changes;  // at most 100
};

[[nodiscard]] CompatibilityReport compatibility(const Schema& old_schema, const Schema& new_schema);

}  // namespace socle::schema
