// rig.hpp: the forms plugin as it is built, on a fake host: storage/1 is the model of all adapters, models/1 a map of
// published sources whose collections are declared as the registry declares them, rules/1 a lambda.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <socle/json.hpp>
#include <socle/testing.hpp>

#include "support/memory_store.hpp"

namespace forms_test {

namespace json = socle::json;
using namespace socle::testing;
using socle::Code;
using socle::Reply;
using socle::storage::MemoryStore;
using socle::storage::Method;

struct Version {
  std::string version, hash, source;
};

class Rig {
 public:
  explicit Rig(FakeHost& on, Answers answers = Answers::at_once) : host(on), answers_(answers) {
    for (const auto& [name, method] : {std::pair{"get", Method::get}, std::pair{"query", Method::query},
                                       std::pair{"write", Method::write}, std::pair{"declare", Method::declare}})
      serve(name, method);
    host.serve(
        "models/1", "resolve", [this](const ServiceCall& call) { return resolve(call); }, answers);
    host.serve(
        "models/1", "report",
        [this](const ServiceCall& call) {
          reports.emplace_back(call.meta("outcome"));
          return Reply();
        },
        answers);
    host.serve(
        "auth/1", "filter", [](const ServiceCall&) { return Reply::json(R"({"effect":"all","unconditional":true})"); },
        answers);
    host.serve(
        "rules/1", "evaluate",
        [this](const ServiceCall& call) -> Reply {
          ruleset = std::string(call.meta("ruleset"));
          ruled = std::string(call.text());
          return rules_answer ? *rules_answer : Reply::json(R"({"output":{"grade":"A"},"version":"1.0.0"})");
        },
        answers);
    plugin = std::make_unique<TestedPlugin>(host, FORMS_LIBRARY, R"({"cache":67108864,"fuel":2000000})");
    REQUIRE(plugin->created().ok());
  }

  // As the registry does: compile, declare, serve.
  void publish(const std::string& source, const std::string& version = "1.0.0") {
    const auto compiled = plugin->ask("compile", {.text = "{\"source\":" + source + "}"});
    REQUIRE(compiled.ok());
    const auto answer = json::Document::parse(compiled.text()).value();
    INFO(compiled.text());
    REQUIRE(answer.root().find("diagnostics").empty());
    for (const auto one : answer.root().find("collections").elements())
      REQUIRE_FALSE(store.call(tenant, Method::declare, one).failed);
    const auto name = std::string(json::Document::parse(source)->root().find("form").as_string());
    published[name].push_back({version, name + version, source});
  }

  Reply ask(std::string_view method, const std::string& text = "", Texts meta = {}) {
    if (meta.empty() || meta[0].first != "form") meta.insert(meta.begin(), {"form", "leave"});
    Ask ask;
    ask.text = text;
    ask.meta = std::move(meta);
    ask.context.tenant = tenant;
    ask.context.principal = principal;
    ask.context.claims = claims;
    ask.context.idempotency_key = key;
    return plugin->ask(method, ask);
  }
  // The id of a record that was just created.
  std::string create(const std::string& doc, const std::string& form = "leave") {
    const auto reply = ask("create", doc, {{"form", form}});
    INFO(reply.message() << reply.text());
    REQUIRE(reply.ok());
    return std::string(json::Document::parse(reply.text())->root().find("id").as_string());
  }

  FakeHost& host;
  MemoryStore store;
  std::unique_ptr<TestedPlugin> plugin;
  std::map<std::string, std::vector<Version>> published;
  std::string tenant = "acme", principal = "ada", claims, key;
  std::string ruleset, ruled;
  std::optional<Reply> rules_answer;
  unsigned resolved = 0, fetched = 0;
  bool canary = false;
  std::vector<std::string> reports;
  // Called before each write is looked at, once.
  std::function<void()> before_write;
  std::optional<Reply> write_refusal;  // of the next write, in place of the model's answer
  std::optional<Reply> after_write;    // of every write, in place of its answer; what it wrote is there
  unsigned reads = 0, writes = 0;      // that storage/1 was asked

 private:
  Reply resolve(const ServiceCall& call) {
    ++resolved;
    const auto found = published.find(std::string(call.meta("name")));
    if (found == published.end() || call.context.tenant() != tenant)
      return Reply::error(Code::not_found, "unknown_model", "there is no such model");
    for (auto one = found->second.rbegin(); one != found->second.rend(); ++one) {
      if (!call.meta("version").empty() && one->version != call.meta("version")) continue;
      const bool source = call.meta("source") == "true";
      fetched += source ? 1 : 0;
      return Reply::json("{\"version\":\"" + one->version + "\",\"hash\":\"" + one->hash + "\"" +
                         (source ? ",\"source\":" + one->source : std::string()) + "}")
          .with("version", one->version)
          .with("hash", one->hash)
          .with("canary", canary ? "true" : "");
    }
    return Reply::error(Code::not_found, "unknown_version", "there is no such version");
  }
  void serve(const char* name, Method method) {
    host.serve(
        "storage/1", name,
        [this, method](const ServiceCall& call) -> Reply {
          reads += method == Method::get || method == Method::query ? 1 : 0;
          writes += method == Method::write ? 1 : 0;
          if (method == Method::write && before_write) std::exchange(before_write, nullptr)();
          if (method == Method::write && write_refusal) return *std::exchange(write_refusal, std::nullopt);
          auto request = json::Document::parse(call.text());
          REQUIRE(request);
          auto answer = store.call(call.context.tenant(), method, request->root(), call.idempotency_key);
          if (method == Method::write && after_write) return *after_write;
          if (answer.failed) {
            auto reply =
                Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message, answer.problem.fields);
            if (answer.problem.http_status != 0) reply.with("http.status", std::to_string(answer.problem.http_status));
            return reply;
          }
          Reply reply = Reply::json(answer.text);
          for (const auto& [field, value] : answer.meta) reply.with(field, value);
          return reply;
        },
        answers_);
  }
  Answers answers_;
};

inline const std::string leave = R"~({"form":"leave","title":{"en":"Leave request","zh":"请假申请"},
  "schema":{"type":"object","required":["kind","from","to"],"properties":{
    "kind":{"enum":["annual","sick","unpaid"]},"from":{"type":"string","format":"date"},"to":{"type":"string","format":"date"},
    "days":{"type":"integer","minimum":1},"certificate":{"type":"string"},"note":{"type":"string"}},"additionalProperties":false},
  "logic":{"days":{"compute":"duration_days(from, to)"},
    "certificate":{"visible":"kind == 'sick'","required":"kind == 'sick' && days > 3","clear_on_hide":true}},
  "checks":[{"id":"order","when":"to < from","message":{"en":"Ends before it starts","zh":"结束早于开始"},"at":"/to"}],
  "index":["kind",{"field":"from","order":"ordered"}],"unique":[["kind","from"]],
  "access":{"create":"true","read":"record.created_by == user.id || 'hr' in user.roles"}})~";

inline std::string member(const Reply& reply, std::string_view pointer) {
  const auto document = json::Document::parse(reply.text());
  if (!document) return "?";
  const auto found = json::resolve(document->root(), pointer);
  if (!found) return "";
  return found->is_string() ? std::string(found->as_string()) : json::to_text(*found);
}
inline std::string january(int from, int to, const std::string& kind = "annual") {
  const auto day = [](int n) { return std::string(n < 10 ? "2026-01-0" : "2026-01-") + std::to_string(n); };
  return R"({"kind":")" + kind + R"(","from":")" + day(from) + R"(","to":")" + day(to) + R"("})";
}

}  // namespace forms_test
