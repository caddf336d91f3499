// pattern_cost.hpp: the fuel of regular expressions. RE2 never goes back in a text, but nothing can stop it in the
// middle of one: so what may take long is paid for before. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace socle::cel {

// Memory that a pattern computed at run time may take, bytes: its program has a few thousand instructions at most.
inline constexpr std::size_t computed_pattern_memory = std::size_t{256} << 10;

// Making a program of the pattern: by its characters, classes and repetitions; at most `most_making_fuel`.
inline constexpr std::uint64_t most_making_fuel = 400'000;
[[nodiscard]] std::uint64_t making_fuel(std::string_view pattern);

// Looking through so many bytes with a program of so many instructions. As long as the states it needs have been met
// before, a byte costs the same whatever the pattern is; else as much as there are instructions that it may be at.
// Those of a class such as \p{L} are thousands, of which a text meets few: beyond `most_priced` they cost nothing more.
inline constexpr std::size_t most_priced = 1024;
[[nodiscard]] constexpr std::uint64_t search_fuel(std::size_t bytes, std::size_t program) {
  return bytes * (4 + (program < most_priced ? program : most_priced)) / 16 + 10;
}
// The same for one of many matches: the first search has met most states, and few matches look at all that is left.
[[nodiscard]] constexpr std::uint64_t match_fuel(std::size_t bytes_left, std::size_t program) {
  return bytes_left * (program < 4 ? 4 : program > 64 ? 64 : program) / 256 + 4;
}

}  // namespace socle::cel
