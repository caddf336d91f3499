// known.hpp: the functions and methods of ZEN that have a translation, with how many arguments they take. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace socle::rules::zen {

struct Known {
  std::string_view name;
  std::size_t least;  // arguments; of a method without the value it is called on
  std::size_t most;
  bool now = false;  // takes the moment of evaluation as one more argument
  char alone = 'e';  // standing alone in a cell: e(qual to the value), i(n: the value is one of them), c(ondition)
};

// nullptr: none of that name.
[[nodiscard]] const Known* find_function(std::string_view name);
[[nodiscard]] const Known* find_method(std::string_view name);

}  // namespace socle::rules::zen
