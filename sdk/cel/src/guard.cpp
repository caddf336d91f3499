// guard.cpp: see the header.
#include "guard.hpp"

#include <algorithm>

#include "op_access.hpp"
#include "op_logic.hpp"

namespace socle::cel {
namespace {

// The same variable or field of it, read without side conditions.
bool same_place(const Op& a, const Op& b) {
  if (const auto* x = dynamic_cast<const SlotOp*>(&a)) {
    const auto* y = dynamic_cast<const SlotOp*>(&b);
    return y != nullptr && x->slot == y->slot;
  }
  if (const auto* x = dynamic_cast<const LocalOp*>(&a)) {
    const auto* y = dynamic_cast<const LocalOp*>(&b);
    return y != nullptr && x->index == y->index;
  }
  const auto* x = dynamic_cast<const SelectOp*>(&a);
  const auto* y = dynamic_cast<const SelectOp*>(&b);
  return x != nullptr && y != nullptr && x->name == y->name && !y->test_only && !x->optional_field &&
         !y->optional_field && same_place(*x->operand, *y->operand);
}

}  // namespace

bool absorb_guard(const Op& left, Op& right) {
  auto* compare = dynamic_cast<CompareOp*>(&right);
  if (compare == nullptr || compare->null_is_false || compare->absent_is_false) return false;
  if (const auto* has = dynamic_cast<const SelectOp*>(&left); has != nullptr && has->test_only) {
    auto* field = dynamic_cast<SelectOp*>(compare->left.get());
    if (field == nullptr || !same_place(*has, *field)) return false;
    field->guarded = compare->absent_is_false = true;
    return true;
  }
  const auto* not_null = dynamic_cast<const CompareOp*>(&left);
  if (not_null == nullptr || not_null->comparison != Comparison::not_equal || !not_null->right.is(Kind::null))
    return false;
  if (!same_place(*not_null->left, *compare->left)) return false;
  if (const auto* field = dynamic_cast<const SelectOp*>(not_null->left.get()); field != nullptr && field->test_only)
    return false;
  if (not_null->absent_is_false) {  // it took has(x) upon itself, which goes on to `right`
    auto* field = dynamic_cast<SelectOp*>(compare->left.get());
    if (field == nullptr) return false;
    field->guarded = compare->absent_is_false = true;
  }
  compare->null_is_false = true;
  return true;
}

bool yields_bool(const Op& op) {
  if (const auto* value = op.constant()) return value->is(Kind::boolean);
  if (const auto* field = dynamic_cast<const SelectOp*>(&op)) return field->test_only;
  if (const auto* call = dynamic_cast<const CallOp*>(&op))
    return !call->overloads.empty() &&
           std::all_of(call->overloads.begin(), call->overloads.end(),
                       [](const Overload* overload) { return overload->result.is(TypeKind::boolean); });
  return dynamic_cast<const CompareOp*>(&op) != nullptr || dynamic_cast<const JunctionOp*>(&op) != nullptr ||
         dynamic_cast<const NotOp*>(&op) != nullptr || dynamic_cast<const MemberOp*>(&op) != nullptr;
}

}  // namespace socle::cel
