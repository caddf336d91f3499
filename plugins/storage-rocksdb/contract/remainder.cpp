#include "contract/remainder.hpp"

#include <array>

#include "socle/cel/type.hpp"

namespace socle::storage {
namespace {

constexpr std::array<std::string_view, 3> objects{"user", "tenant", "env"};  // given as JSON objects
// Properties of a record that are not among its fields: storage's own, and what callers keep beside the fields.
constexpr std::array<std::string_view, 3> kept_beside{"created_by", "updated_by", "model_version"};
constexpr std::uint64_t fuel_step = 1'000;  // how exactly a query's fuel is counted
constexpr std::size_t evaluation_memory = std::size_t{1} << 20;
constexpr std::size_t environment_bytes = 2'048;  // of a few variables and one record type, about

json::View text_of(json::View remainder) { return remainder.is_string() ? remainder : remainder.find("cel"); }

std::string pointer_of(json::View remainder, std::string_view member) {
  return remainder.is_string() ? "/remainder" : "/remainder/" + std::string(member);
}

cel::Value timestamp(std::int64_t unix_ms) {
  const std::int64_t rest = ((unix_ms % 1000) + 1000) % 1000;
  return cel::Value::timestamp((unix_ms - rest) / 1000, static_cast<std::uint32_t>(rest) * 1'000'000);
}

cel::Value moment(std::int64_t unix_ns) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t rest = ((unix_ns % second) + second) % second;
  return cel::Value::timestamp((unix_ns - rest) / second, static_cast<std::uint32_t>(rest));
}

Problem bad(const std::string& pointer, std::string message, std::string_view params = {}) {
  return problem_at(Code::invalid, "bad_remainder", pointer, std::move(message), params);
}

std::string place(const cel::Issue& issue) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("offset", issue.position.offset).member("line", issue.position.line);
  writer.member("column", issue.position.column).end_object();
  return out;
}

cel::Options options() {
  cel::Options out;
  out.max_source = max_remainder_text;
  // As in forms and rules, whose conditions come here: people who write price * 2 do not think of kinds.
  out.mixed_numbers = true;
  out.cross_type_ordering = true;
  return out;
}

}  // namespace

Remainder::Remainder() : environment_(options()) {}

// record: an open object type with the fields whose types the caller tells, so that "2026-01-31" is a date where the
// schema says so. Its own properties are variables with dotted names, which win over fields: nothing is put together.
Verdict Remainder::declare_record(json::View remainder) {
  const auto types = remainder.find("types");
  if (types.exists() && (!types.is_object() || types.size() > max_remainder_types))
    return bad("/remainder/types", "\"types\" is an object of at most 256 fields and their CEL types");
  cel::ObjectType record{"record", {}, true, false};
  for (const auto& [field, text] : types.members()) {
    auto type = cel::Type::parse(text.as_string());
    if (!type || !text.is_string())
      return bad("/remainder/types/" + std::string(field),
                 "the type of a field is a CEL type, such as \"date\", \"decimal\" or \"list(string)\"");
    declared_bytes_ += sizeof(cel::Field) + field.size() + 2 * text.as_string().size();
    record.fields.push_back({std::string(field), std::move(*type), {}, {}});
  }
  const auto path = remainder.find("record");
  if (path.exists() && !path.as_string().empty()) {
    auto parsed = FieldPath::parse(path.as_string(), "/remainder/record");
    if (!parsed) return std::move(parsed).problem();
    record_ = std::move(*parsed);
  }
  if (record_.of != FieldPath::Of::doc)
    return bad("/remainder/record", "\"record\" is a JSON Pointer to where documents hold the record's fields");
  if (auto done = environment_.declare_object(std::move(record)); !done)
    return bad("/remainder/types", std::move(done).error().message);
  using cel::Type;
  using cel::TypeKind;
  const std::pair<const char*, Type> variables[] = {
      {"record", Type::object("record")},         {"record.id", TypeKind::string},
      {"record.version", TypeKind::integer},      {"record.created_at", TypeKind::timestamp},
      {"record.updated_at", TypeKind::timestamp}, {"record.created_by", TypeKind::dyn},
      {"record.updated_by", TypeKind::dyn},       {"record.model_version", TypeKind::dyn},
  };
  for (const auto& [name, type] : variables)
    if (auto done = environment_.declare_variable(name, type); !done) return Outcome<Done>(std::move(done).error());
  const auto slot = [this](const std::string& name) { return std::size_t{environment_.variable(name)->slot}; };
  slots_ = {slot("record"), slot("record.id"), slot("record.version"), slot("record.created_at"),
            slot("record.updated_at")};
  for (std::size_t i = 0; i < kept_beside.size(); ++i) slots_.beside[i] = slot("record." + std::string(kept_beside[i]));
  return Done{};
}

// Only what the query gives is declared, so that a condition on what it does not give is refused, not always false.
Verdict Remainder::declare(json::View remainder) {
  if (auto done = declare_record(remainder); !done) return done;
  for (const auto name : objects) {
    const auto value = remainder.find(name);
    if (!value.exists()) continue;
    if (!value.is_object()) return bad("/remainder/" + std::string(name), "the value of a variable is a JSON object");
    if (auto done = environment_.declare_variable(std::string(name), *cel::Type::parse("map(string, dyn)")); !done)
      return Outcome<Done>(std::move(done).error());
  }
  if (const auto now = remainder.find("now"); now.exists()) {
    if (!parse_timestamp(now.as_string()))
      return bad("/remainder/now", "\"now\" is an RFC 3339 date-time with offset, such as 2026-01-31T12:00:00Z");
    if (auto done = environment_.declare_variable("now", cel::TypeKind::timestamp); !done)
      return Outcome<Done>(std::move(done).error());
  }
  return Done{};
}

Outcome<RemainderPtr> Remainder::compile(json::View remainder) {
  const auto text = text_of(remainder);
  const std::string pointer = pointer_of(remainder, "cel");
  if (!text.is_string()) {
    return bad(pointer,
               "\"remainder\" is a CEL condition: a text, or an object with \"cel\" and what the condition names");
  }
  const std::shared_ptr<Remainder> out(new Remainder());
  if (auto declared = out->declare(remainder); !declared) return std::move(declared).problem();
  std::vector<cel::Issue> issues;
  auto ast = out->environment_.compile(text.as_string(), &issues);
  if (!ast) return bad(pointer, std::move(ast).error().message, issues.empty() ? std::string() : place(issues.front()));
  const cel::Type& type = ast->type();
  if (!type.is(cel::TypeKind::boolean) && !type.is_dyn())
    return bad(pointer, "a remainder is a condition: true or false; this one is of type " + type.text());
  auto program = cel::Program::compile(out->environment_, *ast);
  if (!program) return bad(pointer, std::move(program).error().message);
  out->program_.emplace(std::move(*program));
  return RemainderPtr(out);
}

std::string Remainder::key_of(json::View remainder) {
  std::string out;
  const auto add = [&out](json::View value) {
    if (value.exists()) json::append_text(out, value);
    out.push_back('\n');
  };
  add(text_of(remainder));
  add(remainder.find("record"));
  add(remainder.find("types"));
  for (const auto name : objects) out.push_back(remainder.find(name).exists() ? '1' : '0');
  out.push_back(remainder.find("now").exists() ? '1' : '0');
  return out;
}

std::size_t Remainder::bytes() const { return sizeof *this + environment_bytes + declared_bytes_ + program_->bytes(); }

RemainderCheck::RemainderCheck(const Remainder& remainder, json::View values, std::uint64_t fuel)
    : remainder_(remainder), activation_(remainder.environment_), arena_(evaluation_memory), left_(fuel) {
  for (const auto name : objects)
    if (const auto* variable = remainder.environment_.variable(name))
      activation_.set(variable->slot, values.find(name));
  const auto now = parse_timestamp(values.find("now").as_string());
  if (now) activation_.set(remainder.environment_.variable("now")->slot, moment(*now));
}

RemainderCheck::Result RemainderCheck::check(const RecordView& record) {
  const Remainder::Slots& slots = remainder_.slots_;
  const auto fields = remainder_.record_.tokens.empty() ? record.doc : value_at(record, remainder_.record_);
  activation_.set(slots.record, fields);
  activation_.set(slots.id, cel::Value::string(record.id));
  activation_.set(slots.version, cel::Value::integer(static_cast<std::int64_t>(record.version)));
  activation_.set(slots.created_at, timestamp(record.created_ms));
  activation_.set(slots.updated_at, timestamp(record.updated_ms));
  for (std::size_t i = 0; i < kept_beside.size(); ++i)
    activation_.set(slots.beside[i], record.doc.find(kept_beside[i]));
  const std::uint64_t base = remainder_.program_->base_cost();
  if (spent_ || base >= left_) return Result::spent;
  left_ -= base;
  cel::Limits limits{record_fuel, evaluation_memory, fuel_step, nullptr, this};
  limits.interrupt = [](void* self) {
    auto& check = *static_cast<RemainderCheck*>(self);
    check.spent_ = check.left_ < fuel_step;
    check.left_ -= check.spent_ ? 0 : fuel_step;
    return !check.spent_;
  };
  arena_.reset();
  const bool holds = remainder_.program_->evaluate(activation_, arena_, limits).is_true();
  if (spent_) return Result::spent;
  return holds ? Result::holds : Result::fails;
}

Outcome<RemainderPtr> RemainderCache::get(json::View remainder) {
  std::string key = Remainder::key_of(remainder);
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    entries_.splice(entries_.begin(), entries_, at->second);
    return entries_.front().remainder;
  }
  auto compiled = Remainder::compile(remainder);
  if (!compiled) return compiled;
  const std::size_t bytes = key.size() + (*compiled)->bytes();
  if (bytes > most_bytes) return compiled;  // for it all others would have to go
  entries_.push_front({std::move(key), *compiled, bytes});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  while (entries_.size() > most || bytes_ > most_bytes) {
    by_key_.erase(entries_.back().key);
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
  return compiled;
}

}  // namespace socle::storage
