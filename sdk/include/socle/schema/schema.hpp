// schema.hpp: JSON Schema compiled once and run over flat documents (Socle::json). Drafts 2020-12, 2019-09, 7, 6 and 4.
//
//   auto schema = schema::compile(document.root(), options);        // once per model version; a few 100 µs
//   if (schema->valid(record)) …                                    // no allocation, ≈ 1 µs for a 42-field form
//   else for (const auto& fault : schema->check(record).faults) …   // every fault, with pointers
//
// A Schema is immutable and may be used by any number of threads at once; copies share it. Nothing here touches the
// network or a file: remote schemas come from the Registry the caller filled.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/document.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"
#include "socle/schema/report.hpp"

namespace socle::schema {

enum class Draft : std::uint8_t { draft4, draft6, draft7, draft2019_09, draft2020_12 };

// Whether `format` decides validity. by_dialect: only where the metaschema's vocabulary says so (the standard's
// default).
enum class Formats : std::uint8_t { by_dialect, annotate, assert_all };

// Schemas that others may refer to by URI. Fill it, then share it read-only; compile() copies what it uses.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;
  // Code::invalid when `uri` is no absolute URI, Code::conflict when it is there already. A fragment is cut off.
  Status add(std::string_view uri, json::View document);
  // The document under that URI (no fragment), or absent.
  [[nodiscard]] json::View find(std::string_view uri) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Limits {
  std::uint32_t depth = 400;             // schemas inside one another while validating, references included
  std::uint64_t steps = 20'000'000;      // schemas applied, array comparisons included, in one validation
  std::uint32_t schema_nodes = 200'000;  // subschemas of one compiled schema, referenced documents included
  std::uint32_t faults = 200;            // collected by check(); more are counted as `truncated`
};

struct Options {
  const Registry* registry = nullptr;  // borrowed for the call
  std::string base_uri = {};           // of the document, when its $id is relative or missing
  Draft draft = Draft::draft2020_12;   // when there is no $schema
  Formats formats = Formats::by_dialect;
  bool assert_content = false;   // contentEncoding and contentMediaType decide validity
  bool check_metaschema = true;  // refuse what the dialect's metaschema refuses
  Limits limits = {};
};

// What is wrong with a schema. `line` and `column` are 0 unless the schema was compiled from text.
struct Problem {
  std::string pointer;  // into the schema document
  std::string message;
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Program;  // private

class Schema {
 public:
  // True or false only; a limit that is hit counts as false (check() tells which). Allocates nothing, except for arrays
  // and objects of more than 256 children under unevaluated*, arrays of more than 64 under uniqueItems, and
  // $dynamicRef.
  [[nodiscard]] bool valid(json::View instance) const;
  // Every fault (or only the first one). A valid instance gives an empty report.
  [[nodiscard]] Report check(json::View instance, Collect collect = Collect::all) const;

  [[nodiscard]] Draft draft() const;
  [[nodiscard]] std::size_t memory() const;  // bytes held, about
  [[nodiscard]] const Program& program() const { return *program_; }
  explicit Schema(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

 private:
  std::shared_ptr<const Program> program_;
};

// The document is copied. Code::invalid: the schema is wrong, `problems` (if given) tells each place; not_found: a
// reference leads nowhere; unsupported: an unknown $schema or a vocabulary that must be understood; too_large: limits.
Result<Schema> compile(json::View document, const Options& options = {}, std::vector<Problem>* problems = nullptr);
// The same from text; problems carry lines and columns.
Result<Schema> compile_text(std::string_view text, const Options& options = {},
                            std::vector<Problem>* problems = nullptr);

// A metaschema of the standard by URI, as this library carries it, or absent. The view lives as long as the library.
[[nodiscard]] json::View metaschema(std::string_view uri);

}  // namespace socle::schema
