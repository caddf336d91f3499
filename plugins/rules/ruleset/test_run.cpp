// test_run.cpp: the tests a model stores beside its rules.
#include <algorithm>

#include "ruleset/body.hpp"
#include "ruleset/difference.hpp"
#include "socle/json/compare.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::rules {
namespace {

using json::View;

// A moment that every test may rely on: 2024-05-01T10:00:00Z, unless it sets `now` itself.
constexpr std::int64_t test_now = 1714557600;

bool moment(View text, std::int64_t& seconds, std::uint32_t& nanos) {
  const cel::Environment environment;
  const auto ast = environment.compile("timestamp(" + json::to_text(text) + ")");
  if (!ast) return false;
  const auto program = cel::Program::compile(environment, *ast);
  cel::Arena arena;
  const auto value = program->evaluate(cel::Activation(environment), arena);
  if (!value.is(cel::Kind::timestamp)) return false;
  seconds = value.seconds();
  nanos = value.nanos();
  return true;
}

// `ended`: the code of the fault that the evaluation ended with.
std::string judge(const Ruleset& ruleset, View test, const cel::Limits& limits, std::string& ended, cel::Arena& arena) {
  if (!test.is_object()) return "a test is {name, input, output} or {name, input, error}";
  for (const auto [key, value] : test.members())
    if (key != "name" && key != "input" && key != "output" && key != "error" && key != "now" && key != "user" &&
        key != "tenant" && key != "env" && key != "note")
      return "'" + std::string(key) + "' means nothing in a test";
  Call call;
  call.input = test.find("input");
  call.now_seconds = test_now;
  if (test.find("now").exists() && !moment(test.find("now"), call.now_seconds, call.now_nanos))
    return "'now' is " + json::to_text(test.find("now")) + "; wanted a timestamp such as \"2024-05-01T10:00:00Z\"";
  call.user = test.find("user");
  call.tenant = test.find("tenant");
  call.env = test.find("env");
  call.limits = limits;
  const auto outcome = ruleset.evaluate(call, arena);
  if (outcome.fault) ended = outcome.fault->code;
  if (const auto error = test.find("error"); error.exists()) {
    if (!outcome.fault) return "expected the error " + json::to_text(error) + "; got " + outcome.output;
    const bool same = error.as_string() == outcome.fault->code ||
                      std::any_of(outcome.errors.begin(), outcome.errors.end(),
                                  [&](const auto& one) { return one.code == error.as_string(); });
    return same ? std::string()
                : "expected the error " + json::to_text(error) + "; got " + outcome.fault->code + ": " +
                      outcome.fault->message;
  }
  if (!test.find("output").exists()) return "a test wants 'output', what the ruleset should give, or 'error', a code";
  if (outcome.fault) return outcome.fault->code + ": " + outcome.fault->message;
  const auto found = json::Document::parse(outcome.output);
  if (!found) return "the output is not JSON: " + found.error().message;
  const auto differences = compare_outcomes(test.find("output"), found->root());
  if (differences.empty()) return {};
  const auto& first = differences.front();
  return "expected " + (first.pointer.empty() ? std::string("the output") : first.pointer) + " to be " + first.before +
         ", got " + first.after;
}

}  // namespace

std::size_t TestReport::failed() const {
  return static_cast<std::size_t>(
      std::count_if(tests.begin(), tests.end(), [](const auto& one) { return !one.passed; }));
}

TestReport Ruleset::run_tests(View source, const cel::Limits& limits) const {
  TestReport report;
  const auto tests = source.find("tests");
  cel::Arena arena;
  bool stopped = false;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    auto& one = report.tests.emplace_back();
    one.name = tests.at(i).find("name").as_string();
    if (one.name.empty()) one.name = "test " + std::to_string(i + 1);
    one.pointer = "/tests/" + std::to_string(i);
    stopped = stopped || (limits.interrupt != nullptr && !limits.interrupt(limits.data));
    std::string ended;
    one.message = stopped ? "not run: the time was over" : judge(*this, tests.at(i), limits, ended, arena);
    one.passed = one.message.empty();
    stopped = stopped || ended == "interrupted";
    report.out_of_fuel = report.out_of_fuel || ended == "out_of_fuel";
  }
  return report;
}

}  // namespace socle::rules
