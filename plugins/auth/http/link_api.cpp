#include "http/link_api.hpp"

#include "credentials/attempts.hpp"
#include "credentials/secret_text.hpp"
#include "credentials/weakness.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(10);

std::string told(const Person& person, std::string_view tenant, std::string_view purpose) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("tenant", tenant).member("username", person.username).member("purpose", purpose);
  out.end_object();
  return text;
}

}  // namespace

Task<Got<std::shared_ptr<LinkApi::Opened>>> LinkApi::open(Request request) {
  const std::string text(request.param("link"));
  const auto secret = read_secret(text);
  if (!secret || secret->kind != SecretKind::link) co_return unknown("link");
  auto opened = std::make_shared<Opened>();
  auto owned = host_.act_as(secret->tenant, "open a one-time link", patience);
  if (!owned) co_return unknown("link");
  opened->context.emplace(std::move(*owned));
  auto link = co_await links_.find(opened->context->view(), text);
  if (!link) co_return std::move(link).problem();
  if (link->revision == 0)
    co_return Reply::error(Code::not_found, "link_over", "this link was used, has ended or was replaced by another");
  opened->link = std::move(*link);
  auto person = co_await people_.by_id(opened->context->view(), opened->link.user);
  if (!person) co_return std::move(person).problem();
  if (!person->exists()) co_return unknown("link");
  if (person->state == PersonState::suspended)
    co_return Reply::error(Code::denied, "user_suspended",
                           "this user is suspended; ask an administrator of the tenant");
  opened->person = std::move(*person);
  co_return opened;
}

Task<Reply> LinkApi::look(Request request) {
  const std::string link(request.param("link"));
  const bool browser = request.header("accept").find("text/html") != std::string_view::npos;
  if (browser && !settings_.link_page.empty() && read_secret(link))
    co_return Reply()
        .with_status(303)
        .with_location(settings_.link_page + link)
        .with_header("referrer-policy", "no-referrer");
  auto opened = co_await open(request);
  if (!opened) co_return std::move(opened).problem();
  const Opened& o = **opened;
  co_return private_json(told(o.person, o.context->view().tenant(), o.link.purpose))
      .with_header("referrer-policy", "no-referrer");
}

Task<Reply> LinkApi::use(Request request) {
  if (!origin_of(request, settings_.behind_tls).may_sign_in)
    co_return Reply::error(Code::denied, "tls_required",
                           "passwords are not taken over a plain connection from elsewhere; use a listener with TLS");
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto opened = co_await open(request);
  if (!opened) co_return std::move(opened).problem();
  if (body->member("join").as_bool()) co_return co_await join(request, **opened);
  co_return co_await set_password(request, **opened, body->text("password"));
}

// A second factor stays as it is: who has lost both asks an administrator to take it off.
Task<Reply> LinkApi::set_password(Request request, const Opened& opened, std::string password) {
  const Context context = opened.context->view();
  if (opened.person.guest())
    co_return Reply::error(Code::conflict, "account_elsewhere",
                           "this account is at home in another tenant; its password is set there");
  if (auto why = weakness(password, opened.person.username, context.tenant(), settings_.password_length)) {
    const std::vector<Fault> faults(1, Fault{"/password", "weak_password", "choose another password: " + *why});
    co_return invalid(faults);
  }
  auto hash = co_await passwords_.hash(std::string(context.tenant()), sender(request.meta("http.peer")), password);
  if (!hash) co_return std::move(hash).problem();
  if (hash->listed) co_return listed_password("/password");
  auto secrets = co_await people_.secrets(context, opened.person.id);
  if (!secrets) co_return std::move(secrets).problem();
  secrets->password = std::move(hash->hash);
  secrets->changed_at = people_.stamp();
  Person person = opened.person;
  person.state = PersonState::active;
  Batch batch;
  batch.remove(collection::links, opened.link.id, opened.link.revision);
  batch.put(collection::credentials, person.id, secrets->revision, secrets_document(*secrets));
  batch.put(collection::users, person.id, person.revision, person_document(person));
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  auto ended = co_await sessions_.revoke_everywhere(context, person.id, *secrets, person.id);
  if (!ended) co_return std::move(ended).problem();
  co_return private_json(told(person, context.tenant(), opened.link.purpose));
}

// The account remembers where it is a guest before it is one: what is remembered in vain does no harm.
Task<Reply> LinkApi::join(Request request, const Opened& opened) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  const Context there = opened.context->view();
  if (opened.link.purpose != "invitation" || opened.person.state != PersonState::invited)
    co_return Reply::error(Code::conflict, "not_an_invitation", "this link sets the password of a user who is there");
  auto own = co_await people_.by_id(request, caller.user);
  if (!own) co_return std::move(own).problem();
  if (!own->exists() || own->guest() || request.tenant() == there.tenant())
    co_return Reply::error(Code::conflict, "cannot_join",
                           "sign in where your account is at home, which is another tenant than the inviting one");
  auto secrets = co_await people_.secrets(request, own->id);
  if (!secrets) co_return std::move(secrets).problem();
  secrets->guest_of.push_back(std::string(there.tenant()).append("/").append(opened.person.id));
  Batch remember;
  remember.put(collection::credentials, own->id, secrets->revision, secrets_document(*secrets));
  auto remembered = co_await store_.write(request, remember.take());
  if (!remembered) co_return std::move(remembered).problem();
  Person person = opened.person;
  person.state = PersonState::active;
  person.home = request.tenant();
  person.home_user = own->id;
  Batch batch;
  batch.remove(collection::links, opened.link.id, opened.link.revision);
  batch.put(collection::users, person.id, person.revision, person_document(person));
  auto written = co_await store_.write(there, batch.take());
  if (!written) co_return std::move(written).problem();
  co_return private_json(told(person, there.tenant(), opened.link.purpose));
}

}  // namespace socle::auth
