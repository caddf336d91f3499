// verdict.hpp: the whole way of a document into a record: logic, schema, what exact numbers and indexes can hold,
// required fields, options, checks, in this order; and everything that is wrong, not the first thing only. Pure: any
// thread, once per call.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "logic/evaluation.hpp"
#include "model/form.hpp"

namespace socle::forms {

struct Verdict {
  std::string text;                        // the document to keep; "" when the given one is kept as it came
  std::optional<json::Document> document;  // of `text`
  std::vector<FieldError> errors;          // empty: accepted
  std::string_view stopped;                // "out_of_fuel", …: no verdict at all
  std::uint64_t fuel_used = 0;
  // The document to keep. `given` is the call's.
  [[nodiscard]] json::View root(json::View given) const { return document ? document->root() : given; }
};

// `arena` is reset. REQUIRES: call.doc is an object.
[[nodiscard]] Verdict judge(const Form& form, const Call& call, Language language, cel::Arena& arena);

// The JSON array of problem details.
[[nodiscard]] std::string errors_text(const std::vector<FieldError>& errors);

}  // namespace socle::forms
