// import_xml.cpp: from DMN's XML to the table's texts.
#include <algorithm>
#include <map>

#include "dmn/import.hpp"
#include "dmn/xml.hpp"
#include "table/codes.hpp"

namespace socle::rules {
namespace {

using dmn::Element;

std::string place(const Element& element) { return "/line " + std::to_string(element.line); }

struct Types {
  std::map<std::string, const Element*> items;

  // A declared type's base, however many names lie between.
  std::string base(std::string name) const {
    for (int hops = 0; hops < 16; ++hops) {
      const auto at = items.find(name);
      if (at == items.end()) break;
      const auto next = at->second->text_of("typeRef");
      if (next.empty()) break;
      name = next;
    }
    return name;
  }
  std::string values(const std::string& name) const {
    const auto at = items.find(name);
    return at == items.end() ? std::string() : at->second->text_of("allowedValues");
  }
};

const Element* find_decision(const Element& root, std::string_view wanted, Diagnostics& diagnostics) {
  const Element* found = nullptr;
  std::size_t count = 0;
  for (const auto& child : root.children) {
    if (child->name != "decision" || child->child("decisionTable") == nullptr) continue;
    if (!wanted.empty() && child->attribute("name") != wanted && child->attribute("id") != wanted) continue;
    found = child.get();
    ++count;
  }
  if (count == 1) return found;
  diagnostics.error("", codes::import_syntax,
                    count == 0 ? "there is no decision with a decision table" +
                                     (wanted.empty() ? std::string() : " named '" + std::string(wanted) + "'")
                               : "there are " + std::to_string(count) + " decision tables; name the one to import");
  return nullptr;
}

}  // namespace

std::optional<std::string> import_dmn(std::string_view xml, std::string_view decision, Diagnostics& diagnostics,
                                      std::string_view name) {
  const auto before = diagnostics.errors();
  const auto root = dmn::parse_xml(xml);
  if (!root) {
    diagnostics.error("", codes::import_syntax, root.error().message);
    return std::nullopt;
  }
  const auto* found = find_decision(**root, decision, diagnostics);
  if (found == nullptr) return std::nullopt;
  Types types;
  dmn::Table out;
  for (const auto& child : (*root)->children) {
    if (child->name == "itemDefinition") types.items.emplace(child->attribute("name"), child.get());
    if (child->name == "inputData") out.variables.push_back(child->attribute("name"));
  }
  for (const auto& child : found->children)
    if (child->name == "informationRequirement" && child->child("requiredDecision") != nullptr)
      diagnostics.error(place(*child), codes::import_unsupported,
                        "decision '" + found->attribute("name") +
                            "' needs another decision; import that one and give its result as an input");
  const auto& table = *found->child("decisionTable");
  out.name = found->attribute("name");
  out.asked = name;
  out.pointer = place(table);
  out.hit_policy = table.attribute("hitPolicy");
  out.aggregation = table.attribute("aggregation");
  const auto* variable = found->child("variable");
  for (const auto& child : table.children) {
    if (child->name == "input") {
      const auto* expression = child->child("inputExpression");
      const auto type = expression == nullptr ? std::string() : expression->attribute("typeRef");
      auto values = child->text_of("inputValues");
      if (values.empty()) values = types.values(type);
      out.inputs.push_back({child->text_of("inputExpression"), types.base(type), values});
      // A table may name what no inputData declares.
      if (std::find(out.variables.begin(), out.variables.end(), out.inputs.back().expression) == out.variables.end() &&
          out.inputs.back().expression.find_first_of(".+*/()") == std::string::npos)
        out.variables.push_back(out.inputs.back().expression);
    } else if (child->name == "output") {
      auto type = child->attribute("typeRef");
      if (type.empty() && variable != nullptr) type = variable->attribute("typeRef");
      auto values = child->text_of("outputValues");
      if (values.empty()) values = types.values(type);
      out.outputs.push_back({child->attribute("name"), types.base(type), values, child->text_of("defaultOutputEntry")});
    } else if (child->name == "rule") {
      dmn::Table::Rule rule;
      rule.id = child->attribute("id");
      rule.pointer = place(*child);
      for (const auto& cell : child->children) {
        const auto* text = cell->child("text");
        if (cell->name == "inputEntry") rule.inputs.push_back(text == nullptr ? "-" : text->text);
        if (cell->name == "outputEntry") rule.outputs.push_back(text == nullptr ? "" : text->text);
      }
      if (rule.inputs.size() != out.inputs.size() || rule.outputs.size() != out.outputs.size())
        diagnostics.error(rule.pointer, codes::import_syntax, "the rule does not have one entry for each column");
      out.rules.push_back(std::move(rule));
    }
  }
  if (diagnostics.errors() != before) return std::nullopt;
  return dmn::to_ruleset(out, diagnostics);
}

}  // namespace socle::rules
