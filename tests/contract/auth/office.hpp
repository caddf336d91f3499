// office.hpp: a tenant with an administrator who has signed in, and whoever he hires.
#pragma once

#include "rig.hpp"

namespace auth_test {

struct Office : Rig {
  explicit Office(FakeHost& on) : Rig(on), session(enter()), admin(as(session)) {}
  // A further user, come in; his session.
  std::string hire(const std::string& name, const std::string& role) {
    const Reply made = ask("create_user", R"({"username":")" + name + R"(","roles":[")" + role + "\"]}", {}, admin);
    REQUIRE(outcome(made) == "ok");
    ids[name] = member(made, "user/id");
    REQUIRE(outcome(use(member(made, "password_link").substr(33))) == "ok");
    return cookie(login(name));
  }
  Reply of(std::string_view method, const std::string& name, const std::string& text = "") {
    return ask(method, text, {{"id", ids[name]}}, admin);
  }
  // Who a new key of somebody is, narrowed to these scopes (JSON).
  Who narrow(const Who& owner, const std::string& scopes) {
    const Reply made = ask("create_key", R"({"name":"k","scopes":)" + scopes + "}", {}, owner);
    REQUIRE(outcome(made) == "ok");
    return as(member(made, "secret"));
  }
  std::string session;
  Who admin;
  std::map<std::string, std::string> ids;
};

}  // namespace auth_test
