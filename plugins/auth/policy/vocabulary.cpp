#include "policy/vocabulary.hpp"

#include <algorithm>

#include "socle/cel/cost.hpp"
#include "socle/cel/type.hpp"

namespace socle::authz {
namespace {

constexpr std::size_t most_types = 256;

cel::Options options() {
  cel::Options out;
  out.max_source = std::size_t{512} << 10;  // of a filter, which joins conditions and the units below one
  out.mixed_numbers = true;                 // as in forms, rules and the store's remainder
  return out;
}

cel::Type property_type(std::string_view property) {
  if (property == "version") return cel::TypeKind::integer;
  if (property.ends_with("_at")) return cel::TypeKind::timestamp;
  return property == "id" ? cel::Type(cel::TypeKind::string) : cel::Type();
}

}  // namespace

Vocabulary::Vocabulary() : environment_(options()) {}

Result<std::shared_ptr<const Vocabulary>> Vocabulary::make(json::View types) {
  std::shared_ptr<Vocabulary> out(new Vocabulary());
  if (auto done = out->declare(types); !done) return std::move(done).error();
  return std::shared_ptr<const Vocabulary>(std::move(out));
}

Status Vocabulary::declare(json::View types) {
  if (types.exists() && (!types.is_object() || types.size() > most_types))
    return Error{Code::invalid, "'types' is an object of at most 256 fields and their CEL types"};
  cel::ObjectType type{"record", {}, true, false};
  for (const auto [field, text] : types.members()) {
    auto parsed = cel::Type::parse(text.as_string());
    if (!text.is_string() || !parsed)
      return Error{Code::invalid, "the type of '" + std::string(field) +
                                      "' is no CEL type; wanted one such as \"date\", \"int\" or \"list(string)\""};
    type.fields.push_back({std::string(field), *std::move(parsed), {}, {}});
  }
  if (auto done = environment_.declare_object(std::move(type)); !done) return done;
  if (auto done = declare_record("record", record); !done) return done;
  if (auto done = declare_record("old", old); !done) return done;
  const auto map = *cel::Type::parse("map(string, dyn)");
  const std::pair<const char*, cel::Type> variables[] = {{"user", map},
                                                         {"tenant", map},
                                                         {"action", cel::TypeKind::string},
                                                         {"now", cel::TypeKind::timestamp},
                                                         {"env", map}};
  std::uint32_t* const slots[] = {&user, &tenant, &action, &now, &env};
  for (std::size_t i = 0; i < std::size(variables); ++i) {
    if (auto done = environment_.declare_variable(variables[i].first, variables[i].second); !done) return done;
    *slots[i] = environment_.variable(variables[i].first)->slot;
  }
  return {};
}

Status Vocabulary::declare_record(const std::string& name, RecordSlots& slots) {
  if (auto done = environment_.declare_variable(name, cel::Type::object("record")); !done) return done;
  slots.document = environment_.variable(name)->slot;
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const auto full = name + "." + std::string(properties[i]);
    if (auto done = environment_.declare_variable(full, property_type(properties[i])); !done) return done;
    slots.property[i] = environment_.variable(full)->slot;
  }
  return {};
}

bool reads(const cel::Ast& ast, const cel::Expr& expr, std::string_view name) {
  const auto& reference = ast.references[expr.id];
  if (!reference.name.empty() && !reference.is_local && !reference.is_type &&
      (expr.kind == cel::ExprKind::ident || expr.kind == cel::ExprKind::select)) {
    const std::string_view variable = reference.name;
    if (variable.substr(0, variable.find('.')) == name) return true;
  }
  const auto one = [&](const cel::ExprPtr& part) { return reads(ast, *part, name); };
  if (std::any_of(expr.args.begin(), expr.args.end(), one)) return true;
  if (!expr.loop) return false;
  const auto& loop = *expr.loop;
  return one(loop.range) || one(loop.init) || one(loop.condition) || one(loop.step) || one(loop.result);
}

std::size_t bytes_of(const Condition& condition) {
  const auto all = condition.program.bytes();
  const auto patterns = condition.program.live_pattern_bytes();
  return (all - patterns) * 3 + patterns;
}

std::optional<Condition> compile_condition(const Vocabulary& vocabulary, std::string_view text,
                                           const std::string& pointer, Diagnostics& diagnostics) {
  if (text.size() > longest_condition) {
    diagnostics.error(pointer, codes::too_large,
                      "a condition has at most 8,192 bytes; found " + std::to_string(text.size()));
    return std::nullopt;
  }
  const auto& environment = vocabulary.environment();
  std::vector<cel::Issue> issues;
  auto ast = environment.compile(text, &issues);
  for (const auto& issue : issues) diagnostics.error(pointer, codes::expression, issue.message, issue.position.offset);
  if (!ast) {
    if (issues.empty()) diagnostics.error(pointer, codes::expression, ast.error().message);
    return std::nullopt;
  }
  if (!ast->type().is_dyn() && !ast->type().is(cel::TypeKind::boolean)) {
    diagnostics.error(pointer, codes::expression,
                      "a condition is true or false; this one is of type " + ast->type().text(), 0);
    return std::nullopt;
  }
  // What has no declared bound counts as one item: too much even so is too much for sure.
  if (const auto least = cel::estimate_cost(environment, *ast, 1); least.most > condition_fuel) {
    diagnostics.error(pointer, codes::too_costly,
                      "the condition can take " + std::to_string(least.most) + " units of fuel; a decision allows " +
                          std::to_string(condition_fuel),
                      0);
    return std::nullopt;
  }
  auto program = cel::Program::compile(environment, *ast);
  if (!program) {
    diagnostics.error(pointer, codes::expression, program.error().message, 0);
    return std::nullopt;
  }
  const bool timely = reads(*ast, *ast->root, "now") || reads(*ast, *ast->root, "env");
  return Condition{*std::move(ast), *std::move(program), timely, {}};
}

}  // namespace socle::authz
