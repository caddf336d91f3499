// hooks_test.cpp: hooks reach the class, and the barrier holds at every entry, whatever is thrown.
#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

namespace {

struct Odd {};  // something that is no std::exception

[[noreturn]] void blow(bool odd) {
  if (odd) throw Odd{};
  throw std::runtime_error("boom");
}

void check_barrier(const Reply& reply, const FakeHost& host, bool odd) {
  CHECK(reply.code() == Code::internal);
  CHECK(reply.message() == "the plugin failed; its log says why");
  CHECK(host.logged(odd ? "an exception without text" : "boom"));
}

}  // namespace

TEST_CASE("hooks: what a plugin does not need counts as fine", "[sdk]") {
  Probe probe(ProbeCode{});
  CHECK(probe.plugin->start().code() == Code::unsupported);
  CHECK(probe.plugin->self_test().code() == Code::unsupported);
  CHECK(probe.plugin->health().code() == Code::unsupported);
  CHECK(probe.plugin->export_state().code() == Code::unsupported);
  CHECK(probe.plugin->import_state("x", 1, true).code() == Code::unsupported);
  CHECK(probe.plugin->drain().ok());
  CHECK(probe.plugin->stop().ok());
}

TEST_CASE("hooks: state goes out with its version and comes in with it", "[sdk]") {
  static std::string seen;
  Probe probe(ProbeCode{.export_state = [](Host&) -> Task<Reply> { return Reply::state(3, "bytes"); },
                        .import_state = [](Payload state, std::uint32_t version, bool dry_run) -> Task<Status> {
                          seen = std::string(state.text()) + std::to_string(version) + (dry_run ? "dry" : "wet");
                          return Status();
                        }});
  const Reply state = probe.plugin->export_state();
  CHECK(state.text() == "bytes");
  CHECK(state.meta("state-version") == "3");
  CHECK(probe.plugin->import_state("old", 2, true).ok());
  CHECK(seen == "old2dry");
  CHECK(probe.plugin->import_state("old", 2, false).ok());
  CHECK(seen == "old2wet");
}

TEST_CASE("hooks: health speaks to the operator", "[sdk]") {
  Probe probe(ProbeCode{.health = [](Host&) -> Task<Reply> { return Reply::text("17 peers"); }});
  CHECK(probe.plugin->health().text() == "17 peers");
}

TEST_CASE("barrier: a constructor that throws refuses the generation with its text", "[sdk]") {
  Probe probe(ProbeCode{.constructor = [](Host&) -> Task<Status> { throw std::runtime_error("no such disk"); }});
  CHECK(probe.plugin->created().code() == Code::internal);
  CHECK(probe.plugin->created().message() == "no such disk");
}

TEST_CASE("barrier: a constructor that throws an unknown type refuses as well", "[sdk]") {
  Probe probe(ProbeCode{.constructor = [](Host&) -> Task<Status> { throw Odd{}; }});
  CHECK(probe.plugin->created().code() == Code::internal);
}

TEST_CASE("barrier: a throw in any hook or handler is an internal error", "[sdk]") {
  const bool odd = GENERATE(false, true);
  const bool late = GENERATE(false, true);
  const auto hook = [=](Host& host) -> Task<Status> {
    if (!late) blow(odd);
    return [](Host& h, bool o) -> Task<Status> {
      (void)co_await h.yield();
      blow(o);
    }(host, odd);
  };
  const auto reply = [=](Host& host) -> Task<Reply> {
    if (!late) blow(odd);
    return [](Host& h, bool o) -> Task<Reply> {
      (void)co_await h.yield();
      blow(o);
    }(host, odd);
  };
  Probe probe(ProbeCode{.handler = [=](Host& host, Request) { return reply(host); },
                        .start = hook,
                        .self_test = hook,
                        .drain = hook,
                        .stop = hook,
                        .health = reply,
                        .export_state = reply,
                        .import_state = [=](Payload, std::uint32_t, bool) -> Task<Status> { blow(odd); }});
  check_barrier(probe.plugin->start(), probe.host, odd);
  check_barrier(probe.plugin->self_test(), probe.host, odd);
  check_barrier(probe.plugin->health(), probe.host, odd);
  check_barrier(probe.ask(), probe.host, odd);
  check_barrier(probe.plugin->export_state(), probe.host, odd);
  check_barrier(probe.plugin->import_state("x", 1, false), probe.host, odd);
  check_barrier(probe.plugin->drain(), probe.host, odd);
  check_barrier(probe.plugin->stop(), probe.host, odd);
  if (!late) {
    check_barrier(probe.plugin->ask("plain"), probe.host, odd);
  }
}

TEST_CASE("barrier: a throw in connection() closes the connection and is logged", "[sdk]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  Probe probe(ProbeCode{.connection = [](Host&, Connection) { throw std::runtime_error("boom"); }});
  probe.plugin->connect(ends[0], "http");
  CHECK(probe.host.closed().size() == 1);
  CHECK(probe.host.logged("boom"));
  ::close(ends[1]);
}

TEST_CASE("barrier: a method number nobody has is refused by number", "[sdk]") {
  Probe probe(ProbeCode{});
  const Asked asked = probe.plugin->begin(99U);
  CHECK(asked.reply().code() == Code::unsupported);
  CHECK(asked.reply().message() == "this plugin has no method number 99");
}

TEST_CASE("descriptor: names methods as the manifest does, and a listener only when one is served", "[sdk]") {
  CHECK(detail::view(probe_descriptor.name) == "probe");
  REQUIRE(probe_descriptor.method_count == 2);
  CHECK(detail::view(probe_descriptor.methods[0].service) == "probe/1");
  CHECK(detail::view(probe_descriptor.methods[1].name) == "plain");
  CHECK(probe_descriptor.connection != nullptr);
}
