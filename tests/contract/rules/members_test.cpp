// members_test.cpp: what the bodies of the endpoints may hold: a member that is misspelt, of another type or out of
// place is told, each at its pointer, and nothing is evaluated.
#include "rig.hpp"

using namespace rules_test;

namespace {

std::string entry(const std::string& pointer, const std::string& code, const std::string& message) {
  return R"({"pointer":")" + pointer + R"(","code":")" + code + R"(","message":")" + message + "\"}";
}

// The entries of a body that is refused as such.
std::string refused(RulesOnModels& rules, const char* method, const std::string& body) {
  const Reply reply = rules.ask(method, body);
  INFO(method << " " << body << ": " << reply.message());
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.http_status() == 400);
  CHECK(reply.error_code() == "bad_request");
  CHECK(rules.host.metric("rules_evaluations_total") == 0);
  const auto text = reply.text();
  REQUIRE(text.size() >= 2);
  return std::string(text.substr(1, text.size() - 2));
}

}  // namespace

TEST_CASE("rules members: an unknown one is told with the nearest that means something", "[rules]") {
  RulesOnModels rules;
  CHECK(refused(rules, "evaluate", R"({"input":{"income":1},"trcae":true})") ==
        entry("/trcae", "unknown_key", "'trcae' means nothing here; did you mean 'trace'?"));
  CHECK(refused(rules, "evaluate", R"({"input":{"income":1},"a/b":1})") ==
        entry("/a~1b", "unknown_key", "'a/b' means nothing here; remove it"));
  CHECK(refused(rules, "test", R"({"versoin":"1.0.0"})") ==
        entry("/versoin", "unknown_key", "'versoin' means nothing here; did you mean 'version'?"));
  CHECK(refused(rules, "import", R"({"format":"jdm","nmae":"g","source":{}})") ==
        entry("/nmae", "unknown_key", "'nmae' means nothing here; did you mean 'name'?"));
  const Reply reply = rules.ask("evaluate", R"({"input":{"income":1},"trcae":true})");
  CHECK(reply.message() == "/trcae: 'trcae' means nothing here; did you mean 'trace'?");
}

TEST_CASE("rules members: who misspells the input reads both, what is wrong and what is missing", "[rules]") {
  RulesOnModels rules;
  CHECK(refused(rules, "evaluate", R"({"inptu":{"income":1}})") ==
        entry("/inptu", "unknown_key", "'inptu' means nothing here; did you mean 'input'?") + "," +
            entry("/input", "required", "wanted: the record to evaluate"));
}

TEST_CASE("rules members: one of another type is told, never taken for what it is not", "[rules]") {
  RulesOnModels rules;
  for (const auto& [given, found] :
       {std::pair{"\"yes\"", "string"}, {"1", "integer"}, {"null", "null"}, {"{}", "object"}})
    CHECK(refused(rules, "evaluate", R"({"input":{"income":1},"trace":)" + std::string(given) + "}") ==
          entry("/trace", "type", "must be true or false, found " + std::string(found)));
  CHECK(refused(rules, "test", R"({"version":1})") == entry("/version", "type", "must be a text, found integer"));
  CHECK(refused(rules, "test", R"({"records":5})") == entry("/records", "type", "must be a list, found integer"));
  CHECK(refused(rules, "test", R"({"records":[],"source":"rules: x"})") ==
        entry("/source", "type", "must be an object, found string"));
  CHECK(refused(rules, "import", R"({"format":5,"source":{}})") ==
        entry("/format", "type", "must be a text, found integer"));
  CHECK(refused(rules, "import", R"({"format":"jdm","source":[]})") ==
        entry("/source", "type", "must be a text or an object, found array"));
  CHECK(refused(rules, "import", R"({"format":"dmn","source":{}})") ==
        entry("/source", "type", "must be a text, found object"));
}

TEST_CASE("rules members: all that is wrong is told, not the first only", "[rules]") {
  RulesOnModels rules;
  CHECK(refused(rules, "evaluate", R"({"input":{"income":1},"trace":0,"x":1})") ==
        entry("/trace", "type", "must be true or false, found integer") + "," +
            entry("/x", "unknown_key", "'x' means nothing here; remove it"));
}

TEST_CASE("rules members: a body that is no object is told as such", "[rules]") {
  RulesOnModels rules;
  for (const char* method : {"evaluate", "test", "import"})
    CHECK(refused(rules, method, "[]") == entry("", "type", "must be an object, found array"));
  CHECK(rules.ask("evaluate", "5").message() == "the body must be an object, found integer");
}

TEST_CASE("rules members: the stored tests have a version, a dry run goes from one to another", "[rules]") {
  RulesOnModels rules;
  CHECK(
      refused(rules, "test", R"({"from":"1.0.0"})") ==
      entry("/from", "unknown_key", "belongs to a dry run, which wants 'records'; the stored tests have a 'version'"));
  CHECK(refused(rules, "test", R"({"version":"1.0.0","records":[]})") ==
        entry("/version", "unknown_key",
              "the stored tests have a 'version'; a dry run of records goes 'from' one 'to' another"));
  CHECK(refused(rules, "test", R"({"records":[],"to":"1.0.0","source":)" + loan + "}") ==
        entry("/to", "unknown_key", "'source' is what the records are run through in place of 'to'"));
  CHECK(rules.ask("test", R"({"version":"1.0.0"})").ok());
  CHECK(rules.ask("test", R"({"records":[]})").ok());
}

TEST_CASE("rules members: an input that is no object is told at its member", "[rules]") {
  RulesOnModels rules;
  for (const auto& [given, found] : {std::pair{"null", "null"}, {"5", "integer"}, {"[1]", "array"}}) {
    const Reply reply = rules.ask("evaluate", R"({"input":)" + std::string(given) + "}");
    CHECK(reply.http_status() == 422);
    CHECK(reply.error_code() == "invalid_input");
    CHECK(reply.text() == "[" + entry("/input", "type", "must be object, found " + std::string(found)) + "]");
    CHECK(reply.message() == "/input: must be object, found " + std::string(found));
  }
  // The pointers of a record's own faults begin in the record, as forms counts on.
  CHECK(rules.ask("evaluate", R"({"input":{}})").text().starts_with(R"([{"pointer":"/income","code":"required")"));
  CHECK(rules.ask("evaluate", "{}").text() ==
        "[" + entry("/input", "required", "wanted: the record to evaluate") + "]");
}

TEST_CASE("rules members: a value that is out of bounds has its place, too", "[rules]") {
  RulesOnModels rules;
  const Reply format = rules.ask("import", R"({"format":"xls","source":{}})");
  CHECK(format.error_code() == "bad_format");
  CHECK(format.text() == "[" + entry("/format", "enum", "must be jdm or dmn") + "]");
  std::string records = R"({"records":[0)";
  for (int i = 0; i < 10'000; ++i) records += ",0";
  const Reply many = rules.ask("test", records + "]}");
  CHECK(many.error_code() == "bad_records");
  CHECK(many.http_status() == 422);
  CHECK(many.text() == "[" + entry("/records", "maxItems", "at most 10000 are wanted") + "]");
}

TEST_CASE("rules members: models/1 may ask more than this version knows", "[rules]") {
  RulesOnModels rules;
  CHECK(rules.ask("compile", R"({"kind":"rules","name":"loan","mode":"fast","later":1,"source":)" + loan + "}").ok());
}
