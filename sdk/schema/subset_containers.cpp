// subset_containers.cpp: members of objects and elements of arrays.
#include <algorithm>

#include "subset.hpp"

namespace socle::schema {

bool Subset::shape_holds(const Facts& facts, const Node& node, const Shape& shape) {
  bool holds = true;
  for (const Property& property : shape.properties) {
    if (property.required && !facts.required.contains(property.name())) {
      note(node, "required", "the writer may leave out '" + std::string(property.name()) + "'");
      holds = false;
    }
    if (property.node != no_node && !descend(facts.at_member(writer_, property.name()), property.node)) holds = false;
    if (!holds && quiet_ > 0) return false;
  }
  for (const auto& entry : shape.patterns) holds = pattern_holds(facts, entry) && holds;
  if (shape.additional != no_node && !additional_holds(facts, shape)) {
    note(node, "additionalProperties", "the writer may write members that are not accepted");
    holds = false;
  }
  return holds;
}

bool Subset::pattern_holds(const Facts& facts, const Shape::ByPattern& entry) {
  const Pattern& pattern = reader_.patterns[entry.pattern];
  Nodes same;
  for (const Shape* own : facts.shapes)
    for (const auto& other : own->patterns)
      if (writer_.patterns[other.pattern].source() == pattern.source()) same.push_back(other.node);
  if (!same.empty() && descend(same, entry.node)) return true;
  for (const Shape* own : facts.shapes) {
    for (const Property& property : own->properties)
      if (pattern.match(property.name()) != Pattern::Match::no &&
          !descend(facts.at_member(writer_, property.name()), entry.node))
        return false;
    for (const auto& other : own->patterns)
      if (!descend({other.node}, entry.node)) return false;
  }
  return descend(facts.at_other_members(), entry.node, type_bit::all);
}

// Every member of the writer that the reader has no other rule for.
bool Subset::additional_holds(const Facts& facts, const Shape& shape) {
  const auto covered = [&](std::string_view name) {
    const bool named = std::any_of(shape.properties.begin(), shape.properties.end(), [&](const Property& property) {
      return property.node != no_node && property.name() == name;
    });
    return named || std::any_of(shape.patterns.begin(), shape.patterns.end(), [&](const auto& entry) {
             return reader_.patterns[entry.pattern].match(name) == Pattern::Match::yes;
           });
  };
  const auto same_pattern = [&](const Shape::ByPattern& own) {
    return std::any_of(shape.patterns.begin(), shape.patterns.end(), [&](const auto& entry) {
      return reader_.patterns[entry.pattern].source() == writer_.patterns[own.pattern].source();
    });
  };
  bool closed = false;  // some conjunct of the writer allows nothing but what it names
  Nodes rest;
  for (const Shape* own : facts.shapes) {
    for (const Property& property : own->properties)
      if (!covered(property.name()) && !descend(facts.at_member(writer_, property.name()), shape.additional))
        return false;
    for (const auto& entry : own->patterns)
      if (!same_pattern(entry) && !descend({entry.node}, shape.additional)) return false;
    if (own->additional == no_node) continue;
    // Members that match one of this shape's patterns were judged just now; all others get its `additional`.
    closed = closed || Facts::of(writer_, {own->additional}).never;
    if (own->patterns.empty() || facts.shapes.size() == 1) rest.push_back(own->additional);
  }
  return closed || descend(rest, shape.additional, type_bit::all);
}

bool Subset::elements_hold(const Facts& facts, const Op& op) {
  std::size_t longest = 0;
  for (const auto& entry : facts.elements) longest = std::max(longest, entry.prefix.size());
  const auto holds = [&](std::size_t index, std::uint32_t goal) {
    return index >= facts.max_items || descend(facts.at_element(index), goal, type_bit::all);
  };
  // An element that can never be there ends the array before it.
  const auto ends_before = [&](std::size_t index) {
    for (std::size_t i = 0; i <= index && i <= longest; ++i)
      if (Facts::of(writer_, facts.at_element(i)).never) return true;
    return false;
  };
  if (op.code == OpCode::prefix_items) {
    for (std::uint32_t i = 0; i < op.b; ++i)
      if (!ends_before(i) && !holds(i, reader_.children[op.a + i])) return false;
    return true;
  }
  for (std::size_t i = op.b; i < longest; ++i)
    if (!ends_before(i) && !holds(i, op.a)) return false;
  const std::size_t after = std::max<std::size_t>(longest, op.b);
  return ends_before(after) || holds(after, op.a);
}

bool Subset::contains_holds(const Facts& facts, const Contains& contains) {
  const bool enough =
      contains.min == 0 || std::any_of(facts.contains.begin(), facts.contains.end(), [&](const Contains* own) {
        return own->min >= contains.min && quietly({own->node}, contains.node, type_bit::all);
      });
  const bool few = contains.max == ~std::uint64_t{0} || facts.max_items <= contains.max ||
                   std::any_of(facts.contains.begin(), facts.contains.end(), [&](const Contains* own) {
                     return own->max <= contains.max && prove_reverse(contains.node, own->node);
                   });
  return enough && few;
}

}  // namespace socle::schema
