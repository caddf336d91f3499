// canary_test.cpp: canaries over time, on counts.
#include "rig.hpp"

using namespace models_test;

namespace {

// `users` users evaluate once each and report; gives how many met the canary.
int use(Rig& rig, int users, const std::string& canary_outcome, const std::string& canary_micros = "100") {
  int met = 0;
  for (int i = 0; i < users; ++i) {
    const Reply reply = rig.ask("resolve", "", rig.model({{"lane", "user-" + std::to_string(i)}}));
    REQUIRE(reply.ok());
    if (reply.meta("canary") != "true") continue;
    const bool canary = reply.meta("state") == "canary";
    met += canary ? 1 : 0;
    const std::string outcome = canary ? canary_outcome : "ok", micros = canary ? canary_micros : "100";
    REQUIRE(
        rig.ask("report", "",
                rig.model({{"version", std::string(reply.meta("version"))}, {"outcome", outcome}, {"micros", micros}}))
            .ok());
  }
  return met;
}

void start_canary(Rig& rig) {
  REQUIRE(rig.release(loan("1")).ok());
  const Reply started = rig.release(loan("2"), R"({"canary":{"weight":"25%","for":"2s"}})");
  REQUIRE(started.ok());
  CHECK(member(started, "state") == "canary");
}

std::string last_action(Rig& rig) {
  const auto history = json::Document::parse(rig.ask("history", "", rig.model()).text());
  const json::View entry = history->root().find("items").at(0);
  return std::string(entry.find("action").as_string()) + ": " + std::string(entry.find("reason").as_string());
}

}  // namespace

TEST_CASE("canary: the split is by user, stable, and of the asked weight", "[models]") {
  FakeHost host;
  Rig rig(host);
  start_canary(rig);
  const int met = use(rig, 1000, "ok");
  CHECK(met > 250 - 55);  // four standard deviations of a binomial of 1,000 at 0.25
  CHECK(met < 250 + 55);
  CHECK(use(rig, 1000, "ok") == met);
  CHECK(rig.served({{"version", "1"}}) == "1.0.0");
  CHECK(rig.served({{"version", "1.0.1"}}) == "1.0.1");
}

TEST_CASE("canary: a good one is promoted when its time is over", "[models]") {
  FakeHost host;
  Rig rig(host);
  start_canary(rig);
  use(rig, 400, "ok");
  host.advance(std::chrono::milliseconds(1900));
  CHECK(rig.served({{"lane", "user-0"}}) != "");
  CHECK(last_action(rig).starts_with("canary"));
  host.advance(std::chrono::milliseconds(300));
  CHECK(last_action(rig).starts_with("promote"));
  for (int i = 0; i < 50; ++i) CHECK(rig.served({{"lane", "user-" + std::to_string(i)}}) == "1.0.1");
  CHECK(rig.ask("resolve", "", rig.model()).meta("canary").empty());
}

TEST_CASE("canary: errors send it back before its time", "[models]") {
  FakeHost host;
  Rig rig(host);
  start_canary(rig);
  use(rig, 400, "error");
  host.advance(std::chrono::milliseconds(200));
  CHECK(last_action(rig) == "revert: errors: canary 100.00 %, stable 0.00 %");
  CHECK(rig.served({{"version", "1"}}) == "1.0.0");
  CHECK(rig.served({{"version", "1.0.1"}}) == "1.0.1");
  for (int i = 0; i < 50; ++i) CHECK(rig.served({{"lane", "user-" + std::to_string(i)}}) == "1.0.0");
}

TEST_CASE("canary: a slow one is sent back", "[models]") {
  FakeHost host;
  Rig rig(host);
  start_canary(rig);
  use(rig, 400, "ok", "5000");
  host.advance(std::chrono::milliseconds(200));
  CHECK(last_action(rig).starts_with("revert: p95: canary 5"));
}

TEST_CASE("canary: with too few calls it is sent back at the end", "[models]") {
  FakeHost host;
  Rig rig(host);
  start_canary(rig);
  use(rig, 10, "ok");
  host.advance(std::chrono::milliseconds(2200));
  CHECK(last_action(rig).starts_with("revert: too few calls"));
}

TEST_CASE("canary: rollback ends it, another publish has to wait, the first version can be none", "[models]") {
  FakeHost host;
  Rig rig(host);
  CHECK(rig.release(loan("1"), R"({"canary":{"weight":"25%"}})").error_code() == "no_baseline");
  start_canary(rig);
  CHECK(rig.release(loan("3")).error_code() == "canary_running");
  CHECK(member(rig.ask("rollback", "", rig.model()), "version") == "1.0.0");
  CHECK(use(rig, 50, "ok") == 0);
  CHECK(rig.release(loan("3")).ok());
  CHECK(rig.release(loan("4"), R"({"canary":{"weight":"0%"}})").error_code() == "bad_canary");
  CHECK(rig.release(loan("4"), R"({"canary":{"weight":"5%","for":"soon"}})").error_code() == "bad_canary");
}

TEST_CASE("canary: the next generation takes up the watch where it meets the head", "[models]") {
  FakeHost host;
  MemoryStore kept;
  {
    Rig rig(host);
    start_canary(rig);
    use(rig, 400, "ok");
    kept = std::move(rig.store);
    rig.plugin.reset();
  }
  FakeHost* same = &host;
  Rig next(*same);
  next.store = std::move(kept);
  use(next, 400, "ok");
  host.advance(std::chrono::milliseconds(2200));
  CHECK(last_action(next).starts_with("promote"));
}
