// message_test.cpp: Request, Reply and Payload: what they carry, and what a refused budget makes of them.
#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

TEST_CASE("request: parameters, headers and the stream cursor come from meta", "[sdk]") {
  Probe probe([](Host&, Request request) -> Task<Reply> {
    CHECK(request.text() == "body");
    CHECK(request.media() == Media::text);
    CHECK(request.param("name") == "ada");
    CHECK(request.has_param("name"));
    CHECK_FALSE(request.has_param("age"));
    CHECK(request.http_method() == "POST");
    CHECK(request.http_path() == "/v1/x");
    CHECK(request.header("if-match") == "\"3\"");
    CHECK(request.stream_cursor() == "c1");
    CHECK(request.tenant() == "acme");
    CHECK(request.principal() == "user:ada");
    CHECK(request.context().claims() == R"({"roles":[]})");
    CHECK(request.context().key("region") == "eu");
    CHECK_FALSE(request.context().cancelled());
    return Reply();
  });
  CHECK(probe
            .ask({.text = "body",
                  .meta = {{"name", "ada"},
                           {"http.method", "POST"},
                           {"http.path", "/v1/x"},
                           {"http.header.if-match", "\"3\""},
                           {"stream.cursor", "c1"}},
                  .media = Media::text,
                  .context = {.claims = R"({"roles":[]})", .keys = {{"region", "eu"}}}})
            .ok());
}

TEST_CASE("reply: every maker sets its own meta and keeps the body", "[sdk]") {
  FakeHost host;
  const Reply reply = Reply::adopt(Reply::json("{}")
                                       .with_status(201)
                                       .with_etag("\"1\"")
                                       .with_location("/v1/x/1")
                                       .with_cache_control("no-store")
                                       .with_retry_after(std::chrono::seconds(3))
                                       .with_header("x-a", "b")
                                       .with_stream("feed/1.read", "c2")
                                       .release());
  CHECK(reply.text() == "{}");
  CHECK(reply.payload().media() == Media::json);
  CHECK(reply.http_status() == 201);
  CHECK(reply.meta("etag") == "\"1\"");
  CHECK(reply.meta("location") == "/v1/x/1");
  CHECK(reply.meta("cache-control") == "no-store");
  CHECK(reply.meta("retry-after") == "3");
  CHECK(reply.meta("http.header.x-a") == "b");
  CHECK(reply.stream_next() == "feed/1.read");
  CHECK(reply.stream_cursor() == "c2");
}

TEST_CASE("reply: meta set twice holds the last value, and adds to what the body has", "[sdk]") {
  FakeHost host;
  const Reply reply = Reply::adopt(
      Reply::other("text/csv", "a,b").with("content-type", "text/plain").with("x", "1").with("x", "2").release());
  CHECK(reply.meta("content-type") == "text/plain");
  CHECK(reply.meta("x") == "2");
  CHECK(reply.text() == "a,b");
}

TEST_CASE("reply: an error carries code, message and the wrong fields", "[sdk]") {
  FakeHost host;
  const Reply reply = Reply::error(Code::invalid, "invalid_record", "2 fields are wrong", R"([{"pointer":"/a"}])");
  CHECK_FALSE(reply.ok());
  CHECK(reply.code() == Code::invalid);
  CHECK(reply.error_code() == "invalid_record");
  CHECK(reply.message() == "2 fields are wrong");
  CHECK(reply.text() == R"([{"pointer":"/a"}])");
  CHECK(reply.error().code == Code::invalid);
}

TEST_CASE("reply: an Error becomes one with the code's own name", "[sdk]") {
  FakeHost host;
  const Reply reply = Error{Code::precondition, "version 3, wanted 2"};
  CHECK(reply.error_code() == "precondition_failed");
  CHECK(reply.message() == "version 3, wanted 2");
}

TEST_CASE("reply: a body that is more than one request may hold is too large, in words that say what to do", "[sdk]") {
  FakeHost host;
  host.fail("payload_new", Code::too_large);
  const Reply reply = Reply::json("{}");
  CHECK(reply.code() == Code::too_large);
  CHECK(reply.error_code() == "too_large");
  CHECK(reply.message() ==
        "the request needs more memory than one may hold at a time (262144 bytes): send or ask for less at once; a "
        "larger `memory` of the plan allows more, up to 256 MiB");
}

TEST_CASE("reply: a body the budget refuses is exhausted, never an empty success", "[sdk]") {
  FakeHost host;
  SECTION("when the text is copied") {
    host.fail("payload_new");
    const Reply reply = Reply::json("{}");
    CHECK(reply.code() == Code::exhausted);
    CHECK(reply.message() == "the memory budget is used up");
  }
  SECTION("when meta is added") {
    host.fail("payload_slice");
    const Reply reply = Reply::adopt(Reply::json("{}").with("a", "b").release());
    CHECK(reply.code() == Code::exhausted);
    CHECK(reply.message() == "the memory budget is used up");
  }
}

TEST_CASE("reply: a status that is no number in range reads as none", "[sdk]") {
  FakeHost host;
  CHECK(Reply().http_status() == 0);
  CHECK(Reply().with("http.status", "99999999999").http_status() == 0);
  CHECK(Reply().with("http.status", "2x").http_status() == 0);
}

TEST_CASE("payload: copies count, slices keep their base alive", "[sdk]") {
  FakeHost host;
  Payload slice;
  {
    const Payload base = Payload::text("hello world", {{"a", "1"}});
    const Payload copy = base;
    CHECK(copy.meta("a") == "1");
    CHECK(copy.meta("b").data() == nullptr);
    slice = base.slice(6, 5, Media::text, {{"b", "2"}});
  }
  CHECK(slice.text() == "world");
  CHECK(slice.meta("b") == "2");
  CHECK(host.payloads() == 2);
}

TEST_CASE("payload: why it was refused goes with it, whatever is refused afterwards", "[sdk]") {
  FakeHost host;
  CHECK_FALSE(Payload().refused());
  CHECK_FALSE(Payload::text("1").refused());
  host.fail("payload_new", Code::too_large);
  Payload large = Payload::text("1");
  host.fail("payload_new");
  const Payload none = Payload::text("1");
  REQUIRE(large.refused());
  REQUIRE(none.refused());
  const Payload copy = large;
  const Payload moved = std::move(large);
  CHECK(copy.refusal().code == Code::too_large);
  CHECK(moved.refusal().code == Code::too_large);
  CHECK(none.refusal().code == Code::exhausted);
  CHECK(none.refusal().message == "the memory budget is used up");
}

TEST_CASE("payload: is written in place and cut to what was used", "[sdk]") {
  FakeHost host;
  PayloadWriter writer(16, Media::text);
  REQUIRE(writer);
  std::memcpy(writer.data(), "abc", 3);
  CHECK(std::move(writer).seal(3).text() == "abc");
  host.fail("payload_alloc");
  const PayloadWriter refused(16, Media::text);
  CHECK_FALSE(refused);
  CHECK(refused.refusal().code == Code::exhausted);
  host.fail("payload_alloc", Code::too_large);
  CHECK(PayloadWriter(16, Media::text).refusal().code == Code::too_large);
}

TEST_CASE("payload: remembers that memory refused it, as what it is copied and moved to does", "[sdk]") {
  FakeHost host;
  CHECK_FALSE(Payload().refused());
  CHECK_FALSE(Payload::text("a").refused());
  host.fail("payload_new");
  Payload refused = Payload::text("a");
  CHECK(refused.empty());
  CHECK(refused.refused());
  const Payload copy = refused;
  CHECK(copy.refused());
  const Payload moved = std::move(refused);
  CHECK(moved.refused());
  host.fail("payload_slice");
  CHECK(Payload::text("abc").slice(0, 1, Media::text).refused());
}

TEST_CASE("payload: a document is put beside the text once", "[sdk]") {
  FakeHost host;
  const Payload payload = Payload::json("1");
  CHECK(payload.doc().empty());
  payload.set_doc("first");
  payload.set_doc("second");
  CHECK(payload.doc() == "first");
}
