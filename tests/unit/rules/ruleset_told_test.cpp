// What is told of a ruleset: faults at their places, traces, stored tests, dry runs.
#include "ruleset/difference.hpp"
#include "socle/json/writer.hpp"
#include "source/kinds.hpp"
#include "unit/rules/rig.hpp"

using namespace socle;
using namespace socle::rules::test;

TEST_CASE("ruleset: the why-trace tells values read, rows hit and not hit, time and fuel", "[rules]") {
  Rig rig(loan);
  const auto outcome = rig.run(R"({"income":6000})", true);
  const auto trace = json::Document::parse(outcome.trace);
  REQUIRE(trace);
  const auto steps = trace->root().find("steps");
  REQUIRE(steps.size() == 2);
  const auto table = steps.at(0);
  CHECK(json::to_text(table.find("read")) == R"({"input.income":6000})");
  CHECK(json::to_text(table.find("hit")) == R"(["row 1"])");
  CHECK(json::to_text(table.find("value")) == R"({"grade":"A"})");
  CHECK(table.find("took_us").is_number());
  CHECK(table.find("fuel").as_int64().value_or(0) > 0);
  const auto set = steps.at(1);
  CHECK(json::to_text(set.find("read")) == R"({"input.income":6000,"score.grade":"A"})");
  const auto low = json::Document::parse(rig.run(R"({"income":1})", true).trace);
  CHECK(json::to_text(low->root().find("steps").at(0).find("not_hit")) ==
        R"([{"row":"row 1","input":"input.income","cell":">= 5000","at":"/steps/0/rows/0/0"}])");
  CHECK(rig.run(R"({"income":1})").trace.empty());
}

TEST_CASE("ruleset: a failing test refuses the model and says what was found", "[rules]") {
  auto text = loan;
  text.replace(text.find("60000}}"), 5, "59999");
  Rig rig(text);
  CHECK_FALSE(rig.ruleset);
  CHECK(rig.text() == "test_failed /tests/0: test 'good': expected /limit to be 59999, got 60000\n");
  CHECK(Rig(text, rules::CompileMode::fast).ruleset);
  Rig errors(with(R"([{"set":"x","expr":"1 / input.n"}])", R"({"x":"x"})",
                  R"(,"tests":[{"name":"zero","input":{"n":0},"error":"divide_by_zero"},
                               {"name":"when","input":{"n":1},"now":"2020-02-02T00:00:00Z","output":{"x":1}}])"));
  CHECK(errors.text().empty());
  Rig wrong(with(R"([{"set":"x","expr":"1 / input.n"}])", R"({"x":"x"})",
                 R"(,"tests":[{"input":{"n":1},"error":"overflow"},{"input":{"n":0},"output":{}},{"inputs":{}}])"));
  CHECK(wrong.text() ==
        "test_failed /tests/0: test 'test 1': expected the error \"overflow\"; got {\"x\":1}\n"
        "test_failed /tests/1: test 'test 2': divide_by_zero: 1:3: divide by zero\n | 1 / input.n\n | ..^\n"
        "test_failed /tests/2: test 'test 3': 'inputs' means nothing in a test\n");
}

TEST_CASE("ruleset: a dry run tells which records change between two versions, and how", "[rules]") {
  Rig before(loan);
  auto text = loan;
  text.replace(text.find(">= 5000"), 7, ">= 7000");
  Rig after(text, rules::CompileMode::fast);
  REQUIRE(after.ruleset);
  const auto records = json::Document::parse(R"([{"income":100},{"income":6000},{"income":9000},{"nothing":1}])");
  const auto run = rules::dry_run(*before.ruleset, *after.ruleset, records->root(), {});
  CHECK(run.records == 4);
  CHECK(run.same == 3);
  CHECK(run.faults_before == 1);
  CHECK(run.faults_after == 1);
  REQUIRE(run.changed.size() == 1);
  CHECK(run.changed[0].record == 1);
  REQUIRE(run.changed[0].differences.size() == 2);
  CHECK(run.changed[0].differences[0].pointer == "/grade");
  CHECK(run.changed[0].differences[0].before == "\"A\"");
  CHECK(run.changed[0].differences[0].after == "\"B\"");
}

TEST_CASE("ruleset: dry runs and stored tests of many small evaluations end when their host says so", "[rules]") {
  std::string tests = R"({"name":"1","input":{},"output":1})";
  for (int i = 2; i <= 50; ++i) tests += R"(,{"name":")" + std::to_string(i) + R"(","input":{},"output":1})";
  const Rig rig(R"({"rules":"one","output":"1","tests":[)" + tests + "]}", rules::CompileMode::fast);
  int asked = 0;
  rules::Call call;
  call.limits.interval = 1'000'000;
  call.limits.data = &asked;
  call.limits.interrupt = [](void* data) { return ++*static_cast<int*>(data) <= 20; };
  std::string many = "[{}";
  for (int i = 1; i < 100; ++i) many += ",{}";
  const auto records = json::Document::parse(many + "]");
  REQUIRE(records);
  const auto run = rules::dry_run(*rig.ruleset, *rig.ruleset, records->root(), call);
  CHECK(run.stopped);
  CHECK(run.records == 20);
  asked = 0;
  const auto report = rig.ruleset->run_tests(rig.document.root(), call.limits);
  CHECK(report.tests.size() == 50);
  CHECK(report.failed() == 30);
  CHECK(report.tests.back().message == "not run: the time was over");
}

TEST_CASE("ruleset: every fault is told at its place, all at once", "[rules]") {
  Rig rig(R"~({"rules":"r","input":{"type":"object","properties":{"income":{"type":"numbr"}}},"colour":1,
    "steps":[{"set":"a","expr":"incom"},{"set":"a","expr":"1"},{"nothing":1},{"set":"now","expr":"1"},{"set":"b-c","expr":"1"}],
    "output":{"x":"'open"}})~");
  CHECK(rig.text().find("unknown_key /colour: 'colour' means nothing here\n") != std::string::npos);
  CHECK(rig.text().find("input_schema /input/properties/income/type") != std::string::npos);
  CHECK(rig.text().find("step_name /steps/1/set: 'a' is the name of an earlier step\n") != std::string::npos);
  CHECK(rig.text().find(
            "ruleset_shape /steps/2: a step has one of 'table', 'set' and 'decide', the name of its result\n") !=
        std::string::npos);
  CHECK(rig.text().find("step_name /steps/3/set: 'now' cannot name a result") != std::string::npos);
  CHECK(rig.text().find("step_name /steps/4/set") != std::string::npos);
  CHECK(Rig(with(R"([{"set":"x","expr":"input.a + incom"}])")).text() ==
        "expression /steps/0/expr@10: undeclared reference to 'incom' (in container '')\n");
  CHECK(Rig(with("[]", R"({"x":"'open"})")).text().starts_with("expression /output/x@0: "));
  CHECK(Rig("[]").text().starts_with("ruleset_shape : a ruleset is an object"));
}

TEST_CASE("ruleset: what models/1 tells of a model's frame is told in its words or left to it, so once", "[rules]") {
  const Rig later(R"({"rules":"r","workflow":"x","output":"1"})");
  CHECK(later.text() == "later_part /workflow: 'workflow' belongs to a part that is not there yet; remove it\n");
  CHECK_FALSE(later.ruleset);
  CHECK(Rig(R"({"rules":"r","steps":[{"set":"a","expr":"1","workflow":2}],"output":"a"})").text() ==
        "unknown_key /steps/0/workflow: 'workflow' means nothing here\n");
  CHECK(Rig(R"({"output":"1"})").text().empty());
  CHECK(Rig(R"({"rules":7,"output":"1"})").text().empty());

  namespace models = socle::models;
  for (const auto* text : {R"({"rules":"r","workflow":"x","output":"1"})", R"({"rules":"r","inptu":{},"output":"1"})",
                           R"({"rules":7,"output":"1"})", R"({"output":"1"})"}) {
    INFO(text);
    std::vector<models::Diagnostic> all;
    const auto source = models::Source::read(text, models::Media::json, all);
    REQUIRE(source);
    models::check_frame(*models::find_kind("rules"), "r", *source, all);
    const Rig own(text);
    for (const auto& one : own.diagnostics.all()) all.push_back({one.pointer, std::string(one.code), one.message});
    source->find_places(all);
    models::put_in_order(all);
    CHECK(all.size() == 1);
  }
}

TEST_CASE("ruleset: a misspelt field or output is found before anything runs", "[rules]") {
  auto text = loan;
  text.replace(text.find(R"("number"}}})"), 11, R"("number"}}, "additionalProperties": false})");
  text.replace(text.find("input.income * 10"), 17, "input.incom * 100");
  CHECK(Rig(text).text() == "expression /steps/1/expr@26: undefined field 'incom' of input; did you mean 'income'?\n");
  text = loan;
  text.replace(text.find("score.grade == 'A'"), 18, "score.grad  == 'A'");
  CHECK(Rig(text).text().find("undefined field 'grad' of @score") != std::string::npos);
}

TEST_CASE("ruleset: a dry run tells whose objection it was, where, and what only warns", "[rules]") {
  const auto of = [](const std::string& id, const std::string& at, const std::string& severity) {
    return R"({"rules":"r","output":"1","validators":[{"id":")" + id +
           R"(","when":"input.x > 1","message":"m","at":")" + at + R"(","severity":")" + severity + R"("}]})";
  };
  const auto records = json::Document::parse(R"([{"x":2},{"x":0}])");
  const auto run = [&](const std::string& a, const std::string& b) {
    const Rig first(a);
    const Rig second(b);
    REQUIRE(first.ruleset);
    REQUIRE(second.ruleset);
    return rules::dry_run(*first.ruleset, *second.ruleset, records->root(), {});
  };
  CHECK(run(of("a", "/x", "error"), of("a", "/x", "error")).same == 2);
  const auto other = run(of("a", "/x", "error"), of("b", "/x", "error"));
  REQUIRE(other.changed.size() == 1);
  CHECK(other.changed[0].differences[0].pointer == "/errors/0/code");
  CHECK(run(of("a", "/x", "error"), of("a", "/y", "error")).changed.size() == 1);
  const auto warned = run(of("a", "/x", "warning"), of("b", "/x", "warning"));
  REQUIRE(warned.changed.size() == 1);
  CHECK(warned.changed[0].differences[0].pointer == "warnings");
  CHECK(warned.changed[0].differences[0].before == R"([{"pointer":"/x","code":"a"}])");
}

TEST_CASE("ruleset: the trace tells of each element, of every case asked, of validators and of the output", "[rules]") {
  Rig rig(R"~({"rules":"r","steps":[
    {"table":"band","each":{"in":"input.items","as":"item"},"hit":"F","inputs":[{"expr":"item"}],
     "outputs":[{"name":"o"}],"rows":[["> 5","1"],["-","2"]]},
    {"decide":"kind","cases":[{"when":"input.x > 9","then":"1","label":"large"},
                              {"when":"input.x > 1","then":"input.y","label":"some"}],"else":"3"}],
    "validators":[{"id":"v","when":"input.x > 100","message":"m"}],"output":{"k":"kind","z":"input.y"}})~");
  const auto outcome = rig.run(R"({"items":[1,7],"x":3,"y":4})", true);
  INFO(outcome.trace);
  const auto trace = json::Document::parse(outcome.trace);
  REQUIRE(trace);
  const auto steps = trace->root().find("steps");
  const auto each = steps.at(0).find("each");
  REQUIRE(each.size() == 2);
  CHECK(each.at(1).find("hit").size() == 1);
  CHECK(each.at(0).find("not_hit").at(0).find("cell").as_string() == "> 5");
  const auto cases = steps.at(1).find("cases");
  REQUIRE(cases.size() == 2);
  CHECK_FALSE(cases.at(0).find("holds").as_bool());
  CHECK(cases.at(1).find("case").as_string() == "some");
  CHECK(json::to_text(trace->root().find("validators").at(0)) == R"({"id":"v","objects":false,"read":{"input.x":3}})");
  CHECK(json::to_text(trace->root().find("output").at(1)) == R"({"name":"z","read":{"input.y":4}})");
}
