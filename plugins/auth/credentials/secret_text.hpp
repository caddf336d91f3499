// secret_text.hpp: how this plugin's own secrets are written: what they are, whose tenant they belong to, and 256
// random bits. The tenant in the text is where the secret is looked up, never by itself a reason to believe anything.
//
//   ss_acme_R3…                    a session (cookie or bearer)        ss, tenant, 43 characters base64url
//   sk_acme_k5ffq7mzu2ha_R3…       an API key                          sk, tenant, 12 characters id, 43 base64url
//   sl_acme_R3…                    the one-time link of an invitation or a password reset
//
// The first part makes leaked secrets easy to find by scanners. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::auth {

enum class SecretKind { session, key, link };

// Views into the text that was read.
struct SecretText {
  SecretKind kind = SecretKind::session;
  std::string_view tenant;
  std::string_view id;  // of a key
};

[[nodiscard]] std::string make_secret(SecretKind kind, std::string_view tenant, std::string_view id = {});
// Nothing when the text is not exactly what make_secret() writes.
[[nodiscard]] std::optional<SecretText> read_secret(std::string_view text);

inline constexpr std::size_t key_id_size = 12;

}  // namespace socle::auth
