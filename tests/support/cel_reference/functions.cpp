// functions.cpp: equality, sets, lists, optionals, and who answers what. See the header.
#include "support/cel_reference/functions.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace cel_reference {

using socle::cel::Context;
using socle::cel::ErrorCode;
using socle::cel::Int128;
using socle::cel::Kind;
using socle::cel::Value;

namespace {

bool is_whole(const Value& v) { return v.is(Kind::integer) || v.is(Kind::unsigned_integer); }
Int128 whole_of(const Value& v) {
  return v.is(Kind::integer) ? static_cast<Int128>(v.as_int()) : static_cast<Int128>(v.as_uint());
}
double nearest(const Value& v) {
  if (v.is(Kind::real)) return v.as_double();
  return v.is(Kind::integer) ? static_cast<double>(v.as_int()) : static_cast<double>(v.as_uint());
}

struct Digits {
  Int128 number = 0;
  std::uint32_t scale = 0;
  bool operator==(const Digits&) const = default;
};
// Without zeros at the end of a fraction.
Digits digits_of(const Value& v) {
  Digits out{is_whole(v) ? whole_of(v) : v.unscaled(), is_whole(v) ? 0 : v.scale()};
  for (; out.scale > 0 && out.number % 10 == 0; --out.scale) out.number /= 10;
  return out;
}

Values elements(const Value& list) {
  Values out;
  for (std::size_t i = 0; i < list.size(); ++i) out.push_back(list.at(i));
  return out;
}
bool holds(const Values& list, const Value& item) {
  return std::any_of(list.begin(), list.end(), [&](const Value& one) { return alike(one, item); });
}
bool covers(const Values& whole, const Values& part) {
  return std::all_of(part.begin(), part.end(), [&](const Value& one) { return holds(whole, one); });
}
bool meets(const Values& a, const Values& b) {
  return std::any_of(a.begin(), a.end(), [&](const Value& one) { return holds(b, one); });
}

bool same_map(const Value& a, const Value& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t at = 0;
    while (at < b.size() && !alike(a.key_at(i), b.key_at(at))) ++at;
    if (at == b.size() || !alike(a.at(i), b.at(at))) return false;
  }
  return true;
}

Answer set_function(const std::string& name, const Values& args) {
  if (args.size() != 2 || !args[0].is(Kind::list) || !args[1].is(Kind::list)) return std::nullopt;
  const auto a = elements(args[0]);
  const auto b = elements(args[1]);
  if (name == "sets.contains") return Value::boolean(covers(a, b));
  if (name == "sets.intersects") return Value::boolean(meets(a, b));
  if (name == "sets.equivalent") return Value::boolean(covers(a, b) && covers(b, a));
  return std::nullopt;
}

Answer membership(const Value& item, const Value& container) {
  if (container.is(Kind::list)) return Value::boolean(holds(elements(container), item));
  if (!container.is(Kind::map)) return std::nullopt;
  for (std::size_t i = 0; i < container.size(); ++i)
    if (alike(container.key_at(i), item)) return Value::boolean(true);
  return Value::boolean(false);
}

void flatten_into(Values& out, const Value& list, std::int64_t depth) {
  for (const auto& item : elements(list)) {
    if (item.is(Kind::list) && depth > 0)
      flatten_into(out, item, depth - 1);
    else
      out.push_back(item);
  }
}

Answer one_list(Context& c, const std::string& name, const Value& list) {
  auto items = elements(list);
  if (name == "first") return items.empty() ? Value::optional_none() : c.some(items.front());
  if (name == "last") return items.empty() ? Value::optional_none() : c.some(items.back());
  Values out;
  const bool unwraps = name == "optional.unwrap" || name == "unwrapOpt";
  if (!unwraps && name != "reverse" && name != "flatten" && name != "distinct") return std::nullopt;
  if (name == "reverse") out.assign(items.rbegin(), items.rend());
  if (name == "flatten") flatten_into(out, list, 1);
  if (name == "distinct")
    for (const auto& item : items)
      if (!holds(out, item)) out.push_back(item);
  if (unwraps) {
    for (const auto& item : items) {
      if (!item.is(Kind::optional)) return c.error(ErrorCode::no_such_overload, "no optional");
      if (item.optional_value() != nullptr) out.push_back(*item.optional_value());
    }
  }
  return socle::cel::make_list(c.arena, out);
}

Answer list_function(Context& c, const std::string& name, const Values& args) {
  if (name == "@in") return args.size() == 2 ? membership(args[0], args[1]) : std::nullopt;
  if (name == "lists.range") {
    if (args.size() != 1 || !args[0].is(Kind::integer)) return std::nullopt;
    Values out;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(args[0].as_int(), 100'000); ++i)
      out.push_back(Value::integer(i));
    return args[0].as_int() > 100'000 ? c.out_of_memory() : socle::cel::make_list(c.arena, out);
  }
  if (args.empty() || !args[0].is(Kind::list)) return std::nullopt;
  if (args.size() == 1) return one_list(c, name, args[0]);
  if (name == "flatten" && args[1].is(Kind::integer)) {
    if (args[1].as_int() < 0) return c.error(ErrorCode::invalid_argument, "a negative depth");
    Values out;
    flatten_into(out, args[0], args[1].as_int());
    return socle::cel::make_list(c.arena, out);
  }
  if (name != "slice" || args.size() != 3 || !args[1].is(Kind::integer) || !args[2].is(Kind::integer))
    return std::nullopt;
  const auto items = elements(args[0]);
  const auto from = args[1].as_int();
  const auto to = args[2].as_int();
  if (from < 0 || from > to || to > static_cast<std::int64_t>(items.size()))
    return c.error(ErrorCode::invalid_argument, "outside of the list");
  return socle::cel::make_list(c.arena, Values(items.begin() + from, items.begin() + to));
}

// What ofNonZeroValue takes for nothing.
bool is_nothing(const Value& v) {
  static const Value zero = Value::integer(0);
  if (v.is(Kind::null) || alike(v, zero)) return true;
  if (v.is(Kind::boolean)) return !v.as_bool();
  if (v.is(Kind::string) || v.is(Kind::bytes)) return v.as_string().empty();
  if (v.is(Kind::list) || v.is(Kind::map)) return v.size() == 0;
  if (v.is(Kind::duration) || v.is(Kind::timestamp)) return v.seconds() == 0 && v.nanos() == 0;
  return v.is(Kind::optional) && v.optional_value() == nullptr;
}

Answer optional_function(Context& c, const std::string& name, const Values& args) {
  if (name == "optional.none" && args.empty()) return Value::optional_none();
  if (args.size() != 1) return std::nullopt;
  if (name == "optional.of") return c.some(args[0]);
  if (name == "optional.ofNonZeroValue") return is_nothing(args[0]) ? Value::optional_none() : c.some(args[0]);
  if (!args[0].is(Kind::optional)) return std::nullopt;
  const auto* inside = args[0].optional_value();
  if (name == "hasValue") return Value::boolean(inside != nullptr);
  if (name != "value") return std::nullopt;
  return inside != nullptr ? *inside : c.error(ErrorCode::invalid_argument, "no value");
}

// Functions of a namespace are no members, the others are (`size` is both, operators are neither).
enum class Form : std::uint8_t { free, member, both };
struct Own {
  std::string_view name;
  Form form;
};
constexpr std::array own{
    Own{"_==_", Form::free},           Own{"_!=_", Form::free},        Own{"@in", Form::free},
    Own{"size", Form::both},           Own{"contains", Form::member},  Own{"startsWith", Form::member},
    Own{"endsWith", Form::member},     Own{"charAt", Form::member},    Own{"indexOf", Form::member},
    Own{"lastIndexOf", Form::member},  Own{"substring", Form::member}, Own{"lowerAscii", Form::member},
    Own{"upperAscii", Form::member},   Own{"trim", Form::member},      Own{"replace", Form::member},
    Own{"split", Form::member},        Own{"join", Form::member},      Own{"reverse", Form::member},
    Own{"slice", Form::member},        Own{"flatten", Form::member},   Own{"distinct", Form::member},
    Own{"first", Form::member},        Own{"last", Form::member},      Own{"unwrapOpt", Form::member},
    Own{"hasValue", Form::member},     Own{"value", Form::member},     Own{"lists.range", Form::free},
    Own{"optional.none", Form::free},  Own{"optional.of", Form::free}, Own{"optional.ofNonZeroValue", Form::free},
    Own{"optional.unwrap", Form::free}};

bool is_own(const std::string& name, bool member) {
  if (name.starts_with("math.") || name.starts_with("sets.")) return !member;
  return std::any_of(own.begin(), own.end(), [&](const Own& one) {
    return one.name == name && (one.form == Form::both || (one.form == Form::member) == member);
  });
}

}  // namespace

bool alike(const Value& a, const Value& b) {
  const bool reals = a.is(Kind::real) || b.is(Kind::real);
  if ((is_whole(a) || a.is(Kind::real)) && (is_whole(b) || b.is(Kind::real)))
    return reals ? nearest(a) == nearest(b) : whole_of(a) == whole_of(b);
  if ((is_whole(a) || a.is(Kind::decimal)) && (is_whole(b) || b.is(Kind::decimal))) return digits_of(a) == digits_of(b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return a.as_bool() == b.as_bool();
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return a.as_string() == b.as_string();
    case Kind::timestamp:
    case Kind::duration: return a.seconds() == b.seconds() && a.nanos() == b.nanos();
    case Kind::date: return a.days() == b.days();
    case Kind::list: {
      const auto x = elements(a);
      const auto y = elements(b);
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), alike);
    }
    case Kind::map: return same_map(a, b);
    case Kind::optional: {
      const auto* x = a.optional_value();
      const auto* y = b.optional_value();
      return x != nullptr && y != nullptr ? alike(*x, *y) : x == y;
    }
    default: return to_text(a) == to_text(b);
  }
}

Answer own_function(Context& c, const std::string& name, const Values& args, bool member) {
  if (!is_own(name, member)) return std::nullopt;
  if ((name == "_==_" || name == "_!=_") && args.size() == 2)
    return Value::boolean(alike(args[0], args[1]) == (name == "_==_"));
  if (name == "size" && args.size() == 1 && (args[0].is(Kind::list) || args[0].is(Kind::map)))
    return Value::integer(static_cast<std::int64_t>(args[0].size()));
  for (const auto& answer : {text_function(c, name, args), number_function(c, name, args), set_function(name, args),
                             optional_function(c, name, args), list_function(c, name, args)})
    if (answer) return answer;
  return c.error(ErrorCode::no_such_overload, "no such function for these values");
}

}  // namespace cel_reference
