// result_groups.cpp: see the header. Kinds must be the same because equality goes by way of doubles where they differ:
// beyond 2^53 two whole numbers may both equal a third value without being equal.
#include "table/result_groups.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "table/analysis.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

bool alike(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  const bool list = a.is(Kind::list);
  if (!list && !a.is(Kind::map)) return cel::equal(a, b);
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    Value other;
    if (list)
      other = b.at(i);
    else if (!b.find(a.key_at(i), other))
      return false;
    if (!alike(a.at(i), other)) return false;
  }
  return true;
}

}  // namespace

std::vector<std::uint32_t> result_groups(const std::vector<CompiledRow>& rows) {
  std::vector<std::uint32_t> out;
  out.reserve(rows.size());
  std::unordered_map<std::uint64_t, std::vector<std::pair<const Value*, std::uint32_t>>> known;
  std::uint32_t next = 0;
  for (const auto& row : rows) {
    if (!row.result) {
      out.push_back(no_group);
      continue;
    }
    auto& same_hash = known[cel::hash(*row.result)];
    const auto at = std::find_if(same_hash.begin(), same_hash.end(),
                                 [&](const auto& one) { return alike(*one.first, *row.result); });
    if (at != same_hash.end()) {
      out.push_back(at->second);
      continue;
    }
    same_hash.emplace_back(&*row.result, next);
    out.push_back(next++);
  }
  return out;
}

}  // namespace socle::rules
