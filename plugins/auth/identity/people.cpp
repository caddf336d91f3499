#include "identity/people.hpp"

#include "core/secret.hpp"

namespace socle::auth {
namespace {

constexpr Duration patience = std::chrono::seconds(10);

}  // namespace

std::string new_user_id(Milliseconds now) {
  std::string bytes = random_bytes(16);
  for (int i = 0; i < 6; ++i)
    bytes[static_cast<std::size_t>(i)] = static_cast<char>(now.count() >> (40 - 8 * i) & 0xFF);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x70U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back(digits[static_cast<unsigned char>(bytes[i]) >> 4U]);
    out.push_back(digits[static_cast<unsigned char>(bytes[i]) & 15U]);
  }
  return out;
}

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
