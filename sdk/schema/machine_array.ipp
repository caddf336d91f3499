// machine_array.ipp: arrays. Part of machine.cpp.
#pragma once

#include <algorithm>
#include <array>

#include "machine.hpp"
#include "socle/json/compare.hpp"

namespace socle::schema {

template <class Trace>
bool Machine<Trace>::run_items(const Op& op, json::View value, Marks* marks) {
  if (!Trace::records && marks == nullptr && op.b == 0) {  // the common case, without a call an element
    const Node& node = program_.nodes[program_.nodes[op.a].target];
    for (const json::View element : value.elements())
      if (!eval_node(node, element, nullptr)) return false;
    return true;
  }
  bool holds = true;
  for (std::size_t i = op.b; i < value.size(); ++i) {
    if (marks != nullptr) marks->set(i);
    if constexpr (Trace::records) {
      const Recorder::Step step(trace_, keyword(op));
      const Recorder::Child child(trace_, i);
      if (eval(op.a, value.at(i), nullptr)) continue;
    } else {
      if (eval(op.a, value.at(i), nullptr)) continue;
    }
    holds = false;
    if (!go_on()) return false;
  }
  return holds;
}

template <class Trace>
bool Machine<Trace>::run_prefix(const Op& op, json::View value, Marks* marks) {
  bool holds = true;
  const std::size_t count = std::min<std::size_t>(op.b, value.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (marks != nullptr) marks->set(i);
    if constexpr (Trace::records) {
      const Recorder::Step step(trace_, keyword(op), i);
      const Recorder::Child child(trace_, i);
      if (eval(program_.children[op.a + i], value.at(i), nullptr)) continue;
    } else {
      if (eval(program_.children[op.a + i], value.at(i), nullptr)) continue;
    }
    holds = false;
    if (!go_on()) return false;
  }
  return holds;
}

template <class Trace>
bool Machine<Trace>::run_contains(const Node& node, const Op& op, json::View value, Marks* marks) {
  const Contains& contains = program_.contains[op.a];
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    // Enough is enough, unless everything that matches must be marked or counted against a maximum.
    if (marks == nullptr && found >= contains.min && contains.max == ~std::uint64_t{0}) break;
    if (!eval_quietly(contains.node, value.at(i), nullptr)) {
      if (stopped_) return false;
      continue;
    }
    ++found;
    if (marks != nullptr && contains.marks) marks->set(i);
  }
  if (found >= contains.min && found <= contains.max) return true;
  if constexpr (Trace::records) {
    const bool few = found < contains.min;
    const std::uint64_t limit = few ? contains.min : contains.max;
    const std::string_view name = !few ? "maxContains" : contains.min == 1 ? "contains" : "minContains";
    trace_.fault(node, name,
                 std::string("must have at ") + (few ? "least " : "most ") + std::to_string(limit) +
                     " matching elements, found " + std::to_string(found),
                 {{"limit", std::to_string(limit)}, {"found", std::to_string(found)}});
  }
  return false;
}

template <class Trace>
bool Machine<Trace>::check_unique(const Node& node, json::View value) {
  struct Entry {
    std::uint64_t hash;
    std::size_t index;
  };
  const std::size_t size = value.size();
  if (size < 2) return true;
  std::array<Entry, 64> few;
  std::vector<Entry> many;
  if (size > few.size()) many.resize(size);
  Entry* const entries = many.empty() ? few.data() : many.data();
  if (!spend(size)) return false;
  for (std::size_t i = 0; i < size; ++i) entries[i] = {json::hash(value.at(i)), i};
  std::sort(entries, entries + size,
            [](const Entry& a, const Entry& b) { return a.hash != b.hash ? a.hash < b.hash : a.index < b.index; });
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = i + 1; j < size && entries[j].hash == entries[i].hash; ++j) {
      if (!spend(1)) return false;
      if (!json::equal(value.at(entries[i].index), value.at(entries[j].index))) continue;
      if constexpr (Trace::records) {
        const std::string first = std::to_string(entries[i].index);
        const std::string second = std::to_string(entries[j].index);
        trace_.fault(node, "uniqueItems", "elements " + first + " and " + second + " are equal",
                     {{"first", first}, {"second", second}}, &second);
      }
      return false;
    }
  }
  return true;
}

}  // namespace socle::schema
