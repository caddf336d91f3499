// guard.cpp: see the header.
#include "guard.hpp"

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
  compare->null_is_false = true;
  return true;
}

}  // namespace socle::cel
