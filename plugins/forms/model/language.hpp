// language.hpp: the expressions of one form: which names they may use, and the way from a text to a program that knows
// which fields it reads. Two languages over one catalogue:
//
//   Logic   a field is a variable of its own (so that a change of one field reaches only what reads it); what is absent
//           is null. For logic and checks.
//   Strict  `record` is the whole document, and reading what is absent is an error. For access rules and filters: the
//           store answers the same way, so a list and a single read agree.
//
// Both write fields bare or as record.x; a bare name that CEL or the contract uses itself (`date`, `user`) needs
// `record.`. Build once; afterwards compile() is const and any thread may call it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/field.hpp"
#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"

namespace socle::forms {

// What is known of a record beside its document, in CEL `record.created_by` and so on.
enum class Meta : std::uint8_t { id, version, model_version, created_at, created_by, updated_at, updated_by };
inline constexpr std::size_t meta_count = 7;
[[nodiscard]] std::string_view to_string(Meta meta);
[[nodiscard]] std::optional<Meta> meta_named(std::string_view name);

// Slots of the names that every expression may use.
struct CommonSlots {
  std::uint32_t old = 0, user = 0, tenant = 0, action = 0, now = 0, env = 0;
  std::uint32_t meta[meta_count] = {};
};

struct Expression {
  std::optional<cel::Program> program;  // always there once compiled
  std::string pointer;                  // in the model
  std::vector<std::uint32_t> reads;     // fields, sorted
  cel::Type type;
};

// The fuel of one evaluation where the operator says nothing else (manifest.yaml).
inline constexpr std::uint64_t usual_fuel = 2'000'000;

enum class Want : std::uint8_t { condition, value };

class LogicLanguage {
 public:
  // The catalogue must outlive it.
  explicit LogicLanguage(const Catalogue& catalogue, std::uint64_t fuel = usual_fuel);

  // `table`: the sub-table in whose rows the expression is evaluated, or Field::none. A JSON boolean or number is its
  // own text. Nothing, and a diagnostic, when it is wrong.
  std::optional<Expression> compile(json::View text, const std::string& pointer, std::uint32_t table, Want want,
                                    Diagnostics& diagnostics) const;

  [[nodiscard]] const cel::Environment& environment() const { return *environment_; }
  [[nodiscard]] const CommonSlots& slots() const { return slots_; }
  [[nodiscard]] std::uint32_t slot_of(std::uint32_t field) const { return field_slots_[field]; }

 private:
  const Catalogue& catalogue_;
  std::unique_ptr<cel::Environment> environment_;
  std::uint64_t fuel_;
  CommonSlots slots_;
  std::vector<std::uint32_t> field_slots_;
};

class StrictLanguage {
 public:
  explicit StrictLanguage(const Catalogue& catalogue, std::uint64_t fuel = usual_fuel);

  struct Checked {
    cel::Ast ast;
    cel::Program program;
  };
  // A condition. The issues' offsets are bytes of `text`. Code::too_large: it needs more fuel than there is.
  Result<Checked> compile(std::string_view text, std::vector<cel::Issue>* issues) const;

  [[nodiscard]] const cel::Environment& environment() const { return *environment_; }
  [[nodiscard]] const CommonSlots& slots() const { return slots_; }
  [[nodiscard]] std::uint32_t record_slot() const { return record_slot_; }

 private:
  const Catalogue& catalogue_;
  std::unique_ptr<cel::Environment> environment_;
  std::uint64_t fuel_;
  CommonSlots slots_;
  std::uint32_t record_slot_ = 0;
};

// The CEL type of a declared field; `nullable` adds null.
[[nodiscard]] cel::Type cel_type(const Catalogue& catalogue, std::uint32_t field, bool nullable);

}  // namespace socle::forms
