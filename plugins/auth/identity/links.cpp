#include "identity/links.hpp"

#include "core/secret.hpp"
#include "credentials/secret_text.hpp"

namespace socle::auth {

Task<Got<std::string>> Links::make(Context context, std::string user, std::string purpose, std::string by) {
  const std::string secret = make_secret(SecretKind::link, context.tenant());
  Store::Query query;
  query.of = collection::links;
  query.field = "/user";
  query.value = user;
  auto before = co_await store_.find(context, query);
  if (!before) co_return std::move(before).problem();
  std::string text;
  json::Writer(text)
      .begin_object()
      .member("user", user)
      .member("purpose", purpose)
      .member("made_by", by)
      .member("ends_at", timestamp(now() + std::chrono::duration_cast<Milliseconds>(settings_.link_ttl)))
      .end_object();
  Batch batch;
  for (const json::View item : before->items().elements())
    batch.remove_any(collection::links, item.find("id").as_string());
  batch.put(collection::links, fingerprint(secret), 0, text);
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  co_return settings_.public_url + "/v1/auth/links/" + secret;
}

Task<Got<Link>> Links::find(Context context, std::string secret) {
  auto stored = co_await store_.get(context, collection::links, fingerprint(secret));
  if (!stored) co_return std::move(stored).problem();
  Link link;
  if (!stored->exists()) co_return link;
  const json::View doc = stored->doc();
  const auto ends = read_timestamp(doc.find("ends_at").as_string());
  if (!ends || now() >= *ends) co_return link;
  link.revision = stored->revision;
  link.id = stored->id();
  link.user = doc.find("user").as_string();
  link.purpose = doc.find("purpose").as_string();
  link.ends = *ends;
  co_return link;
}

}  // namespace socle::auth
