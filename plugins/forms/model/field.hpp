// field.hpp: the catalogue of a form's fields: every declared place of the schema with its type, its words and where it
// stands. Built once by Catalogue::build, immutable after; any thread.
//
// A field is named by its path: "days", "address.city", and "lines[].price" for a column of a sub-table (an array of
// objects). Sub-tables inside sub-tables are one field of type `list`: their rows have no logic of their own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/words.hpp"
#include "socle/cel/environment.hpp"
#include "socle/json/view.hpp"

namespace socle::forms {

enum class FieldType : std::uint8_t {
  any,  // no single type is declared
  string,
  integer,
  number,
  boolean,
  date,
  timestamp,
  decimal,  // format: decimal; a string or a number with exact digits
  object,   // with declared properties
  list,
  table,  // a list of objects with declared properties
};
// As people and the pages name it: a timestamp is "date-time".
[[nodiscard]] std::string_view to_string(FieldType type);
// As storage/1 names it, and CEL too what it would else take for a text: date, timestamp, decimal. Empty: a type that
// has no order.
[[nodiscard]] std::string_view storage_type(FieldType type);

struct Label {
  std::string value;  // JSON text of the enumerated value
  Words words;
};

struct Field {
  static constexpr std::uint32_t none = 0xffffffffu;

  std::string name;
  std::string path;                 // "lines[].price"
  std::string pointer;              // "/lines/*/price": a record's place with * for the row
  std::string schema_pointer;       // of its schema in the model: "/schema/properties/lines/items/properties/price"
  std::vector<std::string> tokens;  // member names from the record, or from the row for a column
  FieldType type = FieldType::any;
  FieldType element = FieldType::any;  // of a list
  std::uint32_t parent = none;
  std::uint32_t table = none;  // the sub-table whose column this is (also of fields of objects in a row)
  std::vector<std::uint32_t> children;
  bool required = false;   // by the schema of its parent
  bool read_only = false;  // readOnly in the schema
  json::View fallback;     // `default` in the schema
  json::View schema;       // its schema, references followed; lives in the document the catalogue was built from
  Words title;
  std::vector<Label> labels;
  std::string zone;  // of a timestamp: in which people see and enter it; empty: the page's
  cel::Bounds bounds;
};

// Limits of one form.
inline constexpr std::size_t most_fields = 4000;

class Catalogue {
 public:
  // `schema` must outlive the catalogue. Fields beyond most_fields are told and left out.
  static Catalogue build(json::View schema, const std::string& pointer, Diagnostics& diagnostics);

  [[nodiscard]] const std::vector<Field>& all() const { return fields_; }
  [[nodiscard]] const Field& operator[](std::uint32_t index) const { return fields_[index]; }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  // By path; Field::none when it is not declared.
  [[nodiscard]] std::uint32_t find(std::string_view path) const;
  [[nodiscard]] const std::vector<std::uint32_t>& top() const { return top_; }
  // For a message: "there is no field 'dais'; did you mean 'days'?"
  [[nodiscard]] std::string unknown(std::string_view path) const;
  // True when the record may hold members that are not declared.
  [[nodiscard]] bool open() const { return open_; }

 private:
  friend class CatalogueBuilder;
  std::vector<Field> fields_;
  std::vector<std::uint32_t> top_;
  std::map<std::string, std::uint32_t, std::less<>> by_path_;
  bool open_ = true;
};

}  // namespace socle::forms
