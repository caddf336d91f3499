// compiler.cpp: the walk from place to node, and the links that need the whole program.
#include "compiler.hpp"

#include <algorithm>

namespace socle::schema {

namespace {
constexpr int max_depth = 400;
}

Result<std::shared_ptr<const Program>> Compiler::run(json::View document) {
  auto root = resources_.add_root(document);
  if (!root) return std::move(root).error();
  program_.draft = resources_.all()[root->resource].rules.draft;
  program_.limits = options_.limits;
  program_.root = compile_place(*root);
  if (!failed()) link_dynamic();
  if (failed()) return std::move(error_);
  shortcut_references();
  program_.documents = resources_.documents();
  mark_nodes();
  return std::make_shared<const Program>(std::move(program_));
}

void Compiler::fail(Code code, const Place& place, std::string_view relative, const std::string& message) {
  if (failed_) return;
  failed_ = true;
  const std::string pointer = place.pointer + std::string(relative);
  if (place.document == 0) error_pointer_ = pointer;
  Place where = place;
  where.pointer = pointer;
  error_ = Error{code, resources_.location(where) + ": " + message};
}

std::uint32_t Compiler::compile_place(const Place& place) {
  const std::string key = std::to_string(place.document) + "#" + place.pointer;
  const auto [known, fresh] = nodes_.try_emplace(key, static_cast<std::uint32_t>(program_.nodes.size()));
  if (!fresh) return known->second;
  const std::uint32_t index = known->second;
  if (program_.nodes.size() >= options_.limits.schema_nodes) {
    fail(Code::too_large, place, "", "more than " + std::to_string(options_.limits.schema_nodes) + " subschemas");
    return index;
  }
  if (depth_ >= max_depth) {
    fail(Code::too_large, place, "", "schemas and references nest deeper than 400");
    return index;
  }
  program_.nodes.emplace_back();
  ++depth_;
  compile_schema(index, place);
  --depth_;
  return index;
}

void Compiler::compile_schema(std::uint32_t index, const Place& place) {
  const DialectRules rules = resources_.all()[place.resource].rules;
  Frame frame{place, &rules, {}, {}};
  frame.node.resource = place.resource;
  frame.node.target = index;
  frame.node.location = static_cast<std::uint32_t>(program_.locations.size());
  program_.locations.push_back(resources_.location(place));
  if (place.view.is_boolean()) {
    if (!place.view.as_bool()) add(frame, OpCode::never, "", type_bit::all);
  } else if (place.view.is_object()) {
    keywords(frame);
  } else {
    fail(Code::invalid, place, "",
         "a schema must be an object or a boolean, found " + std::string(json::to_string(place.view.kind())));
  }
  if (frame.ops.size() > 0xFFFF) fail(Code::too_large, place, "", "too many keywords in one schema");
  frame.node.first_op = static_cast<std::uint32_t>(program_.ops.size());
  frame.node.op_count = static_cast<std::uint16_t>(frame.ops.size());
  program_.ops.insert(program_.ops.end(), frame.ops.begin(), frame.ops.end());
  program_.nodes[index] = frame.node;
}

// Order of the instructions: cheap refusals first, then what is looked at member by member, then whole subschemas, and
// unevaluated* last, as it needs what the others marked.
void Compiler::keywords(Frame& frame) {
  if (frame.rules->old() && frame.place.view.find("$ref").is_string()) return compile_references(frame);
  if (frame.rules->has(vocabulary::validation)) {
    compile_type(frame);
    compile_enums(frame);
    compile_numbers(frame);
  }
  compile_strings(frame);
  if (frame.rules->has(vocabulary::validation)) compile_counts(frame);
  compile_shape(frame);
  if (frame.rules->has(vocabulary::applicator)) compile_array(frame);
  compile_dependencies(frame);
  compile_references(frame);
  if (frame.rules->has(vocabulary::applicator)) compile_logic(frame);
  if (frame.rules->has(vocabulary::unevaluated)) compile_unevaluated(frame);
}

// For every dynamic name, the schema each resource offers for it. Compiling those may meet new names and resources.
void Compiler::link_dynamic() {
  bool changed = true;
  while (changed && !failed()) {
    changed = false;
    program_.dynamic_targets.resize(dynamic_names_.size());
    for (const auto& [name, number] : dynamic_names_) {
      auto& targets = program_.dynamic_targets[number];
      for (std::uint32_t i = 0; i < resources_.all().size() && !failed(); ++i) {
        if (targets.size() <= i) targets.resize(i + 1, no_node);
        const auto anchor = resources_.all()[i].anchors.find(name);
        if (targets[i] != no_node || anchor == resources_.all()[i].anchors.end() || !anchor->second.dynamic) continue;
        const Place place = resources_.at_anchor(i, anchor->second);
        const std::size_t names = dynamic_names_.size();
        const std::uint32_t node = compile_place(place);
        program_.dynamic_targets[number][i] = node;
        changed = true;
        if (names != dynamic_names_.size()) break;
      }
      if (changed) break;
    }
  }
}

// A schema that is nothing but a $ref is skipped when no fault locations are collected.
void Compiler::shortcut_references() {
  for (Node& node : program_.nodes) {
    const Node* at = &node;
    for (int hops = 0; hops < 32; ++hops) {
      const bool bare = at->op_count == 1 && at->types == type_bit::all && at->flags == 0 &&
                        program_.ops[at->first_op].code == OpCode::reference;
      if (!bare || program_.has_dynamic) break;
      node.target = program_.ops[at->first_op].a;
      at = &program_.nodes[node.target];
    }
  }
}

// What the machine may skip: scopes where no reference is dynamic, depth and steps where no other node is applied.
void Compiler::mark_nodes() {
  for (Node& node : program_.nodes) {
    if (program_.has_dynamic) node.flags |= Node::in_scope;
    const auto first = program_.ops.begin() + node.first_op;
    if (node.flags == 0 &&
        std::none_of(first, first + node.op_count, [](const Op& op) { return op.code >= OpCode::shape; }))
      node.flags = Node::leaf;
  }
  for (Shape& shape : program_.shapes)
    for (Property& property : shape.properties)
      if (property.node != no_node) property.target = program_.nodes[property.node].target;
}

json::View Compiler::expect(Frame& frame, std::string_view keyword, bool (*good)(json::View), std::string_view wanted) {
  const json::View value = frame.place.view.find(keyword);
  if (!value || good(value)) return value;
  fail(Code::invalid, frame.place, "/" + std::string(keyword),
       std::string(keyword) + " must be " + std::string(wanted) + ", found " +
           std::string(json::to_string(value.kind())));
  return {};
}

std::uint16_t Compiler::keyword_number(std::string_view keyword) {
  auto& names = program_.keywords;
  const auto known = std::find(names.begin(), names.end(), keyword);
  if (known != names.end()) return static_cast<std::uint16_t>(known - names.begin());
  names.push_back(keyword);
  return static_cast<std::uint16_t>(names.size() - 1);
}

Op& Compiler::add(Frame& frame, OpCode code, std::string_view keyword, std::uint8_t types, std::uint32_t a,
                  std::uint32_t b) {
  frame.ops.push_back({code, types, keyword_number(keyword), a, b, 0});
  return frame.ops.back();
}

}  // namespace socle::schema
