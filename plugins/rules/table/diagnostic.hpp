// diagnostic.hpp: what is wrong with a model, for its author: every fault with the place it stands at. Used by every
// part of the rules plugin while compiling. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socle::rules {

enum class Severity : std::uint8_t { error, warning, information };
[[nodiscard]] constexpr std::string_view to_string(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "information";
}

struct Diagnostic {
  std::string pointer;                  // JSON pointer into the model's source
  std::optional<std::uint32_t> offset;  // byte inside the string that the pointer names
  std::string_view code;                // stable; one of codes.hpp
  std::string message;
  Severity severity = Severity::error;
};

class Diagnostics {
 public:
  static constexpr std::size_t most = 200;

  void add(Diagnostic diagnostic) {
    errors_ += diagnostic.severity == Severity::error ? 1 : 0;
    if (all_.size() < most) all_.push_back(std::move(diagnostic));
  }
  void error(std::string pointer, std::string_view code, std::string message,
             std::optional<std::uint32_t> offset = std::nullopt) {
    add({std::move(pointer), offset, code, std::move(message), Severity::error});
  }
  void warning(std::string pointer, std::string_view code, std::string message) {
    add({std::move(pointer), std::nullopt, code, std::move(message), Severity::warning});
  }
  [[nodiscard]] bool failed() const { return errors_ > 0; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

}  // namespace socle::rules
