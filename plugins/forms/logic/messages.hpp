// messages.hpp: what is wrong with a field, in the languages of the product. Any thread.
#pragma once

#include <string>

#include "model/field.hpp"
#include "model/words.hpp"
#include "socle/schema/report.hpp"

namespace socle::forms {

// English is the schema kit's own sentence; Chinese is made from the same code and params.
[[nodiscard]] std::string schema_message(const schema::Fault& fault, Language language);
[[nodiscard]] std::string required_message(Language language);
[[nodiscard]] std::string options_message(Language language);
[[nodiscard]] std::string compute_message(const std::string& english, Language language);
// Of a value that is not what its field or the index over it holds. `too_long`: a text beyond most_indexed_text.
[[nodiscard]] std::string cell_message(FieldType type, bool too_long, Language language);
// "and 12 more": of faults that are not listed.
[[nodiscard]] std::string more_message(std::size_t count, Language language);
[[nodiscard]] std::string reference_message(const std::string& form, Language language);
// `code`: attachment (there is no such file), attachment_type, attachment_size.
[[nodiscard]] std::string attachment_message(std::string_view code, std::string_view file, Language language);
// JSON object of the fault's params; "" when there are none.
[[nodiscard]] std::string params_of(const schema::Fault& fault);

}  // namespace socle::forms
