// vocabulary.hpp: the CEL environment of authorization conditions: the contract's names record, old, user, tenant,
// action, now and env. It has the same options as storage/1's remainder, so that a condition means in a list what it
// means in a decision. Immutable once made; any thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/diagnostic.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::authz {

// Fuel and memory of one condition of a decision: the same as storage gives a remainder on a record.
inline constexpr std::uint64_t condition_fuel = 100'000;
inline constexpr std::size_t condition_memory = std::size_t{1} << 20;
inline constexpr std::size_t longest_condition = std::size_t{8} << 10;

// What a record has beside its fields; these win over fields of the same name.
inline constexpr std::array<std::string_view, 7> properties{"id",         "version",    "created_at",   "created_by",
                                                            "updated_at", "updated_by", "model_version"};

// Slots of one record: the document and its properties, in the order above.
struct RecordSlots {
  std::uint32_t document = 0;
  std::array<std::uint32_t, properties.size()> property{};
};

class Vocabulary {
 public:
  // `types`: {field: CEL type} of record's declared fields, or absent. Code::invalid names the type at fault.
  static Result<std::shared_ptr<const Vocabulary>> make(json::View types = {});

  [[nodiscard]] const cel::Environment& environment() const { return environment_; }
  RecordSlots record, old;
  std::uint32_t user = 0, tenant = 0, action = 0, now = 0, env = 0;

  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

 private:
  Vocabulary();
  Status declare(json::View types);
  Status declare_record(const std::string& name, RecordSlots& slots);
  cel::Environment environment_;
};

// A condition, checked and compiled. Borrows the vocabulary.
struct Condition {
  cel::Ast ast;
  cel::Program program;
  bool timely = false;  // reads now or env, so that what is known of it changes from call to call
  std::string fault;    // not empty: why it cannot be asked with the types declared; it then errs whenever it is asked
};

// With the tree of its text, which is about twice its program. A regular expression is there once.
[[nodiscard]] std::size_t bytes_of(const Condition& condition);

// Nothing, and diagnostics at `pointer`, when the text is no condition.
[[nodiscard]] std::optional<Condition> compile_condition(const Vocabulary& vocabulary, std::string_view text,
                                                         const std::string& pointer, Diagnostics& diagnostics);
// Does the expression read a variable of this name (`record`), itself or one of its properties?
[[nodiscard]] bool reads(const cel::Ast& ast, const cel::Expr& expr, std::string_view name);

}  // namespace socle::authz
