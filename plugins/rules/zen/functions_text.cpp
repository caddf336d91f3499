// functions_text.cpp: texts, conversions and the questions about kinds. RE2 (which cannot explode) stays in this file.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <re2/re2.h>

#include "socle/cel/pattern_cost.hpp"
#include "socle/cel/text_steps.hpp"
#include "zen/functions.hpp"
#include "zen/moment.hpp"
#include "zen/number.hpp"

namespace socle::rules::zen {
namespace {

using cel::Context;
using cel::Kind;
using cel::Value;
using Args = const Value*;

constexpr std::size_t longest_pattern = 1024;

bool texts(Context& c, Args a, std::size_t count, std::string_view name, Value& fault) {
  for (std::size_t i = 0; i < count; ++i)
    if (!a[i].is(Kind::string)) {
      fault = refuse(c, std::string(name) + " wants texts; found " + cel::shown(a[i]));
      return false;
    }
  return true;
}

Value length(Context& c, Args a) {
  if (a[0].is(Kind::string)) return Value::integer(static_cast<std::int64_t>(a[0].as_string().size()));
  if (a[0].is(Kind::list)) return Value::integer(static_cast<std::int64_t>(a[0].size()));
  return refuse(c, "len wants a text or a list; found " + cel::shown(a[0]));
}
Value contains(Context& c, Args a) {
  if (a[0].is(Kind::string) && a[1].is(Kind::string)) {
    const bool found = cel::TextSearch(c, a[0].as_string(), a[1].as_string()).from(0) != cel::TextSearch::nowhere;
    return c.stop != nullptr ? c.stopped() : Value::boolean(found);
  }
  if (!a[0].is(Kind::list)) return refuse(c, "contains wants a text or a list; found " + cel::shown(a[0]));
  return holds(c, a[0], a[1]);
}

// ASCII, Latin-1, Greek and Cyrillic letters; others stay.
void change_case(std::string& out, std::string_view text, bool upper) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      const bool letter = upper ? byte >= 'a' && byte <= 'z' : byte >= 'A' && byte <= 'Z';
      out += static_cast<char>(letter ? byte ^ 0x20 : byte);
      continue;
    }
    if ((byte & 0xe0) != 0xc0 || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    unsigned point = (byte & 0x1fu) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3fu);
    const auto in = [&](unsigned low, unsigned high) { return point >= low && point <= high; };
    if (upper) {
      if ((in(0xe0, 0xfe) && point != 0xf7) || (in(0x3b1, 0x3c9) && point != 0x3c2) || in(0x430, 0x44f))
        point -= 0x20;
      else if (in(0x450, 0x45f))
        point -= 0x50;
    } else {
      if ((in(0xc0, 0xde) && point != 0xd7) || in(0x391, 0x3a9) || in(0x410, 0x42f))
        point += 0x20;
      else if (in(0x400, 0x40f))
        point += 0x50;
    }
    out += static_cast<char>(0xc0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}
Value changed(Context& c, Args a, std::string_view name, bool upper) {
  Value fault;
  if (!texts(c, a, 1, name, fault)) return fault;
  std::string out;
  const bool paid = cel::in_steps(c, a[0].as_string(), [&](std::string_view piece) {
    change_case(out, piece, upper);
    return true;
  });
  return paid ? c.text(out) : c.stopped();
}
Value upper(Context& c, Args a) { return changed(c, a, "upper", true); }
Value lower(Context& c, Args a) { return changed(c, a, "lower", false); }
Value trim(Context& c, Args a) {
  Value fault;
  if (!texts(c, a, 1, "trim", fault)) return fault;
  auto text = a[0].as_string();
  std::size_t blanks = 0;
  const auto blank = [&](char byte) {
    return std::string_view(" \t\r\n\v\f").find(byte) != std::string_view::npos && ++blanks > 0;
  };
  for (; !text.empty() && blank(text.front()); text.remove_prefix(1))
    if (blanks % 4 == 0 && !c.charge(1)) return c.stopped();
  for (; !text.empty() && blank(text.back()); text.remove_suffix(1))
    if (blanks % 4 == 0 && !c.charge(1)) return c.stopped();
  return Value::string(text);
}
Value begins(Context& c, std::string_view text, std::string_view part) {
  const bool answer = cel::begins_with(c, text, part);
  return c.stop != nullptr ? c.stopped() : Value::boolean(answer);
}
Value starts_with(Context& c, Args a) {
  Value fault;
  return texts(c, a, 2, "startsWith", fault) ? begins(c, a[0].as_string(), a[1].as_string()) : fault;
}
Value ends_with(Context& c, Args a) {
  Value fault;
  if (!texts(c, a, 2, "endsWith", fault)) return fault;
  auto text = a[0].as_string();
  const auto part = a[1].as_string();
  if (part.size() > text.size()) return Value::boolean(false);
  text.remove_prefix(text.size() - part.size());
  return begins(c, text, part);
}

// A pattern is made anew each time, at the fuel of computed patterns elsewhere.
bool compiled(Context& c, Args a, std::string_view name, std::unique_ptr<re2::RE2>& out, Value& fault) {
  if (!texts(c, a, 2, name, fault)) return false;
  const auto pattern = a[1].as_string();
  if (pattern.size() > longest_pattern) {
    fault = refuse(c, "the pattern is longer than 1024 bytes");
    return false;
  }
  if (!c.charge(cel::making_fuel(pattern))) {
    fault = c.stopped();
    return false;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(static_cast<std::int64_t>(cel::computed_pattern_memory));
  out = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!out->ok()) {
    fault = refuse(c, "the pattern is wrong: " + out->error());
    return false;
  }
  const auto program = static_cast<std::size_t>(std::max(out->ProgramSize(), 0));
  if (c.charge(cel::search_fuel(a[0].as_string().size(), program))) return true;
  fault = c.stopped();
  return false;
}
Value matches(Context& c, Args a) {
  std::unique_ptr<re2::RE2> pattern;
  Value fault;
  if (!compiled(c, a, "matches", pattern, fault)) return fault;
  const auto text = a[0].as_string();
  return Value::boolean(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern));
}
Value extract(Context& c, Args a) {
  std::unique_ptr<re2::RE2> pattern;
  Value fault;
  if (!compiled(c, a, "extract", pattern, fault)) return fault;
  const auto text = a[0].as_string();
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(pattern->NumberOfCapturingGroups()) + 1);
  std::vector<Value> out;
  if (pattern->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                     static_cast<int>(groups.size())))
    for (const auto& group : groups)
      if (group.data() != nullptr) out.push_back(c.text({group.data(), group.size()}));
  return cel::make_list(c.arena, out);
}

Value split(Context& c, Args a) {
  Value fault;
  if (!texts(c, a, 2, "split", fault)) return fault;
  const auto text = a[0].as_string();
  const auto by = a[1].as_string();
  if (by.empty()) return refuse(c, "split wants a separator that is not empty");
  std::vector<Value> out;
  cel::TextSearch search(c, text, by);
  for (std::size_t from = 0;;) {
    const auto at = search.from(from);
    if (c.stop != nullptr || !c.charge(1)) return c.stopped();
    out.push_back(Value::string(text.substr(from, at - from)));
    if (out.size() > c.arena.left() / sizeof(Value)) return c.out_of_memory();
    if (at == cel::TextSearch::nowhere) break;
    from = at + by.size();
  }
  return cel::make_list(c.arena, out);
}
Value join(Context& c, Args a) {
  if (!a[0].is(Kind::list) || !a[1].is(Kind::string)) return refuse(c, "join wants a list of texts and a separator");
  std::string out;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const auto one = a[0].at(i);
    if (!one.is(Kind::string)) return refuse(c, "join wants texts; found " + cel::shown(one));
    if (!c.charge_text(one.as_string().size() + a[1].as_string().size())) return c.stopped();
    if (i > 0) out += a[1].as_string();
    out += one.as_string();
    if (out.size() > (std::size_t{1} << 24)) return c.out_of_memory();
  }
  return c.text(out);
}

// The share of letters that need not be changed, added, removed or swapped with their neighbour, to 16 places. Three
// rows of the table of distances are enough; each is paid for before it is filled. Nothing when the evaluation was
// stopped.
std::optional<Number> similarity(Context& c, std::string_view a, std::string_view b) {
  if (a.empty() && b.empty()) return Number::whole(1);
  std::array<std::vector<std::size_t>, 3> rows;
  for (auto& row : rows) row.resize(b.size() + 1);
  for (std::size_t i = 0; i <= a.size(); ++i) {
    if (!c.charge(b.size() / 4 + 1)) return std::nullopt;
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& higher = rows[(i + 1) % 3];
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        row[j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], higher[j - 2] + 1);
    }
  }
  const auto distance = static_cast<std::int64_t>(rows[a.size() % 3].back());
  const auto longest = static_cast<std::int64_t>(std::max(a.size(), b.size()));
  const auto share = divide(Number::whole(longest - distance), Number::whole(longest));
  return share ? std::optional<Number>(rounded(*share, 16, Direction::half_up)) : share;
}
Value fuzzy_one(Context& c, const Value& text, const Value& other) {
  if (!text.is(Kind::string) || !other.is(Kind::string)) return refuse(c, "fuzzyMatch wants texts");
  const auto a = text.as_string();
  const auto b = other.as_string();
  if (a.size() > 4096 || b.size() > 4096) return refuse(c, "fuzzyMatch compares texts of up to 4096 bytes");
  const auto number = similarity(c, a, b);
  if (c.stop != nullptr) return c.stopped();
  return number ? number->value() : Value::integer(0);
}
Value fuzzy_match(Context& c, Args a) {
  if (!a[0].is(Kind::list)) return fuzzy_one(c, a[0], a[1]);
  auto* items = c.items(a[0].size());
  if (items == nullptr) return c.stopped();
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    items[i] = fuzzy_one(c, a[0].at(i), a[1]);
    if (items[i].is_error()) return items[i];
  }
  return Value::list(items, a[0].size());
}

bool shown(const Value& value, std::string& out) {
  if (const auto number = Number::of(value)) {
    out += number->text();
  } else if (value.is(Kind::string)) {
    out += value.as_string();
  } else if (value.is(Kind::boolean)) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is(Kind::null)) {
    out += "null";
  } else if (is_moment(value)) {
    out += moment_text(moment_of(value));
  } else {
    return false;
  }
  return true;
}
Value string(Context& c, Args a) {
  std::string out;
  return shown(a[0], out) ? c.text(out)
                          : refuse(c, "a list or an object has no text; found " + cel::shown(a[0]).substr(0, 100));
}
// A template's parts, one after the other.
Value text(Context& c, Args a) {
  std::string out;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const auto one = a[0].at(i);
    if (!shown(one, out)) return refuse(c, "a list or an object has no place in a template");
    if (!c.charge_text(out.size())) return c.stopped();
  }
  return c.text(out);
}
Value boolean(Context& c, Args a) {
  const auto& value = a[0];
  if (value.is(Kind::boolean)) return value;
  if (value.is(Kind::null)) return Value::boolean(false);
  if (const auto number = Number::of(value)) return Value::boolean(number->digits != 0);
  if (!value.is(Kind::string)) return Value::boolean(true);
  auto trimmed = value.as_string();
  if (trimmed.size() > 64 && !c.charge_text(trimmed.size())) return c.stopped();
  while (!trimmed.empty() && trimmed.front() == ' ') trimmed.remove_prefix(1);
  while (!trimmed.empty() && trimmed.back() == ' ') trimmed.remove_suffix(1);
  return Value::boolean(trimmed == "true" || (trimmed != "false" && value.as_string().empty()));
}
Value type(Context&, Args a) {
  if (a[0].is(Kind::null)) return Value::string("null");
  if (a[0].is(Kind::boolean)) return Value::string("bool");
  if (a[0].is(Kind::string)) return Value::string("string");
  if (a[0].is(Kind::list)) return Value::string("array");
  if (is_moment(a[0])) return Value::string("date");
  return Value::string(a[0].is(Kind::map) ? "object" : "number");
}
Value is_null(Context&, Args a) { return Value::boolean(a[0].is(Kind::null)); }
Value exists(Context&, Args a) { return Value::boolean(!a[0].is(Kind::null)); }

}  // namespace

std::span<const Row> text_rows() {
  static constexpr std::array<Row, 18> rows{{
      {"len", "(dyn): dyn", length},
      {"contains", "(dyn, dyn): bool", contains},
      {"upper", "(dyn): dyn", upper},
      {"lower", "(dyn): dyn", lower},
      {"trim", "(dyn): dyn", trim},
      {"startsWith", "(dyn, dyn): bool", starts_with},
      {"endsWith", "(dyn, dyn): bool", ends_with},
      {"matches", "(dyn, dyn): bool", matches},
      {"extract", "(dyn, dyn): dyn", extract},
      {"split", "(dyn, dyn): dyn", split},
      {"join", "(dyn, dyn): dyn", join},
      {"fuzzyMatch", "(dyn, dyn): dyn", fuzzy_match},
      {"string", "(dyn): dyn", string},
      {"text", "(list(dyn)): dyn", text},
      {"bool", "(dyn): bool", boolean},
      {"type", "(dyn): dyn", type},
      {"isNull", "(dyn): bool", is_null},
      {"exists", "(dyn): bool", exists},
  }};
  return rows;
}

}  // namespace socle::rules::zen
