#include "identity/people.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(10);

}  // namespace

Task<Got<Person>> People::by_id(Context context, std::string id) {
  if (id.empty() || id.size() > 255) co_return Person();
  auto stored = co_await store_.get(context, collection::users, id);
  if (!stored) co_return std::move(stored).problem();
  co_return read_person(*stored);
}

Task<Got<Person>> People::by_name(Context context, std::string username) {
  Store::Query query;
  query.of = collection::users;
  query.field = "/username";
  query.value = username;
  query.limit = 1;
  auto page = co_await store_.find(context, query);
  if (!page) co_return std::move(page).problem();
  const json::View item = page->items().at(0);
  if (!item.exists()) co_return Person();
  co_return read_person(item.find("version").as_uint64().value_or(0), item.find("id").as_string(), item.find("doc"));
}

Task<Got<Secrets>> People::secrets(Context context, std::string user) {
  auto stored = co_await store_.get(context, collection::credentials, user);
  if (!stored) co_return std::move(stored).problem();
  co_return read_secrets(*stored);
}

std::optional<People::Home> People::home(Context context, const Person& person) const {
  if (!person.guest()) return Home(context, person.id);
  auto owned = host_.act_as(person.home, "the account of a guest", patience);
  if (!owned) return std::nullopt;
  return Home(std::move(*owned), person.home_user);
}

}  // namespace socle::auth
