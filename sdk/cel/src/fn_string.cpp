// fn_string.cpp: standard string functions and the strings extension. Positions count code points.
#include <algorithm>
#include <array>

#include "filled.hpp"
#include "format.hpp"
#include "library.hpp"
#include "pattern_of.hpp"
#include "points.hpp"
#include "text.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;
constexpr auto npos = std::string_view::npos;

Value contains(Context& c, Args a) {
  const bool found = TextSearch(c, a[0].as_string(), a[1].as_string()).from(0) != npos;
  return c.stop != nullptr ? c.stopped() : Value::boolean(found);
}
Value starts_with(Context& c, Args a) {
  const bool begins = begins_with(c, a[0].as_string(), a[1].as_string());
  return c.stop != nullptr ? c.stopped() : Value::boolean(begins);
}
Value ends_with(Context& c, Args a) {
  auto text = a[0].as_string();
  const auto part = a[1].as_string();
  if (part.size() > text.size()) return Value::boolean(false);
  text.remove_prefix(text.size() - part.size());
  const bool ends = begins_with(c, text, part);
  return c.stop != nullptr ? c.stopped() : Value::boolean(ends);
}

Value out_of_range(Context& c, std::int64_t index) {
  return c.error(ErrorCode::invalid_argument, "index out of range: " + std::to_string(index));
}
// The byte at a code point index of 0 … size; npos when outside, or when the evaluation was stopped.
std::size_t offset_of(Context& c, std::string_view text, std::int64_t index) {
  if (index <= 0) return index < 0 ? npos : 0;
  auto left = static_cast<std::size_t>(index);
  std::size_t offset = 0;
  bool found = false;
  const bool paid = in_steps(c, text, [&](std::string_view piece) {
    const auto at = offset_of_point(piece, left);
    found = at < piece.size();
    offset += found ? at : piece.size();
    if (!found) left -= count_points(piece);
    return !found;
  });
  return paid && (found || left == 0) ? offset : npos;
}
Value outside(Context& c, std::int64_t index) { return c.stop != nullptr ? c.stopped() : out_of_range(c, index); }

Value char_at(Context& c, Args a) {
  const auto text = a[0].as_string();
  const auto at = offset_of(c, text, a[1].as_int());
  if (at == npos) return outside(c, a[1].as_int());
  return Value::string(at == text.size() ? text.substr(at) : text.substr(at, utf8_length(text[at])));
}
Value found_at(Context& c, std::string_view text, std::size_t at) {
  if (c.stop != nullptr) return c.stopped();
  if (at == npos) return Value::integer(-1);
  const auto points = points_of(c, text.substr(0, at));
  return points ? Value::integer(static_cast<std::int64_t>(*points)) : c.stopped();
}
Value index_of(Context& c, Args a) {
  const auto text = a[0].as_string();
  return found_at(c, text, TextSearch(c, text, a[1].as_string()).from(0));
}
Value index_of_from(Context& c, Args a) {
  const auto text = a[0].as_string();
  const auto from = offset_of(c, text, a[2].as_int());
  if (from == npos) return outside(c, a[2].as_int());
  return found_at(c, text, TextSearch(c, text, a[1].as_string()).from(from));
}
// The last place at or before `from`. The part may be compared at every place, so every place pays.
Value found_last(Context& c, std::string_view text, std::string_view part, std::size_t from) {
  if (!c.charge(1)) return c.stopped();
  if (part.size() > text.size()) return Value::integer(-1);
  for (auto at = std::min(from, text.size() - part.size());; --at) {
    if (at % 4 == 0 && !c.charge(1)) return c.stopped();
    const bool here = begins_with(c, text.substr(at), part);
    if (here || c.stop != nullptr) return found_at(c, text, at);
    if (at == 0) return Value::integer(-1);
  }
}
Value last_index_of(Context& c, Args a) { return found_last(c, a[0].as_string(), a[1].as_string(), npos); }
Value last_index_of_from(Context& c, Args a) {
  const auto text = a[0].as_string();
  const auto from = offset_of(c, text, a[2].as_int());
  if (from == npos) return outside(c, a[2].as_int());
  return found_last(c, text, a[1].as_string(), from);
}
Value substring_from(Context& c, Args a) {
  const auto at = offset_of(c, a[0].as_string(), a[1].as_int());
  return at == npos ? outside(c, a[1].as_int()) : Value::string(a[0].as_string().substr(at));
}
Value substring(Context& c, Args a) {
  const auto text = a[0].as_string();
  if (a[1].as_int() > a[2].as_int()) return out_of_range(c, a[1].as_int());
  const auto begin = offset_of(c, text, a[1].as_int());
  if (begin == npos) return outside(c, a[1].as_int());
  const auto length = offset_of(c, text.substr(begin), a[2].as_int() - a[1].as_int());
  return length == npos ? outside(c, a[2].as_int()) : Value::string(text.substr(begin, length));
}

// What work(piece, place) writes over each piece of a copy.
template <class Work>
Value rewritten(Context& c, std::string_view text, const Work& work) {
  constexpr std::size_t room = 4096;
  std::array<char, room> made;
  FilledText out(c, text.size());
  for (; !text.empty(); text.remove_prefix(std::min(room, text.size()))) {
    const auto piece = text.substr(0, room);
    work(piece, made.data());
    if (!out.put({made.data(), piece.size()})) break;
  }
  return out.finish();
}
template <bool Upper>
Value ascii_case(Context& c, Args a) {
  constexpr char first = Upper ? 'a' : 'A';
  return rewritten(c, a[0].as_string(), [](std::string_view piece, char* made) {
    for (const char byte : piece) *made++ = static_cast<char>(byte >= first && byte < first + 26 ? byte ^ 0x20 : byte);
  });
}

bool is_space(std::uint32_t p) {
  return (p >= 9 && p <= 13) || p == 0x20 || p == 0x85 || p == 0xA0 || p == 0x1680 || (p >= 0x2000 && p <= 0x200A) ||
         p == 0x2028 || p == 0x2029 || p == 0x202F || p == 0x205F || p == 0x3000;
}
// The character that ends there begins here.
std::size_t before(std::string_view text, std::size_t end) {
  auto at = end - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}
// Looks at the blanks alone, which pay for themselves.
Value trim(Context& c, Args a) {
  if (!c.charge(1)) return c.stopped();
  const auto text = a[0].as_string();
  std::size_t blanks = 0;
  const auto paid = [&] { return ++blanks % 2 != 0 || c.charge(1); };
  std::size_t begin = 0;
  for (; begin < text.size() && is_space(point_at(text, begin)); begin += utf8_length(text[begin]))
    if (!paid()) return c.stopped();
  auto end = text.size();
  while (end > begin) {
    const auto at = before(text, end);
    if (!is_space(point_at(text, at))) break;
    if (!paid()) return c.stopped();
    end = at;
  }
  return Value::string(text.substr(begin, end - begin));
}

constexpr std::size_t hits_at_once = 64;
// Fuel is taken before each piece is built, so that a text cannot be blown up past the limits.
Value replaced(Context& c, std::string_view text, std::string_view from, std::string_view to, std::int64_t count) {
  std::size_t hits = 0;
  const auto limit = count < 0 ? npos : static_cast<std::size_t>(count);
  if (from.empty()) {
    const auto points = points_of(c, text);
    if (!points) return c.stopped();
    hits = std::min(limit, *points + 1);
  } else {
    TextSearch search(c, text, from);
    for (auto at = search.from(0); at != npos && hits < limit; at = search.from(at + from.size()))
      if (++hits % hits_at_once == 0 && !c.charge(hits_at_once)) return c.stopped();
    if (c.stop != nullptr) return c.stopped();
  }
  const auto size = text.size() + hits * to.size() - hits * from.size();
  if (!to.empty() && hits > (std::size_t{1} << 32) / to.size()) return c.out_of_memory();
  FilledText out(c, size);
  TextSearch search(c, text, from);
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
    const auto next = search.from(at);
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

// The pieces of a text between separators; without a separator its characters.
class Pieces {
 public:
  Pieces(Context& c, std::string_view text, std::string_view separator)
      : c_(c), search_(c, text, separator), text_(text), separator_(separator) {}
  // The piece before the next separator; false when there is none, or the evaluation was stopped.
  [[nodiscard]] bool next(std::string_view& piece) {
    if (at_ == text_.size() && separator_.empty()) return false;
    const auto end = separator_.empty() ? at_ + utf8_length(text_[at_]) : search_.from(at_);
    if (c_.stop != nullptr || end == npos || (separator_.empty() && end >= text_.size())) return false;
    piece = text_.substr(at_, end - at_);
    at_ = end + separator_.size();
    return true;
  }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

 private:
  Context& c_;
  TextSearch search_;
  std::string_view text_;
  std::string_view separator_;
  std::size_t at_ = 0;
};

// Twice through the text: first to count, so that no piece is kept anywhere but in the list.
Value split_up_to(Context& c, std::string_view text, std::string_view separator, std::int64_t limit) {
  if (limit == 0 || (text.empty() && separator.empty())) return Value::list(nullptr, 0);
  const auto most = limit < 0 ? npos : static_cast<std::size_t>(limit);
  std::string_view piece;
  std::size_t taken = 0;
  for (Pieces pieces(c, text, separator); taken + 1 < most && pieces.next(piece); ++taken)
    if (!c.charge(1)) return c.stopped();
  if (c.stop != nullptr) return c.stopped();
  Pieces pieces(c, text, separator);
  return filled(c, taken + 1, [&](std::size_t i) {
    if (i == taken) return Value::string(pieces.rest());
    (void)pieces.next(piece);  // there is one, or the evaluation was stopped
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

// From the end, as many whole characters as fit into a piece at a time.
Value reverse(Context& c, Args a) {
  constexpr std::size_t room = 4096;
  std::array<char, room> made;
  auto text = a[0].as_string();
  FilledText out(c, text.size());
  while (!text.empty()) {
    std::size_t used = 0;
    while (!text.empty()) {
      const auto at = before(text, text.size());
      const auto width = text.size() - at;
      if (used + width > room) break;
      text.copy(made.data() + used, width, at);
      used += width;
      text.remove_suffix(width);
    }
    if (!out.put({made.data(), used})) break;
  }
  return out.finish();
}
Value quote(Context& c, Args a) {
  const auto text = a[0].as_string();
  GatheredText out(c, 2 * text.size() + 2);
  if (!out.add("\"")) return c.stopped();
  const bool paid = in_steps(c, text, [&](std::string_view piece) {
    std::string made;
    append_escaped(made, piece);
    return out.add(made);
  });
  return paid && c.stop == nullptr && out.add("\"") ? out.finish() : c.stopped();
}
Value format(Context& c, Args a) { return format_values(c, a[0].as_string(), a[1]); }

Value matches(Context& c, Args a) {
  std::unique_ptr<Regex> own;
  Value error;
  const auto* regex = pattern_of(c, a, own, error);
  return regex == nullptr ? error : Value::boolean(regex->search(a[0].as_string()));
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
