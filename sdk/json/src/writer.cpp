#include "socle/json/writer.hpp"

#include <charconv>
#include <cmath>

#include "socle/json/decimal.hpp"
#include "src/utf8.hpp"

namespace socle::json {

Writer& Writer::fail(std::string_view reason) {
  if (error_.empty()) error_.assign(reason);
  return *this;
}

// Writes the comma that is due. False once a fault is kept.
bool Writer::before_value() {
  if (!error_.empty()) return false;
  if (!open_.empty() && open_.back() == ':') {
    open_.pop_back();
  } else if (!open_.empty() && open_.back() == '{') {
    fail("a value in an object without a key(); call key() first");
  } else if (open_.empty() && !first_) {
    fail("a second value after the root; put both into an array or object");
  } else if (!first_) {
    out_.push_back(',');
  }
  first_ = false;
  return error_.empty();
}

bool Writer::before_end(char open) {
  if (!error_.empty()) return false;
  if (open_.empty() || open_.back() != open) {
    fail(open == '{' ? "end_object() outside an object or after a key() without its value"
                     : "end_array() outside an array");
    return false;
  }
  open_.pop_back();
  first_ = false;
  return true;
}

Writer& Writer::begin_object() {
  if (!before_value()) return *this;
  if (open_.size() >= layout::max_depth)
    return fail("nested deeper than " + std::to_string(layout::max_depth) + " levels");
  open_.push_back('{');
  out_.push_back('{');
  first_ = true;
  return *this;
}
Writer& Writer::end_object() {
  if (before_end('{')) out_.push_back('}');
  return *this;
}
Writer& Writer::begin_array() {
  if (!before_value()) return *this;
  if (open_.size() >= layout::max_depth)
    return fail("nested deeper than " + std::to_string(layout::max_depth) + " levels");
  open_.push_back('[');
  out_.push_back('[');
  first_ = true;
  return *this;
}
Writer& Writer::end_array() {
  if (before_end('[')) out_.push_back(']');
  return *this;
}

Writer& Writer::key(std::string_view name) {
  if (!error_.empty()) return *this;
  if (open_.empty() || open_.back() != '{') return fail("key() outside an object or after a key() without its value");
  if (!is_utf8(name)) return fail("a member name that is not UTF-8");
  if (!first_) out_.push_back(',');
  append_quoted(out_, name);
  out_.push_back(':');
  open_.push_back(':');
  return *this;
}

Writer& Writer::null() {
  if (before_value()) out_.append("null");
  return *this;
}
Writer& Writer::boolean(bool value) {
  if (before_value()) out_.append(value ? "true" : "false");
  return *this;
}
Writer& Writer::integer(std::int64_t value) {
  if (before_value()) out_.append(std::to_string(value));
  return *this;
}
Writer& Writer::unsigned_integer(std::uint64_t value) {
  if (before_value()) out_.append(std::to_string(value));
  return *this;
}
Writer& Writer::number(double value) {
  if (!before_value()) return *this;
  if (!std::isfinite(value)) return fail("a number that is not finite");
  char text[32];
  const auto [end, status] = std::to_chars(text, text + sizeof text, value);
  out_.append(text, end);
  return *this;
}
Writer& Writer::number_text(std::string_view text) {
  if (!before_value()) return *this;
  if (!decimal::is_number(text)) return fail("'" + std::string(text.substr(0, 40)) + "' is not a JSON number");
  out_.append(text);
  return *this;
}
Writer& Writer::string(std::string_view text) {
  if (!before_value()) return *this;
  if (!is_utf8(text)) return fail("a string that is not UTF-8");
  append_quoted(out_, text);
  return *this;
}
Writer& Writer::value(View value) {
  if (!before_value()) return *this;
  if (!value.exists()) return fail("an absent view; check exists() first");
  append_text(out_, value);
  return *this;
}

Status Writer::finish() {
  if (error_.empty() && !open_.empty()) fail("finish() with a container still open");
  if (error_.empty() && first_) fail("finish() without a value");
  if (!error_.empty()) return Error{Code::invalid, "write JSON text: " + error_};
  return {};
}

}  // namespace socle::json
