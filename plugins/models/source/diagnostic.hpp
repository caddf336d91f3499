// diagnostic.hpp: what is wrong with a model, where a person sees it. Plain values, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"
#include "socle/json/writer.hpp"

namespace socle::models {

// In the text as it was given: lines and columns from 1, columns in characters.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};

struct Diagnostic {
  std::string pointer;  // JSON Pointer into the model
  std::string code;     // stable
  std::string message;
  bool error = true;                    // else a warning
  std::optional<std::size_t> offset{};  // bytes into the string the pointer names
  Place at{};
};

inline constexpr std::size_t max_diagnostics = 200;

// All that a kind's `compile` answered, as far as it is one; at most max_diagnostics in all.
void append_diagnostics(std::vector<Diagnostic>& out, json::View array);

[[nodiscard]] bool has_errors(const std::vector<Diagnostic>& diagnostics);

// Top to bottom, what is said twice (same pointer, code and offset) once.
void put_in_order(std::vector<Diagnostic>& diagnostics);

// [{line, column, pointer, code, message, severity}]: all, or the errors only.
void write_diagnostics(json::Writer& out, const std::vector<Diagnostic>& diagnostics, bool errors_only = false);
[[nodiscard]] std::string diagnostics_text(const std::vector<Diagnostic>& diagnostics, bool errors_only);

}  // namespace socle::models
