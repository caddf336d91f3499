// view.hpp: one record on a page: what templates are filled with, from the plan, the record under the form's logic and
// what is wrong with it. Data borrows plan, document and evaluation. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "form/plan.hpp"
#include "logic/evaluation.hpp"
#include "records/mask.hpp"
#include "socle/page/data.hpp"
#include "socle/page/messages.hpp"

namespace socle::pages {

using Faults = std::map<std::string, std::string, std::less<>>;  // pointer → what is wrong there
// Records that a reference may name: id and what a person calls it.
using Candidates = std::map<std::uint32_t, std::vector<std::pair<std::string, std::string>>>;

struct Shown {
  const Plan& plan;
  const forms::Evaluation& evaluation;
  json::View doc;  // after the logic
  const Faults& faults;
  const Candidates& candidates;
  const page::Messages& messages;
  Language language = Language::en;
  const forms::Masks* masks = nullptr;  // what roles and policies withhold from whoever looks

  [[nodiscard]] bool hides(std::string_view pointer) const {
    return masks != nullptr && forms::covers(masks->hidden, pointer);
  }
  [[nodiscard]] bool locks(std::string_view pointer) const {
    return masks != nullptr && forms::covers(masks->read_only, pointer);
  }
};

// The controls of one step as inputs: {groups: [{label, controls: […]}]}.
[[nodiscard]] std::vector<page::Data> inputs(const Shown& shown, const Step& step);
// Every value of the other steps, so that a step's page carries them on: [{name, value}].
[[nodiscard]] std::vector<page::Data> carried(const Shown& shown, const Step& but);
// For reading: [{label, steps…}].
[[nodiscard]] std::vector<page::Data> values(const Shown& shown);
// What is wrong: [{message, label, href?}], in the order of the page; what has no place on it comes first.
[[nodiscard]] std::vector<page::Data> summary(const Shown& shown, const Step& here);
// Index of the step that shows this place of the record; `otherwise` when none does.
[[nodiscard]] std::size_t step_of(const Plan& plan, std::string_view pointer, std::size_t otherwise);
// The answer to a page that is being filled in:
// {fields: [{p, visible, required, readonly, value?, zone?, options?}], errors}.
[[nodiscard]] std::string live_text(const Shown& shown);

[[nodiscard]] page::Language of(Language language);

}  // namespace socle::pages
