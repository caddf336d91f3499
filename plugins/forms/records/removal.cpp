// removal.cpp: see the header.
#include "records/removal.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

// Storage's limits of one list of `fields`.
constexpr std::size_t most_pointers = 256, most_steps = 32, longest_pointer = 256;

using Pointers = std::set<std::string, std::less<>>;

// A variable of its own: `user`, and `record.created_by` as a whole.
bool is_variable(const cel::Ast& ast, const cel::Expr& expr) { return !ast.references[expr.id].name.empty(); }

bool is_document(const cel::Ast& ast, const cel::Expr& expr) {
  const auto& reference = ast.references[expr.id];
  return expr.kind == cel::ExprKind::ident && !reference.is_local && !reference.is_type &&
         (reference.name == "record" || reference.name == "old");
}

// record.a.b is /a/b; false when `expr` is no such chain of names.
bool is_path(const cel::Ast& ast, const cel::Expr& expr, std::string& pointer) {
  if (is_document(ast, expr)) return true;
  if (expr.kind != cel::ExprKind::select || is_variable(ast, expr)) return false;
  if (!is_path(ast, *expr.args[0], pointer)) return false;
  pointer = below(pointer, expr.name);
  return true;
}

void add_read(const cel::Ast& ast, const cel::Expr& expr, Pointers& out) {
  if (std::string pointer; is_path(ast, expr, pointer)) {
    out.insert("/doc" + pointer);
    return;
  }
  if (expr.kind == cel::ExprKind::select && is_variable(ast, expr)) return;
  for (const auto& part : expr.args) add_read(ast, *part, out);
  if (!expr.loop) return;
  const auto& loop = *expr.loop;
  for (const auto* part : {&loop.range, &loop.init, &loop.condition, &loop.step, &loop.result})
    add_read(ast, **part, out);
}

void add_files(const Form& form, Pointers& out) {
  for (const auto& logic : form.logic()) {
    if (!logic.attachment) continue;
    const auto& field = form.fields()[logic.field];
    // Storage gives a list whole.
    const auto& place = field.table == Field::none ? field : form.fields()[field.table];
    std::string pointer = "/doc";
    for (const auto& token : place.tokens) pointer = below(pointer, token);
    out.insert(std::move(pointer));
  }
}

bool too_long(std::string_view pointer) {
  return pointer.size() > longest_pointer ||
         static_cast<std::size_t>(std::count(pointer.begin(), pointer.end(), '/')) > most_steps;
}

}  // namespace

std::string fields_of_removal(const Form& form) {
  Pointers read{"/created_by", "/model_version", "/updated_by"};
  const auto facts = read;
  if (const auto* rule = form.access(Action::remove)) add_read(rule->rule.ast, *rule->rule.ast.root, read);
  add_files(form, read);
  if (read.size() > most_pointers || std::any_of(read.begin(), read.end(), too_long)) {
    read = facts;
    read.insert("/doc");
  }
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const auto& pointer : read) out.string(pointer);
  out.end_array();
  return text;
}

}  // namespace socle::forms
