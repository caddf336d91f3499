// fake_auth.cpp: an auth/1 provider for the tests of `socle tenant`: it invites and issues what can be seen in its
// answer, for whom and as whom it was asked, or fails as its setting says. For benchmarks of very many tenants it
// believes a bearer that is a tenant's name.
#include <socle/json/document.hpp>
#include <socle/plugin.hpp>

class FakeAuth : public socle::Plugin {
 public:
  explicit FakeAuth(socle::Host& host) : fails_(host.config().get<std::string>("fails")) {}

  socle::Reply invite(socle::Request request) {
    if (fails_ == "refuses")
      return socle::Reply::error(socle::Code::conflict, "user_exists", "there is an admin already");
    if (fails_ == "says_nothing") return socle::Reply::json("{}");
    const auto body = socle::json::Document::parse(request.text());
    if (!body) return body.error();
    const std::string name(body->root().find("username").as_string());
    const std::string role(body->root().find("roles").at(0).as_string());
    return socle::Reply::json(R"({"username":")" + name + R"(","password_link":"https://socle.test/)" +
                              who(request, body->root()) + "/" + name + "/" + role + "\"}");
  }

  socle::Reply issue(socle::Request request) {
    const auto body = socle::json::Document::parse(request.text());
    if (!body) return body.error();
    const auto user = body->root().find("user");
    return socle::Reply::json(R"({"token":"token-)" + who(request, body->root()) + "-" +
                              (user.exists() ? std::string(user.as_string()) : "nobody") + "\"}");
  }

  socle::Reply authenticate(socle::Request request) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view shown = request.meta("authorization");
    if (!shown.starts_with(scheme)) return socle::Reply::error(socle::Code::unauthenticated, "unauthenticated", "who?");
    return socle::Reply().with("tenant", std::string(shown.substr(scheme.size()))).with("principal", "tester");
  }

 private:
  // The context's tenant, and the body's where that is another.
  static std::string who(const socle::Request& request, socle::json::View body) {
    const std::string tenant(request.tenant());
    const std::string named(body.find("tenant").as_string());
    return tenant == named ? tenant : tenant + "!=" + named;
  }

  std::string fails_;
};

SOCLE_PLUGIN(FakeAuth, socle::service("auth", 1)
                           .method("invite", &FakeAuth::invite)
                           .method("issue", &FakeAuth::issue)
                           .method("authenticate", &FakeAuth::authenticate))
