// @file@_test.cpp: the plugin @name@ under a fake host, its clock moved by hand. Use the test framework you like.
#include <cstdio>
#include <socle/testing.hpp>

int main() {
  socle::testing::FakeHost host;
  socle::testing::TestedPlugin plugin(host, PLUGIN_LIBRARY, R"({"greeting": "Hello"})");
  if (!plugin.created().ok()) {
    std::printf("create: %s\n", std::string(plugin.created().message()).c_str());
    return 1;
  }
  const auto asked = plugin.begin("greet", {.meta = {{"name", "Ada"}}});
  host.advance(std::chrono::milliseconds(1));
  if (!asked.done() || asked.reply().text() != "Hello, Ada!\n") {
    std::printf("greet: found '%s', wanted 'Hello, Ada!'\n", std::string(asked.reply().text()).c_str());
    return 1;
  }
  return 0;
}
