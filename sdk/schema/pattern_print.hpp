// pattern_print.hpp: a pattern tree in the syntax of one of the libraries that match what our own tables cannot.
#pragma once

#include <cstdint>
#include <string>

#include "pattern_tree.hpp"

namespace socle::schema {

enum class Dialect : std::uint8_t { re2, pcre2 };

// For re2, REQUIRES: tree.regular
std::string print_pattern(const PatternTree& tree, Dialect dialect);

}  // namespace socle::schema
