// room_test.cpp: who must make room can: what is too large to be read for what memory there is by now is deleted all
// the same.
#include <limits>

#include "rig.hpp"

using namespace forms_test;
using Catch::Contains;

namespace {

// The form `name` with a field `note` that takes the room; `more`: other properties, then other members of the form.
std::string noted_form(const std::string& name, const std::string& more = "", const std::string& rest = "") {
  return R"({"form":")" + name + R"(","schema":{"type":"object","properties":{"note":{"type":"string"},)" +
         R"("kind":{"type":"string"})" + more + "}}" + rest + "}";
}

// A document of 900 KB; `members` end with a comma.
std::string large(const std::string& members = "") {
  return "{" + members + R"("note":")" + std::string(900'000, 'x') + "\"}";
}

// storage/1 answers no more than `most` bytes at a time, as under a smaller plan; auth/1 says what it is told to.
struct RoomRig : public Rig {
  explicit RoomRig(FakeHost& on) : Rig(with_decisions(on)) {
    cap("get", Method::get);
    cap("query", Method::query);
    on.serve("auth/1", "filter", [this](const ServiceCall& call) {
      const auto question = json::Document::parse(call.text()).value();
      filters.push_back(json::to_text(question.root().find("resource")) +
                        json::to_text(question.root().find("action")));
      return Reply::json(reach);
    });
    on.serve("auth/1", "decide", [this](const ServiceCall& call) {
      decisions.emplace_back(call.text());
      return Reply::json(decision);
    });
  }
  void shrink() { most = 10'000; }
  void grow() { most = std::numeric_limits<std::size_t>::max(); }
  Reply on(std::string_view method, const std::string& id, Texts more = {}, const std::string& form = "leave") {
    Texts meta{{"form", form}, {"id", id}};
    meta.insert(meta.end(), more.begin(), more.end());
    return ask(method, "", std::move(meta));
  }
  bool is_there(const std::string& id, const std::string& form = "leave") {
    grow();
    const Reply reply = on("read", id, {}, form);
    shrink();
    if (!reply.ok()) CHECK(reply.code() == Code::not_found);
    return reply.ok();
  }
  // What another client writes meanwhile.
  void touch(const std::string& id) {
    const std::string text = R"({"operations":[{"op":"put","collection":"f:leave","id":")" + id +
                             R"(","doc":{"created_by":"ada","updated_by":"bob","model_version":"1.0.0","doc":{}}}]})";
    REQUIRE_FALSE(store.call(tenant, Method::write, json::Document::parse(text)->root()).failed);
  }

  std::size_t most = std::numeric_limits<std::size_t>::max();
  std::string reach = R"({"effect":"all","unconditional":true})", decision = R"({"effect":"allow"})";
  std::vector<std::string> filters, decisions;

 private:
  // The plugin resolves its methods as it is created; the rig's own auth/1 has no such one.
  static FakeHost& with_decisions(FakeHost& on) {
    on.serve("auth/1", "decide", [](const ServiceCall&) { return Reply(); });
    return on;
  }
  void cap(const char* name, Method method) {
    host.serve("storage/1", name, [this, method](const ServiceCall& call) -> Reply {
      const auto request = json::Document::parse(call.text()).value();
      const auto answer = store.call(call.context.tenant(), method, request.root());
      if (answer.failed) return Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message);
      if (answer.text.size() > most)
        return Reply::error(Code::exhausted, "exhausted", "the memory budget is used up").with_status(429);
      return Reply::json(answer.text);
    });
  }
};

}  // namespace

TEST_CASE("forms room: a record that is too large to be read by now is deleted", "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  rig.publish(noted_form("leave"));
  const auto id = rig.create(large());
  rig.shrink();
  CHECK(rig.on("read", id).http_status() == 429);
  CHECK(rig.on("remove", id).http_status() == 204);
  CHECK_FALSE(rig.is_there(id));
  CHECK(rig.on("remove", id).code() == Code::not_found);
}

TEST_CASE("forms room: If-Match guards the deletion of a record that is not read whole", "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  rig.publish(noted_form("leave"));
  const auto one = rig.create(large()), two = rig.create(large());
  rig.shrink();
  const Reply wrong = rig.on("remove", one, {{"http.header.if-match", "\"7\""}});
  CHECK(wrong.code() == Code::precondition);
  CHECK(wrong.error_code() == "version_mismatch");
  CHECK(rig.is_there(one));
  // Changed between the look and the write.
  rig.before_write = [&] { rig.touch(one); };
  CHECK(rig.on("remove", one, {{"http.header.if-match", "\"1\""}}).code() == Code::precondition);
  CHECK(rig.is_there(one));
  rig.before_write = [&] { rig.touch(one); };
  CHECK(rig.on("remove", one).http_status() == 204);
  CHECK_FALSE(rig.is_there(one));
  CHECK(rig.on("remove", two, {{"http.header.if-match", "\"1\""}}).http_status() == 204);
  CHECK_FALSE(rig.is_there(two));
}

TEST_CASE("forms room: the files of a record that is not read whole are let go, wherever it names them", "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  std::vector<std::string> dropped;
  host.serve("blob/1", "attach", [&](const ServiceCall& call) {
    const auto request = json::Document::parse(call.text()).value();
    dropped.push_back(json::to_text(request.root().find("drop")));
    std::string files;
    for (std::size_t i = 0; i < request.root().find("add").size(); ++i)
      files += std::string(i > 0 ? "," : "") + R"({"type":"image/png","size":1})";
    return Reply::json("{\"files\":[" + files + "],\"operations\":[]}");
  });
  rig.publish(noted_form("leave",
                         R"(,"file":{"type":"string"},"place":{"type":"object","properties":{
      "photo":{"type":"string"},"text":{"type":"string"}}},"lines":{"type":"array","items":{"type":"object",
      "properties":{"paper":{"type":"array","items":{"type":"string"}},"n":{"type":"integer"}}}})",
                         R"(,"logic":{"file":{"attachment":true},"place.photo":{"attachment":true},
      "lines[].paper":{"attachment":true}})"));
  const auto id = rig.create(large(R"("file":"f1","place":{"photo":"f2","text":")" + std::string(20'000, 'y') +
                                   R"("},"lines":[{"n":1},{"paper":["f3","f4"]}],)"));
  rig.shrink();
  dropped.clear();
  CHECK(rig.on("remove", id).http_status() == 204);
  CHECK_FALSE(rig.is_there(id));
  CHECK(dropped == std::vector<std::string>{R"(["f1","f2","f3","f4"])"});
}

TEST_CASE("forms room: a rule of deleting is obeyed, and reads what it names", "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  const auto rule = [](const std::string& text) { return R"(,"access":{"delete":")" + text + "\"}"; };
  rig.publish(noted_form("leave", "", rule("kind == 'spare' && has(old.kind) && record.created_by == user.id")));
  rig.publish(noted_form("whole", "", rule("dyn(record).kind == 'spare'")));
  const std::string spare = R"("kind":"spare",)", kept = R"("kind":"kept",)";
  const auto one = rig.create(large(spare)), two = rig.create(large(kept)), three = rig.create(large());
  const auto read = rig.create(large(spare), "whole");
  rig.shrink();
  rig.principal = "bob";
  CHECK(rig.on("remove", one).http_status() == 403);
  rig.principal = "ada";
  CHECK(rig.on("remove", one).http_status() == 204);
  CHECK_FALSE(rig.is_there(one));
  for (const auto& id : {two, three}) {
    CHECK(rig.on("remove", id).http_status() == 403);
    CHECK(rig.is_there(id));
  }
  // One that takes the record as a whole needs the whole.
  CHECK(rig.on("remove", read, {}, "whole").http_status() == 429);
  rig.grow();
  CHECK(rig.on("remove", read, {}, "whole").http_status() == 204);
}

TEST_CASE("forms room: auth/1 is asked once a deletion, and a policy judges the whole record", "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  rig.publish(noted_form("leave"));
  const auto one = rig.create(large()), two = rig.create(R"({"kind":"spare","note":"ours"})");
  rig.claims = R"({"roles":["clerk"]})";
  rig.shrink();
  const std::vector<std::string> once{R"("forms/leave""delete")"};
  CHECK(rig.on("remove", one).http_status() == 204);
  CHECK(rig.filters == once);
  CHECK(rig.decisions.empty());
  rig.filters.clear();
  rig.reach = R"({"effect":"some","unconditional":false})";
  rig.decision = R"({"effect":"deny"})";
  CHECK(rig.on("remove", two).http_status() == 403);
  CHECK(rig.filters == once);
  REQUIRE(rig.decisions.size() == 1);
  CHECK_THAT(rig.decisions[0], Contains(R"("doc":{"kind":"spare","note":"ours"})"));
  rig.decision = R"({"effect":"allow"})";
  CHECK(rig.on("remove", two).http_status() == 204);
}

TEST_CASE("forms room: a batch deletes what is too large to be read, more than a page of it", "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  rig.publish(noted_form("leave"));
  const auto small = rig.create(R"({"kind":"a"})");
  const std::string patch = R"([{"op":"patch","id":")" + small + R"(","doc":{"kind":"b"}})";
  std::string removals = patch, patches = patch;
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) {  // a page is 8 MiB
    ids.push_back(rig.create(large()));
    removals += R"(,{"op":"delete","id":")" + ids.back() + "\"}";
    patches += R"(,{"op":"patch","id":")" + ids.back() + R"(","doc":{"note":null}})";
  }
  const Reply refused = rig.ask("batch", patches + "]");
  CHECK(refused.code() == Code::too_large);
  CHECK(refused.error_code() == "batch_too_large");
  CHECK(refused.message() == "the records that the batch changes are more than 16 MiB together: send fewer at a time");
  rig.claims = R"({"roles":["clerk"]})";
  rig.shrink();
  const auto wrong = removals + R"(,{"op":"delete","id":"0199e0f1-8c6e-7abc-8def-000000000001"}])";
  CHECK(member(rig.ask("batch", wrong), "/0/pointer") == "/21/id");
  rig.filters.clear();
  const Reply done = rig.ask("batch", removals + "]");
  INFO(done.message() << done.text());
  CHECK(done.ok());
  CHECK(std::count(rig.filters.begin(), rig.filters.end(), R"("forms/leave""delete")") == 1);
  for (const auto& id : ids) CHECK_FALSE(rig.is_there(id));
  CHECK(member(rig.on("read", small), "/doc/kind") == "b");
}

TEST_CASE("forms room: a draft that is too large to be read is deleted or replaced, and is none of another's",
          "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  rig.publish(noted_form("leave"));
  const Reply first = rig.ask("create_draft", large()), second = rig.ask("create_draft", large());
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  const auto one = member(first, "/id"), two = member(second, "/id");
  rig.shrink();
  CHECK(rig.on("draft", one).http_status() == 429);
  CHECK(rig.ask("create_draft", "{}").http_status() == 201);
  rig.principal = "bob";
  CHECK(rig.on("remove_draft", one).code() == Code::not_found);
  rig.principal = "ada";
  CHECK(rig.ask("replace_draft", "{}", {{"form", "leave"}, {"id", two}}).ok());
  CHECK(member(rig.on("draft", two), "/doc") == "{}");
  CHECK(rig.on("remove_draft", one).http_status() == 204);
  CHECK(rig.on("draft", one).code() == Code::not_found);
}

TEST_CASE("forms room: what goes along is not read whole either, unless a policy judges it", "[forms]") {
  FakeHost host;
  RoomRig rig(host);
  rig.publish(noted_form("leave"));
  rig.publish(noted_form("sheet", R"(,"of":{"type":"string"})",
                         R"(,"logic":{"of":{"reference":"leave","on_delete":"cascade"}})"));
  const auto named = [&](const std::string& id) { return rig.create(large(R"("of":")" + id + "\","), "sheet"); };
  const auto bare = rig.create("{}"), one = rig.create("{}"), two = rig.create("{}");
  const auto first = named(one), second = named(two);
  rig.claims = R"({"roles":["clerk"]})";
  rig.shrink();
  rig.filters.clear();
  CHECK(rig.on("remove", bare).http_status() == 204);
  CHECK(rig.filters == std::vector<std::string>{R"("forms/leave""delete")"});
  rig.filters.clear();
  CHECK(rig.on("remove", one).http_status() == 204);
  CHECK(rig.filters == std::vector<std::string>{R"("forms/leave""delete")", R"("forms/sheet""delete")"});
  CHECK(rig.decisions.empty());
  rig.claims.clear();
  CHECK_FALSE(rig.is_there(first, "sheet"));
  rig.claims = R"({"roles":["clerk"]})";
  rig.reach = R"({"effect":"some","unconditional":false})";
  CHECK(rig.on("remove", two).http_status() == 429);
  rig.grow();
  rig.decisions.clear();
  CHECK(rig.on("remove", two).http_status() == 204);
  REQUIRE(rig.decisions.size() == 2);
  CHECK_THAT(rig.decisions[1], Contains(R"("note":"xxx)"));
  rig.claims.clear();
  CHECK_FALSE(rig.is_there(second, "sheet"));
}
