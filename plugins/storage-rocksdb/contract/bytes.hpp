// bytes.hpp: the byte encodings that keys and stored values are made of. Any thread, no state.
//
// Two families that must not be mixed up: order-preserving ones for keys (memcmp of the bytes is the order of the
// values, and no encoding is a prefix of another one, so that inverting every byte exactly reverses the order), and
// compact ones for values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::storage {

// -- for keys --------------------------------------------------------------------------------------------------------
// 1, 2, 4 or 9 bytes, shorter for smaller numbers; order kept.
void put_ordered_number(std::string& out, std::uint64_t number);
void put_big_endian(std::string& out, std::uint64_t number);
// 0x00 becomes 0x00 0xff; ends with 0x00 0x01.
void put_ordered_text(std::string& out, std::string_view text);
// The part of put_ordered_text() that every text with this prefix shares.
void put_ordered_prefix(std::string& out, std::string_view prefix);
void invert(std::string& bytes, std::size_t from);
// The smallest key above all keys that start with `prefix`; "" when there is none (all 0xff).
[[nodiscard]] std::string after_prefix(std::string_view prefix);

// -- for values ------------------------------------------------------------------------------------------------------
void put_number(std::string& out, std::uint64_t number);  // LEB128
void put_text(std::string& out, std::string_view text);   // length, bytes

// Takes encodings off the front of stored bytes. After any short or bad read ok() is false and all later reads give
// zero or "": check once at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t ordered_number();
  std::uint64_t big_endian();
  std::uint64_t number();
  std::string_view text();
  std::uint8_t byte();
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view take(std::size_t size);
  std::string_view rest_;
  bool ok_ = true;
};

// base64url without padding, for opaque positions and cursors.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace socle::storage
