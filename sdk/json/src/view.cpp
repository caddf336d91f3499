#include "socle/json/view.hpp"

#include "socle/json/decimal.hpp"

namespace socle::json {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::absent: return "absent";
    case Kind::null: return "null";
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::unsigned_integer: return "unsigned integer";
    case Kind::number: return "number";
    case Kind::string: return "string";
    case Kind::array: return "array";
    case Kind::object: return "object";
  }
  return "absent";
}

bool View::is_integral() const {
  if (kind() == Kind::number) return decimal::is_integer(number_text());
  return is_number();
}

std::optional<std::int64_t> View::exact_int64() const {
  if (kind() != Kind::number) return std::nullopt;
  return decimal::to_int64(number_text());
}

std::optional<std::uint64_t> View::exact_uint64() const {
  if (!is_number()) return std::nullopt;
  return decimal::to_uint64(number_text());
}

// Binary search in the index that an object gets whose hashes collide too much.
std::size_t View::search(std::string_view key) const {
  const std::size_t count = layout::length_of(word_);
  const char* const index = hashes() + layout::padded(count * 4);
  std::size_t low = 0;
  std::size_t high = count;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::size_t member = layout::load32(index + middle * 4);
    const int order = key.compare(text_of(layout::load64(payload() + member * 16)));
    if (order == 0) return member;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return none;
}

}  // namespace socle::json
