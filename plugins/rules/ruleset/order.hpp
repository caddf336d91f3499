// order.hpp: in which order a ruleset's steps run: each after those whose results it names, otherwise as written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"

namespace socle::rules {

struct StepOrder {
  std::vector<std::size_t> order;   // indices of the steps
  std::vector<std::string> circle;  // names of steps that need each other; empty: none do
};
// names[i] is the result that steps.at(i) makes.
[[nodiscard]] StepOrder order_steps(json::View steps, const std::vector<std::string>& names);

// Whether a CEL text (or any text) names one of the identifiers outside of its quotes and not as a field.
[[nodiscard]] bool mentions(std::string_view text, std::string_view name);

}  // namespace socle::rules
