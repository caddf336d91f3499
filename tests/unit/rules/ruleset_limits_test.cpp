// What a ruleset may cost, in fuel, time and memory.
#include <malloc.h>

#include "unit/rules/rig.hpp"

using namespace socle;
using namespace socle::rules::test;

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

TEST_CASE("ruleset: writing an output is paid for, however small the value is that holds it", "[rules]") {
  std::string doubled = "[input.n]";
  for (int i = 0; i < 40; ++i) doubled = "cel.bind(s, " + doubled + ", [s, s])";
  for (const bool trace : {false, true}) {
    Rig rig(with(R"([{"set":"x","expr":")" + doubled + R"("}])"));
    const auto outcome = rig.run(R"({"n":1})", trace);
    REQUIRE(outcome.fault);
    CHECK(outcome.fault->code == "out_of_fuel");
    CHECK(outcome.output.empty());
    if (trace) CHECK(outcome.trace.find(R"("more_bytes_than":)") != std::string::npos);
  }
  // A text of the record, again and again.
  Rig copies(R"~({"rules":"r","output":"lists.range(1000).map(i, input.t)"})~");
  const auto outcome = copies.run(R"({"t":")" + std::string(100'000, 'x') + "\"}");
  REQUIRE(outcome.fault);
  CHECK(outcome.fault->code == "out_of_fuel");
}

TEST_CASE("ruleset: a long value in a trace is cut between two characters", "[rules]") {
  std::string text = "x";
  for (int i = 0; i < 2'000; ++i) text += "\u00e9";
  Rig rig(R"({"rules":"r","steps":[{"set":"t","expr":"input.t"}],"output":"1"})");
  const auto outcome = rig.run(R"({"t":")" + text + "\"}", true);
  REQUIRE_FALSE(outcome.fault);
  const auto trace = json::Document::parse(outcome.trace);
  REQUIRE(trace);
  const auto value = trace->root().find("steps").at(0).find("value");
  CHECK(value.find("cut").as_string() == "\"" + text.substr(0, 199));
  CHECK(value.find("bytes").as_int64() == 4'003);
}

TEST_CASE("ruleset: steps that wrap each other's results do not nest without end", "[rules]") {
  std::string steps = R"({"set":"s0","expr":"[input.n]"})";
  for (int i = 1; i < 60; ++i)
    steps += R"(,{"set":"s)" + std::to_string(i) + R"(","expr":")" + std::string(90, '[') + "s" +
             std::to_string(i - 1) + std::string(90, ']') + "\"}";
  Rig rig(with("[" + steps + "]", R"({"x":"s59"})"));
  INFO(rig.text());
  REQUIRE(rig.ruleset);
  const auto outcome = rig.run(R"({"n":1})");
  REQUIRE(outcome.fault);
  CHECK(outcome.fault->message.find("nested deeper than 1000 levels") != std::string::npos);
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
