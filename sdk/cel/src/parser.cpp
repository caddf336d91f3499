// parser.cpp: recursive descent over the CEL grammar (cel-spec, "Syntax"). Depth is bounded twice: while descending
// (brackets, conditionals) and over the finished tree (chains such as a.b.c… and 1+2+3…), so that no later walk over an
// Ast can exhaust the stack.
// Longer than most files because the productions call one another and share one cursor.

#include "parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "factory.hpp"
#include "lexer.hpp"
#include "macros.hpp"
#include "numbers.hpp"

namespace socle::cel {
namespace {

constexpr std::array<std::string_view, 17> reserved{"as",        "break",  "const",  "continue", "else", "for",
                                                    "function",  "if",     "import", "let",      "loop", "package",
                                                    "namespace", "return", "var",    "void",     "while"};

struct Operator {
  std::string_view symbol;
  std::string_view function;
  int level;
};
constexpr std::array<Operator, 12> operators{{{"==", "_==_", 1},
                                              {"!=", "_!=_", 1},
                                              {"<", "_<_", 1},
                                              {"<=", "_<=_", 1},
                                              {">", "_>_", 1},
                                              {">=", "_>=_", 1},
                                              {"in", "@in", 1},
                                              {"+", "_+_", 2},
                                              {"-", "_-_", 2},
                                              {"*", "_*_", 3},
                                              {"/", "_/_", 3},
                                              {"%", "_%_", 3}}};

class Parser {
 public:
  Parser(std::string_view source, const Options& options, std::vector<Issue>& issues)
      : source_(source), options_(options), issues_(issues), lexer_(source), factory_(options.max_depth) {
    advance();
  }

  ExprPtr run() {
    auto root = expression();
    if (failed_) return nullptr;
    if (token_.kind != TokenKind::end) {
      unexpected("an operator or the end");
      return nullptr;
    }
    return root;
  }
  [[nodiscard]] std::uint32_t last_id() const { return factory_.last_id(); }

 private:
  void advance() {
    token_ = lexer_.next();
    if (token_.kind == TokenKind::fault) fail(token_.offset, token_.value);
  }
  [[nodiscard]] bool at(std::string_view symbol) const {
    return token_.kind == TokenKind::symbol && token_.text == symbol;
  }
  bool take(std::string_view symbol) {
    if (failed_ || !at(symbol)) return false;
    advance();
    return true;
  }
  bool want(std::string_view symbol) {
    if (take(symbol)) return true;
    unexpected("'" + std::string(symbol) + "'");
    return false;
  }
  ExprPtr fail(std::uint32_t offset, std::string message) {
    if (!failed_) issues_.push_back({position_of(source_, offset), std::move(message)});
    failed_ = true;
    return nullptr;
  }
  ExprPtr unexpected(const std::string& wanted) {
    const auto found = token_.kind == TokenKind::end ? std::string("the end") : "'" + std::string(token_.text) + "'";
    return fail(token_.offset, "found " + found + ", wanted " + wanted);
  }
  // Passes a node on unless the tree has become too deep.
  ExprPtr checked(ExprPtr expr) {
    if (expr && factory_.too_deep())
      return fail(expr->offset, "expression is nested or chained more than " + std::to_string(options_.max_depth) +
                                    " deep; split it or bind parts with cel.bind");
    return failed_ ? nullptr : std::move(expr);
  }

  ExprPtr expression() {
    if (++depth_ > options_.max_depth)
      return fail(token_.offset, "expression is nested more than " + std::to_string(options_.max_depth) + " deep");
    auto result = conditional();
    --depth_;
    return result;
  }

  ExprPtr conditional() {
    auto condition = logical("||", "_||_");
    if (failed_ || !at("?")) return condition;
    const auto offset = token_.offset;
    advance();
    auto yes = logical("||", "_||_");
    if (failed_ || !want(":")) return nullptr;
    auto no = expression();
    if (failed_) return nullptr;
    return checked(factory_.call(offset, "_?_:_", std::move(condition), std::move(yes), std::move(no)));
  }

  // Chains of || and of && become balanced trees: they are associative, and depth matters.
  ExprPtr logical(std::string_view symbol, std::string_view function) {
    std::vector<ExprPtr> terms;
    std::vector<std::uint32_t> offsets;
    const auto term = [&] { return symbol == "||" ? logical("&&", "_&&_") : binary(1); };
    terms.push_back(term());
    while (!failed_ && at(symbol)) {
      offsets.push_back(token_.offset);
      advance();
      terms.push_back(term());
    }
    if (failed_) return nullptr;
    if (offsets.empty()) return std::move(terms.front());
    return checked(balanced(function, terms, offsets, 0, offsets.size() - 1));
  }
  ExprPtr balanced(std::string_view function, std::vector<ExprPtr>& terms, const std::vector<std::uint32_t>& offsets,
                   std::size_t low, std::size_t high) {
    const auto middle = (low + high + 1) / 2;
    auto left = middle == low ? std::move(terms[middle]) : balanced(function, terms, offsets, low, middle - 1);
    auto right = middle == high ? std::move(terms[middle + 1]) : balanced(function, terms, offsets, middle + 1, high);
    return factory_.call(offsets[middle], function, std::move(left), std::move(right));
  }

  ExprPtr binary(int level) {
    auto left = level == 3 ? unary() : binary(level + 1);
    while (!failed_ && token_.kind == TokenKind::symbol) {
      const auto* op = std::find_if(operators.begin(), operators.end(),
                                    [&](const auto& o) { return o.level == level && o.symbol == token_.text; });
      if (op == operators.end()) break;
      const auto offset = token_.offset;
      advance();
      auto right = level == 3 ? unary() : binary(level + 1);
      if (failed_) return nullptr;
      left = checked(factory_.call(offset, op->function, std::move(left), std::move(right)));
    }
    return failed_ ? nullptr : std::move(left);
  }

  ExprPtr unary() {
    if (!at("!") && !at("-")) return member();
    const auto symbol = std::string(token_.text);
    const auto offset = token_.offset;
    unsigned count = 0;
    while (!failed_ && at(symbol)) {
      ++count;
      advance();
    }
    // The sign of a number is part of the number, also behind a '!'.
    const auto sign = symbol == "!" && at("-") ? token_.offset : offset;
    if (sign != offset) advance();
    const bool number = token_.kind == TokenKind::integer || token_.kind == TokenKind::real;
    if (sign != offset && !number) return unexpected("a number");
    const bool negative = number && (sign != offset || (symbol == "-" && count == 1));
    auto operand = member(negative, sign);
    if (failed_ || (negative && sign == offset) || count % 2 == 0) return operand;
    return checked(factory_.call(offset, symbol == "!" ? "!_" : "-_", std::move(operand)));
  }

  ExprPtr member(bool negative = false, std::uint32_t sign = 0) {
    auto expr = primary(negative, sign);
    while (!failed_) {
      const auto offset = token_.offset;
      if (take("."))
        expr = after_dot(std::move(expr), offset);
      else if (take("["))
        expr = index(std::move(expr), offset);
      else
        break;
    }
    return failed_ ? nullptr : std::move(expr);
  }

  ExprPtr after_dot(ExprPtr operand, std::uint32_t offset) {
    const bool optional = at("?");
    if (optional) {
      if (!options_.optional_syntax) return fail(offset, "unsupported syntax '.?'");
      advance();
    }
    const bool quoted = token_.kind == TokenKind::quoted_ident;
    if (quoted && !options_.quoted_names) return fail(token_.offset, "unsupported syntax: '`'");
    if (failed_ || (token_.kind != TokenKind::ident && !quoted)) return unexpected("a field or function name");
    auto name = std::string(token_.text);
    advance();
    if (failed_) return nullptr;
    if (optional) {
      auto field = factory_.constant(offset, name);
      return checked(factory_.call(offset, "_?._", std::move(operand), std::move(field)));
    }
    if (!quoted && at("(")) return call(std::move(operand), std::move(name), token_.offset, false);
    return checked(factory_.select(offset, std::move(operand), std::move(name)));
  }

  ExprPtr index(ExprPtr operand, std::uint32_t offset) {
    const bool optional = at("?");
    if (optional) {
      if (!options_.optional_syntax) return fail(offset, "unsupported syntax '[?'");
      advance();
    }
    auto key = expression();
    if (failed_ || !want("]")) return nullptr;
    return checked(factory_.call(offset, optional ? "_[?_]" : "_[_]", std::move(operand), std::move(key)));
  }

  // After the name, at the opening parenthesis. `target` may be null (global).
  ExprPtr call(ExprPtr target, std::string name, std::uint32_t offset, bool leading_dot) {
    advance();
    std::vector<ExprPtr> args;
    if (!at(")")) {
      do {
        args.push_back(expression());
      } while (take(","));
    }
    if (failed_ || !want(")")) return nullptr;
    if (options_.macros && !leading_dot) {
      std::string message;
      std::uint32_t where = offset;
      auto expanded = expand_macro(factory_, target, name, args, offset, message, where);
      if (!message.empty()) return fail(where, std::move(message));
      if (expanded) return checked(std::move(expanded));
    }
    auto expr = factory_.node(ExprKind::call, offset);
    expr->member = target != nullptr;
    expr->leading_dot = leading_dot;
    expr->name = std::move(name);
    if (target) expr->args.push_back(std::move(target));
    for (auto& arg : args) expr->args.push_back(std::move(arg));
    return checked(factory_.finish(std::move(expr)));
  }

  ExprPtr primary(bool negative, std::uint32_t sign) {
    if (failed_) return nullptr;
    const auto offset = negative ? sign : token_.offset;
    switch (token_.kind) {
      case TokenKind::integer: return number(offset, negative);
      case TokenKind::unsigned_integer: return unsigned_number(offset);
      case TokenKind::real: return real(offset, negative);
      case TokenKind::string: return literal(offset, std::move(token_.value));
      case TokenKind::bytes: return literal(offset, Bytes{std::move(token_.value)});
      case TokenKind::ident: return identifier(offset, false);
      case TokenKind::symbol: break;
      default: return unexpected("an expression");
    }
    if (at("true") || at("false")) return literal(offset, at("true"));
    if (at("null")) return literal(offset, std::monostate{});
    if (take("(")) {
      auto inner = expression();
      return !failed_ && want(")") ? std::move(inner) : nullptr;
    }
    if (take("[")) return list(offset);
    if (take("{")) return map(offset);
    if (take(".")) {
      if (token_.kind != TokenKind::ident) return unexpected("a name");
      return identifier(offset, true);
    }
    return unexpected("an expression");
  }

  ExprPtr literal(std::uint32_t offset, Constant value) {
    advance();
    return failed_ ? nullptr : factory_.constant(offset, std::move(value));
  }

  std::optional<std::uint64_t> digits() {
    auto text = token_.text;
    int base = 10;
    if (text.size() > 2 && text[1] == 'x') {
      text.remove_prefix(2);
      base = 16;
    }
    std::uint64_t value = 0;
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
  }
  ExprPtr number(std::uint32_t offset, bool negative) {
    const auto value = digits();
    const auto limit = std::uint64_t{1} << 63;
    if (!value || *value > limit || (*value == limit && !negative))
      return fail(offset, "invalid int literal: " + std::string(token_.text) + " is beyond 64 bits");
    return literal(offset, static_cast<std::int64_t>(negative ? ~*value + 1 : *value));
  }
  ExprPtr unsigned_number(std::uint32_t offset) {
    const auto value = digits();
    if (!value) return fail(offset, "invalid uint literal: " + std::string(token_.text) + " is beyond 64 bits");
    return literal(offset, *value);
  }
  ExprPtr real(std::uint32_t offset, bool negative) {
    const std::string text(token_.text);
    const double value = parse_double(text);
    if (!std::isfinite(value)) return fail(offset, "invalid double literal: " + text + " is beyond double's range");
    return literal(offset, negative ? -value : value);
  }
  static double parse_double(const std::string& text) {
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc::result_out_of_range) return value;
    return is_tiny(text) ? 0.0 : INFINITY;
  }

  ExprPtr identifier(std::uint32_t offset, bool leading_dot) {
    auto name = std::string(token_.text);
    const auto name_offset = token_.offset;
    advance();
    if (failed_) return nullptr;
    // The parts of a message type's name may be reserved words. A dotted one is looked for without consuming.
    if (at("{")) return structure(offset, std::move(name), leading_dot);
    if (at(".")) {
      if (auto whole = type_name_ahead(name); !whole.empty()) return structure(offset, std::move(whole), leading_dot);
    }
    if (std::find(reserved.begin(), reserved.end(), name) != reserved.end())
      return fail(name_offset, "reserved identifier: " + name);
    if (at("(")) {
      return call(nullptr, std::move(name), token_.offset, leading_dot);
    }
    auto expr = factory_.ident(offset, std::move(name));
    expr->leading_dot = leading_dot;
    return expr;
  }

  std::string type_name_ahead(const std::string& first) {
    const auto lexer = lexer_;
    const auto token = token_;
    std::string name = first;
    while (at(".")) {
      token_ = lexer_.next();
      if (token_.kind != TokenKind::ident) {
        name.clear();
        break;
      }
      name.append(".").append(token_.text);
      token_ = lexer_.next();
    }
    if (!name.empty() && at("{")) return name;
    lexer_ = lexer;
    token_ = token;
    return {};
  }

  ExprPtr structure(std::uint32_t, std::string name, bool leading_dot) {
    auto expr = factory_.node(ExprKind::structure, token_.offset);
    expr->name = std::move(name);
    expr->leading_dot = leading_dot;
    advance();
    const bool none = take(",");  // [,] {,} M{,}: the comma at the end is allowed even where nothing stands before it
    while (!none && !failed_ && !at("}")) {
      mark_optional(*expr, expr->args.size());
      const bool quoted = token_.kind == TokenKind::quoted_ident;
      if (quoted && !options_.quoted_names) return fail(token_.offset, "unsupported syntax: '`'");
      if (token_.kind != TokenKind::ident && !quoted) return unexpected("a field name");
      expr->fields.emplace_back(token_.text);
      advance();
      if (!want(":")) return nullptr;
      expr->args.push_back(expression());
      if (!take(",")) break;
    }
    if (failed_ || !want("}")) return nullptr;
    return checked(factory_.finish(std::move(expr)));
  }

  void mark_optional(Expr& expr, std::size_t entry) {
    if (!at("?")) return;
    if (!options_.optional_syntax) {
      fail(token_.offset, "unsupported syntax '?'");
      return;
    }
    advance();
    expr.optionals.resize(entry + 1);
    expr.optionals[entry] = 1;
  }

  ExprPtr list(std::uint32_t offset) {
    auto expr = factory_.node(ExprKind::list, offset);
    const bool none = take(",");
    while (!none && !failed_ && !at("]")) {
      mark_optional(*expr, expr->args.size());
      expr->args.push_back(expression());
      if (!take(",")) break;
    }
    if (failed_ || !want("]")) return nullptr;
    if (!expr->optionals.empty()) expr->optionals.resize(expr->args.size());
    return checked(factory_.finish(std::move(expr)));
  }

  ExprPtr map(std::uint32_t offset) {
    auto expr = factory_.node(ExprKind::map, offset);
    const bool none = take(",");
    while (!none && !failed_ && !at("}")) {
      mark_optional(*expr, expr->args.size() / 2);
      expr->args.push_back(expression());
      if (failed_ || !want(":")) return nullptr;
      expr->args.push_back(expression());
      if (!take(",")) break;
    }
    if (failed_ || !want("}")) return nullptr;
    if (!expr->optionals.empty()) expr->optionals.resize(expr->args.size() / 2);
    return checked(factory_.finish(std::move(expr)));
  }

  std::string_view source_;
  const Options& options_;
  std::vector<Issue>& issues_;
  Lexer lexer_;
  Token token_;
  Factory factory_;
  unsigned depth_ = 0;
  bool failed_ = false;
};

}  // namespace

Ast parse_source(std::string_view source, const Options& options, std::vector<Issue>& issues) {
  Ast ast;
  if (source.size() > options.max_source) {
    issues.push_back({{},
                      "source has " + std::to_string(source.size()) + " bytes, at most " +
                          std::to_string(options.max_source) + " are allowed"});
    return ast;
  }
  ast.source = source;
  Parser parser(ast.source, options, issues);
  ast.root = parser.run();
  ast.last_id = parser.last_id();
  return ast;
}

}  // namespace socle::cel
