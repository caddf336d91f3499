// rig.hpp: the rules plugin as it is built, on a fake host; models/1 is played by a map of published sources.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <socle/json.hpp>
#include <socle/testing.hpp>
#include <string>
#include <vector>

namespace rules_test {

using namespace socle::testing;
using socle::Code;
using socle::Reply;
namespace json = socle::json;

inline const std::string loan =
    R"~({"rules":"loan","input":{"type":"object","required":["income"],"properties":{"income":{"type":"number"}}},
  "steps":[{"table":"score","hit":"F","inputs":[{"expr":"input.income","type":"number"}],
            "outputs":[{"name":"grade","type":"string"}],"rows":[[">= 5000","'A'"],["-","'B'"]]}],
  "output":{"grade":"score.grade","who":"user.id"},
  "tests":[{"name":"good","input":{"income":6000},"user":{"id":"t"},"output":{"grade":"A","who":"t"}}]})~";

// Takes about 5.4 units of fuel for each of `n`; more than a few thousand are moved to the pool.
inline const std::string counting =
    R"~({"rules":"long","output":"lists.range(int(input.n)).filter(i, i % 7 == 0).size()",
  "tests":[{"name":"many","input":{"n":60000},"output":8572}]})~";

struct Version {
  std::string version;
  std::string hash;
  std::string source;
};

class RulesOnModels {
 public:
  explicit RulesOnModels(std::string_view config = R"({"cache":67108864,"fuel":1000000})") {
    host.serve("models/1", "resolve", [this](const ServiceCall& call) -> Reply { return resolve(call); });
    host.serve("models/1", "report", [this](const ServiceCall& call) -> Reply {
      CHECK(call.meta("kind") == "rules");
      CHECK(!call.meta("micros").empty());
      reports.push_back(std::string(call.meta("name")) + "@" + std::string(call.meta("version")) + " " +
                        std::string(call.meta("outcome")));
      return {};
    });
    plugin = std::make_unique<TestedPlugin>(host, RULES_LIBRARY, config);
    REQUIRE(plugin->created().ok());
  }
  Reply ask(const char* method, const std::string& body, Texts meta = {{"ruleset", "loan"}}) {
    Ask ask;
    ask.text = body;
    ask.meta = std::move(meta);
    ask.context.tenant = tenant;
    return plugin->ask(method, ask);
  }
  FakeHost host;
  std::string tenant = "acme";
  std::map<std::string, std::vector<Version>> published{{"loan", {{"1.0.0", "h1", loan}}}};
  int resolved = 0;
  int fetched = 0;
  bool canary = false;
  std::vector<std::string> reports;
  std::unique_ptr<TestedPlugin> plugin;

 private:
  Reply resolve(const ServiceCall& call) {
    ++resolved;
    const auto asked = json::Document::parse(call.text());
    REQUIRE(asked);
    CHECK(asked->root().find("kind").as_string() == "rules");
    const auto found = published.find(std::string(asked->root().find("name").as_string()));
    if (found == published.end()) return Reply::error(Code::not_found, "unknown_model", "there is no such ruleset");
    const auto wanted = asked->root().find("version").as_string();
    for (auto one = found->second.rbegin(); one != found->second.rend(); ++one) {
      if (!wanted.empty() && one->version != wanted) continue;
      std::string text = R"({"version":")" + one->version + R"(","hash":")" + one->hash + R"(","state":"active")";
      if (asked->root().find("source").as_bool()) {
        ++fetched;
        text += ",\"source\":" + one->source;
      }
      Reply reply = Reply::json(text + "}");
      if (canary) reply.with("canary", "true");
      return reply;
    }
    return Reply::error(Code::not_found, "unknown_version", "there is no such version");
  }
};

}  // namespace rules_test
