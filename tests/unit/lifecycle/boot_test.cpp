// Boot from the system manifest, from the last good set when that does not start, and what survives a restart.
#include "unit/lifecycle/fixture.hpp"

#include <openssl/ssl.h>

namespace socle::lifecycle::test {

TEST_CASE("lifecycle: boot uses the last good set when the manifest's plugin is broken", "[lifecycle]") {
  System s;
  s.boot_good();
  s.life.reset();
  std::filesystem::remove_all(s.at("a"));
  s.package("a", "good_b", "swap", "provides_nothing: true");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.call("swap/1") == "A");
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: without a last good set a broken plugin is the boot's error", "[lifecycle]") {
  System s;
  s.fixture("fails_in_start");
  const Status booted = s.boot(s.system({{"fails_in_start", ""}}));
  REQUIRE_FALSE(booted);
  CHECK_THAT(booted.error().message, Contains("plugin 'fails-in-start' 1.0.0: start failed: conflict"));
}

TEST_CASE("lifecycle: a last good set that is cut off or foreign is refused, not believed", "[lifecycle]") {
  System s;
  s.boot_good();
  s.life.reset();
  const auto kept = base::read_file(s.at("data") / "last-good", 1 << 20);
  REQUIRE(kept);
  std::filesystem::remove_all(s.at("a") / "manifest.yaml");
  const std::string texts[] = {kept->substr(0, kept->size() / 2), "something else\n", ""};
  for (const std::string& text : texts) {
    REQUIRE(base::write_file_atomic(s.at("data") / "last-good", text));
    CHECK_FALSE(s.boot(s.system({{"a", ""}})));
  }
  REQUIRE(base::write_file_atomic(s.at("data") / "last-good", *kept));
  CHECK(s.boot(s.system({{"a", ""}})));
}

TEST_CASE("lifecycle: what operators did by hand stands over a start with the same system manifest", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  s.fixture("null_payload");
  REQUIRE(s.life->load(s.at("null_payload"), manifest::Home::kernel));
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.call("swap/1") == "B");
  CHECK(s.life->plugin_count() == 2);
  REQUIRE(s.life->unload("swap"));
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: a package changed in the folder the system manifest names is what a start takes", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  s.package("a", "good_a", "swap", "", "1.5.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a folder changed in place and swapped in by hand does not undo the rest", "[lifecycle]") {
  System s;
  s.boot_good();
  s.package("n", "null_payload", "null-payload");
  REQUIRE(s.life->load(s.at("n"), manifest::Home::kernel));
  s.package("a", "good_a", "swap", "", "1.5.0");
  REQUIRE(s.life->swap("swap", s.at("a"), {}));
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.life->plugin_count() == 2);
}

TEST_CASE("lifecycle: after a crash what served serves again, and a changed manifest waits for apply", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  REQUIRE(s.boot(s.system({{"a", ""}}), true));
  CHECK(s.call("swap/1") == "B");
  CHECK_FALSE(s.life->manifest_waits());
  const auto changed = s.system({{"a", ", priority: 3"}});
  REQUIRE(s.boot(changed, true));
  CHECK(s.call("swap/1") == "B");
  CHECK(s.life->manifest_waits());
  REQUIRE(s.life->apply(changed, false));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a package to roll back to that cannot be read costs the rollback only", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  s.life.reset();
  auto kept = base::read_file(s.at("data") / "last-good", 1 << 20);
  REQUIRE(kept);
  const size_t at = kept->find("version: 1.0.0");
  REQUIRE(at != std::string::npos);
  kept->replace(at, 7, "versiom");
  REQUIRE(base::write_file_atomic(s.at("data") / "last-good", *kept));
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.call("swap/1") == "B");
  CHECK_THAT(s.refused(s.life->rollback("swap")).message, Contains("has no earlier generation to go back to"));
}

TEST_CASE("lifecycle: why a last good set is not used is told", "[lifecycle]") {
  System s;
  s.boot_good();
  s.life.reset();
  REQUIRE(base::write_file_atomic(s.at("data") / "last-good", "something else\n"));
  const Logged log;
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(log.lines("the last good set cannot be used: the last good set has an unknown form").size() == 1);
}

TEST_CASE("lifecycle: rollback works over a restart", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  REQUIRE(s.boot(s.system({{"b", ""}})));
  CHECK(s.call("swap/1") == "B");
  REQUIRE(s.life->rollback("swap"));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a restart with another version can be rolled back to what served before", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.boot(s.system({{"b", ""}})));
  REQUIRE(s.life->rollback("swap"));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: drift names the manifest's plugin that does not run", "[lifecycle]") {
  System s;
  s.boot_good();
  CHECK(s.life->drift().empty());
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  CHECK(s.life->drift() == s.at("a").string() + " is not what runs");
}

TEST_CASE("lifecycle: after shut down nothing answers and health says so", "[lifecycle]") {
  System s;
  s.boot_good();
  s.life->shut_down();
  CHECK(s.life->plugin_count() == 0);
  CHECK_THAT(s.life->health_json(), Contains("\"status\":\"stopping\""));
  CHECK_THAT(s.call("swap/1"), Contains("no plugin provides swap/1.answer now"));
}

TEST_CASE("lifecycle: the TLS state of a connection that nobody serves is freed", "[lifecycle]") {
  System s;
  manifest::SystemManifest system = s.system({});
  system.resident = {"libssl.so.3"};
  REQUIRE(s.boot(system));
  static std::atomic<int> freed{0};
  const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr,
                                         [](void*, void*, CRYPTO_EX_DATA*, int, long, void*) { ++freed; });
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  SSL* const tls = SSL_new(context);
  SSL_CTX_free(context);
  REQUIRE(SSL_set_ex_data(tls, index, &freed) == 1);
  s.life->tls_dropped(tls);
  CHECK(freed == 1);
}

}  // namespace socle::lifecycle::test
