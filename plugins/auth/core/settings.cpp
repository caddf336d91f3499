#include "core/settings.hpp"

#include <stdexcept>

#include "policy/names.hpp"

namespace socle::auth {
namespace {

Milliseconds ms(const Config& config, std::string_view key) {
  return std::chrono::duration_cast<Milliseconds>(Duration(config.get<std::int64_t>(key)));
}

// One that is mistyped would demand nothing, and nobody would notice.
std::vector<std::string> demanding_roles(const Config& config) {
  auto out = config.get<std::vector<std::string>>("second_factor_roles", {});
  for (const auto& role : out)
    if (role != "*" && !authz::is_name(role))
      throw std::runtime_error("second_factor_roles: found '" + role + "'; wanted the name of a role, or \"*\"");
  return out;
}

}  // namespace

Settings::Settings(const Config& config)
    : password{static_cast<std::uint32_t>(config.get<std::uint64_t>("password_memory") / 1024),
               config.get<std::uint32_t>("password_passes"), config.get<std::uint32_t>("password_lanes")},
      password_length(config.get<std::size_t>("password_length")),
      refused_passwords(config.get<std::string>("refused_passwords", "")),
      turns{config.get<unsigned>("hashes"), config.get<unsigned>("hashes_per_tenant"),
            config.get<unsigned>("hashes_per_address")},
      second_factor_roles(demanding_roles(config)),
      login_attempts(config.get<double>("login_attempts")),
      login_refill(config.get<std::int64_t>("login_refill")),
      session{ms(config, "session_ttl"), ms(config, "session_limit")},
      link_ttl(config.get<std::int64_t>("link_ttl")),
      cache(config.get<std::size_t>("cache")),
      cold_burst(config.get<double>("cold_burst")),
      cold_refill(config.get<std::int64_t>("cold_refill")),
      public_url(config.get<std::string>("public_url")),
      link_page(config.get<std::string>("link_page", "")),
      issuer(config.get<std::string>("issuer")),
      behind_tls(config.get<bool>("behind_tls")),
      oidc_time(config.get<std::int64_t>("oidc_time")),
      oidc_retry(config.get<std::int64_t>("oidc_retry")),
      oidc_ca_file(config.get<std::string>("oidc_ca_file")) {
  const auto reach = config.get<std::string>("oidc_reach");
  oidc_reach = reach == "local" ? oidc::Reach::local : reach == "intranet" ? oidc::Reach::intranet : oidc::Reach::open;
  for (const auto& [host, tenant] : config.root().find("hosts").members())
    hosts.emplace(host, std::string(tenant.as_string()));
  while (!public_url.empty() && public_url.back() == '/') public_url.pop_back();
}

}  // namespace socle::auth
