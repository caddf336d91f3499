// api_key.hpp: an API key as it is kept: the hash of its secret, what it is narrowed to, when it ends. A rotated key
// has two secrets for a while. Pure.
#pragma once

#include "core/store.hpp"
#include "core/times.hpp"

namespace socle::auth {

struct ApiKey {
  std::uint64_t revision = 0;
  std::string id, user, name, created_at, last_used_at;
  std::string hash;
  std::string old_hash;  // still good until old_ends
  std::optional<Milliseconds> old_ends;
  std::optional<Milliseconds> ends_at;  // nothing: never
  std::vector<std::string> scopes;

  // The secret is this key's, the one before its rotation included while that is good.
  [[nodiscard]] bool matches(std::string_view secret, Milliseconds now) const;
  [[nodiscard]] bool over(Milliseconds now) const { return ends_at && now >= *ends_at; }
  // Until when this secret is good.
  [[nodiscard]] Milliseconds ends(std::string_view secret) const;
  // The same of what was got with the secret of this mark; nothing: that secret is no longer this key's.
  [[nodiscard]] std::optional<Milliseconds> ends_marked(std::string_view mark) const;
};

// Which secret of a key it was, for what was got with it: the beginning of its hash, of no use to who reads it.
[[nodiscard]] std::string secret_mark(std::string_view secret);

// revision 0 when it is none.
[[nodiscard]] ApiKey read_key(const Stored& stored);
[[nodiscard]] ApiKey read_key(std::uint64_t revision, std::string_view id, json::View doc);
[[nodiscard]] std::string key_document(const ApiKey& key);
// What a client sees; `prefix` is how the secret begins.
void write_key(json::Writer& out, const ApiKey& key, std::string_view tenant);

}  // namespace socle::auth
