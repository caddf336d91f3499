// machine.cpp: the dispatch. One translation unit instantiates both machines, so that the silent one inlines across the
// parts below; they are separate files for readers only.
#include "machine.hpp"

#include <array>

#include "machine_array.ipp"
#include "machine_logic.ipp"
#include "machine_object.ipp"
#include "machine_values.ipp"

namespace socle::schema {

namespace {
constexpr std::array<std::uint8_t, 16> kind_bits{0,
                                                 type_bit::null,
                                                 type_bit::boolean,
                                                 type_bit::integer,
                                                 type_bit::integer,
                                                 type_bit::fraction,
                                                 type_bit::string,
                                                 type_bit::array,
                                                 type_bit::object};
}  // namespace

template <class Trace>
bool Machine<Trace>::spend(std::uint64_t steps) {
  if (steps_left_ < steps)
    return stop("it needs more steps than its limit of " + std::to_string(program_.limits.steps));
  steps_left_ -= steps;
  return true;
}

template <class Trace>
bool Machine<Trace>::stop(std::string_view what) {
  if constexpr (Trace::records) trace_.mark_limited(what);
  stopped_ = true;
  return false;
}

template <class Trace>
[[gnu::always_inline]] inline bool Machine<Trace>::match(std::uint32_t pattern, std::string_view text) {
  const auto found = program_.patterns[pattern].match(text);
  if (found == Pattern::Match::limit)
    return stop("the pattern '" + program_.patterns[pattern].source() + "' backtracks too much on this text");
  return found == Pattern::Match::yes;
}

template <class Trace>
[[gnu::always_inline]] inline bool Machine<Trace>::run_leaf(const Node& node, const Op& op, json::View value) {
  switch (op.code) {
    case OpCode::never:
      if constexpr (Trace::records) trace_.never(node);
      return false;
    case OpCode::constant:
    case OpCode::enumeration: return check_enumeration(node, op, value);
    case OpCode::minimum:
    case OpCode::maximum:
    case OpCode::exclusive_minimum:
    case OpCode::exclusive_maximum:
    case OpCode::multiple_of: return check_number(node, op, value);
    case OpCode::min_length:
    case OpCode::max_length: return check_length(node, op, value);
    case OpCode::pattern: return check_pattern(node, op, value);
    case OpCode::format: return check_format(node, op, value);
    case OpCode::content_encoding:
    case OpCode::content_media_type: return check_content(node, op, value);
    case OpCode::min_items:
    case OpCode::max_items:
    case OpCode::min_properties:
    case OpCode::max_properties: return check_size(node, op, value);
    case OpCode::unique_items: return check_unique(node, value);
    default: return true;
  }
}

template <class Trace>
bool Machine<Trace>::eval(std::uint32_t index, json::View value, Marks* marks) {
  return eval_node(program_.nodes[Trace::records ? index : program_.nodes[index].target], value, marks);
}

template <class Trace>
[[gnu::always_inline]] inline bool Machine<Trace>::eval_node(const Node& node, json::View value, Marks* marks) {
  const auto bits = kind_bits[static_cast<std::size_t>(value.kind())];
  if ((node.types & bits) == 0) {
    // A number written with a fraction or exponent may still be integral.
    const bool integral = bits == type_bit::fraction && (node.types & type_bit::integer) != 0 && value.is_integral();
    if (!integral && (!wrong_type(node, value) || !go_on())) return false;
    if (!integral) {
      run_ops(node, value, marks);
      return false;
    }
  }
  if (node.flags == Node::leaf) {
    const Op* op = program_.ops.data() + node.first_op;
    bool holds = true;
    for (std::uint32_t left = node.op_count; left > 0; --left, ++op) {
      if ((op->types & bits) == 0 || run_leaf(node, *op, value)) continue;
      holds = false;
      if (!go_on()) return false;
    }
    return holds;
  }
  if (node.op_count == 0) return true;
  if (steps_left_ <= value.size()) return spend(value.size() + 1);
  steps_left_ -= value.size() + 1;
  if (depth_ >= program_.limits.depth)
    return stop("schemas nest deeper than the limit of " + std::to_string(program_.limits.depth));
  ++depth_;
  const bool holds = node.flags != 0 ? eval_guarded(node, value, marks) : run_ops(node, value, marks);
  --depth_;
  return holds;
}

template <class Trace>
[[gnu::noinline]] bool Machine<Trace>::eval_guarded(const Node& node, json::View value, Marks* marks) {
  const bool enters = (node.flags & Node::in_scope) != 0 && (scope_.empty() || scope_.back() != node.resource);
  if (enters) scope_.push_back(node.resource);
  bool holds = false;
  if ((node.flags & Node::tracks) != 0 && value.size() > 0) {
    Marks own(value.size());
    holds = run_ops(node, value, &own);
    if (holds && marks != nullptr) marks->merge(own);
  } else {
    holds = run_ops(node, value, marks);
  }
  if (enters) scope_.pop_back();
  return holds;
}

template <class Trace>
bool Machine<Trace>::run_ops(const Node& node, json::View value, Marks* marks) {
  const auto bits = kind_bits[static_cast<std::size_t>(value.kind())];
  const Op* op = program_.ops.data() + node.first_op;
  const Op* const end = op + node.op_count;
  bool holds = true;
  for (; op != end; ++op) {
    if ((op->types & bits) == 0 || run_op(node, *op, value, marks)) continue;
    holds = false;
    if (!go_on()) return false;
  }
  return holds;
}

template <class Trace>
bool Machine<Trace>::run_op(const Node& node, const Op& op, json::View value, Marks* marks) {
  switch (op.code) {
    case OpCode::shape: return run_shape(node, op, value, marks);
    case OpCode::property_names: return run_names(op, value);
    case OpCode::dependent_required:
    case OpCode::dependent_schemas: return run_dependencies(node, op, value, marks);
    case OpCode::prefix_items: return run_prefix(op, value, marks);
    case OpCode::items: return run_items(op, value, marks);
    case OpCode::contains: return run_contains(node, op, value, marks);
    case OpCode::reference:
      if constexpr (Trace::records) {
        const Recorder::Step step(trace_, keyword(op));
        return eval(op.a, value, marks);
      }
      return eval(op.a, value, marks);
    case OpCode::dynamic_reference: return run_dynamic(node, op, value, marks);
    case OpCode::all_of:
    case OpCode::any_of:
    case OpCode::one_of:
    case OpCode::negation: return run_list(node, op, value, marks);
    case OpCode::condition: return run_condition(op, value, marks);
    case OpCode::unevaluated_items:
    case OpCode::unevaluated_properties: return run_unevaluated(node, op, value, marks);
    default: return run_leaf(node, op, value);
  }
}

template <class Trace>
bool Machine<Trace>::eval_branch(std::uint32_t index, json::View value, Marks* marks) {
  if (marks == nullptr || value.size() == 0) return eval(index, value, marks);
  Marks own(value.size());
  const bool holds = eval(index, value, &own);
  if (holds) marks->merge(own);
  return holds;
}

template <class Trace>
bool Machine<Trace>::eval_quietly(std::uint32_t index, json::View value, Marks* marks) {
  if constexpr (Trace::records) {
    const std::size_t position = trace_.position();
    const bool holds = eval_branch(index, value, marks);
    if (!stopped_) trace_.rewind(position);
    return holds;
  }
  return eval_branch(index, value, marks);
}

template class Machine<Silent>;
template class Machine<Recorder>;

}  // namespace socle::schema
