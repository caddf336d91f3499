// policy_canary_test.cpp: while a canary of a policy runs, models/1 is told how each decision went. The test is
// models/1.
#include <algorithm>

#include "office.hpp"

using namespace auth_test;

namespace {

using Lines = std::vector<std::string>;

struct PolicyTrial : Office {
  explicit PolicyTrial(FakeHost& on) : Office(on) {
    host.serve("models/1", "list", [this](const ServiceCall&) {
      std::string items;
      for (const auto& [name, source] : sources)
        items.append(items.empty() ? "" : ",").append(R"({"name":")" + name + R"(","version":"1.0.0"})");
      return Reply::json("{\"items\":[" + items + "]}");
    });
    host.serve("models/1", "resolve", [this](const ServiceCall& call) { return resolve(call); });
    host.serve("models/1", "report", [this](const ServiceCall& call) -> Reply {
      reports.push_back(std::string(call.context.tenant()) + " " + std::string(call.meta("kind")) + " " +
                        std::string(call.meta("name")) + " " + std::string(call.meta("version")) + " " +
                        std::string(call.meta("outcome")));
      micros = call.meta("micros");
      if (deaf) return Reply::error(Code::unavailable, "no_provider", "no plugin provides models/1.report now");
      return Reply();
    });
    pass(6s);  // longer than a list of no policies is believed
  }
  void publish(const std::string& name, const std::string& when, bool as_canary) {
    sources[name] = R"({"policy":")" + name + R"(","resources":["forms/leave"],"rules":[{"effect":"deny",)" +
                    R"("actions":["read"],"when":")" + when + "\"}]}";
    canaries[name] = as_canary;
  }
  Reply decide(const std::string& x) {
    return ask("decide", R"({"resource":"forms/leave","action":"read","record":{"doc":{"x":)" + x + "}}}", {}, admin);
  }

  // Version 2.0.0 for everybody, and a canary 3.0.0 of it for some.
  void split(const std::string& name, const std::string& rules, const std::string& canary_rules) {
    const std::string head = R"({"policy":")" + name + R"(","resources":["forms/leave"],"rules":)";
    sources[name] = head + rules + "}";
    trials[name] = head + canary_rules + "}";
    canaries[name] = true;
  }
  Reply about(std::string_view method, const Who& who) {
    return ask(method, R"({"resource":"forms/leave","action":"create"})", {}, who);
  }

  std::map<std::string, std::string> sources;
  std::map<std::string, std::string> trials;  // what the users in `meets` are answered
  std::vector<std::string> meets;
  std::map<std::string, bool> canaries;
  bool deaf = false;
  Lines reports;
  std::string micros;

 private:
  Reply resolve(const ServiceCall& call) {
    const auto question = json::Document::parse(call.text());
    REQUIRE(question);
    const std::string name(question->root().find("name").as_string());
    const auto found = sources.find(name);
    if (found == sources.end()) return Reply::error(Code::not_found, "unknown_model", "there is no such model");
    const auto asked = question->root().find("version").as_string();
    const auto lane = question->root().find("lane").as_string();
    const auto user = std::string(lane.empty() ? call.context.principal() : lane);
    const bool in_canary = std::find(meets.begin(), meets.end(), user) != meets.end();
    const bool trial = trials.count(name) != 0 && (asked.empty() ? in_canary : asked == "3.0.0");
    const std::string hash = "hash of " + name + (trial ? ", tried" : "");
    const bool source = question->root().find("source").as_bool();
    const auto& text = trial ? trials[name] : found->second;
    return Reply::json("{\"hash\":\"" + hash + "\"" + (source ? ",\"source\":" + text : "") + "}")
        .with("version", trial ? "3.0.0" : "2.0.0")
        .with("hash", hash)
        .with("canary", canaries[name] ? "true" : "");
  }
};

}  // namespace

TEST_CASE("auth: each decision and filter under a canary of a policy is reported once, with its time", "[auth]") {
  FakeHost host;
  PolicyTrial trial(host);
  trial.publish("leave", "record.x > 1", true);
  const Lines one{"acme policies leave 2.0.0 ok"};
  CHECK(member(trial.decide("1"), "effect") == "allow");
  CHECK(trial.reports == one);
  trial.reports.clear();
  CHECK(member(trial.decide("2"), "effect") == "deny");  // as the rule says: no error
  CHECK(trial.reports == one);
  trial.reports.clear();
  CHECK(outcome(trial.ask("filter", R"({"resource":"forms/leave","action":"read"})", {}, trial.admin)) == "ok");
  CHECK(trial.reports == one);
  trial.reports.clear();
  CHECK(outcome(trial.ask("explain", R"({"resource":"forms/leave","action":"read"})", {}, trial.admin)) == "ok");
  CHECK(trial.reports.empty());

  host.stall("call");  // of models/1.resolve
  const Asked slow =
      trial.begin("decide", R"({"resource":"forms/leave","action":"read","record":{"doc":{"x":1}}})", {}, trial.admin);
  host.advance(3ms);
  REQUIRE_FALSE(slow.done());
  host.release_stalled();
  host.run_until_idle();
  REQUIRE(slow.done());
  CHECK(trial.reports == one);
  CHECK(trial.micros == "3000");
}

TEST_CASE("auth: a deny that cannot be evaluated is an error of its policy's canary, and of no other", "[auth]") {
  FakeHost host;
  PolicyTrial trial(host);
  trial.publish("a-sound", "record.x == 'closed'", true);
  trial.publish("leave", "record.x > 1", true);
  const Reply denied = trial.decide(R"("a text")");
  CHECK(member(denied, "effect") == "deny");
  CHECK(member(denied, "policy") == "leave");
  CHECK(member(denied, "error") == "true");
  CHECK(trial.reports == Lines{"acme policies a-sound 2.0.0 ok", "acme policies leave 2.0.0 error"});
}

TEST_CASE("auth: policies without a canary are not reported on", "[auth]") {
  FakeHost host;
  PolicyTrial trial(host);
  trial.publish("a-sound", "record.x == 'closed'", true);
  trial.publish("leave", "record.x > 1", false);
  CHECK(member(trial.decide(R"("a text")"), "effect") == "deny");
  CHECK(trial.reports == Lines{"acme policies a-sound 2.0.0 ok"});
  trial.reports.clear();
  trial.publish("a-sound", "record.x == 'closed'", false);
  CHECK(member(trial.decide("1"), "effect") == "allow");
  CHECK(trial.reports.empty());
}

TEST_CASE("auth: a decision is answered whether or not models/1 takes the report", "[auth]") {
  FakeHost host;
  PolicyTrial trial(host);
  trial.publish("leave", "record.x > 1", true);
  trial.deaf = true;
  CHECK(member(trial.decide("1"), "effect") == "allow");
  CHECK(trial.reports.size() == 1);
}

TEST_CASE("auth: a route, a decision and a filter go by the version that the user meets of a policy under a canary",
          "[auth]") {
  const std::string allows = R"([{"effect":"allow","actions":["create"]}])";
  const std::string denies = R"([{"effect":"deny","actions":["delete"]}])";
  for (const bool canary_allows : {true, false}) {
    FakeHost host;
    PolicyTrial trial(host);
    const std::string vera = trial.hire("vera", "viewer"), vic = trial.hire("vic", "viewer");
    const auto vera_is = trial.as(vera), vic_is = trial.as(vic);
    trial.pass(6s);
    trial.split("leave", canary_allows ? denies : allows, canary_allows ? allows : denies);
    trial.meets = {vera_is.principal};
    for (int round = 0; round < 3; ++round) {
      // Whoever comes first lists the policies, with the version of his own.
      for (const bool is_vera : {round % 2 == 0, round % 2 != 0}) {
        const bool allowed = is_vera == canary_allows;
        INFO(canary_allows << is_vera << round);
        CHECK(outcome(trial.authenticate(is_vera ? vera : vic, "records:create")) ==
              (allowed ? "ok" : "permission_denied"));
        const auto& who = is_vera ? vera_is : vic_is;
        CHECK(member(trial.about("decide", who), "effect") == (allowed ? "allow" : "deny"));
        CHECK(member(trial.about("filter", who), "effect") == (allowed ? "all" : "none"));
        CHECK(trial.reports.back() == "acme policies leave " + std::string(is_vera ? "3.0.0" : "2.0.0") + " ok");
        CHECK(member(trial.ask("authorize", R"({"permission":"records:create"})", {}, who), "allowed") ==
              (allowed ? "true" : "false"));
        const std::string question = R"({"resource":"forms/leave","action":"create","subject":{"id":")" +
                                     who.principal + R"(","roles":["viewer"]}})";
        CHECK(member(trial.ask("explain", question, {}, trial.admin), "effect") == (allowed ? "allow" : "deny"));
      }
      trial.pass(6s);
    }
  }
}
