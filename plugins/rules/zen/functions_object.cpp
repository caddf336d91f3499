// functions_object.cpp: reading and building objects and lists: paths that may lead nowhere, names with dots, and the
// ways nodes of an imported graph put their results together.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "zen/functions.hpp"
#include "zen/moment.hpp"
#include "zen/number.hpp"
#include "zen/tree.hpp"

namespace socle::rules::zen {
namespace {

using cel::Context;
using cel::Kind;
using cel::Value;
using Args = const Value*;
using Entries = std::vector<std::pair<Value, Value>>;

Value get(Context&, Args a) {
  if (a[0].is(Kind::map) && a[1].is(Kind::string)) {
    Value found;
    return a[0].find(a[1], found) ? found : Value();
  }
  const auto at = Number::of(a[1]);
  const auto index = at ? at->integer() : std::nullopt;
  if (!index || *index < 0) return {};
  const auto i = static_cast<std::size_t>(*index);
  if (a[0].is(Kind::list)) return i < a[0].size() ? a[0].at(i) : Value();
  if (a[0].is(Kind::string))
    return i < a[0].as_string().size() ? Value::string(a[0].as_string().substr(i, 1)) : Value();
  return {};
}

// Both ends count; a missing one is the list's own.
Value slice(Context& c, Args a) {
  const bool text = a[0].is(Kind::string);
  if (!text && !a[0].is(Kind::list))
    return refuse(c, "a slice is cut from a list or a text; found " + cel::shown(a[0]));
  const auto size = static_cast<std::int64_t>(text ? a[0].as_string().size() : a[0].size());
  const auto bound = [&](const Value& value, std::int64_t otherwise) {
    const auto number = Number::of(value);
    return value.is(Kind::null) ? std::optional<std::int64_t>(otherwise) : number ? number->integer() : std::nullopt;
  };
  const auto from = bound(a[1], 0);
  const auto to = bound(a[2], size - 1);
  if (!from || !to || *from < 0 || *to >= size || *from > *to + 1)
    return refuse(c, "the slice is outside of what it is cut from");
  const auto count = static_cast<std::size_t>(*to - *from + 1);
  const auto start = static_cast<std::size_t>(*from);
  if (text) return c.text(a[0].as_string().substr(start, count));
  auto* items = c.items(count);
  if (items == nullptr) return c.stopped();
  for (std::size_t i = 0; i < count; ++i) items[i] = a[0].at(start + i);
  return Value::list(items, count);
}

// [[key, value], …] one after the other.
template <class Put>
Value each_pair(Context& c, const Value& pairs, Put put) {
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto pair = pairs.at(i);
    if (!pair.is(Kind::list) || pair.size() != 2) return refuse(c, "pairs of a key and a value are wanted");
    auto key = pair.at(0);
    if (const auto number = Number::of(key)) key = c.text(number->text());
    if (!key.is(Kind::string)) return refuse(c, "an object's key is a text; found " + cel::shown(key));
    if (!c.charge(Tree::fuel_a_member + key.as_string().size() / 16)) return c.stopped();
    put(key.as_string(), pair.at(1));
  }
  return {};
}
// The same for keys whose dots name places.
template <class Put>
Value each_path(Context& c, const Value& pairs, Put put) {
  bool too_long = false;
  const auto fault = each_pair(c, pairs, [&](std::string_view key, const Value& value) {
    too_long = too_long || static_cast<std::size_t>(std::count(key.begin(), key.end(), '.')) >= Tree::most_names;
    if (!too_long) put(key, value);
  });
  if (fault.is_error() || !too_long) return fault;
  return refuse(c, "a key names at most " + std::to_string(Tree::most_names) + " places inside one another");
}
Value object(Context& c, Args a) {
  Tree tree;
  const auto fault = each_pair(c, a[0], [&](std::string_view key, const Value& value) { tree.at(key) = value; });
  return fault.is_error() ? fault : tree.finish(c);
}
Value nest(Context& c, Args a) {
  Tree tree;
  const auto fault = each_path(c, a[0], [&](std::string_view key, const Value& value) { tree.put(key, value); });
  return fault.is_error() ? fault : tree.finish(c);
}
Value put(Context& c, Args a) {
  if (!is_plain_object(a[0]) && !a[0].is(Kind::null))
    return refuse(c, "fields are set in an object; found " + cel::shown(a[0]));
  if (!c.charge(a[0].is(Kind::null) ? 1 : a[0].size() / 4 + 1)) return c.stopped();
  auto tree = a[0].is(Kind::null) ? Tree() : Tree::of(a[0]);
  const auto fault = each_path(c, a[1], [&](std::string_view key, const Value& value) { tree.put(key, value); });
  return fault.is_error() ? fault : tree.finish(c);
}

// A table row's outputs by their dotted names; what is not a row stays.
Value unfold(Context& c, const Value& row) {
  if (!is_plain_object(row)) return row;
  Tree tree;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!c.charge(1)) return c.stopped();
    tree.put(row.key_at(i).as_string(), row.at(i));
  }
  return tree.finish(c);
}
Value row_of(Context& c, Args a) { return unfold(c, a[0]); }
Value rows_of(Context& c, Args a) {
  if (!a[0].is(Kind::list)) return unfold(c, a[0]);
  auto* items = c.items(a[0].size());
  if (items == nullptr) return c.stopped();
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    items[i] = unfold(c, a[0].at(i));
    if (items[i].is_error()) return items[i];
  }
  return Value::list(items, a[0].size());
}
// Of all rows hit: the first row's outputs, but the named ones as lists of every row's.
Value first_and_lists(Context& c, Args a) {
  if (!a[0].is(Kind::list) || a[0].size() == 0) return {};
  Tree tree;
  const auto listed = [&](const Value& key) {
    for (std::size_t i = 0; i < a[1].size(); ++i)
      if (cel::equal(a[1].at(i), key)) return true;
    return false;
  };
  const auto first = a[0].at(0);
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!c.charge(1 + a[1].size() / 4)) return c.stopped();
    if (!listed(first.key_at(i))) tree.put(first.key_at(i).as_string(), first.at(i));
  }
  for (std::size_t k = 0; k < a[1].size(); ++k) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < a[0].size(); ++i) {
      if (!c.charge(1)) return c.stopped();
      if (Value value; a[0].at(i).find(a[1].at(k), value)) values.push_back(value);
    }
    tree.put(a[1].at(k).as_string(), cel::make_list(c.arena, values));
  }
  return tree.finish(c);
}

// How a node's output joins what it got: objects member by member, null takes a member away, lists replace.
Value merged(Context& c, const Value& base, const Value& patch, bool top) {
  if (patch.is(Kind::list) && top) return patch;
  if (!is_plain_object(patch)) return top ? base : patch;
  if (!is_plain_object(base)) return patch;
  if (!c.charge(1)) return c.stopped();
  Entries out;
  for (std::size_t i = 0; i < base.size(); ++i) {
    if (!c.charge(1)) return c.stopped();
    const auto key = base.key_at(i);
    Value other;
    if (!patch.find(key, other)) {
      out.emplace_back(key, base.at(i));
    } else if (!other.is(Kind::null)) {
      out.emplace_back(key, merged(c, base.at(i), other, false));
      if (out.back().second.is_error()) return out.back().second;
    }
  }
  for (std::size_t i = 0; i < patch.size(); ++i) {
    if (!c.charge(1)) return c.stopped();
    Value ignored;
    if (!patch.at(i).is(Kind::null) && !base.find(patch.key_at(i), ignored))
      out.emplace_back(patch.key_at(i), patch.at(i));
  }
  const auto made = cel::make_map(c.arena, out);
  return made.is(Kind::map) ? made : c.out_of_memory();
}
Value passed(Context& c, Args a) { return merged(c, a[0], a[1], true); }
// [[it ran, result], …]: what comes together at a node.
Value gathered(Context& c, Args a) {
  Value out;
  bool any = false;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const auto pair = a[0].at(i);
    if (!pair.is(Kind::list) || pair.size() != 2 || !pair.at(0).is_true()) continue;
    const auto result = pair.at(1);
    if (!any)
      out = is_plain_object(result) || result.is(Kind::list) ? result : cel::make_map(c.arena, {});
    else
      out = merged(c, out, result, true);
    if (out.is_error()) return out;
    any = true;
  }
  return any ? out : cel::make_map(c.arena, {});
}

// The elements behind those that are there already, at a unit each. False: no more, the evaluation was stopped.
bool add_all(Context& c, const Value& list, std::vector<Value>& items) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!c.charge(1)) return false;
    items.push_back(list.at(i));
  }
  if (items.size() <= c.arena.left() / sizeof(Value)) return true;
  (void)c.out_of_memory();
  return false;
}

Value merge(Context& c, Args a) {
  if (!a[0].is(Kind::list)) return refuse(c, "merge wants a list");
  std::vector<Value> items;
  Tree tree;
  bool lists = false;
  bool objects = false;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const auto one = a[0].at(i);
    if (one.is(Kind::null)) continue;
    if (!c.charge(1)) return c.stopped();
    if (one.is(Kind::list) && !objects) {
      lists = true;
      if (!add_all(c, one, items)) return c.stopped();
    } else if (is_plain_object(one) && !lists) {
      objects = true;
      for (std::size_t k = 0; k < one.size(); ++k) {
        if (!c.charge(Tree::fuel_a_member)) return c.stopped();
        tree.at(one.key_at(k).as_string()) = one.at(k);
      }
    } else {
      return refuse(c, "merge wants lists or objects, not both");
    }
  }
  return lists ? cel::make_list(c.arena, items) : tree.finish(c);
}
Value deep(Context& c, const Value& base, const Value& patch) {
  if (base.is(Kind::list) && patch.is(Kind::list)) {
    std::vector<Value> items;
    if (!add_all(c, base, items) || !add_all(c, patch, items)) return c.stopped();
    return cel::make_list(c.arena, items);
  }
  if (!is_plain_object(base) || !is_plain_object(patch)) return patch;
  if (!c.charge(1)) return c.stopped();
  Entries out;
  for (std::size_t i = 0; i < base.size(); ++i) {
    if (!c.charge(1)) return c.stopped();
    Value other;
    const bool both = patch.find(base.key_at(i), other);
    out.emplace_back(base.key_at(i), both ? deep(c, base.at(i), other) : base.at(i));
    if (out.back().second.is_error()) return out.back().second;
  }
  for (std::size_t i = 0; i < patch.size(); ++i) {
    if (!c.charge(1)) return c.stopped();
    if (Value ignored; !base.find(patch.key_at(i), ignored)) out.emplace_back(patch.key_at(i), patch.at(i));
  }
  return cel::make_map(c.arena, out);
}
Value merge_deep(Context& c, Args a) {
  if (!a[0].is(Kind::list)) return refuse(c, "mergeDeep wants a list");
  auto out = cel::make_map(c.arena, {});
  for (std::size_t i = 0; i < a[0].size() && !out.is_error(); ++i) {
    const auto one = a[0].at(i);
    if (one.is(Kind::null)) continue;
    if (!is_plain_object(one)) return refuse(c, "mergeDeep wants objects");
    out = deep(c, out, one);
  }
  return out;
}

Value keys(Context& c, Args a) {
  if (!a[0].is(Kind::list) && !is_plain_object(a[0])) return refuse(c, "keys wants an object or a list");
  const auto size = a[0].size();
  auto* items = c.items(size);
  if (items == nullptr) return c.stopped();
  for (std::size_t i = 0; i < size; ++i)
    items[i] = a[0].is(Kind::list) ? Value::integer(static_cast<std::int64_t>(i)) : a[0].key_at(i);
  return Value::list(items, size);
}
Value values(Context& c, Args a) {
  if (!is_plain_object(a[0])) return refuse(c, "values wants an object; found " + cel::shown(a[0]));
  const auto size = a[0].size();
  auto* items = c.items(size);
  if (items == nullptr) return c.stopped();
  for (std::size_t i = 0; i < size; ++i) items[i] = a[0].at(i);
  return Value::list(items, size);
}
Value flatten(Context& c, Args a) {
  if (!a[0].is(Kind::list)) return refuse(c, "flatten wants a list");
  std::vector<Value> items;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const auto one = a[0].at(i);
    if (!c.charge(1)) return c.stopped();
    if (!one.is(Kind::list)) items.push_back(one);
    if (one.is(Kind::list) && !add_all(c, one, items)) return c.stopped();
  }
  return cel::make_list(c.arena, items);
}

// Dates as texts, everywhere inside.
Value result(Context& c, Args a) {
  const auto& value = a[0];
  if (is_moment(value)) return c.text(moment_text(moment_of(value)));
  if (value.is_json() || (!value.is(Kind::list) && !value.is(Kind::map))) return value;
  if (!c.charge(1)) return c.stopped();
  if (value.is(Kind::list)) {
    auto* items = c.items(value.size());
    if (items == nullptr) return c.stopped();
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto one = value.at(i);
      items[i] = result(c, &one);
      if (items[i].is_error()) return items[i];
    }
    return Value::list(items, value.size());
  }
  Entries out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!c.charge(1)) return c.stopped();
    const auto one = value.at(i);
    out.emplace_back(value.key_at(i), result(c, &one));
    if (out.back().second.is_error()) return out.back().second;
  }
  return cel::make_map(c.arena, out);
}

}  // namespace

std::span<const Row> object_rows() {
  static constexpr std::array<Row, 16> rows{{
      {"get", "(dyn, dyn): dyn", get},
      {"slice", "(dyn, dyn, dyn): dyn", slice},
      {"object", "(list(dyn)): dyn", object},
      {"nest", "(list(dyn)): dyn", nest},
      {"put", "(dyn, list(dyn)): dyn", put},
      {"row", "(dyn): dyn", row_of},
      {"rows", "(dyn): dyn", rows_of},
      {"first_and_lists", "(dyn, list(dyn)): dyn", first_and_lists},
      {"passed", "(dyn, dyn): dyn", passed},
      {"gathered", "(list(dyn)): dyn", gathered},
      {"merge", "(dyn): dyn", merge},
      {"mergeDeep", "(dyn): dyn", merge_deep},
      {"keys", "(dyn): dyn", keys},
      {"values", "(dyn): dyn", values},
      {"flatten", "(dyn): dyn", flatten},
      {"result", "(dyn): dyn", result},
  }};
  return rows;
}

}  // namespace socle::rules::zen
