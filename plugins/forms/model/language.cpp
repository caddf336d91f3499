// language.cpp: see the header.
#include "model/language.hpp"

#include <array>
#include <utility>

#include "model/names.hpp"
#include "socle/cel/cost.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

using cel::Type;
using cel::TypeKind;

constexpr std::array<std::string_view, meta_count> meta_names{"id",         "version",    "model_version", "created_at",
                                                              "created_by", "updated_at", "updated_by"};

cel::Options options() {
  cel::Options out;
  out.mixed_numbers = true;
  out.cross_type_ordering = true;
  return out;
}

Type plain(FieldType type) {
  switch (type) {
    case FieldType::string: return TypeKind::string;
    case FieldType::integer: return TypeKind::integer;
    case FieldType::number: return TypeKind::real;
    case FieldType::boolean: return TypeKind::boolean;
    case FieldType::date: return TypeKind::date;
    case FieldType::timestamp: return TypeKind::timestamp;
    case FieldType::decimal: return TypeKind::decimal;
    default: return {};
  }
}

// Scalars that CEL does not let be null by themselves.
Type or_null(Type type) {
  const bool scalar =
      type.is(TypeKind::string) || type.is(TypeKind::integer) || type.is(TypeKind::real) || type.is(TypeKind::boolean);
  return scalar ? Type(TypeKind::wrapper, {std::move(type)}) : type;
}

std::string object_name(const Catalogue& catalogue, std::uint32_t field) {
  return "@" + catalogue[field].path + (catalogue[field].type == FieldType::table ? "[]" : "");
}

std::vector<cel::Field> fields_of(const Catalogue& catalogue, const std::vector<std::uint32_t>& members,
                                  bool nullable) {
  std::vector<cel::Field> out;
  out.reserve(members.size());
  for (const auto member : members)
    out.push_back({catalogue[member].name, cel_type(catalogue, member, nullable), catalogue[member].bounds, {}});
  return out;
}

void declare_objects(cel::Environment& environment, const Catalogue& catalogue, bool nullable) {
  for (std::uint32_t i = 0; i < catalogue.size(); ++i) {
    const auto& field = catalogue[i];
    if (field.type != FieldType::object && field.type != FieldType::table) continue;
    (void)environment.declare_object(
        {object_name(catalogue, i), fields_of(catalogue, field.children, nullable), true, nullable});
  }
}

std::uint32_t declare(cel::Environment& environment, const std::string& name, Type type, cel::Bounds bounds = {}) {
  (void)environment.declare_variable(name, std::move(type), bounds);
  return environment.variable(name)->slot;
}

CommonSlots declare_common(cel::Environment& environment, const Catalogue& catalogue, bool nullable) {
  CommonSlots out;
  (void)environment.declare_object(
      {"old", fields_of(catalogue, catalogue.top(), nullable), catalogue.open(), nullable});
  out.old = declare(environment, "old", Type::object("old"));
  out.user = declare(environment, "user", {});
  out.tenant = declare(environment, "tenant", {});
  out.action = declare(environment, "action", TypeKind::string);
  out.now = declare(environment, "now", TypeKind::timestamp);
  out.env = declare(environment, "env", {});
  for (std::size_t i = 0; i < meta_count; ++i) {
    const auto meta = static_cast<Meta>(i);
    Type type = meta == Meta::version                                  ? Type(TypeKind::integer)
                : meta == Meta::created_at || meta == Meta::updated_at ? Type(TypeKind::timestamp)
                                                                       : Type(TypeKind::string);
    out.meta[i] = declare(environment, "record." + std::string(meta_names[i]), nullable ? or_null(type) : type);
  }
  return out;
}

// What needs more fuel than an evaluation has, however little there is of what has no declared bound.
std::optional<cel::Issue> too_costly(const cel::Environment& environment, const cel::Ast& ast, std::uint64_t allowed) {
  const auto least = cel::least_cost(environment, ast);
  if (least <= allowed) return std::nullopt;
  return cel::Issue{{0, 1, 1},
                    "the expression can take " + std::to_string(least) + " units of fuel; allowed are " +
                        std::to_string(allowed) +
                        "; give smaller bounds (maxItems, maxLength) to what it goes through"};
}

}  // namespace

std::string_view to_string(Meta meta) { return meta_names[static_cast<std::size_t>(meta)]; }

std::optional<Meta> meta_named(std::string_view name) {
  for (std::size_t i = 0; i < meta_count; ++i)
    if (meta_names[i] == name) return static_cast<Meta>(i);
  return std::nullopt;
}

cel::Type cel_type(const Catalogue& catalogue, std::uint32_t index, bool nullable) {
  const auto& field = catalogue[index];
  switch (field.type) {
    case FieldType::object: return Type::object(object_name(catalogue, index));
    case FieldType::table: return Type::list_of(Type::object(object_name(catalogue, index)));
    case FieldType::list: return Type::list_of(plain(field.element));
    default: return nullable ? or_null(plain(field.type)) : plain(field.type);
  }
}

LogicLanguage::LogicLanguage(const Catalogue& catalogue, std::uint64_t fuel)
    : catalogue_(catalogue), environment_(std::make_unique<cel::Environment>(options())), fuel_(fuel) {
  declare_objects(*environment_, catalogue, true);
  slots_ = declare_common(*environment_, catalogue, true);
  field_slots_.reserve(catalogue.size());
  for (std::uint32_t i = 0; i < catalogue.size(); ++i) {
    // A path may not clash with the names above: fields called `user` are read as record.user, hence the mark.
    field_slots_.push_back(
        declare(*environment_, "@" + catalogue[i].path, cel_type(catalogue, i, true), catalogue[i].bounds));
  }
}

std::optional<Expression> LogicLanguage::compile(json::View view, const std::string& pointer, std::uint32_t table,
                                                 Want want, Diagnostics& diagnostics) const {
  if (!view.is_string() && !view.is_boolean() && !view.is_number()) {
    diagnostics.error(pointer, "bad_value",
                      "an expression is a text; found " + std::string(json::to_string(view.kind())));
    return std::nullopt;
  }
  const std::string text = view.is_string() ? std::string(view.as_string()) : json::to_text(view);
  std::vector<cel::Issue> issues;
  const auto tell = [&] {
    for (const auto& issue : issues)
      diagnostics.error(pointer, "expression", issue.message,
                        view.is_string() ? std::optional(issue.position.offset) : std::nullopt);
  };
  auto ast = environment_->parse(text, &issues);
  if (!ast) {
    tell();
    return std::nullopt;
  }
  LogicNames names(catalogue_, *environment_, table);
  names.rewrite(*ast);
  issues = std::move(names.issues);
  if (!issues.empty()) {
    tell();
    return std::nullopt;
  }
  auto checked = environment_->check(std::move(*ast), &issues);
  if (!checked) {
    tell();
    return std::nullopt;
  }
  Expression out;
  out.type = checked->type();
  const auto& type = out.type.is(TypeKind::wrapper) ? out.type.at(0) : out.type;
  if (want == Want::condition && !type.is_dyn() && !type.is(TypeKind::boolean)) {
    diagnostics.error(pointer, "expression", "a condition is true or false; this one is " + type.text(), 0);
    return std::nullopt;
  }
  if (const auto issue = too_costly(*environment_, *checked, fuel_)) {
    diagnostics.error(pointer, "too_costly", issue->message, 0);
    return std::nullopt;
  }
  auto program = cel::Program::compile(*environment_, *checked);
  if (!program) {
    diagnostics.error(pointer, "expression", program.error().message, 0);
    return std::nullopt;
  }
  out.program = std::move(*program);
  out.pointer = pointer;
  out.reads = std::move(names.reads);
  return out;
}

StrictLanguage::StrictLanguage(const Catalogue& catalogue, std::uint64_t fuel)
    : catalogue_(catalogue), environment_(std::make_unique<cel::Environment>(options())), fuel_(fuel) {
  declare_objects(*environment_, catalogue, false);
  (void)environment_->declare_object({"record", fields_of(catalogue, catalogue.top(), false), catalogue.open(), false});
  record_slot_ = declare(*environment_, "record", Type::object("record"));
  slots_ = declare_common(*environment_, catalogue, false);
}

Result<StrictLanguage::Checked> StrictLanguage::compile(std::string_view text, std::vector<cel::Issue>* issues) const {
  auto ast = environment_->parse(text, issues);
  if (!ast) return std::move(ast).error();
  StrictNames(catalogue_, *environment_).rewrite(*ast);
  auto checked = environment_->check(std::move(*ast), issues);
  if (!checked) return std::move(checked).error();
  const auto& type = checked->type();
  if (!type.is_dyn() && !type.is(TypeKind::boolean)) {
    std::string message = "a condition is true or false; this one is " + type.text();
    if (issues != nullptr) issues->push_back({{0, 1, 1}, message});
    return Error{Code::invalid, std::move(message)};
  }
  if (auto issue = too_costly(*environment_, *checked, fuel_)) {
    Error error{Code::too_large, issue->message};
    if (issues != nullptr) issues->push_back(*std::move(issue));
    return error;
  }
  auto program = cel::Program::compile(*environment_, *checked);
  if (!program) {
    if (issues != nullptr) issues->push_back({{0, 1, 1}, program.error().message});
    return std::move(program).error();
  }
  return Checked{std::move(*checked), std::move(*program)};
}

}  // namespace socle::forms
