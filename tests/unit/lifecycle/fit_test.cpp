// What does not fit together is refused with both sides named, before anything is loaded; and who may do what.
#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

constexpr const char* granted_both =
    ", grants: [call:null-payload/1, call:completes-twice/1, \"filter:completes-twice/1.*\", subscribe:news]";

// The text with which a system of plugins n (null-payload) and c (completes-twice) is refused; `more` to each manifest.
std::string refusal(System& s, const std::string& n, const std::string& c, const std::string& terms = granted_both) {
  s.package("n", "null_payload", "null-payload", n);
  s.package("c", "completes_twice", "completes-twice", c);
  const Status booted = s.boot(s.system({{"n", terms}, {"c", terms}}));
  return booted ? "it boots" : booted.error().message;
}

}  // namespace

TEST_CASE("lifecycle: a missing service is named with who requires it", "[lifecycle]") {
  System s;
  CHECK(refusal(s, "requires: [storage/1]", "", ", grants: [call:storage/1]") ==
        "plugin 'null-payload' requires service storage/1, which no plugin provides; load a provider or remove "
        "'null-payload'");
  CHECK(refusal(s, "requires: [{service: storage/1, optional: true}]", "", ", grants: [call:storage/1]") == "it boots");
}

TEST_CASE("lifecycle: a provider of the wrong version is named with the range that is wanted", "[lifecycle]") {
  System s;
  CHECK_THAT(refusal(s, "requires: [{service: completes-twice/1, plugin_version: \">=2\"}]", ""),
             Contains("plugin 'null-payload' requires service completes-twice/1 from a plugin of version \"") &&
                 Contains("found 'completes-twice' 1.0.0"));
}

TEST_CASE("lifecycle: a circle of requirements is spelled out, an optional one is none", "[lifecycle]") {
  System s;
  CHECK_THAT(refusal(s, "requires: [completes-twice/1]", "requires: [null-payload/1]"),
             Contains("these plugins require one another in a circle, so none can start first: ") &&
                 Contains(" → completes-twice") && Contains("; make one requirement optional"));
  CHECK(refusal(s, "requires: [{service: completes-twice/1, optional: true}]", "requires: [null-payload/1]") ==
        "it boots");
}

TEST_CASE("lifecycle: a service of two providers is ambiguous and both are named", "[lifecycle]") {
  System s;
  s.package("n", "null_payload", "null-payload");
  s.package("c", "completes_twice", "completes-twice", "", "1.0.0",
            "[{service: completes-twice/1, methods: {answer: {}}}, {service: null-payload/1, methods: {answer: {}}}]");
  const Status booted = s.boot(s.system({{"n", ""}, {"c", ""}}));
  REQUIRE_FALSE(booted);
  CHECK_THAT(booted.error().message, Contains("service null-payload/1 is provided by both 'completes-twice' and "
                                              "'null-payload'; keep one of them"));
}

TEST_CASE("lifecycle: a route that two plugins claim names both owners", "[lifecycle]") {
  System s;
  const auto route = [](const std::string& to) {
    return "routes: [{GET: \"/v1/same/{id}\", to: " + to + "/1.answer, access: public}]";
  };
  CHECK_THAT(
      refusal(s, route("null-payload"), route("completes-twice")),
      Contains("route GET /v1/same/{id} of plugin 'null-payload' is claimed by 'completes-twice' too; change one "
               "of the two"));
}

TEST_CASE("lifecycle: a ninth filter around one method is refused, and nobody's is dropped", "[lifecycle]") {
  System s;
  const auto filters = [](int count) {
    std::string text = "filters: [";
    for (int i = 0; i < count; ++i)
      text += std::string(i == 0 ? "" : ", ") +
              "{match: \"completes-twice/1.*\", method: answer, priority: " + std::to_string(i) +
              ", phase: " + (i % 2 == 0 ? "before" : "after") + "}";
    return text + "]";
  };
  CHECK(refusal(s, filters(9), "") ==
        "method completes-twice/1.answer of plugin 'completes-twice' has 9 filters around it and at most 8 are "
        "possible: 'null-payload' (9); remove one, or let one of them do the work of two");
  // These pass, and the fixtures' libraries are looked at, which have no filters.
  const auto fits = Contains("which its library's descriptor does not list");
  CHECK_THAT(refusal(s, filters(8), ""), fits);
  CHECK_THAT(refusal(s, "", filters(9)), fits);  // nobody filters their own calls
}

TEST_CASE("lifecycle: what is not granted is refused with the line to add", "[lifecycle]") {
  System s;
  CHECK(refusal(s, "requires: [completes-twice/1]", "", "") ==
        "plugin 'null-payload' requires service completes-twice/1 and is not granted it; add "
        "\"call:completes-twice/1\" to its grants in the system manifest");
  CHECK_THAT(
      refusal(s, "permissions: [ingress]", "", ""),
      Contains("plugin 'null-payload' asks for permission \"ingress\", which the system manifest does not grant"));
}

TEST_CASE("lifecycle: filters and channels of others want a grant, own channels do not", "[lifecycle]") {
  System s;
  CHECK(refusal(s, "filters: [{match: \"completes-twice/1.*\", method: answer}]", "", "") ==
        "plugin 'null-payload' stands around calls of completes-twice/1.* and is not granted it; add "
        "\"filter:completes-twice/1.*\" to its grants in the system manifest if you trust it that far");
  CHECK(refusal(s, "subscribes: [{channel: news, to: answer}]", "publishes: [{channel: news}]", "") ==
        "plugin 'null-payload' gets what is published on news and is not granted it; add \"subscribe:news\" to its "
        "grants in the system manifest if you trust it that far");
  // These pass, and the fixtures' libraries are looked at, which have no methods for channels.
  const auto fits = Contains("which its library's descriptor does not list");
  CHECK_THAT(refusal(s, "subscribes: [{channel: news, to: answer}]", "publishes: [{channel: news}]"), fits);
  CHECK_THAT(refusal(s, "publishes: [{channel: news}]\nsubscribes: [{channel: news, to: answer}]", "", ""), fits);
}

TEST_CASE("lifecycle: filters stand by priority, and a channel reaches its subscriber", "[lifecycle]") {
  System s;
  s.package("a", "good_a", "swap");
  const auto filter = [](const std::string& method, int priority, const std::string& phase) {
    return "{match: \"swap/1.*\", method: " + method + ", priority: " + std::to_string(priority) + ", phase: " + phase +
           "}";
  };
  s.package("n", "around", "around",
            "filters: [" + filter("inner", 5, "before") + ", " + filter("outer", -5, "before") + ", " +
                filter("middle", 0, "before") + ", " + filter("outer", -5, "after") + ", " +
                filter("inner", 5, "after") +
                "]\npublishes: [{channel: news}]\nsubscribes: [{channel: news, to: heard}]");
  REQUIRE(s.boot(s.system({{"a", ""}, {"n", ", grants: [\"filter:swap/1.*\"]"}})));
  CHECK(s.call("swap/1") == "A");
  // In from the outside, out from the inside.
  CHECK(s.call("around/1") == "omiio");
  CHECK(eventually([&] { return s.call("around/1").starts_with("omiioh"); }));
}

TEST_CASE("lifecycle: a channel whose ends do not agree on what it carries is refused with both", "[lifecycle]") {
  System s;
  CHECK(refusal(s, "subscribes: [{channel: news, to: answer, type: text}]", "publishes: [{channel: news}]") ==
        "channel news carries 'json' of plugin 'completes-twice', and 'null-payload' takes 'text'; make the two `type` "
        "agree");
  CHECK_THAT(refusal(s, "publishes: [{channel: news}]", "publishes: [{channel: news}]"),
             Contains("channel news is published by both"));
}

TEST_CASE("lifecycle: an optional service that is not granted keeps nobody from starting", "[lifecycle]") {
  System s;
  CHECK(refusal(s, "requires: [{service: completes-twice/1, optional: true}]", "", "") == "it boots");
}

TEST_CASE("lifecycle: a method that the manifest names and the library lacks is refused", "[lifecycle]") {
  System s;
  s.boot_good();
  s.package("f", "null_payload", "null-payload", "filters: [{match: swap/1.answer, method: check, priority: 1}]");
  CHECK_THAT(s.refused(s.life->load(s.at("f"), manifest::Home::kernel)).message,
             Contains("plugin 'null-payload' 1.0.0: its manifest names check, which its library's descriptor does not "
                      "list; correct one of them"));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: home cell is refused with its reason", "[lifecycle]") {
  System s;
  s.boot_good();
  const Error error = s.refused(s.life->load(s.fixture("null_payload"), manifest::Home::cell));
  CHECK(error.code == Code::unsupported);
  CHECK_THAT(error.message, Contains("plugin 'null-payload' is to run in a cell") &&
                                Contains("this process starts none") && Contains("`home: kernel`"));
}

TEST_CASE("lifecycle: what others require is not unloaded and the dependants are named", "[lifecycle]") {
  System s;
  REQUIRE(refusal(s, "requires: [completes-twice/1]", "") == "it boots");
  const Error error = s.refused(s.life->unload("completes-twice"));
  CHECK(error.message ==
        "plugin 'completes-twice' is required by 'null-payload' (needs completes-twice/1); unload them first");
  REQUIRE(s.life->unload("null-payload"));
  REQUIRE(s.life->unload("completes-twice"));
  CHECK(s.refused(s.life->unload("completes-twice")).code == Code::not_found);
}

TEST_CASE("lifecycle: explain says why a call is allowed and what an unload breaks", "[lifecycle]") {
  System s;
  REQUIRE(refusal(s, "requires: [completes-twice/1]", "") == "it boots");
  const auto allowed = s.life->explain_call("null-payload", "completes-twice/1.answer");
  REQUIRE(allowed);
  CHECK_THAT(*allowed, Contains("\"allowed\":true") &&
                           Contains("requires and grant call:completes-twice/1, answered by plugin 'completes-twice'"));
  const auto denied = s.life->explain_call("completes-twice", "null-payload/1.answer");
  REQUIRE(denied);
  CHECK_THAT(*denied, Contains("\"allowed\":false") && Contains("plugin 'completes-twice' may not: null-payload/1 must "
                                                                "stand under `requires` of its manifest"));
  const auto unknown = s.life->explain_call("null-payload", "nonsense");
  REQUIRE_FALSE(unknown);
  CHECK_THAT(unknown.error().message, Contains("'nonsense' is no method"));
  const auto breaks = s.life->explain_plugin("completes-twice");
  REQUIRE(breaks);
  CHECK_THAT(*breaks, Contains("\"plugin\":\"null-payload\",\"needs\":\"completes-twice/1\",\"optional\":false"));
}

TEST_CASE("lifecycle: explain follows who stops for want of one that stops, with the routes and listeners of all",
          "[lifecycle]") {
  System s;
  const auto route = [](const std::string& service) {
    return "\nroutes: [{GET: /v1/" + service + ", to: " + service + "/1.answer, access: public}]";
  };
  s.package("d", "good_a", "swap");
  s.package("c", "null_payload", "null-payload", "requires: [swap/1]");
  s.package("b", "completes_twice", "completes-twice", "requires: [null-payload/1]" + route("completes-twice"));
  s.package("a", "stateful_a", "stateful",
            "requires: [{service: completes-twice/1, optional: true}]" + route("stateful"));
  REQUIRE(s.boot(s.system({{"a", ", grants: [call:completes-twice/1]"},
                           {"b", ", grants: [call:null-payload/1]"},
                           {"c", ", grants: [call:swap/1]"},
                           {"d", ""}})));
  CHECK(*s.life->explain_plugin("swap") ==
        R"({"plugin":"swap","breaks":[{"plugin":"null-payload","needs":"swap/1","optional":false},)"
        R"({"plugin":"completes-twice","needs":"null-payload/1","optional":false},)"
        R"({"plugin":"stateful","needs":"completes-twice/1","optional":true}],)"
        R"("routes":["GET /v1/completes-twice"],"listeners":[]})");
  CHECK(*s.life->explain_plugin("stateful") ==
        R"({"plugin":"stateful","breaks":[],"routes":["GET /v1/stateful"],"listeners":[]})");
}

TEST_CASE("lifecycle: apply refuses what needs a restart, with each key's two values, and plan does not",
          "[lifecycle]") {
  System s;
  s.boot_good();
  manifest::SystemManifest next = s.system({{"b", ""}});
  next.workers = 3;
  next.resident = {"libssl.so.3"};
  next.data = s.at("elsewhere");
  CHECK(s.life->apply(next, true));
  const auto applied = s.life->apply(next, false);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code == Code::unsupported);  // no conflict: trying again later would not help
  CHECK(applied.error().message == "a running kernel cannot change data: " + s.at("data").string() + " → " +
                                       s.at("elsewhere").string() +
                                       ", resident: (default) → [libssl.so.3], workers: 2 → 3; nothing was applied; "
                                       "restart `socle run` with this file, or undo these keys and apply the rest");
  CHECK(s.call("swap/1") == "A");
}

}  // namespace socle::lifecycle::test
