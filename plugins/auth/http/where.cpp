#include "http/where.hpp"

#include <algorithm>

#include "oidc/url.hpp"

namespace socle::auth {
namespace {

// Without the port, in lower case.
std::string host_name(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) host = host.substr(0, colon);
  std::string out(host);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace

bool is_tenant_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string tenant_of(const Request& request, const Settings& settings, std::string said) {
  if (!said.empty()) return said;
  if (const std::string_view own = request.meta("http.tenant"); !own.empty()) return std::string(own);
  const auto named = settings.hosts.find(host_name(request.header("host")));
  return named == settings.hosts.end() ? std::string() : named->second;
}

std::string base_url(const Request& request, const Settings& settings) {
  const bool secure = request.meta("http.transport") == "tls" || settings.behind_tls;
  const std::string host(request.header("host"));
  const auto url = oidc::read_url((secure ? "https://" : "http://") + host);
  if (!url || url->target != "/") return settings.public_url;
  const auto address = oidc::read_address(url->host);
  const bool loopback = request.meta("http.transport") == "loopback" && address && oidc::is_loopback(*address);
  return loopback || settings.hosts.contains(url->host) ? url->origin() : settings.public_url;
}

}  // namespace socle::auth
