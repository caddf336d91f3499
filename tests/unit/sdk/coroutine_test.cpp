// coroutine_test.cpp: the resumption rule: no stack growth, frames gone before the answer, failures that unwind.
#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

namespace {

constexpr int million = 1'000'000;

Task<int> inline_child(int value) { co_return value; }
Task<int> later_child(Host& host, int value) {
  (void)co_await host.yield();
  co_return value;
}
// A child that waits at depth `depth` below its caller.
Task<int> deep_child(Host& host, int depth) {
  if (depth == 0) co_return co_await later_child(host, 0);
  co_return 1 + co_await deep_child(host, depth - 1);
}

}  // namespace

TEST_CASE("coroutine: a million children that finish inline cost no stack", "[sdk]") {
  Probe probe([](Host&, Request) -> Task<Reply> {
    long sum = 0;
    for (int i = 0; i < million; ++i) sum += co_await inline_child(1);
    co_return Reply::text(std::to_string(sum));
  });
  CHECK(probe.ask().text() == "1000000");
}

TEST_CASE("coroutine: children that finish later cost no stack", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    long sum = 0;
    for (int i = 0; i < million / 4; ++i) sum += co_await later_child(host, 1);
    co_return Reply::text(std::to_string(sum));
  });
  CHECK(probe.ask().text() == "250000");
}

TEST_CASE("coroutine: a long chain of parents resumes one after the other", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    co_return Reply::text(std::to_string(co_await deep_child(host, 2000)));
  });
  CHECK(probe.ask().text() == "2000");
}

TEST_CASE("coroutine: the answer is given after the last frame of the handler is gone", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    (void)co_await later_child(host, 1);
    co_return Reply::text("done");
  });
  const Asked asked = probe.begin();
  CHECK(probe.host.frames() > 0);
  CHECK_FALSE(asked.done());
  probe.host.run_until_idle();
  REQUIRE(asked.done());
  CHECK(asked.frames_at_answer() == 0);
}

TEST_CASE("coroutine: a plain handler allocates no frame", "[sdk]") {
  Probe probe([](Host&, Request) -> Task<Reply> { return Reply::text("inline"); });
  CHECK(probe.plugin->ask("plain").text() == "inline");
  CHECK(probe.host.count("frame_alloc") == 0);
}

TEST_CASE("coroutine: a throw in a child reaches its parent", "[sdk]") {
  static const auto thrower = [](Host& host) -> Task<int> {
    (void)co_await host.yield();
    throw std::runtime_error("from below");
  };
  Probe probe([](Host& host, Request) -> Task<Reply> {
    std::string caught;
    try {
      (void)co_await thrower(host);
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    co_return Reply::text(caught);
  });
  CHECK(probe.ask().text() == "from below");
}

TEST_CASE("coroutine: a throw after a wait is answered as internal and logged, not told to the caller", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    (void)co_await host.yield();
    throw std::runtime_error("secret detail");
  });
  const Reply reply = probe.ask();
  CHECK(reply.code() == Code::internal);
  CHECK(reply.message() == "the plugin failed; its log says why");
  CHECK(probe.host.logged("secret detail"));
}

TEST_CASE("coroutine: a handler whose frame is refused answers exhausted", "[sdk]") {
  Probe probe([](Host&, Request) -> Task<Reply> { co_return Reply::text("never"); });
  probe.host.fail("frame_alloc");
  const Reply reply = probe.ask();
  CHECK(reply.code() == Code::exhausted);
  CHECK(reply.message() == "the memory budget is used up");
  probe.host.fail("frame_alloc", Code::too_large);
  const Reply large = probe.ask();
  CHECK(large.code() == Code::too_large);
  CHECK(large.message().starts_with("the request needs more memory than one may hold at a time (262144 bytes)"));
}

TEST_CASE("coroutine: a child of a type that cannot say so fails its call as exhausted", "[sdk]") {
  Probe probe([](Host&, Request) -> Task<Reply> { co_return Reply::text(std::to_string(co_await inline_child(1))); });
  probe.host.fail("frame_alloc", Code::exhausted, 2);
  CHECK(probe.ask().code() == Code::exhausted);
  probe.host.fail("frame_alloc", Code::too_large, 2);
  CHECK(probe.ask().code() == Code::too_large);
}

TEST_CASE("coroutine: why a frame was refused is told by who awaits it, whatever was refused meanwhile", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    Task<int> child = inline_child(1);
    const Payload none = Payload::text("1");
    CHECK(none.refusal().code == Code::exhausted);
    (void)co_await host.yield();
    Task<int> moved = std::move(child);
    co_return Reply::text(std::to_string(co_await moved));
  });
  probe.host.fail("frame_alloc", Code::too_large, 2);
  probe.host.fail("payload_new");
  const Asked asked = probe.begin();
  probe.host.run_until_idle();
  REQUIRE(asked.done());
  CHECK(asked.reply().code() == Code::too_large);
}

TEST_CASE("coroutine: an arena over what one request may hold, or over its tenant's memory, fails its call", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    (void)co_await host.yield();
    Arena arena = request.arena();
    const std::pmr::vector<char> bytes(100, 'x', &arena);
    co_return Reply::text(bytes.empty() ? "none" : "some");
  });
  for (const auto& [code, message] :
       {std::pair{Code::too_large, "the request needs more memory than one may hold at a time (262144 bytes)"},
        {Code::exhausted, "the memory budget is used up"}}) {
    probe.host.fail("arena_alloc", code);
    const Asked asked = probe.begin();
    probe.host.run_until_idle();
    REQUIRE(asked.done());
    CHECK(asked.reply().code() == code);
    CHECK(asked.reply().message().starts_with(message));
  }
}

TEST_CASE("coroutine: memory that malloc has not is no refusal of the host's", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    const socle_host* table = host.table();
    CHECK(table->payload_new(table, detail::str("1"), SOCLE_MEDIA_TEXT, nullptr, 0) == nullptr);  // and nobody asks why
    throw std::bad_alloc();
    co_return Reply();
  });
  probe.host.fail("payload_new", Code::too_large);
  const Reply reply = probe.ask();
  CHECK(reply.code() == Code::exhausted);
  CHECK(reply.message() == "the memory budget is used up");
}

TEST_CASE("coroutine: a Task that is dropped unstarted runs nothing", "[sdk]") {
  static bool ran = false;
  static const auto body = []() -> Task<void> {
    ran = true;
    co_return;
  };
  Probe probe([](Host&, Request) -> Task<Reply> {
    { const auto dropped = body(); }
    co_return Reply();
  });
  CHECK(probe.ask().ok());
  CHECK_FALSE(ran);
}
