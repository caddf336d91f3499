// memory_test.cpp: a compiled ruleset is memory of the tenant that it was compiled for.
#include "rig.hpp"

using namespace rules_test;

namespace {

const std::string rich = R"({"input":{"income":6000}})";
const std::string told_begin = "ruleset 'loan' 1.0.0: ";
const std::string beside_others = " in all; raise `memory` of the tenant's plan";
const std::string ever = " in all: make smaller what is to be kept, or raise `memory` of its plan";

// Rulesets of one shape, another each.
void publish_numbered(RulesOnModels& rules, int count) {
  for (int i = 0; i < count; ++i) {
    auto source = loan;
    source.replace(source.find("5000"), 4, std::to_string(5000 + i));
    const std::string number = std::to_string(i);
    rules.published["r" + number] = {{"1.0.0", "hash-" + number, source}};
  }
}

// too_large: it would not fit if nothing else were there; exhausted: not beside what is.
void check_refused(const Reply& reply, const std::string& begin, Code code = Code::too_large) {
  INFO(reply.message());
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.code() == code);
  CHECK(reply.error_code() == to_string(code));
  CHECK((reply.message().find("the memory budget is used up: ") != std::string::npos) == (code == Code::exhausted));
  CHECK(reply.message().starts_with(begin));
  CHECK(reply.message().ends_with(code == Code::exhausted ? beside_others : ever));
}

}  // namespace

TEST_CASE("rules memory: who had a ruleset compiled pays for it, once, and nobody else who uses it", "[rules]") {
  RulesOnModels rules;
  CHECK(rules.host.held("acme") == 0);
  REQUIRE(rules.ask("evaluate", rich).ok());
  const auto one = rules.host.held("acme");
  CHECK(one > 5000);
  REQUIRE(rules.ask("evaluate", rich).ok());
  rules.tenant = "globex";
  for (int i = 0; i < 100; ++i) REQUIRE(rules.ask("evaluate", rich).ok());
  CHECK(rules.host.held("acme") == one);
  CHECK(rules.host.held("globex") == 0);
  CHECK(rules.fetched == 1);
}

TEST_CASE("rules memory: a tenant keeps an eighth of its memory, what it used last; others keep theirs", "[rules]") {
  RulesOnModels rules;
  publish_numbered(rules, 5);
  const auto evaluate = [&](const std::string& name) {
    const Reply reply = rules.ask("evaluate", rich, {{"ruleset", name}});
    INFO(reply.message());
    CHECK(reply.ok());
    return rules.host.metric("rules_compilations_total");
  };
  rules.tenant = "globex";
  REQUIRE(rules.ask("evaluate", rich).ok());
  rules.tenant = "acme";
  evaluate("r0");
  const auto one = rules.host.held("acme");
  rules.host.set_memory("acme", 8 * (3 * one + one / 2));
  for (const char* name : {"r1", "r2", "r3", "r4"}) evaluate(name);
  CHECK(rules.host.held("acme") <= 3 * one + one / 2);
  CHECK(rules.host.held("acme") > 2 * one);
  CHECK(evaluate("r4") == 6);
  CHECK(evaluate("r0") == 7);
  rules.tenant = "globex";
  REQUIRE(rules.ask("evaluate", rich).ok());
  CHECK(rules.host.metric("rules_compilations_total") == 7);
}

TEST_CASE("rules memory: a ruleset that there is no room for is refused, to this tenant, until there is", "[rules]") {
  RulesOnModels rules;
  rules.canary = true;
  rules.host.set_memory("acme", 2000);
  check_refused(rules.ask("evaluate", rich), told_begin);
  CHECK(rules.host.held("acme") == 0);
  CHECK(rules.reports.empty());  // not this version's doing
  rules.tenant = "globex";
  REQUIRE(rules.ask("evaluate", rich).ok());
  rules.tenant = "acme";
  CHECK(rules.ask("evaluate", rich).ok());  // it is there, and somebody pays for it
  rules.tenant = "globex";
  REQUIRE(rules.ask("forget", "").ok());
  CHECK(rules.host.held("globex") == 0);
  rules.tenant = "acme";
  check_refused(rules.ask("evaluate", rich), told_begin);
  rules.host.set_memory("acme", 1 << 20);
  CHECK(rules.ask("evaluate", rich).ok());
  CHECK(rules.host.held("acme") > 5000);
}

TEST_CASE("rules memory: all who wait for one compilation are told that there is no room", "[rules]") {
  RulesOnModels rules;
  rules.host.set_memory("acme", 2000);
  Ask ask;
  ask.text = rich;
  ask.meta = {{"ruleset", "loan"}};
  std::vector<Asked> asked;
  for (int i = 0; i < 4; ++i) asked.push_back(rules.plugin->begin("evaluate", ask));
  rules.host.run_until_idle();
  for (const auto& one : asked) {
    REQUIRE(one.done());
    check_refused(one.reply(), told_begin);
  }
}

TEST_CASE("rules memory: a candidate is the tenant's while it is tried, and then gone", "[rules]") {
  RulesOnModels rules;
  const std::string run = R"({"source":)" + loan + R"(,"records":[{"income":1}]})";
  REQUIRE(rules.ask("evaluate", rich).ok());
  const auto one = rules.host.held("acme");
  REQUIRE(rules.ask("test", run).ok());
  CHECK(rules.host.held("acme") == one);
  rules.host.set_memory("acme", one + one / 2);
  check_refused(rules.ask("test", run), "the candidate: ", Code::exhausted);
  rules.host.set_memory("acme", 10 * one);
  CHECK(rules.ask("test", run).ok());
}

TEST_CASE("rules memory: one without room is told to who publishes it; a draft is saved", "[rules]") {
  RulesOnModels rules;
  rules.host.set_memory("acme", 2000);
  const auto compile = [&](const std::string& mode) {
    return rules.ask("compile", R"({"kind":"rules","name":"loan","mode":")" + mode + R"(","source":)" + loan + "}");
  };
  CHECK(compile("fast").ok());
  check_refused(compile("full"), "ruleset 'loan': ");
  rules.host.set_memory("acme", 1 << 20);
  CHECK(compile("full").ok());
  CHECK(rules.host.held("acme") == 0);
}

TEST_CASE("rules memory: a deleted tenant's rulesets are given up, and no other's", "[rules]") {
  RulesOnModels rules;
  publish_numbered(rules, 2);
  REQUIRE(rules.ask("evaluate", rich, {{"ruleset", "r0"}}).ok());
  rules.tenant = "globex";
  REQUIRE(rules.ask("evaluate", rich, {{"ruleset", "r1"}}).ok());
  const auto other = rules.host.held("globex");
  rules.tenant = "acme";
  REQUIRE(rules.ask("forget", "").ok());
  CHECK(rules.host.held("acme") == 0);
  CHECK(rules.host.held("globex") == other);
}
