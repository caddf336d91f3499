// parts_test.cpp: a file that comes in several requests: nobody sees it before it is whole, and only who began it may
// go on, from where it is.
#include "rig.hpp"

using namespace blob_test;

TEST_CASE("blob parts: a file is not there for anybody until its last part is", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.begun("hello");
  CHECK(rig.download(id).code() == Code::not_found);
  CHECK(member(rig.about(id), "/state") == "partial");
  const Reply progress = rig.go_on(id, 5, ", w", false);
  CHECK(progress.http_status() == 204);
  CHECK(answered(progress, "upload-offset") == "8");
  CHECK(rig.download(id).code() == Code::not_found);
  const Reply whole = rig.go_on(id, 8, "orld", true);
  REQUIRE(whole.ok());
  CHECK(member(whole, "/sha256") == hello_sha256);
  CHECK(answered(whole, "upload-complete") == "?1");
  CHECK(rig.download(id).text() == hello);
  CHECK(rig.on_disk() == std::vector<std::string>{id});
  CHECK(host.level("acme", "files.bytes") == 12);
  const Reply more = rig.go_on(id, 12, "!", true);
  CHECK(more.http_status() == 409);
  CHECK(more.error_code() == "upload_complete");
}

TEST_CASE("blob parts: only who began it goes on, and sees how far it is", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.begun("hello");
  const Reply head = rig.download(id, {{"http.method", "HEAD"}});
  CHECK(head.http_status() == 204);
  CHECK(answered(head, "upload-offset") == "5");
  CHECK(answered(head, "upload-complete") == "?0");
  rig.principal = "user:eve";
  CHECK(rig.go_on(id, 5, "!", true).code() == Code::not_found);
  CHECK(rig.about(id).code() == Code::not_found);
  CHECK(rig.download(id, {{"http.method", "HEAD"}}).code() == Code::not_found);
}

TEST_CASE("blob parts: a part goes behind what is there, or is told where that is", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.begun("hello");
  for (const std::size_t offset : {0, 4, 6}) {
    const Reply wrong = rig.go_on(id, offset, "junk", true);
    CHECK(wrong.http_status() == 409);
    CHECK(wrong.error_code() == "upload_offset");
    CHECK(answered(wrong, "upload-offset") == "5");
  }
  for (const char* said : {"", "x", "-1", "5x"}) {
    const Reply wrong = rig.ask("continue", {{"id", id}, header("upload-offset", said)}, "junk");
    CHECK(wrong.http_status() == 400);
    CHECK(wrong.error_code() == "bad_upload_offset");
  }
  CHECK(rig.go_on(std::string(32, '0'), 5, "x", true).code() == Code::not_found);
  CHECK(rig.go_on("../x", 5, "x", true).code() == Code::not_found);
  REQUIRE(rig.go_on(id, 5, ", world", true).ok());
  CHECK(rig.download(id).text() == hello);
}

TEST_CASE("blob parts: all parts together are no larger than a file may be", "[blob]") {
  FakeHost host;
  Rig rig(host, R"(,"max_size":8)");
  const std::string id = rig.begun("hello");
  CHECK(rig.go_on(id, 5, "1234", true).error_code() == "file_too_large");
  REQUIRE(rig.go_on(id, 5, "123", true).ok());
  CHECK(rig.download(id).text() == "hello123");
}

TEST_CASE("blob parts: the last part may say what the whole is not, and be sent again", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.begun("hello");
  auto wrong = rig.next(id, 5, ", wrong", true);
  wrong.meta.push_back(header("repr-digest", hello_digest));
  CHECK(rig.plugin->ask("continue", wrong).error_code() == "digest_mismatch");
  CHECK(rig.download(id).code() == Code::not_found);
  auto right = rig.next(id, 5, ", world", true);
  right.meta.push_back(header("repr-digest", hello_digest));
  REQUIRE(rig.plugin->ask("continue", right).ok());
  CHECK(rig.download(id).text() == hello);
}

TEST_CASE("blob parts: a part that was not written down is written over", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.begun("hello");
  bool away = true;
  rig.instead = [&](std::string_view method, const ServiceCall&) -> std::optional<Reply> {
    if (method != "write" || !away) return std::nullopt;
    return Reply::error(Code::unavailable, "storage_down", "storage does not answer");
  };
  CHECK(rig.go_on(id, 5, ", lost and long", true).code() == Code::unavailable);
  CHECK(rig.download(id).code() == Code::not_found);
  away = false;
  CHECK(answered(rig.download(id, {{"http.method", "HEAD"}}), "upload-offset") == "5");
  REQUIRE(rig.go_on(id, 5, ", world", true).ok());
  CHECK(rig.download(id).text() == hello);
}

TEST_CASE("blob parts: two that go on at once do not mix", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.begun("hello");
  host.stall("call", 2);  // the first holds the part by then
  const Asked first = rig.plugin->begin("continue", rig.next(id, 5, ", world", true));
  host.run_until_idle();
  REQUIRE_FALSE(first.done());
  const Reply second = rig.go_on(id, 5, ", there", true);
  CHECK(second.http_status() == 409);
  CHECK(second.error_code() == "upload_conflict");
  host.release_stalled();
  host.run_until_idle();
  REQUIRE(first.done());
  CHECK(first.reply().ok());
  CHECK(rig.download(id).text() == hello);
}
