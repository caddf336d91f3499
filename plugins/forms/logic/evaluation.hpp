// evaluation.hpp: one record under a form's logic. The save path runs it once over everything; a page keeps it and
// tells it which fields have changed: only what these reach runs again.
//
//   Evaluation evaluation(form, call, arena);
//   if (!evaluation.run()) …                       // stopped: out of fuel, memory or time
//   auto text = evaluation.document();             // with defaults, computed and cleared fields
//
// One thread. Borrows form, arena and every document it was ever given: computed values may be parts of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/form.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {

// What is known of a record beside its document; "" and 0 of one that is new.
struct RecordFacts {
  std::string_view id, model_version, created_at, created_by, updated_at, updated_by;
  std::int64_t version = 0;
};

struct Call {
  json::View doc;
  json::View old;  // the stored document; absent while one is created
  RecordFacts facts;
  json::View user, tenant, env;  // absent: null in expressions
  std::string_view action = "create";
  std::int64_t now_seconds = 0;  // since 1970
  std::uint32_t now_nanos = 0;
  std::span<const std::uint64_t> numbers;  // of the sequences, in the order of Form::logic(); a new record only
  cel::Limits limits;
};

struct FieldError {
  std::string pointer;
  std::string code;
  std::string message;
  std::string params;  // JSON object, or ""
};

struct FieldState {
  bool visible = true;
  bool required = false;
  bool read_only = false;
  std::optional<cel::Value> options;  // a list
};

class Evaluation {
 public:
  Evaluation(const Form& form, const Call& call, cel::Arena& arena);

  // Everything. False: stopped(), and nothing else may be asked.
  bool run();
  // The document is now `doc` and differs from the last one in `fields`. When a sub-table is among them its number of
  // rows may have changed.
  bool change(json::View doc, std::span<const std::uint32_t> fields);
  // "out_of_fuel", "out_of_memory", "interrupted" after run() was false.
  [[nodiscard]] std::string_view stopped() const { return stopped_; }
  [[nodiscard]] std::uint64_t fuel_left() const { return left_; }
  // For work beside expressions: takes fuel for so many looks at a cell. False: stopped().
  bool charge(std::uint64_t looks);
  // Expressions evaluated since the start: what a change reaches can be counted.
  [[nodiscard]] std::uint64_t evaluated() const { return evaluated_; }

  // The logic differs from what was given somewhere.
  [[nodiscard]] bool changed() const;
  // The whole document with what the logic did. "" when a computed value has no JSON form; errors() then tells.
  [[nodiscard]] std::string document();
  // Of a field (row: of its sub-table, else 0). What has no logic is visible.
  [[nodiscard]] FieldState state(std::uint32_t field, std::size_t row = 0) const;
  // The field and everything around it.
  [[nodiscard]] bool visible(std::uint32_t field, std::size_t row = 0) const;
  // The value after the logic; null when there is none.
  [[nodiscard]] cel::Value value(std::uint32_t field, std::size_t row = 0) const;
  [[nodiscard]] std::size_t rows(std::uint32_t table) const;
  // As it is stored, at the same place; absent of a new record.
  [[nodiscard]] json::View stored(std::uint32_t field, std::size_t row = 0) const {
    return given(field, row, call_.old);
  }
  // Computations that failed otherwise than for want of input.
  [[nodiscard]] const std::vector<FieldError>& errors() const { return errors_; }
  // A condition over the record as it is now, outside of rows; one that errs is false.
  [[nodiscard]] bool holds(const Expression& condition);
  // The same in a row of a sub-table; `table` Field::none: outside of rows.
  [[nodiscard]] bool holds(const Expression& condition, std::uint32_t table, std::size_t row);
  // "/lines/3/price"
  [[nodiscard]] std::string pointer(std::uint32_t field, std::size_t row) const;

  [[nodiscard]] const Form& form() const { return form_; }
  [[nodiscard]] const Call& call() const { return call_; }

 private:
  struct Cell {
    enum class State : std::uint8_t { given, absent, value };
    State state = State::given;
    cel::Value value;
    json::View part;  // the value, when it is a part of a document: written as it stands there
  };
  // What a field holds after its logic: a part of a document (null and all digits included), or what was computed, of
  // which null is nothing at all.
  struct Decision {
    json::View part{};
    cel::Value value{};
  };
  struct Scope {
    std::uint32_t table = Field::none;
    std::size_t row = 0;
  };

  void bind_common();
  void bind(std::uint32_t field);
  void bind_row(const Expression& expression, Scope scope);
  void fit_rows();
  bool run_marked(const std::vector<bool>& wanted);
  bool run_node(std::uint32_t node);
  bool run_row(const Node& node, Scope scope);
  Decision decide_value(const FieldLogic& logic, Scope scope);
  cel::Value computed(const FieldLogic& logic, Scope scope);
  cel::Value evaluate(const Expression& expression, Scope scope);
  bool condition(const Expression& expression, Scope scope);
  bool lacks_input(const Expression& expression, Scope scope);
  bool lacks_part(std::uint32_t field, json::View value);
  void materialize(std::uint32_t field);
  void settle(std::uint32_t logic, Scope scope, const Decision& decision);
  void forget_errors(std::uint32_t logic, std::size_t row);
  [[nodiscard]] json::View given(std::uint32_t field, std::size_t row, json::View root) const;
  [[nodiscard]] const Cell* cell(std::uint32_t field, std::size_t row) const;
  [[nodiscard]] bool touched(std::uint32_t field, std::size_t row) const;
  [[nodiscard]] bool touched_below(std::uint32_t field) const;
  void write(json::Writer& out, std::uint32_t field, std::size_t row, json::View from);
  void write_members(json::Writer& out, const std::vector<std::uint32_t>& members, std::size_t row, json::View from);
  [[nodiscard]] bool has_value(std::uint32_t field, std::size_t row, json::View from) const;

  const Form& form_;
  Call call_;
  cel::Arena& arena_;
  cel::Activation activation_;
  std::vector<std::vector<Cell>> cells_;               // by logic, by row
  std::vector<std::vector<FieldState>> states_;        // by logic, by row
  std::vector<bool> stale_;                            // by field: an object or table whose variable is behind
  std::vector<std::unique_ptr<json::Document>> made_;  // what variables of changed objects and tables borrow
  std::vector<FieldError> errors_;
  std::vector<std::pair<std::uint32_t, std::size_t>> error_places_;  // logic and row of errors_
  std::uint64_t left_ = 0;
  std::uint64_t unasked_ = 0;  // fuel that charge() took since it asked whether to go on
  std::uint64_t evaluated_ = 0;
  std::string_view stopped_;
};

}  // namespace socle::forms
