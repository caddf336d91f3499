// hello_test.cpp: hello as it is built, loaded into the fake host.
#include <catch2/catch.hpp>
#include <socle/testing.hpp>

TEST_CASE("hello: greets by name with the configured word", "[hello]") {
  socle::testing::FakeHost host;
  socle::testing::TestedPlugin plugin(host, HELLO_LIBRARY, R"({"greeting": "Hallo"})");
  REQUIRE(plugin.created().ok());
  CHECK(plugin.ask("greet", {.meta = {{"name", "Ada"}}}).text() == "Hallo, Ada!\n");
}

TEST_CASE("hello: a request has no await point, so a swap finds it before or after", "[hello]") {
  const unsigned points = socle::testing::for_each_await_point([](socle::testing::FakeHost& host, unsigned) {
    socle::testing::TestedPlugin plugin(host, HELLO_LIBRARY, R"({"greeting": "Hallo"})");
    const auto asked = plugin.begin("greet", {.meta = {{"name", "Ada"}}});
    REQUIRE(asked.done());
    CHECK(asked.reply().text() == "Hallo, Ada!\n");
  });
  CHECK(points == 0);
}

TEST_CASE("hello: is refused without its setting, and says which", "[hello]") {
  socle::testing::FakeHost host;
  socle::testing::TestedPlugin plugin(host, HELLO_LIBRARY, "{}");
  CHECK(plugin.created().message() ==
        "config 'greeting': wanted string, found absent; declare it under `config` in the manifest");
}
