// bounds.cpp: follows the pointer through the facts of the schemas that hold at each step; alternatives (anyOf, oneOf)
// are joined, so that a bound which every alternative keeps is found too.
#include "socle/schema/bounds.hpp"

#include <algorithm>

#include "facts.hpp"
#include "socle/json/pointer.hpp"

namespace socle::schema {

namespace {

using Nodes = std::vector<std::uint32_t>;
constexpr int max_alternatives = 3;  // alternatives inside one another that are looked into

struct Part {
  std::uint8_t types = type_bit::all;
  std::uint64_t max_length = ~std::uint64_t{0};
  std::uint64_t max_items = ~std::uint64_t{0};
  std::uint64_t max_properties = ~std::uint64_t{0};
};

Part join(const Part& a, const Part& b) {
  const auto looser = [](std::uint64_t x, bool x_counts, std::uint64_t y, bool y_counts) {
    return std::max(x_counts ? x : 0, y_counts ? y : 0);
  };
  const auto has = [](const Part& part, std::uint8_t bit) { return (part.types & bit) != 0; };
  return {static_cast<std::uint8_t>(a.types | b.types),
          looser(a.max_length, has(a, type_bit::string), b.max_length, has(b, type_bit::string)),
          looser(a.max_items, has(a, type_bit::array), b.max_items, has(b, type_bit::array)),
          looser(a.max_properties, has(a, type_bit::object), b.max_properties, has(b, type_bit::object))};
}

Part meet(const Part& a, const Part& b) {
  return {static_cast<std::uint8_t>(a.types & b.types), std::min(a.max_length, b.max_length),
          std::min(a.max_items, b.max_items), std::min(a.max_properties, b.max_properties)};
}

void add_values(Part& part, const Facts& facts) {
  for (const Enumeration* values : facts.enums) {
    Part listed{0, 0, 0, 0};
    for (const json::View value : values->values) {
      if (value.is_string()) {
        listed.types |= type_bit::string;
        listed.max_length = std::max<std::uint64_t>(listed.max_length, value.as_string().size());
      } else if (value.is_array()) {
        listed.types |= type_bit::array;
        listed.max_items = std::max<std::uint64_t>(listed.max_items, value.size());
      } else if (value.is_object()) {
        listed.types |= type_bit::object;
        listed.max_properties = std::max<std::uint64_t>(listed.max_properties, value.size());
      } else if (value.is_number()) {
        listed.types |= value.is_integral() ? type_bit::integer : type_bit::fraction;
      } else {
        listed.types |= value.is_null() ? type_bit::null : type_bit::boolean;
      }
    }
    part = meet(part, listed);
  }
}

Part part_of(const Program& program, const Nodes& nodes, int depth) {
  const Facts facts = Facts::of(program, nodes);
  Part part{facts.never ? std::uint8_t{0} : facts.types, facts.max_length, facts.max_items, facts.max_properties};
  add_values(part, facts);
  for (const Op* choice : facts.choices) {
    if (depth >= max_alternatives) break;
    Part any{0, 0, 0, 0};
    for (std::uint32_t i = 0; i < choice->b; ++i)
      any = join(any, part_of(program, {program.children[choice->a + i]}, depth + 1));
    part = meet(part, any);
  }
  return part;
}

}  // namespace

Result<Bounds> bounds(const Schema& schema, std::string_view pointer) {
  const auto parsed = json::Pointer::parse(pointer);
  if (!parsed) return parsed.error();
  const Program& program = schema.program();
  Nodes nodes{program.root};
  Bounds out;
  out.can_be_absent = false;
  for (const std::string& token : parsed->tokens()) {
    const Facts facts = Facts::of(program, nodes);
    const bool only_objects = facts.types == type_bit::object;
    const bool element = facts.types == type_bit::array ||
                         (!only_objects && (token == "*" || json::array_index(token) != json::View::none));
    if (element) {
      const std::size_t index = token == "*" ? json::View::none : json::array_index(token);
      // Only what holds for an element holds when the value can be an object as well.
      nodes =
          facts.types == type_bit::array || (facts.types & type_bit::object) == 0 ? facts.at_element(index) : Nodes{};
      // "*" is any element, so positions of their own say nothing for all.
      const bool positions = std::any_of(facts.elements.begin(), facts.elements.end(),
                                         [](const auto& entry) { return !entry.prefix.empty(); });
      if (token == "*" && positions) nodes.clear();
      out.can_be_absent |= index >= facts.min_items || facts.types != type_bit::array;
    } else {
      nodes = token == "*" ? facts.at_other_members() : facts.at_member(program, token);
      out.can_be_absent |= !only_objects || !facts.required.contains(token);
    }
  }
  const Part part = part_of(program, nodes, 0);
  out.null = (part.types & type_bit::null) != 0;
  out.boolean = (part.types & type_bit::boolean) != 0;
  out.integer = (part.types & type_bit::integer) != 0;
  out.number = (part.types & type_bit::number) != 0;
  out.string = (part.types & type_bit::string) != 0;
  out.array = (part.types & type_bit::array) != 0;
  out.object = (part.types & type_bit::object) != 0;
  const auto known = [](std::uint64_t limit) {
    return limit == ~std::uint64_t{0} ? std::nullopt : std::optional(limit);
  };
  if (out.string) out.max_length = known(part.max_length);
  if (out.array) out.max_items = known(part.max_items);
  if (out.object) out.max_properties = known(part.max_properties);
  return out;
}

}  // namespace socle::schema
