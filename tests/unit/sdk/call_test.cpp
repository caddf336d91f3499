// call_test.cpp: calls to other services, their failures, and publishing.
#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

namespace {

const Handler forward = [](Host& host, Request request) -> Task<Reply> {
  const Target put = host.target("storage/1", "put");
  co_return co_await host.call(request, put, request.payload(),
                               {.timeout = std::chrono::seconds(2), .idempotency_key = "k-1"});
};

}  // namespace

TEST_CASE("call: an inline answer comes back with its meta", "[sdk]") {
  Probe probe(forward);
  probe.host.serve("storage/1", "put", [](const ServiceCall& call) {
    CHECK(call.context.tenant() == "acme");
    CHECK(call.timeout == std::chrono::seconds(2));
    CHECK(call.idempotency_key == "k-1");
    return Reply::json(call.text()).with_etag("\"7\"");
  });
  const Reply reply = probe.ask({.text = R"({"a":1})"});
  CHECK(reply.text() == R"({"a":1})");
  CHECK(reply.meta("etag") == "\"7\"");
}

TEST_CASE("call: an answer that comes later resumes the handler", "[sdk]") {
  Probe probe(forward);
  probe.host.serve(
      "storage/1", "put", [](const ServiceCall&) { return Reply::json("2"); }, Answers::later);
  const Asked asked = probe.begin();
  CHECK_FALSE(asked.done());
  probe.host.run_until_idle();
  REQUIRE(asked.done());
  CHECK(asked.reply().text() == "2");
}

TEST_CASE("call: an error of the callee is a reply like any other", "[sdk]") {
  Probe probe(forward);
  probe.host.script("storage/1", "put", {Reply::error(Code::conflict, "unique_conflict", "name is taken")});
  const Reply reply = probe.ask();
  CHECK(reply.code() == Code::conflict);
  CHECK(reply.error_code() == "unique_conflict");
  CHECK(reply.message() == "name is taken");
}

TEST_CASE("call: a service that was not granted is refused with what to do", "[sdk]") {
  Probe probe(forward);
  probe.host.deny("storage/1");
  const Reply reply = probe.ask();
  CHECK(reply.code() == Code::denied);
  CHECK(reply.message() ==
        "call storage/1.put: not granted; name the service under `requires` in the manifest and grant it in the system "
        "manifest");
}

TEST_CASE("call: a method the service does not have is refused by name", "[sdk]") {
  Probe probe(forward);
  probe.host.serve("storage/1", "get", [](const ServiceCall&) { return Reply(); });
  CHECK(probe.ask().message() == "call storage/1.put: the service has no such method");
}

TEST_CASE("call: a service that is not there answers unavailable", "[sdk]") {
  Probe probe(forward);
  CHECK(probe.ask().code() == Code::unavailable);
}

TEST_CASE("call: a failed, a stalled and a cancelled call each reach the handler", "[sdk]") {
  Probe probe(forward);
  probe.host.serve("storage/1", "put", [](const ServiceCall&) { return Reply::text("ok"); });
  SECTION("failed") {
    probe.host.fail("call", Code::storage_full);
    CHECK(probe.ask().code() == Code::storage_full);
  }
  SECTION("stalled until released") {
    probe.host.stall("call");
    const Asked asked = probe.begin();
    probe.host.run_until_idle();
    CHECK_FALSE(asked.done());
    probe.host.release_stalled();
    probe.host.run_until_idle();
    CHECK(asked.reply().text() == "ok");
  }
  SECTION("given up at the drain deadline") {
    probe.host.stall("call");
    const Asked asked = probe.begin();
    probe.host.give_up();
    probe.host.run_until_idle();
    CHECK(asked.reply().code() == Code::cancelled);
  }
}

TEST_CASE("call: a body that there was no memory for is not called as an empty one", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const Target put = host.target("storage/1", "put");
    co_return co_await host.call(request, put, Payload::json("{}"));
  });
  probe.host.serve("storage/1", "put", [](const ServiceCall&) { return Reply::text("stored"); });
  REQUIRE(probe.ask().text() == "stored");
  probe.host.fail("payload_new");
  const Reply refused = probe.ask();
  CHECK(refused.code() == Code::exhausted);
  CHECK(refused.message() == "the memory budget is used up");
  probe.host.fail("payload_new", Code::too_large);
  const Reply large = probe.ask();
  CHECK(large.code() == Code::too_large);
  CHECK(large.error_code() == "too_large");
  CHECK(large.message().starts_with("the request needs more memory than one may hold at a time (262144 bytes)"));
  CHECK(probe.host.count("call") == 1);
}

TEST_CASE("publish: a text that there was no memory for is not published as an empty one", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const Status status = co_await host.publish(request, "changes", Payload::json("{}"));
    if (!status) co_return status.error();
    co_return Reply();
  });
  probe.host.fail("payload_new");
  const Reply refused = probe.ask();
  CHECK(refused.code() == Code::exhausted);
  CHECK(refused.message() == "publish: the memory budget is used up");
  probe.host.fail("payload_new", Code::too_large);
  const Reply large = probe.ask();
  CHECK(large.code() == Code::too_large);
  CHECK(large.message().starts_with("publish: the request needs more memory than one may hold at a time"));
  CHECK(probe.host.publications().empty());
}

TEST_CASE("call: a context is kept beyond the call that brought it", "[sdk]") {
  static OwnedContext kept;
  Probe probe([](Host&, Request request) -> Task<Reply> {
    kept = OwnedContext(request.context());
    return Reply();
  });
  CHECK(probe.ask({.context = {.tenant = "globex"}}).ok());
  CHECK(kept.view().tenant() == "globex");
  kept = {};
}

TEST_CASE("call: acting as a tenant is audited, and denied without permission", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    const auto context = host.act_as("globex", "nightly report", std::chrono::seconds(1));
    if (!context) return Reply(context.error());
    return Reply::text(context->view().tenant());
  });
  CHECK(probe.ask().text() == "globex");
  CHECK(probe.host.audit() == std::vector<std::string>{"globex: nightly report"});
  probe.host.fail("context_act_as");
  CHECK(probe.ask().message() == "act as tenant 'globex': denied; the manifest needs permission \"act-as: tenants\"");
}

TEST_CASE("call: a root context carries what it was opened with and can be cancelled", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    auto context = host.open_context({.tenant = "globex", .principal = "user:bob", .deadline = {5}});
    if (!context) return Reply(context.error());
    CHECK(context->view().principal() == "user:bob");
    CHECK(context->view().deadline() == Instant{5});
    context->cancel();
    CHECK(context->view().cancelled());
    return Reply();
  });
  CHECK(probe.ask().ok());
  probe.host.fail("context_open");
  CHECK(probe.ask().code() == Code::denied);
}

TEST_CASE("publish: is taken, waits under back-pressure, or fails", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const Status status = co_await host.publish(request, "changes", request.payload());
    if (!status) co_return status.error();
    co_return Reply();
  });
  CHECK(probe.ask({.text = "1"}).ok());
  REQUIRE(probe.host.publications().size() == 1);
  CHECK(probe.host.publications()[0].channel == "changes");
  CHECK(probe.host.publications()[0].tenant == "acme");
  CHECK(probe.host.publications()[0].text == "1");

  probe.host.stall("publish");
  const Asked waiting = probe.begin();
  CHECK_FALSE(waiting.done());
  probe.host.release_stalled();
  probe.host.run_until_idle();
  CHECK(waiting.reply().ok());

  probe.host.fail("publish", Code::unavailable);
  CHECK(probe.ask().message() == "publish: unavailable");
}
