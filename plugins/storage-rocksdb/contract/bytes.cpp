#include "contract/bytes.hpp"

#include <algorithm>

namespace socle::storage {
namespace {

void put_bytes(std::string& out, std::uint64_t number, int count) {
  for (int shift = (count - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

void put_ordered_number(std::string& out, std::uint64_t number) {
  if (number < 0x80) return put_bytes(out, number, 1);
  if (number < 0x4000) return put_bytes(out, number | 0x8000, 2);
  if (number < 0x20000000) return put_bytes(out, number | 0xC0000000, 4);
  out.push_back('\xE0');
  put_bytes(out, number, 8);
}

void put_big_endian(std::string& out, std::uint64_t number) { put_bytes(out, number, 8); }

void put_ordered_prefix(std::string& out, std::string_view prefix) {
  for (char c : prefix) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xff');
  }
}

void put_ordered_text(std::string& out, std::string_view text) {
  put_ordered_prefix(out, text);
  out.push_back('\0');
  out.push_back('\x01');
}

void invert(std::string& bytes, std::size_t from) {
  for (std::size_t i = from; i < bytes.size(); ++i) bytes[i] = static_cast<char>(~bytes[i]);
}

std::string after_prefix(std::string_view prefix) {
  std::string out(prefix);
  while (!out.empty() && out.back() == '\xff') out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(out.back() + 1);
  return out;
}

void put_number(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out.append(text);
}

std::string_view Reader::take(std::size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const auto out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::uint8_t Reader::byte() {
  const auto bytes = take(1);
  return bytes.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(bytes[0]);
}

std::uint64_t Reader::ordered_number() {
  const std::uint8_t first = byte();
  if (first < 0x80) return first;
  std::uint64_t out = first < 0xC0 ? first & 0x3F : first & 0x1F;
  const std::size_t more = first < 0xC0 ? 1 : first < 0xE0 ? 3 : 8;
  for (char c : take(more)) out = out << 8 | static_cast<std::uint8_t>(c);
  return ok_ ? out : 0;
}

std::uint64_t Reader::big_endian() {
  std::uint64_t out = 0;
  for (char c : take(8)) out = out << 8 | static_cast<std::uint8_t>(c);
  return out;
}

std::uint64_t Reader::number() {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t b = byte();
    out |= static_cast<std::uint64_t>(b & 0x7F) << shift;
    if (b < 0x80) return ok_ ? out : 0;
  }
  ok_ = false;
  return 0;
}

std::string_view Reader::text() { return take(number()); }

std::string to_base64url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<std::uint8_t>(c);
    have += 8;
    for (; have >= 6; have -= 6) out.push_back(alphabet[bits >> (have - 6) & 63]);
  }
  if (have > 0) out.push_back(alphabet[bits << (6 - have) & 63]);
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    const auto at = alphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(at);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<char>(bits >> have));
    }
  }
  return out;
}

}  // namespace socle::storage
