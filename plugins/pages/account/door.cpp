// door.cpp: signing in and out, and one-time links; and what all pages about people share. See account.hpp, asks.hpp.
#include "account/account.hpp"
#include "socle/json/writer.hpp"
#include "socle/page/escape.hpp"

namespace socle::pages {

page::Data data_of(const Ask& ask) {
  page::Data out;
  out.text("action", ask.action).view("label", ask.label).text("fault", ask.fault).text("info", ask.info);
  out.view("kind", ask.strong ? "main" : "");
  std::vector<page::Data> inputs, kept;
  for (const auto& input : ask.inputs) {
    page::Data one;
    one.view("name", input.name).view("label", input.label).view("type", input.type).view("complete", input.complete);
    one.view("hint", input.hint).view("mode", input.mode).text("value", input.value).flag("focus", input.focus);
    for (const auto& [name, message] : ask.faults)
      if (name == input.name) one.text("error", message);
    inputs.push_back(std::move(one));
  }
  for (const auto& [name, value] : ask.kept) {
    page::Data one;
    one.text("name", name).text("value", value);
    kept.push_back(std::move(one));
  }
  out.list("inputs", std::move(inputs)).list("kept", std::move(kept));
  return out;
}

std::shared_ptr<const page::FormBody> posted(const Site& site, const Request& request, Reply& refused) {
  auto parsed = page::FormBody::parse(request.text());
  if (!parsed) {
    refused = site.problem(request, Reply(std::move(parsed).error()));
    return nullptr;
  }
  auto out = std::make_shared<const page::FormBody>(std::move(*parsed));
  if (site.genuine(request, *out)) return out;
  refused = site.stale(request);
  return nullptr;
}

Task<Reply> AuthDoor::ask(Request request, std::string_view method, std::string body, socle::Meta more) {
  for (const std::string_view key :
       {"http.peer", "http.transport", "http.tenant", "http.header.host", "http.header.origin",
        "http.header.sec-fetch-site", "http.header.user-agent", "http.header.accept-language"})
    if (request.meta(key).data() != nullptr) more.set(key, request.meta(key));
  const Target target = host_.target("auth/1", method);
  const Payload payload = Payload::make(body, body.empty() ? Media::none : Media::json, more);
  co_return co_await host_.call(request, target, payload);
}

std::string object_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const auto& [key, value] : members)
    if (!value.empty()) out.member(key, value);
  out.end_object();
  return text;
}

std::string words_array(std::string_view text) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  while (!text.empty()) {
    const auto end = text.find_first_of(" ,\t\n");
    if (const auto word = text.substr(0, end); !word.empty()) writer.string(word);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  writer.end_array();
  return out;
}

std::string joined(json::View texts, std::string_view by) {
  std::string out;
  for (const auto one : texts.elements()) out.append(out.empty() ? std::string_view() : by).append(one.as_string());
  return out;
}

std::vector<std::pair<std::string, std::string>> faults_by_input(std::string_view errors) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto list = json::Document::parse(errors);
  if (!list) return out;
  for (const auto error : list->root().elements()) {
    auto pointer = error.find("pointer").as_string();
    if (pointer.starts_with('/')) pointer.remove_prefix(1);
    out.emplace_back(pointer.substr(0, pointer.find('/')), error.find("message").as_string());
  }
  return out;
}

std::string day_of(std::string_view timestamp) {
  return timestamp.size() < 16 ? std::string("–")
                               : std::string(timestamp.substr(0, 10)).append(" ").append(timestamp.substr(11, 5));
}

Reply Account::sign_in_page(const Request& request, Ask ask, int status, std::vector<page::Data> choices) const {
  const std::string title(site_.word(request, ask.inputs.size() == 1 ? "sign_in_code" : "sign_in"));
  page::Data data = data_of(ask);
  data.view("title", title);
  if (!choices.empty()) {
    page::Data elsewhere;
    elsewhere.list("choices", std::move(choices));
    data.one("elsewhere", std::move(elsewhere));
  }
  return site_.page(request, {"sign", title, Part::none, status, false}, std::move(data));
}

Task<std::vector<page::Data>> Account::choices(Request request, std::string next) {
  std::vector<page::Data> out;
  const Reply found = co_await auth_.ask(request, "oidc_choices");
  const auto answer = json::Document::parse(found.text());
  if (!found || !answer) co_return out;  // a door without them opens too
  for (const auto item : answer->root().find("items").elements()) {
    const std::string_view login = item.find("login").as_string();
    const std::size_t at = login.find("?tenant=");
    if (at == std::string_view::npos) continue;
    page::Data one;
    one.text("provider", std::string(item.find("provider").as_string()))
        .text("name", std::string(item.find("title").as_string()))
        .text("of", std::string(login.substr(at + 8)))
        .text("next", next);
    out.push_back(std::move(one));
  }
  co_return out;
}

namespace {

std::string next_of(std::string_view wanted) {
  return page::is_local_path(wanted) ? std::string(wanted) : std::string("/");
}

Ask sign_in(const Site& site, const Request& request, std::string_view tenant, std::string_view username,
            std::string next) {
  Ask out;
  out.action = "/login";
  out.label = site.word(request, "sign_in");
  const auto word = [&](std::string_view key) { return site.word(request, key); };
  // Where the listener stands for a tenant nobody need know its name.
  if (request.meta("http.tenant").empty())
    out.inputs.push_back(
        {"tenant", word("tenant"), "text", "organization", {}, {}, std::string(tenant), tenant.empty()});
  out.inputs.push_back(
      {"username", word("username"), "text", "username", {}, {}, std::string(username), out.inputs.empty()});
  out.inputs.push_back({"password", word("password"), "password", "current-password", {}, {}, {}, false});
  out.kept.emplace_back("next", std::move(next));
  return out;
}

}  // namespace

Task<Reply> Account::door(Request request) {
  const auto why = request.param("why");
  // Who is sent here for that has signed in, to set it up and for nothing else.
  if (why == "second_factor_setup_required") co_return Site::go("/account");
  Ask ask = sign_in(site_, request, "", "", next_of(request.param("next")));
  if (why == "permission_denied" || why == "insufficient_scope") ask.info = site_.word(request, "why_denied");
  if (why == "session_expired" || why == "session_revoked" || why == "bad_credential")
    ask.info = site_.word(request, "why_session_expired");
  auto elsewhere = co_await choices(request, next_of(request.param("next")));
  co_return sign_in_page(request, std::move(ask), 200, std::move(elsewhere));
}

Task<Reply> Account::enter(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string next = next_of(body->text("next"));
  const std::string tenant = body->text("tenant"), username = body->text("username");
  std::string asked = object_of(
      {{"tenant", tenant}, {"username", username}, {"password", body->text("password")}, {"code", body->text("code")}});
  Reply entered = co_await auth_.ask(request, "login", std::move(asked));
  if (entered) {
    // The session that the browser had until now is over.
    if (!Viewer::of(request).session.empty()) (void)co_await auth_.ask(request, "logout");
    co_return Site::go(next).with_header("set-cookie", entered.meta("http.header.set-cookie"));
  }
  const auto code = entered.error_code();
  if (code == "second_factor_required" || code == "bad_code") {
    Ask ask;
    ask.action = "/login";
    ask.label = site_.word(request, "sign_in");
    ask.inputs.push_back({"code",
                          site_.word(request, "code"),
                          "text",
                          "one-time-code",
                          site_.word(request, "code_hint"),
                          "numeric",
                          {},
                          true});
    ask.kept = {{"next", next}, {"tenant", tenant}, {"username", username}, {"password", body->text("password")}};
    if (code == "bad_code") ask.fault = entered.message();
    co_return sign_in_page(request, std::move(ask), code == "bad_code" ? 401 : 200);
  }
  Ask ask = sign_in(site_, request, tenant, username, next);
  ask.fault = code == "bad_login" || code == "invalid_request" ? std::string(site_.word(request, "wrong_login"))
                                                               : std::string(entered.message());
  const int status = entered.http_status() != 0          ? entered.http_status()
                     : code == "bad_login"               ? 401
                     : entered.code() == Code::exhausted ? 429
                                                         : 403;
  co_return sign_in_page(request, std::move(ask), status);
}

Task<Reply> Account::leave(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const Reply left = co_await auth_.ask(request, "logout");
  if (!left) co_return site_.problem(request, left);
  co_return Site::go("/login").with_header("set-cookie", left.meta("http.header.set-cookie"));
}

Ask Account::password_ask(const Request& request) const {
  Ask out;
  out.label = site_.word(request, "set_password");
  out.inputs.push_back({"password",
                        site_.word(request, "new_password"),
                        "password",
                        "new-password",
                        site_.word(request, "password_hint"),
                        {},
                        {},
                        true});
  return out;
}

Task<Reply> Account::welcome(Request request) {
  const std::string link(request.param("link"));
  socle::Meta meta{{"link", link}};
  const Reply seen = co_await auth_.ask(request, "look_at_link", {}, std::move(meta));
  if (!seen) co_return site_.problem(request, seen, "/login");
  const auto answer = json::Document::parse(seen.text());
  if (!answer) co_return site_.problem(request, Reply::error(Code::internal, "internal", "auth/1 answered no JSON"));
  Ask ask = password_ask(request);
  ask.action = "/join/" + link;
  const std::string title(site_.word(request, "set_password"));
  page::Data data = data_of(ask);
  data.view("title", title)
      .text("text",
            site_.filled(request, "set_password_text",
                         {answer->root().find("username").as_string(), answer->root().find("tenant").as_string()}));
  co_return site_.page(request, {"sign", title, Part::none, 200, false}, std::move(data))
      .with_header("referrer-policy", "no-referrer");
}

Task<Reply> Account::set_password(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string link(request.param("link"));
  socle::Meta meta{{"link", link}};
  std::string asked = object_of({{"password", body->text("password")}});
  const Reply set = co_await auth_.ask(request, "use_link", std::move(asked), std::move(meta));
  if (set) co_return Site::go("/login", "set");
  Ask ask = password_ask(request);
  ask.action = "/join/" + link;
  ask.faults = faults_by_input(set.text());
  if (ask.faults.empty()) ask.fault = set.message();
  const std::string title(site_.word(request, "set_password"));
  page::Data data = data_of(ask);
  data.view("title", title);
  co_return site_.page(request, {"sign", title, Part::none, 422, false}, std::move(data))
      .with_header("referrer-policy", "no-referrer");
}

}  // namespace socle::pages
