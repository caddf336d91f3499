// cost.cpp: a walk over the checked Ast with the largest size of every value. It follows how the evaluator charges: one
// unit a node, a loop's body for every item, text by 16 bytes (a code point may take 4).
#include "socle/cel/cost.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string_view>
#include <vector>

#include "checker.hpp"
#include "library.hpp"
#include "regex.hpp"
#include "socle/cel/printer.hpp"

namespace socle::cel {
namespace {

constexpr auto endless = std::numeric_limits<std::uint64_t>::max();
std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > endless - b ? endless : a + b; }
std::uint64_t times(std::uint64_t a, std::uint64_t b) { return a != 0 && b > endless / a ? endless : a * b; }

constexpr auto unknown = endless;              // a size that its reader has to assume
constexpr std::uint64_t longest_scalar = 48;   // code points of a number, date or timestamp as text
constexpr std::uint64_t longest_number = 416;  // of a number that format() writes out: %.100f of the largest double
constexpr std::string_view sort_by_keys = "@sortByAssociatedKeys";

// The largest a value can be: items of a list or map, code points of a text; `element` of what it holds. `open`: the
// expression without a declared bound that one of them was assumed for; it counts only where work depends on it.
struct Size {
  std::uint64_t size = 1;
  std::uint64_t element = 1;
  const Expr* open = nullptr;
};
const Expr* either(const Expr* a, const Expr* b) { return a != nullptr ? a : b; }

class Estimator {
 public:
  Estimator(const Environment& env, const Ast& ast, std::uint64_t assumed, bool least)
      : env_(env), ast_(ast), assumed_(assumed), least_(least) {}
  CostEstimate result;

  // Adds the node's cost to `total` and gives its size.
  Size walk(const Expr& e, std::uint64_t& total) {
    const auto size = walk_any(e, total);
    return is_sized(ast_.types[e.id]) ? size : Size{};
  }

 private:
  // What can be large at all.
  static bool is_sized(const Type& type) {
    return type.is_dyn() || type.is(TypeKind::string) || type.is(TypeKind::bytes) || type.is(TypeKind::list) ||
           type.is(TypeKind::map) || type.is(TypeKind::optional) || type.is(TypeKind::wrapper);
  }
  Size walk_any(const Expr& e, std::uint64_t& total) {
    total = plus(total, 1);
    switch (e.kind) {
      case ExprKind::constant: return constant(e.value);
      case ExprKind::ident: return ident(e);
      case ExprKind::select: return select(e, total);
      case ExprKind::call: return call(e, total);
      case ExprKind::comprehension: return loop(e, total);
      default: {
        Size out{e.kind == ExprKind::map ? e.args.size() / 2 : e.args.size(), 1};
        for (const auto& arg : e.args) {
          const auto inner = walk(*arg, total);
          out.element = std::max(out.element, inner.size);
          out.open = either(out.open, inner.open);
        }
        total = plus(total, e.args.size());
        return out;
      }
    }
  }

  struct Local {
    std::string name;
    Size size;
  };
  static Size constant(const Constant& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return {text->size(), 1};
    if (const auto* bytes = std::get_if<Bytes>(&value)) return {bytes->data.size(), 1};
    return {};
  }
  // Work that depends on a size.
  void depends(const Size& size) {
    if (size.open == nullptr) return;
    if (result.bounded) result.unbounded = unparse(*size.open);
    result.bounded = false;
  }
  Size of_type(const Expr& e, const Type& type, const Bounds& bounds, const Bounds& element) {
    const Expr* open = nullptr;
    const auto bound = [&](const std::optional<std::uint64_t>& declared) {
      if (declared) return *declared;
      open = &e;
      return assumed_;
    };
    switch (type.kind()) {
      case TypeKind::string:
      case TypeKind::bytes: {
        const auto length = bound(bounds.max_length);
        return {length, 1, open};
      }
      case TypeKind::list:
      case TypeKind::map: {
        const auto& inner = type.at(type.is(TypeKind::list) ? 0 : 1);
        const bool sized = inner.is(TypeKind::string) || inner.is(TypeKind::bytes) || inner.is(TypeKind::list);
        const auto items = bound(bounds.max_items);
        const auto inside = sized || inner.is_dyn() ? bound(sized ? element.max_length : std::nullopt) : 1;
        return {items, inside, open};
      }
      case TypeKind::dyn:
      case TypeKind::any: return {assumed_, assumed_, &e};
      case TypeKind::wrapper:
      case TypeKind::optional: return of_type(e, type.at(0), bounds, element);
      default: return {};
    }
  }
  Size ident(const Expr& e) {
    for (auto i = locals_.size(); i > 0; --i)
      if (locals_[i - 1].name == e.name) return held(e, locals_[i - 1].size);
    const auto& name = ast_.references[e.id].name;
    const auto* variable = env_.variable(name);
    return variable != nullptr ? of_type(e, variable->type, variable->bounds, {}) : Size{};
  }
  // What a value is that came out of a container: of what is inside it in turn nothing was declared.
  Size held(const Expr& e, Size size) const {
    const auto& type = ast_.types[e.id];
    if (size.element == unknown) {
      const bool list = type.is(TypeKind::list);
      const bool flat = type.is(TypeKind::string) || type.is(TypeKind::bytes) || (list && !is_sized(type.at(0)));
      size.element = flat ? 1 : assumed_;
      if (!flat) size.open = either(size.open, &e);
    }
    return size;
  }
  Size select(const Expr& e, std::uint64_t& total) {
    if (const auto* variable = env_.variable(ast_.references[e.id].name))
      return of_type(e, variable->type, variable->bounds, {});
    std::uint64_t reading = 0;
    (void)walk(*e.args[0], reading);  // reading a field costs the same however large its record is
    total = plus(total, reading);
    const auto& from = ast_.types[e.args[0]->id];
    const auto* object = from.is(TypeKind::object) ? env_.object(from.name()) : nullptr;
    const auto* field = object != nullptr ? object->find(e.name) : nullptr;
    if (e.test_only) return {};
    if (field != nullptr) return of_type(e, field->type, field->bounds, field->element_bounds);
    return of_type(e, ast_.types[e.id], {}, {});
  }

  // Looks at what its arguments hold, not only at how much; of functions that are not built in it is taken to.
  static bool is_deep(const std::string& name) {
    static constexpr std::array<std::string_view, 12> deep{
        "_==_", "_!=_", "@in",    "distinct", "sets.contains", "sets.intersects", "sets.equivalent",
        "sort", "join", "format", "flatten",  sort_by_keys};
    return std::find(deep.begin(), deep.end(), name) != deep.end() || !standard_library().contains(name);
  }
  // How often a function looks at what it is given, at most.
  static std::uint64_t passes(std::string_view name, std::uint64_t items) {
    if (name.starts_with("regex.") || name == "matches" || name == "distinct") return 4;
    if (name == "replace" || name == "split") return 4;
    if (name.starts_with("sets.")) return 6;
    if (name == "sort" || name == sort_by_keys) {
      const auto levels = static_cast<std::uint64_t>(std::bit_width(items));
      return 5 + levels + levels / 8;
    }
    return name == "string" || name == "format" ? 3 : 1;
  }

  // The longest text that replacing makes.
  static std::uint64_t replaced(const std::vector<Size>& sizes) {
    return sizes.size() < 3 ? 1 : times(plus(sizes[0].size, 1), plus(sizes[2].size, 1));
  }
  static bool may_be_number(const Type& type) {
    const bool number = type.is(TypeKind::integer) || type.is(TypeKind::unsigned_integer) || type.is(TypeKind::real) ||
                        type.is(TypeKind::decimal);
    return number || type.is_dyn() || std::any_of(type.parameters().begin(), type.parameters().end(), may_be_number);
  }
  // The longest text that format() makes of what is not long itself.
  [[nodiscard]] std::uint64_t longest_shown(const Expr& e) const {
    if (e.kind != ExprKind::list) return may_be_number(ast_.types[e.id]) ? longest_number : longest_scalar;
    auto out = longest_scalar;
    for (const auto& arg : e.args) out = std::max(out, longest_shown(*arg));
    return out;
  }
  // Of a constant pattern; what is none is refused elsewhere.
  static std::uint64_t program_size(const Expr* regex) {
    const auto* text = std::get_if<std::string>(&regex->value);
    const auto made = text != nullptr ? Regex::compile(*text) : Error{Code::invalid, "no text"};
    return made ? (*made)->program_size() : 0;
  }
  // What a function does beyond looking through its arguments: text that it makes, a pattern that may look at all that
  // is left of a text for every match, or compare at every place.
  std::uint64_t searching(std::string_view name, const std::vector<Size>& sizes, const Expr* regex) const {
    const bool computed = regex == nullptr || regex->kind != ExprKind::constant;
    const bool seeking = name == "contains" || name == "indexOf" || name == "replace" || name == "split";
    std::uint64_t compared = 0;
    if (!least_ && sizes.size() > 1 && (name == "lastIndexOf" || (seeking && sizes[1].size > 1024)))
      compared = plus(times(sizes[0].size, sizes[1].size) / 8, times(sizes[0].size, 8));
    if (name == "replace") return plus(compared, times(2, replaced(sizes)));
    if (seeking || name == "lastIndexOf") return compared;
    const bool pattern = name.starts_with("regex.") || name == "matches";
    if (!pattern || sizes.size() < 2) return 0;
    const auto matches = plus(sizes[0].size, 1);
    // A computed pattern is taken to be plain text.
    const auto plain = std::min<std::uint64_t>(times(sizes[1].size, 4), 256);
    const auto program = computed ? plain : least_ ? 0 : program_size(regex);
    std::uint64_t out = computed ? 210 + program * 20 : 10;
    out = plus(out, least_ ? 0 : times(sizes[0].size, 4 + program) / 4);
    // On average half of the text is left.
    const auto left = least_ ? 0 : times(sizes[0].size, std::max<std::uint64_t>(4, program)) / 32;
    const auto scanned = times(matches, left + 6);
    if (name == "regex.extractAll") return plus(out, scanned);
    if (name == "regex.replace") return plus(plus(out, scanned), times(2, replaced(sizes)));
    return out;
  }

  Size call(const Expr& e, std::uint64_t& total) {
    std::vector<Size> sizes;
    if (e.name == "_?_:_") {
      (void)walk(*e.args[0], total);
      std::uint64_t yes = 0;
      std::uint64_t no = 0;
      const auto a = walk(*e.args[1], yes);
      const auto b = walk(*e.args[2], no);
      total = plus(total, std::max(yes, no));
      return {std::max(a.size, b.size), std::max(a.element, b.element), either(a.open, b.open)};
    }
    if (e.name == "cel.@block") {
      const auto depth = locals_.size();
      for (std::size_t i = 0; i < e.args[0]->args.size(); ++i) {
        const auto size = walk(*e.args[0]->args[i], total);
        locals_.push_back({"@index" + std::to_string(i), size});
      }
      const auto size = walk(*e.args[1], total);
      locals_.resize(depth);
      return size;
    }
    std::uint64_t work = 1;
    const Expr* open = nullptr;
    const auto& resolved = ast_.references[e.id].name;
    // math.abs(x): the first argument is the function's namespace, no value.
    const std::size_t skipped = e.member && !resolved.empty() && resolved != e.name ? 1 : 0;
    for (std::size_t i = skipped; i < e.args.size(); ++i) {
      const auto size = walk(*e.args[i], total);
      sizes.push_back(size);
      work = plus(work, is_deep(resolved) ? times(size.size, size.element) : size.size);
      open = either(open, size.open);
    }
    const Size first = sizes.empty() ? Size{} : sizes[0];
    const Size second = sizes.size() < 2 ? Size{} : sizes[1];
    const auto& name = resolved.empty() ? e.name : resolved;
    if (name == "_&&_" || name == "_||_" || name == "!_" || name == "@not_strictly_false") return {};
    if (name == "_[_]" || name == "_[?_]")
      total = plus(total, second.size < 64 ? 0 : second.size / 4 + 1);  // a long key is hashed
    if (name == "_[_]" || name == "_?._" || name == "_[?_]") return held(e, {first.element, unknown, first.open});
    if (name == "_==_" || name == "_!=_") {
      // Only as much is compared as the smaller has.
      const bool smaller = times(second.size, second.element) < times(first.size, first.element);
      const auto& less = smaller ? second : first;
      work = plus(times(less.size, less.element), 1);
      open = first.open != nullptr && second.open != nullptr ? first.open : less.open;
    }
    depends({1, 1, open});
    total = plus(total, times(work, passes(name, first.size)));
    total = plus(total, searching(name, sizes, sizes.size() > 1 ? e.args[skipped + 1].get() : nullptr));
    if (!is_sized(ast_.types[e.id])) return {};
    if (name == "_+_") return {plus(first.size, second.size), std::max(first.element, second.element), open};
    if (name == "lists.range") {
      const bool known = e.args.back()->kind == ExprKind::constant;
      const auto* n = known ? std::get_if<std::int64_t>(&e.args.back()->value) : nullptr;
      if (n != nullptr) return {static_cast<std::uint64_t>(std::max<std::int64_t>(*n, 0)), 1};
      return {assumed_, 1, &e};
    }
    if (name == "flatten") return held(e, {times(first.size, first.element), unknown, open});
    if (name == "string") return {std::max(first.size, longest_scalar), 1, open};
    if (name == "join") return {times(first.size, plus(first.element, second.size)), 1, open};
    if (name == "format")
      return {plus(first.size, times(second.size, std::max(second.element, longest_shown(*e.args.back())))), 1, open};
    if (name == "replace" || name == "regex.replace") return {replaced(sizes), 1, open};
    Size out{1, 1, open};
    for (const auto& size : sizes) {
      out.size = std::max(out.size, size.size);
      out.element = std::max(out.element, std::max(size.element, size.size));
    }
    return out;
  }

  Size loop(const Expr& e, std::uint64_t& total) {
    const auto& l = *e.loop;
    const auto range = walk(*l.range, total);
    const auto init = walk(*l.init, total);
    const auto depth = locals_.size();
    const bool bind = l.range->kind == ExprKind::list && l.range->args.empty();
    // What is gathered is at most one element an item.
    Size gathered = bind ? init : Size{range.size, unknown, range.open};
    locals_.push_back({l.accumulator, e.macro == Macro::none || bind ? gathered : Size{}});
    if (!bind) {
      depends(range);
      locals_.push_back({l.variable, {range.element, unknown, range.open}});
      locals_.push_back({l.variable2, {range.element, unknown, range.open}});
      std::uint64_t body = 1;
      (void)walk(*l.condition, body);
      const auto step = walk(*l.step, body);
      gathered.element = std::max<std::uint64_t>(1, step.element);
      gathered.open = either(range.open, step.open);
      total = plus(total, times(range.size, body));
      locals_.resize(depth + 1);
      locals_.back().size = gathered;
    }
    const auto out = walk(*l.result, total);
    locals_.resize(depth);
    return out;
  }

  const Environment& env_;
  const Ast& ast_;
  std::uint64_t assumed_;
  bool least_;
  std::vector<Local> locals_;
};

}  // namespace

namespace {
CostEstimate estimate(const Environment& environment, const Ast& ast, std::uint64_t assumed, bool least) {
  if (!ast.checked) return {endless, false, "an expression that was not type-checked"};
  Estimator estimator(environment, ast, assumed, least);
  std::uint64_t total = 0;
  (void)estimator.walk(*ast.root, total);
  estimator.result.most = total;
  return estimator.result;
}
}  // namespace

CostEstimate estimate_cost(const Environment& environment, const Ast& ast, std::uint64_t assumed) {
  return estimate(environment, ast, assumed, false);
}
std::uint64_t least_cost(const Environment& environment, const Ast& ast) {
  return estimate(environment, ast, 1, true).most;
}

}  // namespace socle::cel
