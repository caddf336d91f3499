#include "oidc/trust.hpp"

namespace socle::oidc {
namespace {

constexpr Duration metadata_life = std::chrono::hours(1);
constexpr Duration keys_life = std::chrono::minutes(10);

// All that what is kept depends on: a tenant that is erased and made again may have other providers at the same place.
std::string key_of(std::string_view tenant, const Provider& p) {
  std::string out(tenant);
  out.append("\n").append(p.name).append("\n").append(std::to_string(p.revision)).append("\n").append(p.issuer);
  for (const std::string& origin : p.origins) out.append("\n").append(origin);
  return out;
}

}  // namespace

// Looked up again after every wait: it may have been dropped meanwhile.
Trust::Entry& Trust::entry(std::string_view tenant, const Provider& provider) {
  Worker& worker = workers_[host_.worker()];
  std::string key = key_of(tenant, provider);
  if (const auto at = worker.by_key.find(key); at != worker.by_key.end()) {
    worker.recent.splice(worker.recent.begin(), worker.recent, at->second);
    return worker.recent.front();
  }
  if (worker.recent.size() == most) {
    worker.by_key.erase(worker.recent.back().key);
    worker.recent.pop_back();
  }
  worker.recent.emplace_front();
  worker.recent.front().key = std::move(key);
  worker.by_key.emplace(worker.recent.front().key, worker.recent.begin());
  return worker.recent.front();
}

void Trust::forget(std::string_view tenant, const Provider& provider) {
  Worker& worker = workers_[host_.worker()];
  const auto at = worker.by_key.find(key_of(tenant, provider));
  if (at == worker.by_key.end()) return;
  const auto old = at->second;
  worker.by_key.erase(at);
  worker.recent.erase(old);
}

Error Trust::fail(std::string_view tenant, const Provider& provider, Error error) {
  Entry& own = entry(tenant, provider);
  own.failure = error;
  own.failed_until = host_.now() + retry_;
  host_.log(Level::warn, "an OpenID provider does not answer as it should",
            {{"tenant", tenant}, {"provider", provider.name}, {"why", error.message}});
  return error;
}

Task<Result<std::string>> Trust::get(std::string tenant, const Provider& provider, const Url& url,
                                     std::size_t max_body) {
  if (!provider.may_ask(url)) co_return Error{Code::denied, url.origin() + " is none of the provider's origins"};
  auto wanted = std::make_shared<Wanted>();
  wanted->tenant = tenant;
  wanted->url = url;
  wanted->max_body = max_body;
  auto fetched = co_await fetcher_.send(wanted);
  if (!fetched) co_return std::move(fetched).error();
  if (fetched->status != 200)
    co_return Error{Code::unavailable, "GET " + wanted->url.origin() + wanted->url.target + ": answered " +
                                           std::to_string(fetched->status) +
                                           "; 200 is wanted, redirects are not followed"};
  co_return std::move(fetched->body);
}

Task<Result<MetadataPtr>> Trust::metadata(std::string tenant, ProviderPtr provider) {
  {
    const Entry& own = entry(tenant, *provider);
    if (own.metadata && host_.now() < own.metadata_until) co_return own.metadata;
    if (host_.now() < own.failed_until) co_return own.failure;
  }
  const auto address = read_url(discovery_address(provider->issuer));
  if (!address) co_return Error{Code::invalid, "the issuer is no URL"};
  const Url url = *address;
  auto text = co_await get(tenant, *provider, url, max_discovery);
  if (!text) co_return fail(tenant, *provider, std::move(text).error());
  auto read = read_metadata(*text, *provider);
  if (!read) co_return fail(tenant, *provider, std::move(read).error());
  Entry& own = entry(tenant, *provider);
  own.metadata = std::make_shared<const Metadata>(*std::move(read));
  own.metadata_until = host_.now() + metadata_life;
  co_return own.metadata;
}

Task<Result<KeysPtr>> Trust::keys(std::string tenant, ProviderPtr provider, bool newer) {
  auto said = co_await metadata(tenant, provider);
  if (!said) co_return std::move(said).error();
  {
    const Entry& own = entry(tenant, *provider);
    const bool too_soon = newer && host_.now() < own.ask_again;
    if (own.keys && (too_soon || (!newer && host_.now() < own.keys_until))) co_return own.keys;
    if (host_.now() < own.failed_until) co_return own.failure;
  }
  const Url url = (*said)->keys;
  auto text = co_await get(tenant, *provider, url, jose::KeySet::max_size);
  if (!text) co_return fail(tenant, *provider, std::move(text).error());
  auto read = jose::KeySet::parse(*text);
  if (!read) co_return fail(tenant, *provider, {Code::invalid, "the provider's keys: " + read.error().message});
  Entry& own = entry(tenant, *provider);
  own.keys = std::make_shared<const jose::KeySet>(*std::move(read));
  own.keys_until = host_.now() + keys_life;
  own.ask_again = host_.now() + retry_;
  co_return own.keys;
}

Task<Result<std::shared_ptr<const jose::Token>>> Trust::verify(std::string tenant, ProviderPtr provider,
                                                               std::string token, std::string nonce) {
  for (bool newer = false;; newer = true) {
    auto known = co_await keys(tenant, provider, newer);
    if (!known) co_return std::move(known).error();
    const std::int64_t now = host_.now_utc().count() / 1'000'000'000;
    auto verdict = std::make_shared<jose::Token>(verify_id_token(token, **known, *provider, nonce, now));
    const auto refusal = verdict->verdict.refusal;
    const bool other_key = refusal == jose::Refusal::no_key || refusal == jose::Refusal::bad_signature;
    if (newer || !other_key) co_return std::shared_ptr<const jose::Token>(std::move(verdict));
  }
}

}  // namespace socle::oidc
