#include <catch2/catch.hpp>

#include "manifest_texts.hpp"

using namespace socle::manifest;

namespace {
std::vector<std::string> difference_of(const std::string& before, const std::string& after) {
  std::vector<std::string> lines;
  for (const auto& change : difference(system_of(before).value(), system_of(after).value())) {
    const char* sign = change.kind == Change::Kind::added ? "+" : change.kind == Change::Kind::removed ? "-" : "~";
    lines.push_back(sign + change.key + ": " + change.before + " > " + change.after);
  }
  return lines;
}
using Lines = std::vector<std::string>;
}  // namespace

TEST_CASE("difference: order, quoting, comments and written-out defaults do not count", "[manifest]") {
  CHECK(difference_of("plans: {a: {rate: 1, burst: 2}}\nswap: {drain: 60s}\n",
                      "swap: {drain: 1min, max_draining: 4} # same\nplans: {a: {burst: 2, \"rate\": 1}}\n") == Lines{});
}

TEST_CASE("difference: what is added, removed and changed", "[manifest]") {
  CHECK(difference_of("plugins: [{path: p/a, home: kernel}, {path: p/b, config: {x: 1, y: [1]}}]\ntenants: {t: {}}\n",
                      "plugins: [{path: p/b, config: {x: \"1\", y: [1, 2]}}, {path: p/c}]\nworkers: 3\n") ==
        Lines{"-plugins.a.home: kernel > ", "-plugins.a.path: /etc/socle/p/a > ", "~plugins.b.config.x: 1 > \"1\"",
              "+plugins.b.config.y[1]:  > 2", "+plugins.c.path:  > /etc/socle/p/c", "-tenants.t: {} > ",
              "+workers:  > 3"});
}

TEST_CASE("difference: two plugin folders of one name stay apart", "[manifest]") {
  const auto keys = canonical(system_of("plugins: [{path: a/x}, {path: b/x}]\n").value());
  CHECK(keys.at("plugins.x.path") == "/etc/socle/a/x");
  CHECK(keys.at("plugins.x#2.path") == "/etc/socle/b/x");
}

TEST_CASE("difference: what a running kernel cannot change is told apart", "[manifest]") {
  for (const char* key :
       {"data", "control", "workers", "resident", "watch.directories", "listeners.http.address",
        "listeners.http.connections", "listeners.http.connections_per_peer", "log.level", "offload.threads"})
    CHECK(needs_restart(key));
  for (const char* key : {"plugins.hello.config.greeting", "tenants.demo.plan", "listeners.http.limits.body",
                          "listeners.http.tls.key", "swap.pause", "plans.a.rate", "trust[0]"})
    CHECK_FALSE(needs_restart(key));
}

TEST_CASE("difference: what the command line says goes before the file", "[manifest]") {
  auto running = system_of("listeners: {http: {address: \"127.0.0.1:1\"}}\nworkers: 1\n").value();
  Overrides given;
  given.workers = 4;
  given.data = "/elsewhere";
  given.http = parse_address("127.0.0.1:2");
  lay_over(running, given);
  auto changed = system_of("listeners: {http: {address: \"127.0.0.1:3\"}}\nworkers: 2\ndata: d\n").value();
  CHECK_FALSE(difference(running, changed).empty());
  lay_over(changed, running.overrides);
  CHECK(difference(running, changed).empty());
}
