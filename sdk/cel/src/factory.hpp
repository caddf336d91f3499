// factory.hpp: makes expression nodes with ids and watches the depth of what is built. Used by parser, macros, partial.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socle/cel/ast.hpp"

namespace socle::cel {

class Factory {
 public:
  explicit Factory(unsigned max_depth = 1000, std::uint32_t last_id = 0)
      : max_depth_(max_depth), last_id_(last_id), depths_(last_id + 1) {}

  ExprPtr node(ExprKind kind, std::uint32_t offset) {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->id = ++last_id_;
    expr->offset = offset;
    depths_.push_back(0);
    return expr;
  }
  // To be called once a node's children are in place.
  ExprPtr finish(ExprPtr expr) {
    std::uint32_t deepest = 0;
    for (const auto& arg : expr->args) deepest = std::max(deepest, depths_[arg->id]);
    if (expr->loop)
      for (const auto* part : {&expr->loop->range, &expr->loop->step, &expr->loop->result})
        deepest = std::max(deepest, depths_[(*part)->id]);
    // A macro's scaffolding counts as the one call that was written.
    depths_[expr->id] = deepest + 1;
    too_deep_ = too_deep_ || deepest + 1 > max_depth_;
    return expr;
  }
  ExprPtr constant(std::uint32_t offset, Constant value) {
    auto expr = node(ExprKind::constant, offset);
    expr->value = std::move(value);
    return expr;
  }
  ExprPtr ident(std::uint32_t offset, std::string name) {
    auto expr = node(ExprKind::ident, offset);
    expr->name = std::move(name);
    return expr;
  }
  ExprPtr select(std::uint32_t offset, ExprPtr operand, std::string field) {
    auto expr = node(ExprKind::select, offset);
    expr->name = std::move(field);
    expr->args.push_back(std::move(operand));
    return finish(std::move(expr));
  }
  template <class... Args>
  ExprPtr call(std::uint32_t offset, std::string_view function, Args... args) {
    auto expr = node(ExprKind::call, offset);
    expr->name = function;
    (expr->args.push_back(std::move(args)), ...);
    return finish(std::move(expr));
  }
  // Of scaffolding: adds no depth of its own.
  template <class... Args>
  ExprPtr glue(std::uint32_t offset, std::string_view function, Args... args) {
    auto expr = node(ExprKind::call, offset);
    expr->name = function;
    std::uint32_t deepest = 0;
    ((deepest = std::max(deepest, depths_[args->id])), ...);
    (expr->args.push_back(std::move(args)), ...);
    depths_[expr->id] = deepest;
    return expr;
  }
  ExprPtr glue_list(std::uint32_t offset, ExprPtr element) {
    auto expr = node(ExprKind::list, offset);
    if (element) {
      depths_[expr->id] = depths_[element->id];
      expr->args.push_back(std::move(element));
    }
    return expr;
  }
  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] std::uint32_t last_id() const { return last_id_; }

 private:
  unsigned max_depth_;
  std::uint32_t last_id_;
  std::vector<std::uint32_t> depths_;
  bool too_deep_ = false;
};

}  // namespace socle::cel
