// plugins_test.cpp: plugins that know less than this SDK: plain C, and one built against the frozen ABI 1.0, both on a
// host table that has grown; and what the kernel's loader says of each library.
#include <catch2/catch.hpp>
#include <socle/testing.hpp>

#include "loader/verify.hpp"

using namespace socle;
using namespace socle::testing;

namespace {

void check_echo(const std::string& library, bool grown) {
  FakeHost host({.grown = grown});
  CHECK((host.table()->struct_size > sizeof(socle_host)) == grown);
  TestedPlugin plugin(host, library);
  REQUIRE(plugin.created().ok());
  CHECK(plugin.ask("echo", {.text = "now", .meta = {{"k", "v"}}}).meta("k") == "v");
  const Asked later = plugin.begin("echo_later", {.text = "soon"});
  CHECK_FALSE(later.done());
  host.run_until_idle();
  REQUIRE(later.done());
  CHECK(later.reply().text() == "soon");
  CHECK(plugin.start().code() == Code::unsupported);
}

std::vector<loader::Finding> findings(const std::string& library, const std::string& name,
                                      std::uint16_t minor = SOCLE_ABI_MINOR) {
  loader::Policy policy;
  policy.resident = {"libsimdjson.so.14"};
  return loader::inspect_file(library, {name, {1, minor}, std::nullopt, {}}, policy).findings;
}

}  // namespace

TEST_CASE("contract: a plugin in plain C is served", "[contract]") { check_echo(C_PLUGIN, false); }

TEST_CASE("contract: a plugin in plain C can refuse its configuration", "[contract]") {
  FakeHost host;
  const TestedPlugin plugin(host, C_PLUGIN, "[]");
  CHECK(plugin.created().code() == Code::invalid);
  CHECK(plugin.created().message() == "config is no object");
}

TEST_CASE("contract: a plugin built against ABI 1.0 is served by a host table that has grown", "[contract]") {
  check_echo(ABI_1_0_PLUGIN, true);
}

TEST_CASE("contract: a C++ plugin is served by a host table that has grown", "[contract]") {
  FakeHost host({.grown = true});
  TestedPlugin plugin(host, HELLO, R"({"greeting": "Hello"})");
  REQUIRE(plugin.created().ok());
  CHECK(plugin.ask("greet", {.meta = {{"name", "Ada"}}}).text() == "Hello, Ada!\n");
}

TEST_CASE("contract: what socle_add_plugin builds passes the loader's checks", "[contract]") {
  using Case = std::tuple<const char*, const char*, std::uint16_t>;
  for (const auto& [library, name, minor] : {Case{C_PLUGIN, "c_plugin", SOCLE_ABI_MINOR},
                                             {ABI_1_0_PLUGIN, "abi_1_0_plugin", 0},
                                             {HELLO, "hello", SOCLE_ABI_MINOR}}) {
    for (const loader::Finding& finding : findings(library, name, minor))
      FAIL_CHECK(name << ": " << to_string(finding));
  }
  SUCCEED();
}

TEST_CASE("contract: another major is refused with both numbers", "[contract]") {
  const auto found = findings(ABI_2_0_PLUGIN, "abi_2_0_plugin");
  REQUIRE_FALSE(found.empty());
  const std::string text = to_string(found.front());
  INFO(text);
  CHECK(text.find("ABI 2.1") != std::string::npos);
  CHECK(text.find("ABI 1.1") != std::string::npos);
}
