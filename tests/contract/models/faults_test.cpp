// faults_test.cpp: a publish cut at each of its await points leaves the old or the new version, and never a stale
// answer after its own.
#include <set>

#include "rig.hpp"

using namespace models_test;

namespace {

// The version in the head as it is stored.
std::string stored_version(Rig& rig) {
  const auto answer = rig.store.call("acme", Method::get,
                                     json::Document::parse(R"({"collection":"models","id":"rules/loan"})")->root());
  if (answer.failed) return "none";
  return std::string(json::Document::parse(answer.text)->root().find("doc").find("active").as_string());
}

// Runs `scenario` with nothing cut, then with its 1st, 2nd, … await point cut. It gives how many there were where it
// matters; what it looks at afterwards is not cut. (for_each_await_point would cut that too.)
template <class Scenario>
unsigned cut_each(Scenario scenario, HostOptions options = {}) {
  for (unsigned n = 0;; ++n) {
    FakeHost host(options);
    const unsigned points = scenario(host, n);
    if (n > 0 && points < n) return n - 1;
    REQUIRE(n < 500);
  }
}
template <class Action>
unsigned cutting(FakeHost& host, unsigned cut, Action action) {
  host.cancel_await_point(cut);
  action();
  const unsigned points = host.await_points();
  host.cancel_await_point(0);
  return points;
}

}  // namespace

TEST_CASE("models: a publish cut at any await point is old or new, and what is served is what is stored", "[models]") {
  std::set<std::string> outcomes;
  unsigned acknowledged = 0;
  const unsigned points = cut_each(
      [&](FakeHost& host, unsigned cut) {
        Rig rig(host, Answers::later);
        REQUIRE(rig.release(loan("1")).ok());
        REQUIRE(rig.served({}, "loan", 1) == "1.0.0");
        REQUIRE(rig.ask("save", loan("2"), rig.model()).ok());
        Reply published;
        const unsigned met = cutting(host, cut, [&] { published = rig.ask("publish", "", rig.model()); });
        const std::string stored = stored_version(rig);
        outcomes.insert(stored);
        acknowledged += published.ok() ? 1 : 0;
        if (published.ok()) CHECK(stored == "1.0.1");
        CHECK((stored == "1.0.0" || stored == "1.0.1"));
        for (std::uint32_t worker = 0; worker < 2; ++worker) {
          const std::string seen = rig.served({}, "loan", worker);
          CHECK((seen == "1.0.0" || seen == "1.0.1"));
          if (published.ok()) CHECK(seen == "1.0.1");
        }
        // A second try ends it, whatever the first left behind.
        const Reply again = rig.ask("publish", "", rig.model());
        CHECK((again.ok() || again.error_code() == "no_draft"));
        CHECK(stored_version(rig) == "1.0.1");
        return met;
      },
      HostOptions{.workers = 2});
  CHECK(points >= 8);
  CHECK(outcomes.size() == 2);
  CHECK(acknowledged >= 1);
}

TEST_CASE("models: a save cut at any await point stores the whole draft or none", "[models]") {
  const unsigned points = cut_each([&](FakeHost& host, unsigned cut) {
    Rig rig(host, Answers::later);
    Reply saved;
    const unsigned met = cutting(host, cut, [&] { saved = rig.ask("save", loan("1"), rig.model()); });
    const Reply draft = rig.ask("get", "", rig.model({{"version", "draft"}}));
    if (saved.ok()) CHECK(member(draft, "text") == loan("1"));
    CHECK((draft.ok() || draft.error_code() == "no_draft"));
    return met;
  });
  CHECK(points >= 4);
}

TEST_CASE("models: a resolve whose read was cut is answered and remembers nothing wrong", "[models]") {
  const unsigned points = cut_each([&](FakeHost& host, unsigned cut) {
    Rig rig(host, Answers::later);
    REQUIRE(rig.release(loan("1")).ok());
    rig.plugin = std::make_unique<TestedPlugin>(host, MODELS_LIBRARY, config);
    const unsigned met = cutting(host, cut, [&] { static_cast<void>(rig.served()); });
    CHECK(rig.served() == "1.0.0");
    return met;
  });
  CHECK(points >= 1);
}

TEST_CASE("models: a publish during another's read is not overtaken by the old value", "[models]") {
  FakeHost host(HostOptions{.workers = 2});
  Rig rig(host, Answers::later);
  REQUIRE(rig.release(loan("1")).ok());
  REQUIRE(rig.ask("save", loan("2"), rig.model()).ok());
  rig.plugin = std::make_unique<TestedPlugin>(host, MODELS_LIBRARY, config);  // empty tables
  host.stall("call");
  const Asked reading = rig.begin("resolve", "", rig.model(), 1);
  REQUIRE_FALSE(reading.done());
  // The stalled read has its old answer already; now the new version is published and acknowledged.
  REQUIRE(rig.ask("publish", "", rig.model()).ok());
  host.release_stalled();
  const Reply late = rig.finish(reading, 1);
  CHECK(late.meta("version") == "1.0.1");
  CHECK(rig.served({}, "loan", 1) == "1.0.1");
}

TEST_CASE("models: compiling goes on when the generation drains before the channel delivers", "[models]") {
  FakeHost host;
  Rig rig(host);
  const Asked saving = rig.begin("save", loan("1"), rig.model());
  host.run_until_idle();
  REQUIRE_FALSE(saving.done());
  CHECK(rig.plugin->drain().ok());
  host.run_until_idle();
  REQUIRE(saving.done());
  CHECK(saving.reply().ok());
}

TEST_CASE("models: a full pipeline is told, not waited for", "[models]") {
  FakeHost host;
  Rig rig(host);
  host.fail("publish", socle::Code::unavailable);
  const Reply reply = rig.ask("save", loan("1"), rig.model());
  CHECK(reply.error_code() == "pipeline_full");
  CHECK(reply.meta("retry-after") == "1");
}

TEST_CASE("models: a worker that does not confirm makes the publish say so", "[models]") {
  FakeHost host;
  Rig rig(host);
  REQUIRE(rig.ask("save", loan("1"), rig.model()).ok());
  host.fail("context_act_as");
  const Reply reply = rig.ask("publish", "", rig.model());
  CHECK(reply.error_code() == "switch_unconfirmed");
  CHECK(rig.served() == "1.0.0");
}
