// mask.cpp: see the header.
#include "records/mask.hpp"

#include <algorithm>

#include "socle/json/patch.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

using cel::Expr;
using cel::ExprKind;

// One of the two leads to the other.
bool related(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto common = std::min(a.size(), b.size());
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(common), b.begin());
}

std::vector<std::vector<std::string>> tokens_of(const std::vector<std::string>& pointers) {
  std::vector<std::vector<std::string>> out;
  for (const auto& pointer : pointers)
    if (const auto parsed = json::Pointer::parse(pointer)) out.push_back(parsed->tokens());
  return out;
}

class Teller {
 public:
  explicit Teller(const std::vector<std::string>& fields) : fields_(tokens_of(fields)) {}

  [[nodiscard]] bool tells(const Expr& expr) const {
    if (expr.kind == ExprKind::ident || expr.kind == ExprKind::select) {
      std::vector<std::string> path;
      if (leads_to_record(expr, path)) {
        std::reverse(path.begin(), path.end());
        return std::any_of(fields_.begin(), fields_.end(), [&](const auto& field) { return related(field, path); });
      }
    }
    const auto one = [this](const cel::ExprPtr& part) { return part && tells(*part); };
    if (std::any_of(expr.args.begin(), expr.args.end(), one)) return true;
    if (!expr.loop) return false;
    const auto& loop = *expr.loop;
    return one(loop.range) || one(loop.init) || one(loop.condition) || one(loop.step) || one(loop.result);
  }

 private:
  // record.a.b, backwards; a variable of a loop that is called `record` is taken for the record.
  static bool leads_to_record(const Expr& expr, std::vector<std::string>& path) {
    const Expr* at = &expr;
    for (; at->kind == ExprKind::select; at = at->args[0].get()) path.push_back(at->name);
    return at->kind == ExprKind::ident && at->name == "record";
  }

  std::vector<std::vector<std::string>> fields_;
};

void operation(json::Writer& out, std::string_view op, std::string_view path, json::View value) {
  out.begin_object().member("op", op).member("path", path);
  if (value.exists()) out.member("value", value);
  out.end_object();
}

}  // namespace

bool covers(const std::vector<std::string>& fields, std::string_view pointer) {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
    return pointer.starts_with(field) && (pointer.size() == field.size() || pointer[field.size()] == '/');
  });
}

Result<json::Document> without(json::View from, std::string_view at, const std::vector<std::string>& hidden) {
  std::string text;
  json::Writer out(text);
  out.begin_array();
  auto sorted = hidden;
  std::sort(sorted.begin(), sorted.end());
  std::string_view gone;
  for (const auto& field : sorted) {
    if (field.empty() || (!gone.empty() && (field == gone || field.starts_with(std::string(gone) + "/")))) continue;
    const auto path = std::string(at) + field;
    const auto found = json::resolve(from, path);
    if (!found || !found->exists()) continue;
    operation(out, "remove", path, {});
    gone = field;
  }
  out.end_array();
  auto patch = json::Document::parse(text);
  if (!patch) return std::move(patch).error();
  return json::apply_patch(from, patch->root());
}

Result<json::Document> without_in_each(json::View answer, const std::vector<std::string>& hidden) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const auto [key, value] : answer.members()) {
    if (key != "items") {
      out.member(key, value);
      continue;
    }
    out.key(key).begin_array();
    for (const auto item : value.elements()) {
      auto masked = without(item, "/doc/doc", hidden);
      if (!masked) return masked;
      out.value(masked->root());
    }
    out.end_array();
  }
  out.end_object();
  return json::Document::parse(text);
}

Result<json::Document> restored(json::View asked, json::View stored, const std::vector<std::string>& fields) {
  auto bare = without(asked, "", fields);
  if (!bare) return bare;
  const auto empty = json::Document::parse("{}");
  for (const auto& field : fields) {
    const auto value = json::resolve(stored, field);
    if (field.empty() || !value || !value->exists()) continue;
    std::string text;
    json::Writer out(text);
    out.begin_array();
    // The objects around it that the new document lacks.
    for (auto slash = field.find('/', 1); slash != std::string::npos; slash = field.find('/', slash + 1)) {
      const auto around = json::resolve(bare->root(), field.substr(0, slash));
      if (!around || !around->exists()) operation(out, "add", field.substr(0, slash), empty->root());
    }
    operation(out, "add", field, *value);
    out.end_array();
    auto patch = json::Document::parse(text);
    if (!patch) return std::move(patch).error();
    // Where the new document has no object to put it into, validation will say what is wrong there.
    if (auto made = json::apply_patch(bare->root(), patch->root())) bare = std::move(made);
  }
  return bare;
}

bool tells_of(const cel::Ast& condition, const std::vector<std::string>& fields) {
  return !fields.empty() && Teller(fields).tells(*condition.root);
}

bool is_within(std::string_view path, const std::vector<std::string>& fields) {
  std::vector<std::string> tokens;
  while (!path.empty()) {
    const auto dot = path.find('.');
    tokens.emplace_back(path.substr(0, dot));
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  const auto all = tokens_of(fields);
  return std::any_of(all.begin(), all.end(), [&](const auto& field) { return related(field, tokens); });
}

}  // namespace socle::forms
