// machine_logic.ipp: allOf, anyOf, oneOf, not, if and $dynamicRef. Part of machine.cpp.
#pragma once

#include "machine.hpp"

namespace socle::schema {

template <class Trace>
bool Machine<Trace>::run_list(const Node& node, const Op& op, json::View value, Marks* marks) {
  if (op.code == OpCode::negation) {
    if (!eval_quietly(op.a, value, nullptr)) return !stopped_;
    if constexpr (Trace::records) trace_.fault(node, "not", "the value matches what is forbidden");
    return false;
  }
  const std::uint32_t* children = program_.children.data() + op.a;
  std::uint32_t held = 0;
  std::size_t position = 0;
  if constexpr (Trace::records) position = trace_.position();
  for (std::uint32_t i = 0; i < op.b; ++i) {
    bool holds = false;
    if constexpr (Trace::records) {
      const Recorder::Step step(trace_, keyword(op), i);
      holds = op.code == OpCode::all_of ? eval(children[i], value, marks) : eval_branch(children[i], value, marks);
    } else {
      holds = op.code == OpCode::all_of ? eval(children[i], value, marks) : eval_branch(children[i], value, marks);
    }
    if (stopped_) return false;
    held += holds ? 1 : 0;
    if (op.code == OpCode::all_of && !holds && !go_on()) return false;
    // Without marks one branch of anyOf, or a second one of oneOf, settles it.
    if (op.code == OpCode::any_of && holds && marks == nullptr) break;
    if (op.code == OpCode::one_of && held > 1 && !go_on()) break;
  }
  const bool good = op.code == OpCode::all_of ? held == op.b : op.code == OpCode::any_of ? held > 0 : held == 1;
  if constexpr (Trace::records) {
    if (op.code == OpCode::all_of) return good;
    if (good || held > 1) trace_.rewind(position);
    if (!good && held > 1) {
      trace_.fault(node, keyword(op),
                   "the value matches more than one of the " + std::to_string(op.b) + " schemas, wanted exactly one",
                   {{"matched", std::to_string(held)}});
    } else if (!good) {
      trace_.fault(node, keyword(op), "the value matches none of the " + std::to_string(op.b) + " schemas",
                   {{"schemas", std::to_string(op.b)}});
      trace_.lift(position);
    }
  }
  return good;
}

template <class Trace>
bool Machine<Trace>::run_dynamic(const Node&, const Op& op, json::View value, Marks* marks) {
  const auto& targets = program_.dynamic_targets[op.b];
  std::uint32_t target = op.a;
  for (const std::uint32_t resource : scope_) {
    if (resource >= targets.size() || targets[resource] == no_node) continue;
    target = targets[resource];
    break;
  }
  if constexpr (Trace::records) {
    const Recorder::Step step(trace_, keyword(op));
    return eval(target, value, marks);
  }
  return eval(target, value, marks);
}

template <class Trace>
bool Machine<Trace>::run_condition(const Op& op, json::View value, Marks* marks) {
  const Condition& condition = program_.conditions[op.a];
  const bool test = eval_quietly(condition.test, value, marks);
  if (stopped_) return false;
  const std::uint32_t next = test ? condition.then : condition.otherwise;
  if (next == no_node) return true;
  if constexpr (Trace::records) {
    const Recorder::Step step(trace_, test ? "then" : "else");
    return eval(next, value, marks);
  }
  return eval(next, value, marks);
}

}  // namespace socle::schema
