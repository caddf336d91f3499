// value.hpp: a CEL value during and after evaluation, and the arena that holds what values point to.
//
// A Value is 24 bytes, trivially copyable, and borrows: texts, lists and maps live in an Arena, in a JSON document that
// the caller keeps alive, or in the Program (constants). Never keep one past the arena's reset(), the document or the
// program. A list or map that came from JSON is a json::View underneath: reading it copies nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"

namespace socle::cel {

enum class Kind : std::uint8_t {
  null,
  boolean,
  integer,
  unsigned_integer,
  real,
  string,
  bytes,
  timestamp,
  duration,
  date,
  decimal,
  list,
  map,
  type,
  optional,
  ip,
  cidr,
  error,
};

__extension__ using Int128 = __int128;

class Value;

// What went wrong while evaluating. `offset` is a byte of the source, none when the fault has no place.
enum class ErrorCode : std::uint8_t {
  no_such_key,
  no_such_overload,
  undeclared,
  divide_by_zero,
  overflow,
  range,
  invalid_argument,
  duplicate_key,
  // These three stop the whole evaluation: || and && do not absorb them.
  out_of_fuel,
  out_of_memory,
  interrupted,
};
[[nodiscard]] std::string_view to_string(ErrorCode code);

struct ErrorInfo {
  static constexpr std::uint32_t nowhere = 0xffffffffu;
  ErrorCode code = ErrorCode::invalid_argument;
  std::uint32_t offset = nowhere;
  std::string_view message;
  std::string_view path;  // the field path that was being read, "record.address.city"; empty when none
};

struct MapEntries;  // in the arena: keys, values and a hash index

class Value {
 public:
  Value() = default;  // null
  static Value boolean(bool value) { return Value(Kind::boolean, value ? 1 : 0); }
  static Value integer(std::int64_t value) { return Value(Kind::integer, static_cast<std::uint64_t>(value)); }
  static Value unsigned_integer(std::uint64_t value) { return Value(Kind::unsigned_integer, value); }
  static Value real(double value) { return Value(Kind::real, std::bit_cast<std::uint64_t>(value)); }
  // Borrow the bytes. REQUIRES: UTF-8, below 4 GiB.
  static Value string(std::string_view text) { return text_value(Kind::string, text); }
  static Value bytes(std::string_view data) { return text_value(Kind::bytes, data); }
  // The name of a type used as a value. Borrows it.
  static Value type(std::string_view name) { return text_value(Kind::type, name); }
  // Seconds since 1970 (or long), 0 ≤ nanos < 10⁹ also for negative seconds.
  static Value timestamp(std::int64_t seconds, std::uint32_t nanos) { return moment(Kind::timestamp, seconds, nanos); }
  static Value duration(std::int64_t seconds, std::uint32_t nanos) { return moment(Kind::duration, seconds, nanos); }
  // Days since 1970-01-01, proleptic Gregorian.
  static Value date(std::int64_t days) { return Value(Kind::date, static_cast<std::uint64_t>(days)); }
  // unscaled × 10^-scale, scale ≤ 38.
  static Value decimal(Int128 unscaled, std::uint32_t scale);
  static Value list(const Value* items, std::size_t size);
  static Value map(const MapEntries* entries);
  static Value optional(const Value* value) {
    Value out(Kind::optional, reinterpret_cast<std::uintptr_t>(value));
    out.holds(value, 1);
    return out;
  }
  static Value optional_none() { return Value(Kind::optional, 0); }
  // Network byte order in the low bytes: an IPv4 address is bytes[12..15] of 16. family 4 or 6.
  static Value ip(std::uint64_t high, std::uint64_t low, unsigned family);
  static Value cidr(std::uint64_t high, std::uint64_t low, unsigned family, unsigned prefix);
  static Value error(const ErrorInfo* info) { return Value(Kind::error, reinterpret_cast<std::uintptr_t>(info)); }
  // JSON null, booleans, numbers (int, uint, double by their text) and strings as such; arrays and objects in place.
  static Value json(json::View view);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is(Kind kind) const { return kind_ == kind; }
  [[nodiscard]] bool is_error() const { return kind_ == Kind::error; }
  [[nodiscard]] bool is_true() const { return kind_ == Kind::boolean && a_ != 0; }

  // Each REQUIRES the kind of its name.
  [[nodiscard]] bool as_bool() const { return a_ != 0; }
  [[nodiscard]] std::int64_t as_int() const { return static_cast<std::int64_t>(a_); }
  [[nodiscard]] std::uint64_t as_uint() const { return a_; }
  [[nodiscard]] double as_double() const { return std::bit_cast<double>(a_); }
  [[nodiscard]] std::string_view as_string() const { return {reinterpret_cast<const char*>(a_), length_}; }
  [[nodiscard]] std::int64_t seconds() const { return static_cast<std::int64_t>(a_); }
  [[nodiscard]] std::uint32_t nanos() const { return length_; }
  [[nodiscard]] std::int64_t days() const { return static_cast<std::int64_t>(a_); }
  [[nodiscard]] Int128 unscaled() const;
  [[nodiscard]] std::uint32_t scale() const { return length_; }
  [[nodiscard]] const Value* optional_value() const { return reinterpret_cast<const Value*>(a_); }  // null: none
  [[nodiscard]] bool has_error_info() const { return a_ != 0; }  // of an error: false while a guard looks at it
  [[nodiscard]] const ErrorInfo& error_info() const { return *reinterpret_cast<const ErrorInfo*>(a_); }
  [[nodiscard]] std::uint64_t address_high() const { return a_; }
  [[nodiscard]] std::uint64_t address_low() const { return b_; }
  [[nodiscard]] unsigned family() const { return length_ & 0xff; }
  [[nodiscard]] unsigned prefix() const { return length_ >> 8; }

  // Lists and maps, whatever they are underneath.
  [[nodiscard]] bool is_json() const { return json_; }
  [[nodiscard]] json::View view() const { return {reinterpret_cast<const char*>(a_), b_}; }
  [[nodiscard]] std::size_t size() const;
  // Element i of a list; value i and key i of a map in its own order. REQUIRES: i < size()
  [[nodiscard]] Value at(std::size_t i) const;
  [[nodiscard]] Value key_at(std::size_t i) const;
  [[nodiscard]] const MapEntries* entries() const { return reinterpret_cast<const MapEntries*>(a_); }
  // How many lists, maps and optionals that an evaluation made lie in one another; what came from JSON counts as none.
  [[nodiscard]] unsigned depth() const { return depth_; }
  // The map's value under a key (numbers by value: 1, 1u and 1.0 are one key); false when there is none.
  [[nodiscard]] bool find(const Value& key, Value& found) const;

 private:
  Value(Kind kind, std::uint64_t a) : kind_(kind), a_(a) {}
  static Value text_value(Kind kind, std::string_view text) {
    Value value(kind, reinterpret_cast<std::uintptr_t>(text.data()));
    value.length_ = static_cast<std::uint32_t>(text.size());
    return value;
  }
  static Value moment(Kind kind, std::int64_t seconds, std::uint32_t nanos) {
    Value value(kind, static_cast<std::uint64_t>(seconds));
    value.length_ = nanos;
    return value;
  }

  // One deeper than the deepest of them.
  void holds(const Value* parts, std::size_t size) {
    std::uint16_t deepest = 0;
    for (std::size_t i = 0; i < size; ++i) deepest = parts[i].depth_ > deepest ? parts[i].depth_ : deepest;
    depth_ = static_cast<std::uint16_t>(deepest < UINT16_MAX ? deepest + 1 : deepest);
  }

  Kind kind_ = Kind::null;
  bool json_ = false;
  std::uint16_t depth_ = 0;
  std::uint32_t length_ = 0;
  std::uint64_t a_ = 0;
  std::uint64_t b_ = 0;
};
static_assert(sizeof(Value) == 24);

struct MapEntries {
  std::uint32_t size = 0;
  std::uint32_t mask = 0;   // slots - 1; 0: no index, look through
  std::uint32_t looks = 0;  // at entries of another key, to find each key once, beyond the few that are free
  const Value* keys = nullptr;
  const Value* values = nullptr;
  const std::uint32_t* slots = nullptr;  // entry + 1, 0 = free
};

// CEL equality: numbers by value across kinds, lists and maps deep, kinds that differ are not equal; NaN equals
// nothing.
[[nodiscard]] bool equal(const Value& a, const Value& b);
// Equal values have equal hashes, numbers of different kinds too.
[[nodiscard]] std::uint64_t hash(const Value& value);
enum class Order : std::uint8_t { less, equal, greater, unordered, incomparable };
[[nodiscard]] Order compare(const Value& a, const Value& b);
// The name that type(value) has: "int", "list", "google.protobuf.Timestamp", …
[[nodiscard]] std::string_view type_name(const Value& value);
// The value as a CEL literal, for messages and tests.
[[nodiscard]] std::string to_text(const Value& value);
// The same for messages about values that may be long: each text in it cut at 200 bytes.
[[nodiscard]] std::string shown(const Value& value);
// A map's key as the name of a member in JSON: 1, 1u and '1' have one.
[[nodiscard]] std::string key_text(const Value& key);

// Bump memory with a cap. One thread. reset() keeps the first block, so a warm arena allocates nothing.
class Arena {
 public:
  explicit Arena(std::size_t limit = std::size_t{8} << 20) : limit_(limit) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // 8-byte aligned; null when the cap would be passed.
  [[nodiscard]] void* allocate(std::size_t size) {
    size = size == 0 ? 8 : (size + 7) & ~std::size_t{7};  // nothing still has an address: null means no memory
    if (size <= static_cast<std::size_t>(end_ - next_)) {
      void* memory = next_;
      next_ += size;
      return memory;
    }
    return allocate_block(size);
  }
  template <class T>
  [[nodiscard]] T* make(std::size_t count) {
    return count > limit_ / sizeof(T) ? nullptr : static_cast<T*>(allocate(count * sizeof(T)));
  }
  void reset();
  void set_limit(std::size_t limit) { limit_ = limit; }
  [[nodiscard]] std::size_t used() const;
  [[nodiscard]] std::size_t left() const { return used() < limit_ ? limit_ - used() : 0; }
  [[nodiscard]] std::size_t held() const { return taken_; }  // with what is not used yet

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  void* allocate_block(std::size_t size);
  std::vector<Block> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t taken_ = 0;  // bytes of all blocks
  std::size_t limit_;
};

// Makes lists, maps and texts in an arena, for activations and tests. A null result of the arena gives null values.
[[nodiscard]] Value copy_string(Arena& arena, std::string_view text, Kind kind = Kind::string);
[[nodiscard]] Value make_list(Arena& arena, const std::vector<Value>& items);
// REQUIRES: keys are bool, int, uint or string. The first of equal keys wins.
[[nodiscard]] Value make_map(Arena& arena, const std::vector<std::pair<Value, Value>>& entries);

}  // namespace socle::cel
