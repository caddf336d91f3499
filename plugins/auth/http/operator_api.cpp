// operator_api.cpp: UserApi's methods for the kernel (socle tenant create, socle tenant token). They are reached by no
// route; a plugin that may call auth/1 has another principal than the kernel's, and is refused.
#include "credentials/secret_text.hpp"
#include "http/user_api.hpp"
#include "identity/permissions.hpp"

namespace socle::auth {
namespace {

constexpr std::string_view kernel_principal = "kernel";
constexpr std::string_view operator_name = "operator";

Got<Body> operators_body(const Request& request) {
  if (request.principal() != kernel_principal)
    return Reply::error(Code::denied, "operator_only", "this is for operators: use `socle tenant`");
  auto body = Body::of(request);
  if (body && body->text("tenant") != request.tenant())
    return Reply::error(Code::invalid, "tenant_mismatch", "the body names another tenant than the call");
  return body;
}

}  // namespace

// Once more for somebody who has not come in yet makes a new link.
Task<Reply> UserApi::invite(Request request) {
  auto body = operators_body(request);
  if (!body) co_return std::move(body).problem();
  const auto username = read_username(body->text("username"));
  if (!username) co_return Reply::error(Code::invalid, "bad_name", "\"username\" is no name of a user");
  auto found = co_await people_.by_name(request, *username);
  if (!found) co_return std::move(found).problem();
  Person person = *found;
  if (person.exists() && person.state != PersonState::invited)
    co_return Reply::error(Code::conflict, "user_exists", "there is a user '" + *username + "' already");
  if (!person.exists()) {
    person.username = *username;
    for (const json::View role : body->member("roles").elements()) person.roles.emplace_back(role.as_string());
    auto added = co_await add(request, person, std::string(kernel_principal));
    if (!added) co_return std::move(added).problem();
    person = std::move(*added);
  }
  auto link = co_await links_.make(request, person.id, "invitation", std::string(kernel_principal));
  if (!link) co_return std::move(link).problem();
  std::string text;
  json::Writer(text).begin_object().member("username", person.username).member("password_link", *link).end_object();
  co_return private_json(text);
}

// Without a name: the operator's own user of the tenant, which has no password and is made when it is first needed.
Task<Got<Person>> UserApi::for_operator(Context context, std::string name) {
  const std::string wanted = name.empty() ? std::string(operator_name) : read_username(name).value_or("");
  auto found = co_await people_.by_name(context, wanted);
  if (!found) co_return std::move(found).problem();
  if (!found->exists() && name.empty()) {
    Person person;
    person.username = operator_name;
    person.name = "Operator";
    person.roles.emplace_back("owner");
    person.state = PersonState::active;
    co_return co_await add(context, person, std::string(kernel_principal));
  }
  if (!found->exists())
    co_return Reply::error(Code::not_found, "not_found", "there is no user '" + name.substr(0, 64) + "'");
  if (found->state != PersonState::active)
    co_return Reply::error(Code::conflict, "user_not_active",
                           "user '" + wanted + "' is " + std::string(to_string(found->state)));
  co_return std::move(*found);
}

Task<Reply> UserApi::issue(Request request) {
  auto body = operators_body(request);
  if (!body) co_return std::move(body).problem();
  auto person = co_await for_operator(request, body->text("user"));
  if (!person) co_return std::move(person).problem();
  Beginning beginning;
  beginning.user = person->id;
  beginning.agent = "socle tenant token";
  beginning.means.emplace_back("operator");
  auto started = co_await sessions_.begin(request, beginning);
  if (!started) co_return std::move(started).problem();
  std::string text;
  json::Writer(text).begin_object().member("token", started->secret).end_object();
  co_return private_json(text);
}

}  // namespace socle::auth
