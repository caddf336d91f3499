// value.cpp: construction and reading of values, and the arena.
#include "socle/cel/value.hpp"

#include <algorithm>
#include <cstring>

#include "map_builder.hpp"

namespace socle::cel {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::no_such_key: return "no_such_key";
    case ErrorCode::no_such_overload: return "no_such_overload";
    case ErrorCode::undeclared: return "undeclared";
    case ErrorCode::divide_by_zero: return "divide_by_zero";
    case ErrorCode::overflow: return "overflow";
    case ErrorCode::range: return "range";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::duplicate_key: return "duplicate_key";
    case ErrorCode::out_of_fuel: return "out_of_fuel";
    case ErrorCode::out_of_memory: return "out_of_memory";
    case ErrorCode::interrupted: return "interrupted";
  }
  return "invalid_argument";
}

Value Value::decimal(Int128 unscaled, std::uint32_t scale) {
  Value value(Kind::decimal, static_cast<std::uint64_t>(unscaled));
  value.b_ = static_cast<std::uint64_t>(unscaled >> 64);
  value.length_ = scale;
  return value;
}

Int128 Value::unscaled() const {
  return static_cast<Int128>(static_cast<std::int64_t>(b_)) * (static_cast<Int128>(1) << 64) + static_cast<Int128>(a_);
}

Value Value::list(const Value* items, std::size_t size) {
  Value value(Kind::list, reinterpret_cast<std::uintptr_t>(items));
  value.length_ = static_cast<std::uint32_t>(size);
  value.holds(items, size);
  return value;
}

Value Value::map(const MapEntries* entries) {
  Value value(Kind::map, reinterpret_cast<std::uintptr_t>(entries));
  value.holds(entries->values, entries->size);
  return value;
}

Value Value::ip(std::uint64_t high, std::uint64_t low, unsigned family) {
  Value value(Kind::ip, high);
  value.b_ = low;
  value.length_ = family;
  return value;
}

Value Value::cidr(std::uint64_t high, std::uint64_t low, unsigned family, unsigned prefix) {
  Value value(Kind::cidr, high);
  value.b_ = low;
  value.length_ = family | prefix << 8;
  return value;
}

Value Value::json(json::View view) {
  switch (view.kind()) {
    case json::Kind::boolean: return boolean(view.as_bool());
    case json::Kind::integer: return integer(*view.as_int64());
    case json::Kind::unsigned_integer: return unsigned_integer(*view.as_uint64());
    case json::Kind::number: return real(view.as_double());
    case json::Kind::string: return string(view.as_string());
    case json::Kind::array:
    case json::Kind::object: {
      Value value(view.is_array() ? Kind::list : Kind::map, reinterpret_cast<std::uintptr_t>(view.base()));
      value.b_ = view.word();
      value.json_ = true;
      return value;
    }
    default: return {};
  }
}

std::size_t Value::size() const {
  if (json_) return view().size();
  if (kind_ == Kind::list) return length_;
  return kind_ == Kind::map ? entries()->size : 0;
}

Value Value::at(std::size_t i) const {
  if (json_) return json(kind_ == Kind::list ? view().at(i) : view().value_at(i));
  return kind_ == Kind::list ? reinterpret_cast<const Value*>(a_)[i] : entries()->values[i];
}

Value Value::key_at(std::size_t i) const { return json_ ? string(view().key_at(i).text()) : entries()->keys[i]; }

bool Value::find(const Value& key, Value& found) const {
  if (json_) {
    if (!key.is(Kind::string)) return false;
    const auto value = view().find(key.as_string());
    if (!value.exists()) return false;
    found = json(value);
    return true;
  }
  if (key.is(Kind::list) || key.is(Kind::map) || key.is(Kind::optional)) return false;  // never keys, and dear to hash
  const auto i = find_entry(*entries(), key);
  if (i == no_entry) return false;
  found = entries()->values[i];
  return true;
}

void* Arena::allocate_block(std::size_t size) {
  constexpr std::size_t smallest = 4096;
  const auto wanted = std::max({size, smallest, std::min(taken_, std::size_t{1} << 18)});
  if (size > limit_ || taken_ - (blocks_.empty() ? 0 : static_cast<std::size_t>(end_ - next_)) > limit_ - size)
    return nullptr;
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(wanted), wanted});
  taken_ += wanted;
  next_ = blocks_.back().bytes.get();
  end_ = next_ + wanted;
  void* memory = next_;
  next_ += size;
  return memory;
}

void Arena::reset() {
  if (blocks_.empty()) return;
  if (blocks_.size() > 1) blocks_.resize(1);
  taken_ = blocks_[0].size;
  next_ = blocks_[0].bytes.get();
  end_ = next_ + taken_;
}

std::size_t Arena::used() const { return taken_ - static_cast<std::size_t>(end_ - next_); }

Value copy_string(Arena& arena, std::string_view text, Kind kind) {
  auto* memory = arena.make<char>(text.size());
  if (memory == nullptr) return {};
  if (!text.empty()) std::memcpy(memory, text.data(), text.size());
  const std::string_view copy(memory, text.size());
  return kind == Kind::bytes ? Value::bytes(copy) : kind == Kind::type ? Value::type(copy) : Value::string(copy);
}

Value make_list(Arena& arena, const std::vector<Value>& items) {
  auto* memory = arena.make<Value>(items.size());
  if (memory == nullptr) return {};
  std::copy(items.begin(), items.end(), memory);
  return Value::list(memory, items.size());
}

Value make_map(Arena& arena, const std::vector<std::pair<Value, Value>>& entries) {
  MapBuilder builder(arena, entries.size());
  for (const auto& [key, value] : entries) (void)builder.add(key, value);
  return builder.finish();
}

}  // namespace socle::cel
