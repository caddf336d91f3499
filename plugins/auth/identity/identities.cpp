#include "identity/identities.hpp"

#include "core/secret.hpp"

namespace socle::auth {
namespace {

std::string id_of(std::string_view issuer, std::string_view subject) {
  return fingerprint(std::string(issuer).append("\n").append(subject));
}

Identity read(std::uint64_t revision, std::string_view id, json::View doc) {
  const auto text = [doc](std::string_view name) { return std::string(doc.find(name).as_string()); };
  Identity out;
  out.revision = revision;
  out.id = id;
  out.issuer = text("issuer");
  out.subject = text("subject");
  out.provider = text("provider");
  out.user = text("user");
  out.linked_at = text("linked_at");
  out.registered = doc.find("registered").as_bool();
  return out;
}

std::string document(const Identity& identity) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("issuer", identity.issuer).member("subject", identity.subject);
  out.member("provider", identity.provider).member("user", identity.user).member("linked_at", identity.linked_at);
  out.member("registered", identity.registered).end_object();
  return text;
}

}  // namespace

// A hash is compared with what it was made of: nobody is taken for another because storage was changed.
Task<Got<Identity>> Identities::find(Context context, std::string issuer, std::string subject) {
  const std::string id = id_of(issuer, subject);
  auto stored = co_await store_.get(context, collection::identities, id);
  if (!stored) co_return std::move(stored).problem();
  if (!stored->exists()) co_return Identity();
  Identity found = read(stored->revision, stored->id(), stored->doc());
  if (found.issuer != issuer || found.subject != subject) co_return Identity();
  co_return found;
}

Task<Got<std::vector<Identity>>> Identities::of_user(Context context, std::string user) {
  Store::Query query;
  query.of = collection::identities;
  query.field = "/user";
  query.value = user;
  auto page = co_await store_.find(context, query);
  if (!page) co_return std::move(page).problem();
  std::vector<Identity> out;
  for (const json::View item : page->items().elements())
    out.push_back(read(item.find("version").as_uint64().value_or(0), item.find("id").as_string(), item.find("doc")));
  co_return out;
}

Task<Got<bool>> Identities::link(Context context, const Identity& wanted) {
  auto found = co_await find(context, wanted.issuer, wanted.subject);
  if (!found) co_return std::move(found).problem();
  if (found->exists() && found->user != wanted.user)
    co_return Reply::error(Code::conflict, "identity_taken", "another user signs in with this account of the provider");
  if (found->exists()) co_return true;
  Identity identity = wanted;
  identity.linked_at = people_.stamp();
  Batch batch;
  batch.put(collection::identities, id_of(identity.issuer, identity.subject), 0, document(identity));
  co_return co_await store_.write(context, batch.take());
}

Task<Got<Person>> Identities::enroll(Context context, const Identity& wanted, const Person& given) {
  Person person = given;
  auto taken = co_await people_.by_name(context, person.username);
  if (!taken) co_return std::move(taken).problem();
  const Reply exists =
      Reply::error(Code::conflict, "user_exists",
                   "there is a user '" + person.username + "' already; sign in as him and link the account");
  if (taken->exists()) co_return exists;
  person.id = new_user_id(people_.now());
  person.created_at = people_.stamp();
  Identity identity = wanted;
  identity.user = person.id;
  identity.linked_at = person.created_at;
  identity.registered = true;
  Batch batch;
  batch.put(collection::users, person.id, 0, person_document(person));
  batch.put(collection::identities, id_of(identity.issuer, identity.subject), 0, document(identity));
  auto written = co_await store_.write(context, batch.take());
  if (!written && written.problem().error_code() == "unique_violation") co_return exists;
  if (!written) co_return std::move(written).problem();
  person.revision = 1;
  co_return person;
}

Task<Got<bool>> Identities::remove(Context context, const Identity& identity) {
  Batch batch;
  batch.remove(collection::identities, identity.id, identity.revision);
  co_return co_await store_.write(context, batch.take());
}

}  // namespace socle::auth
