// rig.hpp: the blob plugin as it is built, on a fake host: storage/1 is the model of all adapters, the files lie in a
// folder of the test's own.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <socle/json.hpp>
#include <socle/testing.hpp>
#include <string>
#include <vector>

#include "support/memory_store.hpp"
#include "support/temp_dir.hpp"

namespace blob_test {

namespace fs = std::filesystem;
namespace json = socle::json;
using namespace socle::testing;
using socle::Code;
using socle::Reply;
using socle::storage::MemoryStore;
using socle::storage::Method;

inline const std::string hello = "hello, world";
inline const std::string hello_sha256 = "09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b";
inline const std::string hello_digest = "sha-256=:Ccp+TqpuiunH0mEWcSkYSINkTQffuny/vEyKLgg2DVs=:";

// A header of a request, by its name in lower case.
inline std::pair<std::string, std::string> header(const std::string& name, const std::string& value) {
  return {"http.header." + name, value};
}
// One of an answer.
inline std::string answered(const Reply& reply, const std::string& name) {
  return std::string(reply.meta("http.header." + name));
}

inline std::string member(const Reply& reply, std::string_view pointer) {
  const auto document = json::Document::parse(reply.text());
  if (!document) return "?";
  const auto found = json::resolve(document->root(), pointer);
  if (!found) return "";
  return found->is_string() ? std::string(found->as_string()) : json::to_text(*found);
}

class Rig {
 public:
  // `settings`: of the plugin, besides the folder, each with a comma in front.
  explicit Rig(FakeHost& on, const std::string& settings = "", Answers answers = Answers::at_once) : host(on) {
    for (const auto& [name, method] : {std::pair{"get", Method::get}, std::pair{"query", Method::query},
                                       std::pair{"write", Method::write}, std::pair{"declare", Method::declare}})
      serve(name, method, answers);
    plugin = std::make_unique<TestedPlugin>(host, BLOB_LIBRARY, R"({"directory":")" + files() + "\"" + settings + "}");
    REQUIRE(plugin->created().ok());
  }

  Ask asking(Texts meta, const std::string& body = "") const {
    Ask ask;
    ask.text = body;
    ask.media = socle::Media::other;
    ask.meta = std::move(meta);
    ask.context.tenant = tenant;
    ask.context.principal = principal;
    return ask;
  }
  Reply ask(std::string_view method, Texts meta = {}, const std::string& body = "") {
    return plugin->ask(method, asking(std::move(meta), body));
  }
  Reply upload(const std::string& body, Texts meta = {header("content-type", "text/plain")}) {
    return ask("upload", std::move(meta), body);
  }
  // The id of a file that was just sent.
  std::string made(const std::string& body = hello) {
    const Reply reply = upload(body);
    INFO(reply.message() << reply.text());
    REQUIRE(reply.http_status() == 201);
    return member(reply, "/id");
  }
  // The first part of one.
  std::string begun(const std::string& body) {
    const Reply reply = upload(body, {header("content-type", "text/plain"), header("upload-complete", "?0")});
    INFO(reply.message() << reply.text());
    REQUIRE(reply.http_status() == 201);
    return member(reply, "/id");
  }
  Ask next(const std::string& id, std::size_t offset, const std::string& body, bool last) const {
    return asking(
        {{"id", id}, header("upload-offset", std::to_string(offset)), header("upload-complete", last ? "?1" : "?0")},
        body);
  }
  Reply go_on(const std::string& id, std::size_t offset, const std::string& body, bool last) {
    return plugin->ask("continue", next(id, offset, body, last));
  }
  Reply download(const std::string& id, Texts meta = {}) {
    meta.insert(meta.begin(), {"id", id});
    return ask("download", std::move(meta));
  }
  Reply about(const std::string& id) { return ask("about", {{"id", id}}); }

  // What a holder of files has to write, as texts with commas between; its batch.
  std::string attached(const std::string& question) {
    const Reply reply = ask("attach", {}, question);
    INFO(reply.message());
    REQUIRE(reply.ok());
    const std::string list = member(reply, "/operations");
    REQUIRE(list.size() >= 2);
    return list.substr(1, list.size() - 2);
  }
  bool commit(const std::string& operations) {
    const auto request = json::Document::parse("{\"operations\":[" + operations + "]}");
    REQUIRE(request);
    return !store.call(tenant, Method::write, request->root()).failed;
  }
  void hold(const std::string& id, const std::string& holder) {
    REQUIRE(commit(attached(R"({"holder":")" + holder + R"(","add":[")" + id + "\"]}")));
  }
  void let_go(const std::string& id, const std::string& holder) {
    REQUIRE(commit(attached(R"({"holder":")" + holder + R"(","drop":[")" + id + "\"]}")));
  }

  // Documents of one of the plugin's collections.
  std::size_t count(const std::string& collection) {
    const auto request = json::Document::parse(R"({"collection":")" + collection + R"(","limit":1000})");
    REQUIRE(request);
    const auto answer = store.call(tenant, Method::query, request->root());
    if (answer.failed) return 0;  // not declared yet
    return json::Document::parse(answer.text)->root().find("items").size();
  }
  [[nodiscard]] std::string files() const { return dir / "files"; }
  // The names of all files that lie in it.
  [[nodiscard]] std::vector<std::string> on_disk() const {
    std::vector<std::string> out;
    if (!fs::exists(files())) return out;
    for (const auto& one : fs::recursive_directory_iterator(files()))
      if (one.is_regular_file()) out.push_back(one.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

  FakeHost& host;
  TempDir dir;
  MemoryStore store;
  std::unique_ptr<TestedPlugin> plugin;
  std::string tenant = "acme", principal = "user:ada";
  // Asked before storage/1 is: an answer in its place.
  std::function<std::optional<Reply>(std::string_view method, const ServiceCall& call)> instead;

 private:
  void serve(const char* name, Method method, Answers answers) {
    host.serve(
        "storage/1", name,
        [this, name, method](const ServiceCall& call) -> Reply {
          if (instead)
            if (auto reply = instead(name, call)) return *std::move(reply);
          const auto request = json::Document::parse(call.text());
          REQUIRE(request);
          const auto answer = store.call(call.context.tenant(), method, request->root());
          if (!answer.failed) return Reply::json(answer.text);
          auto reply =
              Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message, answer.problem.fields);
          if (answer.problem.http_status != 0) reply.with("http.status", std::to_string(answer.problem.http_status));
          return reply;
        },
        answers);
  }
};

}  // namespace blob_test
