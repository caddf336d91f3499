// texts.hpp: values as people and inputs write them, and what people wrote as values. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "form/plan.hpp"
#include "socle/json/writer.hpp"

namespace socle::pages {

// What stands in the control's input for this value; "" for none. An instant is told by the clocks of the control's
// zone, or as it is when its input cannot hold that.
[[nodiscard]] std::string input_text(const Control& control, json::View value);
// For reading: labels, thousands, yes and no; "" for none. `yes` and `no` in the reader's language.
[[nodiscard]] std::string shown_text(const Control& control, json::View value, Language language, std::string_view yes,
                                     std::string_view no);
// What was typed as a JSON value; false: nothing was. What cannot be the wanted kind stays a text, so that the schema
// tells what is wrong with it.
[[nodiscard]] bool write_typed(json::Writer& out, const Control& control, std::string_view text);

}  // namespace socle::pages
