#include "access/roles.hpp"

#include <algorithm>

#include "core/workers.hpp"
#include "policy/giving.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(5);
constexpr std::string_view own_principal = "plugin:auth";

// RFC 9110, 13.1: `If-None-Match: *` makes a role and changes none; `If-Match` changes the one that was read.
std::optional<Reply> precondition_fault(const Request& request, const Charter& charter, std::string_view name) {
  const bool there = charter.directory->find(name).has_value();
  const std::string_view match = request.header("if-match");
  if (request.header("if-none-match") == "*" && there)
    return Reply::error(Code::precondition, "role_exists", "there is a role '" + std::string(name) + "' already");
  if (match.empty() || (match == "*" && there) || match == "\"" + std::to_string(charter.revision) + "\"") return {};
  return Reply::error(Code::precondition, "version_mismatch",
                      "the tenant's roles are another version by now; read the role again");
}

Reply no_role(std::string_view name) {
  return Reply::error(Code::not_found, "not_found", "there is no role '" + std::string(name.substr(0, 80)) + "'");
}

Reply invalid(const authz::Diagnostics& diagnostics) {
  return Reply::error(Code::invalid, "invalid_roles", diagnostics.all().front().message,
                      authz::diagnostics_text(diagnostics))
      .with_status(422);
}

void write_names(json::Writer& out, std::string_view key, const std::vector<std::string>& names) {
  out.key(key).begin_array();
  for (const auto& name : names) out.string(name);
  out.end_array();
}

void write_built_in(json::Writer& out, const authz::Role& role) {
  out.begin_object().member("role", std::string_view(role.name)).member("built_in", true);
  write_names(out, "permissions", role.grants.front().permissions);
  out.end_object();
}

// The roles that are stored, but for one, and perhaps another in its place.
std::string roles_text(json::View roles, std::string_view without, json::View with) {
  std::string text;
  json::Writer out(text);
  out.begin_array();
  bool placed = !with.exists();
  for (const auto role : roles.elements()) {
    if (role.find("role").as_string() != without) {
      out.value(role);
    } else if (!placed) {
      out.value(with);
      placed = true;
    }
  }
  if (!placed) out.value(with);
  out.end_array();
  return text;
}

std::string text_or(json::View view, std::string_view otherwise) {
  return view.exists() ? json::to_text(view) : std::string(otherwise);
}

std::string document_of(std::string_view roles, std::string_view units) {
  return std::string("{\"roles\":").append(roles).append(",\"units\":").append(units).append("}");
}

Reply in_use(const std::string& by) { return Reply::error(Code::conflict, "in_use", by); }

// Of a role as users hold it, NAME@UNIT.
std::string_view half(json::View role, int which) {
  const std::string_view text = role.as_string();
  const std::size_t mark = text.find('@');
  if (which == 0) return text.substr(0, mark);
  return mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
}

Reply not_yours(std::string_view permission) {
  return Reply::error(Code::denied, "forbidden",
                      "this wants '" + std::string(permission) + "', which you do not have without limits");
}

}  // namespace

Roles::Roles(Host& host, Store& store, Authorizer& access)
    : host_(host), store_(store), access_(access), changed_(host.target("auth/1", "access_changed")) {}

Task<Reply> Roles::list(Request request) {
  auto charter = co_await access_.views().stored(request);
  if (!charter) co_return std::move(charter).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const auto& role : (*charter)->directory->roles())
    if (role.built_in) write_built_in(out, role);
  for (const auto role : (*charter)->roles().elements()) out.value(role);
  out.end_array().end_object();
  co_return Reply::json(text);
}

Reply Roles::role_reply(const Charter& charter, std::string_view name) const {
  const auto number = charter.directory->find(name);
  if (!number) return no_role(name);
  std::string text;
  json::Writer out(text);
  if (const auto& role = charter.directory->roles()[*number]; role.built_in) {
    write_built_in(out, role);
    return Reply::json(text);
  }
  for (const auto role : charter.roles().elements())
    if (role.find("role").as_string() == name) out.value(role);
  return Reply::json(text).with_etag("\"" + std::to_string(charter.revision) + "\"");
}

Task<Reply> Roles::get(Request request) {
  auto charter = co_await access_.views().stored(request);
  if (!charter) co_return std::move(charter).problem();
  co_return role_reply(**charter, request.param("role"));
}

Task<Reply> Roles::put(Request request) {
  const std::string name(request.param("role"));
  auto body = json::Document::parse(request.text());
  if (!body) co_return Reply::error(Code::invalid, "malformed_json", body.error().message).with_status(400);
  if (body->root().find("role").as_string() != name)
    co_return Reply::error(Code::invalid, "invalid_roles", "'role' in the body must be the name in the path",
                           R"([{"pointer":"/role","code":"bad_name","message":"must be the name in the path"}])")
        .with_status(422);
  auto charter = co_await access_.views().stored(request);
  if (!charter) co_return std::move(charter).problem();
  const Charter& stored = **charter;
  if (auto refused = precondition_fault(request, stored, name)) co_return std::move(*refused);
  const std::string roles_then = roles_text(stored.roles(), name, body->root());
  const Change change{stored.revision, document_of(roles_then, text_or(stored.units(), "[]"))};
  const auto roles = json::Document::parse(roles_then);
  authz::Diagnostics diagnostics;
  const auto directory =
      roles ? authz::Directory::read(roles->root(), stored.units(), diagnostics) : authz::DirectoryPtr();
  if (!directory) co_return invalid(diagnostics);
  const auto subject = authz::Subject::of(request.tenant(), request.principal(), request.context().claims());
  const authz::Giving giving(*stored.directory, subject);
  // Also what the role gave before: taking it from others is no less than giving it.
  for (const auto* one : {directory.get(), stored.directory.get()})
    if (const auto permission = giving.beyond(*one, name); !permission.empty()) co_return not_yours(permission);
  const std::string what = "role '" + name + "'";
  auto room = co_await access_.room().for_directory(request, what, std::move(*charter), directory, change.document);
  if (!room) co_return std::move(room).problem();
  auto revision = co_await store_change(request, change);
  if (!revision) co_return std::move(revision).problem();
  co_return Reply::json(json::to_text(body->root())).with_etag("\"" + std::to_string(*revision) + "\"");
}

Task<Reply> Roles::remove(Request request) {
  const std::string name(request.param("role"));
  auto charter = co_await access_.views().stored(request);
  if (!charter) co_return std::move(charter).problem();
  const Charter& stored = **charter;
  const auto& directory = *stored.directory;
  const auto number = directory.find(name);
  if (!number) co_return no_role(name);
  if (directory.roles()[*number].built_in)
    co_return Reply::error(Code::denied, "built_in", "'" + name + "' is built in and cannot be removed");
  const auto subject = authz::Subject::of(request.tenant(), request.principal(), request.context().claims());
  if (const auto permission = authz::Giving(directory, subject).beyond(directory, name); !permission.empty())
    co_return not_yours(permission);
  for (const auto& role : directory.roles())
    if (std::find(role.inherits.begin(), role.inherits.end(), name) != role.inherits.end())
      co_return in_use("role '" + role.name + "' inherits from '" + name + "'");
  const std::function<bool(json::View)> held = [&name](json::View user) {
    const auto roles = user.find("roles").elements();
    return std::any_of(roles.begin(), roles.end(), [&](json::View role) { return half(role, 0) == name; });
  };
  auto user = co_await holder(request, held);
  if (!user) co_return std::move(user).problem();
  if (!user->empty()) co_return in_use("user '" + *user + "' holds role '" + name + "'");
  const Change change{stored.revision,
                      document_of(roles_text(stored.roles(), name, {}), text_or(stored.units(), "[]"))};
  auto revision = co_await store_change(request, change);
  if (!revision) co_return std::move(revision).problem();
  co_return Reply().with_status(204);
}

Task<Reply> Roles::units(Request request) {
  auto charter = co_await access_.views().stored(request);
  if (!charter) co_return std::move(charter).problem();
  co_return Reply::json("{\"units\":" + text_or((*charter)->units(), "[]") + "}");
}

Task<Reply> Roles::put_units(Request request) {
  auto body = json::Document::parse(request.text());
  if (!body) co_return Reply::error(Code::invalid, "malformed_json", body.error().message).with_status(400);
  const auto units = body->root().find("units");
  auto charter = co_await access_.views().stored(request);
  if (!charter) co_return std::move(charter).problem();
  const Charter& stored = **charter;
  authz::Diagnostics diagnostics;
  if (!units.is_array()) diagnostics.error("/units", authz::codes::role_shape, "the body is {units: [{unit, parent}]}");
  const auto directory = authz::Directory::read(stored.roles(), units, diagnostics);
  if (!directory || diagnostics.failed()) co_return invalid(diagnostics);
  const auto& before = *stored.directory;
  const auto subject = authz::Subject::of(request.tenant(), request.principal(), request.context().claims());
  if (!authz::Giving(before, subject).has("*")) co_return not_yours("*");
  const auto gone = [&](std::string_view unit) { return before.has_unit(unit) && !directory->has_unit(unit); };
  const std::function<bool(json::View)> held = [&gone](json::View user) {
    const auto roles = user.find("roles").elements();
    return gone(user.find("org").as_string()) ||
           std::any_of(roles.begin(), roles.end(), [&](json::View role) { return gone(half(role, 1)); });
  };
  const auto old = stored.units().elements();
  if (std::any_of(old.begin(), old.end(), [&](json::View u) { return gone(u.find("unit").as_string()); })) {
    auto user = co_await holder(request, held);
    if (!user) co_return std::move(user).problem();
    if (!user->empty()) co_return in_use("user '" + *user + "' is in a unit that is not there any more");
  }
  const std::string units_then = json::to_text(units);
  const Change change{stored.revision, document_of(text_or(stored.roles(), "[]"), units_then)};
  const std::string what = "the units";
  auto room = co_await access_.room().for_directory(request, what, std::move(*charter), directory, change.document);
  if (!room) co_return std::move(room).problem();
  auto revision = co_await store_change(request, change);
  if (!revision) co_return std::move(revision).problem();
  co_return Reply::json("{\"units\":" + units_then + "}");
}

Task<Reply> Roles::policies(Request request) {
  auto view = co_await access_.views().get(request);
  if (!view) co_return std::move(view).problem();
  const std::string everything, whoever_asks;
  auto served = co_await access_.views().served(request, *view, everything, whoever_asks);
  if (!served) co_return std::move(served).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const auto& one : *served) {
    out.begin_object().member("policy", std::string_view(one.policy->name()));
    out.member("version", std::string_view(one.version)).member("hash", std::string_view(one.hash));
    write_names(out, "resources", one.policy->resources());
    out.member("rules", one.policy->rules().size()).end_object();
  }
  out.end_array().end_object();
  co_return Reply::json(text);
}

Task<Got<std::string>> Roles::holder(Context context, const std::function<bool(json::View)>& held) {
  std::string cursor;
  do {
    Store::Query query;
    query.of = collection::users;
    query.cursor = cursor;
    auto page = co_await store_.find(context, query);
    if (!page) co_return std::move(page).problem();
    for (const json::View item : page->items().elements())
      if (held(item.find("doc"))) co_return std::string(item.find("doc").find("username").as_string());
    cursor = page->next();
  } while (!cursor.empty());
  co_return std::string();
}

// After the answer every worker decides by it.
Task<Got<std::uint64_t>> Roles::store_change(Context context, const Change& change) {
  Batch batch;
  batch.put(directory_collection, directory_id, change.revision, change.document);
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  if (auto told = co_await announce(context); !told) co_return std::move(told).error();
  co_return change.revision + 1;
}

// As a revocation (verify/forgetting.hpp): this generation's worker, then whichever generation serves there by then.
Task<Status> Roles::announce(Context context) {
  const std::string tenant(context.tenant());
  const std::function<Task<Status>()> errand = [this, &tenant]() -> Task<Status> {
    access_.views().forget(tenant);
    auto own = host_.act_as(tenant, "roles or policies were changed", patience);
    if (!own) co_return std::move(own).error();
    const Reply told = co_await host_.call(own->view(), changed_, Payload());
    if (!told) co_return told.error();
    co_return Status();
  };
  co_return co_await on_each_worker(host_, errand);
}

Reply Roles::changed(Request request) {
  if (request.principal() != own_principal)
    return Reply::error(Code::denied, "own_plugin_only", "auth/1.access_changed is for the generations of auth alone");
  access_.views().forget(request.tenant());
  return {};
}

Task<Reply> Roles::published(Request request) {
  const auto body = json::Document::parse(request.text());
  if (!body || body->root().find("kind").as_string() != "policies") co_return Reply();
  if (auto told = co_await announce(request); !told) co_return Reply(std::move(told).error());
  co_return Reply();
}

}  // namespace socle::auth
