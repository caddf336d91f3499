// filter.cpp: see the header.
#include "records/filter.hpp"

#include "socle/cel/partial.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/time.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

using cel::Value;

constexpr cel::Limits reducing{100'000, std::size_t{1} << 20};

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
  const auto* truth =
      reduced->root->kind == cel::ExprKind::constant ? std::get_if<bool>(&reduced->root->value) : nullptr;
  if (truth == nullptr || !*truth) parts_.push_back(cel::unparse(*reduced->root));
  return {};
}

Status Filter::finish() {
  if (parts_.empty()) return {};
  std::string text;
  for (const auto& part : parts_) text += (text.empty() ? "(" : " && (") + part + ")";
  auto condition = form_.strict().compile(text, nullptr);
  if (!condition) return std::move(condition).error();
  const cel::KnownValues values{known_.user, known_.tenant, known_.env,
                                Value::timestamp(known_.now_seconds, known_.now_nanos)};
  auto query = cel::store_query(form_.strict().environment(), condition->ast, form_.shape(), values);
  if (!query) return std::move(query).error();
  query_ = std::move(*query);
  return {};
}

void Filter::narrow(std::string predicate, std::string remainder, std::string types) {
  narrow_predicate_ = std::move(predicate);
  narrow_remainder_ = std::move(remainder);
  narrow_types_ = std::move(types);
}

std::string Filter::whole_remainder() const {
  if (query_.cel.empty() || narrow_remainder_.empty()) return query_.cel + narrow_remainder_;
  return "(" + query_.cel + ") && (" + narrow_remainder_ + ")";
}

void Filter::write(json::Writer& out) const {
  std::string filter = query_.filter.empty() ? narrow_predicate_ : query_.filter;
  if (!query_.filter.empty() && !narrow_predicate_.empty())
    filter = R"({"op":"and","args":[)" + query_.filter + "," + narrow_predicate_ + "]}";
  if (const auto parsed = json::Document::parse(filter); !filter.empty() && parsed)
    out.member("filter", parsed->root());
  const auto own = json::Document::parse(query_.remainder.empty() ? "{}" : query_.remainder);
  if (whole_remainder().empty() || !own) return;
  if (narrow_remainder_.empty()) {
    out.member("remainder", own->root());
    return;
  }
  // One condition over the same record; the types are those of both, which speak about the same fields.
  out.key("remainder").begin_object().member("cel", whole_remainder()).member("record", form_.shape().fields_at);
  const auto more = json::Document::parse(narrow_types_.empty() ? "{}" : narrow_types_);
  const auto types = own->root().find("types");
  out.key("types").begin_object();
  for (const auto [field, type] : types.members()) out.member(field, type);
  if (more)
    for (const auto [field, type] : more->root().members())
      if (!types.find(field).exists() && narrow_remainder_.find("." + std::string(field)) != std::string::npos)
        out.member(field, type);
  out.end_object();
  for (const auto [key, value] : own->root().members())
    if (key != "cel" && key != "record" && key != "types") out.member(key, value);
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
