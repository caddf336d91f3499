// agreement.hpp: one expression over one document, evaluated in every way there is: optimised, plain, as its own text
// read again, and by the reference walk. For the differential test and the fuzzer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/json_schema.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "support/cel_reference/generator.hpp"
#include "support/cel_reference/reference.hpp"

namespace cel_reference {

// Where expressions are evaluated: CEL to the letter; with numbers that mix; with dates, timestamps, durations and
// decimals; and as products have it, with numbers that mix and the types of a JSON Schema.
enum class World : std::uint8_t { strict, mixed, moments, declared };

inline Words words_of(World world) {
  return world == World::declared ? Words::declared : world == World::moments ? Words::moments : Words::plain;
}
inline std::unique_ptr<socle::cel::Environment> environment_of(World world) {
  socle::cel::Options options;
  options.mixed_numbers = world == World::mixed || world == World::declared;
  auto out = std::make_unique<socle::cel::Environment>(options);
  socle::cel::SchemaType type;
  if (world == World::declared) {
    const auto schema = socle::json::Document::parse(declared_schema);
    if (schema) type = declare_schema(*out, "a", schema->root(), schema->root());
  }
  (void)out->declare_variable("a", type.type, type.bounds);
  for (const auto* name : {"v", "i"}) (void)out->declare_variable(name, socle::cel::Type());
  return out;
}

// What came out; errors are all alike.
struct Seen {
  socle::cel::Kind kind = socle::cel::Kind::error;
  std::string text;
  bool operator==(const Seen&) const = default;
  [[nodiscard]] bool is_value() const { return kind != socle::cel::Kind::error; }
};

class Agreement {
 public:
  Agreement(World world, const socle::cel::Environment& env, const socle::cel::Value& root)
      : world_(world),
        env_(env),
        bindings_{{"a", root}, {"v", socle::cel::Value::integer(7)}, {"i", socle::cel::Value::string("i")}},
        activation_(env) {
    for (const auto& [name, value] : bindings_) activation_.set(env.variable(name)->slot, value);
  }

  // The value, if the expression can be compiled; `difference` tells who disagrees with it.
  std::optional<Seen> of(const std::string& source) {
    const auto ast = env_.parse(source);
    if (!ast) return std::nullopt;  // longer or deeper than allowed
    const auto checked = env_.check(*env_.parse(source));
    // Where types come with the variables, an expression means something only once it is checked.
    const auto untyped = world_ == World::declared ? std::nullopt : every_way(*ast);
    const auto typed = checked ? every_way(*checked) : std::nullopt;
    // Mixed numbers are made doubles by their types.
    if (untyped && typed && world_ != World::mixed && world_ != World::declared)
      must_agree(*untyped, "checked", *typed);
    return typed ? typed : untyped;
  }

  std::string difference;  // empty: all agree
  bool stopped = false;    // one of them ran out of fuel or memory: no difference tells anything

 private:
  using Ast = socle::cel::Ast;

  std::optional<Seen> every_way(const Ast& ast) {
    const auto fast = run(ast, true);
    const auto plain = run(ast, false);
    if (!fast || !plain) {
      if (fast || plain) difference += " only one of the two compiles";
      return std::nullopt;
    }
    must_agree(*fast, "plain", *plain);
    socle::cel::Arena arena;
    Reference reference(env_, bindings_, arena, ast.checked ? &ast : nullptr);
    must_agree(*fast, "reference", seen(reference.evaluate(*ast.root)));
    const auto text = unparse(*ast.root);
    auto again = env_.parse(text);
    if (again && unparse(*again->root) != text) difference += " printed twice: " + unparse(*again->root);
    if (again && ast.checked) again = env_.check(*std::move(again));
    const auto reparsed = again ? run(*again, true) : std::nullopt;
    if (reparsed)
      must_agree(*fast, "printed", *reparsed);
    else
      difference += " printed is refused: " + text;
    return fast;
  }
  std::optional<Seen> run(const Ast& ast, bool optimize) {
    const auto program = socle::cel::Program::compile(env_, ast, {optimize});
    if (!program) return std::nullopt;
    socle::cel::Arena arena;
    return seen(program->evaluate(activation_, arena));
  }
  Seen seen(const socle::cel::Value& value) {
    if (!value.is_error()) return {value.kind(), to_text(value)};
    stopped = stopped || value.error_info().code >= socle::cel::ErrorCode::out_of_fuel;
    return {};
  }
  void must_agree(const Seen& fast, const char* which, const Seen& other) {
    if (fast == other) return;
    const auto shown = [](const Seen& one) { return one.is_value() ? one.text : "an error"; };
    difference += std::string(" ") + which + ": " + shown(other) + " instead of " + shown(fast);
  }

  World world_;
  const socle::cel::Environment& env_;
  Reference::Bindings bindings_;
  socle::cel::Activation activation_;
};

}  // namespace cel_reference
