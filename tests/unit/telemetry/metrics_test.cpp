#include "telemetry/metrics.hpp"

#include <catch2/catch.hpp>

using socle::telemetry::Metrics;

namespace {

bool has(const Metrics& metrics, const std::string& line) {
  return metrics.text().find(line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics: a counter adds, a gauge is set", "[telemetry]") {
  Metrics metrics;
  const auto counter = metrics.define("a_total", Metrics::Kind::counter, "things");
  const auto gauge = metrics.define("b{x=\"1\"}", Metrics::Kind::gauge, "level");
  metrics.observe(counter, 2);
  metrics.observe(counter, 3);
  metrics.observe(counter, -1);  // a counter never falls
  metrics.observe(gauge, 7);
  metrics.observe(gauge, 4);
  CHECK(has(metrics, "# HELP a_total things"));
  CHECK(has(metrics, "# TYPE a_total counter"));
  CHECK(has(metrics, "a_total 5"));
  CHECK(has(metrics, "b{x=\"1\"} 4"));
}

TEST_CASE("metrics: a histogram of seconds begins at a microsecond, one of things at one", "[telemetry]") {
  Metrics metrics;
  const auto time = metrics.define("wait_seconds", Metrics::Kind::histogram, "time");
  const auto size = metrics.define("group_calls", Metrics::Kind::histogram, "size");
  metrics.observe(time, 3e-6);
  metrics.observe(size, 64);
  metrics.observe(size, 1e9);
  CHECK(has(metrics, "wait_seconds_bucket{le=\"2e-06\"} 0"));
  CHECK(has(metrics, "wait_seconds_bucket{le=\"4e-06\"} 1"));
  CHECK(has(metrics, "group_calls_bucket{le=\"1\"} 0"));
  CHECK(has(metrics, "group_calls_bucket{le=\"32\"} 0"));
  CHECK(has(metrics, "group_calls_bucket{le=\"64\"} 1"));
  CHECK(has(metrics, "group_calls_bucket{le=\"+Inf\"} 2"));
  CHECK(has(metrics, "group_calls_count 2"));
}

TEST_CASE("metrics: the same name is the same series; another kind or a bad name is none", "[telemetry]") {
  Metrics metrics;
  const auto first = metrics.define("a_total", Metrics::Kind::counter, "things");
  CHECK(metrics.define("a_total", Metrics::Kind::counter, "things") == first);
  CHECK(metrics.define("a_total", Metrics::Kind::gauge, "things") == Metrics::none);
  CHECK(metrics.define("1a", Metrics::Kind::gauge, "bad") == Metrics::none);
  CHECK(metrics.define("a{x=1", Metrics::Kind::counter, "bad") == Metrics::none);
  metrics.observe(Metrics::none, 1);  // does nothing
}
