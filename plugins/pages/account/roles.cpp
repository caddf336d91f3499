#include "account/roles.hpp"

#include <charconv>

namespace socle::pages {

Ask Roles::new_role(const Request& request) const {
  const auto word = [&](std::string_view key) { return site_.word(request, key); };
  return {"/roles",
          word("onward"),
          {{"role", word("role"), "text", "off", {}, {}, {}, false},
           {"permissions", word("grants"), "text", "off", word("grants_hint"), {}, {}, false}},
          {},
          {},
          {},
          false,
          {}};
}

Task<Reply> Roles::list(Request request) { return listed(request, new_role(request), 200); }

Task<Reply> Roles::listed(Request request, Ask add, int status) {
  const Reply found = co_await auth_.ask(request, "roles");
  if (!found) co_return site_.problem(request, found);
  const auto answer = json::Document::parse(found.text());
  if (!answer) co_return site_.problem(request, no_json());
  std::vector<page::Data> roles;
  for (const auto item : answer->root().find("items").elements()) {
    page::Data one;
    std::string grants = joined(item.find("permissions"));
    for (const auto grant : item.find("grants").elements())
      grants.append(grants.empty() ? "" : ", ").append(joined(grant.find("permissions")));
    one.view("name", item.find("role").as_string())
        .text("grants", std::move(grants))
        .text("inherits", joined(item.find("inherits")))
        .flag("built_in", item.find("built_in").as_bool());
    roles.push_back(std::move(one));
  }
  page::Data data;
  data.list("roles", std::move(roles)).one("add", data_of(add));
  co_return site_.page(request, {"roles", std::string(site_.word(request, "roles")), Part::roles, status, false},
                       std::move(data));
}

Task<Reply> Roles::create(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string role = body->text("role");
  RoleForm form;
  form.permissions = body->text("permissions");
  std::string asked = form.text(role);
  // A new one: what a role of that name has is not to be lost.
  socle::Meta meta{{"role", role}, {"http.header.if-none-match", "*"}};
  const Reply done = co_await auth_.ask(request, "put_role", std::move(asked), std::move(meta));
  if (done) co_return Site::go("/roles/" + role, "updated");
  Ask add = new_role(request);
  for (auto& input : add.inputs) input.value = body->text(input.name);
  for (auto& [input, message] : role_faults(done.text(), form)) add.faults.emplace_back(input, message);
  add.fault = first_fault(done);
  co_return co_await listed(request, std::move(add), status_of(done));
}

Task<Reply> Roles::role(Request request) {
  socle::Meta meta{{"role", request.param("role")}};
  const Reply found = co_await auth_.ask(request, "role", {}, std::move(meta));
  if (!found) co_return site_.problem(request, found, "/roles");
  const auto answer = json::Document::parse(found.text());
  if (!answer) co_return site_.problem(request, no_json());
  if (answer->root().find("built_in").as_bool()) co_return Site::go("/roles");
  Shown what;
  what.form = RoleForm::of(answer->root());
  what.version = found.meta("etag");
  co_return shown(request, what);
}

Reply Roles::shown(const Request& request, const Shown& what) const {
  const Word word = [&](std::string_view key) { return site_.word(request, key); };
  page::Data data = data_of(what.form, what.faults, word);
  const std::string role(request.param("role"));
  data.view("role", role).view("version", what.version).view("fault", what.fault).flag("outdated", what.outdated);
  return site_.page(request, {"role", role, Part::roles, what.status, true}, std::move(data));
}

Task<Reply> Roles::save(Request request) {
  Reply stale;
  const auto body = posted(site_, request, stale);
  if (!body) co_return stale;
  const std::string role(request.param("role")), go = body->text("go");
  auto entered = std::make_shared<Shown>();
  entered->form = RoleForm::of(*body);
  entered->version = body->text("version");
  constexpr std::string_view row = "remove/";
  if (go == "add") {
    entered->form.grants.emplace_back();
    co_return shown(request, *entered);
  }
  if (go.starts_with(row)) {
    std::size_t index = entered->form.grants.size();
    std::from_chars(go.data() + row.size(), go.data() + go.size(), index);
    if (index < entered->form.grants.size())
      entered->form.grants.erase(entered->form.grants.begin() + static_cast<std::ptrdiff_t>(index));
    co_return shown(request, *entered);
  }
  entered->form.drop_blank_grants();
  std::string asked = entered->form.text(role);
  // Of two who changed a role one is told; a form without its version is as one that was outdated.
  const std::string version = entered->version.empty() ? "\"\"" : entered->version;
  socle::Meta meta{{"role", role}, {"http.header.if-match", version}};
  const Reply done = co_await auth_.ask(request, "put_role", std::move(asked), std::move(meta));
  if (done) co_return Site::go("/roles/" + role, "updated");
  co_return co_await refused(request, done, entered);
}

// With what was entered. When somebody else was faster, with the version that is stored by now: whoever has read that
// may still save.
Task<Reply> Roles::refused(Request request, Reply why, std::shared_ptr<Shown> entered) {
  entered->outdated = is_outdated(why);
  entered->status = entered->outdated ? 409 : status_of(why);
  entered->faults = role_faults(why.text(), entered->form);
  entered->fault = entered->outdated ? site_.word(request, "role_changed_meanwhile") : why.message();
  if (entered->outdated) {
    socle::Meta meta{{"role", request.param("role")}};
    const Reply found = co_await auth_.ask(request, "role", {}, std::move(meta));
    if (!found) co_return site_.problem(request, found, "/roles");
    entered->version = found.meta("etag");
  }
  co_return shown(request, *entered);
}

Task<Reply> Roles::remove(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  socle::Meta meta{{"role", request.param("role")}};
  const Reply gone = co_await auth_.ask(request, "remove_role", {}, std::move(meta));
  if (!gone) co_return site_.problem(request, gone, "/roles");
  co_return Site::go("/roles", "removed");
}

}  // namespace socle::pages
