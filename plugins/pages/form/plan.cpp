#include "form/plan.hpp"

#include <algorithm>
#include <array>

#include "model/layout.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::pages {
namespace {

constexpr std::size_t most_columns = 6;
constexpr unsigned deepest_layout = 32;

Words words_in(json::View value) {
  forms::Diagnostics unread;
  return value.exists() ? forms::words_of(value, "", unread) : Words();
}

class Planner {
 public:
  Planner(const Form& form, std::string_view zone)
      : form_(form), fields_(form.fields()), zone_(zone), used_(form.fields().size(), false) {}

  std::vector<Step> steps() {
    std::vector<Step> out;
    if (const auto ui = form_.ui(); ui.exists()) {
      if (ui.find("type").as_string() == "Categorization") {
        for (const auto category : ui.find("elements").elements()) {
          out.emplace_back();
          out.back().label = words_in(category.find("label"));
          fill(out.back(), category.find("elements"), 0);
        }
      } else {
        out.emplace_back();
        place(out.back(), ui, 0);
      }
      for (auto& step : out) drop_empty(step.groups);
    } else {
      out.emplace_back();
      for (const auto field : fields_.top()) add(out.back(), field);
    }
    const auto empty = [](const Step& step) { return step.groups.empty(); };
    out.erase(std::remove_if(out.begin(), out.end(), empty), out.end());
    if (out.empty()) out.emplace_back();
    if (form_.ui().exists()) add_left_out(out.back());
    return out;
  }

 private:
  // What the layout has no Control for and nobody can save a record without.
  void add_left_out(Step& step) {
    const auto fields = forms::left_out(fields_, form_.logic(), form_.source().find("schema"), used_);
    if (!fields.empty() && !step.groups.empty() && !step.groups.back().label.empty()) step.groups.emplace_back();
    for (const auto field : fields) add(step, field);
  }

  static Group& last(Step& step) {
    if (step.groups.empty()) step.groups.emplace_back();
    return step.groups.back();
  }

  void fill(Step& step, json::View elements, unsigned depth) {
    for (const auto element : elements.elements()) place(step, element, depth);
  }

  void place(Step& step, json::View element, unsigned depth) {
    if (depth > deepest_layout) return;
    const auto type = element.find("type").as_string();
    if (type == "Control") {
      add(step, field_at(element.find("scope").as_string()), element);
    } else if (type == "Group" || type == "Category" || type == "Label") {
      step.groups.emplace_back();
      const auto text = element.find("text");
      step.groups.back().label = words_in(text.exists() ? text : element.find("label"));
      fill(step, element.find("elements"), depth + 1);
      if (type == "Group") step.groups.emplace_back();
    } else {
      fill(step, element.find("elements"), depth + 1);
    }
  }

  static void drop_empty(std::vector<Group>& groups) {
    const auto nothing = [](const Group& group) { return group.controls.empty(); };
    groups.erase(std::remove_if(groups.begin(), groups.end(), nothing), groups.end());
  }

  std::uint32_t field_at(std::string_view scope) const {
    const auto path = forms::path_of_scope(scope);
    return path ? fields_.find(*path) : Field::none;
  }

  void add(Step& step, std::uint32_t field, json::View element = {}) {
    if (field == Field::none || used_[field]) return;
    Control made = control(field);
    if (auto label = words_in(element.find("label")); !label.empty()) made.label = std::move(label);
    if (element.find("options").find("multi").as_bool() && made.widget == Widget::text) {
      made.widget = Widget::area;
      made.wide = true;
    }
    last(step).controls.push_back(std::move(made));
  }

  Control control(std::uint32_t index) {
    used_[index] = true;
    const Field& field = fields_[index];
    Control out;
    out.field = index;
    out.label = label_of(field);
    out.hint = words_in(field.schema.find("description"));
    for (const auto& token : field.tokens) {
      out.inner += '/';
      json::append_escaped(out.inner, token);
    }
    out.required = field.required;
    const auto type = field.schema.find("type").as_string();
    out.exact = field.type == FieldType::decimal && type != "number" && type != "integer";
    const auto* logic = form_.logic_of(index);
    const auto listed =
        field.type == FieldType::list ? field.schema.find("items").find("enum") : field.schema.find("enum");
    for (const auto value : listed.elements()) out.choices.push_back(choice(field, value));
    out.widget = widget(field, logic, !out.choices.empty());
    if (out.widget == Widget::moment) out.zone = field.zone.empty() ? zone_ : std::string_view(field.zone);
    if (out.widget == Widget::group || out.widget == Widget::table)
      for (const auto part : field.children) out.parts.push_back(control(part));
    constexpr std::array<Widget, 6> wides{Widget::area,  Widget::lines, Widget::json,
                                          Widget::group, Widget::table, Widget::choices};
    out.wide = std::find(wides.begin(), wides.end(), out.widget) != wides.end();
    const auto format = field.schema.find("format").as_string();
    if (format == "email") out.input_type = "email";
    if (format == "uri") out.input_type = "url";
    // "^\+" is how telephone numbers begin.
    if (field.schema.find("pattern").as_string().starts_with("^\\+")) out.input_type = "tel";
    const bool plain = !field.schema.find("pattern").exists() && !field.schema.find("enum").exists() &&
                       format.empty() && field.schema.find("minLength").as_uint64().value_or(0) == 0;
    out.empty_is_text = field.type == FieldType::string && field.required && plain;
    return out;
  }

  static Choice choice(const Field& field, json::View value) {
    Choice out;
    out.json = json::to_text(value);
    out.value = value.is_string() ? std::string(value.as_string()) : out.json;
    for (const auto& label : field.labels)
      if (label.value == out.json) out.words = label.words;
    if (out.words.empty()) out.words.en = out.value;
    return out;
  }

  static Widget widget(const Field& field, const forms::FieldLogic* logic, bool listed) {
    if (logic != nullptr && !logic->reference.empty() && field.type == FieldType::string) return Widget::reference;
    if (field.type == FieldType::list) {
      if (listed) return Widget::choices;
      return field.element == FieldType::string ? Widget::lines : Widget::json;
    }
    if (listed || (logic != nullptr && logic->options && field.type == FieldType::string)) return Widget::choice;
    const auto constant = field.schema.find("const");
    switch (field.type) {
      case FieldType::string: return long_text(field) ? Widget::area : Widget::text;
      case FieldType::integer: return Widget::integer;
      case FieldType::number:
      case FieldType::decimal: return Widget::number;
      case FieldType::boolean: return Widget::check;
      case FieldType::date: return Widget::date;
      case FieldType::timestamp: return Widget::moment;
      case FieldType::object: return Widget::group;
      case FieldType::table: return Widget::table;
      default: break;
    }
    if (constant.is_boolean()) return Widget::check;
    return Widget::json;
  }
  static bool long_text(const Field& field) {
    return field.schema.find("maxLength").as_uint64().value_or(0) > 250 ||
           field.schema.find("format").as_string() == "multiline";
  }

  const Form& form_;
  const forms::Catalogue& fields_;
  const std::string_view zone_;
  std::vector<bool> used_;
};

void columns(const std::vector<Control>& controls, std::vector<const Control*>& out) {
  for (const auto& control : controls) {
    if (out.size() == most_columns) return;
    const bool plain = control.widget != Widget::group && control.widget != Widget::table &&
                       control.widget != Widget::json && control.widget != Widget::area &&
                       control.widget != Widget::lines;
    if (plain) out.push_back(&control);
  }
}

}  // namespace

std::string_view to_string(Widget widget) {
  constexpr std::array<std::string_view, 14> names{"text",   "area",      "integer", "number", "check",
                                                   "choice", "choices",   "date",    "moment", "lines",
                                                   "json",   "reference", "group",   "table"};
  return names[static_cast<std::size_t>(widget)];
}

Words label_of(const Field& field) {
  // A schema without a title has its field's name for one.
  if (!field.title.empty() && field.title.in(Language::en) != field.name) return field.title;
  Words out;
  for (const char c : field.name) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !out.en.empty() && out.en.back() != ' ') out.en += ' ';
    if (c == '_' || c == '-') {
      out.en += ' ';
    } else {
      out.en += capital ? static_cast<char>(c + 32) : c;
    }
  }
  if (!out.en.empty() && out.en[0] >= 'a' && out.en[0] <= 'z') out.en[0] = static_cast<char>(out.en[0] - 32);
  return out;
}

std::shared_ptr<const Plan> plan_of(std::shared_ptr<const Form> form, std::string_view zone) {
  auto out = std::make_shared<Plan>();
  out->steps = Planner(*form, zone).steps();
  for (const auto& step : out->steps)
    for (const auto& group : step.groups) columns(group.controls, out->columns);
  out->live = !form->logic().empty() || !form->checks().empty();
  out->form = std::move(form);
  return out;
}

}  // namespace socle::pages
