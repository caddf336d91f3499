// points.hpp: counting the characters of a text that may be long.
#pragma once

#include <optional>
#include <string_view>

#include "socle/cel/text_steps.hpp"
#include "utf8.hpp"

namespace socle::cel {

// Code points; nothing when the evaluation was stopped.
[[nodiscard]] inline std::optional<std::size_t> points_of(Context& c, std::string_view text) {
  std::size_t points = 0;
  const bool paid = in_steps(c, text, [&points](std::string_view piece) {
    points += count_points(piece);
    return true;
  });
  return paid ? std::optional(points) : std::nullopt;
}

}  // namespace socle::cel
