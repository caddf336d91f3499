// names.cpp: see the header.
#include "model/names.hpp"

#include <algorithm>
#include <array>

#include "model/language.hpp"

namespace socle::forms {
namespace {

using cel::Expr;
using cel::ExprKind;
using cel::ExprPtr;

constexpr std::array<std::string_view, 8> context_names{"record", "old", "user", "tenant",
                                                        "action", "now", "env",  "row"};
// What stands before the dot of built-in functions.
constexpr std::array<std::string_view, 11> spaces{"math", "strings", "sets",     "lists", "base64", "regex",
                                                  "cel",  "net",     "optional", "ip",    "cidr"};

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// a.b.c as its names and its first identifier; nothing when it is no such chain.
const Expr* names_of(const Expr& expr, std::vector<std::string_view>& names) {
  const Expr* at = &expr;
  while (at->kind == ExprKind::select) {
    names.push_back(at->name);
    at = at->args[0].get();
  }
  if (at->kind != ExprKind::ident || at->leading_dot) return nullptr;
  names.push_back(at->name);
  std::reverse(names.begin(), names.end());
  return at;
}

// The longest declared field that names[from...] begin with; how many names it takes, 0 when there is none.
std::size_t longest(const Catalogue& catalogue, const std::string& prefix, const std::vector<std::string_view>& names,
                    std::size_t from, std::uint32_t& field) {
  std::string path = prefix;
  std::size_t taken = 0;
  for (std::size_t i = from; i < names.size(); ++i) {
    if (i > from) path += '.';
    path += names[i];
    const auto found = catalogue.find(path);
    if (found == Field::none) break;
    field = found;
    taken = i - from + 1;
  }
  return taken;
}

template <class Walk>
void walk_children(Expr& expr, std::vector<std::string>& locals, Walk walk) {
  for (auto& arg : expr.args)
    if (arg) walk(arg);
  if (!expr.loop) return;
  auto& loop = *expr.loop;
  walk(loop.range);
  walk(loop.init);
  const auto depth = locals.size();
  locals.insert(locals.end(), {loop.accumulator, loop.variable, loop.variable2});
  walk(loop.condition);
  walk(loop.step);
  walk(loop.result);
  locals.resize(depth);
}

}  // namespace

bool is_built_in(const cel::Environment& environment, std::string_view name) {
  return contains(context_names, name) || contains(spaces, name) || environment.type_value(name).has_value();
}

void LogicNames::rewrite(cel::Ast& ast) {
  last_id_ = ast.last_id;
  walk(ast.root);
  ast.last_id = last_id_;
  std::sort(reads.begin(), reads.end());
  reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
}

void LogicNames::walk(ExprPtr& expr) {
  if ((expr->kind == ExprKind::ident || expr->kind == ExprKind::select) && chain(expr)) return;
  walk_children(*expr, locals_, [this](ExprPtr& child) { walk(child); });
}

// Replaces the part of the chain that is a field. True: nothing below is left to look at.
bool LogicNames::chain(ExprPtr& expr) {
  std::vector<std::string_view> names;
  const Expr* first = names_of(*expr, names);
  if (first == nullptr || contains(locals_, names[0])) return false;
  std::uint32_t field = Field::none;
  std::size_t from = 0;
  std::size_t taken = 0;
  const std::string row = table_ == Field::none ? std::string() : catalogue_[table_].path + "[].";
  if (names[0] == "record") {
    from = 1;
    if (names.size() == 1) {
      issues.push_back({{first->offset, 1, 1}, "logic reads fields, not the whole record; name them: record.FIELD"});
      return true;
    }
    if (meta_named(names[1])) {
      replace(expr, names.size() - 2, "record." + std::string(names[1]));
      return true;
    }
    taken = longest(catalogue_, "", names, 1, field);
    if (taken == 0) {
      issues.push_back({{first->offset, 1, 1}, catalogue_.unknown(names[1])});
      return true;
    }
  } else if (names[0] == "row" && table_ != Field::none) {
    from = 1;
    if (names.size() > 1) taken = longest(catalogue_, row, names, 1, field);
    if (taken == 0) {
      issues.push_back({{first->offset, 1, 1},
                        names.size() == 1 ? std::string("logic reads columns, not the whole row; name them: row.COLUMN")
                                          : catalogue_.unknown(row + std::string(names[1]))});
      return true;
    }
  } else {
    if (is_built_in(environment_, names[0])) return false;
    if (table_ != Field::none) taken = longest(catalogue_, row, names, 0, field);
    if (taken == 0) taken = longest(catalogue_, "", names, 0, field);
    if (taken == 0) {
      issues.push_back({{first->offset, 1, 1}, catalogue_.unknown(names[0])});
      return true;
    }
  }
  reads.push_back(field);
  replace(expr, names.size() - from - taken, "@" + catalogue_[field].path);
  return true;
}

// The select `keep` levels below `outer` becomes the variable; has() of the variable itself a comparison.
void LogicNames::replace(ExprPtr& outer, std::size_t keep, std::string name) {
  ExprPtr* at = &outer;
  for (std::size_t i = 0; i < keep; ++i) at = &(*at)->args[0];
  auto made = std::make_unique<Expr>();
  made->kind = ExprKind::ident;
  made->id = ++last_id_;
  const Expr* first = at->get();
  while (first->kind == ExprKind::select) first = first->args[0].get();
  made->offset = first->offset;
  made->name = std::move(name);
  if (!(*at)->test_only) {
    *at = std::move(made);
    return;
  }
  const auto call = [&](const char* function) {
    auto out = std::make_unique<Expr>();
    out->kind = ExprKind::call;
    out->id = ++last_id_;
    out->offset = made ? made->offset : (*at)->offset;
    out->name = function;
    return out;
  };
  auto any = call("dyn");
  auto comparison = call("_!=_");
  any->args.push_back(std::move(made));
  auto null = std::make_unique<Expr>();
  null->id = ++last_id_;
  null->offset = comparison->offset;
  comparison->args.push_back(std::move(any));
  comparison->args.push_back(std::move(null));
  *at = std::move(comparison);
}

void StrictNames::rewrite(cel::Ast& ast) {
  last_id_ = ast.last_id;
  walk(ast.root);
  ast.last_id = last_id_;
}

ExprPtr StrictNames::node(ExprKind kind, std::uint32_t offset) {
  auto out = std::make_unique<Expr>();
  out->kind = kind;
  out->id = ++last_id_;
  out->offset = offset;
  return out;
}

void StrictNames::walk(ExprPtr& expr) {
  if (expr->kind == ExprKind::ident && !expr->leading_dot && !contains(locals_, expr->name) &&
      !is_built_in(environment_, expr->name) &&
      (catalogue_.find(expr->name) != Field::none || meta_named(expr->name))) {
    auto record = node(ExprKind::ident, expr->offset);
    record->name = "record";
    auto select = node(ExprKind::select, expr->offset);
    select->name = expr->name;
    select->args.push_back(std::move(record));
    expr = std::move(select);
    return;
  }
  walk_children(*expr, locals_, [this](ExprPtr& child) { walk(child); });
  if (expr->kind == ExprKind::call && !expr->member && expr->args.size() == 2) typed_constants(*expr);
}

FieldType StrictNames::type_of(const Expr& expr) const {
  std::vector<std::string_view> names;
  if (names_of(expr, names) == nullptr || names[0] != "record" || names.size() < 2) return FieldType::any;
  if (const auto meta = meta_named(names[1]))
    return *meta == Meta::created_at || *meta == Meta::updated_at ? FieldType::timestamp : FieldType::any;
  std::uint32_t field = Field::none;
  return longest(catalogue_, "", names, 1, field) == names.size() - 1 ? catalogue_[field].type : FieldType::any;
}

// from >= '2026-01-01' says what it means: the text becomes date('2026-01-01').
void StrictNames::typed_constants(Expr& comparison) {
  constexpr std::array<std::string_view, 6> operators{"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"};
  if (!contains(operators, comparison.name)) return;
  for (std::size_t i = 0; i < 2; ++i) {
    auto& constant = comparison.args[i];
    if (constant->kind != ExprKind::constant || !std::holds_alternative<std::string>(constant->value)) continue;
    const auto type = type_of(*comparison.args[1 - i]);
    if (type != FieldType::date && type != FieldType::timestamp && type != FieldType::decimal) continue;
    auto call = node(ExprKind::call, constant->offset);
    call->name = type == FieldType::date ? "date" : type == FieldType::decimal ? "decimal" : "timestamp";
    call->args.push_back(std::move(constant));
    constant = std::move(call);
  }
}

}  // namespace socle::forms
