// layout.cpp: see the header.
#include "model/layout.hpp"

#include <algorithm>
#include <set>

#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

using json::View;
using Names = std::set<std::string_view>;

constexpr int deepest_schema = 16;

// What a schema demands of an object, be it only together with something else (`then`, `dependentRequired`).
void demands(View schema, Names& out, int depth = 0) {
  if (depth == deepest_schema) return;
  for (const auto name : schema.find("required").elements()) out.insert(name.as_string());
  for (const auto& [key, names] : schema.find("dependentRequired").members())
    for (const auto name : names.elements()) out.insert(name.as_string());
  for (const std::string_view key : {"then", "else"}) demands(schema.find(key), out, depth + 1);
  for (const auto part : schema.find("allOf").elements()) demands(part, out, depth + 1);
  for (const auto& [key, part] : schema.find("dependentSchemas").members()) demands(part, out, depth + 1);
}

class Search {
 public:
  Search(const Catalogue& fields, const std::vector<FieldLogic>& logic, const std::vector<bool>& shown)
      : fields_(fields), shown_(shown), logic_(fields.size(), nullptr) {
    for (const auto& one : logic) logic_[one.field] = &one;
  }

  void members(const std::vector<std::uint32_t>& members, View schema, std::vector<std::uint32_t>& out) const {
    Names names;
    demands(schema, names);
    for (const auto index : members) {
      if (shown_[index]) continue;
      const auto& field = fields_[index];
      const bool wanted = (field.required || names.contains(field.name) || demanded(index)) && enterable(index);
      const bool whole = field.type != FieldType::object || (wanted && !shown_below(index));
      if (whole && wanted)
        out.push_back(index);
      else if (!whole && (wanted || comes_about(index, index)))
        this->members(field.children, field.schema, out);
    }
  }

 private:
  [[nodiscard]] bool demanded(std::uint32_t index) const { return logic_[index] != nullptr && logic_[index]->required; }
  [[nodiscard]] bool has_default(std::uint32_t index) const {
    return fields_[index].fallback.exists() || (logic_[index] != nullptr && logic_[index]->fallback);
  }

  // A person can and must see to it: it is neither given by the model nor never to be changed.
  [[nodiscard]] bool enterable(std::uint32_t index) const {
    const auto* logic = logic_[index];
    if (has_default(index) || (logic != nullptr && (logic->compute || logic->sequence || logic->always_read_only)))
      return false;
    const auto& field = fields_[index];
    if (field.type != FieldType::object) return true;
    return std::any_of(field.children.begin(), field.children.end(), [this](auto part) { return enterable(part); });
  }

  [[nodiscard]] bool shown_below(std::uint32_t index) const {
    const auto& parts = fields_[index].children;
    return std::any_of(parts.begin(), parts.end(), [this](auto part) { return shown_[part] || shown_below(part); });
  }

  // Part of a record although nothing demands it: some part is shown, demanded by itself or given by the model. A value
  // computed from the object's own parts comes only with them.
  [[nodiscard]] bool comes_about(std::uint32_t index, std::uint32_t object) const {
    const auto& parts = fields_[index].children;
    return std::any_of(parts.begin(), parts.end(), [&](auto part) {
      const auto* logic = logic_[part];
      const bool computed = logic != nullptr && logic->compute && !reads_below(*logic->compute, object);
      return shown_[part] || demanded(part) || has_default(part) || computed || comes_about(part, object);
    });
  }
  [[nodiscard]] bool reads_below(const Expression& expression, std::uint32_t object) const {
    return std::any_of(expression.reads.begin(), expression.reads.end(), [&](auto at) {
      while (at != Field::none && at != object) at = fields_[at].parent;
      return at == object;
    });
  }

  const Catalogue& fields_;
  const std::vector<bool>& shown_;
  std::vector<const FieldLogic*> logic_;  // by field
};

}  // namespace

std::optional<std::string> path_of_scope(std::string_view scope) {
  if (!scope.starts_with('#')) return std::nullopt;
  const auto pointer = json::Pointer::parse(scope.substr(1));
  if (!pointer || pointer->empty() || pointer->tokens().size() % 2 != 0) return std::nullopt;
  std::string path;
  for (std::size_t i = 0; i < pointer->tokens().size(); i += 2) {
    if (pointer->tokens()[i] != "properties") return std::nullopt;
    path += (path.empty() ? "" : ".") + pointer->tokens()[i + 1];
  }
  return path;
}

void mark_shown(const Catalogue& fields, std::uint32_t field, std::vector<bool>& shown) {
  shown[field] = true;
  for (const auto part : fields[field].children) mark_shown(fields, part, shown);
}

std::vector<std::uint32_t> left_out(const Catalogue& fields, const std::vector<FieldLogic>& logic, View schema,
                                    const std::vector<bool>& shown) {
  std::vector<std::uint32_t> out;
  Search(fields, logic, shown).members(fields.top(), schema, out);
  return out;
}

}  // namespace socle::forms
