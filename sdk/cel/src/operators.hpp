// operators.hpp: the meaning of indexing, membership and map building, shared by functions, compiler and
// comprehensions.
#pragma once

#include "map_builder.hpp"
#include "socle/cel/function.hpp"

namespace socle::cel {

Value overflow(Context& c);
[[nodiscard]] Value absolute_decimal(Context& c, const Value* args);
[[nodiscard]] Value index_value(Context& c, const Value& container, const Value& key);
[[nodiscard]] Value concatenate(Context& c, const Value& a, const Value& b);
// Fuel for looking at the whole of a value; false: stop.
[[nodiscard]] bool charge_deep(Context& c, const Value& value);
// Fuel for looking a key up: hashing a short text is part of the operation.
[[nodiscard]] inline bool charge_key(Context& c, const Value& key) {
  const bool text = key.is(Kind::string) || key.is(Kind::bytes);
  return !text || key.as_string().size() < 256 || c.charge_text(key.as_string().size());
}
// Fuel for reading a number or moment from a text: a short one is part of the operation.
[[nodiscard]] inline bool charge_reading(Context& c, std::string_view text) {
  return text.size() <= 64 || c.charge(text.size() / 8);
}
// Fuel for a search in a hash index that looked at more than a few entries.
[[nodiscard]] inline bool charge_looks(Context& c, std::size_t looks) {
  return looks <= free_looks || c.charge(looks - free_looks);
}
// map.find(), with the fuel for the key and the search. False as well when the evaluation was stopped.
[[nodiscard]] bool find_key(Context& c, const Value& map, const Value& key, Value& found);
[[nodiscard]] inline bool is_key(const Value& value) {
  return value.is(Kind::string) || value.is(Kind::integer) || value.is(Kind::unsigned_integer) ||
         value.is(Kind::boolean);
}
// False: then duplicate_or_stopped() is the error to return.
[[nodiscard]] bool insert_entry(Context& c, MapBuilder& builder, const Value& key, const Value& value);
[[nodiscard]] Value duplicate_or_stopped(Context& c, const Value& key);

}  // namespace socle::cel
