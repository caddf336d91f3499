// provider_api.hpp: /v1/auth/oidc/providers: a tenant's OpenID providers, as its administrators keep them. The client's
// secret is taken and never shown; it is sealed when the operator gave a key file.
#pragma once

#include "access/access.hpp"
#include "core/settings.hpp"
#include "core/store.hpp"
#include "grants/token_desk.hpp"
#include "oidc/trust.hpp"

namespace socle::auth {

class ProviderApi {
 public:
  static constexpr std::uint32_t most = 32;  // of a tenant

  ProviderApi(Host& host, Store& store, TokenDesk& desk, Authorizer& access, oidc::Trust& trust,
              const Settings& settings)
      : host_(host), store_(store), desk_(desk), access_(access), trust_(trust), settings_(settings) {}

  Task<Reply> list(Request request);
  Task<Reply> get(Request request);
  Task<Reply> put(Request request);
  Task<Reply> remove(Request request);
  // Fetches configuration and keys now, and says what is wrong with them.
  Task<Reply> check(Request request);

  // Null when the tenant of the context has none of that name.
  Task<Got<oidc::ProviderPtr>> find(Context context, std::string name);
  Task<Got<std::vector<oidc::ProviderPtr>>> all(Context context);

 private:
  [[nodiscard]] Result<oidc::ProviderPtr> read(std::string_view tenant, std::string_view name, std::uint64_t revision,
                                               json::View doc) const;
  Host& host_;
  Store& store_;
  TokenDesk& desk_;
  Authorizer& access_;
  oidc::Trust& trust_;
  const Settings& settings_;
};

}  // namespace socle::auth
