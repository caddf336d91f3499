// policy.hpp: a model of kind `policies`: rules that allow or deny actions on a tenant's resources, with a condition in
// CEL. docs/policies.md is the language. Immutable once read; any thread.
//
//   Diagnostics diagnostics;
//   auto policy = Policy::read(source, diagnostics);       // null when there are errors
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/local_text.hpp"
#include "socle/json/view.hpp"

namespace socle::authz {

enum class Effect : std::uint8_t { allow, deny };
[[nodiscard]] constexpr std::string_view to_string(Effect effect) { return effect == Effect::allow ? "allow" : "deny"; }

struct Rule {
  std::string id;  // as written, else its place: "1" for the first
  Effect effect = Effect::deny;
  std::vector<std::string> actions;
  std::vector<std::string> roles;   // for whom; empty: for everybody
  std::string when;                 // CEL; empty: always
  std::vector<std::string> fields;  // of a deny: only these fields are withheld, the record is not
  LocalText reason;
  std::string pointer;              // where it stands in the source
  std::size_t condition_bytes = 0;  // of `when` compiled, where no types are declared
};

class Policy {
 public:
  static constexpr std::size_t most_rules = 200;
  static constexpr std::size_t most_tests = 200;

  // Reads and checks the model, every condition too. Null when there are errors.
  static std::shared_ptr<const Policy> read(json::View source, Diagnostics& diagnostics);

  [[nodiscard]] const std::string& name() const { return name_; }
  // What it is about: as written, else the form of its own name.
  [[nodiscard]] const std::vector<std::string>& resources() const { return resources_; }
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  [[nodiscard]] bool covers(std::string_view resource) const;
  // As it is read, about: what is compiled of its rules is not kept here (bound.hpp).
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // The same of a policy whose source is a text of so many bytes.
  [[nodiscard]] static constexpr std::size_t bytes_of_text(std::size_t text) { return text * 4 + 1024; }
  // The same policy, written in one way: ids and resources in full, lists of names sorted. JSON text.
  [[nodiscard]] std::string canonical(json::View source) const;

 private:
  Policy() = default;
  friend class PolicyReader;
  std::string name_;
  std::vector<std::string> resources_;
  std::vector<Rule> rules_;
  std::size_t bytes_ = 0;
};
using PolicyPtr = std::shared_ptr<const Policy>;

}  // namespace socle::authz
