// form.cpp: see the header.
#include "model/form.hpp"

#include "model/body.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t max_name = 62;  // storage's collection names have 64 characters, two are ours

std::size_t bytes_of(const std::optional<Expression>& expression) {
  if (!expression) return 0;
  return expression->program->bytes() + expression->pointer.capacity() + expression->reads.capacity() * 4;
}

}  // namespace

std::string collection_of(std::string_view form) { return "f:" + std::string(form); }

Form::Form(std::unique_ptr<const Body> body) : body_(std::move(body)) {}
Form::~Form() = default;

std::shared_ptr<const Form> Form::compile(json::View source, Diagnostics& diagnostics, std::uint64_t fuel) {
  auto body = compile_body(source, diagnostics, fuel);
  if (!body) return nullptr;
  if (source.find("schema").is_object()) check_ui(*body, diagnostics);
  if (diagnostics.failed()) return nullptr;
  return std::make_shared<const Form>(std::move(body));
}

std::shared_ptr<const Form> Form::compile_published(json::View source) {
  Diagnostics diagnostics;
  auto body = compile_body(source, diagnostics, UINT64_MAX);
  if (!body || diagnostics.failed()) return nullptr;
  return std::make_shared<const Form>(std::move(body));
}

// All but what only a person who looks at the layout would miss. Null: no object at all.
std::unique_ptr<Form::Body> Form::compile_body(json::View source, Diagnostics& diagnostics, std::uint64_t fuel) {
  if (!source.is_object()) {
    diagnostics.error("", "bad_value", "a form is an object: form, schema, logic, checks and so on");
    return nullptr;
  }
  auto body = std::make_unique<Body>();
  body->source = json::Document::copy_of(source);
  source = body->source.root();
  only(source,
       {"form", "title", "describe", "schema", "logic", "checks", "ui", "index", "unique", "access", "rules",
        "compatibility"},
       "", diagnostics, {"workflow", "workflows", "tasks", "schedule", "webhooks"});
  body->name = source.find("form").as_string();
  if (body->name.empty() || body->name.size() > max_name)
    diagnostics.error("/form", "bad_value", "'form' is the form's name, 1 to 62 characters");
  body->title = words_of(source.find("title"), "/title", diagnostics);
  body->describe = words_of(source.find("describe"), "/describe", diagnostics);
  compile_schema(*body, diagnostics);
  // Without fields every expression would be told as wrong.
  if (source.find("schema").is_object()) {
    body->language.emplace(body->fields, fuel);
    body->strict.emplace(body->fields, fuel);
    compile_logic(*body, diagnostics);
    compile_checks(*body, diagnostics);
    compile_access(*body, diagnostics);
    compile_graph(*body, diagnostics);
    compile_collections(*body, diagnostics);
    compile_cells(*body);
  }
  compile_rules(*body, diagnostics);
  return body;
}

const std::string& Form::name() const { return body_->name; }
const Words& Form::title() const { return body_->title; }
const Words& Form::describe() const { return body_->describe; }
json::View Form::source() const { return body_->source.root(); }
json::View Form::schema_document() const { return body_->schema_document.root(); }
const schema::Schema& Form::schema() const { return *body_->schema; }
const Catalogue& Form::fields() const { return body_->fields; }
const LogicLanguage& Form::language() const { return *body_->language; }
const StrictLanguage& Form::strict() const { return *body_->strict; }
const std::vector<FieldLogic>& Form::logic() const { return body_->logic; }
const FieldLogic* Form::logic_of(std::uint32_t field) const {
  const auto at = body_->logic_of[field];
  return at == Field::none ? nullptr : &body_->logic[at];
}
std::uint32_t Form::logic_index(std::uint32_t field) const { return body_->logic_of[field]; }
const std::vector<Node>& Form::order() const { return body_->order; }
const std::vector<std::uint32_t>& Form::readers(std::uint32_t field) const { return body_->readers[field]; }
const std::vector<std::uint32_t>& Form::after(std::uint32_t node) const { return body_->after[node]; }
const std::vector<std::uint32_t>& Form::reads() const { return body_->reads; }
bool Form::changes_below(std::uint32_t field) const { return body_->changes_below[field]; }
const std::vector<Check>& Form::checks() const { return body_->checks; }
const std::vector<CellRule>& Form::cells() const { return body_->cells; }
const AccessRule* Form::access(Action action) const {
  const auto own = [this](Action which) {
    const auto& rule = body_->access[static_cast<std::size_t>(which)];
    return rule ? &*rule : nullptr;
  };
  if (action == Action::create) return own(Action::create);
  if (const auto* rule = own(action)) return rule;
  if (action == Action::remove)
    if (const auto* rule = own(Action::update)) return rule;
  return own(Action::read);
}
const std::vector<std::string>& Form::rulesets() const { return body_->rulesets; }
json::View Form::ui() const { return body_->source.root().find("ui"); }
const std::string& Form::collections() const { return body_->collections; }
const cel::RecordShape& Form::shape() const { return body_->shape; }
bool Form::has_sequences() const { return body_->has_sequences; }
bool Form::has_references() const { return body_->has_references; }
bool Form::has_on_delete() const { return body_->has_on_delete; }
bool Form::has_attachments() const { return body_->has_attachments; }
bool Form::changes_records() const { return body_->changes_records; }

std::size_t Form::bytes() const {
  // An environment holds a name, a type and bounds a field and each object's; the catalogue its texts.
  std::size_t out = sizeof *body_ + body_->source.root().size() + body_->collections.capacity();
  out += body_->source.bytes().size() + body_->schema_document.bytes().size();
  out += body_->schema ? body_->schema->memory() : 0;
  out += body_->fields.size() * (sizeof(Field) + 1900);
  for (const auto& logic : body_->logic)
    out += sizeof logic + bytes_of(logic.visible) + bytes_of(logic.read_only) + bytes_of(logic.required) +
           bytes_of(logic.compute) + bytes_of(logic.fallback) + bytes_of(logic.options);
  for (const auto& check : body_->checks) out += sizeof check + check.when.program->bytes();
  for (const auto& rule : body_->access)
    if (rule) out += rule->rule.program.bytes() + rule->text.size() * 40;
  out += body_->cells.capacity() * sizeof(CellRule);
  for (const auto& list : body_->readers) out += sizeof list + list.capacity() * 4;
  for (const auto& list : body_->after) out += sizeof list + list.capacity() * 4;
  return out;
}

}  // namespace socle::forms
