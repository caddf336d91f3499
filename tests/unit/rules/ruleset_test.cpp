// ruleset_test.cpp: rulesets from JSON text: steps, order, validators, traces, tests, dry runs, and what is refused.
#include <malloc.h>

#include <catch2/catch.hpp>

#include "ruleset/difference.hpp"
#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace {

using namespace socle;

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
const std::string loan = R"~({
  "rules": "loan-credit",
  "input": {"type": "object", "required": ["income"], "properties": {"income": {"type": "number"}}},
  "steps": [
    {"table": "score", "hit": "F", "inputs": [{"expr": "input.income", "type": "number"}],
     "outputs": [{"name": "grade", "type": "string"}], "rows": [[">= 5000", "'A'"], ["-", "'B'"]]},
    {"set": "limit", "expr": "score.grade == 'A' ? input.income * 10 : 0"}],
  "output": {"grade": "score.grade", "limit": "limit"},
  "tests": [{"name": "good", "input": {"income": 6000}, "output": {"grade": "A", "limit": 60000}}]})~";

std::string with(std::string steps, const std::string& output = R"({"x":"x"})", const std::string& more = "") {
  return R"({"rules":"r","steps":)" + steps + R"(,"output":)" + output + more + "}";
}

}  // namespace

TEST_CASE("ruleset: the contract's example gives what its test says", "[rules]") {
  Rig rig(loan);
  INFO(rig.text());
  CHECK(rig.text().empty());
  REQUIRE(rig.report.tests.size() == 1);
  CHECK(rig.report.tests[0].passed);
  CHECK(rig(R"({"income":6000})") == R"({"grade":"A","limit":60000})");
  CHECK(rig(R"({"income":10.5})") == R"({"grade":"B","limit":0})");
}

TEST_CASE("ruleset: a missing or wrong input is an error with the field to correct", "[rules]") {
  Rig rig(loan);
  const auto missing = rig.run("{}");
  REQUIRE(missing.fault);
  CHECK(missing.fault->code == "invalid_input");
  REQUIRE(missing.errors.size() == 1);
  CHECK(missing.errors[0].pointer == "/income");
  CHECK(missing.errors[0].code == "required");
  CHECK(rig(R"({"income":"much"})").starts_with("invalid_input: /income: "));
  CHECK(missing.output.empty());
  // A field that may be missing is an error where it is read.
  Rig optional(
      R"({"rules":"r","input":{"type":"object","properties":{"a":{"type":"integer"}}},"output":"input.a + 1"})");
  CHECK(optional("{}").starts_with("no_such_key: 1:6: no such key: 'a'"));
  CHECK(optional(R"({"a":1})") == "2");
}

TEST_CASE("ruleset: steps run in the order of what they read, otherwise as written", "[rules]") {
  Rig rig(with(R"~([{"set":"x","expr":"y + 1"},{"set":"y","expr":"z * 2"},{"set":"z","expr":"int(input.n)"}])~"));
  INFO(rig.text());
  CHECK(rig(R"({"n":5})") == R"({"x":11})");
  CHECK(Rig(with(R"([{"set":"x","expr":"y"},{"set":"y","expr":"x"}])")).text() ==
        "step_cycle /steps: these steps need each other's results: x, y\n");
  // A field or a text of that name is no dependency.
  CHECK(Rig(with(R"~([{"set":"x","expr":"input.x + size('x')"}])~"))(R"({"x":2})") == R"({"x":3})");
}

TEST_CASE("ruleset: decide takes the case of highest priority that holds", "[rules]") {
  Rig rig(with(R"([{"decide":"x","cases":[{"when":"input.n > 10.0","then":"'big'"},
                   {"when":"input.n > 100.0","then":"'huge'","priority":5,"label":"very"}],"else":"'small'"}])"));
  INFO(rig.text());
  CHECK(rig(R"({"n":5})") == R"({"x":"small"})");
  CHECK(rig(R"({"n":50})") == R"({"x":"big"})");
  CHECK(rig(R"({"n":500})") == R"({"x":"huge"})");
  const auto outcome = rig.run(R"({"n":500})", true);
  CHECK(outcome.trace.find(R"("chosen":"very")") != std::string::npos);
}

TEST_CASE("ruleset: a step with 'when' gives 'else' when it is left out", "[rules]") {
  Rig rig(with(R"([{"set":"x","expr":"10 / input.n","when":"input.n != 0","else":"-1"}])"));
  CHECK(rig(R"({"n":0})") == R"({"x":-1})");
  CHECK(rig(R"({"n":5})") == R"({"x":2})");
  CHECK(Rig(with(R"([{"set":"x","expr":"1","when":"true"}])")).text() ==
        "ruleset_shape /steps/0: a step with 'when' wants 'else', its value when it is left out\n");
}

TEST_CASE("ruleset: a table can go through a list", "[rules]") {
  Rig rig(with(R"([{"table":"x","hit":"F","each":{"in":"input.items","as":"item"},
                    "inputs":[{"expr":"item.price","type":"number"}],"outputs":[{"name":"band"}],
                    "rows":[["> 100","'high'"],["-","'low'"]]}])"));
  INFO(rig.text());
  CHECK(rig(R"({"items":[{"price":5},{"price":500}]})") == R"({"x":[{"band":"low"},{"band":"high"}]})");
}

TEST_CASE("ruleset: validators refuse or warn, by priority, before and after the steps", "[rules]") {
  Rig rig(R"~({"rules":"r","steps":[{"set":"x","expr":"input.a * 2"}],"output":{"x":"x"},"validators":[
    {"id":"positive","when":"input.a < 0","message":{"en":"Must not be negative","zh":"不能为负"},"at":"/a","owner":"risk","tags":["basic"]},
    {"id":"odd","when":"input.a % 2 == 1","message":"Odd is unusual","severity":"warning","at":"/a","priority":9},
    {"id":"large","when":"x > 100","message":"Too large in the end","at":"/a"}]})~");
  INFO(rig.text());
  const auto odd = rig.run(R"({"a":3})");
  CHECK(odd.output == R"({"x":6})");
  REQUIRE(odd.warnings.size() == 1);
  CHECK(odd.warnings[0].code == "odd");
  const auto negative = rig.run(R"({"a":-3})");
  REQUIRE(negative.fault);
  CHECK(negative.fault->code == "validation_failed");
  REQUIRE(negative.errors.size() == 1);
  CHECK(negative.errors[0].pointer == "/a");
  CHECK(negative.errors[0].message == "Must not be negative");
  CHECK(rig(R"({"a":60})") == "validation_failed: Too large in the end");
}

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

TEST_CASE("ruleset: a misspelt field or output is found before anything runs", "[rules]") {
  auto text = loan;
  text.replace(text.find(R"("number"}}})"), 11, R"("number"}}, "additionalProperties": false})");
  text.replace(text.find("input.income * 10"), 17, "input.incom * 100");
  CHECK(Rig(text).text() == "expression /steps/1/expr@26: undefined field 'incom' of input; did you mean 'income'?\n");
  text = loan;
  text.replace(text.find("score.grade == 'A'"), 18, "score.grad  == 'A'");
  CHECK(Rig(text).text().find("undefined field 'grad' of @score") != std::string::npos);
}

TEST_CASE("ruleset: what costs too much is refused at compile time or stopped", "[rules]") {
  const std::string bounded =
      R"({"rules":"r","input":{"type":"object","properties":{"l":{"type":"array","maxItems":2000,"items":{"type":"integer"}}}},)"
      R"~("output":"input.l.all(a, input.l.all(b, a + b > 0))"})~";
  CHECK(Rig(bounded).text().starts_with("too_costly /output@0: the expression can take "));
  const std::string unbounded =
      R"({"rules":"r","input":{"type":"object","required":["l"],"properties":{"l":{"type":"array","items":{"type":"integer"}}}},)"
      R"~("output":"input.l.all(a, input.l.all(b, a + b > 0))"})~";
  Rig rig(unbounded);
  CHECK(rig.text().starts_with("cost_unbounded /output: 'input.l' has no declared bound"));
  std::string list;
  for (int i = 1; i <= 2000; ++i) list += (i == 1 ? "" : ",") + std::to_string(i);
  const auto outcome = rig.run("{\"l\":[" + list + "]}");
  REQUIRE(outcome.fault);
  CHECK(outcome.fault->code == "out_of_fuel");
  cel::Limits limits;
  limits.interval = 1000;
  limits.interrupt = [](void*) { return false; };
  const auto stopped = rig.run("{\"l\":[" + list + "]}", false, limits);
  REQUIRE(stopped.fault);
  CHECK(stopped.fault->code == "interrupted");
}

TEST_CASE("ruleset: many small steps are interrupted too", "[rules]") {
  std::string steps;
  for (int i = 0; i < 300; ++i)
    steps += (i == 0 ? "" : ",") + std::string(R"({"set":"s)") + std::to_string(i) + R"(","expr":"input.n + 1"})";
  Rig rig(with("[" + steps + "]", R"({"x":"s299"})"));
  REQUIRE(rig.ruleset);
  int looks = 0;
  cel::Limits limits;
  limits.interval = 100;
  limits.data = &looks;
  limits.interrupt = [](void* data) { return ++*static_cast<int*>(data) < 5; };
  const auto outcome = rig.run(R"({"n":1})", false, limits);
  REQUIRE(outcome.fault);
  CHECK(outcome.fault->code == "interrupted");
  CHECK(looks == 5);
}

TEST_CASE("ruleset: user, tenant, now and env are what the call says", "[rules]") {
  Rig rig(R"~({"rules":"r","output":{"u":"user.id","t":"tenant.id","y":"now.getFullYear()","e":"env == null"}})~");
  INFO(rig.text());
  const auto input = json::Document::parse("{}");
  const auto user = json::Document::parse(R"({"id":"ada"})");
  const auto tenant = json::Document::parse(R"({"id":"acme"})");
  rules::Call call;
  call.input = input->root();
  call.user = user->root();
  call.tenant = tenant->root();
  call.now_seconds = 1714557600;
  CHECK(rig.ruleset->evaluate(call, rig.arena).output == R"({"u":"ada","t":"acme","y":2024,"e":true})");
}

TEST_CASE("ruleset: an output without a JSON form is an error", "[rules]") {
  CHECK(Rig(R"({"rules":"r","output":"0.0 / 0.0"})")("{}").starts_with("not_json: "));
  CHECK(Rig(R"~({"rules":"r","output":"decimal('1.50') + decimal('0.25')"})~")("{}") == "1.75");
  CHECK(Rig(R"~({"rules":"r","output":"[date('2024-05-01'), timestamp('2024-05-01T00:00:00Z')]"})~")("{}") ==
        R"(["2024-05-01","2024-05-01T00:00:00Z"])");
}

TEST_CASE("ruleset: more validators or tests than are looked at, and tests that are no list, are refused", "[rules]") {
  const auto many = [](const std::string& one, int count) {
    std::string out = "[";
    for (int i = 0; i < count; ++i) {
      auto text = one;
      if (const auto at = text.find('#'); at != std::string::npos) text.replace(at, 1, std::to_string(i));
      out += (i > 0 ? "," : "") + text;
    }
    return out + "]";
  };
  const std::string validator = R"({"id":"v#","when":"false","message":"m"})";
  const std::string test = R"({"name":"t#","input":{},"output":1})";
  const std::string base = R"({"rules":"r","output":"1",)";
  CHECK(Rig(base + R"("validators":)" + many(validator, 500) + "}").ruleset);
  const Rig validators(base + R"("validators":)" + many(validator, 501) + "}");
  CHECK_FALSE(validators.ruleset);
  CHECK(validators.text().starts_with("too_large /validators"));

  const Rig allowed(base + R"("tests":)" + many(test, 1000) + "}");
  CHECK(allowed.ruleset);
  CHECK(allowed.report.tests.size() == 1000);
  for (const auto mode : {rules::CompileMode::fast, rules::CompileMode::full}) {
    const Rig tests(base + R"("tests":)" + many(test, 1001) + "}", mode);
    CHECK_FALSE(tests.ruleset);
    CHECK(tests.text().starts_with("too_large /tests"));
    const Rig wrong(base + R"("tests":{"name":"t","input":{},"output":2}})", mode);
    CHECK_FALSE(wrong.ruleset);
    CHECK(wrong.text().starts_with("ruleset_shape /tests"));
  }
}

TEST_CASE("ruleset: every part is judged by what it costs at least, and all of them together", "[rules]") {
  const std::string heavy = "lists.range(2000).all(a, lists.range(2000).all(b, a + b >= 0))";
  const std::string table =
      R"({"table":"t","hit":"F","inputs":[{"expr":"INPUT"}],"outputs":[{"name":"o"}],"rows":[["CELL","OUTPUT"],["-","1"]]})";
  const auto part = [&](const std::string& input, const std::string& cell, const std::string& output) {
    auto text = table;
    text.replace(text.find("INPUT"), 5, input);
    text.replace(text.find("CELL"), 4, cell);
    text.replace(text.find("OUTPUT"), 6, output);
    return with("[" + text + "]", "\"1\"");
  };
  const std::string reading = "lists.range(2000).all(a, lists.range(2000).all(b, a + b >= input.y))";
  CHECK(Rig(part("input.x", "> 1", "2")).text().empty());
  CHECK(Rig(part(heavy, "-", "2")).text().starts_with("too_costly /steps/0/inputs/0"));
  CHECK(Rig(part("input.x", reading, "2")).text().starts_with("too_costly /steps/0/rows/0"));
  CHECK(Rig(part("input.x", "> 1", heavy + " && input.y")).text().starts_with("too_costly /steps/0/rows/0"));

  const std::string half = "lists.range(230).all(a, lists.range(230).all(b, a + b >= 0))";
  const auto steps = [&](int count) {
    std::string out;
    for (int i = 0; i < count; ++i)
      out += std::string(i > 0 ? "," : "") + R"({"set":"s)" + std::to_string(i) + R"(","expr":")" + half + R"("})";
    return with("[" + out + "]", "\"1\"");
  };
  INFO(Rig(part("input.x", reading, "2")).text() << Rig(steps(1)).text() << Rig(steps(3)).text());
  CHECK(Rig(steps(1)).text().empty());
  CHECK(Rig(steps(3)).text().starts_with("too_costly /steps: all steps together"));
}

TEST_CASE("ruleset: the fuel that the operator allows is what a part is judged by", "[rules]") {
  const auto document = json::Document::parse(
      with(R"~([{"set":"s","expr":"lists.range(2000).all(a, lists.range(2000).all(b, a + b >= 0))"}])~", "\"1\""));
  REQUIRE(document);
  for (const std::uint64_t fuel : {1'000'000, 100'000'000}) {
    rules::Diagnostics diagnostics;
    cel::Limits limits;
    limits.fuel = fuel;
    CHECK((rules::Ruleset::compile(document->root(), diagnostics, rules::CompileMode::fast, nullptr, limits) !=
           nullptr) == (fuel > 1'000'000));
  }
}

TEST_CASE("ruleset: names are those that an expression reads, not what is quoted, bound or a comment", "[rules]") {
  // Each of these texts holds the names of steps that are no references; as one a circle would be told.
  for (const std::string text :
       {R"~(r'\' == ' b ' ? 1 : 2)~", R"~('''it's b''' == '' ? 1 : 2)~", "1 // a and b", "[1].map(b, b)[0]",
        "cel.bind(b, 1, b)", "{'x': 1}.x + [{'b': 2}][0].b", "b'b' == b'' ? 1 : 2"}) {
    INFO(text);
    std::string quoted;
    json::append_quoted(quoted, text);
    Rig rig(with(R"([{"set":"b","expr":"a"},{"set":"a","expr":)" + quoted + "}]", R"({"x":"b"})"));
    CHECK(rig.text().empty());
    CHECK(rig("{}").starts_with(R"({"x":)"));
  }
  for (const std::string text : {"[1].map(x, b)[0]", "[b].map(b, 1)[0]", "r'' == b ? 1 : 2"})
    CHECK(
        Rig(with(R"([{"set":"b","expr":"a"},{"set":"a","expr":")" + text + R"("}])")).text().starts_with("step_cycle"));
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

TEST_CASE("ruleset: its regular expressions together are bounded and counted", "[rules]") {
  const auto rows = [](int count) {
    std::string out = R"([{"table":"t","hit":"F","inputs":[{"expr":"input.x","type":"string"}],)"
                      R"("outputs":[{"name":"o"}],"rows":[)";
    for (int i = 0; i < count; ++i) out += R"~(["value.matches('^a)~" + std::to_string(i) + R"~(+$')","1"],)~";
    return with(out + R"(["-","2"]]}])", R"("t.o")");
  };
  const Rig few(rows(20));
  INFO(few.text());
  REQUIRE(few.ruleset);
  CHECK(few.ruleset->bytes() > 20 * (std::size_t{96} << 10));
  CHECK(few.ruleset->bytes() < 20 * (std::size_t{160} << 10));
  CHECK(Rig(rows(400)).text().starts_with("too_large : the regular expressions"));

  std::string one = "false";
  for (int i = 0; i < 65; ++i) one += " || input.x.matches('a" + std::to_string(i) + "')";
  CHECK(Rig(with("[]", "\"" + one + "\"")).text().find("at most 64 regular expressions") != std::string::npos);
}

#if defined(__GLIBC__) && !defined(SOCLE_SANITIZED)
TEST_CASE("ruleset: bytes() is about what a ruleset takes", "[rules]") {
  const auto document = json::Document::parse(loan);
  REQUIRE(document);
  rules::Diagnostics diagnostics;
  std::vector<std::shared_ptr<const rules::Ruleset>> kept;
  kept.reserve(500);
  kept.push_back(rules::Ruleset::compile(document->root(), diagnostics, rules::CompileMode::fast));
  const auto before = mallinfo2().uordblks;
  for (int i = 1; i < 500; ++i)
    kept.push_back(rules::Ruleset::compile(document->root(), diagnostics, rules::CompileMode::fast));
  const auto each = static_cast<double>(mallinfo2().uordblks - before) / 499;
  const auto told = static_cast<double>(kept.front()->bytes());
  WARN("a small ruleset takes " << each << " bytes and tells " << told);
  CHECK(told > each * 0.8);
  CHECK(told < each * 2);
}
#endif
