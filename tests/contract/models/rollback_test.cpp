// rollback_test.cpp: an older version served again, and a model that is retired and comes back.
#include "rig.hpp"

using namespace models_test;

TEST_CASE("models: rollback serves the version before, or any, and the next number is free", "[models]") {
  FakeHost host;
  Rig rig(host);
  REQUIRE(rig.release(loan("1")).ok());
  CHECK(rig.ask("rollback", "", rig.model()).error_code() == "no_previous");
  REQUIRE(rig.release(loan("2")).ok());
  REQUIRE(rig.release(loan("3")).ok());
  CHECK(member(rig.ask("rollback", "", rig.model()), "version") == "1.0.1");
  CHECK(rig.served() == "1.0.1");
  CHECK(rig.served({{"version", "1"}}) == "1.0.1");
  CHECK(member(rig.ask("rollback", R"({"version":"1.0.0"})", rig.model()), "version") == "1.0.0");
  CHECK(rig.ask("rollback", R"({"version":"7"})", rig.model()).error_code() == "unknown_version");
  CHECK(member(rig.release(loan("4")), "version") == "1.0.3");
  const auto history = json::Document::parse(rig.ask("history", "", rig.model()).text());
  CHECK(history->root().find("items").size() == 6);
  CHECK(history->root().find("items").at(1).find("action").as_string() == "rollback");
  CHECK(history->root().find("items").at(1).find("by").as_string() == "user:ada");
  CHECK(member(rig.ask("diff", "", rig.model({{"from", "1.0.0"}})), "patch") ==
        R"([{"op":"replace","path":"/output","value":4}])");
}

TEST_CASE("models: a rollback serves only what a key that is trusted now has signed", "[models]") {
  FakeHost host;
  Rig rig(host);
  REQUIRE(rig.release(loan("1")).ok());
  REQUIRE(rig.release(loan("2")).ok());
  const std::string key(64, 'a');
  REQUIRE(rig.ask("trust", R"({"keys":[")" + key + R"("]})").ok());
  for (const auto* which : {"", R"({"version":"1.0.0"})"}) {
    const Reply refused = rig.ask("rollback", which, rig.model());
    CHECK(refused.http_status() == 403);
    CHECK(refused.error_code() == "bad_signature");
    CHECK(refused.message().find("version 1.0.0 cannot be served again") != std::string_view::npos);
    CHECK(rig.served() == "1.0.1");
  }
  REQUIRE(rig.ask("trust", R"({"keys":[]})").ok());
  CHECK(member(rig.ask("rollback", "", rig.model()), "version") == "1.0.0");
}

TEST_CASE("models: a retired model is served to nobody, keeps its versions, and comes back by a rollback", "[models]") {
  FakeHost host(HostOptions{.workers = 2});
  Rig rig(host);
  CHECK(rig.ask("retire", "", rig.model()).error_code() == "unknown_model");
  REQUIRE(rig.release(loan("1")).ok());
  REQUIRE(rig.release(loan("2")).ok());
  const Reply retired = rig.ask("retire", R"({"reason":"replaced"})", rig.model());
  REQUIRE(retired.ok());
  CHECK(member(retired, "state") == "retired");
  for (std::uint32_t w = 0; w < 2; ++w) CHECK(rig.served({}, "loan", w) == "unknown_model");
  CHECK(rig.served({{"version", "1.0.0"}}) == "1.0.0");  // data made with it may still ask for it
  CHECK(rig.ask("get", "", rig.model()).error_code() == "unknown_model");
  CHECK(member(rig.ask("list", "", {}), "items").find(R"("retired":true)") != std::string::npos);
  CHECK(member(rig.ask("export", "", {}), "items") == "[]");
  CHECK(member(rig.ask("retire", "", rig.model()), "state") == "retired");  // again: nothing more to do
  const auto history = json::Document::parse(rig.ask("history", "", rig.model()).text());
  CHECK(history->root().find("items").size() == 3);
  CHECK(history->root().find("items").at(0).find("action").as_string() == "retire");
  CHECK(history->root().find("items").at(0).find("reason").as_string() == "replaced");
  CHECK(member(rig.ask("rollback", "", rig.model()), "version") == "1.0.1");
  for (std::uint32_t w = 0; w < 2; ++w) CHECK(rig.served({}, "loan", w) == "1.0.1");
}

TEST_CASE("models: a model that was never published has no history, one that is retired keeps its own", "[models]") {
  FakeHost host;
  Rig rig(host);
  const auto asked = [&rig] {
    const Reply reply = rig.ask("history", "", rig.model());
    return reply.ok() ? member(reply, "items") : std::string(reply.error_code());
  };
  CHECK(asked() == "unknown_model");  // nothing was ever stored
  REQUIRE(rig.ask("save", loan("1"), rig.model()).ok());
  CHECK(asked() == "unknown_model");  // a draft, as of its versions
  REQUIRE(rig.ask("publish", "", rig.model()).ok());
  REQUIRE(rig.ask("retire", "", rig.model()).ok());
  CHECK(asked().find(R"("action":"publish")") != std::string::npos);
}

TEST_CASE("models: what is published after a retirement goes on from the version that was retired", "[models]") {
  FakeHost host;
  Rig rig(host);
  REQUIRE(rig.release(loan("1")).ok());
  REQUIRE(rig.ask("retire", "", rig.model()).ok());
  CHECK(member(rig.release(loan("2")), "version") == "1.0.1");
  CHECK(rig.served() == "1.0.1");
}
