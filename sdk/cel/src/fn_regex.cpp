// fn_regex.cpp: the regex extension: extract, extractAll, replace.
#include <memory>
#include <vector>

#include "library.hpp"
#include "regex.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

// The call's compiled pattern, or one compiled now into `own`; null and an error otherwise.
const Regex* pattern_of(Context& c, Args a, std::unique_ptr<Regex>& own, Value& error) {
  if (!c.charge(a[0].as_string().size() / 4 + 10)) {
    error = c.stopped();
    return nullptr;
  }
  if (c.regex != nullptr) return c.regex;
  const auto text = a[1].as_string();
  if (text.size() > Regex::max_dynamic_pattern || !c.charge(200 + text.size() * 20)) {
    error = c.stop != nullptr ? c.stopped()
                              : c.error(ErrorCode::invalid_argument, "a computed pattern may have at most 256 bytes");
    return nullptr;
  }
  auto compiled = Regex::compile(text);
  if (!compiled) {
    error = c.error(ErrorCode::invalid_argument, compiled.error().message);
    return nullptr;
  }
  own = *std::move(compiled);
  return own.get();
}
Value too_many_groups(Context& c) {
  return c.error(ErrorCode::invalid_argument, "regular expression has more than one capturing group");
}

Value extract(Context& c, Args a) {
  std::unique_ptr<Regex> own;
  Value error;
  const auto* regex = pattern_of(c, a, own, error);
  if (regex == nullptr) return error;
  if (regex->groups() > 1) return too_many_groups(c);
  std::vector<std::string_view> found;
  if (!regex->match(a[0].as_string(), 0, found)) return Value::optional_none();
  const auto& part = found.back();
  if (part.data() == nullptr) return Value::optional_none();
  return c.some(Value::string(part));
}

Value extract_all(Context& c, Args a) {
  std::unique_ptr<Regex> own;
  Value error;
  const auto* regex = pattern_of(c, a, own, error);
  if (regex == nullptr) return error;
  if (regex->groups() > 1) return too_many_groups(c);
  const auto text = a[0].as_string();
  std::vector<Value> parts;
  std::vector<std::string_view> found;
  std::size_t at = 0;
  while (at <= text.size() && regex->match(text, at, found)) {
    if (!c.charge((text.size() - at) / 16 + 4)) return c.stopped();
    if (found.back().data() != nullptr) parts.push_back(Value::string(found.back()));
    const auto end = static_cast<std::size_t>(found[0].data() - text.data()) + found[0].size();
    at = found[0].empty() ? end + 1 : end;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u) ++at;
  }
  auto* items = c.items(parts.size());
  if (items == nullptr) return c.stopped();
  std::copy(parts.begin(), parts.end(), items);
  return Value::list(items, parts.size());
}

Value replaced(Context& c, Args a, std::int64_t count) {
  std::unique_ptr<Regex> own;
  Value error;
  const auto* regex = pattern_of(c, a, own, error);
  if (regex == nullptr) return error;
  // The longest that the result can become is paid for first.
  const auto size = a[0].as_string().size();
  const auto most = (size + 1) * (a[2].as_string().size() + 1);
  if (most > (std::size_t{1} << 26)) return c.out_of_memory();
  if (!c.charge_text(most)) return c.stopped();
  const auto out = regex->replace(a[0].as_string(), a[2].as_string(), count);
  return out ? c.text(*out) : c.error(ErrorCode::invalid_argument, out.error().message);
}
Value replace(Context& c, Args a) { return replaced(c, a, -1); }
Value replace_some(Context& c, Args a) { return replaced(c, a, a[3].as_int()); }

constexpr Builtin table[] = {
    {"regex.extract", "(string, string): optional_type(string)", extract},
    {"regex.extractAll", "(string, string): list(string)", extract_all},
    {"regex.replace", "(string, string, string): string", replace},
    {"regex.replace", "(string, string, string, int): string", replace_some},
};

}  // namespace

std::span<const Builtin> regex_functions() { return table; }

}  // namespace socle::cel
