#include "token/refresh.hpp"

#include <algorithm>
#include <array>

#include "socle/json/writer.hpp"
#include "token/random.hpp"

namespace socle::tokens {
namespace {

constexpr std::string_view prefix = "sr_";
constexpr std::size_t family_size = 22;  // characters of 16 bytes
constexpr std::size_t secret_size = 43;  // of 32
constexpr std::size_t longest_tenant = 255;
constexpr std::array<std::string_view, 3> ends{"", "reuse", "revoked"};

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string made(std::string_view tenant, std::string_view family, std::string_view secret) {
  std::string out(prefix);
  out.append(tenant).append("_").append(family).append("_").append(secret);
  return out;
}

}  // namespace

// From the end, because a tenant's name may hold a `_`.
std::optional<RefreshText> read_refresh(std::string_view text) {
  constexpr std::size_t rest = 1 + family_size + 1 + secret_size;
  if (!text.starts_with(prefix) || text.size() <= prefix.size() + rest) return std::nullopt;
  RefreshText out;
  out.secret = text.substr(text.size() - secret_size);
  out.family = text.substr(text.size() - secret_size - 1 - family_size, family_size);
  out.tenant = text.substr(prefix.size(), text.size() - prefix.size() - rest);
  const bool marks = text[text.size() - secret_size - 1] == '_' && text[text.size() - rest] == '_';
  if (!marks || out.tenant.size() > longest_tenant || !is_base64url(out.family) || !is_base64url(out.secret))
    return std::nullopt;
  return out;
}

std::string family_id(std::string_view family) { return digest(family); }

std::optional<Family> Family::read(json::View document) {
  if (!document.is_object()) return std::nullopt;
  Family out;
  out.user = document.find("user").as_string();
  out.client = document.find("client").as_string();
  out.session = document.find("session").as_string();
  for (const auto scope : document.find("scopes").elements()) out.scopes.emplace_back(scope.as_string());
  out.limited = document.find("scopes").exists();
  out.secret = document.find("secret").as_string();
  out.uses = document.find("uses").as_uint64().value_or(0);
  out.began = document.find("began").as_int64().value_or(0);
  out.used = document.find("used").as_int64().value_or(0);
  out.ends = document.find("ends").as_int64().value_or(0);
  const auto end = document.find("end").as_string();
  out.end = end.empty() ? End::none : end == "reuse" ? End::reuse : End::revoked;
  out.ended = document.find("ended").as_int64().value_or(0);
  if (out.user.empty() || out.secret.size() != secret_size) return std::nullopt;
  return out;
}

std::string Family::text() const {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("user", std::string_view(user));
  if (!client.empty()) out.member("client", std::string_view(client));
  if (!session.empty()) out.member("session", std::string_view(session));
  if (limited) {
    out.key("scopes").begin_array();
    for (const auto& scope : scopes) out.string(scope);
    out.end_array();
  }
  out.member("secret", std::string_view(secret)).member("uses", uses);
  out.member("began", began).member("used", used).member("ends", ends);
  if (end != End::none) out.member("end", tokens::ends[static_cast<std::size_t>(end)]).member("ended", ended);
  out.end_object();
  return text;
}

bool Family::live(const RefreshLives& lives, std::int64_t now) const {
  return end == End::none && now < ends && now - used < lives.idle;
}

Result<NewFamily> new_family(std::string_view tenant, Family start, const RefreshLives& lives, std::int64_t now) {
  const auto family = random_text(16);
  const auto secret = random_text(32);
  if (!family || !secret) return Error{Code::internal, "the system has no randomness for secrets"};
  start.secret = digest(*secret);
  start.uses = 0;
  start.began = now;
  start.used = now;
  start.ends = start.ends > 0 ? std::min(start.ends, now + lives.absolute) : now + lives.absolute;
  start.end = Family::End::none;
  return NewFamily{family_id(*family), made(tenant, *family, *secret), std::move(start)};
}

Result<Used> use_refresh(const RefreshText& text, Family family, const RefreshLives& lives, std::int64_t now) {
  Used out{Use::ended, std::move(family), {}};
  if (out.family.end != Family::End::none) return out;
  // Whoever can name the family has had a token of it; any other than the last one is spent.
  if (!same(digest(text.secret), out.family.secret)) {
    out.use = Use::reused;
    out.family.end = Family::End::reuse;
    out.family.ended = now;
    return out;
  }
  if (!out.family.live(lives, now)) {
    out.use = Use::expired;
    return out;
  }
  const auto secret = random_text(32);
  if (!secret) return secret.error();
  out.use = Use::rotated;
  out.family.secret = digest(*secret);
  ++out.family.uses;
  out.family.used = now;
  out.token = made(text.tenant, text.family, *secret);
  return out;
}

}  // namespace socle::tokens
