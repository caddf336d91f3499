// evaluation.cpp: see the header; what it writes is in writing.cpp. A field's variable holds what the logic left of it;
// variables of whole objects and sub-tables are written again as JSON only when something reads them after a part of
// them changed. Longer than most files because one state machine walks the graph.
#include "logic/evaluation.hpp"

#include <algorithm>

#include "logic/cells.hpp"
#include "logic/values.hpp"
#include "socle/cel/time.hpp"

namespace socle::forms {

using cel::Kind;
using cel::Value;
using json::View;

namespace {

Value of_view(View view) { return view.exists() ? Value::json(view) : Value(); }
Value of_text(std::string_view text) { return text.empty() ? Value() : Value::string(text); }
Value of_moment(std::string_view text) {
  const auto parsed = cel::parse_timestamp(text);
  return parsed ? *parsed : Value();
}
View member(View object, const std::vector<std::string>& tokens) {
  for (const auto& token : tokens) object = object.find(token);
  return object;
}

}  // namespace

Evaluation::Evaluation(const Form& form, const Call& call, cel::Arena& arena)
    : form_(form),
      call_(call),
      arena_(arena),
      activation_(form.language().environment()),
      cells_(form.logic().size()),
      states_(form.logic().size()),
      stale_(form.fields().size(), false),
      left_(call.limits.fuel) {
  bind_common();
  for (const auto field : form.reads()) bind(field);
  fit_rows();
}

void Evaluation::bind_common() {
  const auto& slots = form_.language().slots();
  activation_.set(slots.old, of_view(call_.old));
  activation_.set(slots.user, of_view(call_.user));
  activation_.set(slots.tenant, of_view(call_.tenant));
  activation_.set(slots.env, of_view(call_.env));
  activation_.set(slots.action, Value::string(call_.action));
  activation_.set(slots.now, Value::timestamp(call_.now_seconds, call_.now_nanos));
  const auto meta = [&](Meta which, const Value& value) {
    activation_.set(slots.meta[static_cast<std::size_t>(which)], value);
  };
  meta(Meta::id, of_text(call_.facts.id));
  meta(Meta::version, call_.facts.version == 0 ? Value() : Value::integer(call_.facts.version));
  meta(Meta::model_version, of_text(call_.facts.model_version));
  meta(Meta::created_at, of_moment(call_.facts.created_at));
  meta(Meta::created_by, of_text(call_.facts.created_by));
  meta(Meta::updated_at, of_moment(call_.facts.updated_at));
  meta(Meta::updated_by, of_text(call_.facts.updated_by));
}

View Evaluation::given(std::uint32_t index, std::size_t row, View root) const {
  const auto& field = form_.fields()[index];
  if (field.table != Field::none) root = member(root, form_.fields()[field.table].tokens).at(row);
  return member(root, field.tokens);
}

const Evaluation::Cell* Evaluation::cell(std::uint32_t field, std::size_t row) const {
  const auto at = form_.logic_index(field);
  return at == Field::none || row >= cells_[at].size() ? nullptr : &cells_[at][row];
}

Value Evaluation::value(std::uint32_t field, std::size_t row) const {
  const auto* changed = cell(field, row);
  if (changed != nullptr && changed->state != Cell::State::given) return changed->value;
  return of_view(given(field, row, call_.doc));
}

void Evaluation::bind(std::uint32_t field) {
  activation_.set(form_.language().slot_of(field), value(field, 0));
  stale_[field] = form_.changes_below(field) && touched_below(field);
}

std::size_t Evaluation::rows(std::uint32_t table) const {
  const auto view = value(table, 0);
  return view.is(Kind::list) ? view.size() : 0;
}

void Evaluation::fit_rows() {
  for (std::uint32_t i = 0; i < cells_.size(); ++i) {
    const auto table = form_.fields()[form_.logic()[i].field].table;
    auto count = table == Field::none ? std::size_t{1} : rows(table);
    if (table != Field::none && !charge(count)) count = 0;  // a row costs room for each rule, even where it is empty
    cells_[i].resize(count);
    states_[i].resize(count);
    for (std::size_t k = errors_.size(); k-- > 0;)
      if (error_places_[k].first == i && error_places_[k].second >= count) {
        errors_.erase(errors_.begin() + static_cast<std::ptrdiff_t>(k));
        error_places_.erase(error_places_.begin() + static_cast<std::ptrdiff_t>(k));
      }
  }
}

bool Evaluation::run() { return run_marked(std::vector<bool>(form_.order().size(), true)); }

bool Evaluation::change(View doc, std::span<const std::uint32_t> fields) {
  call_.doc = doc;
  std::vector<bool> wanted(form_.order().size(), false);
  for (const auto field : fields)
    for (const auto node : form_.readers(field)) wanted[node] = true;
  // Views into the old document are no longer good, so what is read is bound again; it costs no evaluation.
  for (const auto field : form_.reads()) bind(field);
  fit_rows();
  return run_marked(wanted);
}

bool Evaluation::run_marked(const std::vector<bool>& wanted) {
  if (!stopped_.empty()) return false;
  auto marked = wanted;
  for (std::uint32_t node = 0; node < marked.size(); ++node) {
    if (!marked[node]) continue;
    if (!run_node(node)) return false;
    for (const auto next : form_.after(node)) marked[next] = true;
  }
  return true;
}

bool Evaluation::run_node(std::uint32_t index) {
  const auto& node = form_.order()[index];
  const auto& field = form_.fields()[form_.logic()[node.logic].field];
  if (field.table == Field::none) return run_row(node, {});
  for (std::size_t row = 0; row < cells_[node.logic].size(); ++row)
    if (!run_row(node, {field.table, row})) return false;
  return true;
}

bool Evaluation::run_row(const Node& node, Scope scope) {
  const auto& logic = form_.logic()[node.logic];
  auto& state = states_[node.logic][scope.row];
  switch (node.kind) {
    case Node::Kind::visible: state.visible = condition(*logic.visible, scope); break;
    case Node::Kind::read_only: state.read_only = condition(*logic.read_only, scope); break;
    case Node::Kind::required: state.required = condition(*logic.required, scope); break;
    case Node::Kind::options: {
      const auto list = evaluate(*logic.options, scope);
      state.options = list.is(Kind::list) ? list : Value::list(nullptr, 0);  // one that errs allows nothing
      break;
    }
    case Node::Kind::value: {
      forget_errors(node.logic, scope.row);
      const auto decision = decide_value(logic, scope);
      if (stopped_.empty()) settle(node.logic, scope, decision);
      break;
    }
  }
  return stopped_.empty();
}

Evaluation::Decision Evaluation::decide_value(const FieldLogic& logic, Scope scope) {
  const auto& state = states_[form_.logic_index(logic.field)][scope.row];
  if (logic.clear_on_hide && !state.visible) return {};
  if (logic.compute) return {{}, computed(logic, scope)};
  const bool creating = !call_.old.exists();
  const auto old = creating ? View() : given(logic.field, scope.row, call_.old);
  if (logic.sequence) {
    if (!creating) return {old};
    std::size_t nth = 0;
    for (const auto& other : form_.logic()) {
      if (&other == &logic) break;
      nth += other.sequence ? 1 : 0;
    }
    if (nth >= call_.numbers.size()) return {};
    return {{}, cel::copy_string(arena_, logic.sequence->text(call_.now_seconds, call_.numbers[nth]))};
  }
  const bool read_only = logic.always_read_only || state.read_only;
  const auto sent = given(logic.field, scope.row, call_.doc);
  if (read_only && !creating) return {old};
  if (sent.exists() && !read_only) return {sent};
  if (!creating) return {};
  if (logic.fallback) {
    auto value = evaluate(*logic.fallback, scope);
    if (value.is_error()) return {};
    return {{}, value};
  }
  const auto fallback = form_.fields()[logic.field].fallback;
  return {fallback.is_null() ? View() : fallback};
}

Value Evaluation::computed(const FieldLogic& logic, Scope scope) {
  const auto value = evaluate(*logic.compute, scope);
  if (!value.is_error()) return value;
  if (!stopped_.empty() || lacks_input(*logic.compute, scope)) return {};
  const auto text = logic.compute->program->describe(value);
  errors_.push_back({pointer(logic.field, scope.row), "compute", text.substr(0, text.find('\n')), {}});
  error_places_.emplace_back(form_.logic_index(logic.field), scope.row);
  return {};
}

void Evaluation::forget_errors(std::uint32_t logic, std::size_t row) {
  for (std::size_t i = errors_.size(); i-- > 0;) {
    if (error_places_[i] != std::pair<std::uint32_t, std::size_t>(logic, row)) continue;
    errors_.erase(errors_.begin() + static_cast<std::ptrdiff_t>(i));
    error_places_.erase(error_places_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Evaluation::settle(std::uint32_t logic, Scope scope, const Decision& decision) {
  const auto index = form_.logic()[logic].field;
  auto& cell = cells_[logic][scope.row];
  const auto sent = given(index, scope.row, call_.doc);
  const auto value = decision.part.exists() ? of_view(decision.part) : decision.value;
  const bool nothing = !decision.part.exists() && is_nothing(value);
  const auto as_sent = [&] {
    if (value.is_json()) return value.view().same(sent);
    if (decision.part.exists()) return same_text(decision.part, sent);
    return value.kind() == Value::json(sent).kind() && cel::equal(value, Value::json(sent));
  };
  const bool as_given = nothing ? !sent.exists() : sent.exists() && as_sent();
  cell.state = as_given ? Cell::State::given : nothing ? Cell::State::absent : Cell::State::value;
  cell.part = decision.part;
  cell.value = nothing ? Value() : value.is(Kind::optional) ? *value.optional_value() : value;
  if (scope.table == Field::none) activation_.set(form_.language().slot_of(index), cell.value);
  for (auto at = form_.fields()[index].parent; at != Field::none; at = form_.fields()[at].parent) stale_[at] = true;
}

void Evaluation::bind_row(const Expression& expression, Scope scope) {
  for (const auto read : expression.reads) {
    if (form_.fields()[read].table == scope.table && scope.table != Field::none)
      activation_.set(form_.language().slot_of(read), value(read, scope.row));
    else if (stale_[read])
      materialize(read);
  }
}

Value Evaluation::evaluate(const Expression& expression, Scope scope) {
  bind_row(expression, scope);
  ++evaluated_;
  auto limits = call_.limits;
  limits.fuel = left_;
  std::uint64_t left = 0;
  const auto value = expression.program->evaluate(activation_, arena_, limits, &left);
  left_ = left > 0 ? left - 1 : 0;
  if (value.is_error() && value.has_error_info() && value.error_info().code >= cel::ErrorCode::out_of_fuel)
    stopped_ = cel::to_string(value.error_info().code);
  return value;
}

bool Evaluation::condition(const Expression& expression, Scope scope) { return evaluate(expression, scope).is_true(); }

bool Evaluation::holds(const Expression& condition) { return this->condition(condition, {}); }
bool Evaluation::holds(const Expression& condition, std::uint32_t table, std::size_t row) {
  const Scope scope{table, row};
  if (table != Field::none) bind_row(condition, scope);
  return this->condition(condition, scope);
}

// Something that the expression read is not there, or no exact number where one belongs (which is told at its own
// place): of whole objects, lists and sub-tables, any declared part.
bool Evaluation::lacks_input(const Expression& expression, Scope scope) {
  for (const auto read : expression.reads) {
    const auto& value = activation_.values()[form_.language().slot_of(read)];
    if (value.is_error() || is_nothing(value)) return true;
    if (value.is_json()) {
      if (lacks_part(read, value.view())) return true;
      continue;
    }
    const auto& field = form_.fields()[read];
    if (field.type != FieldType::decimal) continue;
    if (value.is(Kind::string)) {
      if (!is_decimal(value.as_string())) return true;
      continue;
    }
    // A number's variable does not have its digits any more.
    const auto row = field.table == Field::none ? 0 : scope.row;
    const auto* changed = cell(read, row);
    const bool as_given = changed == nullptr || changed->state == Cell::State::given;
    if (lacks_part(read, as_given ? given(read, row, call_.doc) : changed->part)) return true;
  }
  return false;
}

// Out of fuel counts as lacking, too: then there is no verdict at all.
bool Evaluation::lacks_part(std::uint32_t index, View value) {
  const auto& field = form_.fields()[index];
  const auto lacks = [&](View object) {
    if (!charge(field.children.size())) return true;
    for (const auto child : field.children) {
      const auto part = object.find(form_.fields()[child].name);
      if (!part.exists() || part.is_null() || lacks_part(child, part)) return true;
    }
    return false;
  };
  switch (field.type) {
    case FieldType::decimal: return misfit(FieldType::decimal, value) != Misfit::none;
    case FieldType::object: return lacks(value);
    case FieldType::list:
      if (field.element != FieldType::decimal) return false;
      if (!charge(value.size())) return true;
      for (const auto one : value.elements())
        if (misfit(FieldType::decimal, one) != Misfit::none) return true;
      return false;
    case FieldType::table:
      for (const auto row : value.elements())
        if (lacks(row)) return true;
      return false;
    default: return false;
  }
}

bool Evaluation::charge(std::uint64_t looks) {
  if (!stopped_.empty()) return false;
  if (looks > left_) {
    left_ = 0;
    stopped_ = cel::to_string(cel::ErrorCode::out_of_fuel);
    return false;
  }
  left_ -= looks;
  unasked_ += looks;
  const auto& limits = call_.limits;
  if (limits.interrupt == nullptr || limits.interval == 0 || unasked_ < limits.interval) return true;
  unasked_ = 0;
  if (!limits.interrupt(limits.data)) stopped_ = cel::to_string(cel::ErrorCode::interrupted);
  return stopped_.empty();
}

FieldState Evaluation::state(std::uint32_t field, std::size_t row) const {
  const auto at = form_.logic_index(field);
  if (at == Field::none || row >= states_[at].size()) return {};
  FieldState out = states_[at][row];
  const auto& logic = form_.logic()[at];
  out.read_only = out.read_only || logic.always_read_only || logic.compute || logic.sequence;
  return out;
}

bool Evaluation::visible(std::uint32_t field, std::size_t row) const {
  for (auto at = field; at != Field::none; at = form_.fields()[at].parent)
    if (!state(at, form_.fields()[at].table == Field::none ? 0 : row).visible) return false;
  return true;
}

std::string Evaluation::pointer(std::uint32_t index, std::size_t row) const {
  const auto& field = form_.fields()[index];
  if (field.table == Field::none) return field.pointer;
  const auto& table = form_.fields()[field.table].pointer;
  return table + "/" + std::to_string(row) + field.pointer.substr(table.size() + 2);
}

}  // namespace socle::forms
