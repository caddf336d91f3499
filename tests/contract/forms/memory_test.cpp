// memory_test.cpp: a compiled form is memory of the tenant that it was compiled for.
#include "rig.hpp"

using namespace forms_test;

namespace {

void check_no_room(const Reply& reply, const std::string& begin) {
  INFO(reply.message());
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.code() == Code::too_large);  // it would not fit if nothing else were there
  CHECK(reply.error_code() == "too_large");
  CHECK(reply.message().starts_with(begin + ": "));
  CHECK(reply.message().ends_with(" in all: make smaller what is to be kept, or raise `memory` of its plan"));
}

}  // namespace

TEST_CASE("forms memory: who had a form compiled pays for it, once, and nobody else who uses it", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  CHECK(host.held("acme") == 0);  // publishing keeps nothing
  REQUIRE(rig.ask("get").ok());
  const auto one = host.held("acme");
  CHECK(one > 10'000);
  REQUIRE(rig.ask("schema").ok());
  rig.create(january(1, 3));
  rig.tenant = "globex";
  REQUIRE(rig.ask("get").ok());
  CHECK(host.held("acme") == one);
  CHECK(host.held("globex") == 0);
  CHECK(rig.fetched == 1);
}

TEST_CASE("forms memory: a form that there is no room for is refused, to this tenant, until there is", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  host.set_memory("acme", 5000);
  check_no_room(rig.ask("get"), "form 'leave' 1.0.0");
  check_no_room(rig.ask("create", january(1, 3)), "form 'leave' 1.0.0");
  CHECK(host.held("acme") == 0);
  CHECK(rig.writes == 0);
  rig.tenant = "globex";
  CHECK(rig.ask("get").ok());
  CHECK(rig.ask("forget").ok());
  CHECK(host.held("globex") == 0);
  rig.tenant = "acme";
  check_no_room(rig.ask("get"), "form 'leave' 1.0.0");
  host.set_memory("acme", std::size_t{8} << 20);
  CHECK(rig.ask("get").ok());
  CHECK(rig.create(january(1, 3)) != "");
}

TEST_CASE("forms memory: one without room is told to who publishes it; a draft is saved", "[forms]") {
  FakeHost host;
  Rig rig(host);
  host.set_memory("acme", 5000);
  const std::string question = R"({"kind":"forms","name":"leave","source":)" + leave;
  CHECK(rig.ask("compile", question + R"(,"mode":"fast"})").ok());
  check_no_room(rig.ask("compile", question + R"(,"mode":"full"})"), "form 'leave'");
  host.set_memory("acme", std::size_t{8} << 20);
  CHECK(rig.ask("compile", question + R"(,"mode":"full"})").ok());
  CHECK(host.held("acme") == 0);
}

TEST_CASE("forms memory: a form larger than an eighth of the memory serves its calls and is not kept", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  REQUIRE(rig.ask("get").ok());
  const auto one = host.held("acme");
  REQUIRE(rig.ask("forget").ok());
  host.set_memory("acme", 2 * one);
  CHECK(rig.ask("get").ok());
  CHECK(rig.ask("get").ok());
  CHECK(host.held("acme") == 0);
  CHECK(rig.fetched == 3);
}

TEST_CASE("forms memory: a call that is given up anywhere leaves no charge behind", "[forms]") {
  const unsigned points = for_each_await_point([](FakeHost& host, unsigned) {
    Rig rig(host, Answers::later);
    rig.published["leave"] = {{"1.0.0", "h", leave}};
    (void)rig.ask("get");
    rig.plugin.reset();
    CHECK(host.held("acme") == 0);
  });
  CHECK(points >= 3);
}
