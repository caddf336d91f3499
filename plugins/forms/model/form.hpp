// form.hpp: a compiled form: what a tenant's model says, checked, ordered and ready to run. Immutable; any number of
// threads share one.
//
//   Diagnostics diagnostics;
//   auto form = Form::compile(source, diagnostics);   // null when there are errors; all of them are in diagnostics
//
// docs/forms.md says what a model may hold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/components.hpp"
#include "model/diagnostic.hpp"
#include "model/field.hpp"
#include "model/language.hpp"
#include "model/sequence.hpp"
#include "model/words.hpp"
#include "socle/cel/record_filter.hpp"
#include "socle/json/document.hpp"
#include "socle/schema/schema.hpp"

namespace socle::forms {

// A field whose value is the id of a file of blob/1, or a list of such.
struct Attachment {
  std::vector<std::string> types;  // media types such as "image/*"; none: all
  std::uint64_t size = 0;          // the most bytes of one file; 0: what blob/1 allows
};

// A component that judges a field's value, or each of a list's.
struct FieldValidator {
  const Component* component = nullptr;
  std::optional<Expression> when;  // only then; absent: always
  Words message;                   // empty: the component's own
};

// What becomes of a record when the one that it names is deleted: nothing (its reference leads nowhere then), the
// deletion is refused, the field is emptied, the record goes too.
enum class OnDelete : std::uint8_t { keep, refuse, clear, cascade };

// What the model says about one field besides its schema.
struct FieldLogic {
  std::uint32_t field = 0;
  std::optional<Expression> visible, read_only, required, compute, fallback, options;
  bool clear_on_hide = false;
  bool always_read_only = false;
  std::optional<Sequence> sequence;
  std::optional<Attachment> attachment;
  std::vector<FieldValidator> validators;
  std::string reference;                // the form whose records the value names; empty: none
  OnDelete on_delete = OnDelete::keep;  // of a reference
};

// One step of an evaluation. Nodes are kept in the order in which they must run.
struct Node {
  enum class Kind : std::uint8_t { visible, read_only, value, required, options };
  Kind kind = Kind::value;
  std::uint32_t logic = 0;  // index into Form::logic()
};

struct Check {
  std::string id;
  Expression when;
  Words message;
  std::string at;  // pointer into the record
};

// A field whose values are judged beyond its schema, since something else must be able to hold them: exact numbers, and
// what an index orders.
struct CellRule {
  std::uint32_t field = 0;
  FieldType type = FieldType::any;  // string to decimal
  bool each = false;                // of a list's values, each
};

// An access rule, in the language in which filters are written too.
struct AccessRule {
  StrictLanguage::Checked rule;
  std::string text;
};
enum class Action : std::uint8_t { create, read, update, remove };
[[nodiscard]] std::string_view to_string(Action action);  // "create", "read", "update", "delete"

// Of one record of the form; the names of collections in storage/1.
[[nodiscard]] std::string collection_of(std::string_view form);
inline constexpr std::string_view sequence_collection = "forms:sequences";
inline constexpr std::string_view draft_collection = "forms:drafts";
// A document for each record that a reference with on_delete names or named; its version counts those that came.
inline constexpr std::string_view guard_collection = "forms:referred";
// Which forms may have such references to which: a hint, what is published decides.
inline constexpr std::string_view referrer_collection = "forms:referrers";

class Form {
 public:
  // `fuel`: what one evaluation may take; an expression that takes more for sure is refused.
  static std::shared_ptr<const Form> compile(json::View source, Diagnostics& diagnostics,
                                             std::uint64_t fuel = usual_fuel);
  // What was published, by whichever generation: it is served as it is, however little fuel there is by now and
  // whatever is asked of layouts since (pages pass over what they do not follow).
  static std::shared_ptr<const Form> compile_published(json::View source);
  Form(const Form&) = delete;
  Form& operator=(const Form&) = delete;
  ~Form();

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const Words& title() const;
  [[nodiscard]] const Words& describe() const;
  [[nodiscard]] json::View source() const;
  // JSON Schema as every validator reads it: texts in several languages are the English ones.
  [[nodiscard]] json::View schema_document() const;
  [[nodiscard]] const schema::Schema& schema() const;
  [[nodiscard]] const Catalogue& fields() const;
  [[nodiscard]] const LogicLanguage& language() const;
  [[nodiscard]] const StrictLanguage& strict() const;
  [[nodiscard]] const std::vector<FieldLogic>& logic() const;
  // Of a field, or nullptr.
  [[nodiscard]] const FieldLogic* logic_of(std::uint32_t field) const;
  // Its index in logic(); Field::none.
  [[nodiscard]] std::uint32_t logic_index(std::uint32_t field) const;
  [[nodiscard]] const std::vector<Node>& order() const;
  // Nodes (positions in order()) that a change of this field reaches directly, those of its parts and wholes included.
  [[nodiscard]] const std::vector<std::uint32_t>& readers(std::uint32_t field) const;
  // Nodes that must run again when this one's result has changed.
  [[nodiscard]] const std::vector<std::uint32_t>& after(std::uint32_t node) const;
  // Fields outside of rows that some expression reads.
  [[nodiscard]] const std::vector<std::uint32_t>& reads() const;
  // Logic may change a part of this object or sub-table.
  [[nodiscard]] bool changes_below(std::uint32_t field) const;
  [[nodiscard]] const std::vector<Check>& checks() const;
  [[nodiscard]] const std::vector<CellRule>& cells() const;
  // The rule that decides an action: its own, else read's (deleting: update's first); nullptr: everybody may.
  [[nodiscard]] const AccessRule* access(Action action) const;
  [[nodiscard]] const std::vector<std::string>& rulesets() const;
  [[nodiscard]] json::View ui() const;  // absent when the model has none
  // Declarations for storage/1, JSON: [{collection, indexes}].
  [[nodiscard]] const std::string& collections() const;
  // How storage/1 keeps the records: for cel::store_query.
  [[nodiscard]] const cel::RecordShape& shape() const;
  [[nodiscard]] bool has_sequences() const;
  [[nodiscard]] bool has_references() const;
  [[nodiscard]] bool has_on_delete() const;  // of some reference
  [[nodiscard]] bool has_attachments() const;
  // Nothing but schema and checks: a record leaves as it came.
  [[nodiscard]] bool changes_records() const;
  [[nodiscard]] std::size_t bytes() const;  // memory held, about

  struct Body;
  explicit Form(std::unique_ptr<const Body> body);

 private:
  static std::unique_ptr<Body> compile_body(json::View source, Diagnostics& diagnostics, std::uint64_t fuel);

  std::unique_ptr<const Body> body_;
};
using FormPtr = std::shared_ptr<const Form>;

}  // namespace socle::forms
