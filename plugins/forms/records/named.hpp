// named.hpp: what a field of a record names elsewhere: the ids of another form's records, or of files. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/field.hpp"

namespace socle::forms {

struct Named {
  std::string pointer;  // "/customer", "/papers/0", "/lines/3/product"
  std::string_view id;  // borrowed of the document
};

// Of a field that is a text or a list of texts; of a column of a sub-table, in each row. An empty text names nothing.
[[nodiscard]] std::vector<Named> named_in(const Catalogue& fields, std::uint32_t index, json::View doc);

}  // namespace socle::forms
