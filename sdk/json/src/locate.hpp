// locate.hpp: finds and names the first fault of a JSON text, byte by byte. The parser calls it only once it knows that
// something is wrong; tests hold it against the parser as an independent judge. Internal; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "socle/json/document.hpp"

namespace socle::json {

struct Fault {
  std::size_t offset = 0;
  std::string reason;
  bool too_deep = false;
};

// Strict RFC 8259 and UTF-8; linear time, no recursion. Nothing when the text is one JSON value.
std::optional<Fault> locate_fault(std::string_view text, unsigned max_depth);

Position position_of(std::string_view text, std::size_t offset);

// "line 3, column 7 (byte 42)"
std::string to_string(const Position& position);

}  // namespace socle::json
