// mask.hpp: fields that somebody must not see or write. Pointers are into the record's document. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/json/document.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::forms {

// JSON Pointers into the record.
struct Masks {
  std::vector<std::string> hidden;     // must not be shown
  std::vector<std::string> read_only;  // must not be written
};
// The field at `pointer`, or a whole around it, is among the fields.
[[nodiscard]] bool covers(const std::vector<std::string>& fields, std::string_view pointer);

// `at` is where the record's document stands in `from`: "" or "/doc/doc" of a stored item.
[[nodiscard]] Result<json::Document> without(json::View from, std::string_view at,
                                             const std::vector<std::string>& hidden);

// Of storage/1's answer to a query: each of its items without these fields of the record.
[[nodiscard]] Result<json::Document> without_in_each(json::View answer, const std::vector<std::string>& hidden);

// The document as it is asked for, but with these fields as they are stored (absent: not stored).
[[nodiscard]] Result<json::Document> restored(json::View asked, json::View stored,
                                              const std::vector<std::string>& fields);

// A condition could tell something of one of these fields: it reads it, a part of it or a whole around it. Of a
// condition in the strict language, after its names were rewritten to record.x.
[[nodiscard]] bool tells_of(const cel::Ast& condition, const std::vector<std::string>& fields);
// The same of a field named in `order`, as a path: "address.city", "-days".
[[nodiscard]] bool is_within(std::string_view path, const std::vector<std::string>& fields);

}  // namespace socle::forms
