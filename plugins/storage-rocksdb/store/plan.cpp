#include "store/plan.hpp"

#include <algorithm>

#include "contract/bytes.hpp"
#include "contract/key.hpp"

namespace socle::storage {
namespace {

using Op = Predicate::Op;

bool about(const Predicate& leaf, const IndexField& field) {
  return leaf.is_leaf() && leaf.path == field.path && (leaf.op == Op::exists || leaf.type == field.type);
}

bool is_equality(const Predicate& leaf) {
  return leaf.op == Op::eq || (leaf.op == Op::in && leaf.constants.size() == 1);
}

// The part of a field's encodings, as they lie in the index, that a comparison leaves; upper "" means open.
struct Range {
  std::string lower, upper;
  void meet(const std::string& low, const std::string& high) {
    lower = std::max(lower, low);
    if (!high.empty() && (upper.empty() || high < upper)) upper = high;
  }
};

bool narrow(Range& range, const Predicate& leaf, bool descending) {
  std::string point = leaf.op == Op::exists    ? std::string(1, present_tag)
                      : leaf.constants.empty() ? ""
                                               : leaf.constants[0];
  if (descending) invert(point, 0);
  switch (leaf.op) {
    case Op::exists:
    case Op::prefix: range.meet(point, after_prefix(point)); return true;
    case Op::lt: descending ? range.meet(after_prefix(point), "") : range.meet("", point); return true;
    case Op::le: descending ? range.meet(point, "") : range.meet("", after_prefix(point)); return true;
    case Op::gt: descending ? range.meet("", point) : range.meet(after_prefix(point), ""); return true;
    case Op::ge: descending ? range.meet("", after_prefix(point)) : range.meet(point, ""); return true;
    default: return false;
  }
}

// Whether the index fields after the fixed ones are exactly the order asked for, one way or the other.
void match_order(QueryPlan& plan, const std::vector<IndexField>& fields, const QueryRequest& request) {
  std::vector<const OrderField*> wanted;
  for (const auto& order : request.order) {
    const auto end = fields.begin() + static_cast<std::ptrdiff_t>(plan.bound_fields);
    const bool fixed = std::any_of(fields.begin(), end, [&](const IndexField& f) { return f.path == order.path; });
    if (!fixed) wanted.push_back(&order);
  }
  if (wanted.size() != fields.size() - plan.bound_fields) return;
  const bool tail_descending = fields.back().descending;
  plan.reverse = tail_descending != request.id_descending;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const IndexField& field = fields[plan.bound_fields + i];
    if (field.path != wanted[i]->path || field.type != wanted[i]->type) return;
    if ((field.descending != wanted[i]->descending) != plan.reverse) return;
  }
  plan.sorted = true;
}

QueryPlan plan_index(std::uint64_t tenant, const Collection& collection, const Index& index,
                     const QueryRequest& request, const std::vector<const Predicate*>& parts) {
  QueryPlan out;
  out.index = &index;
  out.prefix = index_prefix(tenant, collection.number, index.number);
  out.bound = out.prefix;
  std::vector<const Predicate*> covered;
  for (const auto& field : index.fields) {
    const auto equal = std::find_if(parts.begin(), parts.end(),
                                    [&](const Predicate* p) { return about(*p, field) && is_equality(*p); });
    if (equal == parts.end()) break;
    const std::size_t from = out.bound.size();
    out.bound.append((*equal)->constants[0]);
    if (field.descending) invert(out.bound, from);
    covered.push_back(*equal);
    ++out.bound_fields;
  }
  Range range;
  if (out.bound_fields < index.fields.size()) {
    const IndexField& field = index.fields[out.bound_fields];
    // A comparison holds for present values only: start from all of those.
    Predicate present;
    present.op = Op::exists;
    for (const Predicate* part : parts) {
      if (!about(*part, field) || !narrow(range, *part, field.descending)) continue;
      narrow(range, present, field.descending);
      covered.push_back(part);
      out.ranged = true;
    }
  }
  out.lower = out.bound + range.lower;
  out.upper = range.upper.empty() ? after_prefix(out.bound) : out.bound + range.upper;
  for (const Predicate* part : parts)
    if (std::find(covered.begin(), covered.end(), part) == covered.end()) out.residual.push_back(part);
  match_order(out, index.fields, request);
  return out;
}

int score(const QueryPlan& plan, const QueryRequest& request) {
  int out = static_cast<int>(plan.bound_fields) * 4 + (plan.ranged ? 3 : 0) + (plan.sorted ? 2 : 0);
  if (plan.index != nullptr && plan.index->unique && plan.bound_fields == plan.index->fields.size()) out += 100;
  // Walking an index only for its order costs a read per document, but sorting costs all documents.
  if (plan.sorted && !request.order.empty()) out += 2;
  return out;
}

}  // namespace

std::vector<QueryPlan> plan_query(std::uint64_t tenant, const Collection& collection, const QueryRequest& request) {
  const auto parts = conjuncts(request.filter);
  std::vector<QueryPlan> out;
  for (const auto& index : collection.indexes) {
    if (index.state != IndexState::ready) continue;
    QueryPlan plan = plan_index(tenant, collection, index, request, parts);
    if (plan.bound_fields > 0 || plan.ranged || (plan.sorted && !request.order.empty())) out.push_back(std::move(plan));
  }
  QueryPlan all;
  all.prefix = key_of(Space::document, tenant, collection.number);
  all.bound = all.lower = all.prefix;
  all.upper = after_prefix(all.prefix);
  all.residual = parts;
  std::erase_if(all.residual, [](const Predicate* p) { return p->op == Op::all && p->args.empty(); });
  all.sorted = request.order.empty();
  all.reverse = request.order.empty() && request.id_descending;
  out.push_back(std::move(all));
  std::stable_sort(out.begin(), out.end(),
                   [&](const QueryPlan& a, const QueryPlan& b) { return score(a, request) > score(b, request); });
  return out;
}

}  // namespace socle::storage
