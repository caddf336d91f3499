#include "registry/quota.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "registry/arguments.hpp"

namespace socle::models {
namespace {

constexpr std::uint32_t page_size = 1'000;

void add_keys(std::set<std::string>& keys, const Store::Page& page) {
  for (const json::View item : page.items().elements()) {
    const json::View document = item.find("doc");
    keys.insert(model_key(document.find("kind").as_string(), document.find("name").as_string()));
  }
}

}  // namespace

Task<Got<bool>> room_for_models(Host& host, Store& store, Context context, std::size_t more) {
  const double limit = host.limit(context, "models");
  if (std::isinf(limit) || more == 0) co_return true;
  std::set<std::string> keys;  // a model may have a head and a draft
  Store::Query queries[] = {{"head:", true, false, page_size}, {"draft:", true, false, page_size}};
  for (Store::Query& query : queries) {
    query.names_only = true;
    do {
      auto page = co_await store.list(context, query);
      if (!page) co_return std::move(page).problem();
      add_keys(keys, *page);
      query.cursor = page->next();
    } while (!query.cursor.empty() && static_cast<double>(keys.size()) < limit);
  }
  const std::size_t have = keys.size();
  const bool room = static_cast<double>(have + more) <= limit;
  host.meter_level(context, "models", static_cast<double>(room ? have + more : have));
  if (room) co_return true;
  const std::string message = "the tenant has " + std::to_string(have) + " models of the " +
                              std::to_string(static_cast<std::uint64_t>(std::max(limit, 0.0))) +
                              " that its plan allows; discard a draft that was never published, or raise `models`";
  co_return refusal(Code::storage_full, 507, "models_quota", message);
}

Task<Got<bool>> room_for_draft(Host& host, Store& store, Context context, const std::string& key) {
  if (std::isinf(host.limit(context, "models"))) co_return true;
  auto known = co_await store.get(context, ids(key, draft_id(key)));
  if (!known) co_return std::move(known).problem();
  if (known->at(0).exists() || known->at(1).exists()) co_return true;
  co_return co_await room_for_models(host, store, context, 1);
}

}  // namespace socle::models
