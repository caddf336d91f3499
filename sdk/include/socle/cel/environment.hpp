// environment.hpp: what expressions may use: variables, record types, functions; and the way from text to a checked
// Ast. Build one, then share it: every const member may be called by any thread.
//
//   Environment env;
//   env.declare_variable("a", *Type::parse("map(string, dyn)"));
//   auto ast = env.compile("a.x > 100");          // parse and check
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/function.hpp"
#include "socle/cel/options.hpp"
#include "socle/cel/type.hpp"
#include "socle/result.hpp"

namespace socle::cel {

// The most a value can hold, for the static cost estimate; none: not bounded by declaration.
struct Bounds {
  std::optional<std::uint64_t> max_items;   // of a list or map
  std::optional<std::uint64_t> max_length;  // of a text, in code points
};

struct Field {
  std::string name;
  Type type;
  Bounds bounds;
  Bounds element_bounds;  // of a list's elements
};

// A record type, for example from a JSON Schema.
struct ObjectType {
  std::string name;
  std::vector<Field> fields;
  bool open = false;            // other fields may be read too, as dyn
  bool absent_is_null = false;  // a declared field that is missing reads as null instead of an error
  bool named = true;            // an expression that says `name` means the type; false: the name is for messages only

  [[nodiscard]] const Field* find(std::string_view field) const;
};

struct Overload {
  std::string id;
  std::vector<Type> parameters;
  Type result;
  bool member = false;
  Function function = nullptr;       // null: declared only, calling it is an error at run time
  std::vector<std::uint32_t> kinds;  // which value kinds each parameter takes, as bits
};

struct Variable {
  std::string name;
  Type type;
  Bounds bounds;
  std::uint32_t slot = 0;
};

class Environment {
 public:
  explicit Environment(Options options = {});
  // With the options and the functions of another, which it shares: many environments may stand on one. Only functions:
  // the other's variables and record types are not seen.
  explicit Environment(std::shared_ptr<const Environment> base);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // Names may be dotted. Code::conflict when it exists with another type.
  Status declare_variable(std::string name, Type type, Bounds bounds = {});
  Status declare_object(ObjectType type);
  // signature: "(int, list(T)): T" or, called on a target, "string.(int): string". Code::conflict when a call could
  // mean this and an existing overload; Code::invalid for a bad signature.
  Status declare_function(std::string name, std::string_view signature, Function function, std::string id = {});

  // Only one fault is reported by parse, all by check. The error's message is all issues as text.
  Result<Ast> parse(std::string_view source, std::vector<Issue>* issues = nullptr) const;
  Result<Ast> check(Ast ast, std::vector<Issue>* issues = nullptr) const;
  Result<Ast> compile(std::string_view source, std::vector<Issue>* issues = nullptr) const;

  [[nodiscard]] const Options& options() const { return options_; }
  // By exact name.
  [[nodiscard]] const Variable* variable(std::string_view name) const;
  [[nodiscard]] const ObjectType* object(std::string_view name) const;
  // All overloads of a function, built in and declared; empty: no such function.
  [[nodiscard]] std::vector<const Overload*> overloads(std::string_view name) const;
  [[nodiscard]] bool has_function(std::string_view name) const;
  // The name of a type used as a value ("int", "net.IP"): its type is type(T). Nothing: not a type's name.
  [[nodiscard]] std::optional<Type> type_value(std::string_view name) const;
  [[nodiscard]] std::size_t variable_count() const { return variables_.size(); }
  [[nodiscard]] const Variable& variable_at(std::size_t slot) const { return *by_slot_[slot]; }
  // Memory of what was declared here, about; without the base.
  [[nodiscard]] std::size_t bytes() const;
  // The names a reference may mean, innermost container first.
  [[nodiscard]] std::vector<std::string> candidates(std::string_view name, bool leading_dot) const;

 private:
  void collect(std::string_view name, std::vector<const Overload*>& out) const;

  Options options_;
  std::shared_ptr<const Environment> base_;  // null, or whose functions are ours too
  std::map<std::string, Variable, std::less<>> variables_;
  std::vector<const Variable*> by_slot_;
  std::map<std::string, ObjectType, std::less<>> objects_;
  std::map<std::string, std::vector<Overload>, std::less<>> functions_;
};

}  // namespace socle::cel
