// faults_test.cpp: what storage's failures and cut waits leave behind.
#include "rig.hpp"

using namespace auth_test;

TEST_CASE("auth: nobody is let in or shut out while storage does not answer", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const std::string known = Rig::cookie(rig.login());
  CHECK(outcome(rig.authenticate(known)) == "ok");
  host.fail("call", Code::unavailable, 0);
  CHECK(rig.authenticate(session).code() == Code::unavailable);
  CHECK(outcome(rig.authenticate(known)) == "ok");
  CHECK(rig.login().code() == Code::unavailable);
}

TEST_CASE("auth: a sign-in cut at any of its waits leaves nothing behind and can be repeated", "[auth]") {
  const unsigned points = for_each_await_point([](FakeHost& host, unsigned) {
    Rig rig(host, Answers::later);
    const auto invite = [&rig] {
      const Reply invited =
          rig.ask("invite", R"({"tenant":"acme","username":"admin","roles":["admin"]})", {}, {"acme", "kernel", ""});
      return invited ? member(invited, "password_link").substr(33) : std::string("none");
    };
    std::string link = invite();
    if (link == "none") link = invite();
    if (!rig.use(link)) static_cast<void>(rig.use(link));  // a second time, unless the first had done it
    const Reply in = rig.login();
    CHECK(outcome(in ? in : rig.login()) == "ok");
  });
  CHECK(points > 10);
}

TEST_CASE("auth: a sign-out cut at any of its waits has not told a lie", "[auth]") {
  std::string session;
  for (unsigned n = 1; n < 40; ++n) {
    FakeHost host;
    Rig rig(host, Answers::later);
    session = rig.enter();
    const Rig::Who ada = rig.as(session);
    host.cancel_await_point(n);
    const Reply out = rig.ask("logout", "", {}, ada);
    const bool cut = host.await_points() >= n;
    host.cancel_await_point(0);
    if (out) CHECK(outcome(rig.authenticate(session)) == "session_revoked");
    if (!cut) break;
  }
}
