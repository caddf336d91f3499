#include "verify/cross_site.hpp"

#include <algorithm>
#include <array>

#include "core/secret.hpp"

namespace socle::auth {
namespace {

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

// host[:port] of an origin; "" when it is none, as "null".
std::string_view authority(std::string_view origin) {
  const std::size_t at = origin.find("://");
  if (at == std::string_view::npos) return {};
  const std::string_view scheme = origin.substr(0, at);
  return scheme == "https" || scheme == "http" ? origin.substr(at + 3) : std::string_view();
}

// What a form of another page can send without being asked first (the Fetch standard's safelisted types).
bool form_like(std::string_view content_type) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (!media.empty() && media.back() == ' ') media.remove_suffix(1);
  constexpr std::array<std::string_view, 3> forms{"application/x-www-form-urlencoded", "multipart/form-data",
                                                  "text/plain"};
  return media.empty() || std::any_of(forms.begin(), forms.end(), [media](auto f) { return same_text(f, media); });
}

}  // namespace

std::string_view cross_site_fault(const BrowserRequest& request) {
  constexpr std::array<std::string_view, 3> safe{"GET", "HEAD", "OPTIONS"};
  if (std::find(safe.begin(), safe.end(), request.method) != safe.end()) return {};
  if (request.token.data() != nullptr && !request.expected.empty())
    return same_secret(request.token, request.expected) ? std::string_view()
                                                        : "X-CSRF-Token is not the one of this session";
  if (request.fetch_site.data() != nullptr) {
    if (request.fetch_site == "same-origin" || request.fetch_site == "none") return {};
    return "the browser says that a page of another site makes this request (Sec-Fetch-Site)";
  }
  if (request.origin.data() != nullptr) {
    const std::string_view from = authority(request.origin);
    if (!from.empty() && same_text(from, request.host)) return {};
    return "Origin names another site than Host";
  }
  if (!request.expected.empty() && request.content_type.data() != nullptr && form_like(request.content_type))
    return "a form must bring the session's token as X-CSRF-Token; GET /v1/auth/session tells it";
  return {};
}

std::string csrf_token(std::string_view session_secret) {
  const Digest mac = hmac_sha256(session_secret, "socle csrf 1");
  return base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

}  // namespace socle::auth
