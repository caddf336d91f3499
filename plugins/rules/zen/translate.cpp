// translate.cpp: see the header. One walk over the parsed expression, text out.
// Longer than most files because every kind of node is written against the same scope of names.
#include "zen/translate.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "zen/known.hpp"
#include "zen/number.hpp"
#include "zen/syntax.hpp"

namespace socle::rules::zen {
namespace {

Error unsupported(std::string message) { return {Code::unsupported, std::move(message)}; }

class Emitter {
 public:
  explicit Emitter(const Scope& scope) : scope_(scope), context_(scope.context) {}

  Result<std::string> emit(const Node& node) {
    switch (node.kind) {
      case NodeKind::null: return std::string("null");
      case NodeKind::boolean: return node.text;
      case NodeKind::number: return number(node.text);
      case NodeKind::string: return quoted(node.text);
      case NodeKind::pattern: return list_call("zen.text", node);
      case NodeKind::array: return array(node);
      case NodeKind::object: return object(node);
      case NodeKind::interval: return interval(node);
      case NodeKind::identifier: return identifier(node);
      case NodeKind::pointer:
        if (pointers_.empty()) return unsupported("'#' stands outside of map, filter and their like");
        return pointers_.back();
      case NodeKind::member: return member(node);
      case NodeKind::slice: return call("zen.slice", node);
      case NodeKind::call: return function(node);
      case NodeKind::closure: return closure(node);
      case NodeKind::method: return method(node);
      case NodeKind::unary: return unary(node);
      case NodeKind::binary: return binary(node);
      case NodeKind::conditional: return conditional(node);
      case NodeKind::assignments: return assignments(node);
      case NodeKind::group: return emit(*node.children[0]);
    }
    return unsupported("an expression of unknown form");
  }

  // How an expression behaves that stands alone in a cell; see Known::alone.
  static char alone(const Node& node) {
    switch (node.kind) {
      case NodeKind::array:
      case NodeKind::interval:
      case NodeKind::slice: return 'i';
      case NodeKind::pointer: return 'c';
      case NodeKind::closure:
        return node.text == "filter" || node.text == "map" || node.text == "flatMap" ? 'i'
               : node.text == "count"                                                ? 'e'
                                                                                     : 'c';
      case NodeKind::call: {
        const auto* known = find_function(node.text);
        return known == nullptr ? 'e' : known->alone;
      }
      case NodeKind::method: {
        const auto* known = find_method(node.text);
        return known == nullptr ? 'e' : known->alone;
      }
      case NodeKind::unary:
      case NodeKind::group: return alone(*node.children[0]);
      case NodeKind::conditional: {
        const auto yes = alone(*node.children[1]);
        return yes == alone(*node.children[2]) ? yes : 'e';
      }
      case NodeKind::binary: {
        constexpr std::string_view arithmetic = "+-*/%^";
        if (node.text.size() != 1 || arithmetic.find(node.text[0]) == std::string_view::npos) return 'c';
        const auto left = alone(*node.children[0]);
        return left == alone(*node.children[1]) ? left : 'e';
      }
      default: return 'e';
    }
  }

 private:
  static Result<std::string> number(const std::string& text) {
    const auto value = Number::parse(text);
    if (!value) return unsupported("the number " + text + " has more than 28 digits");
    if (value->integer()) return value->text();
    // A double holds up to 15 digits exactly as they are written.
    const auto digits = value->text();
    return digits.size() <= 16 ? digits : "decimal('" + digits + "')";
  }

  Result<std::string> joined(const std::vector<NodePtr>& nodes, std::size_t from = 0) {
    std::string out;
    for (auto i = from; i < nodes.size(); ++i) {
      auto one = emit(*nodes[i]);
      if (!one) return one;
      out += (i == from ? "" : ", ") + *one;
    }
    return out;
  }
  Result<std::string> call(std::string_view name, const Node& node) {
    auto arguments = joined(node.children);
    if (!arguments) return arguments;
    return std::string(name) + "(" + *arguments + ")";
  }
  Result<std::string> list_call(std::string_view name, const Node& node) {
    auto arguments = joined(node.children);
    if (!arguments) return arguments;
    return std::string(name) + "([" + *arguments + "])";
  }
  Result<std::string> array(const Node& node) {
    auto items = joined(node.children);
    if (!items) return items;
    return "[" + *items + "]";
  }
  Result<std::string> object(const Node& node) {
    std::string out;
    for (std::size_t i = 0; i < node.children.size(); i += 2) {
      auto key = emit(*node.children[i]);
      if (!key) return key;
      auto value = emit(*node.children[i + 1]);
      if (!value) return value;
      out += (i == 0 ? "[" : ", [") + *key + ", " + *value + "]";
    }
    return "zen.object([" + out + "])";
  }
  Result<std::string> interval(const Node& node) {
    auto ends = joined(node.children);
    if (!ends) return ends;
    return "zen.interval(" + *ends + ", '" + node.text + "')";
  }

  Result<std::string> identifier(const Node& node) {
    if (const auto alias = aliases_.find(node.text); alias != aliases_.end()) return alias->second;
    if (node.text == "$") return scope_.dollar;
    if (node.text == "$root") return context_;
    if (node.text == "$nodes") {
      std::string out;
      for (const auto& [name, text] : scope_.nodes)
        out += (out.empty() ? "[" : ", [") + quoted(name) + ", " + text + "]";
      return "zen.object([" + out + "])";
    }
    return "zen.get(" + context_ + ", " + quoted(node.text) + ")";
  }
  Result<std::string> member(const Node& node) {
    const auto& target = *node.children[0];
    const auto& key = *node.children[1];
    if (target.kind == NodeKind::identifier && key.kind == NodeKind::string) {
      if (target.text == "$nodes") {
        const auto known = scope_.nodes.find(key.text);
        return known == scope_.nodes.end() ? std::string("null") : known->second;
      }
      if (target.text == "$")
        if (const auto known = scope_.results.find(key.text); known != scope_.results.end()) return known->second;
    }
    return call("zen.get", node);
  }

  Result<std::string> function(const Node& node) {
    if (node.text == "rand") return unsupported("rand() gives another answer each time; rules must not");
    const auto* known = find_function(node.text);
    if (known == nullptr) return unsupported("there is no translation for the function " + node.text + "()");
    if (node.children.size() < known->least || node.children.size() > known->most)
      return unsupported(node.text + "() takes " + std::to_string(known->least) + " to " + std::to_string(known->most) +
                         " arguments; found " + std::to_string(node.children.size()));
    auto arguments = joined(node.children);
    if (!arguments) return arguments;
    if (known->now) *arguments += std::string(arguments->empty() ? "" : ", ") + "now";
    return "zen." + node.text + "(" + *arguments + ")";
  }
  Result<std::string> method(const Node& node) {
    const auto* known = find_method(node.text);
    const auto count = node.children.size() - 1;
    if (known == nullptr) return unsupported("there is no translation for the method ." + node.text + "()");
    if (count < known->least || count > known->most)
      return unsupported("." + node.text + "() takes " + std::to_string(known->least) + " to " +
                         std::to_string(known->most) + " arguments; found " + std::to_string(count));
    auto arguments = joined(node.children);
    if (!arguments) return arguments;
    if (known->now) *arguments += ", now";
    return "zen.moment." + node.text + "(" + *arguments + ")";
  }

  Result<std::string> closure(const Node& node) {
    auto list = emit(*node.children[0]);
    if (!list) return list;
    const auto variable = "it" + std::to_string(++variables_);
    pointers_.push_back(variable);
    std::optional<std::string> shadowed;
    if (!node.alias.empty()) {
      if (const auto old = aliases_.find(node.alias); old != aliases_.end()) shadowed = old->second;
      aliases_[node.alias] = variable;
    }
    auto body = emit(*node.children[1]);
    pointers_.pop_back();
    if (!node.alias.empty()) {
      if (shadowed)
        aliases_[node.alias] = *shadowed;
      else
        aliases_.erase(node.alias);
    }
    if (!body) return body;
    const auto items = "zen.items(" + *list + ")";
    const auto truth = "zen.truth(" + *body + ")";
    const auto loop = [&](std::string_view macro, const std::string& what) {
      return items + "." + std::string(macro) + "(" + variable + ", " + what + ")";
    };
    if (node.text == "all") return loop("all", truth);
    if (node.text == "some") return loop("exists", truth);
    if (node.text == "none") return "!" + loop("exists", truth);
    if (node.text == "one") return loop("exists_one", truth);
    if (node.text == "filter") return loop("filter", truth);
    if (node.text == "count") return "size(" + loop("filter", truth) + ")";
    if (node.text == "flatMap") return "zen.flatten(" + loop("map", "dyn(" + *body + ")") + ")";
    return loop("map", "dyn(" + *body + ")");
  }

  Result<std::string> unary(const Node& node) {
    auto operand = emit(*node.children[0]);
    if (!operand) return operand;
    if (node.text == "not") return "!zen.truth(" + *operand + ")";
    if (node.text == "+") return operand;
    if (node.children[0]->kind == NodeKind::number) return "-" + *operand;
    return "zen.negate(" + *operand + ")";
  }

  Result<std::string> binary(const Node& node) {
    auto left = emit(*node.children[0]);
    if (!left) return left;
    auto right = emit(*node.children[1]);
    if (!right) return right;
    return operation(node.text, *left, *right);
  }

 public:
  std::string operation(const std::string& op, const std::string& left, const std::string& right) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> calls{{{"==", "zen.eq"},
                                                                                   {"<", "zen.lt"},
                                                                                   {"<=", "zen.le"},
                                                                                   {">", "zen.gt"},
                                                                                   {">=", "zen.ge"},
                                                                                   {"in", "zen.within"},
                                                                                   {"+", "zen.add"},
                                                                                   {"-", "zen.subtract"},
                                                                                   {"*", "zen.multiply"},
                                                                                   {"/", "zen.divide"},
                                                                                   {"%", "zen.modulo"},
                                                                                   {"^", "zen.power"}}};
    // Left to right and stopping at the first that decides, also when a side has no value.
    if (op == "and") return "(zen.truth(" + left + ") ? zen.truth(" + right + ") : false)";
    if (op == "or") return "(zen.truth(" + left + ") ? true : zen.truth(" + right + "))";
    if (op == "!=") return "!zen.eq(" + left + ", " + right + ")";
    if (op == "not in") return "!zen.within(" + left + ", " + right + ")";
    if (op == "??") {
      const auto variable = "or" + std::to_string(++variables_);
      return "cel.bind(" + variable + ", dyn(" + left + "), " + variable + " == null ? dyn(" + right +
             ") : " + variable + ")";
    }
    for (const auto& [text, name] : calls)
      if (text == op) return std::string(name) + "(" + left + ", " + right + ")";
    return "null";
  }

 private:
  Result<std::string> conditional(const Node& node) {
    auto condition = emit(*node.children[0]);
    if (!condition) return condition;
    auto yes = emit(*node.children[1]);
    if (!yes) return yes;
    auto no = emit(*node.children[2]);
    if (!no) return no;
    return "(zen.truth(" + *condition + ") ? dyn(" + *yes + ") : dyn(" + *no + "))";
  }

  // a = 1; b.c = 2; result: each is seen by the next, under a new name of the context.
  Result<std::string> assignments(const Node& node) {
    const auto outer = context_;
    std::string head;
    std::string pairs;
    std::string closing;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      auto value = emit(*node.children[i]);
      if (!value) return value;
      const auto name = "set" + std::to_string(++variables_);
      const auto next = "scope" + std::to_string(variables_);
      const auto pair = "[" + quoted(node.keys[i]) + ", " + name + "]";
      head += "cel.bind(" + name + ", dyn(" + *value + "), cel.bind(" + next + ", zen.put(" + context_ + ", [" + pair +
              "]), ";
      closing += "))";
      pairs += (pairs.empty() ? "" : ", ") + pair;
      context_ = next;
    }
    Result<std::string> result = "zen.nest([" + pairs + "])";
    if (node.children.size() > node.keys.size()) result = emit(*node.children.back());
    context_ = outer;
    if (!result) return result;
    return head + *result + closing;
  }

  const Scope& scope_;
  std::string context_;
  std::vector<std::string> pointers_;
  std::map<std::string, std::string> aliases_;
  int variables_ = 0;
};

// A constant as a text of our cells; nothing: it is none.
std::optional<std::string> constant(const Node& node) {
  switch (node.kind) {
    case NodeKind::null: return "null";
    case NodeKind::boolean: return node.text;
    case NodeKind::string: return quoted(node.text);
    case NodeKind::number: {
      const auto value = Number::parse(node.text);
      return value && value->text().size() <= 16 ? std::optional<std::string>(value->text()) : std::nullopt;
    }
    case NodeKind::unary: {
      if (node.text != "-" || node.children[0]->kind != NodeKind::number) return std::nullopt;
      auto inner = constant(*node.children[0]);
      if (inner) inner->insert(0, "-");
      return inner;
    }
    case NodeKind::group: return constant(*node.children[0]);
    default: return std::nullopt;
  }
}

std::optional<std::string> constant_list(const Node& node) {
  if (node.kind != NodeKind::array) return std::nullopt;
  std::string out;
  for (const auto& child : node.children) {
    const auto one = constant(*child);
    if (!one) return std::nullopt;
    out += (out.empty() ? "" : ", ") + *one;
  }
  return out.empty() ? std::nullopt : std::optional<std::string>(out);
}

std::optional<std::string> constant_range(const Node& node) {
  if (node.kind != NodeKind::interval || node.children[0]->kind == NodeKind::string) return std::nullopt;
  const auto from = constant(*node.children[0]);
  const auto to = constant(*node.children[1]);
  const auto low = from ? Number::parse(*from) : std::nullopt;
  const auto high = to ? Number::parse(*to) : std::nullopt;
  if (!low || !high || compare(*low, *high) > 0) return std::nullopt;
  return node.text.substr(0, 1) + *from + ".." + *to + node.text.substr(1);
}

// A term of constants in our shorthand; nothing: it must be computed.
std::optional<std::string> shorthand(const CellTerm& term) {
  const auto& operand = *term.operand;
  if (term.kind == CellTerm::Kind::alone) {
    if (auto range = constant_range(operand)) return range;
    if (auto list = constant_list(operand)) return "in [" + *list + "]";
    return constant(operand);
  }
  if (term.op == "in" || term.op == "not in") {
    auto inside = constant_range(operand);
    if (!inside) inside = constant_list(operand);
    if (!inside) return std::nullopt;
    if (term.op == "not in") return "not(" + *inside + ")";
    return operand.kind == NodeKind::interval ? inside : "in [" + *inside + "]";
  }
  const auto value = constant(operand);
  if (!value) return std::nullopt;
  // Only numbers have an order there.
  const bool ordered = term.op != "==" && term.op != "!=";
  if (ordered && !Number::parse(*value)) return std::nullopt;
  return term.op + " " + *value;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else
      out += c;
  }
  return out + "'";
}

Result<std::string> to_cel(std::string_view expression, const Scope& scope) {
  const auto node = parse_expression(expression);
  if (!node) return node.error();
  return Emitter(scope).emit(**node);
}

Result<std::string> to_cell(std::string_view cell, const Scope& scope) {
  const auto terms = parse_cell(cell);
  if (!terms) return terms.error();
  std::string join;
  bool simple = true;
  std::string short_text;
  for (const auto& term : *terms) {
    const auto one = shorthand(term);
    simple = simple && one && (term.join.empty() || join.empty() || term.join == join);
    if (!simple) break;
    if (!term.join.empty()) join = term.join;
    short_text += (term.join.empty() ? "" : term.join == "and" ? " && " : ", ") + *one;
  }
  // Several ranges and lists joined by && are fine too: each is a term of our grammar.
  if (simple) return short_text;
  Emitter emitter(scope);
  std::string out;
  for (const auto& term : *terms) {
    auto operand = emitter.emit(*term.operand);
    if (!operand) return operand;
    std::string one;
    if (term.kind == CellTerm::Kind::compare) {
      one = emitter.operation(term.op, scope.dollar, *operand);
    } else {
      switch (Emitter::alone(*term.operand)) {
        case 'c': one = "zen.truth(zen.bool(" + *operand + "))"; break;
        case 'i': one = "zen.within(" + scope.dollar + ", " + *operand + ")"; break;
        default: one = "zen.eq(" + scope.dollar + ", " + *operand + ")"; break;
      }
    }
    out = term.join.empty() ? one : emitter.operation(term.join, out, one);
  }
  return "(" + out + ")";
}

}  // namespace socle::rules::zen
