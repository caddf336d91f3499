// subset_logic.cpp: the reader's references, alternatives, negations, conditions and dependencies.
#include <algorithm>
#include <span>

#include "subset.hpp"

namespace socle::schema {

bool Subset::logic_op_holds(const Facts& facts, const Nodes& writer, const Node& node, const Op& op) {
  const auto children = [&] { return std::span(reader_.children).subspan(op.a, op.b); };
  const auto missed = [&](const std::string& message) {
    note(node, reader_.keywords[op.keyword], message);
    return false;
  };
  switch (op.code) {
    case OpCode::reference: return prove(writer, op.a, facts.types);
    case OpCode::all_of: {
      bool all = true;
      for (const std::uint32_t child : children()) all = prove(writer, child, facts.types) && all;
      return all;
    }
    case OpCode::any_of:
      for (const std::uint32_t child : children())
        if (quietly(writer, child, facts.types)) return true;
      return missed("none of the alternatives accepts all that the writer may write");
    case OpCode::one_of:
      return one_of_holds(facts, writer, op) ||
             missed("not provably exactly one of the alternatives accepts what the writer may write");
    case OpCode::negation: {
      if ((Facts::of(reader_, {op.a}).types & facts.types) == 0 || Facts::of(reader_, {op.a}).never) return true;
      const bool known = std::any_of(facts.negations.begin(), facts.negations.end(),
                                     [&](std::uint32_t other) { return prove_reverse(op.a, other); });
      return known || missed("the writer does not exclude it");
    }
    case OpCode::condition:
      return condition_holds(facts, writer, reader_.conditions[op.a]) ||
             missed("the writer does not guarantee both ways");
    case OpCode::dependent_required:
    case OpCode::dependent_schemas:
      return dependencies_hold(facts, writer, op) || missed("the writer does not guarantee it");
    default: return missed("cannot be compared");
  }
}

bool Subset::prove_reverse(std::uint32_t reader, std::uint32_t writer) {
  if (work_ > 5000 || depth_ > 30) return false;
  Subset other(reader_, writer_);
  other.quiet_ = 1;
  other.depth_ = depth_ + 10;
  other.work_ = work_ + 100;
  const bool proved = other.prove({reader}, writer, type_bit::all);
  work_ = other.work_;
  return proved;
}

bool Subset::equivalent(std::uint32_t writer, std::uint32_t reader) {
  return quietly({writer}, reader, type_bit::all) && prove_reverse(reader, writer);
}

bool Subset::one_of_holds(const Facts& facts, const Nodes& writer, const Op& op) {
  const auto children = std::span(reader_.children).subspan(op.a, op.b);
  // The same alternatives, in any order.
  for (const Op* choice : facts.choices) {
    if (choice->code != OpCode::one_of || choice->b != op.b) continue;
    std::vector<bool> used(op.b, false);
    std::uint32_t paired = 0;
    for (std::uint32_t i = 0; i < op.b; ++i) {
      for (std::uint32_t j = 0; j < op.b; ++j) {
        if (used[j] || !equivalent(writer_.children[choice->a + i], children[j])) continue;
        used[j] = true;
        ++paired;
        break;
      }
    }
    if (paired == op.b) return true;
  }
  // One accepts everything, and the others have no type in common with the writer.
  std::uint32_t accepting = 0;
  for (std::uint32_t i = 0; i < op.b; ++i) {
    const Facts branch = Facts::of(reader_, {children[i]});
    if (branch.never || (branch.types & facts.types) == 0) continue;
    if (++accepting > 1 || !quietly(writer, children[i], facts.types)) return false;
  }
  return accepting == 1;
}

bool Subset::condition_holds(const Facts& facts, const Nodes& writer, const Condition& condition) {
  const auto holds = [&](std::uint32_t extra, std::uint32_t goal) {
    if (goal == no_node) return true;
    Nodes more = writer;
    if (extra != no_node) more.push_back(extra);
    return quietly(more, goal, facts.types);
  };
  if (holds(no_node, condition.then) && holds(no_node, condition.otherwise)) return true;
  return std::any_of(facts.conditions.begin(), facts.conditions.end(), [&](const Condition* own) {
    return equivalent(own->test, condition.test) && holds(own->then, condition.then) &&
           holds(own->otherwise, condition.otherwise);
  });
}

bool Subset::dependencies_hold(const Facts& facts, const Nodes& writer, const Op& op) {
  for (std::uint32_t i = op.a; i < op.a + op.b; ++i) {
    const Dependency& wanted = reader_.dependencies[i];
    if (Facts::of(writer_, facts.at_member(writer_, wanted.key)).never) continue;  // the member cannot be there
    Nodes more = writer;
    std::set<std::string_view> sure = facts.required;
    for (const Dependency* own : facts.dependencies) {
      if (own->key != wanted.key) continue;
      if (own->node != no_node) more.push_back(own->node);
      sure.insert(own->required.begin(), own->required.end());
    }
    sure.insert(wanted.key);
    if (wanted.node != no_node && !quietly(more, wanted.node, type_bit::object)) return false;
    if (!std::all_of(wanted.required.begin(), wanted.required.end(),
                     [&](std::string_view name) { return sure.contains(name); }))
      return false;
  }
  return true;
}

}  // namespace socle::schema
