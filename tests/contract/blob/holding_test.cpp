// holding_test.cpp: what owners of records rely on: a file that a record holds stays, one that it names is there when
// its batch is written, and the last that lets go leaves it to be removed.
#include "rig.hpp"

using namespace blob_test;

namespace {

std::string question(const std::string& verb, const std::string& id) {
  return R"({"holder":"forms/claim/1",")" + verb + R"(":[")" + id + "\"]}";
}

}  // namespace

TEST_CASE("blob holding: a file that is held cannot be removed until it is let go", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  rig.hold(id, "forms/claim/1");
  rig.hold(id, "forms/claim/2");
  const Reply refused = rig.ask("remove", {{"id", id}});
  CHECK(refused.http_status() == 409);
  CHECK(refused.error_code() == "file_in_use");
  rig.let_go(id, "forms/claim/1");
  CHECK(rig.ask("remove", {{"id", id}}).error_code() == "file_in_use");
  rig.let_go(id, "forms/claim/2");
  CHECK(rig.ask("remove", {{"id", id}}).http_status() == 204);
  CHECK(rig.download(id).code() == Code::not_found);
  CHECK(rig.on_disk().empty());
  for (const char* collection : {"blob:files", "blob:refs", "blob:loose"}) CHECK(rig.count(collection) == 0);
}

TEST_CASE("blob holding: what cannot be held is told in its place of the list", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string whole = rig.made(), partial = rig.begun("hel");
  const Reply reply = rig.ask("attach", {},
                              R"({"holder":"forms/claim/1","add":[")" + partial + R"(",")" + whole +
                                  R"(","nonsense",")" + std::string(32, '0') + R"(",5]})");
  REQUIRE(reply.ok());
  CHECK(member(reply, "/files/0") == "null");
  CHECK(member(reply, "/files/1/id") == whole);
  CHECK(member(reply, "/files/1/type") == "text/plain");
  CHECK(member(reply, "/files/1/size") == "12");
  for (const char* place : {"/files/2", "/files/3", "/files/4"}) CHECK(member(reply, place) == "null");
  CHECK(member(reply, "/files/5").empty());
}

TEST_CASE("blob holding: a batch that names a file which is gone by then is refused as a whole", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  const std::string operations = rig.attached(question("add", id));
  REQUIRE(rig.ask("remove", {{"id", id}}).http_status() == 204);
  CHECK_FALSE(rig.commit(operations));
  CHECK(rig.count("blob:refs") == 0);
}

TEST_CASE("blob holding: who begins to hold a file while it is removed keeps it", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  const std::string operations = rig.attached(question("add", id));
  bool done = false;
  rig.instead = [&](std::string_view method, const ServiceCall&) -> std::optional<Reply> {
    // Just before the removal's own batch.
    if (method == "write" && !std::exchange(done, true)) REQUIRE(rig.commit(operations));
    return std::nullopt;
  };
  const Reply reply = rig.ask("remove", {{"id", id}});
  CHECK(done);
  CHECK(reply.http_status() == 409);
  CHECK(reply.error_code() == "upload_conflict");
  CHECK(rig.download(id).text() == hello);
  CHECK(rig.ask("remove", {{"id", id}}).error_code() == "file_in_use");
}

TEST_CASE("blob holding: the same batch twice does no harm", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  const std::string add = rig.attached(question("add", id)), drop = rig.attached(question("drop", id));
  CHECK(rig.commit(add));
  CHECK(rig.commit(add));
  CHECK(rig.count("blob:refs") == 1);
  CHECK(rig.commit(drop));
  CHECK(rig.commit(drop));
  CHECK(rig.count("blob:refs") == 0);
  CHECK(rig.ask("remove", {{"id", id}}).http_status() == 204);
}

TEST_CASE("blob holding: who holds is named, and a change without files is none", "[blob]") {
  FakeHost host;
  Rig rig(host);
  for (const std::string& bad :
       {std::string("no"), std::string("{}"), std::string("[]"), R"({"holder":")" + std::string(201, 'x') + "\"}"})
    CHECK(rig.ask("attach", {}, bad).error_code() == "bad_request");
  CHECK(rig.ask("attach", {}, R"({"holder":"forms/claim/1"})").text() == R"({"files":[],"operations":[]})");
  CHECK(rig.attached(R"({"holder":"forms/claim/1","drop":["nonsense"]})").empty());
}
