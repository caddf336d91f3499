// import.hpp: a GoRules JDM graph as a ruleset of ours. Every node becomes steps named after it; edges become the
// order, a switch the conditions under which what follows runs. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "socle/json/view.hpp"
#include "table/diagnostic.hpp"

namespace socle::rules {

// The ruleset's JSON text, under `name` as far as a model can be called so. Nothing: `diagnostics` tells what cannot be
// translated, with pointers into the graph (function nodes hold JavaScript, which rules must not run; decision and
// custom nodes need what is not in the graph).
[[nodiscard]] std::optional<std::string> import_jdm(json::View graph, std::string_view name, Diagnostics& diagnostics);

}  // namespace socle::rules
