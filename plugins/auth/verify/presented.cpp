#include "verify/presented.hpp"

#include <algorithm>

namespace socle::auth {
namespace {

constexpr std::size_t max_credential = 8 * 1024;

bool same_word(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
         });
}

void classify(Presented& out) {
  if (out.text.size() > max_credential) {
    out.kind = Presented::Kind::bad;
    out.why = "the credential is longer than 8 KiB";
    return;
  }
  if (const auto secret = read_secret(out.text); secret && secret->kind != SecretKind::link) {
    out.secret = *secret;
    out.kind = secret->kind == SecretKind::session ? Presented::Kind::session : Presented::Kind::key;
    return;
  }
  // A JWS in compact form begins with its header, a JSON object: `{"` is `eyJ` in base64url.
  const bool token = !out.cookie && out.text.substr(0, 3) == "eyJ";
  out.kind = token ? Presented::Kind::token : Presented::Kind::bad;
  out.why = "the credential is neither a session, an API key nor an access token";
}

}  // namespace

Presented read_credential(std::string_view authorization, std::string_view cookie) {
  Presented out;
  if (authorization.data() != nullptr) {
    const std::size_t space = authorization.find(' ');
    if (space == std::string_view::npos || !same_word(authorization.substr(0, space), "bearer")) {
      out.kind = Presented::Kind::bad;
      out.why = "the only scheme of Authorization here is Bearer";
      return out;
    }
    out.text = authorization.substr(space + 1);
    classify(out);
    return out;
  }
  if (cookie.data() == nullptr) return out;
  out.text = cookie;
  out.cookie = true;
  classify(out);
  if (out.kind == Presented::Kind::key) {
    out.kind = Presented::Kind::bad;
    out.why = "an API key is never a cookie";
  }
  return out;
}

Presented read_presented(const Request& request) {
  Presented out = read_credential(request.meta("authorization"), request.meta("cookie"));
  const std::string_view access = request.meta("access");
  out.access = access == "public"          ? Access::open
               : access == "authenticated" ? Access::authenticated
                                           : Access::permission;
  if (out.access == Access::permission) out.permission = access;
  out.method = request.meta("method");
  out.path = request.meta("path");
  out.route = request.meta("route");
  out.host = request.meta("host");
  out.origin = request.meta("origin");
  out.fetch_site = request.meta("sec-fetch-site");
  out.csrf = request.meta("csrf");
  out.content_type = request.meta("content-type");
  out.peer = request.meta("peer");
  return out;
}

}  // namespace socle::auth
