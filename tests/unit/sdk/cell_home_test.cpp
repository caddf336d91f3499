// cell_home_test.cpp: Socle::testing's other home: what only a process of its own shows. Run with SOCLE_TEST_HOME=cell.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <socle/testing.hpp>

using namespace socle;
using namespace socle::testing;

namespace {

int g_asked = 0;  // of this process

class Guinea : public Plugin {
 public:
  explicit Guinea(Host& host) : host_(host), peer_(host.target("peer/1", "ask")) {}
  Reply pid(Request) { return Reply::text(std::to_string(::getpid()) + " " + std::to_string(++g_asked)); }
  Reply die(Request) {
    ::raise(SIGKILL);
    return {};
  }
  Task<Reply> slow(Request) {
    if (auto slept = co_await host_.sleep(std::chrono::seconds(5)); !slept) co_return slept.error();
    co_return Reply::text("slept");
  }
  Task<Reply> forward(Request request) {
    Reply reply = co_await host_.call(request, peer_, Payload::json(std::string(request.text())));
    co_return reply;
  }
  Task<Reply> polls(Request request) {
    for (int i = 0; i < 1000 && !request.context().cancelled(); ++i) {
      if (auto slept = co_await host_.sleep(std::chrono::milliseconds(1)); !slept) co_return slept.error();
    }
    co_return Reply::text(request.context().cancelled() ? "cancelled" : "not");
  }
  Task<Reply> blocks(Request) {
    auto sum = co_await host_.offload([] { return 40 + 2; });
    co_return sum ? Reply::text(std::to_string(*sum)) : Reply(sum.error());
  }
  Task<Reply> reads(Request) {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) co_return Reply::error(Code::internal, "pipe", "no pipe");
    std::string out = "nothing";
    {
      Watch watch = host_.watch(ends[0]);
      if (::write(ends[1], "x", 1) == 1 && co_await watch.readable(std::chrono::seconds(1))) out = "readable";
    }
    ::close(ends[0]);
    ::close(ends[1]);
    co_return Reply::text(out);
  }
  Reply says(Request request) {
    host_.log(Level::warn, "from afar", {{"tenant", request.context().tenant()}});
    host_.meter(request.context(), "words", 3);
    return Reply::json(R"({"a":1})").with("k", "v");
  }
  Reply keeps(Request request) {
    auto held = host_.hold(request, 100);
    if (!held) return held.error();
    host_.charge(request, std::chrono::microseconds(5));
    held_ = std::move(*held);
    return {};
  }

 private:
  Host& host_;
  Target peer_;
  Held held_;
};

}  // namespace

SOCLE_PLUGIN(Guinea, service("guinea", 1)
                         .method("pid", &Guinea::pid)
                         .method("die", &Guinea::die)
                         .method("slow", &Guinea::slow)
                         .method("forward", &Guinea::forward)
                         .method("polls", &Guinea::polls)
                         .method("blocks", &Guinea::blocks)
                         .method("reads", &Guinea::reads)
                         .method("says", &Guinea::says)
                         .method("keeps", &Guinea::keeps))

TEST_CASE("cell home: the plugin runs in a process of its own and shares no memory with the test", "[sdk]") {
  REQUIRE(home() == Home::cell);
  FakeHost host;
  TestedPlugin plugin(host, socle_plugin_entry());
  REQUIRE(plugin.created().ok());
  const std::string first(plugin.ask("pid").text());
  CHECK(first != std::to_string(::getpid()) + " 1");
  CHECK(first.ends_with(" 1"));
  CHECK(plugin.ask("pid").text().ends_with(" 2"));
  CHECK(g_asked == 0);
}

TEST_CASE("cell home: a death answers what is in flight, and leaves nothing in the host", "[sdk]") {
  FakeHost host;
  TestedPlugin plugin(host, socle_plugin_entry());
  {  // a reply that is held is a payload alive
    const Asked waiting = plugin.begin("slow");
    CHECK(host.frames() > 0);
    const Reply died = plugin.ask("die");
    CHECK(died.code() == Code::unavailable);
    CHECK(died.error_code() == "cell_died");
    REQUIRE(waiting.done());
    CHECK(waiting.reply().error_code() == "cell_died");
    CHECK(plugin.ask("pid").error_code() == "cell_died");
  }
  host.run_until_idle();
  CHECK(host.leaks() == "");
}

TEST_CASE("cell home: the clock is the test's", "[sdk]") {
  FakeHost host;
  TestedPlugin plugin(host, socle_plugin_entry());
  const Asked asked = plugin.begin("slow");
  host.advance(std::chrono::milliseconds(4999));
  CHECK_FALSE(asked.done());
  host.advance(std::chrono::milliseconds(1));
  REQUIRE(asked.done());
  CHECK(asked.reply().text() == "slept");
}

TEST_CASE("cell home: services, their answers and faults are the test's", "[sdk]") {
  FakeHost host;
  std::string heard;
  host.serve("peer/1", "ask", [&](const ServiceCall& call) {
    heard = std::string(call.text()) + " for " + std::string(call.context.tenant());
    return Reply::json(R"({"b":2})").with("etag", "\"7\"");
  });
  TestedPlugin plugin(host, socle_plugin_entry());
  Ask ask;
  ask.text = R"({"a":1})";
  ask.context.tenant = "globex";
  const Reply reply = plugin.ask("forward", ask);
  CHECK(reply.text() == R"({"b":2})");
  CHECK(reply.meta("etag") == "\"7\"");
  CHECK(heard == R"({"a":1} for globex)");
  host.fail("call", Code::storage_full);
  CHECK(plugin.ask("forward", ask).code() == Code::storage_full);
  host.fail("frame_alloc", Code::exhausted);
  CHECK(plugin.ask("forward", ask).code() == Code::exhausted);
  host.fail("frame_alloc", Code::too_large);
  CHECK(plugin.ask("forward", ask).code() == Code::too_large);
  CHECK(plugin.ask("forward", ask).ok());
}

TEST_CASE("cell home: a crash that a test orders is the cell's", "[sdk]") {
  FakeHost host;
  TestedPlugin plugin(host, socle_plugin_entry());
  host.crash("offload");
  CHECK(plugin.ask("blocks").error_code() == "cell_died");
  CHECK(host.leaks() == "");
}

TEST_CASE("cell home: cancelling reaches the plugin's copy of the context", "[sdk]") {
  FakeHost host;
  TestedPlugin plugin(host, socle_plugin_entry());
  const Asked asked = plugin.begin("polls");
  asked.cancel();
  host.advance(std::chrono::milliseconds(2));
  REQUIRE(asked.done());
  CHECK(asked.reply().text() == "cancelled");
}

TEST_CASE("cell home: offloaded work, watches, logs and meters cross over", "[sdk]") {
  FakeHost host;
  TestedPlugin plugin(host, socle_plugin_entry());
  CHECK(plugin.ask("blocks").text() == "42");
  CHECK(plugin.ask("reads").text() == "readable");
  const Reply said = plugin.ask("says");
  CHECK(said.text() == R"({"a":1})");
  CHECK(said.meta("k") == "v");
  CHECK(host.logged("from afar"));
  CHECK(host.metered("acme", "words") == 3);
}

TEST_CASE("cell home: memory that is kept is the tenant's, until the cell lets go of it or dies", "[sdk]") {
  FakeHost host;
  {
    TestedPlugin plugin(host, socle_plugin_entry());
    CHECK(plugin.ask("keeps").ok());
    CHECK(plugin.ask("keeps").ok());
    CHECK(host.held("acme") == 100);
    CHECK(host.cpu_charged("acme") == std::chrono::microseconds(10));
    host.set_memory("acme", 150);
    const Reply refused = plugin.ask("keeps");
    CHECK(refused.code() == Code::exhausted);
    CHECK(refused.message().find("of 150 in all") != std::string_view::npos);
  }
  CHECK(host.held("acme") == 0);
  TestedPlugin plugin(host, socle_plugin_entry());
  CHECK(plugin.ask("keeps").ok());
  CHECK(plugin.ask("die").error_code() == "cell_died");
  CHECK(host.held("acme") == 0);
}

TEST_CASE("cell home: a library that is none is refused as in the kernel's process", "[sdk]") {
  FakeHost host;
  const TestedPlugin plugin(host, std::string("/nowhere/libnothing.so"));
  CHECK(plugin.created().error_code() == "not_loaded");
}
