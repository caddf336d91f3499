// answers.hpp: what the service says, as JSON texts. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ruleset/difference.hpp"
#include "ruleset/ruleset.hpp"
#include "socle/json/view.hpp"
#include "table/diagnostic.hpp"

namespace socle::rules {

// rules/1.compile: {diagnostics, schema, tests}.
[[nodiscard]] std::string compile_answer(const Diagnostics& diagnostics, json::View source, const TestReport& tests);
// evaluate: {output, version, warnings?, trace?}. REQUIRES: no fault
[[nodiscard]] std::string evaluate_answer(const Outcome& outcome, std::string_view version);
// [{pointer, code, message}] of a fault: the input's fields, or the place in the model.
[[nodiscard]] std::string fault_fields(const Outcome& outcome);
// With a trace: {errors, trace}, which stand beside the problem's own members.
[[nodiscard]] std::string fault_members(const Outcome& outcome);
// :test: {version, passed, failed, tests}.
[[nodiscard]] std::string test_answer(const TestReport& report, std::string_view version);
// :test with records: {from, to, records, same, faults_before, faults_after, changed}.
[[nodiscard]] std::string dry_run_answer(const DryRun& run, std::string_view from, std::string_view to);
// import: {source?, diagnostics}.
[[nodiscard]] std::string import_answer(const Diagnostics& diagnostics, std::string_view source);

// What `user` is in expressions: the claims and `id`; and `tenant`.
[[nodiscard]] std::string user_text(std::string_view principal, std::string_view claims);
[[nodiscard]] std::string tenant_text(std::string_view tenant);

}  // namespace socle::rules
