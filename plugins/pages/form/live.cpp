// live.cpp: what a page under a person's hands is told, and what is said of faults. See view.hpp and walk.hpp.
#include <algorithm>

#include "form/texts.hpp"
#include "form/view.hpp"
#include "form/walk.hpp"
#include "logic/values.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::pages {
namespace {

using page::Data;

bool within(std::string_view pointer, std::string_view whole) {
  return pointer.starts_with(whole) && (pointer.size() == whole.size() || pointer[whole.size()] == '/');
}

class Live {
 public:
  Live(const Shown& shown, json::Writer& out) : s_(shown), out_(out) {}

  void control(const Control& control, const Place& place) {
    const auto* logic = s_.plan.form->logic_of(control.field);
    if (logic != nullptr) tell(control, *logic, place);
    if (control.widget == Widget::group)
      for (const auto& part : control.parts) this->control(part, inside(s_.plan, part, place));
    if (control.widget != Widget::table || !place.value.is_array()) return;
    for (std::size_t row = 0; row < place.value.size(); ++row)
      for (const auto& part : control.parts)
        this->control(part, inside(s_.plan, part, {forms::below(place.pointer, row), place.value.at(row), row}));
  }

 private:
  void tell(const Control& control, const forms::FieldLogic& logic, const Place& place) {
    auto state = s_.evaluation.state(control.field, place.row);
    state.visible = state.visible && !s_.hides(place.pointer);
    state.read_only = state.read_only || s_.locks(place.pointer);
    out_.begin_object().member("p", place.pointer).member("visible", state.visible);
    out_.member("required", control.required || state.required).member("readonly", state.read_only);
    const bool scalar =
        control.widget != Widget::group && control.widget != Widget::table && control.widget != Widget::choices;
    if (state.read_only && scalar) out_.member("value", input_text(control, place.value));
    if (state.read_only && control.widget == Widget::moment) out_.member("zone", control.zone);
    if (logic.options && control.widget == Widget::choice) {
      out_.key("options").begin_array();
      for (const auto& [value, label] : allowed(control, state, s_.language))
        out_.begin_object().member("value", value).member("label", label).end_object();
      out_.end_array();
    }
    out_.end_object();
  }
  const Shown& s_;
  json::Writer& out_;
};

// The label of the innermost control at a pointer, with the row: "Guarantors 2, Phone".
std::string title_of(const Shown& shown, const std::vector<Control>& controls, const Place& whole, bool top,
                     std::string_view pointer) {
  for (const auto& control : controls) {
    const Place place = top ? at(shown.plan, control, shown.doc) : inside(shown.plan, control, whole);
    if (!within(pointer, place.pointer)) continue;
    std::string label = control.label.in(shown.language);
    if (pointer.size() == place.pointer.size() || control.parts.empty()) return label;
    Place inner = place;
    if (control.widget == Widget::table) {
      const auto rest = pointer.substr(place.pointer.size() + 1);
      const auto row = rest.substr(0, rest.find('/'));
      std::size_t number = 0;
      for (const char c : row) number = number * 10 + static_cast<std::size_t>(c - '0');
      label += " " + std::to_string(number + 1);
      inner.pointer = place.pointer + "/" + std::string(row);
      inner.value = place.value.at(number);
    }
    const std::string part = title_of(shown, control.parts, inner, false, pointer);
    return part.empty() ? label : label + ", " + part;
  }
  return {};
}

// Of a place that no control shows: the labels on the way there; what the schema does not declare is called as it is.
std::string label_at(const Form& form, std::string_view text, Language language) {
  const auto pointer = json::Pointer::parse(text);
  if (!pointer) return std::string(text);
  const auto& fields = form.fields();
  std::string out, path;
  bool rows = false;  // the next token may be the number of one
  for (const auto& token : pointer->tokens()) {
    const auto row = rows ? json::array_index(token) : json::View::none;
    rows = false;
    if (row != json::View::none) {
      out += " " + std::to_string(row + 1);
      path += "[]";
      continue;
    }
    path += (path.empty() ? "" : ".") + token;
    const auto at = fields.find(path);
    if (!out.empty()) out += ", ";
    out += at == Field::none ? token : label_of(fields[at]).in(language);
    rows = at != Field::none && (fields[at].type == FieldType::table || fields[at].type == FieldType::list);
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> allowed(const Control& control, const forms::FieldState& state,
                                                         Language language) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!state.options) {
    for (const auto& choice : control.choices) out.emplace_back(choice.value, choice.words.in(language));
    return out;
  }
  for (std::size_t i = 0; i < state.options->size(); ++i) {
    std::string text;
    json::Writer writer(text);
    if (!forms::append_value(writer, state.options->at(i), nullptr)) continue;
    const auto parsed = json::Document::parse(text);
    const std::string posted = parsed && parsed->root().is_string() ? std::string(parsed->root().as_string()) : text;
    const auto known =
        std::find_if(control.choices.begin(), control.choices.end(), [&](const Choice& c) { return c.json == text; });
    out.emplace_back(posted, known == control.choices.end() ? posted : known->words.in(language));
  }
  return out;
}

std::size_t step_of(const Plan& plan, std::string_view pointer, std::size_t otherwise) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    for (const auto& group : plan.steps[i].groups)
      for (const auto& control : group.controls)
        if (within(pointer, plan.form->fields()[control.field].pointer)) return i;
  return otherwise;
}

std::vector<Data> summary(const Shown& shown, const Step& here) {
  std::vector<Data> out;
  const auto add = [&](const std::string& pointer, const std::string& message, const std::string& label, bool linked,
                       const std::string& step) {
    Data one;
    one.text("label", label).view("message", message).text("step", step);
    if (linked) one.text("href", "#f" + pointer);
    out.push_back(std::move(one));
  };
  const auto& steps = shown.plan.steps;
  for (const auto& [pointer, message] : shown.faults)
    if (step_of(shown.plan, pointer, steps.size()) == steps.size())
      add(pointer, message, label_at(*shown.plan.form, pointer, shown.language), false, "");
  for (const auto& step : steps)
    for (const auto& group : step.groups)
      for (const auto& control : group.controls) {
        const auto& whole = shown.plan.form->fields()[control.field].pointer;
        for (auto at = shown.faults.lower_bound(whole); at != shown.faults.end() && at->first.starts_with(whole);
             ++at) {
          if (!within(at->first, whole)) continue;
          const bool linked = &step == &here;
          add(at->first, at->second, title_of(shown, group.controls, {}, true, at->first), linked,
              linked ? std::string() : step.label.in(shown.language));
        }
      }
  return out;
}

std::string live_text(const Shown& shown) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("fields").begin_array();
  Live live(shown, out);
  for (const auto& step : shown.plan.steps)
    for (const auto& group : step.groups)
      for (const auto& control : group.controls) live.control(control, at(shown.plan, control, shown.doc));
  out.end_array().key("errors").begin_array();
  for (const auto& [pointer, message] : shown.faults)
    out.begin_object().member("p", pointer).member("message", message).end_object();
  out.end_array().end_object();
  return text;
}

}  // namespace socle::pages
