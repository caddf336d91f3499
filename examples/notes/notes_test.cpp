// notes_test.cpp: notes as it is built, on a fake host; storage/1 is played by the model that all adapters are compared
// with, so what holds here holds on every store.
#include <catch2/catch.hpp>
#include <socle/json.hpp>
#include <socle/testing.hpp>

#include "support/memory_store.hpp"

namespace json = socle::json;
using namespace socle::testing;
using socle::Reply;
using socle::storage::Method;

namespace {

class NotesOnModel {
 public:
  NotesOnModel() : own_(std::make_unique<FakeHost>()), host(*own_) { load(); }
  NotesOnModel(FakeHost& given, Answers answers) : host(given), answers_(answers) { load(); }
  void load() {
    serve("get", Method::get);
    serve("query", Method::query);
    serve("write", Method::write);
    serve("changes", Method::changes);
    serve("declare", Method::declare);
    plugin_ = std::make_unique<TestedPlugin>(host, NOTES_LIBRARY);
    REQUIRE(plugin_->created().ok());
  }
  Reply ask(std::string_view method, const std::string& body = "", Texts meta = {}, const std::string& tenant = "acme",
            const std::string& key = "") {
    Ask ask;
    ask.text = body;
    ask.meta = std::move(meta);
    ask.context.tenant = tenant;
    ask.context.idempotency_key = key;
    return plugin_->ask(method, ask);
  }
  std::string create(const std::string& body) {
    const Reply reply = ask("create", body);
    INFO(reply.message());
    REQUIRE(reply.ok());
    return std::string(json::Document::parse(reply.text())->root().find("id").as_string());
  }
  // A generation more, on the same model.
  [[nodiscard]] std::unique_ptr<TestedPlugin> next() const {
    return std::make_unique<TestedPlugin>(host, NOTES_LIBRARY);
  }
  TestedPlugin& plugin() { return *plugin_; }

 private:
  std::unique_ptr<FakeHost> own_;

 public:
  FakeHost& host;

 private:
  void serve(const char* name, Method method) {
    host.serve(
        "storage/1", name,
        [this, method](const ServiceCall& call) -> Reply {
          auto request = json::Document::parse(call.text());
          REQUIRE(request);
          auto answer = store_.call(call.context.tenant(), method, request->root(), call.context.idempotency_key());
          if (answer.failed)
            return Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message,
                                answer.problem.fields);
          Reply reply = Reply::json(answer.text);
          for (const auto& [key, value] : answer.meta)
            if (key == "version") reply.with("etag", "\"" + value + "\"");
          return reply;
        },
        answers_);
  }
  Answers answers_ = Answers::at_once;
  socle::storage::MemoryStore store_;
  std::unique_ptr<TestedPlugin> plugin_;
};

std::string titles(const Reply& list) {
  std::string out;
  auto parsed = json::Document::parse(list.text());
  for (const auto item : parsed->root().find("items").elements())
    out.append(item.find("doc").find("title").as_string());
  return out;
}

}  // namespace

TEST_CASE("notes: a created note has its place and its version", "[notes]") {
  NotesOnModel notes;
  const Reply created = notes.ask("create", R"({"title":"Milk"})");
  REQUIRE(created.ok());
  CHECK(created.http_status() == 201);
  CHECK(created.meta("etag") == "\"1\"");
  const std::string location(created.meta("location"));
  REQUIRE(location.starts_with("/v1/notes/"));
  const Reply read = notes.ask("read", "", {{"id", location.substr(10)}});
  REQUIRE(read.ok());
  CHECK(read.meta("etag") == "\"1\"");
  CHECK(json::equal(json::Document::parse(read.text())->root(), json::Document::parse(created.text())->root()));
}

TEST_CASE("notes: what is wrong with a note is said field by field", "[notes]") {
  NotesOnModel notes;
  const Reply reply = notes.ask("create", R"({"title":7,"done":"no","colour":"red"})");
  CHECK(reply.http_status() == 422);
  CHECK(reply.error_code() == "invalid_note");
  auto fields = json::Document::parse(reply.text());
  REQUIRE(fields->root().size() == 3);
  CHECK(fields->root().at(0).find("pointer").as_string() == "/title");
  CHECK(fields->root().at(2).find("message").as_string() == "a note has title, text and done");
  CHECK(notes.ask("create", "{}").text().find("a note needs a title") != std::string_view::npos);
  CHECK(notes.ask("create", "{").error_code() == "bad_json");
}

TEST_CASE("notes: a list is newest first, filtered and in pages", "[notes]") {
  NotesOnModel notes;
  notes.create(R"({"title":"a","done":true})");
  notes.create(R"({"title":"b","done":false})");
  notes.create(R"({"title":"ab","done":true})");
  CHECK(titles(notes.ask("list")) == "abba");
  CHECK(titles(notes.ask("list", "", {{"done", "true"}})) == "aba");
  CHECK(titles(notes.ask("list", "", {{"title", "a"}, {"done", "true"}})) == "aba");
  const Reply first = notes.ask("list", "", {{"limit", "2"}});
  const std::string cursor(json::Document::parse(first.text())->root().find("next").as_string());
  CHECK(titles(notes.ask("list", "", {{"limit", "2"}, {"cursor", cursor}})) == "a");
  CHECK(notes.ask("list", "", {{"cursor", "!"}}).error_code() == "bad_cursor");
}

TEST_CASE("notes: If-Match guards replace, change and remove", "[notes]") {
  NotesOnModel notes;
  const std::string id = notes.create(R"({"title":"a"})");
  const Reply replaced = notes.ask("replace", R"({"title":"b"})", {{"id", id}, {"http.header.if-match", "\"1\""}});
  CHECK(replaced.meta("etag") == "\"2\"");
  for (const char* method : {"replace", "change", "remove"}) {
    const Reply stale = notes.ask(method, R"({"title":"c"})", {{"id", id}, {"http.header.if-match", "\"1\""}});
    CHECK(stale.code() == socle::Code::precondition);
  }
  CHECK(notes.ask("remove", "", {{"id", id}, {"http.header.if-match", "\"x\""}}).code() == socle::Code::precondition);
  CHECK(notes.ask("remove", "", {{"id", id}, {"http.header.if-match", "\"2\""}}).http_status() == 204);
  CHECK(notes.ask("remove", "", {{"id", id}}).code() == socle::Code::not_found);
  CHECK(notes.ask("replace", R"({"title":"c"})", {{"id", id}}).code() == socle::Code::not_found);
}

TEST_CASE("notes: a merge patch changes what it names and is checked like a whole note", "[notes]") {
  NotesOnModel notes;
  const std::string id = notes.create(R"({"title":"a","text":"t"})");
  const Reply changed = notes.ask("change", R"({"text":null,"done":true})", {{"id", id}});
  REQUIRE(changed.ok());
  CHECK(changed.text().find(R"("doc":{"title":"a","done":true})") != std::string_view::npos);
  CHECK(notes.ask("change", R"({"title":null})", {{"id", id}}).error_code() == "invalid_note");
}

TEST_CASE("notes: a repeated creation under one idempotency key makes one note", "[notes]") {
  NotesOnModel notes;
  const Reply first = notes.ask("create", R"({"title":"a"})", {}, "acme", "key-1");
  const Reply again = notes.ask("create", R"({"title":"a"})", {}, "acme", "key-1");
  CHECK(first.meta("location") == again.meta("location"));
  CHECK(titles(notes.ask("list")) == "a");
  CHECK(notes.ask("create", R"({"title":"b"})", {}, "acme", "key-1").error_code() == "idempotency_key_reused");
}

TEST_CASE("notes: tenants have notes of their own", "[notes]") {
  NotesOnModel notes;
  const std::string id = notes.create(R"({"title":"a"})");
  CHECK(notes.ask("read", "", {{"id", id}}, "other").code() == socle::Code::not_found);
  CHECK(titles(notes.ask("list", "", {}, "other")).empty());
}

TEST_CASE("notes: the event stream tells changes and goes on where it stood", "[notes]") {
  NotesOnModel notes;
  const std::string id = notes.create(R"({"title":"a"})");
  const Reply first = notes.ask("events");
  CHECK(first.meta("content-type") == "text/event-stream");
  CHECK(first.text() == ": nothing new\n\n");
  CHECK(first.stream_next() == "notes/1.events");
  notes.ask("change", R"({"done":true})", {{"id", id}});
  const Reply second = notes.ask("events", "", {{"stream.cursor", std::string(first.stream_cursor())}});
  CHECK(second.text().find("event: put\ndata: {\"id\":\"" + id + "\",\"version\":2}\n\n") != std::string_view::npos);
  const Reply resumed = notes.ask("events", "", {{"http.header.last-event-id", std::string(first.stream_cursor())}});
  CHECK(resumed.text() == second.text());
}

TEST_CASE("notes: a lagging event stream is reset and closed", "[notes]") {
  NotesOnModel notes;
  notes.host.script("storage/1", "changes", {Reply::error(socle::Code::precondition, "position_expired", "too old")});
  const Reply reply = notes.ask("events", "", {{"http.header.last-event-id", "old"}});
  CHECK(reply.text() == "event: reset\ndata: {}\n\n");
  CHECK(reply.stream_next().empty());
}

TEST_CASE("notes: a failing store's answer is passed on", "[notes]") {
  NotesOnModel notes;
  notes.host.script("storage/1", "write", {Reply::error(socle::Code::storage_full, "storage_full", "free some space")});
  const Reply reply = notes.ask("create", R"({"title":"a"})");
  CHECK(reply.code() == socle::Code::storage_full);
  CHECK(reply.message() == "free some space");
}

namespace {

struct Step {
  const char* method;
  const char* body;
};
// Every method; {id} is the first note's.
constexpr Step steps[] = {
    {"create", R"({"title":"Tea"})"}, {"read", ""},   {"list", ""},  {"replace", R"({"title":"Rum"})"},
    {"change", R"({"done":true})"},   {"events", ""}, {"remove", ""}};

bool fine(const Reply& hook) { return hook.ok() || hook.code() == socle::Code::unsupported; }

Ask question(const Step& step, const std::string& id) {
  Ask ask;
  ask.text = step.body;
  ask.meta = {{"id", id}};
  return ask;
}

}  // namespace

TEST_CASE("notes: a request that is cancelled at any of its await points ends, and the next one succeeds", "[notes]") {
  for (const Step& step : steps) {
    INFO(step.method);
    unsigned cancelled = 0;
    const unsigned points = for_each_await_point([&](FakeHost& host, unsigned n) {
      host.cancel_await_point(0);
      NotesOnModel notes(host, Answers::later);
      const std::string id = notes.create(R"({"title":"first"})");
      host.cancel_await_point(n);
      const Asked asked = notes.plugin().begin(step.method, question(step, id));
      host.run_until_idle();
      REQUIRE(asked.done());
      cancelled += asked.reply().ok() ? 0 : 1;
      if (!asked.reply().ok()) CHECK(asked.reply().code() == socle::Code::cancelled);
      CHECK((notes.ask("list").ok() || notes.ask("list").ok()));  // the first may meet the cancelled operation
    });
    CHECK(points >= 1);
    CHECK(cancelled >= 1);
  }
}

TEST_CASE("notes: a swap between any two steps of a request loses nothing of it", "[notes]") {
  for (const Step& step : steps) {
    INFO(step.method);
    bool done_before = false;
    int swaps = 0;
    for (int before = 0; !done_before && before < 100; ++before) {
      FakeHost host;
      NotesOnModel notes(host, Answers::later);
      const std::string id = notes.create(R"({"title":"first"})");
      const Asked asked = notes.plugin().begin(step.method, question(step, id));
      for (int i = 0; i < before; ++i) host.step();
      done_before = asked.done();
      const auto next = notes.next();
      REQUIRE(next->created().ok());
      CHECK(fine(notes.plugin().drain()));
      host.run_until_idle();
      REQUIRE(asked.done());
      INFO(asked.reply().message());
      CHECK(asked.reply().ok());
      CHECK(fine(notes.plugin().stop()));
      CHECK(next->ask("list").ok());
      ++swaps;
    }
    CHECK(done_before);
    CHECK(swaps > 1);
  }
}
