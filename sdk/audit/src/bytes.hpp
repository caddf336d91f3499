// bytes.hpp: little-endian integers in fixed layouts. REQUIRES everywhere: the place lies within the bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace socle::audit {

template <class Integer>
[[nodiscard]] Integer load(std::string_view bytes, std::size_t at) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return static_cast<Integer>(out);
}

template <class Integer>
void store(std::string& bytes, std::size_t at, Integer value) {
  const auto number = static_cast<std::uint64_t>(value);
  for (std::size_t i = 0; i < sizeof(Integer); ++i) bytes[at + i] = static_cast<char>(number >> (8 * i) & 0xff);
}

inline void store_bytes(std::string& bytes, std::size_t at, std::string_view value) {
  std::memcpy(bytes.data() + at, value.data(), value.size());
}

}  // namespace socle::audit
