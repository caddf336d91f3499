// printer.cpp: unparse. Macros are printed as they were written; brackets only where precedence asks for them.
#include "socle/cel/printer.hpp"

#include <algorithm>
#include <array>

#include "macros.hpp"
#include "numbers.hpp"
#include "socle/cel/value.hpp"
#include "text.hpp"

namespace socle::cel {
namespace {

struct Infix {
  std::string_view function;
  std::string_view symbol;
  int level;
};
constexpr std::array infixes{Infix{"_||_", "||", 2}, Infix{"_&&_", "&&", 3}, Infix{"_==_", "==", 4},
                             Infix{"_!=_", "!=", 4}, Infix{"_<_", "<", 4},   Infix{"_<=_", "<=", 4},
                             Infix{"_>_", ">", 4},   Infix{"_>=_", ">=", 4}, Infix{"@in", "in", 4},
                             Infix{"_+_", "+", 5},   Infix{"_-_", "-", 5},   Infix{"_*_", "*", 6},
                             Infix{"_/_", "/", 6},   Infix{"_%_", "%", 6}};
constexpr int unary_level = 7;
constexpr int member_level = 8;

bool plain_name(std::string_view name) {
  if (name == "in" || name == "true" || name == "false" || name == "null" || name.empty()) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

class Printer {
 public:
  std::string out;

  void print(const Expr& e, int least) {
    const int own = level(e);
    if (own < least) out += '(';
    body(e, own);
    if (own < least) out += ')';
  }

 private:
  static const Infix* infix(const Expr& e) {
    if (e.kind != ExprKind::call || e.args.size() != 2 || e.member) return nullptr;
    const auto* at = std::find_if(infixes.begin(), infixes.end(), [&](const auto& i) { return i.function == e.name; });
    return at == infixes.end() ? nullptr : at;
  }
  static int level(const Expr& e) {
    if (e.kind == ExprKind::constant) {
      const auto* integer = std::get_if<std::int64_t>(&e.value);
      const auto* real = std::get_if<double>(&e.value);
      const bool negative = (integer != nullptr && *integer < 0) || (real != nullptr && std::signbit(*real));
      return negative ? unary_level : member_level + 1;
    }
    if (e.kind != ExprKind::call) return member_level + 1;
    if (e.name == "_?_:_") return 1;
    if (const auto* op = infix(e)) return op->level;
    return e.name == "!_" || e.name == "-_" ? unary_level : member_level + 1;
  }

  void list_of(const std::vector<ExprPtr>& args, std::size_t first) {
    for (std::size_t i = first; i < args.size(); ++i) {
      if (i > first) out += ", ";
      print(*args[i], 1);
    }
  }
  void field(const std::string& name) {
    if (plain_name(name))
      out += name;
    else
      out += "`" + name + "`";
  }

  void body(const Expr& e, int own) {
    switch (e.kind) {
      case ExprKind::constant: constant(e.value); return;
      case ExprKind::ident: ident(e); return;
      case ExprKind::select:
        if (e.test_only) out += "has(";
        print(*e.args[0], member_level);
        out += '.';
        field(e.name);
        if (e.test_only) out += ')';
        return;
      case ExprKind::call: call(e, own); return;
      case ExprKind::list:
        out += '[';
        for (std::size_t i = 0; i < e.args.size(); ++i) {
          if (i > 0) out += ", ";
          if (i < e.optionals.size() && e.optionals[i] != 0) out += '?';
          print(*e.args[i], 1);
        }
        out += ']';
        return;
      case ExprKind::map:
        out += '{';
        for (std::size_t i = 0; i + 1 < e.args.size(); i += 2) {
          if (i > 0) out += ", ";
          if (i / 2 < e.optionals.size() && e.optionals[i / 2] != 0) out += '?';
          print(*e.args[i], 1);
          out += ": ";
          print(*e.args[i + 1], 1);
        }
        out += '}';
        return;
      case ExprKind::structure:
        out += (e.leading_dot ? "." : "") + e.name + "{";
        for (std::size_t i = 0; i < e.args.size(); ++i) {
          if (i > 0) out += ", ";
          if (i < e.optionals.size() && e.optionals[i] != 0) out += '?';
          field(e.fields[i]);
          out += ": ";
          print(*e.args[i], 1);
        }
        out += '}';
        return;
      case ExprKind::comprehension: macro(e); return;
    }
  }

  void ident(const Expr& e) {
    if (e.name.starts_with("@index"))
      out += "cel.index(" + e.name.substr(6) + ")";
    else if (e.name.starts_with("@it:") || e.name.starts_with("@ac:"))
      out += std::string(e.name[1] == 'i' ? "cel.iterVar(" : "cel.accuVar(") +
             e.name.substr(4, e.name.find(':', 4) - 4) + ", " + e.name.substr(e.name.find(':', 4) + 1) + ")";
    else
      out += (e.leading_dot ? "." : "") + e.name;
  }

  void constant(const Constant& value) {
    if (std::holds_alternative<std::monostate>(value)) out += "null";
    if (const auto* v = std::get_if<bool>(&value)) out += *v ? "true" : "false";
    if (const auto* v = std::get_if<std::int64_t>(&value)) out += std::to_string(*v);
    if (const auto* v = std::get_if<std::uint64_t>(&value)) out += std::to_string(*v) + "u";
    if (const auto* v = std::get_if<double>(&value)) out += to_text(Value::real(*v));
    if (const auto* v = std::get_if<std::string>(&value)) out += quoted(*v);
    if (const auto* v = std::get_if<Bytes>(&value)) out += quoted_bytes(v->data);
  }

  void call(const Expr& e, int own) {
    if (e.name == "_?_:_") {
      print(*e.args[0], 2);
      out += " ? ";
      print(*e.args[1], 2);
      out += " : ";
      print(*e.args[2], 1);
    } else if (const auto* op = infix(e)) {
      print(*e.args[0], own);
      out.append(" ").append(op->symbol).append(" ");
      print(*e.args[1], own <= 3 ? own : own + 1);  // || and && are associative and balanced anew when parsed
    } else if (e.name == "!_" || e.name == "-_") {
      out += e.name[0];
      // A sign before a number would be read as part of it, also where the number only begins the operand: -(1[0]).
      const auto begin = out.size();
      const bool sign = e.name == "-_";
      print(*e.args[0], sign && e.args[0]->kind == ExprKind::constant ? member_level + 2 : member_level);
      if (sign && out[begin] >= '0' && out[begin] <= '9') {
        out.insert(begin, 1, '(');
        out += ')';
      }
    } else if (e.name == "_[_]" || e.name == "_[?_]") {
      print(*e.args[0], member_level);
      out += e.name == "_[_]" ? "[" : "[?";
      print(*e.args[1], 1);
      out += ']';
    } else if (e.name == "_?._") {
      print(*e.args[0], member_level);
      out += ".?";
      field(std::get<std::string>(e.args[1]->value));
    } else if (e.name == "math.@max" || e.name == "math.@min") {
      out += e.name == "math.@max" ? "math.greatest(" : "math.least(";
      list_of(e.args, 0);
      out += ')';
    } else if (e.name == "cel.@block") {
      out += "cel.block(";
      list_of(e.args, 0);
      out += ')';
    } else if (e.member) {
      print(*e.args[0], member_level);
      out += "." + e.name + "(";
      list_of(e.args, 1);
      out += ')';
    } else {
      out += (e.leading_dot ? "." : "") + e.name + "(";
      list_of(e.args, 0);
      out += ')';
    }
  }

  // Writes target.name(variables, arguments…).
  void written(const Expr& target, std::string_view name, const Comprehension& loop, const Expr* first,
               const Expr* second) {
    print(target, member_level);
    out.append(".").append(name).append("(").append(loop.variable);
    if (!loop.variable2.empty()) out += ", " + loop.variable2;
    for (const auto* arg : {first, second}) {
      if (arg == nullptr) continue;
      out += ", ";
      print(*arg, 1);
    }
    out += ')';
  }

  void macro(const Expr& e) {
    const auto& loop = *e.loop;
    const auto& step = *loop.step;
    switch (e.macro) {
      case Macro::all:
      case Macro::all_two: return written(*loop.range, "all", loop, step.args[1].get(), nullptr);
      case Macro::exists:
      case Macro::exists_two: return written(*loop.range, "exists", loop, step.args[1].get(), nullptr);
      case Macro::exists_one: return written(*loop.range, "exists_one", loop, step.args[0].get(), nullptr);
      case Macro::exists_one_two: return written(*loop.range, "existsOne", loop, step.args[0].get(), nullptr);
      case Macro::bind:
        out += "cel.bind(" + loop.accumulator + ", ";
        print(*loop.init, 1);
        out += ", ";
        print(*loop.result, 1);
        out += ')';
        return;
      case Macro::opt_map:
      case Macro::opt_flat_map: {
        const auto& present = *loop.result->args[1];
        const auto& inner = e.macro == Macro::opt_map ? *present.args[0] : present;
        print(*loop.init, member_level);
        out += (e.macro == Macro::opt_map ? ".optMap(" : ".optFlatMap(") + inner.loop->accumulator + ", ";
        print(*inner.loop->result, 1);
        out += ')';
        return;
      }
      case Macro::sort_by: {
        const auto& keys = *loop.result->args[1]->loop;
        return written(*loop.init, "sortBy", keys, keys.step->args[1]->args[0].get(), nullptr);
      }
      default: break;
    }
    const bool filtered = step.name == "_?_:_";
    const auto& gather = filtered ? *step.args[1] : step;
    const auto* filter = filtered ? step.args[0].get() : nullptr;
    const auto* value = gather.name == "_+_" ? gather.args[1]->args[0].get() : gather.args.back().get();
    switch (e.macro) {
      case Macro::filter: return written(*loop.range, "filter", loop, filter, nullptr);
      case Macro::transform_list: return written(*loop.range, "transformList", loop, filter, value);
      case Macro::transform_map: return written(*loop.range, "transformMap", loop, filter, value);
      case Macro::transform_map_entry: return written(*loop.range, "transformMapEntry", loop, filter, value);
      default: return written(*loop.range, "map", loop, filter, value);
    }
  }
};

}  // namespace

std::string unparse(const Expr& expr) {
  Printer printer;
  printer.print(expr, 1);
  return printer.out;
}

}  // namespace socle::cel
