// posted.hpp: the record that a posted form means. Inputs are named by their place in the record ("/address/city",
// "/guarantors/0/phone"); "#rows/guarantors" says how many rows a sub-table has, "#zone/at" by whose clocks the moment
// beside it is told. Any thread.
#pragma once

#include <string>

#include "form/plan.hpp"
#include "socle/json/view.hpp"
#include "socle/page/form_body.hpp"

namespace socle::pages {

// A change of rows that a button asks for besides.
struct RowChange {
  enum class Kind : std::uint8_t { none, add, remove };
  Kind kind = Kind::none;
  std::string table;    // pointer
  std::size_t row = 0;  // to be removed
  // "add:/guarantors", "remove:/guarantors/2"; none of anything else.
  static RowChange of(std::string_view go);
};

inline constexpr std::size_t most_rows = 1000;

// JSON text of an object. What the page does not show stays as it is in `base` (the stored record, or absent), and so
// does what the form has no input for.
[[nodiscard]] std::string document_of(const Plan& plan, const page::FormBody& body, json::View base,
                                      const RowChange& change = {});

}  // namespace socle::pages
