// settings.hpp: the plugin's settings, as its manifest declares them. Constant after the constructor.
#pragma once

#include <socle/plugin.hpp>

#include <map>

#include "credentials/password.hpp"
#include "credentials/turns.hpp"
#include "oidc/reach.hpp"
#include "session/lifetime.hpp"

namespace socle::auth {

struct Settings {
  explicit Settings(const Config& config);

  PasswordCost password;
  std::size_t password_length;    // least, in characters
  std::string refused_passwords;  // a file; "": none
  Turns::Limits turns;
  std::vector<std::string> second_factor_roles;  // whose holders need one, in all tenants; "*": everybody
  double login_attempts;                         // in a row, of one user from one address
  Duration login_refill;
  Lifetime session;  // idle: unless the plan says
  Duration link_ttl;
  std::size_t cache;     // verified credentials a worker
  double cold_burst;     // unknown credentials of one address at once
  Duration cold_refill;  // until one more
  std::string public_url;
  std::string link_page;  // where browsers that open a one-time link are sent, which follows; "": nowhere
  std::string issuer;     // in authenticator apps
  bool behind_tls;        // a proxy on this machine ends TLS: plain loopback listeners count as secure
  std::map<std::string, std::string, std::less<>> hosts;  // Host header → tenant
  oidc::Reach oidc_reach = oidc::Reach::open;
  Duration oidc_time;   // of one request to a provider
  Duration oidc_retry;  // until a provider that failed is asked again
  std::string oidc_ca_file;
};

}  // namespace socle::auth
