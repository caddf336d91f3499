// facts.cpp: gathering. A node reached through a loop of references adds nothing new, so depth is simply bounded: facts
// left out make a conjunction weaker, which is the safe side.
#include "facts.hpp"

#include <algorithm>

#include "socle/json/decimal.hpp"

namespace socle::schema {

namespace {

constexpr int max_depth = 40;

// The stricter of two bounds; `sign` 1 for lower ones.
void tighten(std::optional<Facts::Bound>& known, Facts::Bound next, int sign) {
  if (!known) {
    known = next;
    return;
  }
  const auto order = json::decimal::compare(next.text, known->text);
  const bool stricter = sign > 0 ? order > 0 : order < 0;
  if (stricter || (order == 0 && next.exclusive)) known = next;
}

}  // namespace

Facts Facts::of(const Program& program, const std::vector<std::uint32_t>& nodes, std::uint8_t types) {
  Facts facts;
  facts.types = types;
  for (const auto node : nodes) facts.add(program, node, 0);
  facts.settle();
  return facts;
}

void Facts::add(const Program& program, std::uint32_t index, int depth) {
  if (depth > max_depth) return;
  const Node& node = program.nodes[index];
  types &= node.types;
  Elements here;
  for (std::uint32_t i = 0; i < node.op_count; ++i) add_op(program, program.ops[node.first_op + i], here, depth);
  if (!here.prefix.empty() || here.rest != no_node) elements.push_back(std::move(here));
}

void Facts::add_op(const Program& program, const Op& op, Elements& here, int depth) {
  const auto count = [&] { return program.counts[op.a]; };
  const auto number = [&] { return program.numbers[op.a].text; };
  switch (op.code) {
    case OpCode::never: never = true; break;
    case OpCode::constant:
    case OpCode::enumeration: enums.push_back(&program.enums[op.a]); break;
    case OpCode::minimum: tighten(lower, {number(), false}, 1); break;
    case OpCode::exclusive_minimum: tighten(lower, {number(), true}, 1); break;
    case OpCode::maximum: tighten(upper, {number(), false}, -1); break;
    case OpCode::exclusive_maximum: tighten(upper, {number(), true}, -1); break;
    case OpCode::multiple_of: multiples.push_back(number()); break;
    case OpCode::min_length: min_length = std::max(min_length, count()); break;
    case OpCode::max_length: max_length = std::min(max_length, count()); break;
    case OpCode::min_items: min_items = std::max(min_items, count()); break;
    case OpCode::max_items: max_items = std::min(max_items, count()); break;
    case OpCode::min_properties: min_properties = std::max(min_properties, count()); break;
    case OpCode::max_properties: max_properties = std::min(max_properties, count()); break;
    case OpCode::unique_items: unique = true; break;
    case OpCode::pattern: patterns.insert(program.patterns[op.a].source()); break;
    case OpCode::format: formats.insert(op.a); break;
    case OpCode::content_encoding: encodings.insert(program.values[op.a].as_string()); break;
    case OpCode::content_media_type: media_types.insert(program.values[op.a].as_string()); break;
    case OpCode::shape:
      shapes.push_back(&program.shapes[op.a]);
      for (const Property& property : program.shapes[op.a].properties)
        if (property.required) required.insert(property.name());
      break;
    case OpCode::property_names: names.push_back(op.a); break;
    case OpCode::dependent_required:
    case OpCode::dependent_schemas:
      for (std::uint32_t i = 0; i < op.b; ++i) dependencies.push_back(&program.dependencies[op.a + i]);
      break;
    case OpCode::prefix_items:
      here.prefix.assign(program.children.begin() + op.a, program.children.begin() + op.a + op.b);
      break;
    case OpCode::items: here.rest = op.a; break;
    case OpCode::contains: contains.push_back(&program.contains[op.a]); break;
    case OpCode::reference: add(program, op.a, depth + 1); break;
    case OpCode::all_of:
      for (std::uint32_t i = 0; i < op.b; ++i) add(program, program.children[op.a + i], depth + 1);
      break;
    case OpCode::any_of:
    case OpCode::one_of: choices.push_back(&op); break;
    case OpCode::negation: negations.push_back(op.a); break;
    case OpCode::condition: conditions.push_back(&program.conditions[op.a]); break;
    // What these guarantee depends on more than this conjunction; leaving it out is the safe side.
    case OpCode::dynamic_reference:
    case OpCode::unevaluated_items:
    case OpCode::unevaluated_properties: break;
  }
}

void Facts::settle() {
  for (const auto divisor : multiples)
    if (json::decimal::is_integer(divisor)) types &= static_cast<std::uint8_t>(~type_bit::fraction);
  const auto drop = [&](std::uint8_t bits) { types &= static_cast<std::uint8_t>(~bits); };
  if (min_length > max_length) drop(type_bit::string);
  if (min_items > max_items) drop(type_bit::array);
  if (min_properties > max_properties) drop(type_bit::object);
  if (lower && upper) {
    const auto order = json::decimal::compare(lower->text, upper->text);
    if (order > 0 || (order == 0 && (lower->exclusive || upper->exclusive))) drop(type_bit::number);
  }
  if (types == 0) never = true;
}

std::vector<std::uint32_t> Facts::at_member(const Program& program, std::string_view name) const {
  std::vector<std::uint32_t> nodes;
  for (const Shape* shape : shapes) {
    bool known = false;
    for (const Property& property : shape->properties) {
      if (property.node == no_node || property.name() != name) continue;
      known = true;
      nodes.push_back(property.node);
    }
    for (const auto& entry : shape->patterns) {
      if (program.patterns[entry.pattern].match(name) != Pattern::Match::yes) continue;
      known = true;
      nodes.push_back(entry.node);
    }
    if (!known && shape->additional != no_node) nodes.push_back(shape->additional);
  }
  return nodes;
}

std::vector<std::uint32_t> Facts::at_other_members() const {
  std::vector<std::uint32_t> nodes;
  for (const Shape* shape : shapes)
    // With patterns a member may be theirs instead, so nothing is certain.
    if (shape->additional != no_node && shape->patterns.empty()) nodes.push_back(shape->additional);
  return nodes;
}

std::vector<std::uint32_t> Facts::at_element(std::size_t index) const {
  std::vector<std::uint32_t> nodes;
  for (const Elements& entry : elements) {
    if (index < entry.prefix.size())
      nodes.push_back(entry.prefix[index]);
    else if (entry.rest != no_node)
      nodes.push_back(entry.rest);
  }
  return nodes;
}

}  // namespace socle::schema
