// store_predicate.hpp: what of a condition storage/1 can answer itself, as its predicate tree. Used by record_filter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "socle/cel/record_filter.hpp"

namespace socle::cel {

// The store's bounds (docs/storage.md, query).
inline constexpr std::size_t max_store_nodes = 250;  // of 256: whoever combines filters needs some
inline constexpr std::size_t max_store_depth = 30;
inline constexpr std::size_t max_store_values = 256;
inline constexpr std::size_t max_store_text = 1024;

struct StorePredicate {
  enum class Kind : std::uint8_t { all, any, leaf };
  Kind kind = Kind::all;
  std::vector<StorePredicate> args{};  // all, any; none: true, false
  std::string leaf{};                  // JSON
  std::string field{};                 // which one the leaf compares

  [[nodiscard]] std::size_t nodes() const;
  [[nodiscard]] std::size_t depth() const;
  [[nodiscard]] std::string to_json() const;
};

// Where a field of the record is for the store.
struct StoreField {
  std::string text;            // "/doc/kind", "created_at"
  std::string_view type = {};  // of its index, or the store's own; "": its values may be anything
};

class StoreFields {
 public:
  StoreFields(const Environment& environment, const RecordShape& shape) : environment_(environment), shape_(shape) {}
  // record.a.b, or a.b for a bare field. Nothing: no path of field names.
  [[nodiscard]] std::optional<StoreField> of(const Expr& expr) const;
  // `name` is a variable that stands for record.name.
  [[nodiscard]] bool is_bare(const std::string& name) const;

 private:
  bool path(const Expr& expr, std::vector<std::string>& out) const;
  const Environment& environment_;
  const RecordShape& shape_;
};

// Kept of every record, beside its fields.
[[nodiscard]] bool is_own_property(std::string_view name);
// A variable that conditions have whatever the fields are called: record, user, now, …
[[nodiscard]] bool is_standing_name(std::string_view name);

// Nothing: the store cannot say that. What is given is true for exactly the records for which `expr` is: only positive
// comparisons with constants, because there a missing or ill-typed field means the same to CEL (an error, so excluded)
// and to the store (no match).
[[nodiscard]] std::optional<StorePredicate> to_store(const Ast& ast, const Expr& expr, const StoreFields& fields);
// has(a.b) says nothing more beside a comparison of a.b or of something in it.
[[nodiscard]] bool is_implied(const Expr& expr, const std::vector<StorePredicate>& beside, const StoreFields& fields);
// The operands of a chain of &&.
void collect_conjuncts(const Expr& expr, std::vector<const Expr*>& out);

}  // namespace socle::cel
