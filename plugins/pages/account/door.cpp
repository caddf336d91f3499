// door.cpp: signing in and out, and one-time links. See account.hpp.
#include "account/account.hpp"
#include "socle/page/escape.hpp"

namespace socle::pages {

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
  const int failing = failing_status(entered);
  const int status = entered.http_status() != 0 ? entered.http_status()
                     : code == "bad_login"      ? 401
                     : failing != 0             ? failing
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

Task<Reply> Account::welcome(Request request) { return opened(request, password_ask(request), "", 200); }

// What the link is for is asked anew after a refusal: it may be over by then. Who has signed in elsewhere may bring
// that account along.
Task<Reply> Account::opened(Request request, Ask ask, std::string join_fault, int status) {
  const std::string link(request.param("link"));
  socle::Meta meta{{"link", link}};
  const Reply seen = co_await auth_.ask(request, "look_at_link", {}, std::move(meta));
  if (!seen) co_return site_.problem(request, seen, "/login");
  const auto answer = json::Document::parse(seen.text());
  if (!answer) co_return site_.problem(request, no_json());
  const auto root = answer->root();
  ask.action = "/join/" + link;
  const std::string title(site_.word(request, "set_password"));
  page::Data data = data_of(ask);
  data.view("title", title)
      .text("text", site_.filled(request, "set_password_text",
                                 {root.find("username").as_string(), root.find("tenant").as_string()}));
  const Viewer viewer = Viewer::of(request);
  const bool elsewhere = !viewer.session.empty() && request.tenant() != root.find("tenant").as_string();
  if (elsewhere && root.find("purpose").as_string() == "invitation") {
    const Ask own{ask.action, site_.word(request, "join_own"), {}, std::move(join_fault), {}, {{"join", "true"}}, false,
                  {}};
    page::Data join = data_of(own);
    join.text("text", site_.filled(request, "join_own_text", {viewer.name, request.tenant()}));
    data.one("join", std::move(join));
  }
  co_return site_.page(request, {"sign", title, Part::none, status, false}, std::move(data))
      .with_header("referrer-policy", "no-referrer");
}

Task<Reply> Account::set_password(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string link(request.param("link"));
  socle::Meta meta{{"link", link}};
  const bool join = body->text("join") == "true";
  std::string asked = join ? std::string(R"({"join":true})") : object_of({{"password", body->text("password")}});
  const Reply set = co_await auth_.ask(request, "use_link", std::move(asked), std::move(meta));
  if (set) co_return Site::go("/login", join ? "joined" : "set");
  Ask ask = password_ask(request);
  std::string join_fault;
  if (join) {
    join_fault = set.message();
  } else {
    ask.faults = faults_by_input(set.text());
    if (ask.faults.empty()) ask.fault = set.message();
  }
  const int failing = failing_status(set);
  co_return co_await opened(request, std::move(ask), std::move(join_fault), failing != 0 ? failing : 422);
}

}  // namespace socle::pages
