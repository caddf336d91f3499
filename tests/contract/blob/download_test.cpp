// download_test.cpp: how a file leaves: in pieces, in ranges, under conditions, and never as something that runs.
#include "rig.hpp"

using namespace blob_test;

namespace {

// All pieces of an answer, as its reader asks for them.
std::string read_whole(Rig& rig, Reply reply, unsigned& pieces) {
  std::string out;
  for (pieces = 1;; ++pieces) {
    INFO(reply.message());
    REQUIRE(reply.ok());
    out += reply.text();
    if (reply.stream_next().empty()) return out;
    CHECK(reply.stream_next() == "blob/1.download");
    const std::string cursor(reply.stream_cursor());
    reply = rig.ask("download", {{"stream.cursor", cursor}});
  }
}

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + i % 23);
  return out;
}

}  // namespace

TEST_CASE("blob download: a large file comes in pieces, none of which is large", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string bytes = pattern(600'001);
  const std::string id = rig.made(bytes);
  unsigned pieces = 0;
  const Reply first = rig.download(id);
  CHECK(first.text().size() == 256 * 1024);
  CHECK(first.meta("content-type") == "text/plain");
  CHECK((read_whole(rig, first, pieces) == bytes));
  CHECK(pieces == 3);
  const Reply part = rig.download(id, {header("range", "bytes=100-500099")});
  CHECK(part.http_status() == 206);
  CHECK(answered(part, "content-range") == "bytes 100-500099/600001");
  CHECK((read_whole(rig, part, pieces) == bytes.substr(100, 500'000)));
  CHECK(pieces == 2);
}

TEST_CASE("blob download: a cursor opens nothing that its reader could not read", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  const auto with = [&](const std::string& cursor) { return rig.ask("download", {{"stream.cursor", cursor}}); };
  for (const std::string cursor : {"x", "{}", R"({"id":"../../../../etc/passwd","at":0,"end":9,"type":"text/plain"})"})
    CHECK(with(cursor).error_code() == "bad_cursor");
  CHECK(with(R"({"id":")" + id + R"(","at":9,"end":9,"type":"text/plain"})").error_code() == "bad_cursor");
  const std::string own = R"({"id":")" + id + R"(","at":7,"end":12,"type":"text/plain"})";
  CHECK(with(own).text() == "world");
  rig.tenant = "globex";
  CHECK(with(own).code() == Code::not_found);
}

TEST_CASE("blob download: ranges and conditions are those of HTTP", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  const std::string etag = "\"" + hello_sha256 + "\"";
  const Reply whole = rig.download(id);
  CHECK(whole.text() == hello);
  CHECK(whole.meta("etag") == etag);
  CHECK(answered(whole, "accept-ranges") == "bytes");
  CHECK(answered(whole, "repr-digest") == hello_digest);
  const Reply part = rig.download(id, {header("range", "bytes=-5")});
  CHECK(part.http_status() == 206);
  CHECK(part.text() == "world");
  CHECK(answered(part, "content-range") == "bytes 7-11/12");
  const Reply beyond = rig.download(id, {header("range", "bytes=12-")});
  CHECK(beyond.http_status() == 416);
  CHECK(beyond.error_code() == "range_not_satisfiable");
  CHECK(answered(beyond, "content-range") == "bytes */12");
  CHECK(rig.download(id, {header("range", "bytes=0-1,3-4")}).text() == hello);
  CHECK(rig.download(id, {header("range", "bytes=0-1"), header("if-range", "\"old\"")}).text() == hello);
  CHECK(rig.download(id, {header("range", "bytes=0-1"), header("if-range", etag)}).text() == "he");
  CHECK(rig.download(id, {header("if-match", "\"old\"")}).code() == Code::precondition);
  CHECK(rig.download(id, {header("if-match", "\"old\", " + etag)}).ok());
  const Reply known = rig.download(id, {header("if-none-match", etag)});
  CHECK(known.ok());
  CHECK(known.text().empty());
  CHECK(known.meta("etag") == etag);
}

TEST_CASE("blob download: nothing of a file runs in a page of ours", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const auto shown = [&](const std::string& body, const std::string& type) {
    const std::string id = member(rig.upload(body, {header("content-type", type), {"name", "a.x"}}), "/id");
    const Reply reply = rig.download(id, {{"inline", "true"}});
    CHECK(reply.meta("content-type") == type);
    CHECK(answered(reply, "x-content-type-options") == "nosniff");
    CHECK(answered(reply, "content-security-policy").starts_with("sandbox; default-src 'none'"));
    return answered(reply, "content-disposition");
  };
  CHECK(shown("\x89PNG\r\n\x1a\n....", "image/png") == "inline; filename=\"a.x\"");
  CHECK(shown("<html><script>x</script>", "text/html") == "attachment; filename=\"a.x\"");
  CHECK(shown("<svg onload='x'>", "image/svg+xml") == "attachment; filename=\"a.x\"");
}

TEST_CASE("blob download: a file is its tenant's alone", "[blob]") {
  FakeHost host;
  Rig rig(host);
  const std::string id = rig.made();
  rig.tenant = "globex";
  for (const char* method : {"download", "about", "remove"}) {
    const Reply reply = rig.ask(method, {{"id", id}});
    CHECK(reply.code() == Code::not_found);
    CHECK(reply.error_code() == "not_found");
  }
  CHECK(member(rig.ask("attach", {}, R"({"holder":"a/1","add":[")" + id + "\"]}"), "/files") == "[null]");
  rig.tenant = "acme";
  CHECK(rig.download(id).text() == hello);
  for (const std::string& bad : {std::string(), std::string("x"), std::string("../x"), std::string(32, 'G')})
    CHECK(rig.download(bad).code() == Code::not_found);
}
