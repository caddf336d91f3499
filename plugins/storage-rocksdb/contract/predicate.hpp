// predicate.hpp: the typed predicate tree of a query. Every leaf compares encodings of field.hpp, so a filter and an
// index that covers it give the same answer. Two-valued: a leaf on a missing or ill-typed value is false, `ne` is the
// negation of `eq`. Any thread once parsed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contract/field.hpp"
#include "contract/schema.hpp"

namespace socle::storage {

struct Predicate {
  enum class Op : std::uint8_t { all, any, negate, eq, ne, lt, le, gt, ge, in, prefix, exists };
  Op op = Op::all;
  std::vector<Predicate> args;  // all, any, negate
  FieldPath path;               // leaves
  FieldType type = FieldType::string;
  std::vector<std::string> constants;  // encoded; prefix: tag and the escaped prefix without its end

  [[nodiscard]] bool is_leaf() const { return op >= Op::eq; }
  [[nodiscard]] bool holds(const RecordView& record) const;
};

inline constexpr std::size_t max_predicate_nodes = 256;
inline constexpr std::size_t max_predicate_depth = 32;
inline constexpr std::size_t max_in_values = 256;

// `collection` supplies the type of a constant that names none. An absent filter holds for all.
Outcome<Predicate> parse_predicate(json::View filter, const Collection& collection);

// The conjunction's parts: the tree itself, or what stands under its top-level `and`s.
[[nodiscard]] std::vector<const Predicate*> conjuncts(const Predicate& predicate);

}  // namespace socle::storage
