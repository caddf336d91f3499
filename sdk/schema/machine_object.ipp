// machine_object.ipp: objects. Part of machine.cpp. Two ways through a shape: when every member must be looked at
// (additional, patterns, marks) the members are scanned, with the schema's own order as the first guess for each key;
// otherwise the schema's properties are looked up in the instance's index, so that cost follows the smaller side.
#pragma once

#include "machine.hpp"

namespace socle::schema {

namespace detail {

// Both texts are zero-padded to 8 bytes.
inline bool same_key(const Property& property, std::string_view key) {
  if (property.size != key.size()) return false;
  for (std::size_t i = 0; i < property.size; i += 8)
    if (json::layout::load64(property.key + i) != json::layout::load64(key.data() + i)) return false;
  return true;
}

// A member's name as a value of its own: names lie in the document as strings do.
inline json::View key_as_value(json::View object, std::string_view name) {
  return {object.base(), json::layout::word(json::layout::Tag::string,
                                            static_cast<std::size_t>(name.data() - object.base()), name.size())};
}

inline const Property* find_property(const Shape& shape, json::Key key) {
  const auto probe = [&](const auto& slots) -> const Property* {
    const std::size_t mask = slots.size() - 1;
    for (std::size_t slot = key.hash() & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
      const Property& property = shape.properties[slots[slot] - 1U];
      if (property.hash == key.hash() && same_key(property, key.text())) return &property;
    }
    return nullptr;
  };
  if (!shape.slots.empty()) return probe(shape.slots);
  return shape.large_slots.empty() ? nullptr : probe(shape.large_slots);
}

}  // namespace detail

template <class Trace>
bool Machine<Trace>::run_shape(const Node& node, const Op& op, json::View value, Marks* marks) {
  const Shape& shape = program_.shapes[op.a];
  if (shape.additional != no_node || !shape.patterns.empty() || marks != nullptr ||
      shape.properties.size() > value.size())
    return scan_members(node, shape, value, marks);
  return find_properties(node, shape, value, marks);
}

template <class Trace>
[[gnu::always_inline]] inline bool Machine<Trace>::eval_property(const Property& property, json::View member) {
  if constexpr (Trace::records) {
    const Recorder::Step step(trace_, "properties", property.name());
    const Recorder::Child child(trace_, property.name());
    return eval(property.node, member, nullptr);
  }
  return eval_node(program_.nodes[property.target], member, nullptr);
}

template <class Trace>
bool Machine<Trace>::find_properties(const Node& node, const Shape& shape, json::View value, Marks*) {
  bool holds = true;
  std::uint32_t present = 0;
  for (const Property& property : shape.properties) {
    const std::size_t at = value.member_index(json::Key(property.name(), property.hash));
    if (at == json::View::none) continue;
    present += property.required ? 1 : 0;
    if (property.node == no_node || eval_property(property, value.value_at(at))) continue;
    holds = false;
    if (!go_on()) return false;
  }
  return present == shape.required ? holds : missing(node, shape, value);
}

template <class Trace>
bool Machine<Trace>::scan_members(const Node& node, const Shape& shape, json::View value, Marks* marks) {
  bool holds = true;
  std::uint32_t present = 0;
  const Property* guess = shape.properties.data();
  const Property* const end = guess + shape.properties.size();
  const bool plain = shape.patterns.empty() && marks == nullptr;
  std::size_t i = 0;
  for (const auto [key, member] : value.members()) {
    const std::size_t at = i++;
    const Property* property =
        guess != end && detail::same_key(*guess, key) ? guess : detail::find_property(shape, value.key_at(at));
    bool good = true;
    bool known = false;
    if (property != nullptr) {
      guess = property + 1;
      present += property->required ? 1 : 0;
      known = property->node != no_node;
      if (known) good = eval_property(*property, member);
      if (known && good && plain) continue;
    }
    if (!shape.patterns.empty()) good = by_pattern(shape, key, member, known) && good;
    if (stopped_) return false;
    if (!known && shape.additional != no_node) {
      known = true;
      if constexpr (Trace::records) {
        const Recorder::Step step(trace_, "additionalProperties");
        const Recorder::Child child(trace_, key);
        good = eval(shape.additional, member, nullptr) && good;
      } else {
        good = good && eval(shape.additional, member, nullptr);
      }
    }
    if (known && marks != nullptr) marks->set(at);
    if (good) continue;
    holds = false;
    if (!go_on()) return false;
  }
  return present == shape.required ? holds : missing(node, shape, value);
}

template <class Trace>
bool Machine<Trace>::by_pattern(const Shape& shape, std::string_view key, json::View member, bool& matched) {
  bool holds = true;
  for (const Shape::ByPattern& entry : shape.patterns) {
    if (!match(entry.pattern, key)) {
      if (stopped_) return false;
      continue;
    }
    matched = true;
    if constexpr (Trace::records) {
      const Recorder::Step step(trace_, "patternProperties", program_.patterns[entry.pattern].source());
      const Recorder::Child child(trace_, key);
      holds = eval(entry.node, member, nullptr) && holds;
    } else {
      holds = eval(entry.node, member, nullptr);
    }
    if (!holds && !go_on()) return false;
  }
  return holds;
}

template <class Trace>
bool Machine<Trace>::missing(const Node& node, const Shape& shape, json::View value) {
  if constexpr (Trace::records) {
    for (const Property& property : shape.properties) {
      if (!property.required || value.member_index(json::Key(property.name(), property.hash)) != json::View::none)
        continue;
      const std::string name(property.name());
      trace_.fault(node, "required", "the member '" + name + "' is missing", {{"member", name}}, &name);
      if (!go_on()) break;
    }
  }
  return false;
}

template <class Trace>
bool Machine<Trace>::run_names(const Op& op, json::View value) {
  bool holds = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string_view name = value.key_at(i).text();
    const json::View text = detail::key_as_value(value, name);
    if constexpr (Trace::records) {
      const Recorder::Step step(trace_, "propertyNames");
      const Recorder::Child child(trace_, name);
      if (eval(op.a, text, nullptr)) continue;
    } else {
      if (eval(op.a, text, nullptr)) continue;
    }
    holds = false;
    if (!go_on()) return false;
  }
  return holds;
}

template <class Trace>
bool Machine<Trace>::run_dependencies(const Node& node, const Op& op, json::View value, Marks* marks) {
  bool holds = true;
  for (std::uint32_t i = op.a; i < op.a + op.b; ++i) {
    const Dependency& dependency = program_.dependencies[i];
    if (value.member_index(json::Key(dependency.key, dependency.hash)) == json::View::none) continue;
    bool good = true;
    if (op.code == OpCode::dependent_schemas) {
      if constexpr (Trace::records) {
        const Recorder::Step step(trace_, keyword(op), dependency.key);
        good = eval(dependency.node, value, marks);
      } else {
        good = eval(dependency.node, value, marks);
      }
    }
    for (const std::string_view name : dependency.required) {
      if (value.find(name)) continue;
      good = false;
      if constexpr (Trace::records) {
        const std::string wanted(name);
        trace_.fault(node, keyword(op),
                     "the member '" + wanted + "' must be there because '" + std::string(dependency.key) + "' is",
                     {{"member", wanted}, {"because", std::string(dependency.key)}}, &wanted);
      }
      if (!go_on()) return false;
    }
    if (good) continue;
    holds = false;
    if (!go_on()) return false;
  }
  return holds;
}

template <class Trace>
bool Machine<Trace>::run_unevaluated(const Node&, const Op& op, json::View value, Marks* marks) {
  if (marks == nullptr) return true;  // only an empty container has none, see eval_guarded
  bool holds = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (marks->has(i)) continue;
    bool good = false;
    if constexpr (Trace::records) {
      const Recorder::Step step(trace_, keyword(op));
      if (value.is_array()) {
        const Recorder::Child child(trace_, i);
        good = eval(op.a, value.at(i), nullptr);
      } else {
        const Recorder::Child child(trace_, value.key_at(i).text());
        good = eval(op.a, value.value_at(i), nullptr);
      }
    } else {
      good = eval(op.a, value.is_array() ? value.at(i) : value.value_at(i), nullptr);
    }
    if (good) continue;
    holds = false;
    if (!go_on()) return false;
  }
  marks->set_all();
  return holds;
}

}  // namespace socle::schema
