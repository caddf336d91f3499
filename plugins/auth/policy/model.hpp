// model.hpp: the kind `policies` of models/1: what the method `compile` answers about a source, and the tests that a
// policy brings. Any thread; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"
#include "policy/room.hpp"

namespace socle::authz {

struct PolicyTest {
  std::string name;
  bool passed = false;
  std::string message;  // why not
  std::string pointer;
};

// The tests stored in the model: {name, action, user?, record?, old?, resource?, now?, effect: allow|deny|none, rule?}.
// Each asks the policy alone: `none` is neither allowed nor denied by it. `source` is the model it was read from.
[[nodiscard]] std::vector<PolicyTest> run_tests(const PolicyPtr& policy, json::View source);

// {diagnostics, canonical?, tests: {passed, failed, tests}}, as docs/models.md has it. `fast` leaves the tests out.
// `weight`, if given: what it will take when it is served; nothing when it cannot be published.
[[nodiscard]] std::string compile_answer(json::View source, bool fast, std::optional<Weight>* weight = nullptr);

// A diagnostics list as the JSON that models/1 and the role routes answer with.
[[nodiscard]] std::string diagnostics_text(const Diagnostics& diagnostics);

}  // namespace socle::authz
