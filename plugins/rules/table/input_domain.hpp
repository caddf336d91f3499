// input_domain.hpp: what a ruleset's input schema lets come into a table's column that reads one field as it is
// ("input.address.city"): kinds, enum, const, bounds, whole numbers. For the analysis alone; what is evaluated was
// judged by the schema before. Says too much rather than too little: what it does not look at (allOf, patterns) bounds
// nothing. One thread.
#pragma once

#include <cstdint>
#include <optional>

#include "socle/json/view.hpp"
#include "table/cell_compiler.hpp"
#include "table/column.hpp"
#include "table/definition.hpp"

namespace socle::rules {

class InputDomain {
 public:
  // Adds the schema's constants, which live in `constants`, to the column, which must not be sealed yet. Nothing: the
  // expression is no plain path into `input`, or the schema does not declare it.
  static std::optional<InputDomain> of(json::View input, const InputColumn& definition,
                                       const cel::Environment& environment, cel::Arena& constants, Column& column);

  // Never empty: a schema that nothing satisfies bounds nothing. With null where the schema names it.
  // REQUIRES: the column is sealed
  [[nodiscard]] RankSet ranks(const Column& column) const;
  // The schema neither names null nor refuses it.
  [[nodiscard]] bool leaves_null_open() const { return null_ == Null::open; }

 private:
  ConstantCell values_;        // all of: enum or const, bounds
  std::uint32_t classes_ = 0;  // of an untyped column, a bit a Column::Class; 0: whatever comes
  enum class Null : std::uint8_t { open, named, refused };
  Null null_ = Null::open;
};

}  // namespace socle::rules
