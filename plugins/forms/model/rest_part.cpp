// rest_part.cpp: `access`, `rules` and `ui` of a model.
#include <algorithm>
#include <array>

#include "model/body.hpp"
#include "model/layout.hpp"
#include "socle/json/nearest.hpp"

namespace socle::forms {
namespace {

using json::View;

constexpr std::array<std::string_view, 4> actions{"create", "read", "update", "delete"};
constexpr std::array<std::string_view, 7> elements{"VerticalLayout", "HorizontalLayout", "Group", "Categorization",
                                                   "Category",       "Control",          "Label"};
constexpr std::size_t most_rulesets = 16;
constexpr int max_ui_depth = 32;

// What pages follow of an element of this type. Whatever JSON Forms knows besides is told, never passed over.
void check_keys(View element, std::string_view type, const std::string& pointer, Diagnostics& diagnostics) {
  // `rule` and `options` are known, so that their own messages are told below.
  if (type == "Control")
    only(element, {"type", "scope", "label", "options", "rule"}, pointer, diagnostics);
  else if (type == "Label")
    only(element, {"type", "text", "label", "options", "rule"}, pointer, diagnostics);
  else if (type == "VerticalLayout" || type == "HorizontalLayout")
    only(element, {"type", "elements", "options", "rule"}, pointer, diagnostics);
  else
    only(element, {"type", "label", "elements", "options", "rule"}, pointer, diagnostics);
  if (element.find("rule").exists())
    diagnostics.error(below(pointer, "rule"), "not_supported",
                      "a layout has no rules: when a field is there or locked is said once, for pages and for the "
                      "server, in logic: its visible and read_only");
  const auto options = element.find("options");
  if (!options.exists()) return;
  const auto at = below(pointer, "options");
  if (type != "Control") {
    diagnostics.error(at, "not_supported", "options are for a Control; a Categorization makes steps by itself");
    return;
  }
  if (!options.is_object()) diagnostics.error(at, "bad_value", "options are {multi}; found " + shown(options));
  only(options, {"multi", "readonly", "readOnly"}, at, diagnostics);
  for (const std::string_view key : {"readonly", "readOnly"})
    if (options.find(key).exists())
      diagnostics.error(below(at, key), "not_supported",
                        "a layout locks nothing: say read_only in the field's logic, or readOnly in the schema");
  if (options.find("multi").exists() && !options.find("multi").is_boolean())
    diagnostics.error(below(at, "multi"), "bad_value", "true or false; found " + shown(options.find("multi")));
}

class Layout {
 public:
  Layout(const Form::Body& body, Diagnostics& diagnostics)
      : fields_(body.fields), diagnostics_(diagnostics), shown_(body.fields.size(), false) {}

  void element(View element, const std::string& pointer, int depth) {
    if (!element.is_object() || depth > max_ui_depth) {
      diagnostics_.error(pointer, "bad_value", "an element is {type, …}, at most 32 deep; found " + shown(element));
      return;
    }
    const auto type = element.find("type").as_string();
    if (std::find(elements.begin(), elements.end(), type) == elements.end()) {
      const std::string near(json::nearest(type, elements));
      diagnostics_.error(below(pointer, "type"), "bad_value",
                         "an element is a VerticalLayout, HorizontalLayout, Group, Categorization, Category, Control "
                         "or Label; found " +
                             shown(element.find("type")) + (near.empty() ? "" : "; did you mean " + near + "?"));
      return;
    }
    check_keys(element, type, pointer, diagnostics_);
    if (type == "Control") scope(element.find("scope"), below(pointer, "scope"));
    label(element, type, pointer);
    children(element, type, pointer, depth);
  }

  [[nodiscard]] const std::vector<bool>& shown_fields() const { return shown_; }

 private:
  void scope(View given, const std::string& pointer) {
    const auto path = path_of_scope(given.as_string());
    const auto field = path ? fields_.find(*path) : Field::none;
    if (!path)
      diagnostics_.error(pointer, "bad_value",
                         "a Control has a scope such as \"#/properties/kind\"; found " + shown(given));
    else if (field == Field::none)
      diagnostics_.error(pointer, "unknown_field", fields_.unknown(*path));
    else if (fields_[field].table != Field::none)
      diagnostics_.error(pointer, "not_supported", "columns are shown by the Control of their sub-table");
    else
      mark_shown(fields_, field, shown_);
  }

  void label(View element, std::string_view type, const std::string& pointer) {
    const auto given = element.find("label");
    const auto at = below(pointer, "label");
    const bool own = type == "Control" && given.is_boolean();
    if (own && !given.as_bool())
      diagnostics_.error(at, "not_supported",
                         "an input keeps its label, without which nobody knows it who hears the page: remove this");
    (void)words_of(own ? View() : given, at, diagnostics_);
    (void)words_of(element.find("text"), below(pointer, "text"), diagnostics_);
  }

  void children(View element, std::string_view type, const std::string& pointer, int depth) {
    const auto list = element.find("elements");
    const auto at = below(pointer, "elements");
    if (list.exists() && !list.is_array())
      diagnostics_.error(at, "bad_value", "elements are a list; found " + shown(list));
    std::size_t i = 0;
    for (const auto child : list.elements()) {
      const auto place = below(at, i++);
      const auto kind = child.find("type").as_string();
      if (type == "Categorization" && (kind == "Control" || kind == "Label"))
        diagnostics_.error(
            below(place, "type"), "bad_value",
            "a Categorization holds a Category for each step; put this " + std::string(kind) + " into one");
      this->element(child, place, depth + 1);
    }
  }

  const Catalogue& fields_;
  Diagnostics& diagnostics_;
  std::vector<bool> shown_;
};

// One warning: of several in one place only the first would be told.
void warn_of_left_out(const Form::Body& body, const std::vector<bool>& shown_fields, Diagnostics& diagnostics) {
  constexpr std::size_t most_named = 20;
  const auto fields = left_out(body.fields, body.logic, body.source.root().find("schema"), shown_fields);
  if (fields.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < std::min(fields.size(), most_named); ++i)
    names += (i == 0 ? "'" : ", '") + body.fields[fields[i]].path + "'";
  if (fields.size() > most_named) names += " and " + std::to_string(fields.size() - most_named) + " more";
  diagnostics.warning("/ui", "left_out",
                      "the layout has no Control for " + names +
                          ", without which a record may not be saved; pages show it at the end of the last step");
}

}  // namespace

std::string_view to_string(Action action) { return actions[static_cast<std::size_t>(action)]; }

void compile_access(Form::Body& body, Diagnostics& diagnostics) {
  const auto access = body.source.root().find("access");
  if (!access.exists()) return;
  if (!access.is_object()) {
    diagnostics.error("/access", "bad_value", "access is {create, read, update, delete}; found " + shown(access));
    return;
  }
  only(access, {"create", "read", "update", "delete"}, "/access", diagnostics);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const auto rule = access.find(actions[i]);
    if (!rule.exists()) continue;
    const auto pointer = below("/access", actions[i]);
    if (!rule.is_string() && !rule.is_boolean()) {
      diagnostics.error(pointer, "bad_value", "an access rule is a condition; found " + shown(rule));
      continue;
    }
    const std::string text = rule.is_string() ? std::string(rule.as_string()) : rule.as_bool() ? "true" : "false";
    std::vector<cel::Issue> issues;
    auto compiled = body.strict->compile(text, &issues);
    const bool costly = !compiled && compiled.error().code == Code::too_large;
    for (const auto& issue : issues)
      diagnostics.error(pointer, costly ? "too_costly" : "expression", issue.message, issue.position.offset);
    if (compiled) body.access[i].emplace(AccessRule{std::move(*compiled), text});
  }
}

void compile_rules(Form::Body& body, Diagnostics& diagnostics) {
  const auto rules = body.source.root().find("rules");
  if (!rules.exists()) return;
  if (!rules.is_array() || rules.size() > most_rulesets) {
    diagnostics.error("/rules", "bad_value", "rules are a list of at most 16 names of rulesets; found " + shown(rules));
    return;
  }
  std::size_t i = 0;
  for (const auto name : rules.elements()) {
    const auto pointer = below("/rules", i++);
    if (!name.is_string() || name.as_string().empty() || name.as_string().size() > 64)
      diagnostics.error(pointer, "bad_value", "a ruleset is called by its name; found " + shown(name));
    else if (std::find(body.rulesets.begin(), body.rulesets.end(), name.as_string()) != body.rulesets.end())
      diagnostics.error(pointer, "duplicate", "'" + std::string(name.as_string()) + "' is there already");
    else
      body.rulesets.emplace_back(name.as_string());
  }
}

void check_ui(const Form::Body& body, Diagnostics& diagnostics) {
  const auto ui = body.source.root().find("ui");
  if (!ui.exists()) return;
  const bool sound = !diagnostics.failed();
  Layout layout(body, diagnostics);
  layout.element(ui, "/ui", 0);
  // Of a model that is wrong it is not sure what its layout shows and what must be filled in.
  if (sound && !diagnostics.failed()) warn_of_left_out(body, layout.shown_fields(), diagnostics);
}

}  // namespace socle::forms
