// filter.cpp: see the header.
#include "records/filter.hpp"

#include <array>

#include "socle/cel/partial.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/time.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

using cel::Expr;
using cel::ExprKind;
using cel::Predicate;
using cel::Value;

constexpr cel::Limits reducing{100'000, std::size_t{1} << 20};
constexpr std::array<std::string_view, 8> operators{"eq", "ne", "lt", "le", "gt", "ge", "in", "prefix"};

std::string_view storage_type(FieldType type) {
  switch (type) {
    case FieldType::string: return "string";
    case FieldType::integer: return "integer";
    case FieldType::number: return "number";
    case FieldType::boolean: return "boolean";
    case FieldType::date: return "date";
    case FieldType::timestamp: return "timestamp";
    case FieldType::decimal: return "decimal";
    default: return {};
  }
}

std::string joined(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& one : path) out += (out.empty() ? "" : ".") + one;
  return out;
}

// date("2026-01-31") beside a date field is what the store calls "2026-01-31".
void plain_constants(Expr& expr) {
  constexpr std::array<std::string_view, 6> comparing{"_==_", "_<_", "_<=_", "_>_", "_>=_", "@in"};
  const auto plain = [](cel::ExprPtr& one) {
    const bool typed = one->kind == ExprKind::call && !one->member && one->args.size() == 1 &&
                       (one->name == "date" || one->name == "timestamp" || one->name == "decimal") &&
                       one->args[0]->kind == ExprKind::constant &&
                       std::holds_alternative<std::string>(one->args[0]->value);
    if (typed) one = std::move(one->args[0]);
  };
  for (const auto name : comparing) {
    if (expr.kind != ExprKind::call || expr.member || expr.name != name) continue;
    for (auto& arg : expr.args) {
      if (arg->kind == ExprKind::list)
        for (auto& item : arg->args) plain(item);
      plain(arg);
    }
  }
  for (auto& arg : expr.args)
    if (arg) plain_constants(*arg);
}

void write_constant(json::Writer& out, const cel::Constant& value) {
  if (const auto* truth = std::get_if<bool>(&value)) out.boolean(*truth);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) out.integer(*whole);
  if (const auto* real = std::get_if<double>(&value)) out.number(*real);
  if (const auto* text = std::get_if<std::string>(&value)) out.string(*text);
}

// False when the tree names a field that the store does not know by one name.
bool write_predicate(json::Writer& out, const Form& form, const Predicate& predicate) {
  out.begin_object();
  bool good = true;
  switch (predicate.kind) {
    case Predicate::Kind::all:
    case Predicate::Kind::any:
    case Predicate::Kind::negation: {
      const bool all = predicate.kind == Predicate::Kind::all;
      out.member("op", all ? "and" : predicate.kind == Predicate::Kind::any ? "or" : "not").key("args").begin_array();
      for (const auto& child : predicate.children) good = write_predicate(out, form, child) && good;
      out.end_array();
      break;
    }
    case Predicate::Kind::exists:
    case Predicate::Kind::compare: {
      std::string_view type;
      const auto field = stored_field(form, joined(predicate.path), type);
      good = !field.empty();
      const bool exists = predicate.kind == Predicate::Kind::exists;
      const auto op = exists ? std::string_view("exists") : operators[static_cast<std::size_t>(predicate.comparison)];
      out.member("op", op).member("field", field);
      if (exists) break;
      const bool fraction =
          type == "integer" && !predicate.values.empty() && std::holds_alternative<double>(predicate.values.front());
      const bool in = predicate.comparison == Predicate::Operator::in;
      if (!type.empty() && !in && op != "prefix") out.member("type", fraction ? std::string_view("number") : type);
      out.key("value");
      if (in) out.begin_array();
      for (const auto& value : predicate.values) write_constant(out, value);
      if (in) out.end_array();
      break;
    }
  }
  out.end_object();
  return good;
}

void conjuncts(const Expr& expr, std::vector<const Expr*>& out) {
  if (expr.kind == ExprKind::call && expr.name == "_&&_" && expr.args.size() == 2) {
    conjuncts(*expr.args[0], out);
    conjuncts(*expr.args[1], out);
  } else {
    out.push_back(&expr);
  }
}

Value of_view(json::View view) { return view.exists() ? Value::json(view) : Value(); }

void set_common(cel::Activation& activation, const CommonSlots& slots, const Known& known) {
  activation.set(slots.user, of_view(known.user));
  activation.set(slots.tenant, of_view(known.tenant));
  activation.set(slots.env, of_view(known.env));
  activation.set(slots.action, Value::string(known.action));
  activation.set(slots.now, Value::timestamp(known.now_seconds, known.now_nanos));
}

}  // namespace

std::string stored_field(const Form& form, std::string_view path, std::string_view& type) {
  if (path == "id") {
    type = "string";
    return "id";
  }
  if (const auto meta = meta_named(path)) {
    const bool own = *meta == Meta::version || *meta == Meta::created_at || *meta == Meta::updated_at;
    type = !own ? "string" : *meta == Meta::version ? "integer" : "timestamp";
    return own ? std::string(path) : "/" + std::string(path);
  }
  const auto index = form.fields().find(path);
  if (index == Field::none) {
    // Below a field without declared parts, or beside the declared ones.
    const auto dot = path.rfind('.');
    std::string above = dot == std::string_view::npos ? "/doc" : stored_field(form, path.substr(0, dot), type);
    type = {};
    if (above.empty() || (dot == std::string_view::npos && !form.fields().open())) return {};
    return above + "/" + [&] {
      std::string token;
      json::append_escaped(token, dot == std::string_view::npos ? path : path.substr(dot + 1));
      return token;
    }();
  }
  if (form.fields()[index].table != Field::none) return {};
  type = storage_type(form.fields()[index].type);
  return "/doc" + form.fields()[index].pointer;
}

Status Filter::add(const StrictLanguage::Checked& condition) {
  const auto& strict = form_.strict();
  cel::Activation activation(strict.environment());
  set_common(activation, strict.slots(), known_);
  activation.set(strict.slots().old, Value());
  auto reduced = cel::residual(strict.environment(), condition.ast, activation, reducing);
  if (!reduced) return std::move(reduced).error();
  std::vector<const Expr*> parts;
  conjuncts(*reduced->root, parts);
  for (const auto* part : parts) add_part(*reduced, *part);
  return {};
}

void Filter::add_part(const cel::Ast& reduced, const Expr& part) {
  if (part.kind == ExprKind::constant) {
    const auto* truth = std::get_if<bool>(&part.value);
    never_ = never_ || truth == nullptr || !*truth;
    return;
  }
  cel::Ast alone;
  alone.source = reduced.source;
  alone.root = cel::clone(part);
  alone.last_id = reduced.last_id;
  plain_constants(*alone.root);
  const auto split = cel::split(form_.strict().environment(), alone, "record");
  std::string text;
  json::Writer out(text);
  const bool single = split.predicate.kind == Predicate::Kind::all && split.predicate.children.size() == 1;
  const auto& predicate = single ? split.predicate.children.front() : split.predicate;
  if (!split.remainder && write_predicate(out, form_, predicate)) {
    predicates_.push_back(std::move(text));
    return;
  }
  remainders_.push_back(cel::unparse(part));
  note_fields(part);
}

void Filter::note_fields(const Expr& expr) {
  if (expr.kind == ExprKind::select && expr.args[0]->kind == ExprKind::ident && expr.args[0]->name == "record")
    if (const auto field = form_.fields().find(expr.name); field != Field::none && !meta_named(expr.name))
      mentioned_.insert(field);
  for (const auto& arg : expr.args)
    if (arg) note_fields(*arg);
  if (!expr.loop) return;
  for (const auto* part :
       {&expr.loop->range, &expr.loop->init, &expr.loop->condition, &expr.loop->step, &expr.loop->result})
    if (*part) note_fields(**part);
}

void Filter::add_ready(std::string_view predicate, std::string_view remainder) {
  if (!predicate.empty()) predicates_.emplace_back(predicate);
  if (!remainder.empty()) remainders_.emplace_back(remainder);
}

std::string Filter::remainder() const {
  if (remainders_.size() == 1) return remainders_.front();
  std::string out;
  for (const auto& one : remainders_) out += (out.empty() ? "(" : " && (") + one + ")";
  return out;
}

void Filter::write(json::Writer& out) const {
  if (!predicates_.empty()) {
    std::string all = R"({"op":"and","args":[)";
    for (std::size_t i = 0; i < predicates_.size(); ++i) all += (i > 0 ? "," : "") + predicates_[i];
    const auto parsed = json::Document::parse(predicates_.size() == 1 ? predicates_.front() : all + "]}");
    if (parsed) out.key("filter").value(parsed->root());
  }
  if (remainders_.empty()) return;
  out.key("remainder").begin_object().member("cel", remainder()).member("record", "/doc").key("types").begin_object();
  for (const auto field : mentioned_) {
    const auto type = cel_type(form_.fields(), field, false);
    // Numbers stay as JSON has them: a declared kind would refuse arithmetic that mixes them.
    if (type.is(cel::TypeKind::date) || type.is(cel::TypeKind::timestamp) || type.is(cel::TypeKind::decimal))
      out.member(form_.fields()[field].name, type.text());
  }
  out.end_object();
  if (known_.user.is_object()) out.member("user", known_.user);
  if (known_.tenant.is_object()) out.member("tenant", known_.tenant);
  if (known_.env.is_object()) out.member("env", known_.env);
  out.member("now", cel::timestamp_text(Value::timestamp(known_.now_seconds, known_.now_nanos)));
  out.end_object();
}

bool allows(const Form& form, const StrictLanguage::Checked& rule, const Known& known, json::View doc, json::View old,
            const RecordFacts& facts) {
  const auto& strict = form.strict();
  cel::Activation activation(strict.environment());
  set_common(activation, strict.slots(), known);
  activation.set(strict.record_slot(), doc);
  activation.set(strict.slots().old, of_view(old));
  const auto meta = [&](Meta which, const Value& value) {
    activation.set(strict.slots().meta[static_cast<std::size_t>(which)], value);
  };
  const auto moment = [](std::string_view text) {
    const auto parsed = cel::parse_timestamp(text);
    return parsed ? *parsed : Value();
  };
  meta(Meta::id, Value::string(facts.id));
  meta(Meta::version, Value::integer(facts.version));
  meta(Meta::model_version, Value::string(facts.model_version));
  meta(Meta::created_at, moment(facts.created_at));
  meta(Meta::created_by, Value::string(facts.created_by));
  meta(Meta::updated_at, moment(facts.updated_at));
  meta(Meta::updated_by, Value::string(facts.updated_by));
  cel::Arena arena(std::size_t{1} << 20);
  return rule.program.evaluate(activation, arena, {100'000, std::size_t{1} << 20}).is_true();
}

}  // namespace socle::forms
