// rig.hpp: the pages plugin as it is built, on a fake host. models/1 serves a map of published forms, forms/1 a map of
// records, auth/1 what a test puts there; what they were asked is kept.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <socle/json.hpp>
#include <socle/testing.hpp>
#include <string>
#include <vector>

namespace pages_test {

namespace json = socle::json;
using namespace socle::testing;
using socle::Code;
using socle::Reply;

// What a service was asked.
struct Question {
  std::string what, text, key;
  std::map<std::string, std::string> meta;
  [[nodiscard]] std::string said(const std::string& name) const {
    const auto found = meta.find(name);
    return found == meta.end() ? std::string() : found->second;
  }
  [[nodiscard]] json::Document body() const {
    auto parsed = json::Document::parse(text);
    REQUIRE(parsed);
    return *std::move(parsed);
  }
};

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string encoded(const Fields& fields) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  const auto add = [&](const std::string& text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        out += c;
      else
        out.append("%").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    }
  };
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    add(name);
    out += '=';
    add(value);
  }
  return out;
}

inline bool has(const Reply& page, std::string_view text) { return page.text().find(text) != std::string_view::npos; }
// The value of a page's hidden input; "" when it has none.
inline std::string hidden(const Reply& page, const std::string& name) {
  const std::string begin = "<input type=\"hidden\" name=\"" + name + "\" value=\"";
  const auto text = page.text();
  const auto at = text.find(begin);
  if (at == std::string_view::npos) return "";
  const auto value = text.substr(at + begin.size());
  return std::string(value.substr(0, value.find('"')));
}
inline std::pair<std::string, std::string> header(const std::string& name, const std::string& value) {
  return {"http.header." + name, value};
}
inline std::string answered(const Reply& reply, const std::string& name) {
  return std::string(reply.meta("http.header." + name));
}
inline bool is_page(const Reply& reply) {
  return reply.ok() && reply.meta("content-type") == "text/html; charset=utf-8";
}

inline const std::string visit = R"~({"form":"visit","title":{"en":"Visit <b>","zh":"来访"},
  "schema":{"type":"object","required":["who"],"properties":{"who":{"type":"string","minLength":1},"count":{"type":"integer"}}},
  "logic":{"count":{"visible":"who != 'nobody'"}},
  "checks":[{"id":"low","when":"count < 3","message":{"en":"Too few","zh":"太少"},"at":"/count"}]})~";

// Who has signed in.
inline const std::string ada = R"({"user":"u1","name":"Ada","session":"s1","roles":["admin"]})";
inline const Texts of_visit{{"form", "visit"}};
inline const Texts of_record{{"form", "visit"}, {"id", "r1"}};

// A visit as a browser posts it, without its token.
inline const Fields filled{{"step", "0"}, {"key", "k1"}, {"/who", "Ada <i>"}, {"/count", "7"}, {"go", "save"}};

class Rig {
 public:
  explicit Rig(FakeHost& on, Answers answers = Answers::at_once, const std::string& config = "{}")
      : host(on), answers_(answers) {
    serve("models/1", {"resolve", "list", "compile", "report"});
    serve("forms/1", {"list", "read", "create", "replace", "remove", "drafts", "draft", "create_draft", "replace_draft",
                      "masks", "remove_draft"});
    serve("auth/1", {"session",
                     "sessions",
                     "keys",
                     "oidc_links",
                     "oidc_choices",
                     "login",
                     "logout",
                     "look_at_link",
                     "use_link",
                     "change_password",
                     "begin_totp",
                     "confirm_totp",
                     "remove_totp",
                     "recovery_codes",
                     "create_key",
                     "remove_key",
                     "end_session",
                     "end_sessions",
                     "users",
                     "user",
                     "user_sessions",
                     "create_user",
                     "change_user",
                     "remove_user",
                     "user_password_link",
                     "end_user_sessions",
                     "remove_user_totp",
                     "roles",
                     "role",
                     "put_role",
                     "remove_role",
                     "oidc_begin_link",
                     "oidc_unlink"});
    services["models/1.resolve"] = [this](const ServiceCall& call) { return resolve(call); };
    services["models/1.list"] = [this](const ServiceCall&) { return listed(); };
    services["forms/1.masks"] = [](const ServiceCall&) { return Reply::json(R"({"hidden":[],"read_only":[]})"); };
    services["forms/1.drafts"] = [](const ServiceCall&) { return Reply::json(R"({"items":[]})"); };
    services["forms/1.list"] = [this](const ServiceCall&) { return all_records(); };
    services["forms/1.read"] = [this](const ServiceCall& call) { return record(std::string(call.meta("id"))); };
    services["forms/1.create"] = [](const ServiceCall&) { return Reply::json(R"({"id":"r9","version":1,"doc":{}})"); };
    services["forms/1.replace"] = [](const ServiceCall&) { return Reply::json(R"({"id":"r1","version":4,"doc":{}})"); };
    plugin = std::make_unique<TestedPlugin>(host, PAGES_LIBRARY, config);
    REQUIRE(plugin->created().ok());
  }

  Ask asking(Texts meta, const std::string& body = "") const {
    Ask ask;
    ask.text = body;
    ask.media = socle::Media::other;
    ask.meta = std::move(meta);
    ask.context.tenant = tenant;
    ask.context.principal = principal;
    ask.context.claims = claims;
    return ask;
  }
  Reply ask(std::string_view method, Texts meta = {}) { return plugin->ask(method, asking(std::move(meta))); }
  // As it stands: with whatever token.
  Reply post_raw(std::string_view method, Texts meta, const Fields& fields) {
    return plugin->ask(method, asking(std::move(meta), encoded(fields)));
  }
  // With the token that this viewer's pages have.
  Reply post(std::string_view method, Texts meta, Fields fields) {
    fields.emplace_back("csrf", token());
    return post_raw(method, std::move(meta), fields);
  }
  std::string token() {
    const Reply door = ask("door");
    REQUIRE(is_page(door));
    return hidden(door, "csrf");
  }
  [[nodiscard]] unsigned times(const std::string& what) const {
    return static_cast<unsigned>(
        std::count_if(asked.begin(), asked.end(), [&](const Question& one) { return one.what == what; }));
  }
  // The last time that it was asked.
  [[nodiscard]] Question last(const std::string& what) const {
    for (auto one = asked.rbegin(); one != asked.rend(); ++one)
      if (one->what == what) return *one;
    FAIL("nobody asked " << what);
    return {};
  }
  void answer(const std::string& what, const std::string& json_text) {
    services[what] = [json_text](const ServiceCall&) { return Reply::json(json_text); };
  }
  void refuse(const std::string& what, Code code, const std::string& stable, const std::string& message,
              const std::string& fields = "", int status = 0) {
    services[what] = [=](const ServiceCall&) {
      Reply reply = Reply::error(code, stable, message, fields);
      if (status != 0) reply.with("http.status", std::to_string(status));
      return reply;
    };
  }

  FakeHost& host;
  std::unique_ptr<TestedPlugin> plugin;
  std::string tenant = "acme", principal = "u1", claims = ada;
  std::map<std::string, std::string> forms{{"visit", visit}};
  std::map<std::string, std::string> lines;         // of models/1's list, by name: further members, each with a comma
  std::map<std::string, std::string> records;       // by id
  std::map<std::string, ServiceFunction> services;  // by "service.method"
  std::vector<Question> asked;
  // Asked first: an answer in place of the service's.
  std::function<std::optional<Reply>(const std::string& what)> instead;

 private:
  void serve(const std::string& service, std::initializer_list<const char*> methods) {
    for (const char* method : methods)
      host.serve(
          service, method,
          [this, what = service + "." + method](const ServiceCall& call) { return handle(what, call); }, answers_);
  }
  Reply handle(const std::string& what, const ServiceCall& call) {
    Question question{what, std::string(call.text()), call.idempotency_key, {}};
    for (std::size_t i = 0; i < call.payload.meta_count(); ++i)
      question.meta.emplace(call.payload.meta_at(i).first, call.payload.meta_at(i).second);
    asked.push_back(std::move(question));
    if (instead)
      if (auto reply = instead(what)) return *std::move(reply);
    const auto found = services.find(what);
    return found == services.end() ? Reply::json("{}") : found->second(call);
  }
  Reply resolve(const ServiceCall& call) {
    const std::string name(call.meta("name"));
    const auto found = forms.find(name);
    if (found == forms.end() || call.context.tenant() != "acme")
      return Reply::error(Code::not_found, "unknown_model", "there is no such model");
    const bool source = call.meta("source") == "true";
    return Reply::json("{\"version\":\"1.0.0\",\"hash\":\"h-" + name + "\"" +
                       (source ? ",\"source\":" + found->second : std::string()) + "}")
        .with("version", "1.0.0")
        .with("hash", "h-" + name);
  }
  Reply listed() {
    std::string text = "{\"items\":[";
    for (const auto& [name, source] : forms) {
      if (text.back() != '[') text += ',';
      const auto more = lines.find(name);
      text += "{\"name\":\"" + name + "\"" + (more == lines.end() ? ",\"version\":\"1.0.0\"" : more->second) + "}";
    }
    return Reply::json(text + "]}");
  }
  [[nodiscard]] static std::string envelope(const std::string& id, const std::string& doc) {
    return "{\"id\":\"" + id +
           "\",\"version\":3,\"model_version\":\"1.0.0\",\"created_at\":\"2026-01-31T12:00:00.000Z\"," +
           R"("created_by":"u1","updated_at":"2026-02-01T12:00:00.000Z","updated_by":"u1","doc":)" + doc + "}";
  }
  Reply record(const std::string& id) {
    const auto found = records.find(id);
    if (found == records.end()) return Reply::error(Code::not_found, "not_found", "there is no record '" + id + "'");
    return Reply::json(envelope(id, found->second));
  }
  Reply all_records() {
    std::string text = "{\"items\":[";
    for (const auto& [id, doc] : records) text.append(text.back() == '[' ? "" : ",").append(envelope(id, doc));
    return Reply::json(text + "],\"next\":null}");
  }
  Answers answers_;
};

}  // namespace pages_test
