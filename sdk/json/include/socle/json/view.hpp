// view.hpp: reading a flat document in place. A View is a 16-byte value that may be copied freely; it borrows the
// document's bytes, which are immutable, so any number of threads may read at once. Nothing here allocates or fails:
// what is not there is an absent view, and everything asked of an absent view is absent again:
//
//   if (auto city = root.find("address").find("city"); city.is_string()) use(city.as_string());
//
// REQUIRES everywhere: the document was made by this library or has passed verify() (document.hpp).
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "socle/json/layout.hpp"

namespace socle::json {

// What a value is. The three number kinds follow from the number's text alone:
//   integer           written without fraction and exponent, fits int64 ("-0" is a number, so that its sign is kept)
//   unsigned_integer  the same, above int64 and fits uint64
//   number            all else: a fraction, an exponent (1.0, 1e2), or beyond 64 bits
// Equality, order and "is it integral" are by value, not by kind: see View::is_integral, compare.hpp, decimal.hpp.
enum class Kind : std::uint8_t {
  absent = 0,
  null = 1,
  boolean = 2,
  integer = 3,
  unsigned_integer = 4,
  number = 5,
  string = 6,
  array = 7,
  object = 8,
};

// "null", "boolean", "integer", …: for messages.
[[nodiscard]] std::string_view to_string(Kind kind);

// A member name with its hash, computed once (at compile time for a constexpr Key). Borrows the text.
class Key {
 public:
  constexpr explicit Key(std::string_view text) : text_(text), hash_(layout::hash_key(text)) {}
  // REQUIRES: hash is that of text
  constexpr Key(std::string_view text, std::uint32_t hash) : text_(text), hash_(hash) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }
  [[nodiscard]] constexpr std::uint32_t hash() const { return hash_; }

 private:
  std::string_view text_;
  std::uint32_t hash_;
};

struct Member;
class Elements;
class Members;

class View {
 public:
  View() = default;  // absent
  // For the library: a word of the document at `base`.
  View(const char* base, std::uint64_t word) : base_(base), word_(word) {}

  [[nodiscard]] bool exists() const { return base_ != nullptr; }
  explicit operator bool() const { return exists(); }

  [[nodiscard]] Kind kind() const {
    const auto tag = layout::tag_of(word_);
    return tag == layout::Tag::object_sorted ? Kind::object : static_cast<Kind>(tag);
  }
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_boolean() const { return kind() == Kind::boolean; }
  [[nodiscard]] bool is_number() const { return kind() >= Kind::integer && kind() <= Kind::number; }  // any of three
  [[nodiscard]] bool is_string() const { return kind() == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }
  // A number without fractional part by exact value: 3, 3.0, 30e-1, 1e400, -0.
  [[nodiscard]] bool is_integral() const;

  // false unless it is the boolean true.
  [[nodiscard]] bool as_bool() const { return word_ == layout::word(layout::Tag::boolean, 8, 0); }
  // The number's exact value if this type holds it: 3, 3.0 and 30e-1 are 3; 0.5, 1e30 and a string are nothing.
  [[nodiscard]] std::optional<std::int64_t> as_int64() const {
    if (kind() == Kind::integer) return std::bit_cast<std::int64_t>(bits());
    return exact_int64();
  }
  [[nodiscard]] std::optional<std::uint64_t> as_uint64() const {
    if (kind() == Kind::unsigned_integer) return bits();
    return exact_uint64();
  }
  // The nearest double: ±infinity beyond its range (1e400), ±0 below it; 0 when this is no number.
  [[nodiscard]] double as_double() const {
    switch (kind()) {
      case Kind::integer: return static_cast<double>(std::bit_cast<std::int64_t>(bits()));
      case Kind::unsigned_integer: return static_cast<double>(bits());
      case Kind::number: return std::bit_cast<double>(bits());
      default: return 0;
    }
  }
  // The number as it was written, for exact arithmetic (decimal.hpp); "" when this is no number.
  [[nodiscard]] std::string_view number_text() const {
    return is_number() ? std::string_view{payload() + 8, layout::length_of(word_)} : std::string_view{};
  }
  // Decoded UTF-8 (may hold U+0000), lives as long as the document; "" when this is no string.
  [[nodiscard]] std::string_view as_string() const {
    return is_string() ? std::string_view{payload(), layout::length_of(word_)} : std::string_view{};
  }

  // Elements of an array, members of an object, else 0.
  [[nodiscard]] std::size_t size() const { return kind() >= Kind::array ? layout::length_of(word_) : 0; }
  [[nodiscard]] bool empty() const { return size() == 0; }

  // Element i of an array; absent when this is no array or i ≥ size().
  [[nodiscard]] View at(std::size_t i) const {
    if (!is_array() || i >= layout::length_of(word_)) return {};
    return {base_, layout::load64(payload() + i * 8)};
  }
  // The member of that name; absent when this is no object or has none. About 5 ns with a prehashed key.
  [[nodiscard]] View find(const Key& key) const {
    const auto i = member_index(key);
    return i == none ? View{} : value_at(i);
  }
  [[nodiscard]] View find(std::string_view key) const { return find(Key(key)); }

  // Members by number, in document order. REQUIRES: is_object(), i < size(). key_at costs no hashing.
  [[nodiscard]] Key key_at(std::size_t i) const {
    return {text_of(layout::load64(payload() + i * 16)), layout::load32(hashes() + i * 4)};
  }
  [[nodiscard]] View value_at(std::size_t i) const {
    assert(is_object() && i < size());
    return {base_, layout::load64(payload() + i * 16 + 8)};
  }
  // The member's number, or `none`.
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  [[nodiscard]] std::size_t member_index(const Key& key) const;

  // for (View element : v.elements()); for (auto [key, value] : v.members()). Empty on any other kind.
  [[nodiscard]] Elements elements() const;
  [[nodiscard]] Members members() const;

  // For the library and for caches keyed by position.
  [[nodiscard]] const char* base() const { return base_; }
  [[nodiscard]] std::uint64_t word() const { return word_; }
  // The very same place in the same document (not equality of values; that is json::equal).
  [[nodiscard]] bool same(View other) const { return base_ == other.base_ && word_ == other.word_; }

 private:
  [[nodiscard]] const char* payload() const { return base_ + layout::at_of(word_); }
  [[nodiscard]] const char* hashes() const { return payload() + layout::length_of(word_) * 16; }
  [[nodiscard]] std::uint64_t bits() const { return layout::load64(payload()); }
  [[nodiscard]] std::string_view text_of(std::uint64_t word) const {
    return {base_ + layout::at_of(word), layout::length_of(word)};
  }
  [[nodiscard]] bool key_is(std::size_t i, std::string_view key) const {
    const auto word = layout::load64(payload() + i * 16);
    return layout::length_of(word) == key.size() &&
           std::memcmp(base_ + layout::at_of(word), key.data(), key.size()) == 0;
  }
  [[nodiscard]] std::size_t probe(const Key& key) const;
  [[nodiscard]] std::size_t search(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> exact_int64() const;
  [[nodiscard]] std::optional<std::uint64_t> exact_uint64() const;

  const char* base_ = nullptr;
  std::uint64_t word_ = 0;
};
static_assert(sizeof(View) == 16 && std::is_trivially_copyable_v<View>);

struct Member {
  std::string_view key;
  View value;
};

class Elements {
 public:
  class Iterator {
   public:
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const char* base, const char* at) : base_(base), at_(at) {}
    View operator*() const { return {base_, layout::load64(at_)}; }
    Iterator& operator++() {
      at_ += 8;
      return *this;
    }
    Iterator operator++(int) {
      auto old = *this;
      ++*this;
      return old;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const char* base_ = nullptr;
    const char* at_ = nullptr;
  };
  Elements(const char* base, const char* first, std::size_t size) : base_(base), first_(first), size_(size) {}
  [[nodiscard]] Iterator begin() const { return {base_, first_}; }
  [[nodiscard]] Iterator end() const { return {base_, first_ + size_ * 8}; }

 private:
  const char* base_;
  const char* first_;
  std::size_t size_;
};

class Members {
 public:
  class Iterator {
   public:
    using value_type = Member;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const char* base, const char* at) : base_(base), at_(at) {}
    Member operator*() const {
      const auto key = layout::load64(at_);
      return {{base_ + layout::at_of(key), layout::length_of(key)}, {base_, layout::load64(at_ + 8)}};
    }
    Iterator& operator++() {
      at_ += 16;
      return *this;
    }
    Iterator operator++(int) {
      auto old = *this;
      ++*this;
      return old;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const char* base_ = nullptr;
    const char* at_ = nullptr;
  };
  Members(const char* base, const char* first, std::size_t size) : base_(base), first_(first), size_(size) {}
  [[nodiscard]] Iterator begin() const { return {base_, first_}; }
  [[nodiscard]] Iterator end() const { return {base_, first_ + size_ * 16}; }

 private:
  const char* base_;
  const char* first_;
  std::size_t size_;
};

inline Elements View::elements() const {
  return is_array() ? Elements{base_, payload(), size()} : Elements{nullptr, nullptr, 0};
}
inline Members View::members() const {
  return is_object() ? Members{base_, payload(), size()} : Members{nullptr, nullptr, 0};
}

inline std::size_t View::member_index(const Key& key) const {
  const auto tag = layout::tag_of(word_);
  if (tag < layout::Tag::object) return none;
  const std::size_t count = layout::length_of(word_);
  if (count > layout::scan_limit) return tag == layout::Tag::object ? probe(key) : search(key.text());
  const char* hash = hashes();
  for (std::size_t i = 0; i < count; ++i)
    if (layout::load32(hash + i * 4) == key.hash() && key_is(i, key.text())) return i;
  return none;
}

inline std::size_t View::probe(const Key& key) const {
  const std::size_t count = layout::length_of(word_);
  const char* hash = hashes();
  const char* index = hash + layout::padded(count * 4);
  const std::size_t mask = layout::slots(count) - 1;
  const bool narrow = layout::narrow(count);
  for (std::size_t slot = key.hash() & mask;; slot = (slot + 1) & mask) {
    const std::size_t entry =
        narrow ? static_cast<unsigned char>(index[slot]) : std::size_t{layout::load32(index + slot * 4)};
    if (entry == 0) return none;
    if (layout::load32(hash + (entry - 1) * 4) == key.hash() && key_is(entry - 1, key.text())) return entry - 1;
  }
}

}  // namespace socle::json
