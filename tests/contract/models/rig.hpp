// rig.hpp: the models plugin as it is built, on a fake host: storage/1 is the model all adapters are compared with, the
// kind is a lambda that takes a model's `input` as the schema and its steps as instructions, and the compile channel is
// delivered by hand.
#pragma once

#include <catch2/catch.hpp>
#include <socle/json.hpp>
#include <socle/testing.hpp>

#include "support/memory_store.hpp"

namespace models_test {

namespace json = socle::json;
using namespace socle::testing;
using socle::Reply;
using socle::storage::MemoryStore;
using socle::storage::Method;

inline constexpr const char* config = R"({"cache":33554432,"canary_calls":20,"canary_interval":100000000})";

inline std::string kind_answer(json::View question) {
  const json::View source = question.find("source");
  std::string text;
  json::Writer out(text);
  out.begin_object().key("diagnostics").begin_array();
  json::View collections;
  std::uint64_t failing = 0;
  for (const json::View step : source.find("steps").elements()) {
    if (const json::View d = step.find("diagnose"); d.exists()) out.value(d);
    if (step.find("collections").exists()) collections = step.find("collections");
    if (question.find("mode").as_string() == "full") failing += step.find("fail_tests").as_uint64().value_or(0);
  }
  out.end_array();
  if (source.find("input").exists()) out.member("schema", source.find("input"));
  if (collections.exists()) out.member("collections", collections);
  out.key("tests").begin_object().member("failed", failing).end_object().end_object();
  return text;
}

class Rig {
 public:
  explicit Rig(FakeHost& on, Answers answers = Answers::at_once) : host(on) {
    for (const auto& [name, method] :
         {std::pair{"get", Method::get}, std::pair{"query", Method::query}, std::pair{"write", Method::write},
          std::pair{"declare", Method::declare}, std::pair{"describe", Method::describe}})
      serve(name, method, answers);
    host.serve("models/1", "install", [](const ServiceCall&) { return Reply(); });
    host.serve(
        "rules/1", "compile",
        [](const ServiceCall& call) { return Reply::json(kind_answer(json::Document::parse(call.text())->root())); },
        answers);
    host.serve(
        "auth/1", "compile",
        [](const ServiceCall& call) { return Reply::json(kind_answer(json::Document::parse(call.text())->root())); },
        answers);
    host.serve("auth/1", "authorize", [this](const ServiceCall& call) {
      asked_for = call.text();
      return Reply::json(gives_roles ? R"({"allowed":true})" : R"({"allowed":false})");
    });
    plugin = std::make_unique<TestedPlugin>(host, MODELS_LIBRARY, config);
    REQUIRE(plugin->created().ok());
  }

  // A call, with the compile channel delivered until it is answered.
  Reply ask(std::string_view method, const std::string& text = "", Texts meta = {}, std::uint32_t worker = 0) {
    return finish(begin(method, text, std::move(meta), worker), worker);
  }
  Asked begin(std::string_view method, const std::string& text = "", Texts meta = {}, std::uint32_t worker = 0) {
    Ask ask;
    ask.text = text;
    ask.meta = std::move(meta);
    if (method == "save") ask.media = socle::Media::text;  // YAML, unless a content type says otherwise
    ask.context.tenant = tenant;
    ask.context.principal = principal;
    ask.context.claims = claims;
    return plugin->begin(method, ask, worker);
  }
  Reply finish(const Asked& asked, std::uint32_t worker = 0) {
    for (int i = 0; i < 100 && !asked.done(); ++i) {
      host.run_until_idle();
      deliver(worker);
      if (!asked.done()) host.advance(std::chrono::milliseconds(1));
    }
    host.run_until_idle();
    if (!asked.done()) return Reply::error(socle::Code::internal, "still_pending", "the call is not answered");
    return asked.reply();
  }
  void deliver(std::uint32_t worker = 0) {
    while (delivered_ < host.publications().size()) {
      const Publication message = host.publications()[delivered_++];
      if (message.channel != "models.compile.requested") continue;
      Ask ask;
      ask.text = message.text;
      ask.context.tenant = message.tenant;
      const Asked job = plugin->begin("compile_requested", ask, worker);
      host.run_until_idle();
      jobs_.push_back(job);
    }
  }
  Texts model(Texts more = {}, const std::string& name = "loan") const {
    Texts meta{{"kind", "rules"}, {"name", name}};
    meta.insert(meta.end(), more.begin(), more.end());
    return meta;
  }
  // Draft and publish in one; the publish's answer.
  Reply release(const std::string& text, const std::string& order = "", const std::string& name = "loan") {
    const Reply saved = ask("save", text, model({{"http.header.content-type", "application/yaml"}}, name));
    if (!saved) return saved;
    return ask("publish", order, model({}, name));
  }
  // "1.0.0" or the error's code.
  std::string served(Texts more = {}, const std::string& name = "loan", std::uint32_t worker = 0) {
    const Reply reply = ask("resolve", "", model(std::move(more), name), worker);
    return std::string(reply ? reply.meta("version") : reply.error_code());
  }

  FakeHost& host;
  MemoryStore store;
  std::unique_ptr<TestedPlugin> plugin;
  std::string tenant = "acme", principal = "user:ada", claims;
  unsigned reads = 0, writes = 0;
  bool gives_roles = false;  // the caller has what auth/1.authorize is asked for
  std::string asked_for;

 private:
  void serve(const char* name, Method method, Answers answers) {
    host.serve(
        "storage/1", name,
        [this, method](const ServiceCall& call) -> Reply {
          reads += method == Method::get ? 1 : 0;
          writes += method == Method::write ? 1 : 0;
          auto request = json::Document::parse(call.text());
          REQUIRE(request);
          auto answer = store.call(call.context.tenant(), method, request->root());
          if (answer.failed)
            return Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message,
                                answer.problem.fields);
          return Reply::json(answer.text);
        },
        answers);
  }
  std::size_t delivered_ = 0;
  std::vector<Asked> jobs_;
};

inline std::string loan(const std::string& value, const std::string& more = "") {
  return "rules: loan\ninput: {type: object, properties: {a: {type: integer}}, additionalProperties: false}\noutput: " +
         value + "\n" + more;
}
inline std::string member(const Reply& reply, std::string_view name) {
  const auto parsed = json::Document::parse(reply.text());
  if (!parsed) return "(no JSON)";
  const json::View value = parsed->root().find(name);
  return value.is_string() ? std::string(value.as_string()) : json::to_text(value);
}

}  // namespace models_test
