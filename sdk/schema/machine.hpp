// machine.hpp: runs a Program over an instance. One Machine lives for one validation, on one thread's stack.
//
//   eval(node, value) ── types ──▶ run(ops) ──▶ one case an instruction ──▶ eval(child node, child value) …
//
// The same code serves both traces: Silent stops at the first violation, Recorder goes on and collects. machine.cpp has
// the dispatch, machine_values.ipp what needs no other node, machine_object.ipp, machine_array.ipp and
// machine_logic.ipp the rest; all are one translation unit. A false result with `stopped()` is no verdict: a limit was
// hit, and everything unwinds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "marks.hpp"
#include "program.hpp"
#include "trace.hpp"

namespace socle::schema {

template <class Trace>
class Machine {
 public:
  Machine(const Program& program, Trace& trace) : program_(program), trace_(trace), steps_left_(program.limits.steps) {}

  bool run(json::View instance) { return eval(program_.root, instance, nullptr); }
  // One of the program's schemas by itself.
  bool run_at(std::uint32_t node, json::View value) { return eval(node, value, nullptr); }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  bool eval(std::uint32_t index, json::View value, Marks* marks);
  bool eval_node(const Node& node, json::View value, Marks* marks);
  bool eval_guarded(const Node& node, json::View value, Marks* marks);
  bool run_ops(const Node& node, json::View value, Marks* marks);
  bool run_op(const Node& node, const Op& op, json::View value, Marks* marks);
  bool run_leaf(const Node& node, const Op& op, json::View value);
  // As eval, but what it marks counts only if it holds.
  bool eval_branch(std::uint32_t index, json::View value, Marks* marks);
  // As eval_branch, and no fault of it is reported.
  bool eval_quietly(std::uint32_t index, json::View value, Marks* marks);

  // machine_values.ipp
  bool check_number(const Node& node, const Op& op, json::View value);
  bool check_length(const Node& node, const Op& op, json::View value);
  bool check_pattern(const Node& node, const Op& op, json::View value);
  bool check_format(const Node& node, const Op& op, json::View value);
  bool check_content(const Node& node, const Op& op, json::View value);
  bool check_enumeration(const Node& node, const Op& op, json::View value);
  bool check_size(const Node& node, const Op& op, json::View value);
  [[nodiscard]] bool contains_text(const Enumeration& values, json::View value) const;
  bool wrong_type(const Node& node, json::View value);

  // machine_logic.ipp
  bool run_list(const Node& node, const Op& op, json::View value, Marks* marks);
  bool run_dynamic(const Node& node, const Op& op, json::View value, Marks* marks);
  bool run_condition(const Op& op, json::View value, Marks* marks);

  // machine_object.ipp
  bool run_shape(const Node& node, const Op& op, json::View value, Marks* marks);
  bool scan_members(const Node& node, const Shape& shape, json::View value, Marks* marks);
  bool find_properties(const Node& node, const Shape& shape, json::View value, Marks* marks);
  bool by_pattern(const Shape& shape, std::string_view key, json::View member, bool& matched);
  bool missing(const Node& node, const Shape& shape, json::View value);
  bool eval_property(const Property& property, json::View member);
  bool run_names(const Op& op, json::View value);
  bool run_dependencies(const Node& node, const Op& op, json::View value, Marks* marks);
  bool run_unevaluated(const Node& node, const Op& op, json::View value, Marks* marks);

  // machine_array.ipp
  bool run_items(const Op& op, json::View value, Marks* marks);
  bool run_prefix(const Op& op, json::View value, Marks* marks);
  bool run_contains(const Node& node, const Op& op, json::View value, Marks* marks);
  bool check_unique(const Node& node, json::View value);

  [[nodiscard]] std::string_view keyword(const Op& op) const { return program_.keywords[op.keyword]; }
  bool match(std::uint32_t pattern, std::string_view text);
  bool spend(std::uint64_t steps);
  bool stop(std::string_view what);
  // After a violation: whether to look for more.
  [[nodiscard]] bool go_on() const {
    if constexpr (Trace::records) return trace_.wants_all() && !stopped_;
    return false;
  }

  const Program& program_;
  Trace& trace_;
  std::uint64_t steps_left_;
  std::uint32_t depth_ = 0;
  bool stopped_ = false;
  std::vector<std::uint32_t> scope_;  // resources entered, outermost first; only if the program has dynamic references
};

extern template class Machine<Silent>;
extern template class Machine<Recorder>;

}  // namespace socle::schema
