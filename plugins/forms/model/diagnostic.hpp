// diagnostic.hpp: what is wrong with a model, for its author: every fault with its place. Used by every part of the
// model library while compiling. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socle::forms {

enum class Severity : std::uint8_t { error, warning };
[[nodiscard]] constexpr std::string_view to_string(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

struct Diagnostic {
  std::string pointer;                  // JSON pointer into the model's source
  std::optional<std::uint32_t> offset;  // byte inside the string that the pointer names
  std::string_view code;                // stable; docs/forms.md lists them
  std::string message;
  Severity severity = Severity::error;
};

class Diagnostics {
 public:
  static constexpr std::size_t most = 200;

  void error(std::string pointer, std::string_view code, std::string message,
             std::optional<std::uint32_t> offset = std::nullopt) {
    ++errors_;
    add({std::move(pointer), offset, code, std::move(message), Severity::error});
  }
  void warning(std::string pointer, std::string_view code, std::string message) {
    add({std::move(pointer), std::nullopt, code, std::move(message), Severity::warning});
  }
  [[nodiscard]] bool failed() const { return errors_ > 0; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }

 private:
  void add(Diagnostic diagnostic) {
    if (all_.size() < most) all_.push_back(std::move(diagnostic));
  }
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

}  // namespace socle::forms
