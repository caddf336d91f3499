// rig.hpp: a ruleset compiled from JSON text, asked, and what was said of it.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"

namespace socle::rules::test {

struct Rig {
  explicit Rig(const std::string& source, rules::CompileMode mode = rules::CompileMode::full) {
    auto parsed = json::Document::parse(source);
    REQUIRE(parsed);
    document = *std::move(parsed);
    ruleset = rules::Ruleset::compile(document.root(), diagnostics, mode, &report);
  }
  rules::Outcome run(const std::string& input, bool trace = false, const cel::Limits& limits = {}) {
    REQUIRE(ruleset);
    const auto record = json::Document::parse(input);
    REQUIRE(record);
    rules::Call call;
    call.input = record->root();
    call.trace = trace;
    call.limits = limits;
    return ruleset->evaluate(call, arena);
  }
  // The output, or "code: message".
  std::string operator()(const std::string& input) {
    if (!ruleset) return "not compiled: " + text();
    const auto outcome = run(input);
    return outcome.fault ? outcome.fault->code + ": " + outcome.fault->message : outcome.output;
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& one : diagnostics.all())
      out += std::string(one.code) + " " + one.pointer + (one.offset ? "@" + std::to_string(*one.offset) : "") + ": " +
             one.message + "\n";
    return out;
  }
  json::Document document;
  rules::Diagnostics diagnostics;
  rules::TestReport report;
  std::shared_ptr<const rules::Ruleset> ruleset;
  cel::Arena arena;
};

// The example of the public contract, as JSON.
inline const std::string loan = R"~({
  "rules": "loan-credit",
  "input": {"type": "object", "required": ["income"], "properties": {"income": {"type": "number"}}},
  "steps": [
    {"table": "score", "hit": "F", "inputs": [{"expr": "input.income", "type": "number"}],
     "outputs": [{"name": "grade", "type": "string"}], "rows": [[">= 5000", "'A'"], ["-", "'B'"]]},
    {"set": "limit", "expr": "score.grade == 'A' ? input.income * 10 : 0"}],
  "output": {"grade": "score.grade", "limit": "limit"},
  "tests": [{"name": "good", "input": {"income": 6000}, "output": {"grade": "A", "limit": 60000}}]})~";

inline std::string with(std::string steps, const std::string& output = R"({"x":"x"})", const std::string& more = "") {
  return R"({"rules":"r","steps":)" + steps + R"(,"output":)" + output + more + "}";
}

}  // namespace socle::rules::test
