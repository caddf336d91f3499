// walk.hpp: finding one's way from controls to places in a record. Any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "form/plan.hpp"
#include "logic/evaluation.hpp"

namespace socle::pages {

// A place in a record, or of a row: its pointer, what is there, and the number of the row it is in (else 0).
struct Place {
  std::string pointer;
  json::View value;
  std::size_t row = 0;
};

// Of a control that stands in the record itself.
[[nodiscard]] inline Place at(const Plan& plan, const Control& control, json::View doc) {
  const Field& field = plan.form->fields()[control.field];
  for (const auto& token : field.tokens) doc = doc.find(token);
  return {field.pointer, doc, 0};
}
// Of a part of an object or a column of a row.
[[nodiscard]] inline Place inside(const Plan& plan, const Control& part, const Place& whole) {
  const Field& field = plan.form->fields()[part.field];
  return {forms::below(whole.pointer, field.name), whole.value.find(field.name), whole.row};
}

// What may be chosen now: as it is posted, and as a person reads it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> allowed(const Control& control,
                                                                       const forms::FieldState& state,
                                                                       Language language);

}  // namespace socle::pages
