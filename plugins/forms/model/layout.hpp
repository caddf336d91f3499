// layout.hpp: what a layout (`ui`) shows of a form, and what it leaves out although a person must fill it in: its
// author is warned, and pages show it at the layout's end. Used by rest_part.cpp and by the plans of pages. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/form.hpp"

namespace socle::forms {

// "#/properties/address/properties/city" → "address.city"; nothing when a Control's scope has another shape.
[[nodiscard]] std::optional<std::string> path_of_scope(std::string_view scope);

// `shown` by field: this one, its parts and its columns.
void mark_shown(const Catalogue& fields, std::uint32_t field, std::vector<bool>& shown);

// Fields that are not shown and that the schema or `required` demands, always or at times, in the order of the schema:
// of an object that is shown in part, the parts; else the object as a whole. What is computed, numbered, has a default
// or can never be entered is not among them. `schema`: the form's.
[[nodiscard]] std::vector<std::uint32_t> left_out(const Catalogue& fields, const std::vector<FieldLogic>& logic,
                                                  json::View schema, const std::vector<bool>& shown);

}  // namespace socle::forms
