#include "oidc/url.hpp"

#include <algorithm>
#include <charconv>

namespace socle::oidc {
namespace {

bool is_host_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }
bool is_address_letter(char c) { return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.'; }

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Printable ASCII that a request line may hold as it is.
bool is_target_letter(char c) {
  constexpr std::string_view never = "\"<>\\^`{|}#";
  return c > ' ' && c < 0x7F && never.find(c) == std::string_view::npos;
}

bool read_authority(std::string_view text, Url& out) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (host.find(':') == std::string_view::npos || !std::all_of(host.begin(), host.end(), is_address_letter))
      return false;
  } else {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
    if (!std::all_of(host.begin(), host.end(), is_host_letter) || host.starts_with('.')) return false;
  }
  if (host.empty() || host.size() > 253) return false;
  out.host = host;
  out.port = out.tls ? 443 : 80;
  if (port.empty()) return true;
  if (port.size() < 2 || port.size() > 6 || port[0] != ':') return false;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), out.port);
  return error == std::errc() && end == port.data() + port.size() && out.port != 0;
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) out.append(":").append(std::to_string(port));
  return out;
}
std::string Url::origin() const { return (tls ? "https://" : "http://") + authority(); }

std::optional<Url> read_url(std::string_view text) {
  constexpr std::string_view secure = "https://";
  constexpr std::string_view plain = "http://";
  if (text.size() > max_url) return std::nullopt;
  Url out;
  out.tls = text.starts_with(secure);
  if (!out.tls && !text.starts_with(plain)) return std::nullopt;
  text.remove_prefix(out.tls ? secure.size() : plain.size());
  const auto end = std::min(text.find_first_of("/?#"), text.size());
  if (!read_authority(text.substr(0, end), out)) return std::nullopt;
  const auto target = text.substr(end);
  if (!std::all_of(target.begin(), target.end(), is_target_letter)) return std::nullopt;
  out.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return out;
}

std::string encoded(std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    if (is_unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 15U]);
  }
  return out;
}

// "//host" and "/\host" leave the site in browsers; so would a tab or line end that they drop before reading.
std::string safe_return(std::string_view path) {
  const bool good = !path.empty() && path.size() <= max_url && path[0] == '/' && !path.starts_with("//") &&
                    std::all_of(path.begin(), path.end(), is_target_letter);
  return good ? std::string(path) : "/";
}

}  // namespace socle::oidc
