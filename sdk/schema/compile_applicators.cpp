// compile_applicators.cpp: the keywords that apply subschemas: references, logic, objects, arrays and unevaluated*.
#include <algorithm>
#include <bit>

#include "compiler.hpp"
#include "socle/json/pointer.hpp"

namespace socle::schema {

namespace {

bool is_text(json::View view) { return view.is_string(); }
bool is_list(json::View view) { return view.is_array(); }
bool is_map(json::View view) { return view.is_object(); }
bool is_any(json::View) { return true; }
bool is_count(json::View view) { return view.is_integral() && view.number_text().front() != '-'; }

std::string escaped(std::string_view keyword, std::string_view name) {
  std::string relative = "/" + std::string(keyword) + "/";
  json::append_escaped(relative, name);
  return relative;
}

}  // namespace

std::uint32_t Compiler::subschema(Frame& frame, const std::string& relative, json::View view) {
  if (failed()) return 0;
  return compile_place(resources_.child(frame.place, relative, view));
}

void Compiler::compile_references(Frame& frame) {
  const auto follow = [&](std::string_view keyword) -> std::optional<Place> {
    const json::View value = expect(frame, keyword, is_text, "a URI reference");
    if (!value || failed()) return std::nullopt;
    auto place = resources_.follow(frame.place, value.as_string());
    if (place) return *place;
    fail(place.error().code, frame.place, "/" + std::string(keyword), place.error().message);
    return std::nullopt;
  };
  if (const auto place = follow("$ref")) add(frame, OpCode::reference, "$ref", type_bit::all, compile_place(*place));
  const bool recursive = frame.rules->draft == Draft::draft2019_09;
  if (!recursive && frame.rules->draft != Draft::draft2020_12) return;
  const std::string_view keyword = recursive ? "$recursiveRef" : "$dynamicRef";
  const auto place = follow(keyword);
  if (!place) return;
  // Dynamic only if what it leads to statically is itself a dynamic anchor of that name.
  const std::string_view reference = frame.place.view.find(keyword).as_string();
  const auto hash = reference.find('#');
  const std::string name =
      recursive || hash == std::string_view::npos ? "" : percent_decode(reference.substr(hash + 1));
  const auto& anchors = resources_.all()[place->resource].anchors;
  const auto anchor = anchors.find(name);
  const bool dynamic = anchor != anchors.end() && anchor->second.dynamic && anchor->second.pointer == place->pointer &&
                       (recursive || !name.empty());
  const std::uint32_t node = compile_place(*place);
  if (!dynamic) {
    add(frame, OpCode::reference, keyword, type_bit::all, node);
    return;
  }
  program_.has_dynamic = true;
  const auto number = dynamic_names_.try_emplace(name, static_cast<std::uint32_t>(dynamic_names_.size())).first->second;
  add(frame, OpCode::dynamic_reference, keyword, type_bit::all, node, number);
}

void Compiler::schema_list(Frame& frame, std::string_view keyword, OpCode code, std::uint8_t types) {
  const json::View list = expect(frame, keyword, is_list, "an array of schemas");
  if (!list) return;
  std::vector<std::uint32_t> nodes;
  for (std::size_t i = 0; i < list.size() && !failed(); ++i)
    nodes.push_back(subschema(frame, "/" + std::string(keyword) + "/" + std::to_string(i), list.at(i)));
  add(frame, code, keyword, types, static_cast<std::uint32_t>(program_.children.size()),
      static_cast<std::uint32_t>(nodes.size()));
  program_.children.insert(program_.children.end(), nodes.begin(), nodes.end());
}

void Compiler::compile_logic(Frame& frame) {
  schema_list(frame, "allOf", OpCode::all_of, type_bit::all);
  schema_list(frame, "anyOf", OpCode::any_of, type_bit::all);
  schema_list(frame, "oneOf", OpCode::one_of, type_bit::all);
  if (const json::View view = expect(frame, "not", is_any, ""))
    add(frame, OpCode::negation, "not", type_bit::all, subschema(frame, "/not", view));
  const json::View test = frame.place.view.find("if");
  if (!test || frame.rules->draft < Draft::draft7) return;
  Condition condition{subschema(frame, "/if", test), no_node, no_node};
  if (const json::View view = frame.place.view.find("then")) condition.then = subschema(frame, "/then", view);
  if (const json::View view = frame.place.view.find("else")) condition.otherwise = subschema(frame, "/else", view);
  program_.conditions.push_back(condition);
  add(frame, OpCode::condition, "if", type_bit::all, static_cast<std::uint32_t>(program_.conditions.size() - 1));
}

void Compiler::compile_shape(Frame& frame) {
  Shape shape;
  bool used = false;
  if (frame.rules->has(vocabulary::applicator)) {
    if (const json::View map = expect(frame, "properties", is_map, "an object of schemas")) {
      used = shape.has_properties = true;
      for (std::size_t i = 0; i < map.size() && !failed(); ++i) {
        const json::Key key = map.key_at(i);
        const std::uint32_t node = subschema(frame, escaped("properties", key.text()), map.value_at(i));
        shape.properties.push_back(
            {key.text().data(), static_cast<std::uint32_t>(key.text().size()), key.hash(), node, no_node, false});
      }
    }
    if (const json::View map = expect(frame, "patternProperties", is_map, "an object of schemas")) {
      used = true;
      for (const auto [name, view] : map.members()) {
        const std::string relative = escaped("patternProperties", name);
        const std::uint32_t pattern = add_pattern(frame, relative, name);
        shape.patterns.push_back({pattern, subschema(frame, relative, view)});
        if (failed()) return;
      }
    }
    if (const json::View view = frame.place.view.find("additionalProperties")) {
      used = true;
      shape.additional = subschema(frame, "/additionalProperties", view);
    }
    if (const json::View view = frame.place.view.find("propertyNames"); view && frame.rules->draft != Draft::draft4)
      add(frame, OpCode::property_names, "propertyNames", type_bit::object, subschema(frame, "/propertyNames", view));
  }
  if (frame.rules->has(vocabulary::validation)) add_required(frame, shape);
  if (failed() || (!used && shape.required == 0)) return;
  hash_properties(shape);
  program_.shapes.push_back(std::move(shape));
  add(frame, OpCode::shape, "properties", type_bit::object, static_cast<std::uint32_t>(program_.shapes.size() - 1));
}

void Compiler::add_required(Frame& frame, Shape& shape) {
  const json::View list = expect(frame, "required", is_list, "an array of strings");
  std::map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; list && i < shape.properties.size(); ++i) known.emplace(shape.properties[i].name(), i);
  for (const json::View item : list.elements()) {
    if (!item.is_string()) return fail(Code::invalid, frame.place, "/required", "required must hold strings only");
    const std::string_view name = item.as_string();
    const auto [place, fresh] = known.emplace(name, shape.properties.size());
    if (fresh)
      shape.properties.push_back(
          {name.data(), static_cast<std::uint32_t>(name.size()), json::Key(name).hash(), no_node, no_node, false});
    Property& property = shape.properties[place->second];
    if (!property.required) ++shape.required;
    property.required = true;
  }
}

void Compiler::hash_properties(Shape& shape) {
  const std::size_t count = shape.properties.size();
  if (count == 0) return;
  const std::size_t size = std::bit_ceil(count * 2);
  const auto fill = [&](auto& slots) {
    slots.assign(size, 0);
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t slot = shape.properties[i].hash & (size - 1);
      while (slots[slot] != 0) slot = (slot + 1) & (size - 1);
      slots[slot] = static_cast<typename std::decay_t<decltype(slots)>::value_type>(i + 1);
    }
  };
  if (count < 0xFFFF)
    fill(shape.slots);
  else
    fill(shape.large_slots);
}

void Compiler::compile_dependencies(Frame& frame) {
  const auto collect = [&](std::string_view keyword, OpCode code, bool lists, bool schemas) {
    const json::View map = expect(frame, keyword, is_map, "an object");
    std::vector<Dependency> found;
    for (const auto [name, view] : map.members()) {
      Dependency dependency{name, json::Key(name).hash(), no_node, {}};
      if (view.is_array() && lists) {
        for (const json::View item : view.elements()) dependency.required.push_back(item.as_string());
      } else if (schemas && !view.is_array()) {
        dependency.node = subschema(frame, escaped(keyword, name), view);
      } else if (!(lists && schemas)) {
        if (lists)
          fail(Code::invalid, frame.place, escaped(keyword, name),
               std::string(keyword) + " must hold arrays of strings");
        continue;
      }
      if ((dependency.node != no_node) == (code == OpCode::dependent_schemas)) found.push_back(std::move(dependency));
    }
    if (found.empty()) return;
    add(frame, code, keyword, type_bit::object, static_cast<std::uint32_t>(program_.dependencies.size()),
        static_cast<std::uint32_t>(found.size()));
    std::move(found.begin(), found.end(), std::back_inserter(program_.dependencies));
  };
  const bool modern = !frame.rules->old();
  if (modern && frame.rules->has(vocabulary::validation))
    collect("dependentRequired", OpCode::dependent_required, true, false);
  if (!frame.rules->has(vocabulary::applicator)) return;
  if (modern) collect("dependentSchemas", OpCode::dependent_schemas, false, true);
  collect("dependencies", OpCode::dependent_required, true, true);
  collect("dependencies", OpCode::dependent_schemas, true, true);
}

void Compiler::compile_array(Frame& frame) {
  std::uint32_t prefix = 0;
  const bool newest = frame.rules->draft == Draft::draft2020_12;
  const json::View items = frame.place.view.find("items");
  if (newest || items.is_array()) {
    const std::string_view keyword = newest ? "prefixItems" : "items";
    prefix = static_cast<std::uint32_t>(frame.place.view.find(keyword).size());
    schema_list(frame, keyword, OpCode::prefix_items, type_bit::array);
  }
  const std::string_view rest = newest || !items.is_array() ? "items" : "additionalItems";
  if (const json::View view = frame.place.view.find(rest))
    add(frame, OpCode::items, rest, type_bit::array, subschema(frame, "/" + std::string(rest), view), prefix);
  const json::View view = frame.place.view.find("contains");
  if (!view || frame.rules->draft == Draft::draft4) return;
  Contains contains{subschema(frame, "/contains", view), 1, ~std::uint64_t{0}, newest};
  if (!frame.rules->old() && frame.rules->has(vocabulary::validation)) {
    if (const json::View min = expect(frame, "minContains", is_count, "a non-negative integer"))
      contains.min = min.as_uint64().value_or(~std::uint64_t{0});
    if (const json::View max = expect(frame, "maxContains", is_count, "a non-negative integer"))
      contains.max = max.as_uint64().value_or(~std::uint64_t{0});
  }
  program_.contains.push_back(contains);
  add(frame, OpCode::contains, "contains", type_bit::array, static_cast<std::uint32_t>(program_.contains.size() - 1));
}

void Compiler::compile_unevaluated(Frame& frame) {
  if (frame.rules->old()) return;
  if (const json::View view = frame.place.view.find("unevaluatedItems")) {
    add(frame, OpCode::unevaluated_items, "unevaluatedItems", type_bit::array,
        subschema(frame, "/unevaluatedItems", view));
    frame.node.flags |= Node::tracks;
  }
  if (const json::View view = frame.place.view.find("unevaluatedProperties")) {
    add(frame, OpCode::unevaluated_properties, "unevaluatedProperties", type_bit::object,
        subschema(frame, "/unevaluatedProperties", view));
    frame.node.flags |= Node::tracks;
  }
}

}  // namespace socle::schema
