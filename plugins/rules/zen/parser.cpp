// parser.cpp: ZEN's expressions and cells by precedence climbing. Depth is bounded, so later walks may recurse.
// Longer than most files because the productions call one another and share one cursor.
#include <array>
#include <utility>

#include "zen/lexer.hpp"
#include "zen/syntax.hpp"

namespace socle::rules::zen {
namespace {

constexpr int max_depth = 48;

struct Operator {
  std::string_view text;
  int precedence;
  bool right;
};
constexpr std::array<Operator, 17> operators{{{"or", 10, false},
                                              {"and", 15, false},
                                              {"==", 20, false},
                                              {"!=", 20, false},
                                              {"<", 20, false},
                                              {">", 20, false},
                                              {"<=", 20, false},
                                              {">=", 20, false},
                                              {"in", 20, false},
                                              {"not in", 20, false},
                                              {"+", 30, false},
                                              {"-", 30, false},
                                              {"*", 60, false},
                                              {"/", 60, false},
                                              {"%", 60, false},
                                              {"^", 70, true},
                                              {"??", 80, false}}};

bool is_comparison(std::string_view op) {
  return op == "==" || op == "!=" || op == "<" || op == ">" || op == "<=" || op == ">=" || op == "in" || op == "not in";
}

constexpr std::array<std::string_view, 8> closures{"all", "some", "none", "one", "filter", "map", "flatMap", "count"};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<NodePtr> whole() {
    auto node = tokens_.size() == 1 ? fail("an expression") : assignments();
    if (node && at().kind != TokenKind::end) return fail("the end of the expression");
    return node;
  }

  Result<std::vector<CellTerm>> cell() {
    std::vector<CellTerm> out;
    in_cell_ = true;
    for (std::string join;;) {
      auto term = cell_term();
      if (!term) return std::move(term).error();
      term->join = join;
      out.push_back(*std::move(term));
      if (at().kind == TokenKind::end) return out;
      if (take_word("and") || take("&&"))
        join = "and";
      else if (take_word("or") || take("||") || take(","))
        join = "or";
      else
        return fail("'and', 'or' or ','").error();
      if (out.size() > 1000) return Error{Code::invalid, "the cell has more than 1000 parts"};
    }
  }

 private:
  [[nodiscard]] const Token& at() const { return tokens_[next_]; }
  [[nodiscard]] bool is(std::string_view symbol) const { return at().kind == TokenKind::symbol && at().text == symbol; }
  [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const {
    return next_ + ahead < tokens_.size() && tokens_[next_ + ahead].kind == TokenKind::name &&
           tokens_[next_ + ahead].text == word;
  }
  bool take(std::string_view symbol) {
    if (!is(symbol)) return false;
    ++next_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!is_word(word)) return false;
    ++next_;
    return true;
  }
  Result<NodePtr> fail(std::string_view wanted) const {
    return Error{Code::invalid, "1:" + std::to_string(at().offset + 1) + ": wanted " + std::string(wanted) +
                                    ", found " + (at().kind == TokenKind::end ? "the end" : "'" + at().text + "'")};
  }
  static NodePtr node(NodeKind kind, std::string text = {}) {
    auto out = std::make_unique<Node>();
    out->kind = kind;
    out->text = std::move(text);
    return out;
  }
  template <class... Children>
  static NodePtr node_of(NodeKind kind, std::string text, Children... children) {
    auto out = node(kind, std::move(text));
    (out->children.push_back(std::move(children)), ...);
    return out;
  }

  // The operator here, and how many tokens it takes.
  const Operator* binary_operator(std::size_t& tokens) const {
    std::string_view text = at().text;
    tokens = 1;
    if (at().kind == TokenKind::name && text == "not" && is_word("in", 1)) {
      text = "not in";
      tokens = 2;
    } else if (at().kind == TokenKind::symbol && (text == "&&" || text == "||")) {
      text = text == "&&" ? "and" : "or";
    } else if (at().kind != TokenKind::symbol &&
               !(at().kind == TokenKind::name && (text == "and" || text == "or" || text == "in"))) {
      return nullptr;
    }
    for (const auto& op : operators)
      if (op.text == text) return &op;
    return nullptr;
  }

  Result<NodePtr> assignments() {
    auto first = expression();
    if (!first || !(is("=") || is(";"))) return first;
    auto out = node(NodeKind::assignments);
    for (auto part = std::move(first);;) {
      if (!part) return part;
      if (take("=")) {
        std::string key;
        if (!path_of(**part, key)) return fail("a name or a path on the left of '='");
        auto value = expression();
        if (!value) return value;
        out->keys.push_back(std::move(key));
        out->children.push_back(*std::move(value));
      } else {
        out->children.push_back(*std::move(part));
        if (at().kind != TokenKind::end) return fail("the end: a result is last");
        return out;
      }
      if (!take(";") || at().kind == TokenKind::end) return out;
      part = expression();
    }
  }
  static bool path_of(const Node& expr, std::string& out) {
    if (expr.kind == NodeKind::identifier) {
      out = expr.text;
      return true;
    }
    if (expr.kind != NodeKind::member || expr.children[1]->kind != NodeKind::string || !path_of(*expr.children[0], out))
      return false;
    out += "." + expr.children[1]->text;
    return true;
  }

  Result<NodePtr> expression() { return binary(0); }

  Result<NodePtr> binary(int precedence) {
    if (++depth_ > max_depth)
      return Error{Code::invalid, "the expression is nested too deeply; at most 48 levels are read"};
    auto left = unary();
    while (left) {
      std::size_t tokens = 0;
      const auto* op = binary_operator(tokens);
      if (op == nullptr || op->precedence < precedence) break;
      // In a cell, "and" and "or" join comparisons; inside of brackets they are operators again.
      if (in_cell_ && inside_ == 0 && op->precedence <= 15) break;
      next_ += tokens;
      auto right = binary(op->right ? op->precedence : op->precedence + 1);
      if (!right) return right;
      left = node_of(NodeKind::binary, std::string(op->text), *std::move(left), *std::move(right));
    }
    if (left && precedence == 0 && take("?")) {
      auto yes = binary(0);
      if (!yes) return yes;
      if (!take(":")) return fail("':'");
      auto no = binary(0);
      if (!no) return no;
      left = node_of(NodeKind::conditional, "", *std::move(left), *std::move(yes), *std::move(no));
    }
    --depth_;
    return left;
  }

  Result<NodePtr> unary() {
    if (take("!") || (is_word("not") && !is_word("in", 1) && take_word("not"))) return prefixed("not", 50);
    if (take("-")) return prefixed("-", 200);
    if (take("+")) return prefixed("+", 200);
    return primary();
  }
  Result<NodePtr> prefixed(std::string op, int precedence) {
    auto operand = binary(precedence);
    if (!operand) return operand;
    return node_of(NodeKind::unary, std::move(op), *std::move(operand));
  }

  Result<NodePtr> primary() {
    const auto& token = at();
    switch (token.kind) {
      case TokenKind::number: {
        ++next_;
        return node(NodeKind::number, token.text);
      }
      case TokenKind::string: {
        ++next_;
        return postfix(node(NodeKind::string, token.text));
      }
      case TokenKind::pattern: return pattern();
      case TokenKind::name: return named();
      case TokenKind::end: return fail("a value");
      case TokenKind::symbol: break;
    }
    if (take("#")) return postfix(node(NodeKind::pointer));
    if (is("{")) return object();
    if (is("[") || is("(")) return bracketed();
    return fail("a value");
  }

  Result<NodePtr> bracketed() {
    const std::string open = at().text;
    ++next_;
    ++inside_;
    auto out = open == "[" ? list() : group();
    --inside_;
    return out;
  }
  Result<NodePtr> interval_end(const std::string& open, NodePtr from) {
    auto to = expression();
    if (!to) return to;
    if (!is("]") && !is(")")) return fail("']' or ')' at the end of an interval");
    const auto close = at().text;
    ++next_;
    return node_of(NodeKind::interval, open + close, std::move(from), *std::move(to));
  }
  Result<NodePtr> list() {
    auto out = node(NodeKind::array);
    while (!take("]")) {
      auto item = expression();
      if (!item) return item;
      if (out->children.empty() && take("..")) return interval_end("[", *std::move(item));
      out->children.push_back(*std::move(item));
      if (!take(",") && !is("]")) return fail("',' or ']'");
    }
    return postfix(std::move(out));
  }
  Result<NodePtr> group() {
    auto inner = expression();
    if (!inner) return inner;
    if (take("..")) return interval_end("(", *std::move(inner));
    if (!take(")")) return fail("')'");
    return postfix(node_of(NodeKind::group, "", *std::move(inner)));
  }
  Result<NodePtr> object() {
    ++next_;
    ++inside_;
    auto out = node(NodeKind::object);
    while (!take("}")) {
      NodePtr key;
      if (take("[")) {
        auto computed = expression();
        if (!computed) return computed;
        if (!take("]")) return fail("']'");
        key = *std::move(computed);
      } else if (at().kind == TokenKind::name || at().kind == TokenKind::string || at().kind == TokenKind::number) {
        key = node(NodeKind::string, at().text);
        ++next_;
      } else {
        return fail("a key");
      }
      if (!take(":")) return fail("':'");
      auto value = expression();
      if (!value) return value;
      out->children.push_back(std::move(key));
      out->children.push_back(*std::move(value));
      if (!take(",") && !is("}")) return fail("',' or '}'");
    }
    --inside_;
    return postfix(std::move(out));
  }

  Result<NodePtr> pattern() {
    const auto text = at().text;
    ++next_;
    auto out = node(NodeKind::pattern);
    for (std::size_t i = 0; i < text.size();) {
      const auto open = text.find("${", i);
      if (open > i) out->children.push_back(node(NodeKind::string, text.substr(i, open - i)));
      if (open == std::string::npos) break;
      int depth = 1;
      auto end = open + 2;
      for (; end < text.size() && depth > 0; ++end) depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
      if (depth > 0) return Error{Code::invalid, "the template's ${ is not closed"};
      auto tokens = tokenize(std::string_view(text).substr(open + 2, end - open - 3));
      if (!tokens) return std::move(tokens).error();
      Parser inner(*std::move(tokens));
      inner.depth_ = depth_ + 1;
      auto part = inner.whole();
      if (!part) return part;
      out->children.push_back(*std::move(part));
      i = end;
    }
    return out;
  }

  Result<NodePtr> named() {
    const auto name = at().text;
    ++next_;
    if (name == "null") return node(NodeKind::null);
    if (name == "true" || name == "false") return node(NodeKind::boolean, name);
    if (!is("(")) return postfix(node(NodeKind::identifier, name));
    ++next_;
    ++inside_;
    auto out = call(name);
    --inside_;
    if (!out) return out;
    return postfix(*std::move(out));
  }
  Result<NodePtr> call(const std::string& name) {
    bool closure = false;
    for (const auto one : closures) closure = closure || one == name;
    auto out = node(closure ? NodeKind::closure : NodeKind::call, name);
    while (!take(")")) {
      auto argument = expression();
      if (!argument) return argument;
      out->children.push_back(*std::move(argument));
      if (closure && out->children.size() == 1 && take_word("as")) {
        out->alias = at().text;
        ++next_;
      }
      if (!take(",") && !is(")")) return fail("',' or ')'");
    }
    if (closure && out->children.size() != 2) return fail("a list and what to do with each element in " + name + "()");
    return out;
  }

  Result<NodePtr> postfix(NodePtr target) {
    for (;;) {
      if (take(".")) {
        if (at().kind != TokenKind::name) return fail("a field's name after '.'");
        const auto name = at().text;
        ++next_;
        if (!take("(")) {
          target = node_of(NodeKind::member, "", std::move(target), node(NodeKind::string, name));
          continue;
        }
        ++inside_;
        auto out = node_of(NodeKind::method, name, std::move(target));
        while (!take(")")) {
          auto argument = expression();
          if (!argument) return argument;
          out->children.push_back(*std::move(argument));
          if (!take(",") && !is(")")) return fail("',' or ')'");
        }
        --inside_;
        target = std::move(out);
      } else if (take("[")) {
        ++inside_;
        NodePtr from = node(NodeKind::null);
        if (!is(":")) {
          auto key = expression();
          if (!key) return key;
          from = *std::move(key);
        }
        if (take(":")) {
          NodePtr to = node(NodeKind::null);
          if (!is("]")) {
            auto end = expression();
            if (!end) return end;
            to = *std::move(end);
          }
          target = node_of(NodeKind::slice, "", std::move(target), std::move(from), std::move(to));
        } else {
          target = node_of(NodeKind::member, "", std::move(target), std::move(from));
        }
        --inside_;
        if (!take("]")) return fail("']'");
      } else {
        return target;
      }
    }
  }

  // "> 5": compared with the column's value; "$ > 5", "'a'", "contains($, 'x')": told apart by the translation.
  Result<CellTerm> cell_term() {
    CellTerm out;
    std::size_t tokens = 0;
    const auto* op = binary_operator(tokens);
    if (op != nullptr && is_comparison(op->text)) {
      next_ += tokens;
      out.kind = CellTerm::Kind::compare;
      out.op = op->text;
    }
    auto operand = binary(0);
    if (!operand) return std::move(operand).error();
    out.operand = *std::move(operand);
    return out;
  }

  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int depth_ = 0;
  int inside_ = 0;  // brackets around where we are
  bool in_cell_ = false;
};

}  // namespace

Result<NodePtr> parse_expression(std::string_view source) {
  if (source.size() > 65536) return Error{Code::invalid, "the expression is longer than 64 KiB"};
  auto tokens = tokenize(source);
  if (!tokens) return std::move(tokens).error();
  return Parser(*std::move(tokens)).whole();
}

Result<std::vector<CellTerm>> parse_cell(std::string_view source) {
  if (source.size() > 65536) return Error{Code::invalid, "the cell is longer than 64 KiB"};
  auto tokens = tokenize(source);
  if (!tokens) return std::move(tokens).error();
  return Parser(*std::move(tokens)).cell();
}

}  // namespace socle::rules::zen
