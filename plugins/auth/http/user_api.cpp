#include "http/user_api.hpp"

#include <algorithm>
#include <charconv>

#include "core/secret.hpp"
#include "identity/permissions.hpp"
#include "policy/giving.hpp"

namespace socle::auth {
namespace {

constexpr std::uint32_t default_page = 50;
constexpr std::uint32_t largest_page = 200;
constexpr std::size_t most_roles = 32;

std::string person_text(const Person& person) {
  std::string text;
  json::Writer out(text);
  write_person(out, person);
  return text;
}

std::string etag_of(const Person& person) { return "\"" + std::to_string(person.revision) + "\""; }

// Names of roles; each wrong one is a fault.
// `own`: the tenant's own roles; such a one may be held within a unit: NAME@UNIT.
std::vector<std::string> read_roles(json::View list, const authz::Directory* own, std::vector<Fault>& faults) {
  std::vector<std::string> out;
  if (!list.is_array() || list.size() > most_roles) {
    faults.push_back({"/roles", "type", "an array of at most 32 roles is wanted here"});
    return out;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::string name(list.at(i).as_string());
    const std::size_t mark = name.find('@');
    const bool held_within = mark == std::string::npos || mark + 1 < name.size();
    if (!is_built_in(name) && !(own != nullptr && held_within && own->find(name.substr(0, mark))))
      faults.push_back({"/roles/" + std::to_string(i), "unknown_role",
                        "there is no role '" + name.substr(0, 64) +
                            "'; there are owner, admin, member, viewer and those of /v1/auth/roles"});
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
  }
  return out;
}

std::string read_name(json::View value, std::vector<Fault>& faults) {
  if (!value.exists()) return {};
  if (!value.is_string() || value.as_string().size() > 200)
    faults.push_back({"/name", "type", "a text of at most 200 bytes is wanted here"});
  return std::string(value.as_string());
}

std::string read_org(json::View value, const authz::Directory* own, std::vector<Fault>& faults) {
  const std::string name(value.as_string());
  const bool none = !value.exists() || value.is_null() || (value.is_string() && name.empty());
  if (!none && (own == nullptr || !own->has_unit(name)))
    faults.push_back({"/org", "unknown_unit",
                      "there is no unit '" + name.substr(0, 64) + "'; PUT /v1/auth/units names the organisation's"});
  return name;
}

Reply not_yours_to_give() {
  return Reply::error(Code::denied, "role_above_own", "nobody gives or takes a role that opens more than his own");
}

Reply own_account() {
  return Reply::error(Code::conflict, "own_account",
                      "this is your own account; another administrator must do it, so that one is left");
}

}  // namespace

Task<Reply> UserApi::list(Request request) {
  std::uint32_t limit = default_page;
  const std::string_view asked = request.param("limit");
  std::from_chars(asked.data(), asked.data() + asked.size(), limit);
  const std::string cursor(request.param("cursor"));
  Store::Query query;
  query.of = collection::users;
  query.limit = std::clamp(limit, 1U, largest_page);
  query.cursor = cursor;
  auto page = co_await store_.find(request, query);
  if (!page) co_return std::move(page).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const json::View item : page->items().elements())
    write_person(
        out, read_person(item.find("version").as_uint64().value_or(0), item.find("id").as_string(), item.find("doc")));
  out.end_array();
  if (page->next().empty()) {
    out.key("next").null();
  } else {
    out.member("next", page->next());
  }
  out.end_object();
  co_return private_json(text);
}

Task<Got<Person>> UserApi::add(Context context, Person person, std::string by) {
  auto taken = co_await people_.by_name(context, person.username);
  if (!taken) co_return std::move(taken).problem();
  if (taken->exists())
    co_return Reply::error(Code::conflict, "user_exists", "there is a user '" + person.username + "' already");
  person.id = new_user_id(people_.now());
  person.created_at = people_.stamp();
  person.created_by = std::move(by);
  Batch batch;
  batch.put(collection::users, person.id, 0, person_document(person));
  auto written = co_await store_.write(context, batch.take());
  if (!written && written.problem().error_code() == "unique_violation")
    co_return Reply::error(Code::conflict, "user_exists", "there is a user '" + person.username + "' already");
  if (!written) co_return std::move(written).problem();
  person.revision = 1;
  co_return person;
}

Task<Got<authz::DirectoryPtr>> UserApi::own_roles(Context context) {
  if (access_ == nullptr) co_return authz::DirectoryPtr();
  auto view = co_await access_->views().get(context);
  if (!view) co_return std::move(view).problem();
  co_return (*view)->directory;
}

Task<Got<bool>> UserApi::may_give(Context context, const std::vector<std::string>& roles) {
  auto own = co_await own_roles(context);
  if (!own) co_return std::move(own).problem();
  const authz::DirectoryPtr directory = *own ? *own : authz::Directory::built_in();
  const auto subject = authz::Subject::of(context.tenant(), context.principal(), context.claims());
  if (!authz::Giving(*directory, subject).may_give(roles)) co_return not_yours_to_give();
  co_return true;
}

Task<Reply> UserApi::create(Request request) {
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto own = co_await own_roles(request);
  if (!own) co_return std::move(own).problem();
  std::vector<Fault> faults;
  const auto username = read_username(body->text("username"));
  if (!username)
    faults.push_back({"/username", "bad_name", "1 to 64 of letters, digits and . _ - + @, a letter or digit first"});
  Person person;
  person.username = username.value_or("");
  person.name = read_name(body->member("name"), faults);
  person.roles = read_roles(body->member("roles"), own->get(), faults);
  person.org = read_org(body->member("org"), own->get(), faults);
  if (!faults.empty()) co_return invalid(faults);
  const Caller caller = caller_of(request);
  if (auto may = co_await may_give(request, person.roles); !may) co_return std::move(may).problem();
  auto added = co_await add(request, std::move(person), caller.user);
  if (!added) co_return std::move(added).problem();
  auto link = co_await links_.make(request, added->id, "invitation", caller.user);
  if (!link) co_return std::move(link).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("user");
  write_person(out, *added);
  out.member("password_link", *link).end_object();
  co_return private_json(text).with_status(201).with_location("/v1/auth/users/" + added->id);
}

Task<Got<Person>> UserApi::named(Request request) {
  auto person = co_await people_.by_id(request, std::string(request.param("id")));
  if (!person) co_return std::move(person).problem();
  if (!person->exists()) co_return unknown("user");
  co_return std::move(*person);
}

Task<Got<Person>> UserApi::administered(Request request) {
  auto person = co_await named(request);
  if (!person) co_return std::move(person).problem();
  if (auto may = co_await may_give(request, person->roles); !may) co_return std::move(may).problem();
  co_return std::move(*person);
}

Task<Reply> UserApi::get(Request request) {
  auto person = co_await named(request);
  if (!person) co_return std::move(person).problem();
  co_return private_json(person_text(*person)).with_etag(etag_of(*person));
}

// With other roles or in another unit, and suspended, a user must sign in anew: a session never changes what it may do.
// Who is suspended is so wherever his account is a guest; once more ends what a failure left.
Task<Reply> UserApi::change(Request request) {
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto found = co_await administered(request);
  if (!found) co_return std::move(found).problem();
  Person person = *found;
  const Caller caller = caller_of(request);
  if (const std::string_view wanted = request.header("if-match"); !wanted.empty() && wanted != etag_of(person))
    co_return Reply::error(Code::precondition, "version_mismatch",
                           "this user is another version by now; read it again");
  auto own = co_await own_roles(request);
  if (!own) co_return std::move(own).problem();
  std::vector<Fault> faults;
  if (body->has("name")) person.name = read_name(body->member("name"), faults);
  if (body->has("roles")) person.roles = read_roles(body->member("roles"), own->get(), faults);
  if (body->has("org")) person.org = read_org(body->member("org"), own->get(), faults);
  const std::string state = body->text("state");
  if (body->has("state") && state != "active" && state != "suspended")
    faults.push_back({"/state", "enum", "active or suspended is wanted here"});
  if (!faults.empty()) co_return invalid(faults);
  if (auto may = co_await may_give(request, person.roles); !may) co_return std::move(may).problem();
  if (state == "suspended") person.state = PersonState::suspended;
  if (state == "active" && person.state == PersonState::suspended) {
    // Back to where it was: who has neither a password nor an account elsewhere still has to.
    auto secrets = co_await people_.secrets(request, person.id);
    if (!secrets) co_return std::move(secrets).problem();
    auto elsewhere = co_await identities_.of_user(request, person.id);
    if (!elsewhere) co_return std::move(elsewhere).problem();
    const bool can_come = person.guest() || !secrets->password.empty() || !elsewhere->empty();
    person.state = can_come ? PersonState::active : PersonState::invited;
  }
  const bool other_standing = person.roles != found->roles || person.org != found->org || person.state != found->state;
  if (other_standing && person.id == caller.user) co_return own_account();
  Batch batch;
  batch.put(collection::users, person.id, person.revision, person_document(person));
  auto written = co_await store_.write(request, batch.take());
  if (!written) co_return std::move(written).problem();
  ++person.revision;
  if (state == "suspended") {
    auto secrets = co_await people_.secrets(request, person.id);
    if (!secrets) co_return std::move(secrets).problem();
    auto ended = co_await sessions_.revoke_everywhere(request, person.id, *secrets, caller.user);
    if (!ended) co_return std::move(ended).problem();
  } else if (other_standing) {
    auto ended = co_await sessions_.revoke_all(request, person.id, {}, caller.user);
    if (!ended) co_return std::move(ended).problem();
  }
  co_return private_json(person_text(person)).with_etag(etag_of(person));
}

Task<Reply> UserApi::remove(Request request) {
  auto person = co_await administered(request);
  if (!person) co_return std::move(person).problem();
  const Caller caller = caller_of(request);
  if (person->id == caller.user) co_return own_account();
  auto secrets = co_await people_.secrets(request, person->id);
  if (!secrets) co_return std::move(secrets).problem();
  Batch batch;
  batch.remove(collection::users, person->id, person->revision);
  if (secrets->revision != 0) batch.remove(collection::credentials, person->id, secrets->revision);
  for (const std::string_view of : {collection::links, collection::keys, collection::identities}) {
    Store::Query query;
    query.of = of;
    query.field = "/user";
    query.value = person->id;
    auto page = co_await store_.find(request, query);
    if (!page) co_return std::move(page).problem();
    for (const json::View item : page->items().elements()) batch.remove_any(of, item.find("id").as_string());
  }
  auto written = co_await store_.write(request, batch.take());
  if (!written) co_return std::move(written).problem();
  auto ended = co_await sessions_.revoke_everywhere(request, person->id, *secrets, caller.user);
  if (!ended) co_return std::move(ended).problem();
  co_return Reply().with_status(204);
}

// What the user has now goes on until the link is used.
Task<Reply> UserApi::password_link(Request request) {
  auto person = co_await administered(request);
  if (!person) co_return std::move(person).problem();
  if (person->guest())
    co_return Reply::error(Code::conflict, "account_elsewhere",
                           "this account is at home in another tenant; its password is set there");
  const std::string purpose = person->state == PersonState::invited ? "invitation" : "reset";
  auto link = co_await links_.make(request, person->id, purpose, caller_of(request).user);
  if (!link) co_return std::move(link).problem();
  std::string text;
  json::Writer(text).begin_object().member("username", person->username).member("password_link", *link).end_object();
  co_return private_json(text).with_status(201);
}

Task<Reply> UserApi::sessions(Request request) {
  auto person = co_await named(request);
  if (!person) co_return std::move(person).problem();
  auto sessions = co_await sessions_.of_user(request, person->id);
  if (!sessions) co_return std::move(sessions).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const Session& s : *sessions) {
    out.begin_object().member("id", s.id).member("began_at", s.began_at).member("seen_at", s.seen_at);
    out.member("expires_at", timestamp(s.span.ends)).member("peer", s.peer).member("agent", s.agent).end_object();
  }
  out.end_array().end_object();
  co_return private_json(text);
}

Task<Reply> UserApi::end_sessions(Request request) {
  auto person = co_await administered(request);
  if (!person) co_return std::move(person).problem();
  auto count = co_await sessions_.revoke_all(request, person->id, {}, caller_of(request).user);
  if (!count) co_return std::move(count).problem();
  std::string text;
  json::Writer(text).begin_object().member("ended", static_cast<std::uint64_t>(*count)).end_object();
  co_return private_json(text);
}

// For somebody who has lost the authenticator and the recovery codes.
Task<Reply> UserApi::remove_totp(Request request) {
  auto person = co_await administered(request);
  if (!person) co_return std::move(person).problem();
  auto secrets = co_await people_.secrets(request, person->id);
  if (!secrets) co_return std::move(secrets).problem();
  if (secrets->totp.empty()) co_return unknown("second factor");
  secrets->totp.clear();
  secrets->totp_confirmed = false;
  secrets->recovery.clear();
  Batch batch;
  batch.put(collection::credentials, person->id, secrets->revision, secrets_document(*secrets));
  auto written = co_await store_.write(request, batch.take());
  if (!written) co_return std::move(written).problem();
  auto ended = co_await sessions_.revoke_everywhere(request, person->id, *secrets, caller_of(request).user);
  if (!ended) co_return std::move(ended).problem();
  co_return Reply().with_status(204);
}

}  // namespace socle::auth
