// ast.hpp: a parsed expression. Macros are expanded into comprehensions, as cel-spec defines them; which macro a
// comprehension came from is kept, for printing and for the compiler's special loops. An Ast is immutable once checked
// and may then be read by any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "socle/cel/type.hpp"

namespace socle::cel {

enum class ExprKind : std::uint8_t { constant, ident, select, call, list, map, structure, comprehension };

struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};
using Constant = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Bytes>;

enum class Macro : std::uint8_t {
  none,
  has,
  all,
  exists,
  exists_one,
  map,
  map_filtered,
  filter,
  all_two,
  exists_two,
  exists_one_two,
  transform_list,
  transform_map,
  transform_map_entry,
  bind,
  opt_map,
  opt_flat_map,
  sort_by,
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// for (variable[, variable2] in range) { if (!condition) break; accumulator = step; } return result;
struct Comprehension {
  std::string variable;
  std::string variable2;  // empty: one variable
  ExprPtr range;
  std::string accumulator;
  ExprPtr init;
  ExprPtr condition;
  ExprPtr step;
  ExprPtr result;
};

struct Expr {
  ExprKind kind = ExprKind::constant;
  Macro macro = Macro::none;  // what this node was written as
  bool test_only = false;     // select written as has(a.b)
  bool leading_dot = false;   // ident written as .a
  bool member = false;        // call written as target.name(args); args[0] is then the target
  std::uint32_t id = 0;       // dense, from 1
  std::uint32_t offset = 0;   // byte of the source where it starts (for calls: of the operator or the bracket)
  Constant value;
  std::string name;                     // ident, select's field, call's function ("_+_", "size"), structure's type
  std::vector<ExprPtr> args;            // select: the operand; call: arguments; list: elements; map: key, value, …
  std::vector<std::string> fields;      // structure
  std::vector<std::uint8_t> optionals;  // list, map, structure: entry i was written with ?; empty: none
  std::unique_ptr<Comprehension> loop;
};

[[nodiscard]] ExprPtr clone(const Expr& expr);

// What the checker found out about a node, by Expr::id.
struct Reference {
  std::string name;       // the resolved variable or function name; empty: nothing resolved here
  bool is_local = false;  // a comprehension's own variable
  bool is_type = false;   // the name of a type used as a value
};

struct Ast {
  std::string source;
  ExprPtr root;
  std::uint32_t last_id = 0;
  bool checked = false;
  std::vector<Type> types;            // by id; empty unless checked
  std::vector<Reference> references;  // by id; empty unless checked

  [[nodiscard]] const Type& type() const { return types[root->id]; }
};

// Where something in a source stands: lines end with \n, columns count code points, both from 1.
struct Position {
  std::uint32_t offset = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};
[[nodiscard]] Position position_of(std::string_view source, std::uint32_t offset);

// One fault found by the parser or the checker.
struct Issue {
  Position position;
  std::string message;

  // "1:5: undeclared reference to 'x'" and below it the line with a mark under the column.
  [[nodiscard]] std::string text(std::string_view source) const;
};

}  // namespace socle::cel
