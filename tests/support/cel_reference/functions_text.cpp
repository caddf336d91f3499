// functions_text.cpp: functions of texts, over the list of a text's characters. See functions.hpp.
#include <algorithm>
#include <string_view>

#include "support/cel_reference/functions.hpp"

namespace cel_reference {

using socle::cel::Context;
using socle::cel::ErrorCode;
using socle::cel::Kind;
using socle::cel::Value;

namespace {

using Characters = std::vector<std::string>;  // each its bytes

Characters characters(std::string_view text) {
  Characters out;
  for (const char byte : text) {
    const bool goes_on = (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
    if (!goes_on || out.empty()) out.emplace_back();
    out.back() += byte;
  }
  return out;
}
Value joined_value(Context& c, const Characters& text, std::size_t from, std::size_t to) {
  std::string out;
  for (auto i = from; i < to; ++i) out += text[i];
  return copy_string(c.arena, out);
}
Value joined_value(Context& c, const Characters& text) { return joined_value(c, text, 0, text.size()); }
Value outside(Context& c) { return c.error(ErrorCode::invalid_argument, "outside of the text"); }

bool stands_at(const Characters& text, const Characters& part, std::size_t at) {
  return at + part.size() <= text.size() &&
         std::equal(part.begin(), part.end(), text.begin() + static_cast<std::ptrdiff_t>(at));
}
std::int64_t place(const Characters& text, const Characters& part, std::size_t from) {
  for (auto at = from; at <= text.size(); ++at)
    if (stands_at(text, part, at)) return static_cast<std::int64_t>(at);
  return -1;
}
std::int64_t last_place(const Characters& text, const Characters& part, std::size_t from) {
  std::int64_t found = -1;
  for (std::size_t at = 0; at <= from; ++at)
    if (stands_at(text, part, at)) found = static_cast<std::int64_t>(at);
  return found;
}

Characters in_case(Characters text, char first, char last, int step) {
  for (auto& one : text)
    if (one.size() == 1 && one[0] >= first && one[0] <= last) one[0] = static_cast<char>(one[0] + step);
  return text;
}

// The characters that Unicode calls white space, in their bytes.
bool is_blank(const std::string& one) {
  static const Characters blanks = characters(
      "\t\n\v\f\r \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A"
      "\u2028\u2029\u202F\u205F\u3000");
  return std::find(blanks.begin(), blanks.end(), one) != blanks.end();
}
Value without_blanks(Context& c, const Characters& text) {
  std::size_t from = 0;
  auto to = text.size();
  while (from < to && is_blank(text[from])) ++from;
  while (to > from && is_blank(text[to - 1])) --to;
  return joined_value(c, text, from, to);
}

// `most` below 0: all. Between all characters where `from` is empty.
Value with_replaced(Context& c, const Characters& text, const Characters& from, const std::string& to,
                    std::int64_t most) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const bool hit = most != 0 && stands_at(text, from, at);
    if (hit) {
      out += to;
      --most;
      at += from.size();
    }
    if ((!hit || from.empty()) && at < text.size()) out += text[at];
    if (!hit || from.empty()) ++at;
  }
  return copy_string(c.arena, out);
}

Value split_at(Context& c, const Characters& text, const Characters& separator, std::int64_t most) {
  Values out;
  if (most == 0 || (text.empty() && separator.empty())) return make_list(c.arena, out);
  std::size_t from = 0;
  while (most < 0 || static_cast<std::int64_t>(out.size()) + 1 < most) {
    const auto next = separator.empty() ? static_cast<std::int64_t>(from) + 1 : place(text, separator, from);
    if (next < 0 || (separator.empty() && static_cast<std::size_t>(next) >= text.size())) break;
    out.push_back(joined_value(c, text, from, static_cast<std::size_t>(next)));
    from = static_cast<std::size_t>(next) + separator.size();
  }
  out.push_back(joined_value(c, text, from, text.size()));
  return make_list(c.arena, out);
}

Answer join(Context& c, const Values& args) {
  std::string out;
  for (std::size_t i = 0; i < args[0].size(); ++i) {
    const auto item = args[0].at(i);
    if (!item.is(Kind::string)) return c.error(ErrorCode::no_such_overload, "no text");
    if (i > 0 && args.size() == 2) out += args[1].as_string();
    out += item.as_string();
  }
  return copy_string(c.arena, out);
}

Answer of_text(Context& c, const std::string& name, const Characters& text) {
  if (name == "lowerAscii") return joined_value(c, in_case(text, 'A', 'Z', 32));
  if (name == "upperAscii") return joined_value(c, in_case(text, 'a', 'z', -32));
  if (name == "trim") return without_blanks(c, text);
  if (name == "reverse") return joined_value(c, Characters(text.rbegin(), text.rend()));
  if (name == "size") return Value::integer(static_cast<std::int64_t>(text.size()));
  return std::nullopt;
}

Answer of_part(Context& c, const std::string& name, const Characters& text, const Characters& part) {
  if (name == "contains") return Value::boolean(place(text, part, 0) >= 0);
  if (name == "startsWith") return Value::boolean(stands_at(text, part, 0));
  if (name == "endsWith")
    return Value::boolean(part.size() <= text.size() && stands_at(text, part, text.size() - part.size()));
  if (name == "indexOf") return Value::integer(place(text, part, 0));
  if (name == "lastIndexOf") return Value::integer(last_place(text, part, text.size()));
  if (name == "split") return split_at(c, text, part, -1);
  return std::nullopt;
}

Answer of_place(Context& c, const std::string& name, const Characters& text, std::int64_t at, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (at < 0 || at > end || at > size || (name == "substring" && end > size)) return outside(c);
  const auto from = static_cast<std::size_t>(at);
  if (name == "charAt") return joined_value(c, text, from, std::min(from + 1, text.size()));
  if (name == "substring") return joined_value(c, text, from, static_cast<std::size_t>(end));
  return std::nullopt;
}

Answer of_part_and_number(Context& c, const std::string& name, const Characters& text, const Characters& part,
                          std::int64_t number) {
  if (name == "split") return split_at(c, text, part, number);
  if (name != "indexOf" && name != "lastIndexOf") return std::nullopt;
  if (number < 0 || number > static_cast<std::int64_t>(text.size())) return outside(c);
  const auto from = static_cast<std::size_t>(number);
  return Value::integer(name == "indexOf" ? place(text, part, from) : last_place(text, part, from));
}

}  // namespace

Answer text_function(Context& c, const std::string& name, const Values& args) {
  const auto is = [&](std::size_t i, Kind kind) { return i < args.size() && args[i].is(kind); };
  if (name == "join" && is(0, Kind::list) && (args.size() == 1 || (args.size() == 2 && is(1, Kind::string))))
    return join(c, args);
  if (name == "size" && is(0, Kind::bytes))
    return Value::integer(static_cast<std::int64_t>(args[0].as_string().size()));
  if (!is(0, Kind::string)) return std::nullopt;
  const auto text = characters(args[0].as_string());
  if (args.size() == 1) return of_text(c, name, text);
  const bool part = is(1, Kind::string);
  const auto part_text = part ? characters(args[1].as_string()) : Characters();
  if (args.size() == 2 && part) return of_part(c, name, text, part_text);
  if (args.size() == 2 && is(1, Kind::integer) && (name == "charAt" || name == "substring")) {
    const auto size = static_cast<std::int64_t>(text.size());
    return of_place(c, name, text, args[1].as_int(), std::max(size, args[1].as_int()));
  }
  if (args.size() == 3 && is(1, Kind::integer) && is(2, Kind::integer) && name == "substring")
    return of_place(c, name, text, args[1].as_int(), args[2].as_int());
  if (args.size() == 3 && part && is(2, Kind::integer))
    return of_part_and_number(c, name, text, part_text, args[2].as_int());
  const bool counted = args.size() == 4 && is(3, Kind::integer);
  if (name != "replace" || !part || !is(2, Kind::string) || (args.size() != 3 && !counted)) return std::nullopt;
  return with_replaced(c, text, part_text, std::string(args[2].as_string()), counted ? args[3].as_int() : -1);
}

}  // namespace cel_reference
