#include "account/users.hpp"

#include "socle/json/writer.hpp"

namespace socle::pages {

Ask Users::invitation(const Request& request) const {
  const auto word = [&](std::string_view key) { return site_.word(request, key); };
  return {"/users",
          word("invite"),
          {{"username", word("username"), "text", "off", {}, {}, {}, false},
           {"name", word("name"), "text", "off", {}, {}, {}, false},
           {"roles", word("roles"), "text", "off", word("roles_hint"), {}, "member", false},
           {"org", word("org"), "text", "off", word("org_hint"), {}, {}, false}},
          {},
          {},
          {},
          false,
          {}};
}

Task<Reply> Users::list(Request request) { return listed(request, invitation(request), 200); }

Task<Reply> Users::listed(Request request, Ask add, int status) {
  socle::Meta meta{{"cursor", request.param("cursor")}};
  const Reply found = co_await auth_.ask(request, "users", {}, std::move(meta));
  if (!found) co_return site_.problem(request, found);
  const auto answer = json::Document::parse(found.text());
  if (!answer) co_return site_.problem(request, no_json());
  std::vector<page::Data> users;
  for (const auto item : answer->root().find("items").elements()) {
    page::Data one;
    const auto state = item.find("state").as_string();
    one.view("id", item.find("id").as_string())
        .view("username", item.find("username").as_string())
        .view("name", item.find("name").as_string());
    one.text("roles", joined(item.find("roles"))).view("state", state).view("state_word", site_.word(request, state));
    users.push_back(std::move(one));
  }
  page::Data data;
  data.list("users", std::move(users)).view("next", answer->root().find("next").as_string()).one("add", data_of(add));
  co_return site_.page(request, {"users", std::string(site_.word(request, "users")), Part::users, status, false},
                       std::move(data));
}

Reply Users::link_page(const Request& request, std::string_view link, std::string back) const {
  page::Data one, data;
  one.view("value", link);
  std::vector<page::Data> list;
  list.push_back(std::move(one));
  const std::string title(site_.word(request, "link_made"));
  data.view("title", title)
      .view("text", site_.word(request, "link_made_text"))
      .list("secrets", std::move(list))
      .text("back", std::move(back));
  return site_.page(request, {"secret", title, Part::users, 200, false}, std::move(data));
}

Task<Reply> Users::invite(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  std::string asked =
      object_of({{"username", body->text("username")}, {"name", body->text("name")}, {"org", body->text("org")}});
  asked.pop_back();
  asked.append(asked.size() > 1 ? "," : "").append("\"roles\":").append(words_array(body->text("roles"))).append("}");
  const Reply made = co_await auth_.ask(request, "create_user", std::move(asked));
  if (made) {
    const auto answer = json::Document::parse(made.text());
    co_return answer ? link_page(request, answer->root().find("password_link").as_string(), "/users")
                     : site_.problem(request, no_json());
  }
  Ask add = invitation(request);
  for (auto& input : add.inputs) input.value = body->text(input.name);
  add.faults = faults_by_input(made.text());
  if (add.faults.empty()) add.fault = made.message();
  co_return co_await listed(request, std::move(add), status_of(made));
}

Task<Reply> Users::user(Request request) { return shown(request, nullptr, "", 200, false); }

// `entered`: a form that was refused. It keeps the version that it was made from, unless that is what was told: whoever
// has read that somebody was faster saves over what is stored by now.
Task<Reply> Users::shown(Request request, std::shared_ptr<const page::FormBody> entered, std::string fault, int status,
                         bool outdated) {
  const std::string id(request.param("id"));
  socle::Meta meta{{"id", id}};
  const Reply found = co_await auth_.ask(request, "user", {}, std::move(meta));
  if (!found) co_return site_.problem(request, found, "/users");
  const auto answer = json::Document::parse(found.text());
  if (!answer) co_return site_.problem(request, no_json());
  const auto root = answer->root();
  const auto state = root.find("state").as_string();
  const auto word = [&](std::string_view key) { return site_.word(request, key); };
  const auto value = [&](std::string_view key, std::string stored) { return entered ? entered->text(key) : stored; };
  const Ask change{
      "/users/" + id + "/save",
      word("save"),
      {{"name", word("name"), "text", "off", {}, {}, value("name", std::string(root.find("name").as_string())), false},
       {"roles",
        word("roles"),
        "text",
        "off",
        word("roles_hint"),
        {},
        value("roles", joined(root.find("roles"), " ")),
        false},
       {"org",
        word("org"),
        "text",
        "off",
        word("org_hint"),
        {},
        value("org", std::string(root.find("org").as_string())),
        false}},
      std::move(fault),
      {},
      {{"etag", entered && !outdated ? std::string(entered->text("etag")) : std::string(found.meta("etag"))}},
      false,
      {}};
  page::Data data;
  const std::string title(root.find("username").as_string());
  data.view("id", id).view("username", title).view("state", state).view("state_word", word(state));
  data.flag("active", state == "active").flag("suspended", state == "suspended").one("change", data_of(change));
  socle::Meta whose{{"id", id}};
  const Reply sessions = co_await auth_.ask(request, "user_sessions", {}, std::move(whose));
  if (!sessions) co_return site_.problem(request, sessions, "/users");
  const auto active = json::Document::parse(sessions.text());
  if (!active) co_return site_.problem(request, no_json());
  const auto items = active->root().find("items");
  data.flag("sessions_any", !items.empty()).list("sessions", sessions_of(items));
  co_return site_.page(request, {"user", title, Part::users, status, true}, std::move(data));
}

Task<Reply> Users::ask_delete(Request request) {
  const std::string id(request.param("id"));
  socle::Meta meta{{"id", id}};
  const Reply found = co_await auth_.ask(request, "user", {}, std::move(meta));
  if (!found) co_return site_.problem(request, found, "/users");
  const std::string title(site_.word(request, "delete_user"));
  page::Data data;
  data.view("title", title)
      .view("text", site_.word(request, "delete_user_text"))
      .view("label", site_.word(request, "remove_user"));
  data.text("action", "/users/" + id + "/delete").text("cancel", "/users/" + id);
  co_return site_.page(request, {"confirm", title, Part::users, 200, false}, std::move(data));
}

Task<Reply> Users::change(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string what(request.param("what")), id(request.param("id"));
  std::string method, asked;
  socle::Meta meta{{"id", id}};
  if (what == "save") {
    method = "change_user";
    std::string name, org;
    json::append_quoted(name, body->text("name"));
    json::append_quoted(org, body->text("org"));
    asked = "{\"name\":" + name + ",\"org\":" + org + ",\"roles\":" + words_array(body->text("roles")) + "}";
    // Of two who changed the user one is told; a form without its version is as one that was outdated.
    std::string version = body->text("etag");
    if (version.empty()) version = "\"\"";
    meta.set("http.header.if-match", version);
  } else if (what == "suspend" || what == "resume") {
    method = "change_user";
    asked = object_of({{"state", what == "suspend" ? "suspended" : "active"}});
  } else if (what == "link") {
    method = "user_password_link";
  } else if (what == "sign-out") {
    method = "end_user_sessions";
  } else if (what == "no-factor") {
    method = "remove_user_totp";
  } else if (what == "delete") {
    method = "remove_user";
  } else {
    co_return site_.problem(request, Reply::error(Code::not_found, "no_page", "there is no such page"), "/users");
  }
  const Reply done = co_await auth_.ask(request, method, std::move(asked), std::move(meta));
  if (!done) {
    const bool outdated = what == "save" && is_outdated(done);
    std::string why = outdated ? std::string(site_.word(request, "user_changed_meanwhile")) : first_fault(done);
    const auto entered = what == "save" ? body : nullptr;
    co_return co_await shown(request, entered, std::move(why), outdated ? 409 : status_of(done), outdated);
  }
  if (what == "delete") co_return Site::go("/users", "removed");
  if (what != "link") co_return Site::go("/users/" + id, what == "sign-out" ? "ended" : "updated");
  const auto answer = json::Document::parse(done.text());
  co_return answer ? link_page(request, answer->root().find("password_link").as_string(), "/users/" + id)
                   : site_.problem(request, no_json());
}

}  // namespace socle::pages
