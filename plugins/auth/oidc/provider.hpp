// provider.hpp: an OpenID provider as a tenant's administrator describes it (docs/auth.md), which is also how it is
// stored. Pure; immutable once read.
#pragma once

#include <socle/jose/algorithm.hpp>
#include <socle/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/reach.hpp"
#include "oidc/url.hpp"

namespace socle::oidc {

enum class ClientAuth { none, basic, post };  // RFC 6749, 2.3.1: header or body

// Whoever has `value` in the claim, which is a text or an array of texts, gets these roles.
struct ClaimRoles {
  std::string claim, value;
  std::vector<std::string> roles;
};

// How somebody must have signed in at the provider (OpenID Connect Core 1.0, 2 and 3.1.2.1). Empty: as the provider
// likes.
struct Strength {
  std::vector<std::string> acr_values;  // one of these authentication contexts, the preferred one first
  std::vector<std::string> amr;         // with all of these means (RFC 8176)
  std::optional<std::int64_t> max_age;  // this many seconds before the sign-in here began, at most
};

struct Provider {
  std::uint64_t revision = 0;  // of storage; 0: there is none
  std::string name;            // as in the path
  std::string title;           // for people; the name if empty
  std::string issuer;          // exactly as the provider writes it
  std::string client_id;
  std::string client_secret;  // never shown
  ClientAuth client_auth = ClientAuth::basic;
  std::vector<std::string> scopes;   // besides openid
  std::vector<std::string> origins;  // where its endpoints may lie besides the issuer's own
  std::vector<std::string> algorithm_names;
  jose::Algorithms algorithms;
  bool registers = false;          // who comes for the first time becomes a user
  std::string username_claim;      // what he is then called
  std::vector<std::string> roles;  // of all who were registered so
  std::vector<ClaimRoles> claim_roles;
  Strength strength;

  // Of this client at this provider: what is fetched is kept under it.
  [[nodiscard]] bool may_ask(const Url& url) const;
};

struct Wrong {
  std::string pointer, code, message;
};

inline constexpr std::size_t max_provider_name = 40;
[[nodiscard]] bool is_provider_name(std::string_view text);

// What an administrator sent, or what is stored. Every fault, not the first. An absent secret is "".
[[nodiscard]] Provider read_provider(std::string_view name, json::View body, Reach reach, std::vector<Wrong>& faults);
// With the secret as given (the caller seals it), or only whether there is one.
[[nodiscard]] std::string provider_document(const Provider& provider, std::string_view secret);
void write_provider(json::Writer& out, const Provider& provider);

// Whether a secret that was given for `before` may be sent to what `after` names without being given again.
[[nodiscard]] bool same_audience(const Provider& before, const Provider& after);

// A claim that is the text, or an array in which it is.
[[nodiscard]] bool holds(json::View claim, std::string_view value);
// The roles of somebody with these claims: the provider's own, and those of each rule that fits; each once.
[[nodiscard]] std::vector<std::string> roles_for(const Provider& provider, json::View claims);
// Every role that the provider may give.
[[nodiscard]] std::vector<std::string> all_roles(const Provider& provider);

}  // namespace socle::oidc
