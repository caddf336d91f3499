// rest_part.cpp: `access`, `rules` and `ui` of a model.
#include <algorithm>
#include <array>

#include "model/body.hpp"

namespace socle::forms {
namespace {

using json::View;

constexpr std::array<std::string_view, 4> actions{"create", "read", "update", "delete"};
constexpr std::array<std::string_view, 7> elements{"VerticalLayout", "HorizontalLayout", "Group", "Categorization",
                                                   "Category",       "Control",          "Label"};
constexpr std::size_t most_rulesets = 16;
constexpr int max_ui_depth = 32;

void check_element(const Form::Body& body, View element, const std::string& pointer, int depth,
                   Diagnostics& diagnostics) {
  if (!element.is_object() || depth > max_ui_depth) {
    diagnostics.error(pointer, "bad_value", "an element is {type, …}, at most 32 deep; found " + shown(element));
    return;
  }
  const auto type = element.find("type").as_string();
  if (std::find(elements.begin(), elements.end(), type) == elements.end()) {
    const auto near = nearest(type, {elements.begin(), elements.end()});
    diagnostics.error(below(pointer, "type"), "bad_value",
                      "an element is a VerticalLayout, HorizontalLayout, Group, Categorization, Category, Control or "
                      "Label; found " +
                          shown(element.find("type")) + (near.empty() ? "" : "; did you mean " + near + "?"));
    return;
  }
  if (type == "Control") {
    // "#/properties/address/properties/city" leads where the schema's own pointer leads.
    const auto scope = element.find("scope").as_string();
    std::string path;
    std::string_view rest = scope;
    constexpr std::string_view step = "/properties/";
    bool good = rest.starts_with("#/properties/");
    if (good) rest.remove_prefix(1);
    while (good && !rest.empty()) {
      good = rest.starts_with(step);
      if (!good) break;
      rest.remove_prefix(step.size());
      const auto end = rest.find('/');
      path += (path.empty() ? "" : ".") + std::string(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
    }
    if (!good)
      diagnostics.error(below(pointer, "scope"), "bad_value",
                        "a Control has a scope such as \"#/properties/kind\"; found " + shown(element.find("scope")));
    else if (body.fields.find(path) == Field::none)
      diagnostics.error(below(pointer, "scope"), "unknown_field", body.fields.unknown(path));
  }
  (void)words_of(element.find("label").is_boolean() ? View() : element.find("label"), below(pointer, "label"),
                 diagnostics);
  const auto children = element.find("elements");
  if (children.exists() && !children.is_array())
    diagnostics.error(below(pointer, "elements"), "bad_value", "elements are a list; found " + shown(children));
  std::size_t i = 0;
  for (const auto child : children.elements())
    check_element(body, child, below(below(pointer, "elements"), i++), depth + 1, diagnostics);
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
  if (ui.exists()) check_element(body, ui, "/ui", 0, diagnostics);
}

}  // namespace socle::forms
