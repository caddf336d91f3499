// oidc_people.cpp: who somebody is whose ID token was believed: the user that the account is linked to, a new one, or
// nobody; and the links that users keep. See oidc_sign_in.hpp.
#include "http/oidc_sign_in.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t most_roles = 32;

Reply no_account() {
  return Reply::error(Code::denied, "no_account",
                      "nobody here has this account of the provider; sign in otherwise and link it, or ask an "
                      "administrator of the tenant");
}

Reply home(std::string_view path) {
  return Reply().with_status(303).with_location(path).with_cache_control("no-store");
}

}  // namespace

Task<Reply> OidcSignIn::enter(Request request, Context context, oidc::ProviderPtr provider, json::View claims,
                              std::string return_to, std::string& user) {
  Identity wanted;
  wanted.issuer = provider->issuer;
  wanted.subject = claims.find("sub").as_string();
  wanted.provider = provider->name;
  auto known = co_await identities_.find(context, wanted.issuer, wanted.subject);
  if (!known) co_return std::move(known).problem();
  Person person;
  if (known->exists()) {
    auto found = co_await people_.by_id(context, known->user);
    if (!found) co_return std::move(found).problem();
    if (!found->exists()) co_return no_account();
    person = std::move(*found);
  } else {
    auto made = co_await enrolled(context, provider, wanted, claims);
    if (!made) co_return std::move(made).problem();
    person = std::move(*made);
  }
  user = person.id;
  if (person.state != PersonState::active)
    co_return Reply::error(Code::denied, "user_suspended",
                           "this user is suspended; ask an administrator of the tenant");
  if (auto good = co_await sign_in_.good_at_home(context, person); !good) co_return std::move(good).problem();
  if (auto open = co_await sign_in_.tenant_open(context); !open) co_return std::move(open).problem();
  if (known->registered) {
    auto current = co_await with_roles(context, person, oidc::roles_for(*provider, claims));
    if (!current) co_return std::move(current).problem();
    person = std::move(*current);
  }
  const Origin from = origin_of(request, settings_.behind_tls);
  std::vector<std::string> means(1, "oidc");
  auto started = co_await sign_in_.begin(context, person, from, std::move(means));
  if (!started) co_return std::move(started).problem();
  co_return home(return_to).with_header("set-cookie", session_cookie(from, started->secret));
}

Task<Got<Person>> OidcSignIn::enrolled(Context context, oidc::ProviderPtr provider, const Identity& wanted,
                                       json::View claims) {
  if (!provider->registers) co_return no_account();
  const auto username = read_username(claims.find(provider->username_claim).as_string());
  if (!username)
    co_return Reply::error(Code::denied, "no_username",
                           "the provider's claim '" + provider->username_claim + "' is no name for a user here");
  Person person;
  person.username = *username;
  const std::string_view name = claims.find("name").as_string();
  if (name.size() <= 200) person.name = name;
  person.roles = oidc::roles_for(*provider, claims);
  if (person.roles.size() > most_roles) person.roles.resize(most_roles);
  person.state = PersonState::active;
  person.created_by = "oidc:" + provider->name;
  if (auto open = co_await sign_in_.tenant_open(context); !open) co_return std::move(open).problem();
  auto made = co_await identities_.enroll(context, wanted, person);
  if (!made && made.problem().error_code() == "changed_meanwhile") {
    // The same account came twice at once: the other one was first.
    auto known = co_await identities_.find(context, wanted.issuer, wanted.subject);
    if (known && known->exists()) co_return co_await people_.by_id(context, known->user);
  }
  if (made)
    host_.log(Level::info, context, "a user was registered", {{"user", made->id}, {"provider", provider->name}});
  co_return made;
}

Task<Got<Person>> OidcSignIn::with_roles(Context context, const Person& given, std::vector<std::string> roles) {
  Person person = given;
  if (roles.size() > most_roles) roles.resize(most_roles);
  if (person.roles == roles) co_return person;
  person.roles = std::move(roles);
  Batch batch;
  batch.put(collection::users, person.id, person.revision, person_document(person));
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  ++person.revision;
  auto ended = co_await sessions_.revoke_all(context, person.id, {}, person.id);
  if (!ended) co_return std::move(ended).problem();
  co_return person;
}

// The password that was shown when it began may have been another's by now: who changes it ends the sessions, and with
// them what was begun there.
Task<Got<bool>> OidcSignIn::still_there(Context context, const Pending& pending) {
  const Reply over = Reply::error(Code::unauthenticated, "session_over",
                                  "the session in which this link was begun has ended; sign in and begin again");
  if (pending.session.empty()) co_return over;
  auto session = co_await sessions_.get(context, pending.session);
  if (!session) co_return std::move(session).problem();
  if (session->user != pending.user || !session->active(now())) co_return over;
  co_return true;
}

Task<Reply> OidcSignIn::linked(Context context, const Identity& wanted, const Pending& pending) {
  auto person = co_await people_.by_id(context, pending.user);
  if (!person) co_return std::move(person).problem();
  if (!person->exists() || person->state != PersonState::active) co_return no_account();
  if (auto there = co_await still_there(context, pending); !there) co_return std::move(there).problem();
  auto done = co_await identities_.link(context, wanted);
  if (!done) co_return std::move(done).problem();
  host_.log(Level::info, context, "an account was linked", {{"user", person->id}, {"provider", wanted.provider}});
  co_return home(pending.return_to);
}

// The address is given, not gone to: a page of another site can make a browser go somewhere, not read an answer. A link
// is one more way in, past password and authenticator, so a session that somebody else has must not be enough for it.
Task<Reply> OidcSignIn::begin_link(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto own = co_await identities_.of_user(request, caller.user);
  if (!own) co_return std::move(own).problem();
  if (own->size() >= Identities::most_a_user)
    co_return Reply::error(Code::conflict, "too_many_links", "a user has at most 16 accounts of providers");
  auto provider = co_await providers_.find(request, std::string(request.param("id")));
  if (!provider) co_return std::move(provider).problem();
  if (!*provider) co_return unknown("provider");
  auto proven = co_await sign_in_.prove_if_any(request, body->text("password"));
  if (!proven) co_return std::move(proven).problem();
  auto begun = co_await begin(request, request, *provider, caller);
  if (!begun) co_return std::move(begun).problem();
  std::string text;
  json::Writer(text).begin_object().member("location", begun->address).end_object();
  co_return private_json(text).with_header("set-cookie", begun->cookie);
}

Task<Reply> OidcSignIn::links(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto own = co_await identities_.of_user(request, caller.user);
  if (!own) co_return std::move(own).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const Identity& one : *own) {
    out.begin_object().member("id", one.id).member("provider", one.provider).member("issuer", one.issuer);
    out.member("subject", one.subject).member("linked_at", one.linked_at).end_object();
  }
  out.end_array().end_object();
  co_return private_json(text);
}

// Another user's is not found. The last way in stays: who has no password would be locked out.
Task<Reply> OidcSignIn::unlink(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto own = co_await identities_.of_user(request, caller.user);
  if (!own) co_return std::move(own).problem();
  for (const Identity& one : *own) {
    if (one.id != request.param("id")) continue;
    auto proven = co_await sign_in_.prove_if_any(request, body->text("password"));
    if (!proven) co_return std::move(proven).problem();
    if (own->size() == 1 && !*proven)
      co_return Reply::error(Code::conflict, "last_way_in", "without a password this account is the only way in");
    auto removed = co_await identities_.remove(request, one);
    if (!removed) co_return std::move(removed).problem();
    co_return Reply().with_status(204);
  }
  co_return unknown("link");
}

}  // namespace socle::auth
