#include "http/key_api.hpp"

#include <algorithm>

#include "core/secret.hpp"
#include "credentials/secret_text.hpp"
#include "policy/names.hpp"

namespace socle::auth {
namespace {

constexpr int most_tries_to_rotate = 5;
constexpr std::size_t most_keys = 50;
constexpr std::size_t most_scopes = 64;
constexpr std::int64_t longest_overlap = 7 * 24 * 3600;

std::string with_secret(const ApiKey& key, std::string_view tenant, std::string_view secret) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("secret", secret).key("key");
  write_key(out, key, tenant);
  out.end_object();
  return text;
}

Reply not_permitted(std::string_view permission) {
  return Reply::error(
      Code::denied, "permission_denied",
      std::string("neither your roles nor your credential's scopes are enough for '").append(permission).append("'"));
}

}  // namespace

Task<Got<bool>> KeyApi::may(Request request, std::string permission) {
  const std::string claims(request.context().claims());
  auto answer = co_await access_.permits(request, claims, permission);
  if (!answer) co_return std::move(answer).problem();
  co_return answer->open;
}

// A key opens nothing that its owner may not.
Task<Got<std::vector<std::string>>> KeyApi::read_scopes(Request request, json::View list, std::vector<Fault>& faults) {
  std::vector<std::string> out;
  if (!list.is_array() || list.empty() || list.size() > most_scopes)
    faults.push_back({"/scopes", "required", "1 to 64 permissions such as records:read are wanted here"});
  for (std::size_t i = 0; i < std::min(list.size(), most_scopes); ++i) {
    std::string scope(list.at(i).as_string());
    auto granted = co_await may(request, scope);
    if (!granted) co_return std::move(granted).problem();
    if (scope.size() > 128 || !authz::is_permission(scope) || !*granted)
      faults.push_back({"/scopes/" + std::to_string(i), "not_yours", "none of your roles grants this permission"});
    out.push_back(std::move(scope));
  }
  co_return out;
}

Task<Reply> KeyApi::list(Request request) {
  const Caller caller = caller_of(request);
  const bool all = request.param("all") == "true";
  if (all || !caller.signed_in()) {
    auto granted = co_await may(request, "keys:read");
    if (!granted) co_return std::move(granted).problem();
    if (!*granted || caller.user.empty()) co_return all ? not_permitted("keys:read") : session_needed();
  }
  const std::string cursor(request.param("cursor"));
  Store::Query query;
  query.of = collection::keys;
  query.cursor = cursor;
  if (!all) {
    query.field = "/user";
    query.value = caller.user;
  }
  auto page = co_await store_.find(request, query);
  if (!page) co_return std::move(page).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const json::View item : page->items().elements())
    write_key(out,
              read_key(item.find("version").as_uint64().value_or(0), item.find("id").as_string(), item.find("doc")),
              request.tenant());
  out.end_array();
  if (!page->next().empty()) out.member("next", page->next());
  out.end_object();
  co_return private_json(text);
}

Task<Reply> KeyApi::create(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  std::vector<Fault> faults;
  ApiKey key;
  key.name = body->text("name");
  if (key.name.empty() || key.name.size() > 200)
    faults.push_back({"/name", "required", "a text of 1 to 200 bytes that tells what the key is for"});
  auto scopes = co_await read_scopes(request, body->member("scopes"), faults);
  if (!scopes) co_return std::move(scopes).problem();
  key.scopes = std::move(*scopes);
  if (body->has("expires_at")) {
    key.ends_at = read_timestamp(body->text("expires_at"));
    if (!key.ends_at || *key.ends_at <= now())
      faults.push_back({"/expires_at", "format", "a time to come such as 2027-01-31T12:00:00.000Z is wanted here"});
  }
  if (!faults.empty()) co_return invalid(faults);
  Store::Query query;
  query.of = collection::keys;
  query.field = "/user";
  query.value = caller.user;
  query.limit = most_keys;
  auto others = co_await store_.find(request, query);
  if (!others) co_return std::move(others).problem();
  if (others->items().size() >= most_keys)
    co_return Reply::error(Code::conflict, "too_many_keys", "a user has at most 50 keys; remove one that is not used");
  key.id = random_base32(key_id_size);
  key.user = caller.user;
  key.created_at = timestamp(now());
  const std::string secret = make_secret(SecretKind::key, request.tenant(), key.id);
  key.hash = fingerprint(secret);
  Batch batch;
  batch.put(collection::keys, key.id, 0, key_document(key));
  auto written = co_await store_.write(request, batch.take());
  if (!written) co_return std::move(written).problem();
  co_return private_json(with_secret(key, request.tenant(), secret))
      .with_status(201)
      .with_location("/v1/auth/keys/" + key.id);
}

Task<Got<ApiKey>> KeyApi::own(Request request, const Caller& caller) {
  const std::string id(request.param("id"));
  if (id.empty()) co_return unknown("key");
  auto stored = co_await store_.get(request, collection::keys, id);
  if (!stored) co_return std::move(stored).problem();
  ApiKey key = read_key(*stored);
  if (key.revision == 0) co_return unknown("key");
  if (key.user == caller.user) co_return key;
  auto granted = co_await may(request, "keys:write");
  if (!granted) co_return std::move(granted).problem();
  if (!*granted) co_return unknown("key");
  co_return key;
}

Task<Reply> KeyApi::rotate(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) co_return session_needed();
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  const std::int64_t overlap =
      body->has("overlap_seconds") ? body->member("overlap_seconds").as_int64().value_or(-1) : 0;
  if (overlap < 0 || overlap > longest_overlap) {
    const std::vector<Fault> faults(
        1, Fault{"/overlap_seconds", "range", "a whole number from 0 to 604800 is wanted here"});
    co_return invalid(faults);
  }
  // What notes that the key was used writes it, too: then it is read again.
  for (int attempt = 1;; ++attempt) {
    auto key = co_await own(request, caller);
    if (!key) co_return std::move(key).problem();
    if (key->user != caller.user) co_return unknown("key");  // its secret is its owner's to see
    const std::string secret = make_secret(SecretKind::key, request.tenant(), key->id);
    key->old_hash = overlap > 0 ? key->hash : std::string();
    key->old_ends = overlap > 0 ? std::optional(now() + std::chrono::seconds(overlap)) : std::nullopt;
    key->hash = fingerprint(secret);
    Batch batch;
    batch.put(collection::keys, key->id, key->revision, key_document(*key));
    auto written = co_await store_.write(request, batch.take());
    if (!written) {
      Reply problem = std::move(written).problem();
      if (problem.error_code() == "changed_meanwhile" && attempt < most_tries_to_rotate) continue;
      co_return problem;
    }
    const Forgotten gone{key->user, {}, key->id};
    if (auto told = co_await forgetting_.announce(request, gone); !told) co_return std::move(told).error();
    co_return private_json(with_secret(*key, request.tenant(), secret));
  }
}

Task<Reply> KeyApi::remove(Request request) {
  const Caller caller = caller_of(request);
  if (!caller.signed_in()) {
    auto granted = co_await may(request, "keys:write");
    if (!granted) co_return std::move(granted).problem();
    if (!*granted || caller.user.empty()) co_return session_needed();
  }
  auto key = co_await own(request, caller);
  if (!key) co_return std::move(key).problem();
  Batch batch;
  batch.remove_any(collection::keys, key->id);
  auto written = co_await store_.write(request, batch.take());
  if (!written) co_return std::move(written).problem();
  const Forgotten gone{key->user, {}, key->id};
  if (auto told = co_await forgetting_.announce(request, gone); !told) co_return std::move(told).error();
  co_return Reply().with_status(204);
}

}  // namespace socle::auth
