// loader/lint.hpp: the rules a library must keep so that it can be unloaded and cannot reach round the kernel. Used by
// verify.cpp only. Any thread, no state.
#pragma once

#include <string>
#include <vector>

#include "loader/elf.hpp"
#include "loader/verify.hpp"

namespace socle::loader {

// Findings about exports, imports, language runtimes, needed libraries and flags.
[[nodiscard]] std::vector<Finding> lint(const Elf& elf, const Expected& expected, const Policy& policy);

// Whether it can start threads of its own: refused by lint() unless "threads" is granted.
[[nodiscard]] bool imports_threads(const Elf& elf);

// In words: what in this library keeps it mapped after dlclose. Linted libraries have at most what was granted.
[[nodiscard]] std::vector<std::string> pins(const Elf& elf);

}  // namespace socle::loader
