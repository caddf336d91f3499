// csv.hpp: records as lines of comma-separated values (RFC 4180) and back. A column is a field outside of sub-tables by
// its path; what has parts (lists, sub-tables) stands in its cell as JSON. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/field.hpp"
#include "socle/json/view.hpp"
#include "socle/json/writer.hpp"
#include "socle/result.hpp"

namespace socle::forms {

// The line of names: what is known beside the document, then the fields.
[[nodiscard]] std::string csv_head(const Catalogue& fields);
// One item of storage/1 as a line.
[[nodiscard]] std::string csv_line(const Catalogue& fields, json::View item);
void append_cell(std::string& out, std::string_view text);

// Reads records of cells from a text; quoted cells may hold line ends.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text);
  struct Line {
    std::size_t number = 0;  // where it begins, from 1
    std::vector<std::string> cells;
  };
  // Nothing at the end. Code::invalid: an open quote, or text behind a closed one; the reader is then at its end.
  [[nodiscard]] Result<std::optional<Line>> next();

 private:
  std::string_view rest_;
  std::size_t line_ = 1;
};

// Which field each column fills.
struct Columns {
  std::vector<std::uint32_t> fields;  // Field::none: ignored
};
// `mapping`: {"Column": "path"}; or a name is a path or a title. Unknown ones are an error, but what a CSV export
// writes beside the fields (id, version, …) is ignored; mapping to null ignores a column too.
[[nodiscard]] Result<Columns> columns_of(const Catalogue& fields, const std::vector<std::string>& names,
                                         json::View mapping);

// The document that a line's cells make; empty cells are absent. What does not read as its field's type is kept as
// text, so that the schema names it.
[[nodiscard]] std::string document_of(const Catalogue& fields, const Columns& columns,
                                      const std::vector<std::string>& cells);

}  // namespace socle::forms
