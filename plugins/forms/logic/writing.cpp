// writing.cpp: the document of an evaluation: what was given, with the changes of the logic written into it. Parts
// without changes are copied as they are.
#include <algorithm>

#include "logic/evaluation.hpp"
#include "logic/values.hpp"

namespace socle::forms {

using cel::Value;
using json::View;

bool Evaluation::touched(std::uint32_t field, std::size_t row) const {
  const auto* changed = cell(field, row);
  return changed != nullptr && changed->state != Cell::State::given;
}

// In any row.
bool Evaluation::touched_below(std::uint32_t field) const {
  for (const auto child : form_.fields()[field].children) {
    const auto at = form_.logic_index(child);
    if (at != Field::none)
      for (const auto& cell : cells_[at])
        if (cell.state != Cell::State::given) return true;
    if (form_.changes_below(child) && touched_below(child)) return true;
  }
  return false;
}

bool Evaluation::changed() const {
  for (const auto& cells : cells_)
    for (const auto& cell : cells)
      if (cell.state != Cell::State::given) return true;
  return false;
}

bool Evaluation::has_value(std::uint32_t field, std::size_t row, View from) const {
  if (const auto* changed = cell(field, row); changed != nullptr && changed->state != Cell::State::given)
    return changed->state == Cell::State::value;
  if (from.exists()) return true;
  // An object that was not sent begins to exist with its first value.
  if (form_.fields()[field].type != FieldType::object || !form_.changes_below(field)) return false;
  const auto& children = form_.fields()[field].children;
  return std::any_of(children.begin(), children.end(), [&](std::uint32_t child) { return has_value(child, row, {}); });
}

void Evaluation::write(json::Writer& out, std::uint32_t index, std::size_t row, View from) {
  const auto& field = form_.fields()[index];
  if (const auto* changed = cell(index, row); changed != nullptr && changed->state == Cell::State::value) {
    if (!form_.changes_below(index) || !changed->value.is_json()) {
      if (changed->part.exists()) {
        out.value(changed->part);
      } else if (auto status = append_value(out, changed->value, &field); !status) {
        errors_.push_back({pointer(index, row), "compute", status.error().message, {}});
        error_places_.emplace_back(form_.logic_index(index), row);
        out.null();
      }
      return;
    }
    from = changed->value.view();
  }
  if (!form_.changes_below(index) || !touched_below(index)) {
    out.value(from);
  } else if (field.type == FieldType::object && (from.is_object() || !from.exists())) {
    write_members(out, field.children, row, from);
  } else if (field.type == FieldType::table && from.is_array()) {
    out.begin_array();
    std::size_t i = 0;
    for (const auto element : from.elements()) {
      if (element.is_object())
        write_members(out, field.children, i, element);
      else
        out.value(element);
      ++i;
    }
    out.end_array();
  } else {
    out.value(from);
  }
}

void Evaluation::write_members(json::Writer& out, const std::vector<std::uint32_t>& members, std::size_t row,
                               View from) {
  // Only members that the logic may have changed are told apart; in order of their names, to be found quickly.
  std::vector<std::uint32_t> special;
  for (const auto member : members)
    if (touched(member, row) || (form_.changes_below(member) && touched_below(member))) special.push_back(member);
  const auto name = [this](std::uint32_t field) { return std::string_view(form_.fields()[field].name); };
  std::sort(special.begin(), special.end(), [&](auto a, auto b) { return name(a) < name(b); });
  out.begin_object();
  for (const auto& [key, value] : from.members()) {
    const auto at = std::lower_bound(special.begin(), special.end(), key,
                                     [&](std::uint32_t field, std::string_view text) { return name(field) < text; });
    if (at == special.end() || name(*at) != key) {
      out.key(key).value(value);
    } else if (has_value(*at, row, value)) {
      out.key(key);
      write(out, *at, row, value);
    }
  }
  for (const auto member : members) {  // in the schema's order
    if (!std::binary_search(special.begin(), special.end(), member,
                            [&](auto a, auto b) { return name(a) < name(b); }) ||
        from.find(name(member)).exists() || !has_value(member, row, {}))
      continue;
    out.key(name(member));
    write(out, member, row, {});
  }
  out.end_object();
}

std::string Evaluation::document() {
  std::string text;
  json::Writer out(text);
  write_members(out, form_.fields().top(), 0, call_.doc);
  return out.finish() ? text : std::string();
}

void Evaluation::materialize(std::uint32_t field) {
  stale_[field] = false;
  const auto slot = form_.language().slot_of(field);
  const auto from = given(field, 0, call_.doc);
  if (!has_value(field, 0, from)) {
    activation_.set(slot, Value());
    return;
  }
  std::string text;
  json::Writer out(text);
  write(out, field, 0, from);
  auto parsed = json::Document::parse(text);
  if (!parsed) return;
  made_.push_back(std::make_unique<json::Document>(std::move(*parsed)));
  activation_.set(slot, Value::json(made_.back()->root()));
}

}  // namespace socle::forms
