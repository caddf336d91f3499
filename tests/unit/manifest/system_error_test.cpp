// What a person reads after a mistake in a system manifest.
#include <catch2/catch.hpp>

#include "manifest_texts.hpp"

using namespace socle::manifest;

TEST_CASE("system manifest: another format version is refused", "[manifest]") {
  CHECK(parse_system_manifest("socle: 2\n", "s.yaml").error().message ==
        "s.yaml:1:8: expected a value from 1 to 1, found '2'");
  CHECK(parse_system_manifest("data: d\n", "s.yaml").error().message ==
        "s.yaml:1:1: missing key 'socle' (integer): Version of this format.");
}

TEST_CASE("system manifest: names that lead nowhere are explained", "[manifest]") {
  CHECK(system_error("plans: {demo: {}}\ntenants: {a: {plan: dmeo}}\n") ==
        "s.yaml:3:14: tenant 'a' has the unknown plan 'dmeo'; did you mean 'demo'?");
  CHECK(system_error("listeners: {http: {address: \"127.0.0.1:1\"}}\nplugins: [{path: a, listen: [htp]}]\n") ==
        "s.yaml:3:11: unknown listener 'htp'; did you mean 'http'?");
  CHECK(system_error("plugins:\n  - path: a\n  - path: ./a\n") ==
        "s.yaml:4:5: the plugin 'a' is listed twice; the first is in line 3");
}

TEST_CASE("system manifest: a listener with a fixed tenant is for loopback and needs both names", "[manifest]") {
  CHECK(
      system_error("listeners: {http: {address: \"0.0.0.0:1\", tenant: a, principal: b}}\n") ==
      "s.yaml:2:19: listener 'http' serves a fixed tenant without credentials, so its address must be a loopback one, "
      "found '0.0.0.0:1'");
  CHECK(system_error("listeners: {http: {address: \"127.0.0.1:1\", tenant: a}}\n") ==
        "s.yaml:2:19: listener 'http' needs both 'tenant' and 'principal', or neither");
}

TEST_CASE("system manifest: mistyped values", "[manifest]") {
  CHECK(system_error("listeners: {http: {address: localhost:80}}\n") ==
        "s.yaml:2:29: expected an address such as 127.0.0.1:8080 or [::1]:8080, found 'localhost:80'");
  CHECK(system_error("listeners: {HTTP: {address: \"127.0.0.1:1\"}}\n") ==
        "s.yaml:2:13: expected a listener name such as http, found 'HTTP'");
  CHECK(system_error("tenants: {../x: {}}\n") == "s.yaml:2:11: expected a tenant id such as acme, found '../x'");
  CHECK(system_error("resident: [ssl]\n") ==
        "s.yaml:2:12: expected a library such as libssl.so.3 or an absolute path, found 'ssl'");
  CHECK(system_error("trust: [abc]\n") ==
        "s.yaml:2:9: expected an Ed25519 public key (64 hex digits, or base64 of its 32 bytes), found 'abc'");
  CHECK(system_error("watch: 5\n") == "s.yaml:2:8: expected true, false or a list of folders, found '5'");
  CHECK(system_error("workers: 0\n") == "s.yaml:2:10: expected a value from 1 to 1024, found '0'");
  CHECK(system_error("workers: two\n") == "s.yaml:2:10: expected a whole number from 0 up such as 64, found 'two'");
  CHECK(system_error("plugins: [{path: }]\n") == "s.yaml:2:12: expected a path, found nothing");
  CHECK(system_error("plugins: [{path: a, canary: {path: b, weight: 5}}]\n") ==
        "s.yaml:2:47: expected a percentage from 0% to 100% such as 5%, found '5'");
}

TEST_CASE("system manifest: the limits of a plan", "[manifest]") {
  CHECK(system_error("plans: {a: {wieght: 1}}\n") == "s.yaml:2:13: unknown limit 'wieght'; did you mean 'weight'?");
  CHECK(system_error("plans: {a: {weight: 0}}\n") == "s.yaml:2:21: expected a number from 0.001 to 1000000, found '0'");
  CHECK(system_error("plans: {a: {rate: fast}}\n") ==
        "s.yaml:2:19: expected a number from 0 up, a duration or a size, found 'fast'");
  CHECK(system_error("plans: {a: {rate: -1}}\n") ==
        "s.yaml:2:19: expected a number from 0 up, a duration or a size, found '-1'");
  CHECK(system_error("plans: {a: {\"a b\": 1}}\n") ==
        "s.yaml:2:13: expected the name of a limit such as rate or sessions.ttl, found 'a b'");
}

TEST_CASE("system manifest: a limit that would let no request end is refused with what to do", "[manifest]") {
  const std::string leave = " (leave it out for no limit, suspend a tenant that shall not be served), found '";
  CHECK(system_error("plans: {a: {in_flight: 0}}\n") ==
        "s.yaml:2:24: expected a whole number from 1 up" + leave + "0'");
  CHECK(system_error("plans: {a: {in_flight: 0.5}}\n") ==
        "s.yaml:2:24: expected a whole number from 1 up" + leave + "0.5'");
  CHECK(system_error("tenants: {a: {limits: {cpu: 0}}}\n") ==
        "s.yaml:2:29: expected a number of cores from 0.001 up" + leave + "0'");
  CHECK(system_error("plans: {a: {memory: 0}}\n") == "s.yaml:2:21: expected a size from 1MiB up" + leave + "0'");
  CHECK(system_error("plans: {a: {memory: 1023KiB}}\n") ==
        "s.yaml:2:21: expected a size from 1MiB up" + leave + "1023KiB'");
}

TEST_CASE("system manifest: what the kernel counts is whole, and every number is finite", "[manifest]") {
  CHECK(system_error("plans: {a: {in_flight: 1.5}}\n").find("expected a whole number from 1 up") != std::string::npos);
  CHECK(system_error("plans: {a: {queue: 0.5}}\n") == "s.yaml:2:20: expected a whole number from 0 up, found '0.5'");
  for (const char* name : {"weight", "rate", "burst", "in_flight", "queue", "cpu", "memory", "records"}) {
    for (const char* number : {"1e400", ".inf", ".nan", "nan", "inf", "-1"}) {
      CAPTURE(name, number);
      CHECK(system_error(std::string("plans: {a: {") + name + ": " + number + "}}\n").find("expected a ") !=
            std::string::npos);
    }
  }
}
