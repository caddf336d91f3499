// writer.hpp: JSON text, straight from values or from a view, with no document in between. One thread at a time.
// Output is UTF-8 as it is, escaping only what RFC 8259 demands: '"', '\' and U+0000-U+001F (\b \f \n \r \t or \u00xx).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "socle/json/builder.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::json {

// Appends to a string that the caller owns and that must outlive the writer. Faults are kept as in Builder and returned
// by finish(); what is in the string then is to be thrown away. A member named twice is written twice.
class Writer : public Appender<Writer> {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& null();
  Writer& boolean(bool value);
  Writer& integer(std::int64_t value);
  Writer& unsigned_integer(std::uint64_t value);
  Writer& number(double value);
  Writer& number_text(std::string_view text);
  Writer& string(std::string_view text);
  Writer& value(View value);

  Status finish();

 private:
  bool before_value();
  bool before_end(char open);
  Writer& fail(std::string_view reason);

  std::string& out_;
  std::string open_;   // '{', '[' of the containers we are in; ':' on top after a key
  bool first_ = true;  // nothing written yet in the innermost container
  std::string error_;
};

// Compact text; members in document order, numbers as written. "" for an absent view.
[[nodiscard]] std::string to_text(View value);
void append_text(std::string& out, View value);
// For people: two spaces a level, one member or element a line.
[[nodiscard]] std::string to_pretty_text(View value);
// A JSON string literal with its quotes. REQUIRES: text is UTF-8.
void append_quoted(std::string& out, std::string_view text);

}  // namespace socle::json
