// terms.hpp: what an operator's entry says of where and under which limits a plugin runs, compared between two packages
// of it: what `socle plan` shows as moved, and what a change's report tells. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "lifecycle/generation_record.hpp"

namespace socle::lifecycle {

struct TermChange {
  std::string key;            // of the plugin's entry: "home", "cell", "limits.memory", "grants" …
  std::string before, after;  // as a system manifest would say it; lists with ", " between, "none" when empty
};

// In the order of the entry's keys; empty: the same terms.
[[nodiscard]] std::vector<TermChange> changed_terms(const Package& before, const Package& after);

}  // namespace socle::lifecycle
