// rest.hpp: what is left of a condition when everything but the record is known: an expression over `record` alone,
// which may travel to the store and be joined to others. One thread.
#pragma once

#include <string>

#include "policy/vocabulary.hpp"
#include "socle/cel/program.hpp"

namespace socle::authz {

struct Rest {
  enum class Kind : std::uint8_t {
    always,   // true of every record
    never,    // false of every record
    error,    // errs for every record, or cannot be said in CEL
    depends,  // `text` decides
  };
  Kind kind = Kind::error;
  std::string text;  // of depends: CEL that names nothing but `record`
};

// `known` has user, tenant, action, now, env and old set, and record and its properties not.
[[nodiscard]] Rest rest_of(const Vocabulary& vocabulary, const Condition& condition, const cel::Activation& known);

// A text as a CEL literal.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace socle::authz
