// head.hpp: one parsed request head. Everything is an offset into the head's bytes, so that the bytes may be moved
// (into the exchange, when a request outlives the read buffer) by changing `base` alone. Owned by Exchange, used on its
// worker.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ascii.hpp"
#include "head_scan.hpp"

namespace socle::gateway {

struct Head {
  static constexpr std::size_t max_fields = 128;
  struct Span {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  struct Field {
    Span name;
    Span value;
  };

  const char* base = nullptr;
  std::uint32_t size = 0;
  Span method;
  Span target;
  Framing framing;
  std::uint32_t field_count = 0;
  std::array<Field, max_fields> fields;

  [[nodiscard]] std::string_view text(Span s) const { return {base + s.at, s.size}; }
  [[nodiscard]] std::string_view method_text() const { return text(method); }
  [[nodiscard]] std::string_view target_text() const { return text(target); }

  // The first value of a field, or an absent view (data() == nullptr).
  [[nodiscard]] std::string_view value(std::string_view name) const {
    for (std::uint32_t i = 0; i < field_count; ++i) {
      if (fields[i].name.size == name.size() && ascii::same(text(fields[i].name), name)) return text(fields[i].value);
    }
    return {};
  }
};

// Beast's parser over a head that HeadScanner found complete: fills `head` and answers whether Beast read it, and its
// framing, exactly as the scanner did. False means that two parsers disagree, which is refused as an attack.
[[nodiscard]] bool parse_head(std::string_view bytes, const Framing& framing, Head& head);

}  // namespace socle::gateway
