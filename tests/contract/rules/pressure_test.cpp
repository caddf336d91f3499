// pressure_test.cpp: while the tenant's memory is nearly full an evaluation has less fuel. What runs out of that alone
// is told to ask again; what needs more than there ever is, is not.
#include "rig.hpp"

using namespace rules_test;

namespace {

const Texts of_long{{"ruleset", "long"}};

// The half of the fuel is enough for it, a quarter is not.
const std::string heavy = R"({"input":{"n":60000}})";
const std::string light = R"({"input":{"n":50}})";

void check_pressed(const Reply& reply, const std::string& left) {
  INFO(reply.message() << reply.text());
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.code() == Code::unavailable);
  CHECK(reply.http_status() == 503);
  CHECK(reply.error_code() == "memory_pressure");
  CHECK(reply.message() == "the tenant's memory is nearly full, so an evaluation may take " + left +
                               " units instead of 1000000; ask again when less is under way");
}

struct Pressed : RulesOnModels {
  Pressed() { published["long"] = {{"1.0.0", "l1", counting}}; }
};

}  // namespace

TEST_CASE("rules pressure: an evaluation that runs out of what is left may be asked again", "[rules]") {
  Pressed rules;
  CHECK(rules.ask("evaluate", heavy, of_long).text() == R"({"output":8572,"version":"1.0.0"})");
  rules.host.set_pressure("acme", 1);
  CHECK(rules.ask("evaluate", heavy, of_long).ok());
  rules.host.set_pressure("acme", 2);
  check_pressed(rules.ask("evaluate", heavy, of_long), "250000");
  CHECK(rules.ask("evaluate", light, of_long).text() == R"({"output":8,"version":"1.0.0"})");
  rules.host.set_pressure("acme", 0);
  CHECK(rules.ask("evaluate", heavy, of_long).ok());
}

TEST_CASE("rules pressure: it is the tenant's own, and what needs too much always is told so", "[rules]") {
  Pressed rules;
  rules.host.set_pressure("globex", 2);
  CHECK(rules.ask("evaluate", heavy, of_long).ok());
  const Reply endless = rules.ask("evaluate", R"({"input":{"n":250000}})", of_long);
  CHECK(endless.http_status() == 422);
  CHECK(endless.error_code() == "out_of_fuel");
}

TEST_CASE("rules pressure: also an evaluation that is never moved has what is left, and no more", "[rules]") {
  RulesOnModels rules(R"({"cache":67108864,"fuel":20000})");
  rules.published["long"] = {{"1.0.0", "l1", counting}};
  const std::string most_of_it = R"({"input":{"n":3000}})";
  CHECK(rules.ask("evaluate", most_of_it, of_long).ok());
  rules.host.set_pressure("acme", 1);
  const Reply pressed = rules.ask("evaluate", most_of_it, of_long);
  CHECK(pressed.error_code() == "memory_pressure");
  CHECK(pressed.message().find("10000 units instead of 20000") != std::string_view::npos);
  CHECK(rules.host.metric("rules_evaluations_moved_total") == 0);
}

TEST_CASE("rules pressure: a canary is not measured by it", "[rules]") {
  Pressed rules;
  rules.canary = true;
  REQUIRE(rules.ask("evaluate", heavy, of_long).ok());
  rules.host.set_pressure("acme", 2);
  check_pressed(rules.ask("evaluate", heavy, of_long), "250000");
  CHECK(rules.reports == std::vector<std::string>{"long@1.0.0 ok"});
}

TEST_CASE("rules pressure: stored tests are not told as failed by it", "[rules]") {
  Pressed rules;
  const std::string passed = R"({"version":"1.0.0","passed":1,"failed":0,"tests":[{"name":"many","passed":true}]})";
  CHECK(rules.ask("test", "", of_long).text() == passed);
  rules.host.set_pressure("acme", 2);
  check_pressed(rules.ask("test", "", of_long), "250000");
  CHECK(rules.ask("test", "").ok());  // the loan's tests are small
}

TEST_CASE("rules pressure: a stored test that expects to run out of fuel does not pass by it", "[rules]") {
  Pressed rules;
  auto expecting = counting;
  expecting.replace(expecting.find("\"output\":8572"), 13, "\"error\":\"out_of_fuel\"");
  rules.published["long"] = {{"1.0.0", "l2", expecting}};
  CHECK(rules.ask("test", "", of_long).text().find(R"("failed":1)") != std::string_view::npos);
  rules.host.set_pressure("acme", 2);
  check_pressed(rules.ask("test", "", of_long), "250000");
}

TEST_CASE("rules pressure: a dry run tells no difference that it makes", "[rules]") {
  Pressed rules;
  rules.published["long"].push_back(
      {"1.1.0", "l2", R"~({"rules":"long","output":"int(input.n) / 7 + (int(input.n) % 7 == 0 ? 0 : 1)"})~"});
  const std::string run = R"({"from":"1.0.0","to":"1.1.0","records":[{"n":50},{"n":60000}]})";
  CHECK(rules.ask("test", run, of_long).text() ==
        R"({"from":"1.0.0","to":"1.1.0","records":2,"same":2,"faults_before":0,"faults_after":0,"changed":[]})");
  rules.host.set_pressure("acme", 2);
  check_pressed(rules.ask("test", run, of_long), "250000");
}

TEST_CASE("rules pressure: a model is judged by all the fuel there is", "[rules]") {
  Pressed rules;
  rules.host.set_pressure("acme", 2);
  const Reply reply = rules.ask("compile", R"({"kind":"rules","name":"long","mode":"full","source":)" + counting + "}");
  REQUIRE(reply.ok());
  const auto answer = json::Document::parse(reply.text());
  REQUIRE(answer);
  CHECK(answer->root().find("tests").find("passed").as_int64() == 1);
  CHECK(answer->root().find("tests").find("failed").as_int64() == 0);
}
