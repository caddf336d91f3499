// cell_compiler.cpp: see the header. Plain literals take a short way past the expression kit: large tables are mostly
// those. Longer than most files because every form of a cell is both compiled and read for the static analysis.
#include "table/cell_compiler.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "table/codes.hpp"
#include "table/table.hpp"
#include "table/values.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

bool reads_variables(const cel::Ast& ast, const cel::Expr& expr, std::string_view only = {}) {
  if (expr.kind == cel::ExprKind::ident || expr.kind == cel::ExprKind::select) {
    const auto& reference = ast.references[expr.id];
    if (!reference.name.empty())
      return !reference.is_local && !reference.is_type && (only.empty() || reference.name == only);
  }
  for (const auto& arg : expr.args)
    if (reads_variables(ast, *arg, only)) return true;
  if (!expr.loop) return false;
  for (const auto* part :
       {&expr.loop->range, &expr.loop->init, &expr.loop->condition, &expr.loop->step, &expr.loop->result})
    if (reads_variables(ast, **part, only)) return true;
  return false;
}

// 12, -1.5, 'text', true, null: nothing else.
std::optional<Value> literal(std::string_view text, cel::Arena& arena) {
  if (text.empty()) return std::nullopt;
  if (text == "true" || text == "false") return Value::boolean(text == "true");
  if (text == "null") return Value();
  const char first = text.front();
  if ((first == '\'' || first == '"') && text.size() >= 2 && text.back() == first) {
    const auto inside = text.substr(1, text.size() - 2);
    if (inside.find_first_of("\\\n\r\"'") != std::string_view::npos) return std::nullopt;
    return cel::copy_string(arena, inside);
  }
  if (first != '-' && (first < '0' || first > '9')) return std::nullopt;
  const auto* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto r = std::from_chars(text.data(), end, whole); r.ec == std::errc() && r.ptr == end)
    return Value::integer(whole);
  if (text.find_first_not_of("-0123456789.") != std::string_view::npos || text.back() == '.') return std::nullopt;
  double real = 0;
  if (const auto r = std::from_chars(text.data(), end, real); r.ec == std::errc() && r.ptr == end)
    return Value::real(real);
  return std::nullopt;
}

std::string_view conversion(ColumnType type) {
  switch (type) {
    case ColumnType::decimal: return "decimal";
    case ColumnType::date: return "date";
    case ColumnType::timestamp: return "timestamp";
    case ColumnType::duration: return "duration";
    default: return {};
  }
}

bool type_fits(const cel::Type& found, ColumnType type) {
  using cel::TypeKind;
  if (found.is_dyn() || found.is(TypeKind::null_type) || found.is(TypeKind::wrapper)) return true;
  switch (type) {
    case ColumnType::any: return true;
    case ColumnType::number:
    case ColumnType::integer:
      return found.is(TypeKind::integer) || found.is(TypeKind::unsigned_integer) || found.is(TypeKind::real) ||
             found.is(TypeKind::decimal);
    case ColumnType::string: return found.is(TypeKind::string);
    case ColumnType::boolean: return found.is(TypeKind::boolean);
    default: return true;  // a conversion decides
  }
}

std::string_view operator_text(CellNode::Operator op) {
  constexpr std::string_view texts[] = {"<", "<=", ">", ">=", "==", "!="};
  return texts[static_cast<std::size_t>(op)];
}

}  // namespace

struct CellCompiler::Compiled {
  cel::Ast ast;
  bool constant = false;
};

bool CellCompiler::compile_piece(const Piece& piece, const Text& cell, Compiled& out) {
  std::vector<cel::Issue> issues;
  auto ast = environment_.compile(piece.text, &issues);
  if (!ast) {
    for (const auto& issue : issues)
      diagnostics_.error(cell.pointer, codes::expression, issue.message, piece.offset + issue.position.offset);
    failed_ = true;
    return false;
  }
  out.ast = *std::move(ast);
  out.constant = !reads_variables(out.ast, *out.ast.root);
  return true;
}

std::optional<Value> CellCompiler::evaluate(const std::string& source) {
  const auto ast = environment_.compile(source);
  if (!ast) return std::nullopt;
  const auto program = cel::Program::compile(environment_, *ast);
  if (!program) return std::nullopt;
  cel::Arena arena;
  const auto value = program->evaluate(cel::Activation(environment_), arena, {10'000, std::size_t{1} << 20});
  if (value.is_error()) return std::nullopt;
  return copy_value(constants_, value);
}

std::optional<Value> CellCompiler::typed(const Piece& piece, const Text& cell, ColumnType type, Value value) {
  const auto convert = conversion(type);
  const bool written = value.is(Kind::string) || (type == ColumnType::decimal && !value.is(Kind::decimal));
  if (!convert.empty() && written && !value.is(Kind::null)) {
    // A decimal is made of the digits as they are written, not of the double they would give.
    const bool digits = type == ColumnType::decimal && !value.is(Kind::string);
    const auto inside = digits ? "'" + std::string(piece.text) + "'" : std::string(piece.text);
    if (auto converted = evaluate(std::string(convert) + "(" + inside + ")")) value = *converted;
  }
  if (is_of_type(value, type)) return value;
  diagnostics_.error(cell.pointer, codes::cell_type,
                     cel::to_text(value) + " is no " + std::string(to_string(type)) + ", which its column wants",
                     piece.offset);
  failed_ = true;
  return std::nullopt;
}

std::optional<Value> CellCompiler::piece_value(const Piece& piece, const Text& cell, ColumnType type) {
  if (auto value = literal(piece.text, constants_)) return typed(piece, cell, type, *value);
  Compiled compiled;
  if (!compile_piece(piece, cell, compiled)) return std::nullopt;
  if (!compiled.constant) {
    dynamic_ = true;
    return std::nullopt;
  }
  auto value = evaluate(std::string(piece.text));
  if (!value) {
    diagnostics_.error(cell.pointer, codes::expression, "'" + std::string(piece.text) + "' has no value", piece.offset);
    failed_ = true;
    return std::nullopt;
  }
  return typed(piece, cell, type, *value);
}

bool CellCompiler::resolve(const CellNode& node, const Text& cell, ColumnType type, ConstantCell& out) {
  using Node = CellNode::Kind;
  out.kind = node.kind;
  out.op = node.op;
  out.low_included = node.low_included;
  out.high_included = node.high_included;
  switch (node.kind) {
    case Node::anything: return true;
    case Node::compare:
    case Node::expression: {
      const auto value = piece_value(node.piece, cell, type);
      if (!value) return false;
      const bool ordered = node.kind == Node::compare && node.op < CellNode::Operator::eq;
      if (ordered && Column::class_of(*value) == Column::Class::none) {
        diagnostics_.error(cell.pointer, codes::cell_type, cel::to_text(*value) + " has no order to compare with",
                           node.piece.offset);
        failed_ = true;
        return false;
      }
      if (node.kind == Node::expression && value->is(Kind::list)) {
        out.kind = Node::member;
        for (std::size_t i = 0; i < value->size(); ++i) out.values.push_back(value->at(i));
        return true;
      }
      out.values.push_back(*value);
      return true;
    }
    case Node::range: {
      const auto low = piece_value(node.piece, cell, type);
      const auto high = piece_value(node.upper, cell, type);
      if (!low || !high) return false;
      if (Column::class_of(*low) != Column::class_of(*high) || Column::class_of(*low) == Column::Class::none ||
          cel::compare(*low, *high) == cel::Order::greater) {
        diagnostics_.error(
            cell.pointer, codes::cell_type,
            "a range goes from the lower to the higher end; found " + cel::to_text(*low) + " .. " + cel::to_text(*high),
            node.piece.offset);
        failed_ = true;
        return false;
      }
      out.values = {*low, *high};
      return true;
    }
    case Node::member: {
      const auto list = piece_value(node.piece, cell, ColumnType::any);
      if (!list) return false;
      if (!list->is(Kind::list)) {
        diagnostics_.error(cell.pointer, codes::cell_type, "'in' wants a list or a range; found " + cel::to_text(*list),
                           node.piece.offset);
        failed_ = true;
        return false;
      }
      for (std::size_t i = 0; i < list->size(); ++i) {
        auto item = list->at(i);
        if (!conversion(type).empty() && item.is(Kind::string))
          if (auto made = evaluate(std::string(conversion(type)) + "(" + cel::to_text(item) + ")")) item = *made;
        if (type == ColumnType::decimal && !item.is(Kind::decimal))
          if (auto made = evaluate("decimal(" + cel::to_text(item) + ")")) item = *made;
        auto value = typed(node.piece, cell, type, item);
        if (!value) return false;
        out.values.push_back(*value);
      }
      return true;
    }
    case Node::either:
    case Node::both:
    case Node::negation: {
      bool ok = true;
      for (const auto& child : node.children) ok = resolve(child, cell, type, out.children.emplace_back()) && ok;
      return ok;
    }
  }
  return false;
}

void CellCompiler::register_points(const ConstantCell& cell, Column& column) {
  const bool ordered =
      cell.kind == CellNode::Kind::range || (cell.kind == CellNode::Kind::compare && cell.op < CellNode::Operator::eq);
  for (const auto& value : cell.values) column.add(value, ordered);
  for (const auto& child : cell.children) register_points(child, column);
}

CellResult CellCompiler::compile(const Text& cell, ColumnType type, Column& column) {
  CellNode node;
  CellFault fault;
  CellResult out;
  if (!parse_cell(cell.text, node, fault)) {
    diagnostics_.error(cell.pointer, codes::cell_syntax, fault.message, fault.offset);
    return out;
  }
  dynamic_ = false;
  failed_ = false;
  ConstantCell constant;
  if (resolve(node, cell, type, constant)) {
    register_points(constant, column);
    out.constant = std::move(constant);
    return out;
  }
  if (failed_ || !dynamic_) return out;
  const auto text = condition_text(node, cell, type);
  if (!text) return out;
  std::vector<cel::Issue> issues;
  const auto ast = environment_.compile(*text, &issues);
  const auto found = ast ? ast->type().text() : issues.empty() ? std::string() : issues.front().message;
  if (!ast || !(ast->type().is_dyn() || ast->type().is(cel::TypeKind::boolean))) {
    diagnostics_.error(cell.pointer, codes::expression,
                       ast ? "a cell's condition is true or false; this one is " + found : found, 0);
    return out;
  }
  last_cost_ = costs_ == nullptr ? 0 : costs_->expression(*ast, cell.pointer);
  auto program = cel::Program::compile(environment_, *ast);
  if (program)
    out.condition = *std::move(program);
  else
    diagnostics_.error(cell.pointer, codes::expression, program.error().message, 0);
  return out;
}

std::string CellCompiler::operand(const Piece& piece, ColumnType type) {
  const auto convert = conversion(type);
  const auto inside = "(" + std::string(piece.text) + ")";
  return convert.empty() ? inside : std::string(convert) + inside;
}

std::optional<std::string> CellCompiler::condition_text(const CellNode& node, const Text& cell, ColumnType type) {
  using Node = CellNode::Kind;
  const std::string value(cell_variable);
  switch (node.kind) {
    case Node::anything: return "true";
    case Node::compare: return value + " " + std::string(operator_text(node.op)) + " " + operand(node.piece, type);
    case Node::range:
      return value + (node.low_included ? " >= " : " > ") + operand(node.piece, type) + " && " + value +
             (node.high_included ? " <= " : " < ") + operand(node.upper, type);
    case Node::member: return value + " in (" + std::string(node.piece.text) + ")";
    case Node::expression: {
      Compiled compiled;
      if (literal(node.piece.text, constants_)) return value + " == " + operand(node.piece, type);
      if (!compile_piece(node.piece, cell, compiled)) return std::nullopt;
      const auto& found = compiled.ast.type();
      if (found.is(cel::TypeKind::list)) return value + " in (" + std::string(node.piece.text) + ")";
      const bool about_value = reads_variables(compiled.ast, *compiled.ast.root, cell_variable);
      const bool condition = about_value || (found.is(cel::TypeKind::boolean) && type != ColumnType::boolean);
      if (condition) return node.piece.text.empty() ? "true" : std::string(node.piece.text);
      return value + " == " + operand(node.piece, type);
    }
    case Node::negation: {
      auto inner = condition_text(node.children[0], cell, type);
      if (inner) *inner = "!(" + *inner + ")";
      return inner;
    }
    case Node::either:
    case Node::both: {
      std::string out;
      for (const auto& child : node.children) {
        const auto one = condition_text(child, cell, type);
        if (!one) return std::nullopt;
        out += (out.empty() ? "(" : node.kind == Node::either ? " || (" : " && (") + *one + ")";
      }
      return out;
    }
  }
  return std::nullopt;
}

// What one of the parts lets through, or refuses; in one go, because a cell may have thousands of them.
RankSet CellCompiler::joined(const ConstantCell& cell, const Column& column, bool refused) {
  std::vector<RankSet::Interval> all;
  for (const auto& child : cell.children) {
    const auto one = refused ? ranks(child, column).complement(column.last()) : ranks(child, column);
    all.insert(all.end(), one.intervals().begin(), one.intervals().end());
  }
  return RankSet::of(std::move(all));
}

RankSet CellCompiler::ranks(const ConstantCell& cell, const Column& column) {
  using Node = CellNode::Kind;
  using Operator = CellNode::Operator;
  RankSet out;
  switch (cell.kind) {
    case Node::anything: return column.everything();
    case Node::expression: return column.equal_to(cell.values[0]);
    case Node::member: {
      std::vector<Rank> found;
      for (const auto& value : cell.values)
        if (const auto one = column.equal_to(value); !one.empty()) found.push_back(one.lowest());
      std::sort(found.begin(), found.end());
      for (const auto rank : found) out.append(rank, rank);
      return out;
    }
    case Node::compare: {
      const Column::Bound closed{cell.values[0], true};
      const Column::Bound open{cell.values[0], false};
      switch (cell.op) {
        case Operator::lt: return column.between({}, open);
        case Operator::le: return column.between({}, closed);
        case Operator::gt: return column.between(open, {});
        case Operator::ge: return column.between(closed, {});
        case Operator::eq: return column.equal_to(cell.values[0]);
        case Operator::ne: return column.equal_to(cell.values[0]).complement(column.last());
      }
      return out;
    }
    case Node::range:
      return column.between(Column::Bound{cell.values[0], cell.low_included},
                            Column::Bound{cell.values[1], cell.high_included});
    case Node::either: return joined(cell, column, false);
    // All of them: what none of the parts refuses.
    case Node::both: return joined(cell, column, true).complement(column.last());
    case Node::negation: return ranks(cell.children[0], column).complement(column.last());
  }
  return out;
}

std::optional<cel::Program> CellCompiler::expression(const Text& text, ColumnType type) {
  failed_ = false;
  Compiled compiled;
  if (!compile_piece({text.text, 0}, text, compiled)) return std::nullopt;
  const auto found = compiled.ast.type();
  if (!type_fits(found, type)) {
    diagnostics_.error(text.pointer, codes::cell_type,
                       "'" + text.text + "' gives " + found.text() + "; wanted " + std::string(to_string(type)), 0);
    return std::nullopt;
  }
  const auto convert = conversion(type);
  const auto wanted = convert.empty() ? cel::Type() : *cel::Type::parse(convert);
  if (!convert.empty() && !(found == wanted) && !found.is(cel::TypeKind::null_type)) {
    std::vector<cel::Issue> issues;
    auto converted = environment_.compile(std::string(convert) + "(" + text.text + ")", &issues);
    if (!converted) {
      diagnostics_.error(
          text.pointer, codes::cell_type,
          "'" + text.text + "' gives " + found.text() + ", of which no " + std::string(convert) + " can be made", 0);
      return std::nullopt;
    }
    compiled.ast = *std::move(converted);
  }
  last_cost_ = costs_ == nullptr ? 0 : costs_->expression(compiled.ast, text.pointer);
  auto program = cel::Program::compile(environment_, compiled.ast);
  if (!program) {
    diagnostics_.error(text.pointer, codes::expression, program.error().message, 0);
    return std::nullopt;
  }
  return *std::move(program);
}

std::optional<Value> CellCompiler::constant(const Text& text, ColumnType type) {
  dynamic_ = false;
  failed_ = false;
  return piece_value({text.text, 0}, text, type);
}

}  // namespace socle::rules
