// import.cpp: from graph to steps. For a node N:
//   n_N_on    whether it runs (only behind a switch)
//   n_N_in    what comes together at it, when that is more than one node's result
//   n_N_…     its expressions, table rows or switch choice
//   n_N       its result
#include "jdm/import.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "jdm/graph.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"
#include "table/codes.hpp"
#include "table/import_name.hpp"
#include "zen/translate.hpp"

namespace socle::rules {
namespace {

using jdm::Edge;
using jdm::Graph;
using jdm::Node;
using json::View;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

class Importer {
 public:
  Importer(const Graph& graph, Diagnostics& diagnostics) : graph_(graph), diagnostics_(diagnostics), out_(text_) {}

  std::optional<std::string> run(std::string_view name) {
    out_.begin_object();
    write_import_name(out_, name, "", "imported");
    for (const auto i : graph_.order)
      if (const auto schema = graph_.nodes[i].view.find("content").find("schema");
          graph_.nodes[i].type == "inputNode" && schema.exists())
        input_schema(schema, graph_.nodes[i]);
    out_.key("steps").begin_array();
    for (const auto i : graph_.order) node(i);
    out_.end_array();
    out_.member("output", std::string_view(result()));
    out_.end_object();
    if (diagnostics_.failed() || !out_.finish()) return std::nullopt;
    return std::move(text_);
  }

 private:
  void fail(const std::string& pointer, const Error& error) {
    diagnostics_.error(pointer, error.code == Code::unsupported ? codes::import_unsupported : codes::import_syntax,
                       error.message);
  }
  void unsupported(const Node& node, std::string message) {
    diagnostics_.error(node.pointer, codes::import_unsupported, "node '" + node.name + "': " + std::move(message));
  }

  // An object, or its text.
  void input_schema(View schema, const Node& node) {
    if (schema.is_object()) {
      if (!schema.empty()) out_.key("input").value(schema);
      return;
    }
    if (trimmed(schema.as_string()).empty()) return;
    if (const auto parsed = json::Document::parse(schema.as_string()))
      out_.key("input").value(parsed->root());
    else
      diagnostics_.error(node.pointer + "/content/schema", codes::import_syntax, "the schema is no JSON");
  }

  // When a node runs, as CEL; "true" when nothing stands in its way.
  std::string runs(std::size_t i) const { return on_.at(i); }
  std::string active(const Edge& edge) const {
    const auto source = on_.find(edge.source);
    if (source == on_.end()) return "false";
    const auto& node = graph_.nodes[edge.source];
    if (node.type != "switchNode") return source->second;
    const auto hit = node.variable + "_hit";
    const auto id = zen::quoted(edge.handle);
    if (node.view.find("content").find("hitPolicy").as_string() != "collect") return "zen.eq(" + hit + ", " + id + ")";
    return "(" + hit + " == null ? false : zen.within(" + id + ", " + hit + "))";
  }

  void set(const std::string& name, const std::string& expression, const std::string& when = "true",
           std::string_view otherwise = "null") {
    out_.begin_object()
        .member("set", std::string_view(name))
        .member("expr", std::string_view("dyn(" + expression + ")"));
    if (when != "true")
      out_.member("when", std::string_view(when))
          .member("else", std::string_view("dyn(" + std::string(otherwise) + ")"));
    out_.end_object();
  }

  // The result of what comes together at the node. Later edges come first: where members clash, the first one drawn
  // wins.
  std::string incoming(const Node& node, const std::string& when) {
    std::vector<std::string> pairs;
    for (auto i = node.in.size(); i-- > 0;) {
      const auto& edge = graph_.edges[node.in[i]];
      if (!on_.contains(edge.source)) continue;
      pairs.push_back("[dyn(" + active(edge) + "), " + graph_.nodes[edge.source].variable + "]");
    }
    std::string list;
    for (const auto& pair : pairs) list += (list.empty() ? "" : ", ") + pair;
    set(node.variable + "_in", "zen.gathered([" + list + "])", when, "{}");
    return node.variable + "_in";
  }

  void node(std::size_t i) {
    const auto& node = graph_.nodes[i];
    if (node.type == "inputNode") {
      on_[i] = "true";
      set(node.variable, "input");
      return seen(node);
    }
    std::string when;
    for (const auto e : node.in) {
      const auto one = active(graph_.edges[e]);
      if (one == "true") {
        when = "true";
        break;
      }
      if (one != "false") when += (when.empty() ? "" : " || ") + one;
    }
    if (when.empty()) when = "false";
    if (when != "true") {
      set(node.variable + "_on", when);
      when = node.variable + "_on == true";
    }
    on_[i] = when;
    const auto in = incoming(node, when);
    const auto content = node.view.find("content");
    if (node.type == "outputNode")
      set(node.variable, in, when);
    else if (node.type == "expressionNode" || node.type == "decisionTableNode")
      transform(node, content, in, when);
    else if (node.type == "switchNode")
      switch_node(node, content, in, when);
    else if (node.type == "functionNode")
      unsupported(node, "function nodes hold JavaScript, which rules do not run; write it as an expression node");
    else if (node.type == "decisionNode")
      unsupported(node, "it calls another decision, '" + std::string(content.find("key").as_string()) +
                            "'; put its steps into this graph");
    else
      unsupported(node, "nodes of type '" + node.type + "' have no translation");
    seen(node);
  }
  void seen(const Node& node) { nodes_[node.name] = node.variable; }

  void transform(const Node& node, View content, const std::string& in, const std::string& when) {
    const auto text_of = [&](std::string_view key) { return std::string(trimmed(content.find(key).as_string())); };
    const bool loop = content.find("executionMode").as_string() == "loop";
    const bool passes = content.find("passThrough").as_bool();
    auto context = in;
    zen::Scope scope{in, "null", {}, nodes_};
    if (const auto field = text_of("inputField"); !field.empty()) {
      auto from = zen::to_cel(field, scope);
      if (!from) return fail(node.pointer + "/content/inputField", from.error());
      set(node.variable + "_from", *from, when);
      context = node.variable + "_from";
    }
    const auto element = node.variable + "_it";
    scope.context = loop ? element : context;
    auto output = node.type == "expressionNode" ? expressions(node, content, scope, context, loop, when)
                                                : table(node, content, scope, context, loop, when);
    if (loop && passes) {
      set(node.variable + "_list", output, when);
      output =
          "zen.items(" + context + ").transformList(i, it, zen.passed(it, zen.get(" + node.variable + "_list, i)))";
    }
    if (const auto path = text_of("outputPath"); !path.empty())
      output = "zen.nest([[" + zen::quoted(path) + ", " + output + "]])";
    if (passes) output = "zen.passed(" + in + ", " + output + ")";
    set(node.variable, output, when);
  }

  // CEL of the object that the expressions make together; of a list of such objects in a loop.
  std::string expressions(const Node& node, View content, zen::Scope scope, const std::string& context, bool loop,
                          const std::string& when) {
    const auto list = content.find("expressions");
    std::string pairs;
    std::string slots;
    std::size_t made = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string key(trimmed(list.at(i).find("key").as_string()));
      const auto value = trimmed(list.at(i).find("value").as_string());
      if (key.empty() || value.empty()) continue;
      scope.dollar = "zen.nest([" + pairs + "])";
      auto text = zen::to_cel(value, scope);
      if (!text) {
        fail(node.pointer + "/content/expressions/" + std::to_string(i) + "/value", text.error());
        continue;
      }
      const auto name = loop ? "cel.index(" + std::to_string(made) + ")" : node.variable + "_e" + std::to_string(made);
      if (loop)
        slots += (made == 0 ? "dyn(" : ", dyn(") + *text + ")";
      else
        set(name, *text, when);
      ++made;
      // What a dotted key makes is seen through the whole object only.
      if (key.find('.') == std::string::npos) scope.results[key] = name;
      for (auto result = scope.results.begin(); result != scope.results.end();)
        result = key.starts_with(result->first + ".") ? scope.results.erase(result) : std::next(result);
      pairs += (pairs.empty() ? "[" : ", [") + zen::quoted(key) + ", " + name + "]";
    }
    const auto object = "zen.nest([" + pairs + "])";
    if (!loop) return object;
    return "zen.items(" + context + ").map(" + node.variable + "_it, cel.block([" + slots + "], " + object + "))";
  }

  // CEL of the row that was hit; of a list of results in a loop.
  std::string table(const Node& node, View content, zen::Scope scope, const std::string& context, bool loop,
                    const std::string& when) {
    const auto place = node.pointer + "/content";
    const bool collect = content.find("hitPolicy").as_string() == "collect";
    std::vector<std::pair<std::string, std::string>> outputs;  // id, name
    std::string lists;
    for (const auto output : content.find("outputs").elements()) {
      std::string field(trimmed(output.find("field").as_string()));
      if (field.ends_with("[]")) {
        field = std::string(trimmed(std::string_view(field).substr(0, field.size() - 2)));
        if (!field.empty()) lists += (lists.empty() ? "" : ", ") + zen::quoted(field);
      }
      if (!field.empty()) outputs.emplace_back(output.find("id").as_string(), field);
    }
    if (outputs.empty()) outputs.emplace_back("", "@nothing");
    const bool gathers = !collect && !lists.empty();
    out_.begin_object().member("table", std::string_view(node.variable + "_rows"));
    out_.member("hit", std::string_view(collect || gathers ? "C" : "F"))
        .member("otherwise", "null")
        .member("lenient", true);
    if (when != "true") out_.member("when", std::string_view(when)).member("else", "null");
    if (loop)
      out_.key("each")
          .begin_object()
          .member("in", std::string_view("zen.items(" + context + ")"))
          .member("as", std::string_view(node.variable + "_it"))
          .end_object();
    const auto inputs = content.find("inputs");
    out_.key("inputs").begin_array();
    for (std::size_t c = 0; c < inputs.size(); ++c) {
      const auto field = trimmed(inputs.at(c).find("field").as_string());
      auto expression = field.empty() ? Result<std::string>(std::string("null")) : zen::to_cel(field, scope);
      if (!expression) fail(place + "/inputs/" + std::to_string(c) + "/field", expression.error());
      out_.begin_object()
          .member("expr", std::string_view(expression ? "dyn(" + *expression + ")" : "null"))
          .end_object();
    }
    out_.end_array().key("outputs").begin_array();
    for (const auto& [id, name] : outputs) out_.begin_object().member("name", std::string_view(name)).end_object();
    out_.end_array().key("rows").begin_array();
    const auto rules = content.find("rules");
    for (std::size_t r = 0; r < rules.size(); ++r)
      row(rules.at(r), place + "/rules/" + std::to_string(r), inputs, outputs, scope);
    out_.end_array().end_object();
    const auto rows = node.variable + "_rows";
    const auto one = [&](const std::string& result) {
      return gathers ? "zen.first_and_lists(" + result + ", [" + lists + "])"
                     : (collect ? "zen.rows(" : "zen.row(") + result + ")";
    };
    if (!loop && collect) return "zen.rows(" + rows + " == null ? dyn([]) : dyn(" + rows + "))";
    if (!loop) return one(rows);
    return "zen.items(" + rows + ").map(r, " + one(collect ? "r == null ? dyn([]) : dyn(r)" : "r") + ")";
  }

  void row(View rule, const std::string& place, View inputs,
           const std::vector<std::pair<std::string, std::string>>& outputs, zen::Scope scope) {
    out_.begin_object();
    if (const auto id = rule.find("_id").as_string(); !id.empty()) out_.member("id", id);
    if (const auto note = rule.find("_description").as_string(); !note.empty()) out_.member("note", note);
    out_.key("in").begin_array();
    for (const auto input : inputs.elements()) {
      const auto id = input.find("id").as_string();
      const auto cell = trimmed(rule.find(id).as_string());
      if (cell.empty()) {
        out_.string("-");
        continue;
      }
      Result<std::string> text = std::string("-");
      if (trimmed(input.find("field").as_string()).empty()) {
        scope.dollar = "null";
        text = zen::to_cel(cell, scope);
        if (text) text = "(zen.truth(" + *text + "))";
      } else {
        scope.dollar = "value";
        text = zen::to_cell(cell, scope);
      }
      if (!text) fail(place + "/" + std::string(id), text.error());
      out_.string(text ? *text : "-");
    }
    out_.end_array().key("out").begin_array();
    for (const auto& [id, name] : outputs) {
      const auto cell = trimmed(rule.find(id).as_string());
      scope.dollar = "null";
      auto text = cell.empty() ? Result<std::string>(std::string()) : zen::to_cel(cell, scope);
      if (!text) fail(place + "/" + id, text.error());
      out_.string(text ? *text : "");
    }
    out_.end_array().end_object();
  }

  // A table of its own: a condition that errs does not hold.
  void switch_node(const Node& node, View content, const std::string& in, const std::string& when) {
    const bool collect = content.find("hitPolicy").as_string() == "collect";
    const zen::Scope scope{in, "null", {}, nodes_};
    const auto statements = content.find("statements");
    out_.begin_object().member("table", std::string_view(node.variable + "_hit"));
    out_.member("hit", collect ? "C" : "F").member("otherwise", "null").member("lenient", true);
    if (when != "true") out_.member("when", std::string_view(when)).member("else", "null");
    out_.key("inputs").begin_array().begin_object().member("expr", "null").end_object().end_array();
    out_.key("outputs").begin_array().begin_object().end_object().end_array();
    out_.key("rows").begin_array();
    for (std::size_t i = 0; i < statements.size(); ++i) {
      const auto condition = trimmed(statements.at(i).find("condition").as_string());
      auto text = condition.empty() ? Result<std::string>(std::string("-")) : zen::to_cel(condition, scope);
      if (!text)
        fail(node.pointer + "/content/statements/" + std::to_string(i) + "/condition", text.error());
      else if (!condition.empty())
        text = "(zen.truth(" + *text + "))";
      out_.begin_array()
          .string(text ? *text : "-")
          .string(zen::quoted(statements.at(i).find("id").as_string()))
          .end_array();
    }
    out_.end_array().end_object();
    set(node.variable, in, when);
  }

  // What the last nodes give together.
  std::string result() {
    std::string list;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const auto& node = graph_.nodes[i];
      if (!node.out.empty() || !on_.contains(i)) continue;
      list += (list.empty() ? "" : ", ") + ("[dyn(" + runs(i) + "), " + node.variable + "]");
    }
    return "zen.result(zen.passed({}, zen.gathered([" + list + "])))";
  }

  const Graph& graph_;
  Diagnostics& diagnostics_;
  std::string text_;
  json::Writer out_;
  std::map<std::size_t, std::string> on_;     // nodes translated so far: when they run
  std::map<std::string, std::string> nodes_;  // $nodes
};

}  // namespace

std::optional<std::string> import_jdm(View graph, std::string_view name, Diagnostics& diagnostics) {
  const auto before = diagnostics.errors();
  const auto read = jdm::read_graph(graph, diagnostics);
  if (!read || diagnostics.errors() != before) return std::nullopt;
  return Importer(*read, diagnostics).run(name);
}

}  // namespace socle::rules
