// report.hpp: what check() found, and JSON Schema's output formats made of it. Plain values, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socle::schema {

enum class Collect : std::uint8_t { all, first };

// One violated keyword.
struct Fault {
  std::string field;              // the place a person corrects: for `required` the missing member, for a forbidden
                                  // member that member, else the instance
  std::string instance;           // JSON pointer of the value that was judged
  std::string keyword_location;   // the way of evaluation: "/properties/a/$ref/type"
  std::string absolute_location;  // the keyword in its own document: "https://x/y.json#/$defs/date/type"
  std::string_view code;          // stable, the keyword's name: "required", "maxLength"; "false" for a false schema;
                                  // "limit" when a limit stopped the validation
  std::string message;            // English: what was wanted and what was found
  std::vector<std::pair<std::string, std::string>> params;  // for other languages: {"limit", "60"}, {"found", "75"}
};

struct Report {
  std::vector<Fault> faults;
  std::size_t truncated = 0;  // faults beyond Limits::faults
  bool limited = false;       // a limit of depth, steps or matching was hit: the verdict is "not accepted"
  [[nodiscard]] bool valid() const { return faults.empty() && !limited; }
};

enum class OutputFormat : std::uint8_t { flag, basic, detailed };

// JSON text in the standard's output format; `detailed` nests by keyword location, single children folded into parents.
[[nodiscard]] std::string to_output(const Report& report, OutputFormat format);

}  // namespace socle::schema
