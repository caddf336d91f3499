// import_types.cpp: see the header.
#include "dmn/import_types.hpp"

namespace socle::rules::dmn {
namespace {

constexpr int most_hops = 16;
constexpr int most_part_levels = 8;
constexpr std::size_t most_parts = 10'000;

bool is_collection(const Element& item) { return item.attribute("isCollection") == "true"; }

}  // namespace

std::string type_of(const Element& element) {
  auto type = element.attribute("typeRef");
  return type.empty() ? element.text_of("typeRef") : type;
}

Types::Types(const Element& root) {
  for (const auto& child : root.children)
    if (child->name == "itemDefinition") items_.emplace(child->attribute("name"), child.get());
}

const Element* Types::find(std::string_view name) const {
  auto at = items_.find(name);
  // "ns:tAge" of the document's own namespace.
  if (const auto colon = name.rfind(':'); at == items_.end() && colon != std::string_view::npos)
    at = items_.find(name.substr(colon + 1));
  return at == items_.end() ? nullptr : at->second;
}

std::string Types::base(const std::string& name) const {
  auto out = name;
  for (int hops = 0; hops < most_hops; ++hops) {
    const auto* item = find(out);
    if (item == nullptr) break;
    if (is_collection(*item)) return {};
    const auto next = type_of(*item);
    if (next.empty()) break;
    out = next;
  }
  return out;
}

std::string Types::values(const std::string& name) const {
  auto type = name;
  for (int hops = 0; hops < most_hops; ++hops) {
    const auto* item = find(type);
    if (item == nullptr || is_collection(*item)) break;
    if (auto found = item->text_of("allowedValues"); !found.empty()) return found;
    type = type_of(*item);
  }
  return {};
}

Names Types::parts(const std::string& name) const {
  auto type = name;
  for (int hops = 0; hops < most_hops; ++hops) {
    const auto* item = find(type);
    if (item == nullptr || is_collection(*item)) break;
    if (item->child("itemComponent") != nullptr) {
      std::size_t room = most_parts;
      return parts_of(*item, 0, room);
    }
    type = type_of(*item);
  }
  return {};
}

Names Types::parts_of(const Element& owner, int depth, std::size_t& room) const {
  Names out;
  if (depth >= most_part_levels) return out;
  for (const auto& child : owner.children) {
    if (child->name != "itemComponent" || room == 0) continue;
    --room;
    const auto type = type_of(*child);
    Names inner;
    if (!is_collection(*child)) {
      const Element* item = child.get();
      for (int hops = 0; hops < most_hops && item != nullptr && item->child("itemComponent") == nullptr; ++hops)
        item = find(type_of(*item));
      if (item != nullptr && !is_collection(*item)) inner = parts_of(*item, depth + 1, room);
    }
    out.emplace_back(child->attribute("name"), is_collection(*child) ? std::string() : base(type), std::move(inner));
  }
  return out;
}

}  // namespace socle::rules::dmn
