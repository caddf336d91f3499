// problems.hpp: what the endpoints answer when they cannot do what was asked. Any thread.
#pragma once

#include <socle/plugin.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

#include "ruleset/ruleset.hpp"
#include "socle/json/view.hpp"

namespace socle::rules {

// The body is no JSON: 400, and where it breaks off.
[[nodiscard]] Reply malformed(const Error& error);
// The body is not what the endpoint takes: 400, every fault of it. REQUIRES: !wrong.empty()
[[nodiscard]] Reply bad_request(const std::vector<FieldError>& wrong);
// Why an evaluation of `input` has no result. REQUIRES: outcome.fault
[[nodiscard]] Reply fault_reply(Outcome outcome, json::View input);
// It ran out of the fuel that was left of `full` while the tenant's memory is nearly full: 503, to be asked again.
[[nodiscard]] Reply memory_pressure(std::uint64_t left, std::uint64_t full);

[[nodiscard]] bool is_out_of_fuel(const Outcome& outcome);
// By the ruleset's doing, not the caller's.
[[nodiscard]] bool is_own_fault(const Outcome& outcome);

}  // namespace socle::rules
