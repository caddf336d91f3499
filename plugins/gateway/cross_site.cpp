#include "cross_site.hpp"

namespace socle::gateway {

namespace {

// host[:port] of an origin, which browsers write in lower case; "" when it has none, as "null".
std::string_view authority(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.substr(0, scheme.size()) == scheme) return origin.substr(scheme.size());
  }
  return {};
}

}  // namespace

Refusal cross_site(Method method, const Head& head) {
  if (method == Method::get || method == Method::head || method == Method::options) return {};
  if (const std::string_view site = head.value("sec-fetch-site"); site.data()) {
    if (site == "same-origin" || site == "none") return {};
    return {403, "cross_site_request", "The browser says that a page of another site sends this (Sec-Fetch-Site)."};
  }
  const std::string_view origin = head.value("origin");
  if (!origin.data()) return {};
  const std::string_view from = authority(origin);
  if (!from.empty() && ascii::same(from, head.value("host"))) return {};
  return {403, "cross_site_request", "Origin names another site than Host."};
}

}  // namespace socle::gateway
