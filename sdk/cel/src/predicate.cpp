// predicate.cpp: what of a condition a store can answer itself.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "checker.hpp"
#include "factory.hpp"
#include "numbers.hpp"
#include "socle/cel/partial.hpp"
#include "socle/json/writer.hpp"

namespace socle::cel {
namespace {

using Operator = Predicate::Operator;
constexpr std::array<std::string_view, 8> names{"eq", "ne", "lt", "le", "gt", "ge", "in", "prefix"};

struct Comparing {
  std::string_view function;
  Operator forth;
  Operator back;  // with the sides exchanged
};
constexpr std::array comparing{
    Comparing{"_==_", Operator::eq, Operator::eq}, Comparing{"_<_", Operator::lt, Operator::gt},
    Comparing{"_<=_", Operator::le, Operator::ge}, Comparing{"_>_", Operator::gt, Operator::lt},
    Comparing{"_>=_", Operator::ge, Operator::le}};

class Splitter {
 public:
  Splitter(const Environment& env, std::string_view record) : env_(env), record_(record) {}

  // Positive conditions only: what is missing makes CEL err, which excludes the record, and a store answer no. Under a
  // negation the two would part, so negations stay in the remainder; so does !=.
  std::optional<Predicate> translate(const Expr& e) {
    if (e.kind == ExprKind::constant) {
      const auto* truth = std::get_if<bool>(&e.value);
      if (truth == nullptr) return std::nullopt;
      Predicate out;
      out.kind = *truth ? Predicate::Kind::all : Predicate::Kind::any;
      return out;
    }
    if (e.kind == ExprKind::select && e.test_only) {
      Predicate out;
      out.kind = Predicate::Kind::exists;
      if (!path(*e.args[0], out.path, true)) return std::nullopt;
      out.path.push_back(e.name);
      return out;
    }
    if (e.kind != ExprKind::call || e.args.size() != 2) return std::nullopt;
    if (e.name == "_&&_" || e.name == "_||_") return junction(e);
    if (e.name == "@in") return membership(e);
    if (e.member && e.name == "startsWith") return compare(e, Operator::prefix, Operator::prefix, false);
    for (const auto& c : comparing)
      if (c.function == e.name) return compare(e, c.forth, c.back, true);
    return std::nullopt;
  }

 private:
  std::optional<Predicate> junction(const Expr& e) {
    Predicate out;
    out.kind = e.name == "_&&_" ? Predicate::Kind::all : Predicate::Kind::any;
    for (const auto& arg : e.args) {
      auto part = translate(*arg);
      if (!part) return std::nullopt;
      if (part->kind == out.kind)
        for (auto& child : part->children) out.children.push_back(std::move(child));
      else
        out.children.push_back(*std::move(part));
    }
    return out;
  }

  // record.a.b, or a.b when fields are bare variables.
  bool path(const Expr& e, std::vector<std::string>& out, bool root_allowed = false) const {
    if (e.kind == ExprKind::select && !e.test_only) {
      if (!path(*e.args[0], out, true)) return false;
      out.push_back(e.name);
      return true;
    }
    if (e.kind != ExprKind::ident || e.leading_dot || env_.variable(e.name) == nullptr) return false;
    if (record_.empty()) {
      out.push_back(e.name);
      return true;
    }
    return e.name == record_ && root_allowed;
  }
  static bool storable(const Constant& value) {
    const auto* real = std::get_if<double>(&value);
    return !std::holds_alternative<Bytes>(value) && !std::holds_alternative<std::uint64_t>(value) &&
           (real == nullptr || std::isfinite(*real));
  }

  std::optional<Predicate> compare(const Expr& e, Operator forth, Operator back, bool exchange) const {
    Predicate out;
    out.kind = Predicate::Kind::compare;
    const bool straight = e.args[1]->kind == ExprKind::constant;
    if (!straight && (!exchange || e.args[0]->kind != ExprKind::constant)) return std::nullopt;
    const auto& constant = straight ? e.args[1]->value : e.args[0]->value;
    out.comparison = straight ? forth : back;
    if (!storable(constant) || !path(straight ? *e.args[0] : *e.args[1], out.path)) return std::nullopt;
    if (out.comparison == Operator::prefix && !std::holds_alternative<std::string>(constant)) return std::nullopt;
    // Only equality means something for null and bool in every store.
    if (out.comparison != Operator::eq && constant.index() < 2) return std::nullopt;
    // A field that is absent and one that is null are told apart by CEL, not by every store.
    if (std::holds_alternative<std::monostate>(constant)) return std::nullopt;
    out.values.push_back(constant);
    return out;
  }
  std::optional<Predicate> membership(const Expr& e) const {
    Predicate out;
    out.kind = Predicate::Kind::compare;
    out.comparison = Operator::in;
    if (e.args[1]->kind != ExprKind::list || !e.args[1]->optionals.empty() || !path(*e.args[0], out.path))
      return std::nullopt;
    for (const auto& item : e.args[1]->args) {
      if (item->kind != ExprKind::constant || !storable(item->value) ||
          std::holds_alternative<std::monostate>(item->value))
        return std::nullopt;
      out.values.push_back(item->value);
    }
    return out;
  }

  const Environment& env_;
  std::string_view record_;
};

void collect(const Expr& e, std::vector<const Expr*>& out) {
  if (e.kind == ExprKind::call && e.name == "_&&_") {
    collect(*e.args[0], out);
    collect(*e.args[1], out);
  } else {
    out.push_back(&e);
  }
}

void write(json::Writer& w, const Constant& value) {
  if (const auto* v = std::get_if<bool>(&value)) w.boolean(*v);
  if (const auto* v = std::get_if<std::int64_t>(&value)) w.integer(*v);
  if (const auto* v = std::get_if<std::uint64_t>(&value)) w.unsigned_integer(*v);
  if (const auto* v = std::get_if<double>(&value)) w.number(*v);
  if (const auto* v = std::get_if<std::string>(&value)) w.string(*v);
  if (std::holds_alternative<std::monostate>(value)) w.null();
}

void write(json::Writer& w, const Predicate& p) {
  const auto path = [&] {
    w.key("path").begin_array();
    for (const auto& name : p.path) w.string(name);
    w.end_array();
  };
  w.begin_object();
  switch (p.kind) {
    case Predicate::Kind::all:
    case Predicate::Kind::any:
      w.key(p.kind == Predicate::Kind::all ? "and" : "or").begin_array();
      for (const auto& child : p.children) write(w, child);
      w.end_array();
      break;
    case Predicate::Kind::negation:
      w.key("not");
      write(w, p.children.front());
      break;
    case Predicate::Kind::exists:
      w.key("exists").begin_object();
      path();
      w.end_object();
      break;
    case Predicate::Kind::compare:
      w.key(names[static_cast<std::size_t>(p.comparison)]).begin_object();
      path();
      w.key(p.comparison == Operator::in ? "values" : "value");
      if (p.comparison == Operator::in) w.begin_array();
      for (const auto& value : p.values) write(w, value);
      if (p.comparison == Operator::in) w.end_array();
      w.end_object();
      break;
  }
  w.end_object();
}

}  // namespace

std::string Predicate::to_json() const {
  std::string out;
  json::Writer writer(out);
  write(writer, *this);
  return writer.finish() ? out : std::string();
}

Split split(const Environment& environment, const Ast& ast, std::string_view record) {
  Split out;
  if (!ast.root) return out;
  std::vector<const Expr*> parts;
  collect(*ast.root, parts);
  Splitter splitter(environment, record);
  Factory factory(100000, ast.last_id);
  for (const auto* part : parts) {
    if (auto predicate = splitter.translate(*part)) {
      if (predicate->kind == Predicate::Kind::all)
        for (auto& child : predicate->children) out.predicate.children.push_back(std::move(child));
      else
        out.predicate.children.push_back(*std::move(predicate));
      continue;
    }
    auto copy = clone(*part);
    out.remainder =
        out.remainder ? factory.call(part->offset, "_&&_", std::move(out.remainder), std::move(copy)) : std::move(copy);
  }
  return out;
}

}  // namespace socle::cel
