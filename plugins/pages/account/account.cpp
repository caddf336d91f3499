#include "account/account.hpp"

#include "socle/json/writer.hpp"

namespace socle::pages {
namespace {

std::vector<page::Data> keys_of(json::View items) {
  std::vector<page::Data> out;
  for (const auto item : items.elements()) {
    page::Data one;
    one.text("id", std::string(item.find("id").as_string())).text("name", std::string(item.find("name").as_string()));
    one.text("scopes", joined(item.find("scopes"))).text("used", day_of(item.find("last_used_at").as_string()));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Task<Reply> Account::account(Request request) { return overview(request, "", "", 200); }

// `what` is the part of the page that a refused form belongs to.
Task<Reply> Account::overview(Request request, std::string what, std::string fault, int status) {
  const Reply self = co_await auth_.ask(request, "session");
  if (!self) co_return site_.problem(request, self);
  const auto me = json::Document::parse(self.text());
  if (!me) co_return site_.problem(request, no_json());
  const auto word = [&](std::string_view key) { return site_.word(request, key); };
  const auto faulty = [&](std::string_view part) { return what == part ? fault : std::string(); };
  const Input present{"password", word("present_password"), "password", "current-password", {}, {}, {}, false};
  page::Data data;
  const auto user = me->root().find("user");
  data.text("username", std::string(user.find("username").as_string()))
      .view("tenant", request.tenant())
      .text("roles", joined(user.find("roles")));
  // Who owes a second factor is shown what sets one up: the rest would answer 403.
  const bool due = me->root().find("second_factor_due").as_bool();
  data.flag("due", due);
  std::vector<page::Data> factors;
  for (const auto& [action, label] :
       {std::pair{"factor", "setup_factor"}, {"codes", "recovery"}, {"no-factor", "drop_own_factor"}}) {
    const bool sets_up = std::string_view(action) == "factor";
    if (due && !sets_up) continue;
    const Ask ask{std::string("/account/") + action, word(label), {present}, faulty(action), {}, {}, false, {}};
    page::Data one = data_of(ask);
    one.view("summary", word(label)).flag("open", what == action || due);
    factors.push_back(std::move(one));
  }
  const auto means = joined(me->root().find("session").find("means"));
  const bool used = means.find("otp") != std::string::npos || means.find("recovery") != std::string::npos;
  if (used) data.view("factor_text", word("factor_on"));
  if (due) data.view("factor_text", word("factor_due"));
  data.list("factor", std::move(factors));
  if (!due) {
    Ask password{
        "/account/password",
        word("password_changed"),
        {present,
         {"new_password", word("new_password"), "password", "new-password", word("password_hint"), {}, {}, false}},
        faulty("password"),
        {},
        {},
        false,
        {}};
    data.one("password", data_of(password));
    const Ask key{"/account/keys",
                  word("new_key"),
                  {{"name", word("name"), "text", "off", {}, {}, {}, false},
                   {"scopes", word("scopes"), "text", "off", word("grants_hint"), {}, {}, false}},
                  faulty("keys"),
                  {},
                  {},
                  false,
                  {}};
    page::Data new_key = data_of(key);
    new_key.flag("open", what == "keys");
    data.one("key", std::move(new_key));
    const Reply listed = co_await add_lists(request, data);
    if (!listed) co_return site_.problem(request, listed);
    const Reply linked = co_await add_links(request, data, what, fault);
    if (!linked) co_return site_.problem(request, linked);
  }
  co_return site_.page(request, {"account", std::string(word("account")), Part::account, status, true},
                       std::move(data));
}

Task<Reply> Account::add_lists(Request request, page::Data& data) {
  const Reply sessions = co_await auth_.ask(request, "sessions");
  if (!sessions) co_return sessions;
  const Reply keys = co_await auth_.ask(request, "keys");
  if (!keys) co_return keys;
  const auto active = json::Document::parse(sessions.text());
  const auto own = json::Document::parse(keys.text());
  if (!active || !own) co_return no_json();
  const auto items = own->root().find("items");
  data.flag("keys_any", !items.empty()).list("keys", keys_of(items));
  const auto list = active->root().find("items");
  data.flag("others", list.size() > 1).list("sessions", sessions_of(list));
  co_return Reply();
}

Reply Account::secrets(const Request& request, std::string_view title, std::string_view text,
                       std::vector<std::string> values, std::string link, const Ask* next, const Reply& from) const {
  page::Data data;
  std::vector<page::Data> list;
  for (auto& value : values) {
    page::Data one;
    one.text("value", std::move(value));
    list.push_back(std::move(one));
  }
  const std::string heading(site_.word(request, title));
  data.view("title", heading).view("text", site_.word(request, text)).list("secrets", std::move(list));
  data.text("link", std::move(link)).view("link_label", site_.word(request, "setup_open"));
  if (next != nullptr) data.one("next", data_of(*next));
  if (next == nullptr) data.view("back", "/account");
  Reply out = site_.page(request, {"secret", heading, Part::account, 200, false}, std::move(data));
  if (const auto cookie = from.meta("http.header.set-cookie"); !cookie.empty())
    return std::move(out).with_header("set-cookie", cookie);
  return out;
}

Task<Reply> Account::change(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string what(request.param("what"));
  const std::string password = body->text("password");
  std::string method, asked = object_of({{"password", password}});
  if (what == "password") {
    method = "change_password";
    asked = object_of({{"password", password}, {"new_password", body->text("new_password")}});
  } else if (what == "factor") {
    method = "begin_totp";
  } else if (what == "confirm") {
    method = "confirm_totp";
    asked = object_of({{"password", password}, {"code", body->text("code")}});
  } else if (what == "codes") {
    method = "recovery_codes";
  } else if (what == "no-factor") {
    method = "remove_totp";
  } else if (what == "keys") {
    method = "create_key";
    std::string name;
    json::append_quoted(name, body->text("name"));
    asked = "{\"name\":" + name + ",\"scopes\":" + words_array(body->text("scopes")) + "}";
  } else {
    co_return site_.problem(request, Reply::error(Code::not_found, "no_page", "there is no such page"), "/account");
  }
  const Reply done = co_await auth_.ask(request, method, std::move(asked));
  if (!done && what == "confirm") {
    Ask ask{"/account/confirm",
            site_.word(request, "confirm_factor"),
            {{"code", site_.word(request, "code"), "text", "one-time-code", {}, "numeric", {}, true}},
            std::string(done.message()),
            {},
            {{"password", password}},
            true,
            {}};
    co_return secrets(request, "setup_factor", "setup_factor_text", {}, {}, &ask, done);
  }
  if (!done) {
    std::string why = first_fault(done);
    co_return co_await overview(request, what, std::move(why), refusal_status(done));
  }
  const auto answer = json::Document::parse(done.text().empty() ? std::string_view("{}") : done.text());
  if (!answer) co_return site_.problem(request, no_json());
  const auto root = answer->root();
  if (what == "factor") {
    const Ask ask{"/account/confirm",
                  site_.word(request, "confirm_factor"),
                  {{"code", site_.word(request, "code"), "text", "one-time-code", {}, "numeric", {}, true}},
                  {},
                  {},
                  {{"password", password}},
                  true,
                  {}};
    co_return secrets(request, "setup_factor", "setup_factor_text", {std::string(root.find("secret").as_string())},
                      std::string(root.find("uri").as_string()), &ask, done);
  }
  if (what == "confirm" || what == "codes") {
    std::vector<std::string> codes;
    for (const auto one : root.find("recovery_codes").elements()) codes.emplace_back(one.as_string());
    co_return secrets(request, "recovery_codes", "recovery_codes_text", std::move(codes), {}, nullptr, done);
  }
  if (what == "keys")
    co_return secrets(request, "key_secret", "key_secret_text", {std::string(root.find("secret").as_string())}, {},
                      nullptr, done);
  Reply out = Site::go("/account", what == "password" ? "password" : "removed");
  if (const auto cookie = done.meta("http.header.set-cookie"); !cookie.empty())
    out.with("http.header.set-cookie", cookie);
  co_return out;
}

Task<Reply> Account::end_session(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const bool one = request.has_param("id");
  socle::Meta meta;
  if (one) meta.set("id", request.param("id"));
  const Reply ended = co_await auth_.ask(request, one ? "end_session" : "end_sessions", {}, std::move(meta));
  if (!ended) co_return site_.problem(request, ended, "/account");
  co_return Site::go("/account", "ended");
}

Task<Reply> Account::remove_key(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  socle::Meta meta{{"id", request.param("id")}};
  const Reply gone = co_await auth_.ask(request, "remove_key", {}, std::move(meta));
  if (!gone) co_return site_.problem(request, gone, "/account");
  co_return Site::go("/account", "removed");
}

}  // namespace socle::pages
