// macros.cpp: the standard macros, the two-variable ones, optMap/optFlatMap, cel.bind/block, math.greatest/least.
// Expansions are those of cel-spec and its reference implementation, so that any fold evaluator understands them.
#include "macros.hpp"

#include <optional>
#include <utility>

namespace socle::cel {
namespace {

class Expander {
 public:
  Expander(Factory& factory, ExprPtr& target, const std::string& name, std::vector<ExprPtr>& args, std::uint32_t offset,
           std::string& message, std::uint32_t& where)
      : f_(factory), target_(target), name_(name), args_(args), offset_(offset), message_(message), where_(where) {}

  ExprPtr run() {
    const auto n = args_.size();
    if (!target_) return name_ == "has" && n == 1 ? has() : nullptr;
    if (target_->kind == ExprKind::ident && !target_->leading_dot) {
      if (target_->name == "cel") {
        if (auto expr = cel_namespace(); expr || !message_.empty()) return expr;
      }
      if (target_->name == "math" && (name_ == "greatest" || name_ == "least")) return extremum();
    }
    const bool one = name_ == "exists_one" || name_ == "existsOne";
    if (n == 2) {
      if (name_ == "all") return quantifier(Macro::all);
      if (name_ == "exists") return quantifier(Macro::exists);
      if (one) return quantifier(Macro::exists_one);
      if (name_ == "map") return collect(Macro::map);
      if (name_ == "filter") return collect(Macro::filter);
      if (name_ == "sortBy") return sort_by();
      if (name_ == "optMap") return optional_map(Macro::opt_map);
      if (name_ == "optFlatMap") return optional_map(Macro::opt_flat_map);
    }
    if (n == 3) {
      if (name_ == "map") return collect(Macro::map_filtered);
      if (name_ == "all") return quantifier(Macro::all_two);
      if (name_ == "exists") return quantifier(Macro::exists_two);
      if (one) return quantifier(Macro::exists_one_two);
    }
    if (n == 3 || n == 4) {
      if (name_ == "transformList") return collect(Macro::transform_list);
      if (name_ == "transformMap") return collect(Macro::transform_map);
      if (name_ == "transformMapEntry") return collect(Macro::transform_map_entry);
    }
    return nullptr;
  }

 private:
  ExprPtr fail(const Expr& at, std::string message) {
    message_ = std::move(message);
    where_ = at.offset;
    return nullptr;
  }
  // The name in argument i, which must be a plain identifier; empty (and a message) otherwise.
  std::string variable(std::size_t i) {
    const auto& arg = *args_[i];
    if (arg.kind != ExprKind::ident || arg.leading_dot) {
      fail(arg, "argument of " + name_ + "() is not a plain variable name");
      return {};
    }
    if (arg.name == "__result__" || arg.name == accumulator_name) {
      fail(arg, "iteration variable overwrites accumulator variable");
      return {};
    }
    return arg.name;
  }
  ExprPtr accumulator() { return f_.ident(offset_, std::string(accumulator_name)); }
  ExprPtr truth(bool value) { return f_.constant(offset_, value); }

  ExprPtr has() {
    auto& arg = args_[0];
    if (arg->kind != ExprKind::select || arg->test_only) return fail(*arg, "invalid argument to has() macro");
    arg->test_only = true;
    arg->macro = Macro::has;
    return std::move(arg);
  }

  ExprPtr fold(Macro macro, std::string variable, std::string variable2, ExprPtr init, ExprPtr condition, ExprPtr step,
               ExprPtr result) {
    auto expr = f_.node(ExprKind::comprehension, offset_);
    expr->macro = macro;
    expr->loop = std::make_unique<Comprehension>();
    auto& loop = *expr->loop;
    loop.variable = std::move(variable);
    loop.variable2 = std::move(variable2);
    loop.range = std::move(target_);
    loop.accumulator = accumulator_name;
    loop.init = std::move(init);
    loop.condition = std::move(condition);
    loop.step = std::move(step);
    loop.result = std::move(result);
    return f_.finish(std::move(expr));
  }

  // The variables of a macro with `count` of them; false when one is wrong.
  bool variables(std::size_t count, std::string& first, std::string& second) {
    first = variable(0);
    if (first.empty()) return false;
    if (count == 1) return true;
    second = variable(1);
    if (second == first) fail(*args_[1], "the two variables of " + name_ + "() have the same name");
    return !second.empty() && message_.empty();
  }

  ExprPtr quantifier(Macro macro) {
    std::string first;
    std::string second;
    if (!variables(args_.size() - 1, first, second)) return nullptr;
    auto body = std::move(args_.back());
    ExprPtr init;
    ExprPtr condition;
    ExprPtr step;
    auto result = accumulator();
    if (macro == Macro::all || macro == Macro::all_two) {
      init = truth(true);
      condition = f_.glue(offset_, "@not_strictly_false", accumulator());
      step = f_.glue(offset_, "_&&_", accumulator(), std::move(body));
    } else if (macro == Macro::exists || macro == Macro::exists_two) {
      init = truth(false);
      condition = f_.glue(offset_, "@not_strictly_false", f_.glue(offset_, "!_", accumulator()));
      step = f_.glue(offset_, "_||_", accumulator(), std::move(body));
    } else {
      const auto one = [&] { return f_.constant(offset_, std::int64_t{1}); };
      init = f_.constant(offset_, std::int64_t{0});
      condition = truth(true);
      step = f_.glue(offset_, "_?_:_", std::move(body), f_.glue(offset_, "_+_", accumulator(), one()), accumulator());
      result = f_.glue(offset_, "_==_", std::move(result), one());
    }
    return fold(macro, std::move(first), std::move(second), std::move(init), std::move(condition), std::move(step),
                std::move(result));
  }

  ExprPtr collect(Macro macro) {
    const bool two = macro >= Macro::transform_list;
    const bool maps = macro == Macro::transform_map || macro == Macro::transform_map_entry;
    std::string first;
    std::string second;
    if (!variables(two ? 2 : 1, first, second)) return nullptr;
    ExprPtr filter;
    if (args_.size() == (two ? 4u : 3u) || macro == Macro::filter) filter = std::move(args_[two ? 2 : 1]);
    ExprPtr value = macro == Macro::filter ? f_.ident(args_[0]->offset, first) : std::move(args_.back());
    ExprPtr step;
    if (macro == Macro::transform_map)
      step = f_.glue(offset_, "cel.@mapInsert", accumulator(), f_.ident(offset_, first), std::move(value));
    else if (macro == Macro::transform_map_entry)
      step = f_.glue(offset_, "cel.@mapInsert", accumulator(), std::move(value));
    else
      step = f_.glue(offset_, "_+_", accumulator(), f_.glue_list(offset_, std::move(value)));
    if (filter) step = f_.glue(offset_, "_?_:_", std::move(filter), std::move(step), accumulator());
    auto init = maps ? f_.node(ExprKind::map, offset_) : f_.glue_list(offset_, nullptr);
    return fold(macro, std::move(first), std::move(second), std::move(init), truth(true), std::move(step),
                accumulator());
  }

  // Evaluates `init` once under a name: a fold over nothing.
  ExprPtr bind(Macro macro, std::string name, ExprPtr init, ExprPtr body) {
    target_ = f_.glue_list(offset_, nullptr);
    auto step = f_.ident(offset_, name);
    auto expr =
        fold(macro, std::string(unused_name), {}, std::move(init), truth(false), std::move(step), std::move(body));
    expr->loop->accumulator = std::move(name);
    return expr;
  }

  // x.sortBy(e, key) sorts x by the list x.map(e, key); x is evaluated once.
  ExprPtr sort_by() {
    if (variable(0).empty()) return nullptr;
    auto operand = std::move(target_);
    const auto hidden = "@sort:" + std::to_string(operand->id);
    target_ = f_.ident(offset_, hidden);
    auto keys = collect(Macro::map);
    if (!keys) return nullptr;
    auto sorted = f_.glue(offset_, "@sortByAssociatedKeys", f_.ident(offset_, hidden), std::move(keys));
    sorted->member = true;
    return bind(Macro::sort_by, hidden, std::move(operand), std::move(sorted));
  }

  ExprPtr optional_map(Macro macro) {
    auto name = variable(0);
    if (name.empty()) return nullptr;
    auto body = std::move(args_[1]);
    auto operand = std::move(target_);
    // The operand gets a name of its own: written out twice, chains of optMap would double with every link.
    const auto hidden = "@opt:" + std::to_string(operand->id);
    auto present = f_.glue(offset_, "hasValue", f_.ident(offset_, hidden));
    present->member = true;
    auto value = f_.glue(offset_, "value", f_.ident(offset_, hidden));
    value->member = true;
    auto inner = bind(Macro::bind, std::move(name), std::move(value), std::move(body));
    if (macro == Macro::opt_map) inner = f_.glue(offset_, "optional.of", std::move(inner));
    auto choice = f_.glue(offset_, "_?_:_", std::move(present), std::move(inner), f_.glue(offset_, "optional.none"));
    return bind(macro, hidden, std::move(operand), std::move(choice));
  }

  [[nodiscard]] std::optional<std::int64_t> small_integer(std::size_t i) const {
    if (args_[i]->kind != ExprKind::constant) return std::nullopt;
    const auto* value = std::get_if<std::int64_t>(&args_[i]->value);
    if (value == nullptr || *value < 0 || *value > 1000) return std::nullopt;
    return *value;
  }

  ExprPtr cel_namespace() {
    const auto n = args_.size();
    if (name_ == "bind" && n == 3) {
      auto name = variable(0);
      if (name.empty()) return nullptr;
      return bind(Macro::bind, std::move(name), std::move(args_[1]), std::move(args_[2]));
    }
    if (name_ == "block" && n == 2) {
      if (args_[0]->kind != ExprKind::list) return fail(*args_[0], "cel.block() wants a list literal first");
      return f_.call(offset_, "cel.@block", std::move(args_[0]), std::move(args_[1]));
    }
    if (name_ == "index" && n == 1) {
      const auto i = small_integer(0);
      if (!i) return fail(*args_[0], "cel.index() wants a small int literal");
      return f_.ident(offset_, "@index" + std::to_string(*i));
    }
    if ((name_ == "iterVar" || name_ == "accuVar") && n == 2) {
      const auto depth = small_integer(0);
      const auto unique = small_integer(1);
      if (!depth || !unique) return fail(*args_[0], "cel." + name_ + "() wants two small int literals");
      return f_.ident(offset_,
                      (name_ == "iterVar" ? "@it:" : "@ac:") + std::to_string(*depth) + ":" + std::to_string(*unique));
    }
    return nullptr;
  }

  ExprPtr extremum() {
    if (args_.empty()) return fail(*target_, "math." + name_ + "() wants at least one argument");
    for (const auto& arg : args_) {
      const bool wrong =
          arg->kind == ExprKind::constant &&
          (std::holds_alternative<std::string>(arg->value) || std::holds_alternative<bool>(arg->value) ||
           std::holds_alternative<Bytes>(arg->value) || std::holds_alternative<std::monostate>(arg->value));
      const bool container = arg->kind == ExprKind::map || (arg->kind == ExprKind::list && args_.size() > 1) ||
                             (arg->kind == ExprKind::list && arg->args.empty());
      if (wrong || container) return fail(*arg, "math." + name_ + "() wants numbers");
    }
    const auto* function = name_ == "greatest" ? "math.@max" : "math.@min";
    if (args_.size() == 1) return f_.call(offset_, function, std::move(args_[0]));
    if (args_.size() == 2) return f_.call(offset_, function, std::move(args_[0]), std::move(args_[1]));
    auto list = f_.node(ExprKind::list, offset_);
    list->args = std::move(args_);
    return f_.call(offset_, function, f_.finish(std::move(list)));
  }

  Factory& f_;
  ExprPtr& target_;
  const std::string& name_;
  std::vector<ExprPtr>& args_;
  std::uint32_t offset_;
  std::string& message_;
  std::uint32_t& where_;
};

}  // namespace

ExprPtr expand_macro(Factory& factory, ExprPtr& target, const std::string& name, std::vector<ExprPtr>& args,
                     std::uint32_t offset, std::string& message, std::uint32_t& where) {
  return Expander(factory, target, name, args, offset, message, where).run();
}

}  // namespace socle::cel
