// named.cpp: see the header.
#include "records/named.hpp"

namespace socle::forms {
namespace {

using json::View;

View member_at(View object, const std::vector<std::string>& tokens) {
  for (const auto& token : tokens) object = object.find(token);
  return object;
}

void add_named(View value, const std::string& pointer, std::vector<Named>& out) {
  if (value.is_string() && !value.as_string().empty()) out.push_back({pointer, value.as_string()});
  std::size_t i = 0;
  for (const auto one : value.elements()) {
    if (one.is_string() && !one.as_string().empty()) out.push_back({below(pointer, i), one.as_string()});
    ++i;
  }
}

}  // namespace

std::vector<Named> named_in(const Catalogue& fields, std::uint32_t index, View doc) {
  std::vector<Named> out;
  const auto& field = fields[index];
  if (field.table == Field::none) {
    add_named(member_at(doc, field.tokens), field.pointer, out);
    return out;
  }
  const auto& table = fields[field.table];
  std::size_t row = 0;
  for (const auto one : member_at(doc, table.tokens).elements())
    add_named(member_at(one, field.tokens), below(below(table.pointer, row++), field.name), out);
  return out;
}

}  // namespace socle::forms
