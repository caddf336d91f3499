// diagnostic.hpp: what is wrong with a policy or a role, for its author: every fault with the place it stands at. Used
// by the readers of both and by compile. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socle::authz {

enum class Severity : std::uint8_t { error, warning, information };
[[nodiscard]] constexpr std::string_view to_string(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "information";
}

struct Diagnostic {
  std::string pointer;                  // JSON pointer into the source
  std::optional<std::uint32_t> offset;  // byte inside the string that the pointer names
  std::string_view code;                // stable; one of the names below
  std::string message;
  Severity severity = Severity::error;
};

namespace codes {
inline constexpr std::string_view policy_shape = "policy_shape";  // not built as docs/policies.md shows
inline constexpr std::string_view role_shape = "role_shape";      // the same of a role or a unit
inline constexpr std::string_view unknown_key = "unknown_key";    // a key that means nothing where it stands
// Of a policy's own name, and of a key of a part that is not there yet: as models/1 tells them of any model.
inline constexpr std::string_view required = "required";
inline constexpr std::string_view name_differs = "name_differs";
inline constexpr std::string_view later_part = "later_part";
inline constexpr std::string_view bad_name = "bad_name";          // an action, permission, resource, role or id
inline constexpr std::string_view expression = "expression";      // the CEL text is wrong; the message tells where
inline constexpr std::string_view too_costly = "too_costly";      // a condition can take more fuel than a decision has
inline constexpr std::string_view too_large = "too_large";        // more rules, roles or texts than allowed
inline constexpr std::string_view duplicate = "duplicate";        // the same id or name twice
inline constexpr std::string_view role_unknown = "role_unknown";  // inherits a role that is not there
inline constexpr std::string_view role_cycle = "role_cycle";      // a role inherits itself, maybe through others
inline constexpr std::string_view unit_unknown = "unit_unknown";  // a parent that is no unit
inline constexpr std::string_view unit_cycle = "unit_cycle";      // a unit lies below itself
inline constexpr std::string_view test_failed = "test_failed";    // a test stored in the policy disagrees
inline constexpr std::string_view no_effect = "no_effect";        // warning: the rule can never change anything
}  // namespace codes

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

}  // namespace socle::authz
