// linear_matcher.cpp: finds the rows of a pattern tree by multiplying its alternatives out, up to a handful.
#include "linear_matcher.hpp"

#include <algorithm>

namespace socle::schema {

namespace {

constexpr std::size_t max_rows = 6;
constexpr std::size_t max_steps = 48;

struct Step {
  const PatternNode* node;  // a set, begin or end
  std::uint32_t min;
  std::uint32_t max;
};
using Steps = std::vector<Step>;
using Rows = std::vector<Steps>;

Rows product(const Rows& left, const Rows& right) {
  Rows out;
  for (const Steps& a : left) {
    for (const Steps& b : right) {
      out.push_back(a);
      out.back().insert(out.back().end(), b.begin(), b.end());
      if (out.size() > max_rows || out.back().size() > max_steps) return {};
    }
  }
  return out;
}

// No rows: not of this shape.
Rows expand(const PatternTree& tree, std::uint32_t index) {
  const PatternNode& node = tree.nodes[index];
  switch (node.kind) {
    case PatternKind::begin:
    case PatternKind::end: return {{{&node, 1, 1}}};
    case PatternKind::set: return node.set.is_ascii() && !node.set.ranges.empty() ? Rows{{{&node, 1, 1}}} : Rows{};
    case PatternKind::group: return expand(tree, node.children[0]);
    case PatternKind::sequence: {
      Rows rows{{}};
      for (const auto child : node.children) {
        const Rows next = expand(tree, child);
        rows = product(rows, next);
        if (rows.empty()) return {};
      }
      return rows;
    }
    case PatternKind::alternatives: {
      Rows rows;
      for (const auto child : node.children) {
        const Rows next = expand(tree, child);
        if (next.empty() || rows.size() + next.size() > max_rows) return {};
        rows.insert(rows.end(), next.begin(), next.end());
      }
      return rows;
    }
    case PatternKind::repeat: {
      const PatternNode* inner = &tree.nodes[node.children[0]];
      while (inner->kind == PatternKind::group || (inner->kind == PatternKind::sequence && inner->children.size() == 1))
        inner = &tree.nodes[inner->children[0]];
      if (inner->kind == PatternKind::set && inner->set.is_ascii() && !inner->set.ranges.empty())
        return {{{inner, node.min, node.max}}};
      if (node.min == node.max && node.max <= 8) {
        Rows rows{{}};
        for (std::uint32_t i = 0; i < node.min && !rows.empty(); ++i)
          rows = product(rows, expand(tree, node.children[0]));
        return rows;
      }
      if (node.min == 0 && node.max == 1) {
        Rows rows = expand(tree, node.children[0]);
        if (!rows.empty()) rows.push_back({});
        return rows.size() > max_rows ? Rows{} : rows;
      }
      return {};
    }
    default: return {};
  }
}

}  // namespace

std::optional<LinearMatcher> LinearMatcher::build(const PatternTree& tree) {
  if (!tree.regular || tree.properties) return std::nullopt;
  const Rows rows = expand(tree, tree.root);
  if (rows.empty()) return std::nullopt;
  LinearMatcher matcher;
  std::vector<const CharSet*> sets;
  const auto bit_of = [&](const CharSet& set) -> std::uint8_t {
    const auto known = std::find_if(sets.begin(), sets.end(), [&](const CharSet* other) { return *other == set; });
    const auto number = static_cast<std::size_t>(known - sets.begin());
    if (known == sets.end()) sets.push_back(&set);
    return number < 8 ? static_cast<std::uint8_t>(1U << number) : 0;
  };
  for (const Steps& steps : rows) {
    if (steps.size() < 2 || steps.front().node->kind != PatternKind::begin ||
        steps.back().node->kind != PatternKind::end)
      return std::nullopt;
    Row row;
    std::uint64_t longest = 0;
    bool variable = false;
    for (std::size_t i = 1; i + 1 < steps.size(); ++i) {
      const Step& step = steps[i];
      if (step.node->kind != PatternKind::set) return std::nullopt;
      const std::uint8_t bit = bit_of(step.node->set);
      if (bit == 0) return std::nullopt;
      row.min += step.min;
      longest = step.max == PatternNode::unbounded ? SIZE_MAX / 2 : longest + step.max;
      const bool repeats = step.min != step.max || step.min > 8;
      if (repeats && variable) return std::nullopt;
      if (repeats) {
        variable = true;
        row.middle = bit;
        continue;
      }
      for (std::uint32_t n = 0; n < step.min; ++n) {
        const std::size_t at = std::size_t{row.prefix} + row.suffix;
        if (at >= max_fixed) return std::nullopt;
        row.bits[at] = bit;
        ++(variable ? row.suffix : row.prefix);
      }
    }
    row.max = static_cast<std::size_t>(std::min<std::uint64_t>(longest, SIZE_MAX / 2));
    matcher.rows_.push_back(row);
  }
  matcher.outside_.fill(0xFF);
  for (std::size_t i = 0; i < sets.size(); ++i)
    for (const auto& [first, last] : sets[i]->ranges)
      for (char32_t c = first; c <= last; ++c) matcher.outside_[c] &= static_cast<std::uint8_t>(~(1U << i));
  return matcher;
}

}  // namespace socle::schema
