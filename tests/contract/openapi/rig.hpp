// rig.hpp: the openapi plugin as it is built, on a fake host: the kernel's catalogue is a text, models/1 and forms/1
// are played by maps of what is published.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <socle/json.hpp>
#include <socle/testing.hpp>
#include <string>
#include <vector>

namespace openapi_test {

namespace json = socle::json;
using namespace socle::testing;
using socle::Code;
using socle::Reply;

inline const std::string routes = R"([
  {"method":"POST","path":"/v1/forms/{form}/records","to":{"service":"forms/1","method":"create"},"access":"records:create","params":{},"consumes":[]},
  {"method":"POST","path":"/v1/rules/{ruleset}/evaluate","to":{"service":"rules/1","method":"evaluate"},"access":"rules:evaluate","params":{},"consumes":[]},
  {"method":"POST","path":"/v1/rules/{ruleset}:test","to":{"service":"rules/1","method":"test"},"access":"rules:evaluate","params":{},"consumes":[]},
  {"method":"POST","path":"/v1/rules/import","to":{"service":"rules/1","method":"import"},"access":"models:write","params":{},"consumes":[]},
  {"method":"GET","path":"/v1/notes","to":{"service":"notes/1","method":"list"},"access":"public","params":{},"consumes":[]},
  {"method":"GET","path":"/login","to":{"service":"pages/1","method":"door"},"access":"public","params":{},"consumes":[]}])";

class Rig {
 public:
  explicit Rig(FakeHost& on, const std::string& config = "{}", Answers answers = Answers::at_once) : host(on) {
    host.set_catalog("routes", routes);
    serve(
        "models/1", "list", [this](const ServiceCall& call) { return list(call); }, answers);
    serve(
        "models/1", "resolve", [this](const ServiceCall& call) { return source_of(call); }, answers);
    serve(
        "forms/1", "get", [this](const ServiceCall& call) { return form(call); }, answers);
    serve(
        "forms/1", "validate", [this](const ServiceCall& call) { return verdict(call); }, answers);
    plugin = std::make_unique<TestedPlugin>(host, OPENAPI_LIBRARY, config);
    REQUIRE(plugin->created().ok());
  }

  Reply ask(Texts meta = {}) {
    Ask ask;
    ask.meta = std::move(meta);
    ask.context.tenant = tenant;
    return plugin->ask("describe", ask);
  }
  json::Document document(Texts meta = {}) {
    const Reply reply = ask(std::move(meta));
    INFO(reply.message());
    REQUIRE(reply.ok());
    auto parsed = json::Document::parse(reply.text());
    REQUIRE(parsed);
    return *std::move(parsed);
  }

  FakeHost& host;
  std::unique_ptr<TestedPlugin> plugin;
  std::string tenant = "acme";
  // By tenant and name: a form as forms/1 shows it, a ruleset's source.
  std::map<std::string, std::map<std::string, std::string>> forms, rulesets;
  std::map<std::string, std::string> lines;  // by name: further members of its line in the list, each with a comma
  bool complete = true, accepts = true;
  // Asked before "service.method" is: an answer in its place.
  std::function<std::optional<Reply>(const std::string& what, const ServiceCall& call)> instead;

 private:
  void serve(const std::string& service, const std::string& method, ServiceFunction function, Answers answers) {
    host.serve(
        service, method,
        [this, what = service + "." + method, function = std::move(function)](const ServiceCall& call) -> Reply {
          if (instead)
            if (auto reply = instead(what, call)) return *std::move(reply);
          return function(call);
        },
        answers);
  }
  const std::map<std::string, std::string>& published(const ServiceCall& call, std::string_view kind) {
    return (kind == "forms" ? forms : rulesets)[std::string(call.context.tenant())];
  }
  Reply list(const ServiceCall& call) {
    std::string text = "{\"items\":[";
    for (const auto& [name, source] : published(call, call.meta("kind"))) {
      if (text.back() != '[') text += ',';
      const auto more = lines.find(name);
      text += "{\"name\":\"" + name + "\"" + (more == lines.end() ? ",\"version\":\"1.0.0\"" : more->second) + "}";
    }
    return Reply::json(text + "],\"complete\":" + (complete ? "true}" : "false}"));
  }
  Reply source_of(const ServiceCall& call) {
    const auto& all = published(call, "rules");
    const auto found = all.find(std::string(call.meta("name")));
    if (found == all.end()) return Reply::error(Code::not_found, "unknown_model", "there is no such ruleset");
    CHECK(call.meta("kind") == "rules");
    CHECK(call.meta("source") == "true");
    return Reply::json(R"({"version":"1.0.0","source":)" + found->second + "}");
  }
  Reply form(const ServiceCall& call) {
    const auto& all = published(call, "forms");
    const auto found = all.find(std::string(call.meta("form")));
    if (found == all.end()) return Reply::error(Code::not_found, "unknown_form", "there is no such form");
    return Reply::json(found->second);
  }
  Reply verdict(const ServiceCall& call) {
    CHECK(json::Document::parse(call.text()));
    CHECK_FALSE(call.meta("form").empty());
    return Reply::json(accepts ? R"({"valid":true,"errors":[]})" : R"({"valid":false,"errors":[{}]})");
  }
};

inline const std::string visit =
    R"({"form":"visit","version":"1.2.0","title":{"en":"Visit","zh":"来访"},"unique":[],"schema":{"type":"object",)"
    R"("required":["who"],"properties":{"who":{"type":"string"},"count":{"type":"integer"}}}})";
inline const std::string loan =
    R"({"rules":"loan","title":"Loan","input":{"type":"object","required":["income"],"properties":{"income":{"type":"number"}}},)"
    R"("output":"1","tests":[{"name":"poor","input":{},"error":"invalid_input"},)"
    R"({"name":"hers","input":{"income":1},"user":{"id":"ada"},"output":1},{"name":"good","input":{"income":6000},"output":1}]})";

inline json::View operation(const json::Document& document, std::string_view path) {
  return document.root().find("paths").find(path).find("post");
}
inline json::View body_of(json::View operation) {
  return operation.find("requestBody").find("content").find("application/json");
}

}  // namespace openapi_test
