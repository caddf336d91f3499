// width.hpp: text as a terminal shows it. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace socle::cli {

// Columns the text takes: 0 for combining marks, 2 for East Asian wide characters and emoji (Unicode 15, UAX #11 W and
// F), 1 for all else; a byte that is no UTF-8 counts as 1. REQUIRES: no control characters (printable()).
[[nodiscard]] size_t display_width(std::string_view text);

// The same text made harmless: control characters (C0, DEL, C1) as \xNN, broken UTF-8 as U+FFFD. What plugins say of
// themselves must not steer an operator's terminal. `keep_lines` leaves line ends alone.
[[nodiscard]] std::string printable(std::string_view text, bool keep_lines = false);

}  // namespace socle::cli
