// upload_test.cpp: a file that comes in one request: what is kept of it, and what is refused without a trace.
#include "rig.hpp"

using namespace blob_test;

TEST_CASE("blob upload: what is acknowledged is kept, with its checksum, under an id of its own", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const Reply reply =
      rig.upload(hello, {header("content-type", "Text/Plain; charset=utf-8"), {"name", "greeting.txt"}});
  INFO(reply.message());
  REQUIRE(reply.http_status() == 201);
  const std::string id = member(reply, "/id");
  CHECK(id.size() == 32);
  CHECK(reply.meta("location") == "/v1/files/" + id);
  CHECK(answered(reply, "repr-digest") == hello_digest);
  CHECK(answered(reply, "upload-complete") == "?1");
  CHECK(rig.on_disk() == std::vector<std::string>{id});
  const Reply about = rig.about(id);
  REQUIRE(about.ok());
  CHECK(member(about, "/name") == "greeting.txt");
  CHECK(member(about, "/type") == "text/plain");
  CHECK(member(about, "/size") == "12");
  CHECK(member(about, "/state") == "whole");
  CHECK(member(about, "/sha256") == hello_sha256);
  CHECK(member(about, "/created_by") == "user:ada");
  CHECK_FALSE(member(about, "/created_at").empty());
  CHECK(rig.made() != id);
  CHECK(host.level("acme", "files.bytes") == 24);
}

TEST_CASE("blob upload: a name is for people, and leads nowhere", "[blob]") {
  FakeHost host;
  Rig rig(host);
  CHECK(member(rig.upload("x", {{"name", "../../etc/pass\"wd"}}), "/name") == "pass_wd");
  CHECK(member(rig.upload("x", {header("content-disposition", "attachment; filename=\"a.txt\"")}), "/name") == "a.txt");
  CHECK(member(rig.upload("x", {}), "/name") == "file");
}

TEST_CASE("blob upload: an empty file is a file", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made("");
  const Reply reply = rig.download(id);
  CHECK(reply.ok());
  CHECK(reply.text().empty());
}

TEST_CASE("blob upload: what is not what it says is refused, and leaves nothing behind", "[blob]") {
  FakeHost host;
  Rig rig(host);
  struct Case {
    Texts meta;
    std::string body, code;
    int status;
  };
  const std::vector<Case> cases{
      {{header("content-type", "no type")}, "x", "bad_content_type", 400},
      {{header("content-type", "multipart/form-data; boundary=x")}, "--x", "unsupported_media_type", 415},
      {{header("content-type", "image/png")}, "GIF89a....", "content_mismatch", 415},
      {{header("content-type", "image/jpeg")}, "", "content_mismatch", 415},
      {{header("content-digest", "sha-256=:AAAA:")}, "x", "digest_mismatch", 400},
      {{header("repr-digest", "sha-256=:AAAA:"), header("content-digest", hello_digest)},
       hello,
       "digest_mismatch",
       400}};
  for (const auto& one : cases) {
    const Reply reply = rig.upload(one.body, one.meta);
    INFO(one.code << " " << reply.message());
    REQUIRE_FALSE(reply.ok());
    CHECK(reply.error_code() == one.code);
    CHECK(reply.http_status() == one.status);
  }
  CHECK(rig.on_disk().empty());
  CHECK(rig.count("blob:files") == 0);
  CHECK(rig.upload(hello, {header("content-digest", hello_digest)}).ok());
}

TEST_CASE("blob upload: size and types are the operator's", "[blob]") {
  FakeHost host;
  Rig rig(host, R"(,"max_size":12,"types":["image/*","text/plain"])");
  CHECK(rig.upload(hello).ok());
  const Reply large = rig.upload(hello + "!");
  CHECK(large.code() == Code::too_large);
  CHECK(large.error_code() == "file_too_large");
  const Reply other = rig.upload("<html>", {});
  CHECK(other.http_status() == 415);
  CHECK(other.error_code() == "type_not_admitted");
  CHECK(rig.on_disk().size() == 1);
}

TEST_CASE("blob upload: a plan bounds what a tenant keeps, and what is removed makes room", "[blob]") {
  FakeHost host;
  Rig rig(host);
  host.set_limit("files.bytes", 20);
  const std::string first = rig.made();
  const Reply over = rig.upload(hello);
  CHECK(over.http_status() == 507);
  CHECK(over.error_code() == "files_quota");
  CHECK(over.message() ==
        "the tenant's files would take 24 bytes, its plan allows 20: remove files, or ask for a larger plan");
  CHECK(rig.on_disk() == std::vector<std::string>{first});
  CHECK(rig.ask("remove", {{"id", first}}).http_status() == 204);
  CHECK(host.level("acme", "files.bytes") == 0);
  CHECK(rig.upload(hello).ok());
}
