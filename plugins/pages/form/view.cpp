#include "form/view.hpp"

#include <algorithm>

#include "form/moments.hpp"
#include "form/texts.hpp"
#include "form/walk.hpp"
#include "logic/values.hpp"
#include "socle/json/pointer.hpp"

namespace socle::pages {
namespace {

using page::Data;

const forms::Attachment* attachment_of(const Shown& shown, const Control& control) {
  const auto* logic = control.field == Field::none ? nullptr : shown.plan.form->logic_of(control.field);
  return logic != nullptr && logic->attachment ? &*logic->attachment : nullptr;
}

class Inputs {
 public:
  explicit Inputs(const Shown& shown) : s_(shown) {}

  Data control(const Control& control, const Place& place) {
    Data out;
    auto state = s_.evaluation.state(control.field, place.row);
    state.visible = state.visible && !s_.hides(place.pointer);
    state.read_only = state.read_only || s_.locks(place.pointer);
    const bool required = control.required || state.required;
    const auto fault = s_.faults.find(place.pointer);
    out.view("label", control.label.in(s_.language)).view("hint", control.hint.in(s_.language));
    out.text("pointer", place.pointer).flag("wide", control.wide).flag("hidden", !state.visible);
    out.flag("required", required).flag("readonly", state.read_only);
    if (fault != s_.faults.end()) out.view("error", fault->second);
    if (control.widget == Widget::group) {
      out.flag("group", true).list("controls", parts(control, place));
    } else if (control.widget == Widget::table) {
      table(out, control, place);
    } else {
      input(out, control, place, state);
    }
    return out;
  }

 private:
  std::vector<Data> parts(const Control& whole, const Place& place) {
    std::vector<Data> out;
    out.reserve(whole.parts.size());
    for (const auto& part : whole.parts) out.push_back(control(part, inside(s_.plan, part, place)));
    return out;
  }

  void table(Data& out, const Control& whole, const Place& place) {
    std::vector<Data> rows;
    const std::size_t count = place.value.is_array() ? place.value.size() : 0;
    rows.reserve(count);
    for (std::size_t row = 0; row < count; ++row) {
      Data one;
      const Place there{forms::below(place.pointer, row), place.value.at(row), row};
      one.text("title", s_.messages.filled(of(s_.language), "row", {std::to_string(row + 1)}));
      one.text("pointer", there.pointer).view("of", whole.label.in(s_.language)).list("controls", parts(whole, there));
      rows.push_back(std::move(one));
    }
    out.flag("table", true).text("count", std::to_string(count)).list("rows", std::move(rows));
  }

  void input(Data& out, const Control& control, const Place& place, const forms::FieldState& state) {
    const std::string value = input_text(control, place.value);
    switch (control.widget) {
      case Widget::check: out.flag("check", true).flag("checked", value == "true"); break;
      case Widget::choice: out.flag("choice", true).list("options", options(control, state, value)); break;
      case Widget::choices: out.flag("choices", true).list("options", several(control, place)); break;
      case Widget::reference: reference(out, control, value); break;
      case Widget::lines:
        if (s_.candidates.contains(control.field)) {
          out.flag("choices", true).list("options", several_of(control, place));
          break;
        }
        [[fallthrough]];
      case Widget::area:
      case Widget::json: out.flag("area", true).flag("code", control.widget == Widget::json); break;
      default:
        out.flag("input", true).view("type", type_of(control, value));
        if (type_of(control, value) == "datetime-local") out.view("zone", control.zone);
        if (control.widget == Widget::integer) out.view("mode", "numeric");
        if (control.widget == Widget::number) out.view("mode", "decimal");
        out.flag("figures", control.widget == Widget::integer || control.widget == Widget::number);
    }
    out.text("value", value);
    if (const auto* files = attachment_of(s_, control); files != nullptr && !state.read_only)
      out.flag("upload", true).text("accept", joined(files->types)).flag("many", control.widget == Widget::lines);
  }

  static std::string joined(const std::vector<std::string>& types) {
    std::string out;
    for (const auto& type : types) out.append(out.empty() ? "" : ",").append(type);
    return out;
  }

  static std::string_view type_of(const Control& control, const std::string& value) {
    if (control.widget == Widget::date) return "date";
    if (control.widget == Widget::moment && (value.empty() || is_local(value))) return "datetime-local";
    return control.input_type;
  }

  static Data option(std::string value, const std::string& label, bool chosen) {
    Data out;
    return std::move(out.text("value", std::move(value)).text("label", label).flag("chosen", chosen));
  }

  std::vector<Data> options(const Control& control, const forms::FieldState& state, const std::string& value) {
    std::vector<Data> out;
    bool found = value.empty();
    for (const auto& [posted, label] : allowed(control, state, s_.language)) {
      found = found || posted == value;
      out.push_back(option(posted, label, posted == value));
    }
    if (!found) out.push_back(option(value, value, true));
    return out;
  }

  std::vector<Data> several(const Control& control, const Place& place) {
    std::vector<Data> out;
    for (const auto& choice : control.choices) {
      bool chosen = false;
      for (const auto one : place.value.elements()) chosen = chosen || json::to_text(one) == choice.json;
      Data made = option(choice.value, choice.words.in(s_.language), chosen);
      made.text("pointer", place.pointer).text("index", std::to_string(out.size()));
      out.push_back(std::move(made));
    }
    return out;
  }

  // Records of another form, several of them; one that is no candidate any more stays chosen.
  std::vector<Data> several_of(const Control& control, const Place& place) {
    std::vector<std::pair<std::string, std::string>> known = s_.candidates.at(control.field);
    std::vector<std::string> chosen;
    for (const auto one : place.value.elements()) {
      chosen.emplace_back(one.as_string());
      if (std::none_of(known.begin(), known.end(), [&](const auto& other) { return other.first == chosen.back(); }))
        known.emplace_back(chosen.back(), chosen.back());
    }
    std::vector<Data> out;
    for (const auto& [id, title] : known) {
      Data made = option(id, title, std::find(chosen.begin(), chosen.end(), id) != chosen.end());
      made.text("pointer", place.pointer).text("index", std::to_string(out.size()));
      out.push_back(std::move(made));
    }
    return out;
  }

  void reference(Data& out, const Control& control, const std::string& value) {
    const auto known = s_.candidates.find(control.field);
    if (known == s_.candidates.end()) {
      out.flag("input", true).view("type", "text");
      return;
    }
    std::vector<Data> list;
    bool found = value.empty();
    for (const auto& [id, title] : known->second) {
      found = found || id == value;
      list.push_back(option(id, title, id == value));
    }
    if (!found) list.push_back(option(value, value, true));
    out.flag("choice", true).list("options", std::move(list));
  }

  const Shown& s_;
};

class Hidden {
 public:
  Hidden(const Shown& shown, std::vector<Data>& out) : s_(shown), out_(out) {}
  void control(const Control& control, const Place& place) {
    if (control.widget == Widget::group) {
      for (const auto& part : control.parts) this->control(part, inside(s_.plan, part, place));
    } else if (control.widget == Widget::table) {
      const std::size_t count = place.value.is_array() ? place.value.size() : 0;
      add("#rows" + place.pointer, std::to_string(count));
      for (std::size_t row = 0; row < count; ++row)
        for (const auto& part : control.parts)
          this->control(part, inside(s_.plan, part, {forms::below(place.pointer, row), place.value.at(row), row}));
    } else if (control.widget == Widget::choices) {
      for (const auto one : place.value.elements())
        add(place.pointer, one.is_string() ? std::string(one.as_string()) : json::to_text(one));
    } else if (place.value.exists()) {
      std::string value = input_text(control, place.value);
      if (control.widget == Widget::moment && is_local(value)) add("#zone" + place.pointer, control.zone);
      add(place.pointer, std::move(value));
    }
  }

 private:
  void add(std::string name, std::string value) {
    Data one;
    one.text("name", std::move(name)).text("value", std::move(value));
    out_.push_back(std::move(one));
  }
  const Shown& s_;
  std::vector<Data>& out_;
};

}  // namespace

page::Language of(Language language) { return language == Language::zh ? page::Language::zh : page::Language::en; }

std::vector<Data> inputs(const Shown& shown, const Step& step) {
  std::vector<Data> out;
  Inputs maker(shown);
  for (const auto& group : step.groups) {
    std::vector<Data> controls;
    controls.reserve(group.controls.size());
    for (const auto& control : group.controls)
      controls.push_back(maker.control(control, at(shown.plan, control, shown.doc)));
    Data one;
    one.view("label", group.label.in(shown.language)).list("controls", std::move(controls));
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<Data> carried(const Shown& shown, const Step& but) {
  std::vector<Data> out;
  Hidden maker(shown, out);
  for (const auto& step : shown.plan.steps)
    if (&step != &but)
      for (const auto& group : step.groups)
        for (const auto& control : group.controls) maker.control(control, at(shown.plan, control, shown.doc));
  return out;
}

}  // namespace socle::pages
