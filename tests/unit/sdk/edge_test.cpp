// edge_test.cpp: connections, resident handles, configuration, and what operators see.
#include <sys/socket.h>
#include <unistd.h>

#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

TEST_CASE("connection: is closed and reported when the plugin lets go", "[sdk]") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  Probe probe(ProbeCode{.connection = [](Host&, Connection connection) {
    CHECK(connection.listener() == "http");
    CHECK(connection.peer() == "127.0.0.1");
    CHECK(connection.buffered() == "GET");
    CHECK(connection.fd() >= 0);
  }});
  probe.plugin->connect(ends[0], "http", "127.0.0.1", "GET");
  CHECK(probe.host.closed().size() == 1);
  char byte;
  CHECK(::read(ends[1], &byte, 1) == 0);
  ::close(ends[1]);
}

TEST_CASE("connection: goes to the next generation with what was read and its TLS object", "[sdk]") {
  static int tls_object;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  Probe probe(ProbeCode{.connection = [](Host&, Connection connection) {
    void* tls = connection.take_tls();
    std::move(connection).give_back("half a req", tls);
  }});
  probe.plugin->connect(ends[0], "http", "10.0.0.7", "", &tls_object);
  const auto returned = probe.host.take_returned();
  REQUIRE(returned.size() == 1);
  CHECK(returned[0].fd == ends[0]);
  CHECK(returned[0].peer == "10.0.0.7");
  CHECK(returned[0].buffered == "half a req");
  CHECK(returned[0].tls == &tls_object);
  CHECK(probe.host.closed().empty());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("resident: a handle is taken once, by the right version", "[sdk]") {
  static int handle, destroyed;
  destroyed = 0;
  {
    Probe probe([](Host& host, Request) -> Task<Reply> {
      const auto destroy = [](void*) { ++destroyed; };
      CHECK(host.resident_put("db", 2, &handle, destroy));
      CHECK(host.resident_put("db", 2, &handle, destroy).error().code == Code::conflict);
      CHECK(host.resident_take("db", 1) == nullptr);
      CHECK(host.resident_take("db", 2) == &handle);
      CHECK(host.resident_take("db", 2) == nullptr);
      CHECK(host.resident_put("db", 2, &handle, destroy));
      return Reply();
    });
    CHECK(probe.ask().ok());
  }
  CHECK(destroyed == 1);
}

TEST_CASE("config: gives each type, and names what is wrong", "[sdk]") {
  const Config config(R"({"on": true, "n": 300, "x": 1.5, "s": "hi", "list": ["a", "b"], "none": null})");
  CHECK(config.get<bool>("on"));
  CHECK(config.get<int>("n") == 300);
  CHECK(config.get<double>("x") == 1.5);
  CHECK(config.get<std::string>("s") == "hi");
  CHECK(config.get<std::vector<std::string>>("list") == std::vector<std::string>{"a", "b"});
  CHECK(config.get<int>("none", 4) == 4);
  CHECK(config.get<int>("absent", 5) == 5);
  CHECK_THROWS_WITH(config.get<std::uint8_t>("n"),
                    "config 'n': wanted an integer in range, found integer; declare it under `config` in the manifest");
  CHECK_THROWS_WITH(config.get<bool>("s"),
                    "config 's': wanted boolean, found string; declare it under `config` in the manifest");
  CHECK_THROWS_WITH(Config("{"), Catch::Contains("config: line 1"));
}

TEST_CASE("log: carries level, fields and tenant", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    host.log(Level::warn, request, "slow", {{"ms", 12}, {"path", "/x"}, {"hit", true}, {"ratio", 0.5}});
    host.log(Level::info, "plain");
    return Reply();
  });
  CHECK(probe.ask().ok());
  REQUIRE(probe.host.logs().size() == 2);
  const LogLine& line = probe.host.logs()[0];
  CHECK(line.level == Level::warn);
  CHECK(line.tenant == "acme");
  CHECK(line.fields ==
        std::map<std::string, std::string>{{"hit", "true"}, {"ms", "12"}, {"path", "/x"}, {"ratio", "0.5"}});
}

TEST_CASE("metrics: counters add, gauges hold, meters charge the tenant", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const Metric hits = host.counter("hits", "Requests"), level = host.gauge("level", "Level");
    hits.add();
    hits.add(2);
    level.set(5);
    level.set(4);
    Metric().add();  // one that was never made is harmless
    host.meter(request, "bytes", 10);
    co_return Reply::text(std::to_string(host.limit(request, "seats")));
  });
  probe.host.set_limit("seats", 3);
  CHECK(probe.ask().text() == "3.000000");
  CHECK(probe.host.metric("hits") == 3);
  CHECK(probe.host.metric("level") == 4);
  CHECK(probe.host.metered("acme", "bytes") == 10);
}

TEST_CASE("spans and fault points: a span ends with its scope, a fault stops where it is asked for", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const Span span = host.span(request, "parse");
    if (auto fine = host.fault_point("before sync"); !fine) return Reply(fine.error());
    return Reply();
  });
  CHECK(probe.ask().ok());
  CHECK(probe.host.spans() == std::vector<std::string>{"parse"});
  probe.host.fault_at("before sync", Code::storage_full);
  CHECK(probe.ask().message() == "before sync: storage_full");
}

TEST_CASE("catalogue: is read by name and moves its version", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    return Reply::text(std::to_string(host.catalog_version()) + " " + std::string(host.catalog("routes").text()));
  });
  probe.host.set_catalog("routes", "[]");
  CHECK(probe.ask().text() == "2 []");
}
