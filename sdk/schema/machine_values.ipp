// machine_values.ipp: the instructions that judge one value by itself. Part of machine.cpp.
// Numbers are compared as 64-bit integers where both are, else as doubles where these differ (rounding keeps the order,
// so doubles that differ tell the truth), else by their exact texts.
#pragma once

#include <algorithm>

#include "content.hpp"
#include "machine.hpp"
#include "socle/json/compare.hpp"
#include "socle/json/decimal.hpp"
#include "socle/json/writer.hpp"
#include "utf8.hpp"

namespace socle::schema {

namespace detail {

inline int compare(json::View value, const Number& bound) {
  if (bound.is_integer && value.kind() == json::Kind::integer) {
    const std::int64_t number = *value.as_int64();
    return number < bound.integer ? -1 : number > bound.integer ? 1 : 0;
  }
  const double number = value.as_double();
  if (number < bound.value) return -1;
  if (number > bound.value) return 1;
  const auto order = json::decimal::compare(value.number_text(), bound.text);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

// For messages: short values as they are, others by kind.
inline std::string shown(json::View value) {
  if (value.is_array() || value.is_object()) return std::string(json::to_string(value.kind()));
  if (value.is_string() && value.as_string().size() > 80)
    return "a string of " + std::to_string(value.as_string().size()) + " bytes";
  if (value.is_number() && value.number_text().size() > 80)
    return "a number of " + std::to_string(value.number_text().size()) + " digits";
  return json::to_text(value);
}

inline std::string type_names(std::uint8_t types) {
  std::string out;
  const auto add = [&](std::string_view name) { out += (out.empty() ? "" : " or ") + std::string(name); };
  if ((types & type_bit::null) != 0) add("null");
  if ((types & type_bit::boolean) != 0) add("boolean");
  if ((types & type_bit::number) == type_bit::number)
    add("number");
  else if ((types & type_bit::integer) != 0)
    add("integer");
  if ((types & type_bit::string) != 0) add("string");
  if ((types & type_bit::array) != 0) add("array");
  if ((types & type_bit::object) != 0) add("object");
  return out;
}

inline std::string type_name(json::View value) {
  return value.is_number() ? (value.is_integral() ? "integer" : "number") : std::string(json::to_string(value.kind()));
}

}  // namespace detail

template <class Trace>
bool Machine<Trace>::wrong_type(const Node& node, json::View value) {
  if constexpr (Trace::records) {
    const std::string wanted = detail::type_names(node.types);
    const std::string found = detail::type_name(value);
    trace_.fault(node, "type", "must be " + wanted + ", found " + found, {{"wanted", wanted}, {"found", found}});
    return true;
  }
  return false;
}

template <class Trace>
bool Machine<Trace>::check_number(const Node& node, const Op& op, json::View value) {
  const Number& bound = program_.numbers[op.a];
  bool good = true;
  std::string_view wanted;
  switch (op.code) {
    case OpCode::minimum: good = detail::compare(value, bound) >= 0, wanted = "must be at least "; break;
    case OpCode::maximum: good = detail::compare(value, bound) <= 0, wanted = "must be at most "; break;
    case OpCode::exclusive_minimum: good = detail::compare(value, bound) > 0, wanted = "must be greater than "; break;
    case OpCode::exclusive_maximum: good = detail::compare(value, bound) < 0, wanted = "must be less than "; break;
    default: {
      wanted = "must be a multiple of ";
      if (bound.is_integer && value.kind() == json::Kind::integer) {
        good = bound.integer == 1 || *value.as_int64() % bound.integer == 0;
        break;
      }
      const auto answer = json::decimal::is_multiple(value.number_text(), bound.text);
      if (!answer) return stop("multipleOf would have to divide numbers of too many digits");
      good = *answer;
    }
  }
  if constexpr (Trace::records) {
    if (!good) {
      const std::string limit(bound.text);
      const std::string found = detail::shown(value);
      trace_.fault(node, keyword(op), std::string(wanted) + limit + ", found " + found,
                   {{"limit", limit}, {"found", found}});
    }
  }
  return good;
}

template <class Trace>
bool Machine<Trace>::check_length(const Node& node, const Op& op, json::View value) {
  const std::string_view text = value.as_string();
  const std::uint64_t limit = program_.counts[op.a];
  const bool is_min = op.code == OpCode::min_length;
  // A code point takes one to four bytes, so the size alone often settles it.
  if (is_min ? text.size() / 4 >= limit : text.size() <= limit) return true;
  const std::size_t length = is_min && text.size() < limit ? text.size() : count_code_points(text);
  if (is_min ? length >= limit : length <= limit) return true;
  if constexpr (Trace::records) {
    const std::string found = std::to_string(count_code_points(text));
    trace_.fault(node, keyword(op),
                 std::string("must have at ") + (is_min ? "least " : "most ") + std::to_string(limit) +
                     " characters, found " + found,
                 {{"limit", std::to_string(limit)}, {"found", found}});
  }
  return false;
}

template <class Trace>
[[gnu::always_inline]] inline bool Machine<Trace>::check_pattern(const Node& node, const Op& op, json::View value) {
  if (match(op.a, value.as_string())) return true;
  if constexpr (Trace::records) {
    const std::string& source = program_.patterns[op.a].source();
    if (!stopped_)
      trace_.fault(node, "pattern", "must match the pattern " + source + ", found " + detail::shown(value),
                   {{"pattern", source}});
  }
  return false;
}

template <class Trace>
[[gnu::always_inline]] inline bool Machine<Trace>::check_format(const Node& node, const Op& op, json::View value) {
  if (op.b == 0 || matches_format(static_cast<Format>(op.a), value.as_string())) return true;
  if constexpr (Trace::records) {
    const std::string wanted(to_string(static_cast<Format>(op.a)));
    trace_.fault(node, "format", "must be in the format " + wanted + ", found " + detail::shown(value),
                 {{"format", wanted}});
  }
  return false;
}

template <class Trace>
bool Machine<Trace>::check_content(const Node& node, const Op& op, json::View value) {
  if (op.b == 0) return true;  // an annotation
  const std::string_view text = value.as_string();
  const std::string_view name = program_.values[op.a].as_string();
  const bool is_encoding = op.code == OpCode::content_encoding;
  const std::string_view encoding = op.c == 0 ? std::string_view{} : program_.values[op.c - 1].as_string();
  if (is_encoding ? is_encoded(name, text) : is_media(name, encoding, text)) return true;
  if constexpr (Trace::records) {
    const std::string wanted(name);
    trace_.fault(node, keyword(op),
                 (is_encoding ? "must be encoded as " : "must hold ") + wanted + ", found " + detail::shown(value),
                 {{std::string(keyword(op)), wanted}});
  }
  return false;
}

template <class Trace>
[[gnu::always_inline]] inline bool Machine<Trace>::contains_text(const Enumeration& values, json::View value) const {
  const std::string_view text = value.as_string();
  const std::uint64_t head = text.empty() ? 0 : json::layout::load64(text.data());
  const auto same = [&](const Enumeration::Text& known) {
    if (known.head != head || known.size != text.size()) return false;
    for (std::size_t i = 8; i < text.size(); i += 8)
      if (json::layout::load64(text.data() + i) != json::layout::load64(known.data + i)) return false;
    return true;
  };
  if (values.slots.empty()) {
    for (const Enumeration::Text& known : values.texts)
      if (same(known)) return true;
    return false;
  }
  const std::size_t mask = values.slots.size() - 1;
  for (std::size_t slot = json::layout::hash_padded(text.data(), text.size()) & mask; values.slots[slot] != 0;
       slot = (slot + 1) & mask)
    if (same(values.texts[values.slots[slot] - 1U])) return true;
  return false;
}

template <class Trace>
bool Machine<Trace>::check_enumeration(const Node& node, const Op& op, json::View value) {
  const Enumeration& values = program_.enums[op.a];
  bool good = false;
  if (value.is_string()) {
    good = contains_text(values, value);
  } else if (!values.only_texts) {
    if (!spend(values.values.size())) return false;
    good = std::any_of(values.values.begin(), values.values.end(),
                       [&](json::View known) { return json::equal(known, value); });
  }
  if constexpr (Trace::records) {
    if (!good) {
      std::string list;
      for (std::size_t i = 0; i < values.values.size() && list.size() < 200; ++i)
        list += (i == 0 ? "" : ", ") + detail::shown(values.values[i]);
      trace_.fault(
          node, keyword(op),
          (op.code == OpCode::constant ? "must be " : "must be one of ") + list + ", found " + detail::shown(value),
          {{"allowed", list}});
    }
  }
  return good;
}

template <class Trace>
bool Machine<Trace>::check_size(const Node& node, const Op& op, json::View value) {
  const std::uint64_t limit = program_.counts[op.a];
  const bool is_min = op.code == OpCode::min_items || op.code == OpCode::min_properties;
  if (is_min ? value.size() >= limit : value.size() <= limit) return true;
  if constexpr (Trace::records) {
    const std::string what = value.is_array() ? " elements" : " members";
    const std::string found = std::to_string(value.size());
    trace_.fault(node, keyword(op),
                 std::string("must have at ") + (is_min ? "least " : "most ") + std::to_string(limit) + what +
                     ", found " + found,
                 {{"limit", std::to_string(limit)}, {"found", found}});
  }
  return false;
}

}  // namespace socle::schema
