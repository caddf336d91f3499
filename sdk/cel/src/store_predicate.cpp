// store_predicate.cpp: see the header.
#include "store_predicate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "decimal.hpp"
#include "socle/cel/time.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::cel {
namespace {

constexpr std::array<std::string_view, 4> of_the_store{"id", "version", "created_at", "updated_at"};
constexpr std::array<std::string_view, 3> beside_fields{"created_by", "updated_by", "model_version"};
constexpr std::array<std::string_view, 7> standing{"record", "old", "user", "tenant", "action", "now", "env"};
constexpr std::int64_t exact_double = std::int64_t{1} << 53;
// Instants that the store's 64-bit nanoseconds hold: years 1678 to 2261.
constexpr std::int64_t store_seconds = 9'200'000'000;

struct Comparing {
  std::string_view function;
  std::string_view forth;
  std::string_view back;  // with the sides exchanged
};
constexpr std::array comparing{Comparing{"_==_", "eq", "eq"}, Comparing{"_<_", "lt", "gt"},
                               Comparing{"_<=_", "le", "ge"}, Comparing{"_>_", "gt", "lt"},
                               Comparing{"_>=_", "ge", "le"}};

// A constant as the store takes it.
struct StoreConstant {
  std::string_view type;
  std::string json;
};

std::string_view own_type(std::string_view property) {
  return property == "id" ? "string" : property == "version" ? "integer" : "timestamp";
}

std::string json_text(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

// date('…'), timestamp('…'), decimal('…'): how a residual writes values that have no literal.
std::optional<StoreConstant> from_call(const Expr& e, const Type& field, const StoreField& at) {
  if (e.kind != ExprKind::call || e.member || e.args.size() != 1 || e.args[0]->kind != ExprKind::constant)
    return std::nullopt;
  const auto* text = std::get_if<std::string>(&e.args[0]->value);
  if (text == nullptr || at.type != e.name) return std::nullopt;
  if (e.name == "date" && field.is(TypeKind::date)) {
    const auto days = parse_date(*text);
    if (days) return StoreConstant{"date", json_text(date_text(*days))};
  }
  if (e.name == "timestamp" && field.is(TypeKind::timestamp)) {
    const auto value = parse_timestamp(*text);
    if (value && std::abs(value->seconds()) < store_seconds)
      return StoreConstant{"timestamp", json_text(timestamp_text(*value))};
  }
  if (e.name == "decimal" && field.is(TypeKind::decimal)) {
    const auto value = parse_decimal(*text);
    if (value) return StoreConstant{"decimal", json_text(decimal_text(*value))};
  }
  return std::nullopt;
}

// The store compares numbers as doubles: whole numbers that have neighbours there are left to CEL.
std::optional<StoreConstant> from_integer(std::int64_t value, const Type& field, const StoreField& at) {
  if (field.is(TypeKind::decimal) && at.type == "decimal") return StoreConstant{"decimal", std::to_string(value)};
  if (!field.is(TypeKind::integer) && !field.is(TypeKind::real) && !field.is_dyn()) return std::nullopt;
  const bool exact = value < exact_double && value > -exact_double;
  if (at.type == "integer" || (field.is(TypeKind::integer) && !(at.type == "number" && exact)))
    return StoreConstant{"integer", std::to_string(value)};
  return exact ? std::optional(StoreConstant{"number", std::to_string(value)}) : std::nullopt;
}

std::optional<StoreConstant> constant_for(const Expr& e, const Type& field, const StoreField& at) {
  if (e.kind != ExprKind::constant) return from_call(e, field, at);
  if (const auto* text = std::get_if<std::string>(&e.value)) {
    const bool fits = (field.is(TypeKind::string) || field.is_dyn()) && text->size() <= max_store_text;
    return fits ? std::optional(StoreConstant{"string", json_text(*text)}) : std::nullopt;
  }
  if (const auto* truth = std::get_if<bool>(&e.value)) {
    const bool fits = field.is(TypeKind::boolean) || field.is_dyn();
    return fits ? std::optional(StoreConstant{"boolean", *truth ? "true" : "false"}) : std::nullopt;
  }
  if (const auto* whole = std::get_if<std::int64_t>(&e.value)) return from_integer(*whole, field, at);
  if (const auto* whole = std::get_if<std::uint64_t>(&e.value))
    return *whole <= INT64_MAX ? from_integer(static_cast<std::int64_t>(*whole), field, at) : std::nullopt;
  const auto* real = std::get_if<double>(&e.value);
  if (real == nullptr || !std::isfinite(*real)) return std::nullopt;
  const bool exact = field.is(TypeKind::real) || std::fabs(*real) < static_cast<double>(exact_double);
  if (!exact || !(field.is(TypeKind::real) || field.is(TypeKind::integer) || field.is_dyn())) return std::nullopt;
  const bool whole = std::fabs(*real) < static_cast<double>(exact_double) && *real == std::trunc(*real);
  if (whole && at.type == "integer") return from_integer(static_cast<std::int64_t>(*real), field, at);  // its index
  std::string text;
  json::Writer(text).number(*real);
  return StoreConstant{"number", text};
}

class Translation {
 public:
  Translation(const Ast& ast, const StoreFields& fields) : ast_(ast), fields_(fields) {}

  std::optional<StorePredicate> translate(const Expr& e) const {
    if (e.kind == ExprKind::constant) {
      const auto* truth = std::get_if<bool>(&e.value);
      if (truth == nullptr) return std::nullopt;
      return StorePredicate{*truth ? StorePredicate::Kind::all : StorePredicate::Kind::any};
    }
    if (e.kind == ExprKind::ident || e.kind == ExprKind::select) return truth_of(e, true);
    if (e.kind != ExprKind::call) return std::nullopt;
    if (e.name == "!_") return truth_of(*e.args[0], false);
    if (e.args.size() != 2) return std::nullopt;
    if (e.name == "_&&_") return all_of(e);
    if (e.name == "_||_") return any_of(e);
    if (e.name == "@in") return membership(e);
    if (e.member && e.name == "startsWith") return prefix(e);
    for (const auto& c : comparing)
      if (c.function == e.name) return compare(e, c);
    return std::nullopt;
  }

 private:
  static StorePredicate leaf(std::string_view op, const StoreField& field, std::string_view type, std::string value) {
    std::string text(R"({"op":")");
    text.append(op).append(R"(","field":)").append(json_text(field.text));
    if (!type.empty()) text.append(R"(,"type":")").append(type).append("\"");
    return {StorePredicate::Kind::leaf, {}, text.append(",\"value\":").append(value).append("}"), field.text};
  }
  // A field that is a condition itself, or its negation.
  std::optional<StorePredicate> truth_of(const Expr& e, bool truth) const {
    const auto field = fields_.of(e);
    const auto& type = ast_.types[e.id];
    if (!field || !(type.is(TypeKind::boolean) || type.is_dyn())) return std::nullopt;
    return leaf("eq", *field, "boolean", truth ? "true" : "false");
  }
  std::optional<StorePredicate> all_of(const Expr& e) const {
    std::vector<const Expr*> parts;
    collect_conjuncts(e, parts);
    StorePredicate out;
    std::vector<const Expr*> guards;
    for (const auto* part : parts) {
      if (part->test_only) {
        guards.push_back(part);
        continue;
      }
      auto made = translate(*part);
      if (!made) return std::nullopt;
      out.args.push_back(*std::move(made));
    }
    const bool implied =
        std::all_of(guards.begin(), guards.end(), [&](const Expr* g) { return is_implied(*g, out.args, fields_); });
    return implied ? std::optional(std::move(out)) : std::nullopt;
  }
  std::optional<StorePredicate> any_of(const Expr& e) const {
    StorePredicate out;
    out.kind = StorePredicate::Kind::any;
    for (const auto& arg : e.args) {
      auto part = translate(*arg);
      if (!part) return std::nullopt;
      if (part->kind == StorePredicate::Kind::any) {
        for (auto& inner : part->args) out.args.push_back(std::move(inner));
      } else {
        out.args.push_back(*std::move(part));
      }
    }
    return out;
  }

  std::optional<StorePredicate> compare(const Expr& e, const Comparing& c) const {
    for (const bool straight : {true, false}) {
      const Expr& side = *e.args[straight ? 0 : 1];
      const auto field = fields_.of(side);
      if (!field) continue;
      const auto constant = constant_for(*e.args[straight ? 1 : 0], ast_.types[side.id], *field);
      if (!constant) continue;
      // The store has no order of truths.
      if (constant->type == "boolean" && c.forth != "eq") return std::nullopt;
      return leaf(straight ? c.forth : c.back, *field, constant->type, constant->json);
    }
    return std::nullopt;
  }
  std::optional<StorePredicate> prefix(const Expr& e) const {
    const auto field = fields_.of(*e.args[0]);
    if (!field) return std::nullopt;
    const auto constant = constant_for(*e.args[1], ast_.types[e.args[0]->id], *field);
    if (!constant || constant->type != "string") return std::nullopt;
    return leaf("prefix", *field, constant->type, constant->json);
  }
  std::optional<StorePredicate> membership(const Expr& e) const {
    const Expr& list = *e.args[1];
    const auto field = fields_.of(*e.args[0]);
    if (!field || list.kind != ExprKind::list || !list.optionals.empty() || list.args.empty() ||
        list.args.size() > max_store_values)
      return std::nullopt;
    std::string_view type;
    std::string values = "[";
    for (const auto& item : list.args) {
      const auto constant = constant_for(*item, ast_.types[e.args[0]->id], *field);
      if (!constant || (!type.empty() && constant->type != type)) return std::nullopt;
      type = constant->type;
      if (values.size() > 1) values += ',';
      values += constant->json;
    }
    return leaf("in", *field, type, values + "]");
  }

  const Ast& ast_;
  const StoreFields& fields_;
};

}  // namespace

bool is_own_property(std::string_view name) {
  return std::find(of_the_store.begin(), of_the_store.end(), name) != of_the_store.end() ||
         std::find(beside_fields.begin(), beside_fields.end(), name) != beside_fields.end();
}

bool is_standing_name(std::string_view name) {
  return std::find(standing.begin(), standing.end(), name) != standing.end();
}

bool StoreFields::is_bare(const std::string& name) const {
  if (is_standing_name(name) || environment_.variable(name) == nullptr) return false;
  const auto* record = environment_.object("record");
  return record != nullptr && record->find(name) != nullptr && !is_own_property(name);
}

bool StoreFields::path(const Expr& expr, std::vector<std::string>& out) const {
  if (expr.kind == ExprKind::select && !expr.test_only) {
    const Expr& operand = *expr.args[0];
    const bool at_record = operand.kind == ExprKind::ident && operand.name == "record";
    if (!at_record && !path(operand, out)) return false;
    // What looks like a place in a list is one to the store.
    if (expr.name.empty() || (expr.name[0] >= '0' && expr.name[0] <= '9')) return false;
    out.push_back(expr.name);
    return true;
  }
  if (expr.kind != ExprKind::ident || expr.leading_dot || !is_bare(expr.name)) return false;
  out.push_back(expr.name);
  return true;
}

std::optional<StoreField> StoreFields::of(const Expr& expr) const {
  std::vector<std::string> names;
  if (!path(expr, names)) return std::nullopt;
  const bool bare = names.size() == 1 && expr.kind == ExprKind::ident;
  const auto at = std::find(of_the_store.begin(), of_the_store.end(), names.front());
  if (!bare && at != of_the_store.end())
    return names.size() == 1 ? std::optional(StoreField{std::string(*at), own_type(*at)}) : std::nullopt;
  const bool beside =
      !bare && std::find(beside_fields.begin(), beside_fields.end(), names.front()) != beside_fields.end();
  json::Pointer pointer;
  std::string name;
  for (const auto& part : names) {
    pointer.push(part);
    name += (name.empty() ? "" : ".") + part;
  }
  StoreField out{(beside ? std::string() : shape_.fields_at) + pointer.text()};
  for (const auto& index : shape_.indexes)
    if (!beside && index.field == name) out.type = index.type;
  if (out.text.size() > 256 || names.size() > 24) return std::nullopt;
  return out;
}

std::size_t StorePredicate::nodes() const {
  std::size_t sum = 1;
  for (const auto& arg : args) sum += arg.nodes();
  return sum;
}

std::size_t StorePredicate::depth() const {
  std::size_t deepest = 0;
  for (const auto& arg : args) deepest = std::max(deepest, arg.depth());
  return deepest + 1;
}

std::string StorePredicate::to_json() const {
  if (kind == Kind::leaf) return leaf;
  if (args.size() == 1) return args[0].to_json();
  std::string out = kind == Kind::all ? R"({"op":"and","args":[)" : R"({"op":"or","args":[)";
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i > 0) out += ',';
    out += args[i].to_json();
  }
  return out + "]}";
}

void collect_conjuncts(const Expr& expr, std::vector<const Expr*>& out) {
  if (expr.kind == ExprKind::call && expr.name == "_&&_") {
    collect_conjuncts(*expr.args[0], out);
    collect_conjuncts(*expr.args[1], out);
  } else {
    out.push_back(&expr);
  }
}

bool is_implied(const Expr& expr, const std::vector<StorePredicate>& beside, const StoreFields& fields) {
  if (expr.kind != ExprKind::select || !expr.test_only) return false;
  Expr plain;
  plain.kind = ExprKind::select;
  plain.name = expr.name;
  plain.args.push_back(clone(*expr.args[0]));
  const auto field = fields.of(plain);
  return field && std::any_of(beside.begin(), beside.end(), [&](const StorePredicate& p) {
           return p.kind == StorePredicate::Kind::leaf &&
                  (p.field == field->text || p.field.starts_with(field->text + "/"));
         });
}

std::optional<StorePredicate> to_store(const Ast& ast, const Expr& expr, const StoreFields& fields) {
  return Translation(ast, fields).translate(expr);
}

}  // namespace socle::cel
