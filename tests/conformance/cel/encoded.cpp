// encoded.cpp: see the header.
#include "encoded.hpp"

#include <cmath>
#include <cstdlib>
#include <vector>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"

namespace cel_suite {

using socle::cel::Arena;
using socle::cel::Kind;
using socle::cel::Value;
using socle::json::View;

namespace {

std::string unbase64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return out;
}

// Timestamps and durations are made by the language itself.
Value made(Arena& arena, std::string_view function, std::string_view text, bool& ok) {
  const socle::cel::Environment env;
  const auto ast = env.compile(std::string(function) + "('" + std::string(text) + "')");
  if (!ast) {
    ok = false;
    return {};
  }
  const auto program = socle::cel::Program::compile(env, *ast);
  const auto value = program->evaluate(socle::cel::Activation(env), arena);
  ok = ok && !value.is_error();
  return value;
}

}  // namespace

Value decode(Arena& arena, View encoded, bool& ok) {
  if (!encoded.is_object() || encoded.size() != 1) {
    ok = false;
    return {};
  }
  const auto kind = encoded.key_at(0).text();
  const auto value = encoded.value_at(0);
  const std::string text(value.as_string());
  if (kind == "int") return Value::integer(std::strtoll(text.c_str(), nullptr, 10));
  if (kind == "uint") return Value::unsigned_integer(std::strtoull(text.c_str(), nullptr, 10));
  if (kind == "double") return Value::real(std::strtod(text.c_str(), nullptr));
  if (kind == "string") return Value::string(value.as_string());
  if (kind == "bytes") return socle::cel::copy_string(arena, unbase64(text), Kind::bytes);
  if (kind == "bool") return Value::boolean(value.as_bool());
  if (kind == "null") return {};
  if (kind == "type") return Value::type(value.as_string());
  if (kind == "timestamp" || kind == "duration") return made(arena, kind, text, ok);
  if (kind == "list") {
    std::vector<Value> items;
    for (const auto element : value.elements()) items.push_back(decode(arena, element, ok));
    return socle::cel::make_list(arena, items);
  }
  if (kind == "map") {
    std::vector<std::pair<Value, Value>> entries;
    for (const auto pair : value.elements())
      entries.emplace_back(decode(arena, pair.at(0), ok), decode(arena, pair.at(1), ok));
    return socle::cel::make_map(arena, entries);
  }
  ok = false;
  return {};
}

bool same(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is(Kind::real)) {
    if (std::isnan(a.as_double()) || std::isnan(b.as_double()))
      return std::isnan(a.as_double()) && std::isnan(b.as_double());
    return a.as_double() == b.as_double() && std::signbit(a.as_double()) == std::signbit(b.as_double());
  }
  if (a.is(Kind::list)) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same(a.at(i), b.at(i))) return false;
    return true;
  }
  if (a.is(Kind::map)) {
    if (a.size() != b.size()) return false;
    Value other;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!b.find(a.key_at(i), other) || !same(a.at(i), other)) return false;
    return true;
  }
  return socle::cel::equal(a, b);
}

}  // namespace cel_suite
