// number.hpp: one JSON number, recognised and converted in a single pass. Internal; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "socle/json/layout.hpp"

namespace socle::json {

struct Number {
  layout::Tag tag = layout::Tag::absent;  // integer, unsigned_integer or number
  std::uint64_t bits = 0;                 // as in the document
  std::size_t length = 0;                 // of the text
};

// Reads the longest number at `text`. REQUIRES: some byte that cannot be part of a number follows it in readable
// memory. False when there is no number in RFC 8259's grammar; what follows the number is for the caller to judge.
bool scan_number(const char* text, Number& number);

// The number that is all of `text`, wherever it lies.
std::optional<Number> whole_number(std::string_view text);

}  // namespace socle::json
