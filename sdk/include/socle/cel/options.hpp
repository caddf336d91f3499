// options.hpp: what an Environment accepts and how much of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace socle::cel {

struct Options {
  std::string container;                           // names are looked up in it first: "a.b" tries a.b.x, a.x, x
  unsigned max_depth = 128;                        // of nested or chained expressions
  std::size_t max_source = std::size_t{64} << 10;  // bytes
  bool macros = true;
  bool optional_syntax = true;       // a.?b, a[?i], [?x], {?k: v}
  bool quoted_names = true;          // a.`b-c`
  bool cross_type_ordering = false;  // 1 < 1.5 passes the checker (at run time it always works)
  // int and uint mix with double in arithmetic, comparisons and ?: (the result is a double), because people who write
  // `price * 2` do not think of kinds. For rules and forms; off, the language is CEL to the letter.
  bool mixed_numbers = false;
};

}  // namespace socle::cel
