// plugin_test.cpp: rules/1 as it is built, on a fake host; models/1 is played by a map of published sources.
#include "contract/rules/rig.hpp"

using namespace rules_test;

TEST_CASE("rules/1: evaluate gives output and version, and compiles once a content", "[rules]") {
  RulesOnModels rules;
  const Reply first = rules.ask("evaluate", R"({"input":{"income":6000}})");
  INFO(first.message());
  REQUIRE(first.ok());
  CHECK(first.text() == R"({"output":{"grade":"A","who":"user:ada"},"version":"1.0.0"})");
  CHECK(rules.ask("evaluate", R"({"input":{"income":1}})").text() ==
        R"({"output":{"grade":"B","who":"user:ada"},"version":"1.0.0"})");
  CHECK(rules.fetched == 1);
  CHECK(rules.host.metric("rules_compilations_total") == 1);
  CHECK(rules.host.metric("rules_evaluations_total") == 2);
  const Reply traced = rules.ask("evaluate", R"({"input":{"income":6000},"trace":true})");
  CHECK(traced.text().find(R"("trace":{"steps":[{"step":"score","kind":"table")") != std::string_view::npos);
}

TEST_CASE("rules/1: what is published next is served next; a version can be named", "[rules]") {
  RulesOnModels rules;
  REQUIRE(rules.ask("evaluate", R"({"input":{"income":6000}})").ok());
  auto changed = loan;
  changed.replace(changed.find("5000"), 4, "7000");
  rules.published["loan"].push_back({"1.1.0", "h2", changed});
  CHECK(rules.ask("evaluate", R"({"input":{"income":6000}})").text().starts_with(R"({"output":{"grade":"B")"));
  CHECK(rules.ask("evaluate", R"({"input":{"income":6000}})", {{"ruleset", "loan@1.0.0"}}).text().find("1.0.0") !=
        std::string_view::npos);
  CHECK(rules.ask("evaluate", R"({"input":{"income":6000}})", {{"ruleset", "loan"}, {"version", "1.0.0"}})
            .text()
            .starts_with(R"({"output":{"grade":"A")"));
}

TEST_CASE("rules/1: while a canary runs, each use is reported; a caller's mistakes are not the ruleset's", "[rules]") {
  RulesOnModels rules;
  rules.published["broken"] = {{"1.0.0", "b1", R"~({"rules":"broken","output":"input.a + 1"})~"}};
  REQUIRE(rules.ask("evaluate", R"({"input":{"income":6000}})").ok());
  CHECK(rules.reports.empty());
  rules.canary = true;
  REQUIRE(rules.ask("evaluate", R"({"input":{"income":6000}})").ok());
  REQUIRE_FALSE(rules.ask("evaluate", R"({"input":{}})").ok());
  REQUIRE_FALSE(rules.ask("evaluate", R"({"input":{}})", {{"ruleset", "broken"}}).ok());
  CHECK(rules.reports == std::vector<std::string>{"loan@1.0.0 ok", "loan@1.0.0 ok", "broken@1.0.0 error"});
}

TEST_CASE("rules/1: faults say which field, with the contract's statuses", "[rules]") {
  RulesOnModels rules;
  const Reply wrong = rules.ask("evaluate", R"({"input":{}})");
  CHECK(wrong.http_status() == 422);
  CHECK(wrong.error_code() == "invalid_input");
  const auto fields = json::Document::parse(wrong.text());
  REQUIRE(fields);
  CHECK(fields->root().at(0).find("pointer").as_string() == "/income");
  CHECK(fields->root().at(0).find("code").as_string() == "required");
  CHECK(rules.ask("evaluate", "{").http_status() == 400);
  CHECK(rules.ask("evaluate", "{}").error_code() == "invalid_input");
  const Reply unknown = rules.ask("evaluate", R"({"input":{}})", {{"ruleset", "none"}});
  CHECK(unknown.code() == socle::Code::not_found);
  CHECK(unknown.error_code() == "unknown_model");
}

TEST_CASE("rules/1: a long evaluation moves to the pool with its whole budget, and still ends", "[rules]") {
  RulesOnModels rules;
  rules.published["long"] = {
      {"1.0.0", "l1", R"~({"rules":"long","output":"lists.range(int(input.n)).filter(i, i % 7 == 0).size()"})~"}};
  CHECK(rules.ask("evaluate", R"({"input":{"n":50}})", {{"ruleset", "long"}}).text() ==
        R"({"output":8,"version":"1.0.0"})");
  CHECK(rules.host.metric("rules_evaluations_moved_total") == 0);
  CHECK(rules.ask("evaluate", R"({"input":{"n":20000}})", {{"ruleset", "long"}}).text() ==
        R"({"output":2858,"version":"1.0.0"})");
  CHECK(rules.host.metric("rules_evaluations_moved_total") == 1);
  const Reply endless = rules.ask("evaluate", R"({"input":{"n":100000000}})", {{"ruleset", "long"}});
  CHECK(endless.http_status() == 422);
  CHECK((endless.error_code() == "out_of_fuel" || endless.error_code() == "out_of_memory"));
}

TEST_CASE("rules/1: compile answers diagnostics with places, the schema and the tests", "[rules]") {
  RulesOnModels rules;
  const auto answer = [&](const std::string& source) {
    const Reply reply = rules.ask("compile", R"({"kind":"rules","name":"loan","mode":"full","source":)" + source + "}");
    REQUIRE(reply.ok());
    return json::Document::parse(reply.text()).value();
  };
  const auto good = answer(loan);
  CHECK(good.root().find("diagnostics").empty());
  CHECK(good.root().find("schema").find("required").at(0).as_string() == "income");
  CHECK(good.root().find("tests").find("passed").as_int64() == 1);
  auto text = loan;
  text.replace(text.find("score.grade"), 11, "scor.grade ");
  const auto bad = answer(text);
  const auto first = bad.root().find("diagnostics").at(0);
  CHECK(first.find("pointer").as_string() == "/output/grade");
  CHECK(first.find("offset").as_int64() == 0);
  CHECK(first.find("code").as_string() == "expression");
  CHECK(first.find("severity").as_string() == "error");
  text = loan;
  text.replace(text.find("\"A\",\"who\""), 3, "\"C\"");
  CHECK(answer(text).root().find("tests").find("failed").as_int64() == 1);
  CHECK(rules.ask("compile", "{}").error_code() == "no_source");
}

TEST_CASE("rules/1: test runs the stored tests, or records through two versions", "[rules]") {
  RulesOnModels rules;
  CHECK(rules.ask("test", "").text() ==
        R"({"version":"1.0.0","passed":1,"failed":0,"tests":[{"name":"good","passed":true}]})");
  auto changed = loan;
  changed.replace(changed.find("5000"), 4, "7000");
  rules.published["loan"].push_back({"1.1.0", "h2", changed});
  const std::string records = R"("records":[{"income":1},{"income":6000}])";
  const Reply run = rules.ask("test", R"({"from":"1.0.0","to":"1.1.0",)" + records + "}");
  INFO(run.message());
  CHECK(run.text() == R"({"from":"1.0.0","to":"1.1.0","records":2,"same":1,"faults_before":0,"faults_after":0,)"
                      R"("changed":[{"record":1,"differences":[{"pointer":"/grade","before":"A","after":"B"}]}]})");
  const Reply candidate = rules.ask("test", R"({"source":)" + loan + "," + records + "}");
  CHECK(candidate.text().find(R"("from":"1.1.0","to":"candidate")") != std::string_view::npos);
  std::string many = "[0";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  CHECK(rules.ask("test", "{\"records\":" + many + "]}").error_code() == "bad_records");
  CHECK(rules.ask("test", R"({"source":{"rules":"x"},)" + records + "}").error_code() == "ruleset_shape");
}

TEST_CASE("rules/1: import translates a graph, or says why not", "[rules]") {
  RulesOnModels rules;
  const std::string graph =
      R"({"nodes":[{"id":"i","type":"inputNode","name":"in"},{"id":"e","type":"expressionNode","name":"e","content":{"expressions":[{"key":"x","value":"a + 0.1"}]}}],)"
      R"("edges":[{"sourceId":"i","targetId":"e"}]})";
  const Reply reply = rules.ask("import", R"({"format":"jdm","name":"g","source":)" + graph + "}");
  REQUIRE(reply.ok());
  const auto answer = json::Document::parse(reply.text());
  REQUIRE(answer->root().find("source").is_object());
  rules.published["g"] = {{"1.0.0", "g1", json::to_text(answer->root().find("source"))}};
  CHECK(rules.ask("evaluate", R"({"input":{"a":0.2}})", {{"ruleset", "g"}}).text() ==
        R"({"output":{"x":0.3},"version":"1.0.0"})");
  CHECK(rules.ask("import", R"({"format":"xls"})").error_code() == "bad_format");
  CHECK(rules.ask("import", R"({"format":"dmn","source":"<a/>"})").text().find("import_syntax") !=
        std::string_view::npos);
}

TEST_CASE("rules/1: a call that is given up anywhere leaves nothing behind", "[rules]") {
  const unsigned points = for_each_await_point([](FakeHost& host, unsigned) {
    host.serve(
        "models/1", "resolve",
        [](const ServiceCall& call) -> Reply {
          const bool source = call.text().find("\"source\":true") != std::string_view::npos;
          return Reply::json(std::string(R"({"version":"1.0.0","hash":"h","state":"active")") +
                             (source ? ",\"source\":" + loan : std::string()) + "}");
        },
        Answers::later);
    TestedPlugin plugin(host, RULES_LIBRARY, "{}");
    REQUIRE(plugin.created().ok());
    Ask ask;
    ask.text = R"({"input":{"income":6000}})";
    ask.meta = {{"ruleset", "loan"}};
    (void)plugin.ask("evaluate", ask);
  });
  CHECK(points >= 3);
}

TEST_CASE("rules/1: who asks for a ruleset while it is being compiled waits for that compilation", "[rules]") {
  RulesOnModels rules;
  const auto ask = [](const std::string& body) {
    Ask out;
    out.text = body;
    out.meta = {{"ruleset", "loan"}};
    return out;
  };
  const auto question = ask(R"({"input":{"income":6000}})");
  std::vector<Asked> asked;
  for (int i = 0; i < 8; ++i) asked.push_back(rules.plugin->begin("evaluate", question));
  rules.host.run_until_idle();
  for (auto& one : asked) CHECK(one.reply().ok());
  CHECK(rules.fetched == 1);
  CHECK(rules.host.metric("rules_compilations_total") == 1);
  for (int i = 0; i < 200; ++i) REQUIRE(rules.plugin->ask("evaluate", question).ok());
  CHECK(rules.fetched == 1);

  // A compilation that fails is every caller's own.
  rules.published["loan"].push_back({"1.1.0", "bad", R"({"rules":"loan","output":"nobody.knows"})"});
  std::vector<Asked> failing;
  for (int i = 0; i < 4; ++i) failing.push_back(rules.plugin->begin("evaluate", question));
  rules.host.run_until_idle();
  for (auto& one : failing) CHECK_FALSE(one.reply().ok());
}
