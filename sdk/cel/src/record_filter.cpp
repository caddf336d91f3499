// record_filter.cpp: see the header. A condition is reduced by what is known, its conjuncts go to the store where it
// can answer them (store_predicate), and the others are written again over `record` as the store knows it.
#include "socle/cel/record_filter.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "factory.hpp"
#include "socle/cel/json_schema.hpp"
#include "socle/cel/partial.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/time.hpp"
#include "socle/json/writer.hpp"
#include "store_predicate.hpp"

namespace socle::cel {
namespace {

constexpr std::size_t max_remainder = std::size_t{16} << 10;
constexpr std::size_t max_types = 256;
constexpr std::size_t max_retried = 64;  // conjuncts that are reduced one by one
constexpr std::array<std::string_view, 4> given{"user", "tenant", "env", "now"};
constexpr std::array<std::string_view, 21> keywords{
    "in", "true",   "false", "null", "as",      "break",     "const",  "continue", "else", "for",  "function",
    "if", "import", "let",   "loop", "package", "namespace", "return", "var",      "void", "while"};

// A name that stands for a field by itself: an identifier that means nothing else.
bool may_be_bare(const Environment& environment, std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return plain && !is_standing_name(name) && std::find(keywords.begin(), keywords.end(), name) == keywords.end() &&
         !environment.has_function(name) && !environment.type_value(name);
}

// Types whose values JSON has no form of: reading one as declared is what the declaration is for.
bool is_read_as_declared(const Type& type) {
  return type.is(TypeKind::date) || type.is(TypeKind::timestamp) || type.is(TypeKind::decimal) ||
         type.is(TypeKind::duration);
}

bool is_telling(const Type& type) {
  if (type.is(TypeKind::list)) return is_telling(type.at(0));
  return is_read_as_declared(type) || type.is(TypeKind::boolean) || type.is(TypeKind::integer) ||
         type.is(TypeKind::real) || type.is(TypeKind::string);
}

// Writes an expression again in the store's names: bare fields become record's, and dates, timestamps and decimals
// further down, whose types the store is not told, are converted where they are read.
class Remainder {
 public:
  // `last_id`: the greatest of the expressions that will be added.
  Remainder(const Environment& environment, const StoreFields& fields, std::uint32_t last_id)
      : environment_(environment), fields_(fields), factory_(100000, last_id) {}

  void add(const Ast& ast, const Expr& conjunct) {
    types_ = &ast.types;
    auto copy = clone(conjunct);
    rewrite(copy);
    root_ = root_ ? factory_.call(conjunct.offset, "_&&_", std::move(root_), std::move(copy)) : std::move(copy);
  }
  [[nodiscard]] bool empty() const { return root_ == nullptr; }
  [[nodiscard]] std::string text() const { return unparse(*root_); }
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }
  [[nodiscard]] const std::set<std::string>& fields_read() const { return read_; }
  // Names the store does not know, with the first place of one.
  [[nodiscard]] const Expr* unknown() const { return unknown_ ? unknown_.get() : nullptr; }

 private:
  [[nodiscard]] bool is_local(const std::string& name) const {
    return std::find(locals_.begin(), locals_.end(), name) != locals_.end();
  }
  static bool is_choice(const Expr& e) { return e.kind == ExprKind::call && e.name == "_?_:_"; }
  [[nodiscard]] const Type& type_of(const Expr& e) const {
    static const Type dyn;
    return e.id < types_->size() ? (*types_)[e.id] : dyn;
  }
  [[nodiscard]] bool is_record(const Expr& e) const {
    return e.kind == ExprKind::ident && e.name == "record" && (e.leading_dot || !is_local("record"));
  }
  [[nodiscard]] bool is_known_to_store(const Expr& e) const {
    return e.kind == ExprKind::constant || (e.kind == ExprKind::select && is_record(*e.args[0]));
  }
  void rewrite(ExprPtr& e) {
    if (e->loop) {
      auto& loop = *e->loop;
      rewrite(loop.range);
      rewrite(loop.init);
      const auto depth = locals_.size();
      locals_.insert(locals_.end(), {loop.accumulator, loop.variable, loop.variable2});
      rewrite(loop.condition);
      rewrite(loop.step);
      rewrite(loop.result);
      locals_.resize(depth);
    }
    const bool as_doubles = is_choice(*e) && type_of(*e).is(TypeKind::real);
    for (std::size_t i = 0; i < e->args.size(); ++i) {
      auto& arg = e->args[i];
      const auto& type = type_of(*arg);
      const bool whole = type.is(TypeKind::integer) || type.is(TypeKind::unsigned_integer);
      rewrite(arg);
      // Further down the store is not told that both sides are numbers, of which one is a double.
      const auto offset = arg->offset;
      if (as_doubles && i > 0 && whole && !is_known_to_store(*arg))
        arg = factory_.call(offset, "double", std::move(arg));
    }
    if (e->kind == ExprKind::ident) ident(e);
    if (e->kind == ExprKind::select) select(e);
  }
  void ident(ExprPtr& e) {
    if (!e->leading_dot && is_local(e->name)) return;
    if (environment_.variable(e->name) == nullptr) return;
    if (fields_.is_bare(e->name)) {
      read_.insert(e->name);
      auto record = factory_.ident(e->offset, "record");
      record->leading_dot = is_local("record");
      e = factory_.select(e->offset, std::move(record), e->name);
    } else if (e->name == "record" || std::find(given.begin(), given.end(), e->name) != given.end()) {
      names_.insert(e->name);
    } else if (!unknown_) {
      unknown_ = clone(*e);
    }
  }
  void select(ExprPtr& e) {
    const Expr& operand = *e->args[0];
    if (is_record(operand)) {
      read_.insert(e->name);
      return;
    }
    const Type type = type_of(*e);
    if (e->test_only || !is_read_as_declared(type)) return;
    const std::string function = type.text();  // its name is that of the conversion
    const auto offset = e->offset;
    e = factory_.call(offset, function, std::move(e));
  }

  const Environment& environment_;
  const StoreFields& fields_;
  Factory factory_;
  const std::vector<Type>* types_ = nullptr;  // of the expression being added
  ExprPtr root_;
  ExprPtr unknown_;
  std::vector<std::string> locals_;
  std::set<std::string> names_, read_;
};

Error at_place(const Ast& ast, const Expr& expr, const std::string& message) {
  return {Code::invalid, Issue{position_of(ast.source, expr.offset), message}.text(ast.source)};
}

json::View view_of(const KnownValues& known, std::string_view name) {
  return name == "user" ? known.user : name == "tenant" ? known.tenant : known.env;
}

Activation activation_of(const Environment& environment, const KnownValues& known) {
  Activation out(environment);
  for (const auto name : given) {
    const auto* variable = environment.variable(name);
    if (variable == nullptr) continue;
    if (name != "now") {
      out.set(variable->slot, view_of(known, name));
    } else if (known.now) {
      out.set(variable->slot, *known.now);
    }
  }
  return out;
}

struct Part {
  std::shared_ptr<const Ast> ast;
  const Expr* expr = nullptr;  // in *ast
};

void add_conjuncts(std::vector<Part>& out, Ast ast) {
  const auto shared = std::make_shared<const Ast>(std::move(ast));
  std::vector<const Expr*> conjuncts;
  collect_conjuncts(*shared->root, conjuncts);
  for (const auto* expr : conjuncts) out.push_back({shared, expr});
}

Ast part_of(const Ast& whole, const Expr& expr) {
  Ast out;
  out.source = whole.source;
  out.root = clone(expr);
  out.last_id = whole.last_id;
  out.checked = true;
  out.types = whole.types;
  out.references = whole.references;
  return out;
}

// The conjuncts of a condition, reduced by what is known. With the values put in, the checker may find that a conjunct
// errs for some records (`record.level > user.level` when that is a text); such a one stays as it was written.
std::vector<Part> reduced_conjuncts(const Environment& environment, const Ast& condition, const Activation& known) {
  std::vector<Part> out;
  if (auto reduced = residual(environment, condition, known)) {
    add_conjuncts(out, *std::move(reduced));
    return out;
  }
  std::vector<const Expr*> written;
  collect_conjuncts(*condition.root, written);
  if (written.size() > max_retried) written = {condition.root.get()};
  for (const auto* expr : written) {
    Ast part = part_of(condition, *expr);
    if (auto reduced = residual(environment, part, known)) part = *std::move(reduced);
    add_conjuncts(out, std::move(part));
  }
  return out;
}

// storage/1's `remainder`.
std::string remainder_json(const Environment& environment, const Remainder& remainder, const std::string& cel,
                           const RecordShape& shape, const KnownValues& known) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("cel", cel);
  if (!shape.fields_at.empty()) out.member("record", shape.fields_at);
  if (const auto* record = environment.object("record"); record != nullptr) {
    std::size_t told = 0;
    for (const auto& name : remainder.fields_read()) {
      const auto* field = record->find(name);
      if (field == nullptr || is_own_property(name) || !is_telling(field->type) || told == max_types) continue;
      if (told++ == 0) out.key("types").begin_object();
      out.member(name, field->type.text());
    }
    if (told > 0) out.end_object();
  }
  for (const auto name : given) {
    if (!remainder.names().contains(std::string(name))) continue;
    if (name != "now") {
      out.member(name, view_of(known, name));
    } else {
      out.member(name, timestamp_text(*known.now));
    }
  }
  out.end_object();
  return text;
}

}  // namespace

Status declare_record(Environment& environment, json::View schema) {
  const auto fields = declare_schema(environment, "record's fields", schema, schema);
  Type record = *Type::parse("map(string, dyn)");
  if (const auto* declared = environment.object(fields.type.name()); fields.type.is(TypeKind::object) && declared) {
    ObjectType object{"record", {}, declared->open, declared->absent_is_null};
    for (const auto& field : declared->fields)
      if (!is_own_property(field.name)) object.fields.push_back(field);
    const std::pair<const char*, TypeKind> own[] = {{"id", TypeKind::string},
                                                    {"version", TypeKind::integer},
                                                    {"created_at", TypeKind::timestamp},
                                                    {"updated_at", TypeKind::timestamp},
                                                    {"created_by", TypeKind::dyn},
                                                    {"updated_by", TypeKind::dyn},
                                                    {"model_version", TypeKind::dyn}};
    for (const auto& [name, type] : own) object.fields.push_back({name, type, {}, {}});
    for (const auto& field : object.fields) {
      if (is_own_property(field.name) || !may_be_bare(environment, field.name)) continue;
      if (auto done = environment.declare_variable(field.name, field.type, field.bounds); !done) return done;
    }
    if (auto done = environment.declare_object(std::move(object)); !done) return done;
    record = Type::object("record");
  }
  if (auto done = environment.declare_variable("record", record); !done) return done;
  for (const auto name : given) {
    const Type type = name == "now" ? Type(TypeKind::timestamp) : *Type::parse("map(string, dyn)");
    if (auto done = environment.declare_variable(std::string(name), type); !done) return done;
  }
  return {};
}

Result<StoreQuery> store_query(const Environment& environment, const Ast& condition, const RecordShape& shape,
                               const KnownValues& known) {
  if (!condition.root || !condition.checked)
    return Error{Code::invalid, "a filter is made of a checked condition; compile one first"};
  if (const auto& type = condition.type(); !type.is(TypeKind::boolean) && !type.is_dyn())
    return at_place(condition, *condition.root,
                    "a filter is a condition, true or false; this one is of type " + type.text());
  StoreQuery out;
  const StoreFields fields(environment, shape);
  const auto parts = reduced_conjuncts(environment, condition, activation_of(environment, known));
  StorePredicate all;
  std::vector<const Part*> rest;
  std::uint32_t last_id = 0;
  for (const auto& part : parts) {
    auto made = to_store(*part.ast, *part.expr, fields);
    const bool fits = made && all.nodes() + made->nodes() < max_store_nodes && made->depth() < max_store_depth;
    if (!fits) {
      rest.push_back(&part);
      last_id = std::max(last_id, part.ast->last_id);
    } else if (made->kind == StorePredicate::Kind::any && made->args.empty()) {
      out.nothing = true;
      return out;
    } else if (made->kind != StorePredicate::Kind::all || !made->args.empty()) {
      all.args.push_back(*std::move(made));
    }
  }
  if (!all.args.empty()) out.filter = all.to_json();
  Remainder remainder(environment, fields, last_id);
  for (const auto* part : rest)
    if (!is_implied(*part->expr, all.args, fields)) remainder.add(*part->ast, *part->expr);
  if (remainder.empty()) return out;
  if (const Expr* unknown = remainder.unknown())
    return at_place(condition, *unknown, "a filter cannot name '" + unknown->name + "': the store does not know it");
  for (const auto name : given) {
    const bool is_known = name == "now" ? known.now.has_value() : view_of(known, name).exists();
    if (remainder.names().contains(std::string(name)) && !is_known)
      return Error{Code::invalid, "the filter names '" + std::string(name) + "', which has no value here"};
  }
  out.cel = remainder.text();
  if (out.cel.size() > max_remainder)
    return Error{Code::too_large, "the part of the filter that no index can answer is " +
                                      std::to_string(out.cel.size()) + " bytes long; at most 16384 are taken"};
  out.remainder = remainder_json(environment, remainder, out.cel, shape, known);
  return out;
}

}  // namespace socle::cel
