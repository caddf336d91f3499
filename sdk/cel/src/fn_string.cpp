// fn_string.cpp: standard string functions and the strings extension. Positions count code points.
#include <algorithm>
#include <cstring>

#include "filled.hpp"
#include "format.hpp"
#include "library.hpp"
#include "regex.hpp"
#include "text.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;
constexpr auto npos = std::string_view::npos;

constexpr std::size_t short_part = 4096;
constexpr std::size_t window = std::size_t{32} << 10;
constexpr std::size_t block = 256;

// Whether `part` stands at the beginning of `text`; every block that is equal pays, so that what is long can be
// stopped.
bool stands(Context& c, std::string_view text, std::string_view part) {
  for (; part.size() > block; part.remove_prefix(block), text.remove_prefix(block)) {
    if (!text.starts_with(part.substr(0, block))) return false;
    if (!c.charge(1)) return false;
  }
  return text.starts_with(part);
}
// As text.find(part, from), whose time grows with the product of the sizes. Here it grows with their sum (memmem is
// linear), in windows; a very long part is compared at every place and pays for it. Look at c.stop afterwards.
std::size_t find(Context& c, std::string_view text, std::string_view part, std::size_t from = 0) {
  if (from > text.size()) return npos;
  if (part.empty()) return from;
  if (part.size() > text.size() - from) return npos;
  const auto last = text.size() - part.size();
  while (from <= last) {
    const auto places = std::min(window, last - from + 1);
    if (part.size() > short_part) {
      const auto at = text.find(part[0], from);
      if (at > last || stands(c, text.substr(at), part)) return at > last ? npos : at;
      if (!c.charge(1)) return npos;
      from = at + 1;
      continue;
    }
    const auto* at = memmem(text.data() + from, places + part.size() - 1, part.data(), part.size());
    if (at != nullptr) return static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
    from += places;
    if (from <= last && !c.charge(window / 16)) return npos;
  }
  return npos;
}

bool pay(Context& c, Args a) { return c.charge_text(a[0].as_string().size()); }

Value contains(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  const bool found = find(c, a[0].as_string(), a[1].as_string()) != npos;
  return c.stop != nullptr ? c.stopped() : Value::boolean(found);
}
bool pay_shorter(Context& c, Args a) {
  return c.charge(std::min(a[0].as_string().size(), a[1].as_string().size()) / 16);
}
Value starts_with(Context& c, Args a) {
  if (!pay_shorter(c, a)) return c.stopped();
  return Value::boolean(a[0].as_string().starts_with(a[1].as_string()));
}
Value ends_with(Context& c, Args a) {
  if (!pay_shorter(c, a)) return c.stopped();
  return Value::boolean(a[0].as_string().ends_with(a[1].as_string()));
}

Value out_of_range(Context& c, std::int64_t index) {
  return c.error(ErrorCode::invalid_argument, "index out of range: " + std::to_string(index));
}
// The byte at a code point index of 0 … size; npos when outside.
std::size_t offset_of(std::string_view text, std::int64_t index) {
  return index < 0 ? npos : offset_of_point(text, static_cast<std::size_t>(index));
}
Value char_at(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  const auto text = a[0].as_string();
  const auto at = offset_of(text, a[1].as_int());
  if (at == npos) return out_of_range(c, a[1].as_int());
  return Value::string(at == text.size() ? text.substr(at) : text.substr(at, utf8_length(text[at])));
}
Value found_at(Context& c, std::string_view text, std::size_t at) {
  if (c.stop != nullptr) return c.stopped();
  return Value::integer(at == npos ? -1 : static_cast<std::int64_t>(count_points(text.substr(0, at))));
}
Value index_of(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  return found_at(c, a[0].as_string(), find(c, a[0].as_string(), a[1].as_string()));
}
Value index_of_from(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  const auto text = a[0].as_string();
  const auto from = offset_of(text, a[2].as_int());
  if (from == npos) return out_of_range(c, a[2].as_int());
  return found_at(c, text, find(c, text, a[1].as_string(), from));
}
// The last place at or before `from`. The part may be compared at every place, so every place pays.
Value found_last(Context& c, std::string_view text, std::string_view part, std::size_t from) {
  if (!c.charge_text(text.size())) return c.stopped();
  if (part.size() > text.size()) return Value::integer(-1);
  for (auto at = std::min(from, text.size() - part.size());; --at) {
    if (at % 4 == 0 && !c.charge(1)) return c.stopped();
    const bool here = stands(c, text.substr(at), part);
    if (here || c.stop != nullptr) return found_at(c, text, at);
    if (at == 0) return Value::integer(-1);
  }
}
Value last_index_of(Context& c, Args a) { return found_last(c, a[0].as_string(), a[1].as_string(), npos); }
Value last_index_of_from(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  const auto text = a[0].as_string();
  const auto from = offset_of(text, a[2].as_int());
  if (from == npos) return out_of_range(c, a[2].as_int());
  return found_last(c, text, a[1].as_string(), from);
}
Value substring_from(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  const auto at = offset_of(a[0].as_string(), a[1].as_int());
  return at == npos ? out_of_range(c, a[1].as_int()) : Value::string(a[0].as_string().substr(at));
}
Value substring(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  const auto text = a[0].as_string();
  if (a[1].as_int() > a[2].as_int()) return out_of_range(c, a[1].as_int());
  const auto begin = offset_of(text, a[1].as_int());
  const auto end = offset_of(text, a[2].as_int());
  if (begin == npos) return out_of_range(c, a[1].as_int());
  if (end == npos) return out_of_range(c, a[2].as_int());
  return Value::string(text.substr(begin, end - begin));
}

template <bool Upper>
Value ascii_case(Context& c, Args a) {
  const auto copy = c.text(a[0].as_string());
  if (copy.is_error()) return copy;
  auto* bytes = const_cast<char*>(copy.as_string().data());  // our own fresh copy
  for (std::size_t i = 0; i < copy.as_string().size(); ++i) {
    if (Upper && bytes[i] >= 'a' && bytes[i] <= 'z') bytes[i] = static_cast<char>(bytes[i] - 32);
    if (!Upper && bytes[i] >= 'A' && bytes[i] <= 'Z') bytes[i] = static_cast<char>(bytes[i] + 32);
  }
  return copy;
}

bool is_space(std::uint32_t p) {
  return (p >= 9 && p <= 13) || p == 0x20 || p == 0x85 || p == 0xA0 || p == 0x1680 || (p >= 0x2000 && p <= 0x200A) ||
         p == 0x2028 || p == 0x2029 || p == 0x202F || p == 0x205F || p == 0x3000;
}
Value trim(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  const auto text = a[0].as_string();
  std::size_t begin = 0;
  while (begin < text.size() && is_space(point_at(text, begin))) begin += utf8_length(text[begin]);
  std::size_t end = begin;
  for (std::size_t at = begin; at < text.size();) {
    const auto next = at + utf8_length(text[at]);
    if (!is_space(point_at(text, at))) end = next;
    at = next;
  }
  return Value::string(text.substr(begin, end - begin));
}

constexpr std::size_t hits_at_once = 64;
// Fuel is taken before each piece is built, so that a text cannot be blown up past the limits.
Value replaced(Context& c, std::string_view text, std::string_view from, std::string_view to, std::int64_t count) {
  if (!c.charge_text(text.size())) return c.stopped();
  std::size_t hits = 0;
  const auto limit = count < 0 ? npos : static_cast<std::size_t>(count);
  if (from.empty()) {
    hits = std::min(limit, count_points(text) + 1);
  } else {
    for (auto at = find(c, text, from); at != npos && hits < limit; at = find(c, text, from, at + from.size()))
      if (++hits % hits_at_once == 0 && !c.charge(hits_at_once)) return c.stopped();
    if (c.stop != nullptr) return c.stopped();
  }
  const auto size = text.size() + hits * to.size() - hits * from.size();
  if (to.size() > 0 && hits > (std::size_t{1} << 32) / to.size()) return c.out_of_memory();
  FilledText out(c, size);
  std::size_t at = 0;
  for (std::size_t i = 0; i < hits; ++i) {
    if (i % hits_at_once == hits_at_once - 1 && !c.charge(hits_at_once)) return c.stopped();
    if (from.empty()) {
      if (!out.put(to)) return c.stopped();
      if (at < text.size()) {
        const auto width = utf8_length(text[at]);
        if (!out.put(text.substr(at, width))) return c.stopped();
        at += width;
      }
      continue;
    }
    const auto next = find(c, text, from, at);
    if (next == npos) return c.stopped();  // it was found before
    if (!out.put(text.substr(at, next - at)) || !out.put(to)) return c.stopped();
    at = next + from.size();
  }
  (void)out.put(text.substr(at));
  return out.finish();
}
Value replace(Context& c, Args a) { return replaced(c, a[0].as_string(), a[1].as_string(), a[2].as_string(), -1); }
Value replace_some(Context& c, Args a) {
  return replaced(c, a[0].as_string(), a[1].as_string(), a[2].as_string(), a[3].as_int());
}

// Takes the piece before the next separator off `rest`; false when there is none, or the evaluation was stopped.
bool take_piece(Context& c, std::string_view& rest, std::string_view separator, std::string_view& piece) {
  const auto at = separator.empty() ? (rest.empty() ? npos : utf8_length(rest[0])) : find(c, rest, separator);
  if (c.stop != nullptr || at == npos || (separator.empty() && at >= rest.size())) return false;
  piece = rest.substr(0, at);
  rest.remove_prefix(at + separator.size());
  return true;
}
// Twice through the text: first to count, so that no piece is kept anywhere but in the list.
Value split_up_to(Context& c, std::string_view text, std::string_view separator, std::int64_t limit) {
  if (!c.charge_text(text.size())) return c.stopped();
  if (limit == 0 || (text.empty() && separator.empty())) return Value::list(nullptr, 0);
  const auto most = limit < 0 ? npos : static_cast<std::size_t>(limit);
  std::string_view piece;
  auto rest = text;
  std::size_t taken = 0;
  for (; taken + 1 < most && take_piece(c, rest, separator, piece); ++taken)
    if (!c.charge(1)) return c.stopped();
  if (c.stop != nullptr) return c.stopped();
  rest = text;
  return filled(c, taken + 1, [&](std::size_t i) {
    if (i == taken) return Value::string(rest);
    (void)take_piece(c, rest, separator, piece);  // there is one, or the evaluation was stopped
    return Value::string(piece);
  });
}
Value split(Context& c, Args a) { return split_up_to(c, a[0].as_string(), a[1].as_string(), -1); }
Value split_some(Context& c, Args a) { return split_up_to(c, a[0].as_string(), a[1].as_string(), a[2].as_int()); }

Value joined(Context& c, const Value& list, std::string_view separator) {
  std::size_t size = 0;
  for (std::size_t i = 0, n = list.size(); i < n; ++i) {
    const auto item = list.at(i);
    if (!item.is(Kind::string)) return c.error(ErrorCode::no_such_overload, "join wants a list of strings");
    size += item.as_string().size() + (i > 0 ? separator.size() : 0);
    if (size > (std::size_t{1} << 32)) return c.out_of_memory();
    // Half of the items pay here, the others where they are copied.
    if (i % 2 == 1 && !c.charge(1)) return c.stopped();
  }
  FilledText out(c, size);
  for (std::size_t i = 0, n = list.size(); i < n; ++i) {
    if (i % 2 == 0 && !c.charge(1)) return c.stopped();
    if (i > 0 && !out.put(separator)) return c.stopped();
    if (!out.put(list.at(i).as_string())) return c.stopped();
  }
  return out.finish();
}
Value join(Context& c, Args a) { return joined(c, a[0], ""); }
Value join_with(Context& c, Args a) { return joined(c, a[0], a[1].as_string()); }

Value reverse(Context& c, Args a) {
  auto text = a[0].as_string();
  FilledText out(c, text.size());
  while (!text.empty()) {
    auto at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u) --at;
    if (!out.put(text.substr(at))) return c.stopped();
    text.remove_suffix(text.size() - at);
  }
  return out.finish();
}
Value quote(Context& c, Args a) {
  if (!pay(c, a)) return c.stopped();
  return c.text(quoted(a[0].as_string()));
}
Value format(Context& c, Args a) { return format_values(c, a[0].as_string(), a[1]); }

Value matches(Context& c, Args a) {
  if (!c.charge(a[0].as_string().size() / 4 + 10)) return c.stopped();
  if (c.regex != nullptr) return Value::boolean(c.regex->search(a[0].as_string()));
  const auto pattern = a[1].as_string();
  if (pattern.size() > Regex::max_dynamic_pattern)
    return c.error(ErrorCode::invalid_argument,
                   "a computed pattern may have at most " + std::to_string(Regex::max_dynamic_pattern) + " bytes");
  if (!c.charge(200 + pattern.size() * 20)) return c.stopped();
  const auto regex = Regex::compile(pattern);
  if (!regex) return c.error(ErrorCode::invalid_argument, regex.error().message);
  return Value::boolean((*regex)->search(a[0].as_string()));
}

constexpr Builtin table[] = {
    {"contains", "string.(string): bool", contains},
    {"startsWith", "string.(string): bool", starts_with},
    {"endsWith", "string.(string): bool", ends_with},
    {"matches", "string.(string): bool", matches},
    {"matches", "(string, string): bool", matches},
    {"charAt", "string.(int): string", char_at},
    {"indexOf", "string.(string): int", index_of},
    {"indexOf", "string.(string, int): int", index_of_from},
    {"lastIndexOf", "string.(string): int", last_index_of},
    {"lastIndexOf", "string.(string, int): int", last_index_of_from},
    {"substring", "string.(int): string", substring_from},
    {"substring", "string.(int, int): string", substring},
    {"lowerAscii", "string.(): string", ascii_case<false>},
    {"upperAscii", "string.(): string", ascii_case<true>},
    {"trim", "string.(): string", trim},
    {"replace", "string.(string, string): string", replace},
    {"replace", "string.(string, string, int): string", replace_some},
    {"split", "string.(string): list(string)", split},
    {"split", "string.(string, int): list(string)", split_some},
    {"join", "list(string).(): string", join},
    {"join", "list(string).(string): string", join_with},
    {"reverse", "string.(): string", reverse},
    {"strings.quote", "(string): string", quote},
    {"format", "string.(list(dyn)): string", format},
};

}  // namespace

std::span<const Builtin> string_functions() { return table; }

}  // namespace socle::cel
