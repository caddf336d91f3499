// locate.hpp: the line and column of a JSON pointer in the text a document was parsed from. For error messages only.
#pragma once

#include <cstddef>
#include <string_view>

namespace socle::schema {

struct LineColumn {
  std::size_t line = 1;
  std::size_t column = 1;  // in code points
};

// The place of the value, or of the nearest container around it when the pointer leads nowhere (a missing member).
// REQUIRES: text is valid JSON. Linear in the text; no recursion.
LineColumn locate(std::string_view text, std::string_view pointer);

}  // namespace socle::schema
