#include "credentials/api_key.hpp"

#include <algorithm>

#include "core/secret.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t mark_size = 16;  // characters: 96 bits

}  // namespace

bool ApiKey::matches(std::string_view secret, Milliseconds now) const {
  const std::string shown = fingerprint(secret);
  if (same_secret(shown, hash)) return true;
  return old_ends && now < *old_ends && same_secret(shown, old_hash);
}

Milliseconds ApiKey::ends(std::string_view secret) const {
  Milliseconds out = ends_at.value_or(Milliseconds::max());
  if (old_ends && !same_secret(fingerprint(secret), hash)) out = std::min(out, *old_ends);
  return out;
}

std::optional<Milliseconds> ApiKey::ends_marked(std::string_view mark) const {
  const Milliseconds own = ends_at.value_or(Milliseconds::max());
  if (mark.size() != mark_size) return std::nullopt;
  if (std::string_view(hash).substr(0, mark_size) == mark) return own;
  if (old_ends && std::string_view(old_hash).substr(0, mark_size) == mark) return std::min(own, *old_ends);
  return std::nullopt;
}

std::string secret_mark(std::string_view secret) { return fingerprint(secret).substr(0, mark_size); }

ApiKey read_key(std::uint64_t revision, std::string_view id, json::View doc) {
  ApiKey k;
  const auto text = [doc](std::string_view name) { return std::string(doc.find(name).as_string()); };
  k.revision = revision;
  k.id = id;
  k.user = text("user");
  k.name = text("name");
  k.created_at = text("created_at");
  k.last_used_at = text("last_used_at");
  k.hash = text("hash");
  k.old_hash = text("old_hash");
  k.old_ends = read_timestamp(text("old_ends"));
  k.ends_at = read_timestamp(text("ends_at"));
  for (const json::View scope : doc.find("scopes").elements()) k.scopes.emplace_back(scope.as_string());
  return k;
}

ApiKey read_key(const Stored& stored) {
  return stored.exists() ? read_key(stored.revision, stored.id(), stored.doc()) : ApiKey();
}

std::string key_document(const ApiKey& k) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("user", k.user).member("name", k.name).member("created_at", k.created_at);
  out.member("hash", k.hash).key("scopes").begin_array();
  for (const std::string& scope : k.scopes) out.string(scope);
  out.end_array();
  if (k.old_ends) out.member("old_hash", k.old_hash).member("old_ends", timestamp(*k.old_ends));
  if (k.ends_at) out.member("ends_at", timestamp(*k.ends_at));
  if (!k.last_used_at.empty()) out.member("last_used_at", k.last_used_at);
  out.end_object();
  return text;
}

void write_key(json::Writer& out, const ApiKey& k, std::string_view tenant) {
  out.begin_object().member("id", k.id).member("name", k.name).member("user", k.user);
  out.member("prefix", std::string("sk_").append(tenant).append("_").append(k.id)).key("scopes").begin_array();
  for (const std::string& scope : k.scopes) out.string(scope);
  out.end_array().member("created_at", k.created_at);
  if (k.ends_at) out.member("expires_at", timestamp(*k.ends_at));
  if (k.old_ends) out.member("rotated_until", timestamp(*k.old_ends));
  if (!k.last_used_at.empty()) out.member("last_used_at", k.last_used_at);
  out.end_object();
}

}  // namespace socle::auth
