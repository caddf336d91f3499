// rig.hpp: the auth plugin as it is built, on a fake host: storage/1 is the model all adapters are compared with, a
// request comes as the gateway would send it, and auth/1.forget reaches the same instance.
#pragma once

#include <catch2/catch.hpp>
#include <socle/json.hpp>
#include <socle/testing.hpp>

#include <functional>
#include <map>
#include <utility>

#include "support/memory_store.hpp"

namespace auth_test {

namespace json = socle::json;
using namespace socle::testing;
using namespace std::chrono_literals;
using socle::Code;
using socle::Reply;
using socle::storage::MemoryStore;
using socle::storage::Method;

inline constexpr const char* config = R"({"token_life":600000000000,"token_algorithm":"EdDSA",
  "token_key_life":2592000000000000,"token_key_file":"","password_memory":8388608,"password_passes":1,"password_lanes":1,
  "password_length":8,"hashes":2,"hashes_per_tenant":4,"hashes_per_address":2,"login_attempts":3,
  "login_refill":60000000000,"session_ttl":1800000000000,"session_limit":7200000000000,"link_ttl":3600000000000,
  "cache":64,"cold_burst":20,"cold_refill":1000000000,"public_url":"https://socle.test/","issuer":"Socle",
  "behind_tls":false,"oidc_reach":"local","oidc_time":2000000000,"oidc_retry":10000000,"oidc_ca_file":"","hosts":{"acme.test":"acme"}})";

inline std::string member(const Reply& reply, std::string_view path) {
  auto parsed = json::Document::parse(reply.text());
  if (!parsed) return "(no JSON)";
  json::View value = parsed->root();
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view name = path.substr(at, end - at);
    value = value.is_array() ? value.at(static_cast<std::size_t>(std::stoi(std::string(name)))) : value.find(name);
    at = end + 1;
  }
  return value.is_string() ? std::string(value.as_string()) : json::to_text(value);
}

// "200 tenant=…" is of no use here: the stable code, or "ok".
inline std::string outcome(const Reply& reply) { return reply ? "ok" : std::string(reply.error_code()); }

// Who a request is from: what authenticate said of a credential.
struct Who {
  std::string tenant = "~peer/192.0.2.7", principal = "anonymous", claims{};
};

class Rig {
 public:
  using Who = auth_test::Who;
  // `more`: further settings, `"name":value,` each.
  explicit Rig(FakeHost& on, Answers answers = Answers::at_once, const std::string& more = "") : host(on) {
    for (const auto& [name, method] : {std::pair{"get", Method::get}, std::pair{"query", Method::query},
                                       std::pair{"write", Method::write}, std::pair{"declare", Method::declare}})
      serve(name, method, answers);
    host.serve("tenants/1", "usage", [this](const ServiceCall& call) {
      happen();
      return Reply::json(call.context.tenant() == suspended ? R"({"state":"suspended"})" : R"({"state":"active"})");
    });
    host.serve("models/1", "resolve", [](const ServiceCall&) {
      return Reply::error(Code::unavailable, "no_provider", "no plugin provides models/1.resolve now");
    });
    host.serve("models/1", "list", [](const ServiceCall&) {
      return Reply::error(Code::unavailable, "no_provider", "no plugin provides models/1.list now");
    });
    host.serve("models/1", "report", [](const ServiceCall&) { return Reply(); });
    host.serve("auth/1", "forget", [this](const ServiceCall&) {
      ++told;
      happen();
      return Reply();
    });
    host.serve("audit/1", "record", [this](const ServiceCall& call) {
      const auto event = json::Document::parse(call.text());
      REQUIRE(event);
      trail.push_back(std::string(event->root().find("operation").as_string()) + " " +
                      std::string(event->root().find("target").as_string()) + " " +
                      std::string(event->root().find("status").as_string()));
      return Reply();
    });
    host.serve("auth/1", "authenticate", [this](const ServiceCall& call) {
      return authenticates ? authenticates(call) : Reply::error(Code::unsupported, "not_here", "set `authenticates`");
    });
    host.serve("auth/1", "access_changed", [](const ServiceCall&) { return Reply(); });
    plugin = std::make_unique<TestedPlugin>(host, AUTH_LIBRARY, "{" + more + std::string(config).substr(1));
    REQUIRE(plugin->created().message() == "");
  }

  Asked begin(std::string_view method, const std::string& text, Texts meta, const Who& who, std::uint32_t worker = 0) {
    Ask ask;
    ask.text = text;
    ask.meta = std::move(meta);
    for (const auto& [key, value] : {std::pair{"http.peer", peer}, std::pair{"http.transport", transport}})
      ask.meta.emplace_back(key, value);
    ask.context.tenant = who.tenant;
    ask.context.principal = who.principal;
    ask.context.claims = who.claims;
    return plugin->begin(method, ask, worker);
  }
  Reply ask(std::string_view method, const std::string& text = "", Texts meta = {}, const Who& who = {},
            std::uint32_t worker = 0) {
    const Asked asked = begin(method, text, std::move(meta), who, worker);
    host.run_until_idle();
    if (!asked.done()) return Reply::error(Code::internal, "still_pending", "the call is not answered");
    return asked.reply();
  }
  Reply authenticate(const std::string& secret, std::string_view access = "authenticated", Texts more = {},
                     std::uint32_t worker = 0) {
    Texts meta{{"access", std::string(access)}, {"method", "GET"}, {"path", "/v1/x"}, {"peer", peer}};
    meta.emplace_back("authorization", "Bearer " + secret);
    meta.insert(meta.end(), more.begin(), more.end());
    return ask("authenticate", "", std::move(meta), {}, worker);
  }
  Who as(const std::string& secret) {
    const Reply known = authenticate(secret);
    REQUIRE(outcome(known) == "ok");
    return {std::string(known.meta("tenant")), std::string(known.meta("principal")), std::string(known.meta("claims"))};
  }
  // The link of a new user of the tenant, as `socle tenant create` gets it.
  std::string invite(const std::string& tenant = "acme", const std::string& name = "admin",
                     const std::string& role = "admin") {
    const Reply invited =
        ask("invite", R"({"tenant":")" + tenant + R"(","username":")" + name + R"(","roles":[")" + role + "\"]}", {},
            {tenant, "kernel", ""});
    REQUIRE(outcome(invited) == "ok");
    const std::string link = member(invited, "password_link");
    REQUIRE(link.substr(0, 35) == "https://socle.test/v1/auth/links/sl");
    return link.substr(33);
  }
  Reply use(const std::string& link, const std::string& text = R"({"password":"tr0ub4dor&3"})", const Who& who = {}) {
    return ask("use_link", text, {{"link", link}}, who);
  }
  Reply login(const std::string& name = "admin", const std::string& password = "tr0ub4dor&3",
              const std::string& tenant = "acme", Texts meta = {}, const std::string& code = "") {
    return ask("login",
               R"({"username":")" + name + R"(","password":")" + password + R"(","tenant":")" + tenant +
                   R"(","code":")" + code + "\"}",
               std::move(meta));
  }
  // The session secret of the cookie that an answer sets.
  static std::string cookie(const Reply& reply) {
    const std::string text(reply.meta("http.header.set-cookie"));
    const std::size_t at = text.find('=');
    return at == std::string::npos ? "" : text.substr(at + 1, text.find(';') - at - 1);
  }
  // A user who has come in.
  std::string enter(const std::string& tenant = "acme", const std::string& name = "admin",
                    const std::string& role = "admin") {
    REQUIRE(outcome(use(invite(tenant, name, role))) == "ok");
    const Reply in = login(name, "tr0ub4dor&3", tenant);
    REQUIRE(outcome(in) == "ok");
    return cookie(in);
  }
  void pass(socle::Duration time) {
    host.advance(time);
    store.advance(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  }

  FakeHost& host;
  MemoryStore store;
  std::unique_ptr<TestedPlugin> plugin;
  std::string peer = "192.0.2.7", transport = "tls", suspended;
  unsigned reads = 0, writes = 0, told = 0;
  std::map<std::string, unsigned> written_by;              // writes of each tenant
  std::function<Reply(const ServiceCall&)> authenticates;  // what the plugin is answered that asks itself
  std::vector<std::string> trail;                          // "operation target status" of each event
  // Happens once: behind the next hash of a sign-in, or when sessions are ended.
  std::function<void()> meanwhile;
  std::function<void()> before_write;  // happens once: before the plugin's next write is stored

 private:
  void happen() {
    if (const auto once = std::exchange(meanwhile, nullptr)) once();
  }
  void serve(const char* name, Method method, Answers answers) {
    host.serve(
        "storage/1", name,
        [this, method](const ServiceCall& call) -> Reply {
          (method == Method::write ? writes : reads) += 1;
          if (method == Method::write) ++written_by[std::string(call.context.tenant())];
          if (method == Method::write)
            if (const auto once = std::exchange(before_write, nullptr)) once();
          auto request = json::Document::parse(call.text());
          REQUIRE(request);
          auto answer = store.call(call.context.tenant(), method, request->root());
          if (answer.failed)
            return Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message,
                                answer.problem.fields);
          return Reply::json(answer.text);
        },
        answers);
  }
};

}  // namespace auth_test
