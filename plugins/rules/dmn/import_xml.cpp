// import_xml.cpp: from DMN's XML to the table's texts.
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "dmn/import.hpp"
#include "dmn/import_types.hpp"
#include "dmn/xml.hpp"
#include "table/codes.hpp"

namespace socle::rules {
namespace {

using dmn::Element;

std::string place(const Element& element) { return "/line " + std::to_string(element.line); }

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

// Letters, digits, blanks and ? or ', and no word of FEEL among them: what can be the name of an input.
bool is_plain_name(std::string_view text) {
  constexpr std::array<std::string_view, 14> words{"if",  "then",  "else", "and",  "or",    "in",   "between",
                                                   "for", "every", "some", "true", "false", "null", "instance"};
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    const auto byte = static_cast<unsigned char>(c);
    const bool part = std::isalnum(byte) != 0 || c == '_' || c == '?' || c == '\'' || byte >= 0x80;
    if (part) word += c;
    if (!part && c != ' ') return false;
    if (part) continue;
    if (std::find(words.begin(), words.end(), word) != words.end()) return false;
    word.clear();
  }
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0;
}

class Reader {
 public:
  Reader(const Element& root, const Element& decision, Diagnostics& diagnostics)
      : root_(root), decision_(decision), diagnostics_(diagnostics), types_(root) {}

  std::optional<dmn::Table> read(std::string_view name) {
    const auto before = diagnostics_.errors();
    for (const auto& child : root_.children)
      if (child->name == "inputData") declare(*child);
    for (const auto& child : decision_.children)
      if (child->name == "informationRequirement" && child->child("requiredDecision") != nullptr)
        diagnostics_.error(place(*child), codes::import_unsupported,
                           "decision '" + decision_.attribute("name") +
                               "' needs another decision; import that one and give its result as an input");
    const auto& table = *decision_.child("decisionTable");
    out_.name = decision_.attribute("name");
    out_.asked = name;
    out_.pointer = place(table);
    out_.hit_policy = table.attribute("hitPolicy");
    out_.aggregation = table.attribute("aggregation");
    for (const auto& child : table.children) {
      if (child->name == "input") input(*child);
      if (child->name == "output") output(*child);
      if (child->name == "rule") rule(*child);
    }
    if (diagnostics_.errors() != before) return std::nullopt;
    return std::move(out_);
  }

 private:
  void declare(const Element& data) {
    const auto* variable = data.child("variable");
    const auto type = dmn::type_of(variable == nullptr ? data : *variable);
    out_.variables.emplace_back(data.attribute("name"), types_.base(type), types_.parts(type));
  }

  // Other expression languages would be read as FEEL and mean something else.
  std::string text(const Element& expression) {
    auto language = expression.attribute("expressionLanguage");
    if (language.empty()) language = root_.attribute("expressionLanguage");
    std::string lower;
    for (const char c : language) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!lower.empty() && lower.find("feel") == std::string::npos)
      diagnostics_.error(place(expression), codes::import_unsupported,
                         "the expression language '" + language + "' has no translation; only FEEL has");
    const auto* inner = expression.child("text");
    return inner == nullptr ? expression.text : inner->text;
  }
  std::string text(const Element& owner, std::string_view child) {
    const auto* expression = owner.child(child);
    return expression == nullptr ? std::string() : text(*expression);
  }

  void input(const Element& source) {
    const auto* expression = source.child("inputExpression");
    const auto type = expression == nullptr ? std::string() : dmn::type_of(*expression);
    auto values = text(source, "inputValues");
    if (values.empty()) values = types_.values(type);
    auto written = text(source, "inputExpression");
    // A table may name what no inputData declares: a field, or the first part of a path.
    const auto root = written.substr(0, written.find('.'));
    if (is_plain_name(root) && !dmn::feel_input(written, out_.variables, dmn::Kind::any))
      out_.variables.emplace_back(root, root == written ? types_.base(type) : std::string());
    out_.inputs.push_back({std::move(written), types_.base(type), std::move(values)});
  }

  void output(const Element& source) {
    const auto* variable = decision_.child("variable");
    auto type = dmn::type_of(source);
    if (type.empty() && variable != nullptr) type = dmn::type_of(*variable);
    auto values = text(source, "outputValues");
    if (values.empty()) values = types_.values(type);
    out_.outputs.push_back(
        {source.attribute("name"), types_.base(type), std::move(values), text(source, "defaultOutputEntry")});
  }

  void rule(const Element& source) {
    dmn::Table::Rule out;
    out.id = source.attribute("id");
    out.pointer = place(source);
    for (const auto& cell : source.children) {
      if (cell->name == "inputEntry") out.inputs.push_back(text(*cell));
      if (cell->name == "outputEntry") out.outputs.push_back(text(*cell));
    }
    out_.rules.push_back(std::move(out));
  }

  const Element& root_;
  const Element& decision_;
  Diagnostics& diagnostics_;
  dmn::Types types_;
  dmn::Table out_;
};

}  // namespace

std::optional<std::string> import_dmn(std::string_view xml, std::string_view decision, Diagnostics& diagnostics,
                                      std::string_view name) {
  const auto root = dmn::parse_xml(xml);
  if (!root) {
    diagnostics.error("", codes::import_syntax, root.error().message);
    return std::nullopt;
  }
  const auto* found = find_decision(**root, decision, diagnostics);
  if (found == nullptr) return std::nullopt;
  const auto table = Reader(**root, *found, diagnostics).read(name);
  return table ? dmn::to_ruleset(*table, diagnostics) : std::nullopt;
}

}  // namespace socle::rules
